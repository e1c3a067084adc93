"""What ``breachway collect`` says about its dump: of which cluster it is, and what was listed and what was not."""

from dataclasses import dataclass

from breachway.sources.decoding import Struct, Value
from breachway.sources.kubernetes.metadata import Resource


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectedResource(Struct):
    """One resource of an API group ("" is the core group; ``*`` is every resource of it).

    ``state`` is complete, absent (the API server has no such resource), refused, failed, partial or pending; ``objects`` counts
    what the dump holds.  ``inconsistent`` tells that the list is not of one moment.
    """

    group: Value[str] | None = None
    resource: Value[str] | None = None
    state: Value[str] | None = None
    reason: Value[str] | None = None
    objects: Value[int] | None = None
    inconsistent: Value[bool] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection(Resource):
    """The document of a dump.  ``server_version`` is what the API server calls itself (``v1.33.2``)."""

    server_version: Value[str] | None = None
    complete: Value[bool] | None = None
    resources: tuple[CollectedResource, ...] = ()
