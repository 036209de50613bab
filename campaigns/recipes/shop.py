"""The worked business of a shop: browse → coupon → order, ready to be switched on."""

from datetime import datetime

from campaigns.models import Campaign, CouponBatch, Journey, Template
from campaigns.recipes import absence
from customers.models import Namespace, Segment, Tag, TagGroup
from customers.segments import membership

JOURNEY = "浏览未下单送券 Viewed, not ordered"
SEGMENTS = {
    "近 30 天看过商品 Viewed a product in 30 days": {
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
    "金卡会员 Gold members": {"op": "all", "of": [{"condition": "attribute", "attribute": "level", "operator": "is", "value": "gold"}]},
    "消费满 500 元 Spent 500 yuan": {"op": "all", "of": [{"condition": "orders", "measure": "net", "comparison": ">=", "times": 500}]},
}
LETTER = """{{ customer.name | default: '您好' }}，您好！

这周新到了几样好东西，想先告诉您。

[去看看 Have a look](https://shop.example.com/new)

每天上午十点补货，先到先得。"""
TITLE = "{{ customer.name | default: '您好' }}，还想要它吗？"
BODY = "{{ product.name | default: '您看过的商品' }}还在等您。送您一张券：{{ coupon.value }}，券码 {{ coupon.code }}，{{ coupon.expires }} 前有效。"


def switch_on(*, namespace: Namespace, now: datetime, seconds: int = 86400, by=None) -> Journey:
    """The shop's segments, template, coupon batch and journey exist; the journey is live. A second time changes nothing."""
    journey = Journey.objects.filter(name=JOURNEY).first()
    if journey:
        return journey
    for name, definition in SEGMENTS.items():
        if not Segment.objects.filter(name=name).exists():
            membership.save_definition(Segment(name=name), definition, by=by, now=now)
    level, _is_new = TagGroup.objects.get_or_create(name="等级 Level", defaults={"colour": "#b45309"})
    Tag.objects.get_or_create(name="VIP", defaults={"group": level, "colour": level.colour})
    Template.objects.get_or_create(
        name="回来看看 Come back",
        defaults={"channel": "in_app", "content": {"title": TITLE, "body": BODY, "page": "{{ product.page | default: '' }}"}},
    )
    letter, _is_new = Template.objects.get_or_create(
        name="本周上新（邮件） New this week (e-mail)",
        defaults={"channel": "email", "content": {"subject": "本周上新，{{ customer.name | default: '您好' }}", "body": LETTER}},
    )
    Campaign.objects.get_or_create(
        name="本周上新 New this week",
        defaults={"segment": Segment.objects.get(name=next(iter(SEGMENTS))), "template": letter},  # a draft: somebody launches it, or not
    )
    batch = CouponBatch.objects.create(
        namespace=namespace,
        name="满 50 减 10 10 yuan off from 50",
        kind="amount",
        amount_off_fen=1000,
        threshold_fen=5000,
        valid_seconds=7 * 86400,
        per_customer=5,
        stock=1000,
    )
    return absence.create(
        name=JOURNEY,
        entered_by="Product Viewed",
        ended_by="Order Completed",
        within_seconds=seconds,
        same_product=True,
        coupon_batch=batch,
        title=TITLE,
        body=BODY,
        page="{{ product.page | default: '' }}",
        reentry={"kind": "days", "days": 1},
        grace_seconds=2 if seconds < 3600 else 60,
        freshness_seconds=3600,
        by=by,
        now=now,
    )
