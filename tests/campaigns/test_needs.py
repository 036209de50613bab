"""No message leaves with a hole in it: what can never be had is refused at launch, what is empty
for one customer skips that message."""

import pytest
from django.utils import translation

from campaigns.broadcasts import launching
from campaigns.broadcasts.launching import CannotLaunch
from campaigns.delivery import content, needs, reasons, sender
from campaigns.journeys import definition
from campaigns.models import Campaign
from campaigns.profile import by_hand
from customers.models import CustomerAttribute
from tests.campaigns.queued import a_message, outcome
from tests.factories import NOW, a_batch, a_campaign, a_member, a_segment, a_template, a_workspace


@pytest.mark.parametrize(
    ("text", "needed"),
    [
        ("Hello", set()),
        ("凭券 {{ coupon.code }} 立减 {{ coupon.value }}。", {"coupon.code", "coupon.value"}),
        ("{{ customer.name | default: '您好' }}", set()),
        ("{{ customer.name | upcase | default: '您好' }}", set()),
        ("{{ customer.name | default: '' | upcase }}", set()),
        ("{{ customer.name | upcase }}", {"customer.name"}),
        ("{{ 'No ' | append: coupon.code }}", {"coupon.code"}),
        ("{% if coupon.code %}{{ coupon.value }}{% endif %}", set()),
        ("{% if coupon %}{{ coupon.value }}{% endif %} {{ coupon.value }}", {"coupon.value"}),
        (
            (
                "{% if customer.name == 'Li' %}{{ customer.name }}{% else %}{{"
                " customer.attributes.level }}{% endif %}"
            ),
            {"customer.attributes.level"},
        ),
        ("{% unless product.name %}nothing{% else %}{{ product.name }}{% endunless %}", set()),
        (
            "{% case event.kind %}{% when 'a' %}{{ event.kind }}{{ event.size }}{% endcase %}",
            {"event.size"},
        ),
        ("{% assign code = coupon.code %}{{ code }}", {"coupon.code"}),
        ("{% assign code = coupon.code | default: 'none' %}{{ code }}", set()),
        ("{% assign code = coupon.code %}{{ code | default: 'none' }}", set()),
        ("{% assign code = coupon.code %}{% if code %}{{ code }}{% endif %}", set()),
        ("{% assign code = coupon.code %}", set()),
        ("{% echo event.name %}", {"event.name"}),
        ("{{ customer.attributes['favourite colour'] }}", {"customer.attributes.favourite colour"}),
        ("{{ customer[event.key] }}", {"event.key"}),
        ("{% comment %}{{ coupon.code }}{% endcomment %}", set()),
        ("{% if a %}{{ coupon.code }}{% endif %}", {"coupon.code"}),
    ],
)
def test_what_stands_in_a_text_without_a_fallback(text, needed):
    assert {".".join(field) for field in needs.needed(text)} == needed


@pytest.mark.parametrize(
    ("given", "lacking"),
    [
        (needs.EVERYWHERE, ["coupon.code", "coupon.valu", "product.name"]),
        (needs.EVERYWHERE | {"coupon", "product"}, ["coupon.valu"]),
    ],
)
def test_what_can_never_be_had(given, lacking):
    texts = [
        "{{ customer.name }} {{ coupon.code }}",
        "{{ coupon.valu }} {{ product.name }} {{ customer.attributes.anything }}",
    ]

    assert needs.cannot_have(texts, given) == lacking


@pytest.mark.parametrize(
    ("value", "is_missing"),
    [
        (None, True),
        ("", True),
        (" \u3000", True),
        ("x", False),
        (0, False),
        (False, False),
        (1.5, False),
    ],
)
def test_what_counts_as_empty(value, is_missing):
    assert needs.missing({"body": "{{ event.n }}"}, {"event": {"n": value}}) == (
        "event.n" if is_missing else ""
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("凭券 {{ coupon.code }} 立减 {{ coupon.value }}。", "coupon.value"),
        ("{{ product.name }}", "product.name"),
    ],
)
def test_a_campaign_whose_text_has_a_hole_is_not_launched(text, field):
    campaign = a_campaign(a_member(), template=a_template(content={"title": "x", "body": text}))

    with pytest.raises(CannotLaunch) as refused:
        launching.launch(campaign, by=None, now=NOW)

    assert field in refused.value.messages[0]
    assert Campaign.objects.get().status == "draft"


