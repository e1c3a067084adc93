"""A small threat language for the fixture."""

from __future__ import annotations

from breachway.threats.language import AssetClass, Association, Distribution, Language, Step, StepInfo, StepKind


def _attack(owner: str, name: str, title: str, sentence: str, stride: str, attack: str = "", rate: float = 24.0) -> Step:
    return Step(
        name=name,
        kind=StepKind.AND if name in {"createPrivilegedPod", "registerTask"} else StepKind.OR,
        declared_in=owner,
        targets=(),
        requires=(),
        tags=(),
        ttc=Distribution("Exponential", (rate,)),
        default_on=0.0,
        info=StepInfo(
            title=title,
            sentence=sentence,
            stride=tuple(stride),
            attack=(attack,) if attack else (),
            mission=("C9",),
            ttc="fixture",
        ),
    )


def _class(name: str, sentence: str, *steps: Step, parents: tuple[str, ...] = ()) -> AssetClass:
    return AssetClass(
        name=name,
        category="Shop",
        abstract=False,
        lineage=(name, *parents),
        sentence=sentence,
        steps=tuple(sorted(steps, key=lambda s: s.name)),
    )


LANGUAGE = Language(
    id="breachway.fixture",
    version="0.1.0",
    assets=(
        _class(
            "CloudRole",
            "A role of the cloud's access management.",
            _attack(
                "CloudRole",
                "assume",
                "act as the role",
                "Call the cloud's API with the credentials of the role.",
                "SE",
                "T1078.004",
            ),
            _attack(
                "CloudRole",
                "registerTask",
                "register and run a task under a stronger role",
                "Register a task definition that names another role, and run it.",
                "E",
                "T1610",
            ),
        ),
        _class(
            "Cluster",
            "An orchestrator's control plane.",
            _attack(
                "Cluster",
                "admin",
                "command the cluster",
                "Every verb on every resource of the cluster is the attacker's.",
                "STRIDE",
                "T1098",
            ),
        ),
        _class(
            "Container",
            "A process in its own namespaces.",
            _attack(
                "Container",
                "exploit",
                "exploit the application",
                "Run code in the container through a fault of the application that listens.",
                "TE",
                "T1190",
                0.1,
            ),
            _attack(
                "Container",
                "escapeSocket",
                "start a container through the mounted engine socket",
                "Ask the engine for a new container.",
                "E",
                "T1611",
            ),
            _attack(
                "Container",
                "readEnvironment",
                "read the environment variables",
                "Print the process environment.",
                "I",
                "T1552.001",
            ),
        ),
        _class("ComposeService", "A service of a Compose project.", parents=("Workload",)),
        _class(
            "DockerDaemon",
            "A container engine on a machine.",
            _attack(
                "DockerDaemon",
                "root",
                "become root on the machine",
                "The engine runs as root and does as it is told.",
                "TIE",
                "T1611",
            ),
        ),
        _class("EcsTask", "A task definition of Amazon ECS.", parents=("Workload",)),
        _class("KubernetesWorkload", "What makes pods of one template.", parents=("Workload",)),
        _class(
            "NodePool",
            "Like nodes.",
            _attack("NodePool", "root", "become root on the nodes", "Act as root on the hosts of the pool.", "STRIDE", "T1611"),
        ),
        _class(
            "RoleGrant",
            "What one binding grants in one scope.",
            _attack(
                "RoleGrant",
                "createPrivilegedPod",
                "create a privileged pod",
                "Create a pod that asks for every privilege.",
                "TE",
                "T1610",
            ),
        ),
        _class(
            "Secret",
            "A value to be kept.",
            _attack("Secret", "read", "read the secret", "Get the secret's value.", "I", "T1552.007"),
        ),
        _class(
            "ServiceAccount",
            "A workload's own identity.",
            _attack(
                "ServiceAccount",
                "readToken",
                "take the service account's token",
                "Read the projected token from the file system.",
                "SI",
                "T1528",
            ),
        ),
        _class(
            "Volume",
            "Storage that outlives a container.",
            _attack("Volume", "read", "read the data", "Read the files of the volume.", "I", "T1530"),
            _attack(
                "Volume",
                "connect",
                "log in to the database",
                "Open a session with the credentials that were found.",
                "SI",
                "T1078",
            ),
        ),
    ),
    associations=(
        Association(
            name="Encloses",
            left_asset="Cluster",
            left_field="cluster",
            left_min=1,
            left_max=1,
            right_asset="NodePool",
            right_field="pools",
            right_min=0,
            right_max=None,
        ),
    ),
)
