"""Origins as people write them, as browsers send them."""

from urllib.parse import urlsplit

from integrations.doors.cors import ANY

MOST = 50
PORTS = {"http": 80, "https": 443}


def normal_origins(text: str) -> list[str]:
    """One in each line, each once, in their order; ValueError with the line that is none, or when
    there are too many."""
    lines = [line.strip() for line in text.split() if line.strip()]
    if len(lines) > MOST:
        raise ValueError(lines[MOST])
    return list(dict.fromkeys(map(normal_origin, lines)))


def normal_origin(text: str) -> str:
    """`https://www.shop.cn/index.html` is the page `https://www.shop.cn`; hosts in Chinese are sent
    in their ASCII form."""
    if text == ANY:
        return ANY
    try:
        parts = urlsplit(text)
        host = (parts.hostname or "").encode("idna").decode()
        port = parts.port
    except (ValueError, UnicodeError):
        raise ValueError(text) from None
    if (
        parts.scheme not in PORTS
        or not host
        or parts.username is not None
        or any(c in host for c in "*<>\"' \\")
    ):
        raise ValueError(text)
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + ("" if port in {None, PORTS[parts.scheme]} else f":{port}")
