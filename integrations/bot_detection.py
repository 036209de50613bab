"""Did a person open a letter or follow a link, or a program that looks at every letter before its
receiver does?

Mail gateways open each link to look for danger, some mail programs fetch pictures before anybody
reads. They are told apart by what they say of themselves, by following a link that no person sees,
and by being quicker than a person can be.
"""

import re
from datetime import datetime, timedelta

from django.core.cache import cache
from django.http import HttpRequest

from crm_project.web.addresses import address_of
from customers.privacy.sealing import digest

TOO_QUICK = timedelta(seconds=2)  # between the sending and the click
REMEMBERED_SECONDS = 600  # who fell into the trap
SAYS_SO = re.compile(
    r"bot\b|crawl|spider|scan|preview|prefetch|proofpoint|mimecast|barracuda|safelinks|symantec|trendmicro|forcepoint|fireeye|cloudmark|"
    r"headless|python|curl|wget|libwww|java/|okhttp|go-http-client|axios|node-fetch|httpclient|facebookexternalhit|slackbot|whatsapp|telegram",
    re.IGNORECASE,
)
# Apple's mail privacy protection says only this, and fetches pictures of every letter
APPLE_PREFETCH = "Mozilla/5.0"
BEFOREHAND = ("Purpose", "Sec-Purpose", "X-Purpose", "X-Moz")


def is_machine(request: HttpRequest, *, sent_at: datetime | None, now: datetime) -> bool:
    agent = request.headers.get("User-Agent", "")
    return (
        request.method == "HEAD"
        or agent in ("", APPLE_PREFETCH)
        or bool(SAYS_SO.search(agent))
        or any(re.search("prefetch|preview", request.headers.get(name, "")) for name in BEFOREHAND)
        or (sent_at is not None and now - sent_at < TOO_QUICK)
        or cache.get(visitor(request)) is not None
    )


def mark_as_bot(request: HttpRequest) -> None:
    """What this address and program do in the next ten minutes counts as a machine's doing, since
    they followed a link that no person sees."""
    cache.set(visitor(request), 1, REMEMBERED_SECONDS)


def visitor(request: HttpRequest) -> str:
    """By address and program; kept as a hash, for minutes."""
    who = f"{address_of(request)}\x00{request.headers.get('User-Agent', '')}"
    return f"machine:{digest('visitor', who)}"
