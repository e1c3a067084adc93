"""From what was read to the model: every platform's mapping in turn, then the people, then what the user knows better."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.evidence import Basis, Evidence, Location
from breachway.mapping.bindings import load_bindings
from breachway.mapping.building import ModelBuilder
from breachway.mapping.containers.image_contents import NO_CONTENTS
from breachway.mapping.containers.images import ImageMapper
from breachway.mapping.overlay import apply_overlay
from breachway.mapping.people import map_people
from breachway.mapping.places import INTERNET_ID
from breachway.model import EntryPoint
from breachway.sources.configuration.objects import Configuration

if TYPE_CHECKING:
    from breachway.mapping.cloud.aws_parts import AwsParts
    from breachway.mapping.cloud.facts import CloudFacts
    from breachway.mapping.containers.image_contents import ImageContents
    from breachway.mapping.kubernetes.index import KubernetesIndex
    from breachway.model import Model
    from breachway.sources.inventory import Inventory


def build_model(inventory: Inventory, configuration: Configuration | None = None) -> Model:
    """Give the objects of an inventory their security meaning.

    ``configuration`` is what ``breachway.yaml`` says; None is an empty one.  Nothing is read and nothing is raised: what cannot
    be mapped is in ``Model.unread``.
    """
    overlay = configuration or Configuration()
    builder = ModelBuilder(load_bindings(), _image_contents(inventory))
    root = Location("", "", 0, 0)
    _internet(builder, root)
    images = ImageMapper(builder, overlay.registries.trusted or None)
    _map_docker(builder, inventory, images)
    index = _map_kubernetes(builder, inventory, overlay, images)
    _map_ecs(builder, inventory, images)
    if overlay.tenants:
        from breachway.mapping.tenancy import map_tenants

        map_tenants(builder, index, inventory.compose, overlay.tenants)
    images.map_remaining()
    map_people(builder, root)
    return apply_overlay(builder.build(inventory.documents, inventory.unread), overlay)


def _internet(builder: ModelBuilder, root: Location) -> None:
    seen = (Evidence(root, Basis.DEFAULTED, "every deployment has an outside"),)
    builder.asset("Internet", INTERNET_ID, "the internet", platform="internet", evidence=seen)
    builder.entry_point(EntryPoint(actor="A1", asset=INTERNET_ID, step="attack", title="from the internet", evidence=seen))


def _image_contents(inventory: Inventory) -> ImageContents:
    """What the saved images and the scans say, which every platform asks for the images that it runs."""
    if not inventory.images and not inventory.scans:
        return NO_CONTENTS
    from breachway.mapping.images.contents import image_contents

    return image_contents(inventory.images, inventory.scans)


# Each platform's rooms load when the input has something for them: the types of a platform take longer to build than a
# small input takes to map.
def _map_docker(builder: ModelBuilder, inventory: Inventory, images: ImageMapper) -> None:
    if inventory.dockerfiles or inventory.compose:
        from breachway.mapping.compose.projects import map_compose
        from breachway.mapping.dockerfile.builds import map_dockerfiles

        built = map_dockerfiles(builder, inventory.dockerfiles, images)
        map_compose(builder, inventory.compose, images, built)


def _map_kubernetes(
    builder: ModelBuilder, inventory: Inventory, overlay: Configuration, images: ImageMapper
) -> KubernetesIndex | None:
    if inventory.kubernetes:
        from breachway.mapping.kubernetes.cloud.access import map_cloud_access
        from breachway.mapping.kubernetes.cloud.claimable_roles import link_claimable_roles
        from breachway.mapping.kubernetes.cluster import map_kubernetes
        from breachway.mapping.kubernetes.leftovers import say_leftovers
        from breachway.mapping.kubernetes.network.mapping import map_network
        from breachway.mapping.kubernetes.permissions.bindings import map_rbac
        from breachway.mapping.kubernetes.unlisted.mapping import map_unlisted

        version = overlay.kubernetes.version
        facts = _cloud_facts(inventory)
        index = map_kubernetes(
            builder, inventory.kubernetes, version=version, images=images, replicas=inventory.replicas, facts=facts
        )
        map_rbac(builder, inventory.kubernetes, index)
        map_cloud_access(builder, inventory.kubernetes, facts)
        link_claimable_roles(builder, facts, index)
        map_network(builder, inventory.kubernetes, index)
        map_unlisted(builder, inventory.kubernetes, index)
        say_leftovers(builder, inventory.kubernetes, inventory.replicas)
        return index
    return None


def _map_ecs(builder: ModelBuilder, inventory: Inventory, images: ImageMapper) -> None:
    if inventory.ecs or inventory.terraform:
        from breachway.mapping.cloud.aws import map_aws

        map_aws(builder, inventory.ecs, inventory.terraform, _aws_parts(inventory), images)
    if inventory.terraform:
        from breachway.mapping.cloud.google import map_google

        map_google(builder, inventory.terraform)


def _aws_parts(inventory: Inventory) -> AwsParts | None:
    if not inventory.terraform:
        return None
    from breachway.mapping.cloud.aws_parts import aws_parts

    return aws_parts(inventory.terraform)


def _cloud_facts(inventory: Inventory) -> CloudFacts:
    """What files beside the manifests say about the cloud of a cluster."""
    if not inventory.ecs and not inventory.terraform:
        from breachway.mapping.cloud.facts import NO_CLOUD

        return NO_CLOUD
    from breachway.mapping.cloud.gathering import gather

    return gather(inventory.ecs, inventory.terraform)
