"""Forty texts that would be a script elsewhere, in every text a stranger can send: on our pages
they stay text."""

import time
from html.parser import HTMLParser

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from customers.models import Customer
from events.models import Event, Order
from tests.factories import a_source
from tests.integrations.conftest import Sender, doors_remember_nothing  # noqa: F401 (a fixture)
from tests.integrations.foreign import a_segment, call

pytestmark = pytest.mark.django_db
MARK = "xq7z"
RUN = f"alert({MARK}1)"
PAYLOADS = [
    f"<script>{RUN}</script>",
    f"</script><script>{RUN}</script>",
    f"<img src=x onerror={RUN}>",
    f'"><img src=x onerror={RUN}>',
    f"'><img src=x onerror={RUN}>",
    f"<svg onload={RUN}>",
    f"<svg><script>{RUN}</script></svg>",
    f'" onmouseover="{RUN}',
    f"' onfocus='{RUN}' autofocus='",
    f"javascript:{RUN}",
    f"JaVaScRiPt:{RUN}",
    f"java\tscript:{RUN}",
    f"data:text/html,<script>{RUN}</script>",
    f"vbscript:{RUN}",
    f"<iframe srcdoc='<script>{RUN}</script>'>",
    f"<iframe src=javascript:{RUN}>",
    f"<body onload={RUN}>",
    f"<details open ontoggle={RUN}>",
    f"<a href=javascript:{RUN}>x</a>",
    f"<math><mtext></mtext><script>{RUN}</script></math>",
    f"<style>@import 'javascript:{RUN}'</style>",
    f"<link rel=stylesheet href=javascript:{RUN}>",
    f"<meta http-equiv=refresh content='0;url=javascript:{RUN}'>",
    f"<object data=javascript:{RUN}>",
    f"<embed src=javascript:{RUN}>",
    f"<base href=javascript:{RUN}//>",
    f"<form action=javascript:{RUN}><button>x</button></form>",
    f"<input autofocus onfocus={RUN}>",
    f"<video><source onerror={RUN}></video>",
    f"<template><script>{RUN}</script></template>",
    f"<noscript><p title='</noscript><img src=x onerror={RUN}>'>",
    f"<!--><script>{RUN}</script>-->",
    f"<![CDATA[<script>{RUN}</script>]]>",
    f"&lt;script&gt;{RUN}&lt;/script&gt;",
    f"{{{{ {RUN} }}}}",
    f"{{% load x %}}{RUN}",
    f"${{{RUN}}}",
    f'x" x-init="{RUN}',
    f'x" x-data="{{a:{RUN}}}',
    f"'-{RUN}-'",
]
PEOPLE = 5  # among whom the texts are shared
ADDRESSES = (
    "href",
    "src",
    "action",
    "formaction",
    "data",
    "srcdoc",
    "xlink:href",
    "poster",
    "background",
)
SCHEMES = ("javascript:", "data:text/html", "vbscript:")


class Judge(HTMLParser):
    """What a browser would make of a page: scripts, handlers, addresses and expressions in which a
    stranger's text stands."""

    def __init__(self):
        super().__init__()
        self.inside, self.found, self.seen = "", [], 0

    def handle_starttag(self, tag, attributes):
        self.inside = tag if tag in ("script", "style") else self.inside
        is_data = tag == "script" and dict(attributes).get("type") == "application/json"
        self.inside = "" if is_data else self.inside
        for name, value in attributes:
            text = "".join((value or "").split()).lower()
            runs = name.startswith(("on", "x-", "@", ":", "hx-on"))
            if MARK in name or (
                MARK in text and (runs or (name in ADDRESSES and text.startswith(SCHEMES)))
            ):
                self.found.append((tag, name, value))

    def handle_endtag(self, tag):
        if tag == self.inside:
            self.inside = ""

    def handle_data(self, data):
        self.seen += data.count(MARK)
        if self.inside and MARK in data:
            self.found.append((self.inside, data[:100]))


def test_there_are_forty():
    assert len(set(PAYLOADS)) == 40


def sent(number: int, text: str, native: Sender, key: str) -> None:
    who = {"member_id": f"m{number % PEOPLE}"}
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    common = {"occurred_at": at, "identities": who}
    short = text[:100]
    answers = [
        native.post(
            "customers",
            {
                "id": f"c{number}",
                "identities": who,
                "attributes": {"name": text, f"avatar{number}": text, f"level{number}": text},
            },
        ),
        native.post(
            "events",
            {
                "id": f"e{number}",
                "name": f"n {short}",
                **common,
                "properties": {"note": text, f"key {short}"[:60]: text},
            },
        ),
        native.post(
            "orders",
            {
                "number": f"o{number} {short}"[:90],
                "status": "paid",
                **common,
                "total_fen": 100,
                "paid_fen": 100,
                "lines": [
                    {
                        "product_id": f"p{number} {short}",
                        "name": text,
                        "category": text,
                        "quantity": 1,
                        "price_fen": 100,
                    }
                ],
            },
        ),
        native.post(
            "bookings",
            {
                "number": f"b{number}",
                "status": "booked",
                "kind": "class",
                "starts_at": at,
                "place": text,
                "name": text,
                "resource": text,
                **common,
            },
        ),
        native.post(
            "products",
            {
                "product_id": f"p{number}",
                "name": text,
                "picture_url": text,
                "page": text,
                "occurred_at": at,
            },
        ),
        call(
            key,
            "track",
            userId=f"m{number % PEOPLE}",
            event=f"s {short}",
            properties={"title": text},
            context={
                "campaign": {"name": text, "source": text},
                "userAgent": text,
                "page": {"url": text, "referrer": text},
            },
        ),
    ]
    # What an address of a picture may not be is refused; whatever is stored is looked at below.
    assert [a.status_code for a in answers if a.status_code >= 500] == []
    assert answers[0].status_code < 300, answers[0].content


def test_on_lists_details_and_stories_they_stay_text(client):
    native = Sender(a_source())
    _source, key = a_segment(trust="server")
    for number, text in enumerate(PAYLOADS):
        sent(number, text, native, key)
    client.force_login(User.objects.create_superuser("boss"))
    lists = [
        *(
            "customers_customer",
            "customers_attributechange",
            "events_event",
            "events_eventname",
            "events_order",
            "events_booking",
        ),
        *("events_product", "events_seenevent"),
    ]
    pages = [reverse(f"admin:{name}_changelist") for name in lists]
    pages += [reverse("admin:search") + f"?s={MARK}&extended=1", reverse("admin:index")]
    for customer in Customer.objects.order_by("pk"):
        pages += [
            reverse("customer", args=[customer.public_id]),
            reverse("customer_story", args=[customer.public_id]),
        ]
        pages += [
            reverse("customer_panel", args=[customer.public_id, name])
            for name in ("orders", "bookings", "attributes")
        ]
    pages += [
        reverse("admin:events_event_change", args=[pk])
        for pk in Event.objects.values_list("pk", flat=True)[:20]
    ]
    pages += [
        reverse("admin:events_order_change", args=[pk])
        for pk in Order.objects.values_list("pk", flat=True)[:20]
    ]

    seen = 0
    for page in pages:
        answer = client.get(page)
        assert answer.status_code in (200, 404), page
        judge = Judge()
        judge.feed(answer.content.decode())
        assert judge.found == [], page
        seen += judge.seen
    assert seen > 40 * len(lists) // 2
