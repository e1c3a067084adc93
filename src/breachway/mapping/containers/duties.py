"""What a container of a server's image is there for: to serve, or to be the server's client (a backup, a migration, a shell)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

SERVED = frozenset({"cache", "datastore", "queue", "storage"})
"""Roles of software whose image holds the clients too, so that the image alone does not make a server."""

_CLIENTS = frozenset(
    {
        "cat", "clickhouse-client", "cqlsh", "createdb", "curl", "dropdb", "etcdctl", "influx", "kafka-configs.sh",
        "kafka-console-consumer.sh", "kafka-console-producer.sh", "kafka-topics", "kafka-topics.sh", "mariadb", "mariadb-admin",
        "mariadb-dump", "mc", "mongo", "mongodump", "mongoexport", "mongoimport", "mongorestore", "mongosh", "mysql",
        "mysqladmin", "mysqldump", "mysqlimport", "nodetool", "pg_basebackup", "pg_dump", "pg_dumpall", "pg_isready",
        "pg_restore", "pgbench", "psql", "rabbitmqadmin", "rabbitmqctl", "redis-benchmark", "redis-cli", "sleep", "sqlcmd",
        "tail", "true", "wget",
    }
)  # fmt: skip
_SERVERS = frozenset(
    {
        "cassandra", "clickhouse-server", "docker-entrypoint.sh", "entrypoint.sh", "etcd", "influxd", "kafka-server-start",
        "kafka-server-start.sh", "mariadbd", "memcached", "minio", "mongod", "mongos", "mysqld", "mysqld_safe", "postgres",
        "rabbitmq-server", "redis-sentinel", "redis-server", "sqlservr", "valkey-server",
    }
)  # fmt: skip
_SHELLS = frozenset({"ash", "bash", "dash", "sh", "zsh"})
_PREFIXES = frozenset({"!", "do", "else", "env", "exec", "if", "nohup", "sudo", "then", "time", "until", "while"})
_AS_USER = frozenset({"gosu", "su-exec"})
_COMMANDS = re.compile(r"[;&|\n`()]+")
_MOST = 65_536


def is_client(words: Sequence[str], *, ends: bool) -> bool:
    """Whether a container of a server's image, with no port declared, runs no server.

    ``words`` are its entry point and arguments, empty where the image's own are used.  A program of a client, and none of a
    server, makes a client; so does work that ``ends`` (a Job), unless a server is named.
    """
    programs = _programs(words)
    if not programs.isdisjoint(_SERVERS):
        return False
    return ends or not programs.isdisjoint(_CLIENTS)


def _programs(words: Sequence[str]) -> frozenset[str]:
    """The programs that a command line starts, by their plain names: the first word, or those of a shell's script."""
    if not words:
        return frozenset()
    if _plain(words[0]) not in _SHELLS and len(words) > 1:
        return frozenset({_program(words)})
    script = "\n".join(words)[:_MOST]
    return frozenset(_program(command.split()) for command in _COMMANDS.split(script))


def _program(words: Sequence[str]) -> str:
    left = list(words)
    while left:
        word = _plain(left.pop(0))
        if word in _AS_USER:
            left = left[1:]
        elif word not in _PREFIXES and word not in _SHELLS and "=" not in word and not word.startswith("-"):
            return word
    return ""


def _plain(word: str) -> str:
    return word.strip("$\"'").rpartition("/")[2]
