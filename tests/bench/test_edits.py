from __future__ import annotations

import json
from typing import TYPE_CHECKING

import edits

if TYPE_CHECKING:
    from pathlib import Path

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec:
  hostPID: true
  containers:
    - name: app
      image: registry.example.com/shop/web:1.4
      securityContext: {capabilities: {add: [SYS_ADMIN]}}
"""


def test_every_weakness_is_tried_and_what_was_changed_is_gone(tmp_path: Path) -> None:
    (tmp_path / "pod.yaml").write_text(POD, encoding="utf-8")
    tried = edits.attempt((str(tmp_path),))
    assert 8 < tried.made < tried.seen
    assert tried.left == ()
    assert tried.complaints == ()
    assert {word.partition(":")[0] for word in tried.refusals} == {"caps-not-dropped-all", "psa-not-enforced"}


def test_the_inputs_are_the_real_ones_and_each_case_in_a_folder_of_its_own(tmp_path: Path) -> None:
    corpora = tmp_path / "corpora"
    (corpora / "real" / "awesome-compose" / "a").mkdir(parents=True)
    (corpora / "real" / "pod.yaml").write_text(POD, encoding="utf-8")
    (corpora / "weaknesses").mkdir()
    case = {"id": "a", "source": "s", "platform": "k8s", "expect": "bad", "weaknesses": ["host-pid"], "files": {"pod.yaml": POD}}
    (corpora / "weaknesses" / "cases.jsonl").write_text(json.dumps(case), encoding="utf-8")
    found = list(edits.inputs(corpora, tmp_path / "cases"))
    assert [name for name, _ in found] == ["real", "real", "cases"]
    assert (tmp_path / "cases" / "0" / "pod.yaml").read_text(encoding="utf-8") == POD