@pytest.mark.django_db
def test_with_a_coupon_or_a_fallback_it_is():
    with_coupon = a_campaign(
        template=a_template(content={"title": "x", "body": "{{ coupon.code }}"}),
        coupon_batch=a_batch(),
    )
    with_fallback = a_campaign(
        template=a_template(content={"title": "x", "body": "{{ coupon.code | default: '-' }}"})
    )

    for campaign in (with_coupon, with_fallback):
        assert launching.launch(campaign, by=None, now=NOW).status == "sending"


COUPON = {"step": "issue_coupon", "next": "hello", "none": None}
EVENT = {"trigger": "event", "event": "Product Viewed"}
FIRST = {"step": "wait", "n": 1, "unit": "days", "next": "hello"}


def checked(text, *, trigger=EVENT, before=None, **more):
    hello = {
        "step": "send_message",
        "channel": "in_app",
        "purpose": "marketing",
        "content": {"title": "x", "body": text},
        "next": None,
    }
    steps = {**({"before": before} if before else {}), "hello": hello | more}
    return definition.check(
        {
            "trigger": trigger,
            "reentry": {"kind": "always"},
            "start": next(iter(steps)),
            "steps": steps,
        }
    )


@pytest.mark.django_db
def test_a_message_of_a_journey_speaks_of_what_can_be_had_at_its_place():
    batch, segment = a_batch().pk, a_segment().pk
    schedule = {"trigger": "schedule", "segment": segment, "daily_at": "09:00"}
    fits = [
        checked("{{ coupon.code }}", before=COUPON | {"batch": batch}),
        checked("{{ coupon.code }}", batch=batch),
        checked("{{ product.name }} {{ event.reason }}"),
        checked("{{ coupon.code | default: '-' }}{{ customer.name }}", trigger=schedule),
    ]
    wrong = [
        {"text": "{{ coupon.code }}"},
        {"text": "{{ coupon.code }}", "before": FIRST},
        {
            "text": "{{ coupon.code }}",
            "before": COUPON | {"batch": batch, "next": None, "none": "hello"},
        },
        {"text": "{{ product.name }}", "trigger": schedule},
        {"text": "{{ event.reason }}", "trigger": {"trigger": "segment", "segment": segment}},
    ]

    assert len(fits) == 4
    for case in wrong:
        with pytest.raises(definition.InvalidJourney) as refused:
            checked(**case)
        assert needs.cannot_have([case["text"]], needs.EVERYWHERE)[0] in refused.value.messages[0]


@pytest.mark.django_db
def test_a_message_with_an_empty_field_is_skipped_and_says_which():
    a_workspace()
    whole, nameless, bare = a_member(name="Li"), a_member(name=""), a_member(name="Wang")
    for customer in (whole, nameless):
        CustomerAttribute.objects.create(
            customer=customer, key="level", value="gold", occurred_at=NOW
        )
    texts = {"title": "{{ customer.name }}", "body": "{{ customer.attributes.level }}"}

    messages = [a_message(customer, content=texts) for customer in (whole, nameless, bare)]
    sender.send_due("in_app")

    assert [outcome(m) for m in messages] == [
        ("sent", ""),
        ("skipped", "no_field:customer.name"),
        ("skipped", "no_field:customer.attributes.level"),
    ]
    with translation.override("en"):
        assert str(reasons.word("no_field:customer.name")) == "the field customer.name is empty"


@pytest.mark.django_db
def test_a_link_that_may_be_left_out_may_be_empty():
    a_workspace()
    message = a_message(
        a_member(), content={"title": "x", "body": "y", "page": "{{ product.page }}"}
    )

    sender.send_due("in_app")

    assert outcome(message) == ("sent", "")


@pytest.mark.django_db
def test_by_hand_a_hole_is_said_before_it_is_sent():
    with pytest.raises(content.BrokenContent) as broken:
        by_hand.as_read(a_member(), {"title": "{{ coupon.code }}", "body": "x"}, channel="in_app")

    assert "coupon.code" in str(broken.value)
