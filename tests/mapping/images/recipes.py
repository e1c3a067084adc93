"""What the saved images of ``tests/techniques`` hold, so that a reviewer need not unpack them.

``python -m tests.mapping.images.recipes`` from the root of the repository writes them again.
"""

from __future__ import annotations

from pathlib import Path

from tests.sources.image_archives import PASSWD, PRIVATE_KEY, SHADOW, Image, docker_archive, layer

TECHNIQUES = Path(__file__).parents[2] / "techniques"
_BASE: dict[str, str | bytes] = {"etc/passwd": PASSWD, "etc/shadow": SHADOW}
_PUBLIC = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA\n-----END PUBLIC KEY-----\n"

VULNERABLE = {
    "docker-secret-in-image-layer": Image(
        layers=(
            layer({**_BASE, "root/.ssh/id_ed25519": PRIVATE_KEY, "app/.env": "MODE=live\nDB_PASSWORD=correct-horse\n"}),
            layer({"root/.ssh/.wh.id_ed25519": ""}),
        ),
        config={"User": "1000"},
        history=("RUN |1 NPM_TOKEN=0a1b2c3d4e5f6071 /bin/sh -c npm ci",),
    ),
    "docker-image-empty-password-account": Image(
        layers=(
            layer(
                {
                    "etc/passwd": PASSWD + "toor:x:0:0::/root:/bin/sh\n",
                    "etc/shadow": "root:*:20000:0:99999:7:::\napp::20000:0:99999:7:::\n",
                }
            ),
        ),
        config={"User": "1000"},
    ),
    "docker-image-user-root": Image(layers=(layer(_BASE),)),
    "docker-image-secret-env": Image(
        layers=(layer(_BASE),), config={"User": "app", "Env": ["PATH=/bin", "API_TOKEN=abcdef0123456789"]}
    ),
    "docker-image-exposes-admin-port": Image(layers=(layer(_BASE),), config={"User": "app", "ExposedPorts": {"2375/tcp": {}}}),
    "docker-image-base-eol": Image(
        layers=(layer({**_BASE, "etc/os-release": "ID=debian\nVERSION_ID=9\n"}),), config={"User": "app"}
    ),
    "docker-world-writable-or-setuid": Image(
        layers=(
            layer(
                {**_BASE, "usr/local/bin/raise": "x", "usr/bin/su": "x"}, {"usr/local/bin/raise": 0o4755, "usr/bin/su": 0o4755}
            ),
        ),
        config={"User": "app"},
    ),
}
SAFE = {
    "docker-secret-in-image-layer": Image(
        layers=(
            layer(
                {
                    **_BASE,
                    "app/.env": "MODE=live\nDB_PASSWORD=${DB_PASSWORD}\nDB_PASSWORD_FILE=/run/secrets/db\n",
                    "app/key.pem": _PUBLIC,
                    "app/check.py": 'if line == "-----END PRIVATE KEY-----":\n',
                    "usr/lib/python3/test/keycert.pem": PRIVATE_KEY,
                }
            ),
        ),
        config={"User": "1000"},
        history=("RUN |1 VERSION=1.2 /bin/sh -c npm ci", "ENV MODE=live"),
    ),
    "docker-image-empty-password-account": Image(
        layers=(layer({"etc/passwd": PASSWD, "etc/shadow": "root::1:::::\n"}), layer(_BASE)), config={"User": "1000"}
    ),
    "docker-image-user-root": Image(layers=(layer(_BASE),), config={"User": "app"}),
    "docker-image-secret-env": Image(
        layers=(layer(_BASE),),
        config={"User": "app", "Env": ["PATH=/bin", "API_TOKEN_FILE=/run/secrets/token", "TOKEN_TTL=3600"]},
    ),
    "docker-image-exposes-admin-port": Image(layers=(layer(_BASE),), config={"User": "app", "ExposedPorts": {"8080/tcp": {}}}),
    "docker-image-base-eol": Image(
        layers=(layer({**_BASE, "etc/os-release": "ID=debian\nVERSION_ID=13\n"}),), config={"User": "app"}
    ),
    "docker-world-writable-or-setuid": Image(
        layers=(
            layer({**_BASE, "usr/bin/su": "x", "opt/tool": "x"}, {"usr/bin/su": 0o4755, "opt/tool": 0o4755}),
            layer({"opt/.wh.tool": ""}),
        ),
        config={"User": "app"},
    ),
}


def write(folder: Path, name: str) -> None:
    """Write the pair of one technique."""
    docker_archive(folder / "vulnerable.tar", VULNERABLE[name], "shop/vulnerable:1")
    docker_archive(folder / "safe.tar", SAFE[name], "shop/safe:1")


if __name__ == "__main__":
    for technique in sorted(VULNERABLE):
        (TECHNIQUES / technique).mkdir(exist_ok=True)
        write(TECHNIQUES / technique, technique)
