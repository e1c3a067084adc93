"""The options about a cluster that several commands take."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse


def add_cluster_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that say which cluster."""
    parser.add_argument("--context", metavar="NAME", help="the context of the kubeconfig (default: its current one)")
    parser.add_argument(
        "--kubeconfig", metavar="FILE", help="default: KUBECONFIG, else ~/.kube/config, else the pod's own account"
    )


def add_live_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of a command that may read a cluster instead of files."""
    parser.add_argument(
        "--live", action="store_true", help="list a cluster, read-only, and model it (needs pip install 'breachway[live]')"
    )
    add_cluster_arguments(parser)
    parser.add_argument("--keep", metavar="FOLDER", help="with --live: keep the dump, as breachway collect writes it")
