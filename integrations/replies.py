"""What a receiver does with a message: opens it, follows a link, wants no more. Each becomes an
event, by the same way in as any other.

The doors are open to everybody; the signed code in the address says which message is meant, and
nothing happens without one.
"""

from datetime import datetime

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from campaigns.delivery import links
from campaigns.models import Link, Message
from crm_project.queue.due import database_now
from customers.models import Purpose, Source, Workspace
from events import ingest
from events.incoming_items import ConsentStated, Incoming
from integrations import bot_detection

POINT = bytes.fromhex(
    "47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b"
)  # a GIF of 1 × 1


@require_safe
@never_cache
def click(request, code: str):
    """To where the link leads; the event says whether a person or a machine followed it."""
    named, message = meant(links.CLICK, code)
    if named.link == links.TRAP:
        bot_detection.mark_as_bot(request)
        return HttpResponse(status=204)
    link = get_object_or_404(Link, pk=named.link)
    tell(request, message, "Message Clicked", f"{named.link}", url=link.url)
    return HttpResponseRedirect(link.url)


@require_safe
@never_cache
def opened(request, code: str):
    _named, message = meant(links.OPEN, code)
    tell(request, message, "Message Opened", "")
    return HttpResponse(POINT, content_type="image/gif")


@csrf_exempt  # the mail program posts for its reader (RFC 8058); the signed code is what allows it
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def unsubscribe(request, code: str):
    """Looking changes nothing, because programs look; a POST, from the page's button or the mail
    program's, does."""
    _named, message = meant(links.UNSUBSCRIBE, code)
    wants_again = request.POST.get("again") == "1"
    if request.method == "POST":
        state(
            message,
            is_granted=wants_again,
            proof="one click" if "List-Unsubscribe" in request.POST else "page",
            now=database_now(),
        )
    done = ("again" if wants_again else "done") if request.method == "POST" else ""
    context = {"done": done, "brand": Workspace.get().name, "code": code}
    response = render(request, "email/unsubscribe.html", context)
    response["Referrer-Policy"] = "no-referrer"  # the address is the key
    return response


def meant(kind: str, code: str) -> tuple[links.Code, Message]:
    """The message that the code names. Raises Http404."""
    named = links.read(kind, code)
    message = Message.objects.filter(pk=named.message).first() if named else None
    if message is None:
        raise Http404
    return named, message


def tell(request, message: Message, name: str, which: str, **properties) -> None:
    """One event an hour at most for each link, so that nobody fills the table by asking again."""
    now = database_now()
    is_machine = bot_detection.is_machine(request, sent_at=message.sent_at, now=now)
    name = f"{name} (machine)" if is_machine else name
    record(message, f"{name}:{message.pk}:{which}:{now:%Y%m%d%H}", name, now, **properties)


def state(message: Message, *, is_granted: bool, proof: str, now: datetime) -> None:
    """The receiver said whether they want more of this channel's marketing."""
    name = "Message Resubscribed" if is_granted else "Message Unsubscribed"
    stated = ConsentStated(
        message.channel, Purpose.MARKETING, is_granted, proof=f"{proof}, message {message.pk}"
    )
    record(message, f"{name}:{message.pk}:{now.isoformat()}", name, now, consents=[stated])


def record(
    message: Message, ident: str, name: str, now: datetime, consents=(), **properties
) -> None:
    told = {"message_id": message.pk, "channel": message.channel, **properties}
    # The same hour's second click is a duplicate whatever it says: the content that counts is its
    # id.
    one = Incoming(
        ident,
        ident.encode(),
        name,
        now,
        customer_id=message.origin_customer_id,
        properties=told,
        consents=list(consents),
    )
    ingest.record(Source.own(), [one], now=now)
