"""As which user well-known images run when nothing says otherwise.

From the images' own Dockerfiles: most official images leave the user root; some of them step down in their entry point; a few
vendors set a user of their own.  Recalled, and therefore used only where no Dockerfile of the image is in the input.
"""

from __future__ import annotations

from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING

from breachway.mapping.containers.grounds import Belief, Finding, believe, defaulted
from breachway.mapping.containers.image_contents import content_of
from breachway.sources.image_reference import parse_image_reference

if TYPE_CHECKING:
    from breachway.evidence import Location
    from breachway.mapping.building import ModelBuilder


class ImageUser(Enum):
    """The user of an image's processes."""

    ROOT = "root"
    STEPS_DOWN = "steps down"
    OTHER = "other"
    UNKNOWN = "unknown"


IMAGE_USER_NOT_ROOT = Belief(
    "image-user-not-root",
    "images whose user nothing sets run as a user other than root",
    0.35,
    "most public images set no USER, and an image without one runs as root",
    "images that are not in the input",
)
ENTRYPOINT_STEPS_DOWN = Belief(
    "entrypoint-steps-down",
    "an official image whose entry point gives up root before it starts the server has done so",
    0.9,
    "the entry points of these images do, unless they are replaced or a step before it is attacked",
    "official images of databases and the like",
)

_OFFICIAL_STEPS_DOWN = frozenset(
    {
        "aerospike", "cassandra", "couchdb", "elasticsearch", "ghost", "influxdb", "mariadb", "mongo", "mysql", "nats",
        "neo4j", "percona", "postgres", "rabbitmq", "redis", "valkey", "zookeeper",
    }
)  # fmt: skip
_OFFICIAL_OTHER = frozenset(
    {
        "haproxy",
        "jenkins",
        "kibana",
        "kong",
        "logstash",
        "memcached",
        "open-liberty",
        "solr",
        "sonarqube",
        "varnish",
        "websphere-liberty",
    }
)
_OTHER_PREFIXES = (
    "docker.io/apache/kafka", "docker.io/bitnami/", "docker.io/bitnamilegacy/", "docker.io/confluentinc/",
    "docker.io/dpage/pgadmin4", "docker.io/grafana/", "docker.io/jenkins/", "docker.io/nginxinc/nginx-unprivileged",
    "docker.io/prom/", "docker.io/sonatype/nexus3", "cgr.dev/", "docker.elastic.co/", "quay.io/keycloak/",
    "quay.io/prometheus/",
)  # fmt: skip


@lru_cache(maxsize=4096)
def user_of_image(written: str) -> ImageUser:
    """Tell the user of a published image by its reference."""
    reference = parse_image_reference(written)
    if reference is None:
        return ImageUser.UNKNOWN
    full = f"{reference.registry}/{reference.repository}"
    if full.startswith("docker.io/library/"):
        name = reference.name
        if name in _OFFICIAL_OTHER:
            return ImageUser.OTHER
        return ImageUser.STEPS_DOWN if name in _OFFICIAL_STEPS_DOWN else ImageUser.ROOT
    if "distroless" in full:
        return ImageUser.OTHER if "nonroot" in reference.tag else ImageUser.ROOT
    return ImageUser.OTHER if full.startswith(_OTHER_PREFIXES) else ImageUser.UNKNOWN


def published_user_finding(builder: ModelBuilder, written: str, location: Location, keys: tuple[str, ...]) -> Finding:
    """The finding for ``Container.nonRoot`` where the image alone decides and no Dockerfile of it is known.

    What a saved image says comes before what is recalled of published ones.
    """
    source, user = "the image's own Dockerfile", user_of_image(written)
    content = content_of(builder, written)
    if content is not None and content.user is not None:
        runs = "as a user of its own" if content.user.probability else "as root"
        here = defaulted(location, f"nothing sets a user here, and {written} runs {runs}", "the image's own configuration")
        finding = content.user._replace(keys=keys, evidence=(*here, *content.user.evidence))
        if user is not ImageUser.STEPS_DOWN or finding.probability:
            return finding
    match user:
        case ImageUser.ROOT:
            return Finding(0.0, defaulted(location, f"{written} runs as root", source), keys)
        case ImageUser.STEPS_DOWN:
            return believe(builder, ENTRYPOINT_STEPS_DOWN, location, f"{written} starts as root and steps down", keys)
        case ImageUser.OTHER:
            return Finding(1.0, defaulted(location, f"{written} runs as a user of its own", source), keys)
        case ImageUser.UNKNOWN:
            return believe(builder, IMAGE_USER_NOT_ROOT, location, f"the user of {written} is not known", keys)


def starts_as_root(finding: Finding) -> bool:
    """Whether a finding of :func:`published_user_finding` means an image that starts as root, though it may step down later."""
    return finding.probability == 0.0 or finding.assumption == ENTRYPOINT_STEPS_DOWN.id
