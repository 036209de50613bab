"""The data folder (HUTONG_DATA): what one installation keeps on this machine.

    secrets.json      made once, mode 0600: keys, passwords of the embedded servers, the first log-in
    run/servers.json  the addresses of the servers that a running `up` has started
    run/<name>.pid    the children of a running `up`

A command started beside a running `up` (`manage.py figures`, `manage.py source`) finds keys and
addresses here; the environment wins.
"""  # noqa: E501

import base64
import json
import os
import secrets
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent.parent


def folder() -> Path:
    return Path(os.environ.get("HUTONG_DATA") or BASE_DIR / "var").resolve()


def run_folder() -> Path:
    return folder() / "run"


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _new_secrets() -> dict[str, str]:
    return {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "HUTONG_ENCRYPTION_KEYS": f"1:{_key()}",
        "HUTONG_HASH_KEY": _key(),
        "POSTGRES_PASSWORD": secrets.token_hex(16),
        "VALKEY_PASSWORD": secrets.token_hex(16),
        "ADMIN_PASSWORD": secrets.token_urlsafe(12),
    }


def has_secrets() -> bool:
    return (folder() / "secrets.json").exists()


def prepare() -> None:
    """The data folder exists and holds its secrets, which only its owner can read."""
    run_folder().mkdir(parents=True, exist_ok=True)
    if not has_secrets():
        write_private(folder() / "secrets.json", _new_secrets())


def write_private(path: Path, content: dict) -> None:
    """The file holds the content whole or not at all, and only its owner can read it."""
    fresh = path.with_suffix(f".{os.getpid()}.new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(content, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def read(path: Path) -> dict[str, str]:
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        return {}


def secret(name: str) -> str:
    return read(folder() / "secrets.json")[name]


def defaults() -> dict[str, str]:
    """What this folder knows for settings that the environment leaves open; empty where `up` never
    ran."""
    known = read(folder() / "secrets.json")
    known.update(read(run_folder() / "servers.json"))
    return known
