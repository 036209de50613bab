"""The three stores: rows, a folder, and a server that speaks S3."""

import subprocess
import sys

import pytest
from obstore.store import S3Store

from crm_project.files import stores
from crm_project.runtime.ports import free_port
from tests.product import eventually

KINDS = ("database", "folder", "bucket")


@pytest.fixture(scope="session")
def endpoint():
    """moto's server, with an empty bucket."""
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    import httpx

    address = f"http://127.0.0.1:{port}"
    try:
        assert eventually(lambda: is_up(httpx, address), seconds=120)
        httpx.put(f"{address}/files").raise_for_status()
        yield address
    finally:
        server.kill()
        server.wait()


def is_up(httpx, address: str) -> bool:
    try:
        return httpx.get(address).status_code < 500
    except httpx.TransportError:
        return False


@pytest.fixture(params=KINDS)
def store(request, settings, tmp_path, monkeypatch):
    """The store of the installation; what lies in it is told by `lying()`."""
    stores.at.cache_clear()
    if request.param == "folder":
        settings.FILES_URL = (tmp_path / "shared").as_uri()
    elif request.param == "bucket":
        endpoint = request.getfixturevalue("endpoint")
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "test")
        settings.FILES_URL = f"s3://files/{tmp_path.name}?endpoint={endpoint}&region=us-east-1"
    else:
        settings.FILES_URL = "database:"
    return request.param


def lying(store: str) -> list[bytes]:
    """Everything outside of the rows, as it lies there."""
    found = stores.current()
    if store == "folder":
        return [p.read_bytes() for p in sorted(found.root.rglob("*")) if p.is_file()]
    assert isinstance(found.store, S3Store)
    return [
        bytes(found.store.get(one["path"]).bytes()) for page in found.store.list() for one in page
    ]
