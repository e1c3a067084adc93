"""Declarative decoding of a tree of nodes into typed objects.

A platform object is a frozen dataclass that derives from :class:`Struct`.  Its annotations say everything the decoder needs:

=============================  ==============================================================================
``Value[bool]`` (int, str,     a leaf with its place; ``Value[int | str]`` where a platform takes either
float, ``int | str``)
``str``                        a leaf without its place ("" when absent)
a Struct class                 a nested mapping, always present: an absent one decodes as an empty one
``X | None``                   absent, null and not understood are all ``None``
``tuple[X, ...]``              a sequence; ``()`` when absent
``StringMap``                  a mapping of free keys to strings
``Location``                   only whether and where the key stands (with ``| None``)
``Node``                       the node itself, undecoded
``Annotated[X, Key("hostPID")]``  a key that the naming rule does not give
``Annotated[tuple[Value[str], ...], OtherKeys()]``  the keys that no other field takes
=============================  ==============================================================================

A value of the wrong type becomes an :class:`~breachway.evidence.Unread` of severity "field" and the field stays at its default.
Unknown keys are ignored: platforms add fields faster than readers follow.  Nothing here raises on account of an artefact.

A class is compiled once per dialect into plain closures, on first use.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from types import NoneType, UnionType
from typing import Annotated, Generic, NamedTuple, TypeAlias, TypeVar, Union, get_args, get_origin, get_type_hints

from breachway.evidence import Location, Unread
from breachway.sources.nodes import Mapping, Node, Scalar, Sequence

T = TypeVar("T")
S = TypeVar("S", bound="Struct")

_SHOWN = 40
"""How many characters of a wrong value a message repeats."""


class Value(NamedTuple, Generic[T]):
    """A leaf and the place that says it: of its key in a mapping, of the item in a sequence."""

    value: T
    location: Location


def value_or(value: Value[T] | None, default: T) -> T:
    """Return the value without its place, or ``default`` where the artefact is silent."""
    return default if value is None else value.value


@dataclass(frozen=True, slots=True, kw_only=True)
class StringMap:
    """A mapping of free keys to strings in document order: labels, annotations, quantities, the data of a ConfigMap."""

    location: Location
    entries: tuple[tuple[str, Value[str]], ...] = ()

    def get(self, key: str) -> Value[str] | None:
        """Return the value of ``key``, or None."""
        for name, value in self.entries:
            if name == key:
                return value
        return None

    def as_dict(self) -> dict[str, str]:
        """Return keys and values without their places."""
        return {name: value.value for name, value in self.entries}


@dataclass(frozen=True, slots=True, kw_only=True)
class Struct:
    """What decodes from a mapping.  ``location`` is the place of its key, or of the item in a sequence, or of the document."""

    location: Location


class Key(NamedTuple):
    """The key of a field in the artefact, where the naming rule of the dialect does not give it."""

    name: str


class OtherKeys(NamedTuple):
    """Marks the field that receives the keys which no other field takes, each as a value at its place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How a format writes keys and what a scalar means to a field of each type; None means that the scalar does not fit.

    ``is_null`` tells the scalars that count as an absent field.  ``keys`` gives the spellings of a field named in snake_case.
    """

    name: str
    is_null: Callable[[Scalar], bool]
    boolean: Callable[[Scalar], bool | None]
    integer: Callable[[Scalar], int | None]
    number: Callable[[Scalar], float | None]
    string: Callable[[Scalar], str | None]
    keys: Callable[[str], tuple[str, ...]]


Decoder: TypeAlias = Callable[[Node, Location, list[Unread]], object | None]


def decode(cls: type[S], node: Node, location: Location, dialect: Dialect, problems: list[Unread]) -> S | None:
    """Decode ``node`` as ``cls``.

    ``location`` is the place of the node; the pointers of what lies in it grow from its pointer.  None means that the node is
    null or not a mapping; the latter is a problem of its own.
    """
    decoded = struct_decoder(cls, dialect)(node, location, problems)
    return decoded if isinstance(decoded, cls) else None


def root(document: str, node: Node) -> Location:
    """Return the place of the root of a document."""
    return Location(document, "", node.line, node.column)


def child(location: Location, mapping: Mapping, key: str) -> tuple[Node, Location] | None:
    """Return the node under ``key`` and its place, or None when the key is absent."""
    entry = mapping.entries.get(key)
    if entry is None:
        return None
    return entry.node, Location(location.document, f"{location.pointer}/{pointer_token(key)}", entry.line, entry.column)


def pointer_token(key: str) -> str:
    """Escape a key for a JSON pointer (RFC 6901)."""
    if "~" in key or "/" in key:
        return key.replace("~", "~0").replace("/", "~1")
    return key


def camel_case(name: str) -> str:
    """Return ``run_as_user`` as ``runAsUser``."""
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def pascal_case(name: str) -> str:
    """Return ``task_role_arn`` as ``TaskRoleArn``."""
    return "".join(part.capitalize() for part in name.split("_"))


def describe(node: Node) -> str:
    """Say what stands there, for the reason of a problem where a scalar was expected: a scalar is repeated."""
    if not isinstance(node, Scalar):
        return describe_kind(node)
    short = node.text if len(node.text) <= _SHOWN else node.text[:_SHOWN] + "…"
    shown = "".join(mark if mark.isprintable() else "\ufffd" for mark in short)
    return f'"{shown}"' if node.plain else f'the string "{shown}"'


def describe_kind(node: Node) -> str:
    """Say what sort of thing stands there and repeat none of it: where a mapping was expected, a password may stand."""
    match node:
        case Mapping():
            return "a mapping"
        case Sequence():
            return "a list"
        case Scalar():
            return "a single value"


def wrong_type(expected: str, node: Node, location: Location) -> Unread:
    """Return the problem of a field whose value has the wrong type."""
    return Unread(location, "field", f"expected {expected}, found {describe_kind(node)}")


# ---------------------------------------------------------------------------------------------------------------- compilation


_compiled: dict[tuple[type[Struct], Dialect], Decoder] = {}


def struct_decoder(cls: type[Struct], dialect: Dialect) -> Decoder:
    """Return the decoder of a class, compiled once."""
    known = _compiled.get((cls, dialect))
    if known is None:
        known = _compiled[cls, dialect] = _compile_struct(cls, dialect)
    return known


def _compile_struct(cls: type[Struct], dialect: Dialect) -> Decoder:
    """Compile a class.  Its field table is built when the first object is read, so that classes may nest freely."""
    make: Callable[..., Struct] = cls
    plan: list[_Plan] = []

    def read(node: Node, location: Location, problems: list[Unread]) -> object | None:
        if type(node) is not Mapping:
            _unless_null(node, "a mapping", dialect, location, problems)
            return None
        if not plan:
            plan.append(_plan(cls, dialect))
        table, required, others = plan[0]
        document, pointer, _, _ = location
        values: dict[str, object] = {"location": location}
        unknown: list[Value[str]] = []
        for key, inner, line, column in node.entries.values():
            known = table.get(key)
            if known is None:
                if others:
                    unknown.append(Value(key, Location(document, f"{pointer}/{pointer_token(key)}", line, column)))
                continue
            name, decoder = known
            value = decoder(inner, Location(document, f"{pointer}/{key}", line, column), problems)
            if value is not None:
                values[name] = value
        for name, decoder in required:
            if name not in values:
                values[name] = decoder(Mapping({}, location.line, location.column), location, problems)
        if others:
            values[others] = tuple(unknown)
        return make(**values)  # the plan is made from the annotations of the class, so the types hold

    return read


class _Plan(NamedTuple):
    """The compiled fields of a class: by key, those filled in when absent, and the field for other keys ("" for none)."""

    table: dict[str, tuple[str, Decoder]]
    required: tuple[tuple[str, Decoder], ...]
    others: str


def _plan(cls: type[Struct], dialect: Dialect) -> _Plan:
    hints = get_type_hints(cls, include_extras=True)
    table: dict[str, tuple[str, Decoder]] = {}
    required: list[tuple[str, Decoder]] = []
    others = ""
    for declared in fields(cls):
        if declared.name == "location":
            continue
        hint: object = hints[declared.name]
        keys = dialect.keys(declared.name)
        if get_origin(hint) is Annotated:
            hint, *marks = get_args(hint)
            if any(isinstance(mark, OtherKeys) for mark in marks):
                others = declared.name
                continue
            keys = tuple(mark.name for mark in marks if isinstance(mark, Key)) or keys
        decoder = _decoder(hint, dialect)
        table.update((key, (declared.name, decoder)) for key in keys)
        if declared.default is MISSING and declared.default_factory is MISSING:
            required.append((declared.name, decoder))
    return _Plan(table, tuple(required), others)


_NODE_TYPES = frozenset({Scalar, Mapping, Sequence})


def _decoder(hint: object, dialect: Dialect) -> Decoder:
    """Compile the decoder of one annotation.  An annotation that is not in the table above is a fault of ours: TypeError."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in {Union, UnionType}:
        options = tuple(option for option in arguments if option is not NoneType)
        if frozenset(options) == _NODE_TYPES:
            return _keep_node
        if len(options) == 1:
            return _decoder(options[0], dialect)
    if origin is tuple and arguments[1:] == (...,):
        return _sequence_decoder(_decoder(arguments[0], dialect), dialect)
    if origin is Value:
        return _value_decoder(arguments[0], dialect)
    if hint is str:
        return _text_decoder(dialect)
    if hint is Location:
        return _location_decoder(dialect)
    if hint is StringMap:
        return _string_map_decoder(dialect)
    if isinstance(hint, type) and issubclass(hint, Struct):
        return struct_decoder(hint, dialect)
    message = f"no decoder for the annotation {hint!r}"
    raise TypeError(message)


