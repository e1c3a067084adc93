"""``breachway can``: what an identity or a container holds, may do and may reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.cli.exit_codes import ExitCode
from breachway.cli.rendering.arguments import add_values_argument
from breachway.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from breachway.analyses.permissions.joined_model import JoinedModel
    from breachway.analyses.permissions.standing import Who
    from breachway.cli.streams import Streams
    from breachway.mapping.kubernetes.permissions.access_requests import Request
    from breachway.mapping.kubernetes.permissions.authorization import Authorizer
    from breachway.mapping.kubernetes.versions import KubernetesVersion

_DESCRIPTION = """\
Say what somebody holds (tokens, secrets, roles), may do (Kubernetes permissions as the API server evaluates them, and what is
dangerous in them) and may reach (on the network), each with the line that gives it.

With --verb and --resource (or --url) it answers that one question: yes or no, and by which rule.
"""

_EPILOG = """\
examples:
  breachway can . --who system:serviceaccount:shop:checkout
  breachway can . --who shop/checkout                               a workload or container, by name
  breachway can . --who group:developers --format json
  breachway can . --who user:alice --verb create --resource pods/exec --namespace shop
  breachway can . --who user:alice --verb patch --resource deployments.apps
  breachway can . --who system:anonymous --verb get --url /metrics

exit codes: with --verb, 0 yes and 1 no; else as for every command
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``breachway can``."""
    parser.description = _DESCRIPTION
    parser.epilog = _EPILOG
    parser.add_argument("paths", nargs="+", metavar="PATH", help="a folder, a file, or - for standard input")
    add_values_argument(parser)
    parser.add_argument(
        "--who",
        required=True,
        metavar="WHO",
        help="system:serviceaccount:NAMESPACE:NAME, user:NAME, group:NAME, or the name of a workload or container",
    )
    parser.add_argument("--verb", metavar="VERB", help="ask for one verb only: get, create, ...")
    parser.add_argument("--resource", metavar="RESOURCE", help="of what: pods, pods/exec, deployments.apps")
    parser.add_argument("--name", default="", metavar="NAME", help="of which object (default: of all of them)")
    parser.add_argument(
        "--namespace",
        metavar="NAMESPACE",
        help="where; '' is the whole cluster (default: the one that WHO is at home in, if any)",
    )
    parser.add_argument("--url", metavar="PATH", help="instead of --resource: a path of the API server, such as /metrics")
    parser.add_argument("--config", metavar="FILE", help="the breachway.yaml to use")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
    parser.add_argument("--all", action="store_true", help="in text: also what the API server lets every caller do")


def execute(options: argparse.Namespace, streams: Streams) -> ExitCode:
    """Print the answer."""
    from breachway.analyses.permissions.answering import standing_of
    from breachway.analyses.permissions.naming import find_who
    from breachway.cli.can_answers import standing_as_json, standing_as_text
    from breachway.threats.loading import load_language

    _check(options)
    model, authorizer, version = _read(options, streams)
    who = find_who(options.who, model)
    if options.verb is not None:
        return _one_question(options, who, authorizer, version, streams)
    standing = standing_of(who, model, authorizer, load_language())
    if options.format == "json":
        streams.say(standing_as_json(standing))
    else:
        streams.say(standing_as_text(standing, verbose=options.all))
    return ExitCode.CLEAN


def _check(options: argparse.Namespace) -> None:
    if not options.who.strip():
        raise UsageError("--who is empty", hint="--who system:serviceaccount:NAMESPACE:NAME")
    asked = (options.resource is not None) + (options.url is not None)
    if options.verb is not None and asked != 1:
        raise UsageError("--verb needs either --resource or --url", hint="--verb get --resource secrets")
    if options.verb is None and (asked or options.name or options.namespace is not None):
        raise UsageError("--resource, --name, --namespace and --url belong to --verb", hint="--verb get --resource secrets")
    if options.url is not None and not options.url.startswith("/"):
        raise UsageError(f"--url {options.url} is no path", hint="it begins with a slash: /metrics")


def _read(options: argparse.Namespace, streams: Streams) -> tuple[JoinedModel, Authorizer | None, KubernetesVersion | None]:
    from breachway.analyses.permissions.joined_model import JoinedModel
    from breachway.cli.model import read_settings
    from breachway.cli.rendering.inputs import read_inputs
    from breachway.cli.unlisted_warning import warn_unlisted
    from breachway.mapping.model_building import build_model

    configuration = read_settings(options.config, options.paths)
    inventory = read_inputs(options.paths, values=options.values or (), stdin=streams.stdin)
    model = JoinedModel(build_model(inventory, configuration))
    if not inventory.kubernetes:
        return model, None, None
    from breachway.mapping.kubernetes.declared import Declared
    from breachway.mapping.kubernetes.permissions.authorization import Authorizer
    from breachway.mapping.kubernetes.settings import cluster_settings
    from breachway.mapping.kubernetes.unlisted.hubs import RBAC_RESOURCES

    warn_unlisted(
        inventory.kubernetes, RBAC_RESOURCES, "what follows is what the listed bindings grant; there may be more", streams
    )
    stated = configuration.kubernetes.version if configuration else ""
    version = cluster_settings(Declared(inventory.kubernetes), stated).version
    return model, Authorizer(inventory.kubernetes, version), version


def _one_question(
    options: argparse.Namespace, who: Who, authorizer: Authorizer | None, version: KubernetesVersion | None, streams: Streams
) -> ExitCode:
    from breachway.cli.can_answers import decision_as_json, decision_as_text

    if authorizer is None or version is None:
        raise UsageError("the input holds no Kubernetes objects", hint="--verb asks for permissions of Kubernetes")
    if not who.identities:
        raise UsageError(f"{who.title} is nobody to the API server", hint="leave --verb away to see what it holds and reaches")
    request = _request(options, who, version)
    decisions = [authorizer.allowed(identity, request) for identity in who.identities]
    decision = next((item for item in decisions if item.allowed), decisions[0])
    show = decision_as_json if options.format == "json" else decision_as_text
    streams.say(show(who, request, decision))
    return ExitCode.CLEAN if decision.allowed else ExitCode.GATE_FAILED


def _request(options: argparse.Namespace, who: Who, version: KubernetesVersion) -> Request:
    from breachway.mapping.kubernetes.permissions.access_requests import ResourceRequest, UrlRequest
    from breachway.mapping.kubernetes.permissions.builtin_roles import group_of

    if options.url is not None:
        return UrlRequest(verb=options.verb, path=options.url)
    named, _, subresource = options.resource.partition("/")
    resource, dot, group = named.partition(".")
    if not resource:
        raise UsageError("--resource is empty", hint="--resource pods/exec, --resource deployments.apps")
    return ResourceRequest(
        verb=options.verb,
        group=group if dot else group_of(resource, version),
        resource=resource,
        subresource=subresource,
        name=options.name,
        namespace=who.namespace if options.namespace is None else options.namespace,
    )
