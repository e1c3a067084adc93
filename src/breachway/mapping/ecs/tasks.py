"""Task definitions as assets: the task, its containers, what they mount and which secrets they are given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breachway.mapping.containers.applications import ListenerFacts, ListeningPort, map_applications
from breachway.mapping.containers.credentials import Variable
from breachway.mapping.containers.grounds import Finding, believe, defaulted, doubtful, observed, settle, weak
from breachway.mapping.containers.host_paths import HostMountFact, map_host_mount
from breachway.mapping.containers.secret_patterns import is_secret_literal, secrets_in_words
from breachway.mapping.containers.secrets import map_repository, map_secret
from breachway.mapping.ecs import beliefs
from breachway.mapping.ecs.confinement import FARGATE, GUIDE, TaskPlace, confinement
from breachway.mapping.ecs.hosts import ECS, cluster_id, instances_id, map_microvm
from breachway.mapping.ecs.roles import AWS, role_name
from breachway.mapping.ecs.settings import judge_settings
from breachway.mapping.places import INTERNET_ID
from breachway.model import EntryPoint
from breachway.sources.decoding import value_or

if TYPE_CHECKING:
    from breachway.evidence import Location
    from breachway.mapping.building import ModelBuilder
    from breachway.mapping.containers.applications import Listeners
    from breachway.mapping.containers.images import ImageMapper
    from breachway.mapping.ecs.placement import Placement
    from breachway.mapping.ecs.roles import RoleView
    from breachway.sources.ecs.objects import ContainerDefinition, TaskVolume

_IMDS_KEY = ("imds-reachable",)


class TaskMapper:
    """Maps one task definition with the services that start it."""

    def __init__(
        self, builder: ModelBuilder, placement: Placement, roles: dict[str, RoleView], account: str, images: ImageMapper
    ) -> None:
        self.builder = builder
        self.placement = placement
        self.roles = roles
        self.account = account
        self.images = images
        self.task = placement.task
        self.location = placement.task.location
        self.subject = f"task definition {placement.family}"
        self.asset = f"{ECS}:EcsTask:{placement.family}"
        self.hosts: tuple[str, ...] = ()
        self.volumes: dict[str, TaskVolume] = {}
        self.cloud_secrets: dict[str, str] = {}
        """The cloud secrets that the task is given: asset by ARN or name."""

    def map(self) -> dict[str, Listeners]:
        """Map the task; gives what listens in each container, by its name."""
        builder, family = self.builder, self.placement.family
        found = observed(self.location, self.subject)
        first = self.placement.clusters[0][0]
        builder.asset(
            "EcsTask",
            self.asset,
            family,
            platform=ECS,
            evidence=found,
            boundary=cluster_id(first),
            replicas=self.placement.replicas,
            facts=(
                ("launch type", "FARGATE" if self.placement.fargate else "EC2"),
                ("network mode", self.placement.network_mode),
            ),
        )
        for cluster, location in self.placement.clusters:
            builder.link("RunsTask", cluster_id(cluster), self.asset, observed(location, f"runs in cluster {cluster}"))
        builder.link("Deploys", map_repository(builder, self.location.document, self.location), self.asset, found)
        builder.entry_point(
            EntryPoint(actor="A5", asset=self.asset, step="actAs", title=f"task {family}, by its own rights", evidence=found)
        )
        if self.placement.fargate:
            self.hosts = (map_microvm(builder, family, self.location, self.account),)
        else:
            self.hosts = tuple(instances_id(cluster) for cluster, _ in self.placement.clusters)
        self.volumes = {value_or(volume.name, ""): volume for volume in self.task.volumes}
        self._map_roles()
        self._map_execution()
        self._judge_network()
        return {name: self._map_container(container, name) for name, container in self._containers()}

    def _containers(self) -> tuple[tuple[str, ContainerDefinition], ...]:
        """The containers by name; one without a name is told by its place."""
        return tuple(
            (value_or(container.name, "") or f"container {index}", container)
            for index, container in enumerate(self.task.container_definitions, 1)
        )

    def _map_roles(self) -> None:
        builder, task_role, execution = self.builder, self.task.task_role_arn, self.task.execution_role_arn
        if task_role is not None and task_role.value:
            found = observed(task_role.location, f"taskRoleArn: {role_name(task_role.value)}")
            settle(builder, self.asset, {"noTaskRole": Finding(0.0, found)})
            builder.link("TaskRoleOf", self.asset, self.roles[role_name(task_role.value)].asset, found)
        else:
            none = defaulted(self.location, "taskRoleArn is not set", GUIDE)
            settle(builder, self.asset, {"noTaskRole": Finding(1.0, none)})
            if not self.placement.fargate:
                note = defaulted(
                    self.location, "taskRoleArn is not set: on instances the SDK falls back to the instance role", GUIDE
                )
                weak(builder, "ecs-no-task-role", self.asset, note, subject=self.subject)
        if execution is not None and execution.value:
            found = observed(execution.location, f"executionRoleArn: {role_name(execution.value)}")
            builder.link("ExecutionRoleOf", self.asset, self.roles[role_name(execution.value)].asset, found)
            if task_role is not None and role_name(task_role.value) == role_name(execution.value):
                note = observed(task_role.location, "taskRoleArn and executionRoleArn are one role")
                weak(builder, "ecs-task-role-equals-execution-role", self.asset, note, subject=self.subject)

    def _map_execution(self) -> None:
        key = ("ecs-exec-enabled",)
        enabled = next(
            (
                item.enable_execute_command
                for item in self.placement.services
                if value_or(item.enable_execute_command, default=False)
            ),
            None,
        )
        if enabled is None:
            silent = defaulted(
                self.location, "enableExecuteCommand is not set; the default is false", "Amazon ECS API: CreateService"
            )
            settle(self.builder, self.asset, {"execDisabled": Finding(1.0, silent, key)})
            return
        evidence = observed(enabled.location, "enableExecuteCommand: true")
        weak(self.builder, key[0], self.asset, evidence, subject=self.subject)
        settle(self.builder, self.asset, {"execDisabled": Finding(0.0, evidence, key)})

    def _judge_network(self) -> None:
        mode = self.task.network_mode
        if self.placement.fargate or self.placement.network_mode not in {"bridge", "host"}:
            return
        silent = defaulted(self.location, "networkMode is not set; on instances the default is bridge", GUIDE)
        evidence = observed(mode.location, f"networkMode: {mode.value}") if mode is not None else silent
        weak(self.builder, "ecs-network-mode-shared", self.asset, evidence, subject=self.subject)

    def _map_container(self, container: ContainerDefinition, name: str) -> Listeners:
        builder = self.builder
        asset = f"{ECS}:Container:{self.placement.family}/{name}"
        found = observed(container.location, f"container {name}")
        image = value_or(container.image, "")
        builder.asset("Container", asset, name, platform=ECS, evidence=found, boundary=self.asset, facts=(("image", image),))
        builder.link("Runs", self.asset, asset, found)
        for host in self.hosts:
            builder.link("RunsOn", asset, host, found)
            if self._bridged:
                builder.link("SharesBridge", asset, host, found)
        place = TaskPlace(builder, asset, f"{self.subject}, container {name}", container.location, self.placement)
        settle(builder, asset, confinement(place, container))
        settle(builder, asset, {"noSharedSegment": self._segment(place)})
        settle(builder, asset, {"metadataBlocked": self._metadata(place), "egressRestricted": self._egress(place, container)})
        if container.image is not None:
            reference = self.images.map_image(image, container.image.location, container=asset)
            for host in self.hosts:
                builder.link("CachesImage", host, reference, found)
        listeners = map_applications(builder, asset, self._listener_facts(container, name, place))
        self._map_secrets(place, container)
        self._map_mounts(place, container, listeners)
        judge_settings(place, container)
        builder.entry_point(
            EntryPoint(
                actor="A2",
                asset=asset,
                step="compromise",
                title=f"from inside container {self.placement.family}/{name}",
                evidence=found,
            )
        )
        return listeners

    @property
    def _bridged(self) -> bool:
        return not self.placement.fargate and self.placement.network_mode in {"bridge", "default"}

    def _segment(self, place: TaskPlace) -> Finding:
        """Whether the container shares a network segment with those of other tasks: only on the bridge of an instance."""
        if self._bridged:
            return Finding(0.0, place.silent("the tasks on the bridge of an instance share one segment"))
        return Finding(1.0, place.silent("the task is not on the bridge of an instance"))

    def _metadata(self, place: TaskPlace) -> Finding:
        """Whether the container reaches the instance's metadata service: a question of the launch type and the network mode."""
        placement, builder = self.placement, self.builder
        if placement.fargate:
            return Finding(1.0, place.silent("Fargate tasks have no instance metadata service", FARGATE), _IMDS_KEY)
        if placement.network_mode == "none":
            return Finding(1.0, place.silent("networkMode none"), _IMDS_KEY)
        if placement.network_mode == "host":
            mode = self.task.network_mode
            evidence = observed(
                mode.location if mode is not None else place.location, "host network: the metadata service cannot be kept away"
            )
            return place.weak(_IMDS_KEY[0], evidence)
        belief = beliefs.AWSVPC_METADATA_BLOCKED if placement.network_mode == "awsvpc" else beliefs.BRIDGE_METADATA_BLOCKED
        finding = believe(builder, belief, place.location, keys=_IMDS_KEY)
        doubtful(builder, _IMDS_KEY[0], place.asset, finding.evidence, subject=place.subject)
        return finding

    def _egress(self, place: TaskPlace, container: ContainerDefinition) -> Finding:
        self.builder.link("SendsTo", place.asset, INTERNET_ID, observed(place.location, "where its connections would go"))
        flag = container.disable_networking
        if flag is not None and flag.value:
            return Finding(1.0, observed(flag.location, "disableNetworking: true"))
        if self.placement.network_mode == "none":
            return Finding(1.0, place.silent("networkMode none"))
        return Finding(
            0.0,
            place.silent("security groups allow all outgoing connections by default", "Amazon VPC user guide: security groups"),
        )

    def _listener_facts(self, container: ContainerDefinition, name: str, place: TaskPlace) -> ListenerFacts:
        variables = tuple(
            Variable(item.name.value, item.value.value if item.value is not None else "", item.location)
            for item in container.environment
            if item.name is not None
        )
        variables += tuple(Variable(item.name.value, None, item.location) for item in container.secrets if item.name is not None)
        words = (*container.entry_point, *container.command)
        return ListenerFacts(
            name=name,
            images=(value_or(container.image, ""),),
            ports=_ports(container),
            environment=variables,
            words=tuple(word.value for word in words),
            location=container.location,
            words_location=words[0].location if words else container.location,
            subject=place.subject,
            platform=ECS,
            environment_complete=not container.environment_files,
        )

    def _map_secrets(self, place: TaskPlace, container: ContainerDefinition) -> None:
        names = f"{self.placement.family}/{place.asset.rpartition('/')[2]}"
        for item in container.environment:
            if item.name is not None and item.value is not None and is_secret_literal(item.name.value, item.value.value):
                self._map_literal(
                    place, f"{names}/{item.name.value}", item.name.value, item.value.location, "secret-literal-in-env"
                )
        words = (
            *container.entry_point,
            *container.command,
            *(container.health_check.command if container.health_check is not None else ()),
        )
        if words:
            for name in dict.fromkeys(secrets_in_words(word.value for word in words)):
                self._map_literal(place, f"{names}/command {name}", name, words[0].location, "secret-literal-in-args")
        for reference in container.secrets:
            if reference.value_from is not None:
                self._map_cloud_secret(place, reference.value_from.value, reference.value_from.location)
        credentials = container.repository_credentials
        if credentials is not None and credentials.credentials_parameter is not None:
            parameter = credentials.credentials_parameter
            self._map_cloud_secret(place, parameter.value, parameter.location, given=False)

    def _map_literal(self, place: TaskPlace, names: str, name: str, location: Location, key: str) -> None:
        builder = self.builder
        found = observed(location, f"{name} is a literal")
        finding = Finding(0.0, found, (key,))
        secret = map_secret(
            builder,
            f"{ECS}:Secret:{names}",
            name,
            platform=ECS,
            evidence=found,
            boundary=place.asset,
            exposed={"notInRepository": finding, "notInSpecification": finding},
            title=f"{name} of {place.subject}",
        )
        repository = map_repository(builder, location.document, location)
        builder.link("StoresSecret", repository, secret, found)
        builder.link("DescribesSecret", repository, secret, found)
        builder.link("Uses", place.asset, secret, found)
        weak(builder, key, secret, found, subject=place.subject)

    def _map_cloud_secret(self, place: TaskPlace, reference: str, location: Location, *, given: bool = True) -> None:
        """A secret of Secrets Manager or the parameter store; ``given`` when the container itself receives it."""
        builder = self.builder
        arn = (
            reference
            if reference.startswith("arn:")
            else f"arn:aws:ssm:*:{self.account.rpartition(':')[2]}:parameter/{reference.lstrip('/')}"
        )
        plain = _plain_secret(arn)
        found = observed(location, f"valueFrom {plain.rpartition(':')[2]}")
        secret = f"{AWS}:Secret:{plain}"
        if not builder.has(secret):
            kept = Finding(
                1.0, defaulted(location, "Secrets Manager and secure parameters are encrypted by KMS", "AWS KMS developer guide")
            )
            short = plain.rpartition(":")[2]
            map_secret(
                builder,
                secret,
                short,
                platform=AWS,
                evidence=found,
                boundary=self.account,
                exposed={"encryptedAtRest": kept},
                title=f"secret {short}",
            )
            builder.link("OwnsSecret", self.account, secret, found)
        if given:
            builder.link("Uses", place.asset, secret, found)
        self.cloud_secrets[plain] = secret

    def _map_mounts(self, place: TaskPlace, container: ContainerDefinition, listeners: Listeners) -> None:
        for mount in container.mount_points:
            name = value_or(mount.source_volume, "")
            volume = self.volumes.get(name)
            if volume is None:
                continue
            path = volume.host.source_path if volume.host is not None else None
            read_only = mount.read_only is not None and mount.read_only.value
            if path is not None and path.value and not self.placement.fargate:
                silent = place.silent("readOnly is not set; the default is false")
                fact = HostMountFact(
                    path=path.value,
                    location=path.location,
                    read_only=read_only,
                    read_only_evidence=observed(mount.read_only.location, f"readOnly: {str(read_only).lower()}")
                    if mount.read_only
                    else silent,
                )
                for host in self.hosts[:1]:
                    map_host_mount(self.builder, place.asset, host, fact, subject=place.subject, platform=ECS)
                continue
            found = observed(mount.location, f"mounts the volume {name}")
            efs = volume.efs_volume_configuration
            shared = value_or(efs.file_system_id, "") if efs is not None else ""
            identity = f"efs/{shared}" if shared else f"{self.placement.family}/{name}"
            asset = self.builder.asset(
                "Volume", f"{ECS}:Volume:{identity}", f"volume {name}", platform=ECS, evidence=found, boundary=self.account
            )
            self.builder.link("Mounts", place.asset, asset, found)
            if listeners.data_store:
                self.builder.link("Stores", asset, listeners.data_store, found)
            if efs is not None:
                self._judge_efs(asset, volume)

    def _judge_efs(self, asset: str, volume: TaskVolume) -> None:
        efs = volume.efs_volume_configuration
        if efs is None:
            return
        transit = efs.transit_encryption
        if transit is None or transit.value.upper() != "ENABLED":
            silent = defaulted(efs.location, "transitEncryption is not set; the default is DISABLED", GUIDE)
            note = observed(transit.location, f"transitEncryption: {transit.value}") if transit is not None else silent
            weak(self.builder, "efs-no-transit-encryption", asset, note, subject=self.subject)
        authorization = efs.authorization_config
        point = authorization is not None and authorization.access_point_id is not None
        iam = authorization is not None and authorization.iam is not None and authorization.iam.value.upper() == "ENABLED"
        if not (point and iam):
            note = defaulted(
                efs.location, "no access point with IAM authorization: any task that mounts it sees all of it", GUIDE
            )
            weak(self.builder, "efs-access-point-root", asset, note, subject=self.subject)


def _plain_secret(arn: str) -> str:
    """A secret's ARN without the JSON key, version stage and version that a task definition may add."""
    parts = arn.split(":")
    return ":".join(parts[:7]) if ":secretsmanager:" in arn else arn


def _ports(container: ContainerDefinition) -> tuple[ListeningPort, ...]:
    ports: list[ListeningPort] = []
    for mapping in container.port_mappings:
        protocol, name = value_or(mapping.protocol, "tcp"), value_or(mapping.name, "")
        if mapping.container_port is not None:
            number = mapping.container_port
            ports.append(
                ListeningPort(
                    number.value, number.value, protocol, observed(number.location, f"containerPort {number.value}"), name
                )
            )
        elif mapping.container_port_range is not None:
            first, _, last = mapping.container_port_range.value.partition("-")
            if first.isdecimal() and last.isdecimal() and len(last) < 6:  # noqa: PLR2004 - digits of a port
                place = observed(mapping.container_port_range.location, f"containerPortRange {first}-{last}")
                ports.append(ListeningPort(int(first), int(last), protocol, place, name))
    return tuple(ports)
