"""The suite against the PostgreSQL, Redis and RabbitMQ that run on this machine; the absent ones
are named.

smoke (in CI)                         the tests marked `smoke`, on each broker
whole (`make proof PART=servers`)     all tests of `make test` on PostgreSQL and Redis, and the walk on RabbitMQ
"""  # noqa: E501

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import psycopg

from tests import proofs

ROOT = Path(__file__).resolve().parent.parent
OLDEST = 150000  # PostgreSQL 15


def postgres() -> tuple[str, int] | None:
    """The address and version of a PostgreSQL that lets us in without a password, and may make
    databases."""
    for user in ("postgres", "root"):
        try:
            with psycopg.connect(
                host="127.0.0.1", port=5432, user=user, dbname="postgres", connect_timeout=2
            ) as connection:
                if connection.info.server_version >= OLDEST:
                    return (
                        f"postgres://{user}@127.0.0.1:5432/postgres",
                        connection.info.server_version // 10000,
                    )
        except psycopg.OperationalError:
            continue
    return None


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def tested(*words: str, **addresses: str) -> bool:
    environment = {**os.environ, **addresses}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *words]
    return subprocess.run(command, cwd=ROOT, env=environment).returncode == 0


def smoke(database: dict[str, str], brokers: dict[str, str]) -> bool:
    ok = True
    for name, broker in brokers.items() or ([("", "")] if database else []):
        addresses = {**database, **({"BROKER_URL": broker} if broker else {})}
        if name == "RabbitMQ":  # no cache itself
            if "Redis" not in brokers:
                print("RabbitMQ without a Redis beside it is not tried", flush=True)
                continue
            addresses["CACHE_URL"] = brokers["Redis"]
        print(f"smoke on {', '.join(addresses)} {name}", flush=True)
        ok = tested("-m", "smoke", "--create-db", "--durations=0", **addresses) and ok
    return ok


def whole(database: dict[str, str], brokers: dict[str, str]) -> bool:
    ok = True
    if database or "Redis" in brokers:
        addresses = {**database, **({"BROKER_URL": brokers["Redis"]} if "Redis" in brokers else {})}
        print(f"the whole suite on {', '.join(addresses)}", flush=True)
        ok = tested("--create-db", "--durations=15", **addresses)
    if "RabbitMQ" in brokers and "Redis" in brokers:
        print("the walk on RabbitMQ", flush=True)
        walk = ("-m", "proof", "tests/walk/test_walk.py")
        product = {
            "PRODUCT_BROKER_URL": brokers["RabbitMQ"],
            "PRODUCT_CACHE_URL": brokers["Redis"],
        }
        ok = tested(*walk, **product) and ok
    return ok


def main(how: str) -> int:
    found = postgres()
    database = {"DATABASE_URL": found[0]} if found else {}
    # Databases that nobody uses by default: we may not disturb what runs here.
    brokers = {"Redis": "redis://127.0.0.1:6379/13"} if listens(6379) else {}
    if listens(5672):
        brokers["RabbitMQ"] = "amqp://guest:guest@127.0.0.1:5672//"
    names = [*([f"PostgreSQL {found[1]}"] if found else []), *brokers]
    absent = [
        name
        for name, there in (
            ("PostgreSQL", found),
            ("Redis", "Redis" in brokers),
            ("RabbitMQ", "RabbitMQ" in brokers),
        )
        if not there
    ]
    print(
        f"real servers found: {', '.join(names) or 'none'}; absent: {', '.join(absent) or 'none'}",
        flush=True,
    )
    began = time.monotonic()
    has_passed = {"smoke": smoke, "whole": whole}[how](database, brokers)
    if how == "whole" and (database or brokers):
        proofs.note("servers", has_passed, time.monotonic() - began)
    return 0 if has_passed else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:] or ["smoke"]))
