"""Texts of Terraform for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.sources.nodes import Mapping, Scalar, Sequence
from breachway.sources.terraform.reader import read_terraform

if TYPE_CHECKING:
    from breachway.evidence import Unread
    from breachway.sources.nodes import Node
    from breachway.sources.terraform.objects import TerraformRoot


def roots_of(**texts: str) -> tuple[tuple[TerraformRoot, ...], list[Unread]]:
    """Read files given by name: ``_`` stands for a slash, and ``.tf`` is added unless the name ends in ``tfvars``."""
    problems: list[Unread] = []
    return read_terraform({_label(name): text for name, text in texts.items()}, problems), problems


def root_of(text: str) -> TerraformRoot:
    """Read one file, of which everything must be understood."""
    roots, problems = roots_of(main=text)
    assert not problems, problems
    return roots[0]


def _label(name: str) -> str:
    path = name.replace("__", "/")
    return path.removesuffix("_tfvars") + ".tfvars" if path.endswith("_tfvars") else f"{path}.tf"


def plain(node: Node) -> object:
    """A tree as plain values."""
    match node:
        case Scalar():
            return node.text
        case Mapping():
            return {key: plain(entry.node) for key, entry in node.entries.items()}
        case Sequence():
            return [plain(item) for item in node.items]
