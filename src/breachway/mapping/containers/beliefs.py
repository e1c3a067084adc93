"""What artefacts of containers never say, and what is taken to be so until the user says otherwise.

A probability below one half leaves the defence out when it is asked how far an attacker gets: such a belief is a deliberate
choice to look at what would follow.
"""

from __future__ import annotations

from breachway.mapping.containers.grounds import Belief

APPLICATION_PATCHED = Belief(
    "application-patched",
    "no vulnerability of what listens can be exploited",
    0.4,
    "no vulnerability scan is in the input; below one half, so that what an exploit would open is always looked at",
    "every application that listens",
)
APPLICATION_AUTHENTICATES = Belief(
    "application-authenticates",
    "an application of the user's own asks who is there before it acts",
    0.8,
    "a working figure: code of one's own mostly has a login, and some interior services trust their network",
    "applications that are no well-known software",
)
SOFTWARE_AUTHENTICATES = Belief(
    "software-authenticates",
    "software whose authentication hangs on its configuration file has it turned on",
    0.5,
    "the configuration file is not in the input: even odds",
    "well-known software with an optional login",
)
NO_DEFAULT_PASSWORD = Belief(
    "no-default-password",
    "no account of the application has a password that comes with the software or is easily guessed",
    0.9,
    "nothing in the input sets such a password; accounts made inside the application are not seen",
    "applications whose accounts the artefacts do not set",
)
NO_EXECUTION_BY_DESIGN = Belief(
    "no-execution-by-design",
    "an application of the user's own does not run code that its clients send",
    0.95,
    "running clients' code is the function of few products, and those are known by their images",
    "applications that are no well-known software",
)
ENCRYPTS_TRAFFIC = Belief(
    "application-encrypts",
    "an application encrypts its connections on a port that is not known for TLS",
    0.2,
    "services behind a proxy or inside a network seldom do",
    "applications whose transport is not known",
)
TLS_PORT_ENCRYPTS = Belief(
    "tls-port-encrypts",
    "what listens on a port that is registered for TLS speaks TLS",
    0.95,
    "the convention of port numbers; the configuration of the server is not in the input",
    "applications on ports such as 443 and 8443",
)
FLOOD_PROTECTED = Belief(
    "flood-protected",
    "requests are limited before they exhaust the container",
    0.3,
    "rate limits stand in places that these artefacts do not show",
    "every application that listens",
)
SIGNATURES_VERIFIED = Belief(
    "image-signatures-verified",
    "a signature is checked before an image runs",
    0.1,
    "no engine checks signatures unless it is set up to, and nothing in the input sets it up",
    "every image that is pulled",
)
DEVELOPERS_PUSH = Belief(
    "developers-may-push",
    "a developer's own account may push images to this registry, under the names that are in use",
    0.4,
    "a judgement: it may in small teams, in larger ones only the pipeline; and nothing shows that the registry is the team's",
    "registries that hold no image built here",
    defence_on=False,
)
NO_ACCOUNT_PASSWORDS = Belief(
    "image-no-account-passwords",
    "an image that others built has no account with an empty or known password",
    0.97,
    "rare in published images; their layers are not in the input",
    "images that are not built here",
)
NO_SETUID_FILES = Belief(
    "image-no-setuid-files",
    "no setuid program in an image leads to root",
    0.7,
    "most distributions ship setuid programs, few of which can be exploited at a time; the layers are not in the input",
    "images whose layers are not in the input",
)
KERNEL_PATCHED = Belief(
    "kernel-patched",
    "the kernel of the hosts has no exploitable escape",
    0.8,
    "the version of the kernel is not in the input; escapes by the kernel are found several times a year and fixed within weeks",
    "hosts whose kernel version is not known",
)
RUNTIME_PATCHED = Belief(
    "runtime-patched",
    "the container runtime of the hosts has no exploitable escape",
    0.85,
    "the version of the runtime is not in the input; escapes by the runtime are found about once a year",
    "hosts whose runtime version is not known",
)
KERNEL_SOUND = Belief(
    "kernel-sound-for-any-code",
    "the kernel of the hosts has no flaw that any code may use, system call filter or not",
    0.95,
    "the version of the kernel is not in the input; of thirty known escapes, four needed neither rights nor rare calls",
    "hosts whose kernel version is not known",
)
KERNEL_NETWORK_SOUND = Belief(
    "kernel-network-code-sound",
    "the network code of the hosts' kernel has no flaw that NET_ADMIN or NET_RAW opens",
    0.85,
    "the version of the kernel is not in the input; most escapes by the kernel of recent years went through its network code",
    "hosts whose kernel version is not known",
)
CONTROL_GROUPS_UNIFIED = Belief(
    "control-groups-unified",
    "the hosts use control groups of version 2",
    0.8,
    "the default of every large distribution since 2022; older machines, and those told otherwise, still have version 1",
    "hosts that do not show which version they use",
)
RUNC_PATCHED = Belief(
    "runc-patched",
    "the runc beneath the container runtime has no exploitable escape",
    0.85,
    "hosts report the version of the runtime and not that of runc; packages of the runtime mostly bring a current one",
    "hosts whose runc version is not known",
)
SHIM_GUARDED = Belief(
    "shim-sockets-guarded",
    "the shims of containerd listen on no abstract socket",
    0.98,
    "so since containerd 1.3.9 and 1.4.3 of 2020; the version is not in the input",
    "hosts whose runtime version is not known",
)
NOT_DOCKER_DESKTOP = Belief(
    "not-an-open-docker-desktop",
    "containers do not run on a Docker Desktop that shows them its engine's API",
    0.98,
    "only versions 4.25 to 4.44.2 on a desktop did (CVE-2025-9074), and servers run other engines",
    "hosts whose runtime is not known",
)
TOOLKIT_PATCHED = Belief(
    "gpu-toolkit-patched",
    "the toolkit that gives containers the GPUs of the host has no exploitable escape",
    0.7,
    "the version is not in the input; three escapes were found within a year (CVE-2024-0132, CVE-2025-23359, CVE-2025-23266)",
    "hosts with NVIDIA GPUs",
)
KUBELET_PATCHED = Belief(
    "kubelet-patched",
    "the kubelets have no flaw that leads from a pod to the node",
    0.9,
    "the version of the kubelets is not in the input; such flaws are found about once in two years",
    "nodes whose kubelet version is not known",
)
API_SERVER_PATCHED = Belief(
    "api-server-patched",
    "the API server has no known flaw that passes its authorization",
    0.97,
    "its version is not in the input; the last flaws of this kind were fixed in 2020",
    "clusters whose version is not known",
)
NOT_ENTERED = Belief(
    "containers-not-entered",
    "nobody starts a program in a running container from outside",
    0.4,
    "people open a shell in a container that misbehaves, and an attacker can wait; below one half, so that it is looked at",
    "containers without a probe or hook that runs a command",
)
METADATA_BLOCKED = Belief(
    "metadata-blocked",
    "containers cannot reach the metadata service of the cloud",
    0.5,
    "nothing says whether the hosts stand in a cloud, nor how its metadata service is set up: even odds",
    "hosts of unknown kind",
)
HOST_ACCESS_CONTROL = Belief(
    "host-mandatory-access-control",
    "the hosts enforce AppArmor or SELinux on containers",
    0.7,
    "the default of common server distributions (docker-default on Ubuntu and Debian, container_t on Red Hat's), but not of all",
    "hosts of unknown kind",
)
USER_NAMESPACES = Belief(
    "docker-userns-remap",
    "the Docker daemon maps root in containers to another user of the host (userns-remap, or a rootless daemon)",
    0.1,
    "off unless daemon.json turns it on, and daemon.json is not in the input",
    "Docker hosts",
)