def _unless_null(node: Node, expected: str, dialect: Dialect, location: Location, problems: list[Unread]) -> None:
    if not (isinstance(node, Scalar) and dialect.is_null(node)):
        problems.append(wrong_type(expected, node, location))


def _keep_node(node: Node, _location: Location, _problems: list[Unread]) -> object | None:
    return node


def _location_decoder(dialect: Dialect) -> Decoder:
    def read(node: Node, location: Location, _problems: list[Unread]) -> object | None:
        return None if isinstance(node, Scalar) and dialect.is_null(node) else location

    return read


def _sequence_decoder(item: Decoder, dialect: Dialect) -> Decoder:
    def read(node: Node, location: Location, problems: list[Unread]) -> object | None:
        if type(node) is not Sequence:
            _unless_null(node, "a list", dialect, location, problems)
            return None
        document, pointer, _, _ = location
        items: list[object] = []
        for index, inner in enumerate(node.items):
            place = Location(document, f"{pointer}/{index}", inner.line, inner.column)
            value = item(inner, place, problems)
            if value is not None:
                items.append(value)
            elif isinstance(inner, Scalar) and dialect.is_null(inner):
                problems.append(Unread(place, "field", "an empty item in a list"))
        return tuple(items)

    return read


_EXPECTED: dict[object, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a string",
    int | str: "a whole number or a string",
}


