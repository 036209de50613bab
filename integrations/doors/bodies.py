"""The bytes of a request, never more than we are willing to hold."""

import re
import zlib

from django.http import UnreadablePostError
from django.utils.http import parse_header_parameters

from integrations.doors.problems import Refused, TooLarge, UnsupportedMediaType

MOST_BYTES = 500 * 1024
MOST_INFLATED_BYTES = 512 * 1024

_length = re.compile(r"[0-9]{1,15}").fullmatch


def read(request, most: int = MOST_BYTES) -> bytes:
    """The body as sent; refused before reading when its length is missing or too large."""
    declared = request.META.get("CONTENT_LENGTH") or "0"
    if request.META.get("HTTP_TRANSFER_ENCODING") and declared == "0":
        return in_pieces(request, most)
    if not _length(declared):
        raise Refused("Content-Length is not a number.", code="invalid_length")
    if int(declared) > most:
        raise TooLarge
    try:
        body = request.read(int(declared))
    except UnreadablePostError:
        body = b""
    if len(body) != int(declared):
        raise Refused("The body ended before its Content-Length.", code="incomplete_body")
    return body


def in_pieces(request, most: int) -> bytes:
    """A chunked body: our own front puts it together and says its length, other servers say where
    it ends, or cannot take it."""
    if not request.META.get("wsgi.input_terminated"):
        raise Refused("Send the body with a Content-Length.", code="length_required")
    body = b""
    while piece := request.META["wsgi.input"].read(most + 1 - len(body)):
        body += piece
        if len(body) > most:
            raise TooLarge
    return body


def check_is_json(request) -> None:
    """Only application/json, and UTF-8 where a charset is named: other charsets have fooled parsers
    before."""
    media_type, parameters = parse_header_parameters(request.META.get("CONTENT_TYPE") or "")
    if media_type.lower() != "application/json" or parameters.get(
        "charset", "utf-8"
    ).lower() not in {"utf-8", "utf8"}:
        raise UnsupportedMediaType
    if encoding(request) not in {"", "identity", "gzip"}:
        raise UnsupportedMediaType("Content-Encoding may be gzip, or absent.")


def encoding(request) -> str:
    return request.META.get("HTTP_CONTENT_ENCODING", "").strip().lower()


def inflate(body: bytes, most: int = MOST_INFLATED_BYTES) -> bytes:
    """What one gzip member holds; a bomb is stopped when it passes the limit, not after it was
    unfolded."""
    inflater = zlib.decompressobj(wbits=31)
    try:
        inflated = inflater.decompress(body, most + 1)
    except zlib.error:
        raise Refused("The body is not gzip.", code="invalid_gzip") from None
    if len(inflated) > most or inflater.unconsumed_tail:
        raise TooLarge
    if not inflater.eof or inflater.unused_data:
        raise Refused("The gzip stream is cut short, or something follows it.", code="invalid_gzip")
    return inflated
