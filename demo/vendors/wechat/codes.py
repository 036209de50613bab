"""Mini-program codes (小程序码): a picture that opens a page with a `scene`."""

import hashlib
import re
import struct
import zlib
from dataclasses import dataclass

from demo.vendors.wechat.errors import Refused

SCENE = re.compile(r"[0-9A-Za-z!#$&'()*+,/:;=?@\-._~]{1,32}")
NARROWEST, USUAL, WIDEST = 280, 430, 1280
VERSIONS = ("release", "trial", "develop")
CELLS = 37


@dataclass
class Picture:
    """As a code is answered: not JSON."""

    data: bytes


@dataclass
class Scene:
    appid: str
    page: str
    scene: str


def get_wxacode_unlimited(asked) -> Picture:
    """POST /wxa/getwxacodeunlimit. What the picture, a PNG, stands for is found by its bytes."""
    app, body = asked.app, asked.body
    scene, page = body.get("scene"), body.get("page") or ""
    width = body.get("width", USUAL)
    if not isinstance(scene, str) or not SCENE.fullmatch(scene):
        raise Refused(40129)
    if body.get("env_version", "release") not in VERSIONS or not isinstance(page, str):
        raise Refused(40097)
    if not isinstance(width, int) or not NARROWEST <= width <= WIDEST:
        raise Refused(40097)
    is_page = app.has_page(page) and not page.startswith("/") and "?" not in page
    if page and body.get("check_path", True) and not is_page:
        raise Refused(41030)
    picture = drawn(f"{app.appid} {page} {scene}", width)
    asked.platform.scenes[hashlib.sha256(picture).digest()] = Scene(app.appid, page, scene)
    return Picture(picture)


def drawn(text: str, width: int) -> bytes:
    """A round pattern of cells that belongs to the text."""
    digests = [hashlib.sha256(f"{row} {text}".encode()).digest() for row in range(CELLS)]
    bits = ["".join(f"{byte:08b}" for byte in digest) for digest in digests]
    middle = (CELLS - 1) / 2

    def is_dark(row: int, column: int) -> bool:
        is_inside = (row - middle) ** 2 + (column - middle) ** 2 <= middle**2
        return is_inside and bits[row][column] == "1"

    columns = [place * CELLS // width for place in range(width)]
    lines = [bytes(0 if is_dark(row, at) else 255 for at in columns) for row in range(CELLS)]
    return png([lines[row] for row in columns])


def png(rows: list[bytes]) -> bytes:
    """Grey, one byte a pixel."""
    header = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows))
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