def _scalar_reader(kind: object, dialect: Dialect) -> Callable[[Scalar], object | None]:
    if kind == int | str:

        def either(scalar: Scalar) -> object | None:
            number = dialect.integer(scalar)
            return dialect.string(scalar) if number is None else number

        return either
    readers: dict[object, Callable[[Scalar], object | None]] = {
        bool: dialect.boolean,
        int: dialect.integer,
        float: dialect.number,
        str: dialect.string,
    }
    return readers[kind]


def _value_decoder(kind: object, dialect: Dialect) -> Decoder:
    expected = _EXPECTED[kind]
    reader = _scalar_reader(kind, dialect)
    is_null = dialect.is_null

    def read(node: Node, location: Location, problems: list[Unread]) -> object | None:
        if type(node) is Scalar:
            if is_null(node):
                return None
            value = reader(node)
            if value is not None:
                return Value(value, location)
        unquote = type(node) is Scalar and not node.plain and reader(node._replace(plain=True)) is not None
        reason = f"expected {expected}, found {describe(node)}"
        problems.append(Unread(location, "field", reason, "remove the quotes" if unquote else ""))
        return None

    return read


def _text_decoder(dialect: Dialect) -> Decoder:
    read_value = _value_decoder(str, dialect)

    def read(node: Node, location: Location, problems: list[Unread]) -> object | None:
        found = read_value(node, location, problems)
        return found.value if isinstance(found, Value) else None

    return read


def _string_map_decoder(dialect: Dialect) -> Decoder:
    read_value = _value_decoder(str, dialect)
    is_null = dialect.is_null

    def read(node: Node, location: Location, problems: list[Unread]) -> object | None:
        if type(node) is not Mapping:
            _unless_null(node, "a mapping", dialect, location, problems)
            return None
        document, pointer, _, _ = location
        entries: list[tuple[str, Value[str]]] = []
        for key, inner, line, column in node.entries.values():
            place = Location(document, f"{pointer}/{pointer_token(key)}", line, column)
            if type(inner) is Scalar and is_null(inner):
                entries.append((key, Value("", place)))
                continue
            value = read_value(inner, place, problems)
            if isinstance(value, Value):
                entries.append((key, value))
        return StringMap(location=location, entries=tuple(entries))

    return read
