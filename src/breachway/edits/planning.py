"""From weaknesses to changed texts: which change each one needs, on which file, or why it is not made."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from breachway.edits.anchors import Site, node_at
from breachway.edits.build_lines import line_changes, with_changes
from breachway.edits.composing import Placed, compose
from breachway.edits.patches import patch_command
from breachway.edits.policies import policy_command, policy_document, with_document
from breachway.edits.procedures import operations_of
from breachway.edits.recipes import load_recipes, unedited
from breachway.edits.refusing import EditRefusedError
from breachway.edits.spans import Leaf, read_spans

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from breachway.edits.build_lines import Instruction, LineChange
    from breachway.edits.operations import Pointer
    from breachway.edits.recipes import Recipe
    from breachway.edits.spans import SpanNode
    from breachway.evidence import Evidence, Location

_HELM = "# Source: "
_TEMPLATE = re.compile(r"""\{\{-?\s*(?:\.(?:Values|Release|Chart|Capabilities)\b|(?:include|define|template)\s+["'])""")
"""How the templates of charts begin an action; other braces stand in alert rules and dashboards too."""
_NO_DETAIL = "-"
_EVERYWHERE = {"rule", "words", "clean-up"}
"""Operations that change all the evidence of a weakness, and not only what says the same as the first."""


class Found(NamedTuple):
    """A weakness to remove: its key and detail, the name of its container (empty if it is of none), and its evidence.

    ``asset`` is the id of the asset that has it.
    """

    key: str
    detail: str
    container: str
    evidence: tuple[Evidence, ...]
    asset: str = ""


class Original(NamedTuple):
    """A document as it stands: its text, or else why it is not edited; ``platform`` names its recipes.

    Where both are given, the text is read for a command that does the same on the live object.
    """

    platform: str
    text: str
    refusal: str = ""


class Outcome(NamedTuple):
    """What became of one weakness in one document.

    ``reason`` is empty where the change is made; where it is not, ``command`` may be what to run in its place.
    """

    key: str
    location: Location
    reason: str = ""
    command: str = ""

    @property
    def made(self) -> bool:
        """Whether the text was changed."""
        return not self.reason


@dataclass(slots=True, eq=False)
class _Pending:
    """What is to be done to one text."""

    placed: list[Placed] = field(default_factory=list)
    lines: list[LineChange] = field(default_factory=list)
    documents: list[str] = field(default_factory=list)


class Planner:
    """Collects the changes of many weaknesses, all worked out from the texts as they were; :meth:`texts` gives the new ones.

    ``parse`` gives the instructions of a Dockerfile.
    """

    def __init__(self, originals: Mapping[str, Original], parse: Callable[[str], Sequence[Instruction]]) -> None:
        self._originals = originals
        self._parse = parse
        self._roots: dict[str, list[SpanNode | None]] = {}
        self._pending: dict[str, _Pending] = {}

    def add(self, found: Found) -> tuple[Outcome, ...]:
        """Plan the removal of a weakness; all of it or, for a piece of evidence where that cannot be, nothing."""
        return tuple(dict.fromkeys(self._outcome(found, item) for item in self._to_change(found)))

    def texts(self) -> dict[str, str]:
        """The new texts by document, of those that change."""
        made = {document: self._written(document, pending) for document, pending in sorted(self._pending.items())}
        return {document: text for document, text in made.items() if text != self._originals[document].text}

    def _to_change(self, found: Found) -> tuple[Evidence, ...]:
        """The evidence that must change."""
        if not found.evidence:
            return ()
        first = found.evidence[0]
        recipes = load_recipes()

        def everywhere(item: Evidence) -> bool:
            original = self._originals.get(item.location.document)
            usual = recipes.get((found.key, original.platform), ()) if original else ()
            placed = item.location.line > 0 and ("/rules/" in item.location.pointer or not item.location.pointer)
            return placed and any(one.operation in _EVERYWHERE for one in usual)

        return tuple(item for item in found.evidence if item.note == first.note or everywhere(item))

    def _outcome(self, found: Found, item: Evidence) -> Outcome:
        document = item.location.document
        original = self._originals.get(document, Original("", "", "it is no file that was given"))
        recipes = load_recipes().get((found.key, original.platform), ())
        recipes = tuple(one for one in recipes if one.detail in {"", found.detail or _NO_DETAIL})
        if not recipes:
            told = unedited(found.key, original.platform)
            reason = told.reason if told else original.refusal or "what is needed depends on how it is used"
            return Outcome(found.key, item.location, reason, told.command if told else "")
        before = self._pending.get(document, _Pending())
        pending = _Pending(list(before.placed), list(before.lines), list(before.documents))
        if original.refusal and not original.text:
            return Outcome(found.key, item.location, original.refusal)
        try:
            command = self._plan(pending, found, item, original, recipes)
            if command is not None or original.refusal:
                reason = original.refusal or "the object was copied from a cluster: change it there"
                return Outcome(found.key, item.location, reason, command or "")
            # Written at once, so that a change that the text does not allow spoils no other.
            self._written(document, pending)
        except EditRefusedError as error:
            return Outcome(found.key, item.location, str(error), _elsewhere(found))
        self._pending[document] = pending
        return Outcome(found.key, item.location)

    def _plan(self, pending: _Pending, found: Found, item: Evidence, original: Original, recipes: Sequence[Recipe]) -> str | None:
        """Add what the recipes do; a text is a command for an object that the file only copies, and then nothing is added."""
        if original.platform == "dockerfile":
            lines = original.text.split("\n")
            instructions = self._parse(original.text)
            for recipe in recipes:
                pending.lines += line_changes(recipe, lines, instructions, item.location.line)
            return None
        number, site = self._site(found, item, original)
        if any(recipe.operation == "policy" for recipe in recipes):
            return self._policy(pending, site, original, str(recipes[0].value))
        operations = [operation for recipe in recipes for operation in operations_of(recipe, site)]
        if not operations:
            raise EditRefusedError("nothing that stands here gives it")
        if original.refusal or _is_copy(site):
            # One command for the object: a second one would find the items of lists moved by the first.
            sites = [
                self._site(found, one, original)[1]
                for one in self._to_change(found)
                if one.location.document == item.location.document
            ]
            same = [one for one in sites if (one.root, one.object) == (site.root, site.object)]
            return patch_command(
                site, [operation for one in same for recipe in recipes for operation in operations_of(recipe, one)]
            )
        placed = [Placed(number, operation) for operation in operations]
        if compose(original.text, placed) == original.text:
            raise EditRefusedError("the file says so already, and something else in it does not")
        pending.placed += placed
        return None

    def _policy(self, pending: _Pending, site: Site, original: Original, direction: str) -> str | None:
        document = policy_document(site, direction)
        if original.refusal or _is_copy(site):
            return policy_command(site, direction)
        if site.object or original.text.lstrip()[:1] in {"{", "["}:
            raise EditRefusedError("the file holds one list; add the policy in a file beside it")
        # An object may be declared twice; it needs one policy.
        if not any(document in one.documents for one in (pending, *self._pending.values())):
            pending.documents.append(document)
        return None

    def _site(self, found: Found, item: Evidence, original: Original) -> tuple[int, Site]:
        """The document of the text that holds the evidence, and the place in it."""
        document = item.location.document
        if document not in self._roots:
            self._roots[document] = read_spans(original.text)
        line = item.location.line
        chosen: tuple[int, SpanNode] | None = None
        for number, root in enumerate(self._roots[document]):
            if root is not None and original.text.count("\n", 0, root.start) < max(1, line):
                chosen = (number, root)
        if chosen is None:
            raise EditRefusedError("the document is empty")
        number, root = chosen
        if _TEMPLATE.search(original.text):
            raise EditRefusedError("it is a template: what it becomes depends on its values")
        if _HELM in original.text[_before(original.text, root.start) : root.start]:
            raise EditRefusedError("Helm wrote the file: change the values or the template of the chart")
        pointer = tuple(token.replace("~1", "/").replace("~0", "~") for token in item.location.pointer.split("/")[1:])
        if not isinstance(root, Leaf) and _missing(root, pointer) > 1:
            raise EditRefusedError("what stands at this place comes from elsewhere in the file, or from another file")
        return number, Site(
            platform=original.platform, root=root, pointer=pointer, container=found.container, detail=found.detail, note=item.note
        )

    def _written(self, document: str, pending: _Pending) -> str:
        text = self._originals[document].text
        if pending.lines:
            lines = text.split("\n")
            ended = lines[-1] == ""
            new = with_changes(lines[:-1] if ended else lines, pending.lines)
            text = "\n".join(new) + ("\n" if ended else "")
        text = compose(text, pending.placed) if pending.placed else text
        for added in pending.documents:
            text = with_document(text, added)
        return text


def _elsewhere(found: Found) -> str:
    """What to run where the object that has to change is in no file: a namespace exists without being declared."""
    platform, _, name = found.asset.partition(":Namespace:")
    if found.key != "psa-not-enforced" or platform != "kubernetes" or not name:
        return ""
    return shlex.join(["kubectl", "label", "namespace", name, "pod-security.kubernetes.io/enforce=baseline", "--overwrite"])


def _missing(root: SpanNode, pointer: Pointer) -> int:
    """How many of the last tokens of a pointer lead nowhere."""
    return next(count for count in range(len(pointer) + 1) if node_at(root, pointer[: len(pointer) - count]) is not None)


def _is_copy(site: Site) -> bool:
    """Whether an object was read from a cluster: only the API server gives these."""
    return site.platform == "kubernetes" and any(
        node_at(site.root, (*site.object, "metadata", name)) is not None
        for name in ("uid", "resourceVersion", "creationTimestamp")
    )


def _before(text: str, start: int) -> int:
    """Where the document that begins at ``start`` may have its comments: behind the marker before it."""
    return max(text.rfind("\n---", 0, start), 0)
