"""Who is calling: the source behind a public key, a signature or a read token."""

import re
import time

from crm_project.db.clock import Now, noted, reckoned_now
from customers.models import Source
from integrations.doors import refusals, signatures
from integrations.doors.problems import Unauthorized

# A hot door asks for the same source thousands of times a second; what staff change in it is in
# force this much later.
REMEMBERED_SECONDS = 2.0
MOST_REMEMBERED = 1000

# Unknown keys are verified against this, so that they take as long as known ones.
DECOY = "whsec_" + "A" * 43 + "="

_key = re.compile(r"[A-Za-z0-9_-]{1,40}").fullmatch
_remembered: dict[str, tuple[float, Source]] = {}


def bearer(request) -> str:
    """The token of `Authorization: Bearer …`, or ""."""
    scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def source_of(key: str) -> Source | None:
    """The active source with this public key."""
    known = _remembered.get(key)
    if known and known[0] > time.monotonic():
        return known[1]
    source = (
        Source.objects.select_related("namespace")
        .annotate(read_at=Now())
        .filter(key=key, is_active=True)
        .first()
        if _key(key)
        else None
    )
    if source:
        noted(source.read_at)
        remember(source)
    else:
        _remembered.pop(key, None)
    return source


def remember(source: Source) -> None:
    if len(_remembered) >= MOST_REMEMBERED:
        _remembered.clear()
    _remembered[source.key] = (time.monotonic() + REMEMBERED_SECONDS, source)


def forget() -> None:
    """The next request reads its source again."""
    _remembered.clear()


def named_key(request) -> str:
    """The public key that a native request names, or ""."""
    return bearer(request) or request.GET.get("source", "")


def check_before_body(request) -> None:
    """Who cannot be right whatever the body is need not send it: Unauthorized."""
    source = source_of(named_key(request))
    if source is None or (source.is_server and signatures.lacking(request.headers, time.time())):
        if source is not None:
            refusals.note(source, refusals.why_unsigned(request.headers))
        raise Unauthorized


def unproven(request) -> str:
    """What is said to who did not prove himself to a native door: what his own headers lack, and
    nothing about what we know."""
    lacks = [] if named_key(request) else ["Authorization: Bearer <key of the source> is missing"]
    signs = signatures.lacking(request.headers, time.time())
    if signs:
        lacks.append(f"a server source signs (Standard Webhooks): {'; '.join(signs)}")
    return " ".join([Unauthorized.detail, *(f"{one[0].upper()}{one[1:]}." for one in lacks)])


def unread(request) -> str:
    """The same for reads."""
    lacks = "" if bearer(request) else " It is missing."
    return (
        "A read needs Authorization: Bearer <read token>, the second secret of a server source"
        f" (hrt_…).{lacks}"
    )


def signed_source(request, body: bytes) -> Source:
    """The source that posts `body`: a server source has signed it, a client source has only its
    public key."""
    source = source_of(named_key(request))
    if source is not None and not source.is_server:
        return source
    secrets = source.secrets_at(reckoned_now()) if source else [DECOY]
    is_signed = signatures.is_signed(request.headers, body, secrets=secrets, now=time.time())
    if source is not None and not is_signed:
        old = [source.previous_secret] if source.previous_secret else []
        is_old = signatures.is_signed(request.headers, body, secrets=old, now=time.time())
        refusals.note(source, "secret_ended" if is_old else refusals.why_unsigned(request.headers))
    if source is None or not is_signed:
        raise Unauthorized
    return source


def reader(request) -> Source:
    """The server source whose read token this GET carries."""
    source = source_of_token(bearer(request))
    if source is None:
        raise Unauthorized
    return source


def source_of_token(token: str) -> Source | None:
    """The active server source that this second secret belongs to."""
    if not token:
        return None
    return (
        Source.objects.with_read_token(token)
        .select_related("namespace")
        .filter(trust=Source.Trust.SERVER)
        .first()
    )


def keyed_source(key: str) -> Source | None:
    """The source of a client that can only name one key and never sign: of a server source that is
    its read token, which nobody else has."""
    source = source_of(key)
    if source is not None:
        return None if source.is_server else source
    return source_of_token(key)
