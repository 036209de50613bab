"""The worked business of a shop: browse → coupon → order, ready to be switched on."""

from datetime import datetime

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign, CouponBatch, Journey, Template
from campaigns.recipes import absence
from customers.models import Namespace, Segment, Tag, TagGroup
from customers.segments import membership

# In the language that messages are sent in, whoever switches it on.
JOURNEY = _("Viewed, not ordered: a coupon")
BEFORE = (  # as releases before called it, in two languages at once
    "浏览未下单送券 Viewed, not ordered"
)
SEGMENTS = {
    _("Viewed a product in 30 days"): {
        "op": "all",
        "of": [
            {
                "condition": "did_event",
                "event": "Product Viewed",
                "comparison": ">=",
                "times": 1,
                "window": "last",
                "window_n": 30,
                "window_unit": "days",
            }
        ],
    },
    _("Gold members"): {
        "op": "all",
        "of": [{"condition": "attribute", "attribute": "level", "operator": "is", "value": "gold"}],
    },
    _("Spent 500 yuan"): {
        "op": "all",
        "of": [{"condition": "orders", "measure": "net", "comparison": ">=", "times": 500}],
    },
}
LETTER = _("""Dear {{ customer.name | default: 'customer' }},

Some fine things have come in this week, and you shall be the first to know.

[Have a look](https://shop.example.com/new)

We restock every morning at ten; first come, first served.""")
SUBJECT = _("New this week, {{ customer.name | default: 'for you' }}")
TITLE = _("{{ customer.name | default: 'Hello' }}, do you still want it?")
BODY = _(
    "{{ product.name | default: 'What you looked at' }} is waiting for you. Here is a coupon: {{"
    " coupon.value }}, code {{ coupon.code }}, valid until {{ coupon.expires }}."
)


def switch_on(*, namespace: Namespace, now: datetime, seconds: int = 86400, by=None) -> Journey:
    """The shop's segments, template, coupon batch and journey exist; the journey is live. A second
    time changes nothing."""
    with translation.override(settings.LANGUAGE_CODE):
        journey = Journey.objects.filter(name__in=[str(JOURNEY), BEFORE]).first()
        return journey or made(namespace=namespace, now=now, seconds=seconds, by=by)


def made(*, namespace: Namespace, now: datetime, seconds: int, by) -> Journey:
    """All of it, called as the language of this moment has it."""
    segments = {str(name): definition for name, definition in SEGMENTS.items()}
    title, body = str(TITLE), str(BODY)
    for name, definition in segments.items():
        if not Segment.objects.filter(name=name).exists():
            membership.save_definition(Segment(name=name), definition, by=by, now=now)
    level, _is_new = TagGroup.objects.get_or_create(
        name=str(_("Level")), defaults={"colour": "#b45309"}
    )
    Tag.objects.get_or_create(name="VIP", defaults={"group": level, "colour": level.colour})
    Template.objects.get_or_create(
        name=str(_("Come back")),
        defaults={
            "channel": "in_app",
            "content": {"title": title, "body": body, "page": "{{ product.page | default: '' }}"},
        },
    )
    letter, _is_new = Template.objects.get_or_create(
        name=str(_("New this week (e-mail)")),
        defaults={"channel": "email", "content": {"subject": str(SUBJECT), "body": str(LETTER)}},
    )
    Campaign.objects.get_or_create(
        name=str(_("New this week")),
        defaults={
            "segment": Segment.objects.get(name=next(iter(segments))),
            "template": letter,
        },  # a draft: somebody launches it, or not
    )
    batch = CouponBatch.objects.create(
        namespace=namespace,
        name=str(_("10 yuan off from 50")),
        kind="amount",
        amount_off_fen=1000,
        threshold_fen=5000,
        valid_seconds=7 * 86400,
        per_customer=5,
        stock=1000,
    )
    return absence.create(
        name=str(JOURNEY),
        entered_by="Product Viewed",
        ended_by="Order Completed",
        within_seconds=seconds,
        same_product=True,
        coupon_batch=batch,
        title=title,
        body=body,
        page="{{ product.page | default: '' }}",
        reentry={"kind": "days", "days": 1},
        grace_seconds=2 if seconds < 3600 else 60,
        freshness_seconds=3600,
        by=by,
        now=now,
    )
