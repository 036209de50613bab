"""ACS3-HMAC-SHA256, Aliyun's signature of a call (V3 版本请求体&签名机制)."""

import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import parse_qsl, quote

ALGORITHM = "ACS3-HMAC-SHA256"


def encoded(text: str) -> str:
    return quote(text, safe="~")


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def canonical(method: str, path: str, query: str, signed: Mapping[str, str], body_hash: str) -> str:
    """The request as it is signed; `signed` are the headers that are, named in small letters."""
    pairs = sorted((encoded(k), encoded(v)) for k, v in parse_qsl(query, keep_blank_values=True))
    asked = "&".join(f"{name}={value}" for name, value in pairs)
    names = sorted(signed)
    lines = "".join(f"{name}:{signed[name].strip()}\n" for name in names)
    return "\n".join([method, path, asked, lines, ";".join(names), body_hash])


def authorization(
    key: str, secret: str, method: str, path: str, query: str, signed: Mapping[str, str]
) -> str:
    """The header of that name, of a request with these headers, the body's hash among them."""
    request = canonical(method, path, query, signed, signed["x-acs-content-sha256"])
    to_sign = f"{ALGORITHM}\n{sha256(request.encode())}"
    signature = hmac.digest(secret.encode(), to_sign.encode(), "sha256").hex()
    names = ";".join(sorted(signed))
    return f"{ALGORITHM} Credential={key},SignedHeaders={names},Signature={signature}"
