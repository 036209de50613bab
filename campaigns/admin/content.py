"""What messages say, in forms: the channel's own fields, the fields a text may use, and the text as
a customer reads it."""

import re

from django.core.exceptions import PermissionDenied, ValidationError
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from campaigns.admin.money import YuanField
from campaigns.delivery import preview
from campaigns.delivery.channels import Channel, channels
from campaigns.models import CouponBatch
from crm_project.admin import themed
from crm_project.bounds import whole_in
from customers.models import Purpose

# Whoever writes or reads texts sees how they look.
WRITES = (
    "campaigns.view_template",
    "campaigns.add_template",
    "campaigns.change_template",
    "campaigns.add_journey",
    "campaigns.change_journey",
    "campaigns.add_message",
)
ROOT = re.compile(r"\{\{ (\w+)")


def content_forms(channel: str = "", content: dict | None = None, data=None) -> list:
    """Per channel (key, label, its form); the one of `channel` holds the content, or what was
    posted."""
    found = []
    for kind in channels:
        form = kind.Content(
            data if data is not None and kind.key == channel else None,
            prefix=kind.key,
            initial=content if kind.key == channel else None,
        )
        found.append((kind.key, kind.label, themed(form)))
    return found


def field_help(given: frozenset[str] | None = None) -> list[tuple[str, str]]:
    """(what to write, what it becomes), for everything that a text may use; with `given`, that a
    text at a place which has these roots may."""
    return [
        (code, words)
        for code, words in all_fields()
        if given is None or ROOT.match(code)[1] in given
    ]


def all_fields() -> list[tuple[str, str]]:
    return [
        ("{{ customer.name }}", _("the customer's name")),
        *(
            (f"{{{{ customer.attributes.{key} }}}}", _("attribute “%(key)s”") % {"key": key})
            for key in preview.attribute_keys()
        ),
        ("{{ product.name }}", _("the product it is about")),
        ("{{ product.price_yuan }}", _("its price in yuan")),
        ("{{ product.category }}", _("its category")),
        ("{{ product.page }}", _("its page in the mini-program")),
        ("{{ recommended.name }}", _("what was recommended, after the step that does so")),
        ("{{ recommended.price_yuan }}", _("its price in yuan")),
        ("{{ recommended.page }}", _("its page in the mini-program")),
        ("{{ booking.name }}", _("what was booked, in a journey that begins with a booking")),
        ("{{ booking.date }}", _("its day, as it is now")),
        ("{{ booking.time }}", _("its time, as it is now")),
        ("{{ booking.place }}", _("where it is")),
        ("{{ booking.resource }}", _("with whom or where: the teacher, the doctor, the room")),
        ("{{ booking.for_name }}", _("for whom it is: the pupil, the patient")),
        ("{{ booking.answer_page }}", _("the page on which they say whether they come")),
        ("{{ order.number }}", _("the number of the order, in a journey that begins with one")),
        ("{{ order.paid_yuan }}", _("what was paid for it, in yuan")),
        ("{{ answer.… }}", _("what another system answered, after the step that calls it")),
        ("{{ coupon.value }}", _("what the coupon gives")),
        ("{{ coupon.code }}", _("the coupon's code")),
        ("{{ coupon.expires }}", _("until when it is valid")),
        ("{{ event.… }}", _("a property of the event that began it")),
        ("{{ workspace.name }}", _("our name")),
        ("{{ customer.name | default: '您好' }}", _("with a word for those without one")),
    ]


def filled_for_somebody(
    user,
    content: dict,
    *,
    batch=None,
    segment=None,
    term: str = "",
    channel: str = "in_app",
    purpose=Purpose.MARKETING,
) -> dict:
    """As somebody would read it whom `user` may see, else as one of whom nothing is known."""
    markup = channel in channels and channels[channel].is_markup
    customer = preview.somebody(user, term=term, segment=segment)
    filled = preview.filled(content, user=user, customer=customer, batch=batch, is_markup=markup)
    shown = as_shown(
        filled | {"is_nobody": not preview.may_see(user, "customer")}, channel, purpose
    )
    if filled.get("content") and channel in channels and channels[channel].shows_longest:
        most = preview.filled(
            content,
            user=user,
            customer=preview.longest_named(user),
            batch=batch,
            is_markup=markup,
            is_longest=True,
        )
        if most.get("content"):
            shown["longest"] = channels[channel]().shown(most["content"], purpose)
    return shown


def as_shown(filled: dict, channel: str, purpose: str) -> dict:
    """With what the channel's own preview shows of the content."""
    kind = channels.by_key.get(channel, Channel)
    return filled | {
        "template": kind.preview_template,
        "shown": kind().shown(filled["content"], purpose) if filled.get("content") else None,
    }


def preview_view(request):
    """What was typed so far, as the customer named in `preview_as` would read it; fetched by
    HTMX."""
    if not any(request.user.has_perm(permission) for permission in WRITES):
        raise PermissionDenied
    channel = request.POST.get("channel", "in_app")
    names = (
        channels[channel].Content(request.POST, prefix=channel).fields
        if channel in channels
        else ()
    )
    texts = {name: text for name in names if (text := request.POST.get(f"{channel}-{name}", ""))}
    context = {
        "preview": (
            filled_for_somebody(
                request.user,
                texts,
                batch=posted_batch(request.POST),
                term=request.POST.get("preview_as", ""),
                channel=channel,
                purpose=request.POST.get("purpose", Purpose.MARKETING),
            )
            if texts
            else {}
        )
    }
    return TemplateResponse(request, "campaigns/preview.html", context)


def posted_batch(data) -> CouponBatch | None:
    """The batch that the page chooses or is about to make; a page that says nothing of coupons
    shows the latest."""
    kind, chosen = data.get("coupon"), data.get("batch", "")
    if kind is None:
        return CouponBatch.objects.filter(is_active=True).order_by("-pk").first()
    if kind == "new":
        amount, threshold = (fen_of(data.get(name, "")) for name in ("amount_off", "threshold"))
        return CouponBatch(
            name=data.get("name", ""), amount_off_fen=amount, threshold_fen=threshold
        )
    pk = whole_in(chosen) if kind == "existing" else None
    return None if pk is None else CouponBatch.objects.filter(pk=pk).first()


def fen_of(typed: str) -> int:
    """Half-typed numbers are worth nothing yet."""
    try:
        return YuanField(required=False).clean(typed) or 0
    except ValidationError:
        return 0
