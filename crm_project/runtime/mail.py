"""The mail server that letters go through, from one address: smtp://, smtp+tls:// (STARTTLS) or
smtp+ssl://, user and password inside."""

from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

PORTS = {"smtp": 25, "smtp+tls": 587, "smtp+ssl": 465}


def server(url: str) -> dict:
    """Host, port, user, password, use_tls, use_ssl; empty where no server is named."""
    if not url:
        return {}
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname:
        raise ImproperlyConfigured(
            "EMAIL_URL must look like smtp+tls://user:password@host:587 (smtp://, smtp+tls:// or"
            " smtp+ssl://)."
        )
    return {
        "host": parts.hostname,
        "port": parts.port or PORTS[parts.scheme],
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "use_tls": parts.scheme == "smtp+tls",
        "use_ssl": parts.scheme == "smtp+ssl",
    }
