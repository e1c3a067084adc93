from __future__ import annotations

from pathlib import Path

from breachway.graph.checking import check_model
from breachway.mapping.model_building import build_model
from breachway.sources.reading import read
from breachway.threats.loading import language_files, load_language
from tests.graph.toolbox import assert_equal_to_toolbox

ROOT = Path(__file__).parents[2]
PLACES = ("examples/shop/kubernetes", "examples/shop/compose.yaml", "examples/shop/ecs", "examples/quiet", "examples/shop")


def test_real_models_fit_the_language_and_equal_toolbox() -> None:
    models = [build_model(read([str(ROOT / place)])) for place in PLACES]
    for place, model in zip(PLACES, models, strict=True):
        assert model.assets, place
        assert check_model(load_language(), model) == (), place
    assert_equal_to_toolbox(language_files(ROOT / "src" / "breachway" / "threats" / "lang"), *models)
