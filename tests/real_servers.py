"""The tests marked `smoke`, against the PostgreSQL, Redis and RabbitMQ that run on this machine; the absent ones are named."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import psycopg

ROOT = Path(__file__).resolve().parent.parent
OLDEST = 150000  # PostgreSQL 15


def postgres() -> str | None:
    """The address of a PostgreSQL that lets us in without a password, and may make databases."""
    for user in ("postgres", "root"):
        try:
            with psycopg.connect(host="127.0.0.1", port=5432, user=user, dbname="postgres", connect_timeout=2) as connection:
                if connection.info.server_version >= OLDEST:
                    return f"postgres://{user}@127.0.0.1:5432/postgres"
        except psycopg.OperationalError:
            continue
    return None


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def smoke(**addresses: str) -> bool:
    environment = {**os.environ, **addresses}
    command = [sys.executable, "-m", "pytest", "-q", "-m", "smoke", "--create-db", "--durations=0", "-p", "no:cacheprovider"]
    return subprocess.run(command, cwd=ROOT, env=environment).returncode == 0


def main() -> int:
    database = postgres()
    # Databases that nobody uses by default: we may not disturb what runs here.
    brokers = {"Redis": "redis://127.0.0.1:6379/13"} if listens(6379) else {}
    if listens(5672):
        brokers["RabbitMQ"] = "amqp://guest:guest@127.0.0.1:5672//"
    found = [*(["PostgreSQL"] if database else []), *brokers]
    absent = [name for name in ("PostgreSQL", "Redis", "RabbitMQ") if name not in found]
    print(f"real servers found: {', '.join(found) or 'none'}; absent: {', '.join(absent) or 'none'}", flush=True)
    ok = True
    for name, broker in brokers.items() or ([("", "")] if database else []):
        addresses = {**({"DATABASE_URL": database} if database else {}), **({"BROKER_URL": broker} if broker else {})}
        print(f"smoke on {', '.join(addresses)} {name}", flush=True)
        ok = smoke(**addresses) and ok
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
