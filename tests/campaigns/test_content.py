"""Texts that marketers write and names that customers choose: useful ones work, hostile ones stay
inert.

The time is the thread's own and the best of three, so that a busy machine does not fail the test.
"""

import contextlib
import os
import resource
import time

import pytest
from django.core.exceptions import ValidationError

from campaigns import coupons
from campaigns.coupons import Wanted
from campaigns.delivery import content, fields, sender
from campaigns.models import Message
from customers.models import CustomerAttribute
from events.models import Product
from tests.campaigns.queued import a_message, outcome
from tests.factories import NOW, a_batch, a_member, a_namespace, a_workspace

CANARY = "canary-7f3a"
# Django, Jinja, Twig, Liquid, Freemarker, ERB; reaching out, and reaching too far.
HOSTILE = [
    *(
        "{{ settings.SECRET_KEY }}",
        "{{ request.user.password }}",
        "{% debug %}",
        "{% load log %}",
        "{% include 'admin/base.html' %}",
    ),
    *(
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ customer.__class__ }}",
        "{{ customer.__init__.__globals__ }}",
    ),
    *(
        "{{ self._TemplateReference__context.cycler.__init__.__globals__.os.environ }}",
        "{{ lipsum.__globals__['os'].popen('id').read() }}",
    ),
    *(
        "{{ config.items() }}",
        "{{ cycler.__init__.__globals__.os.environ }}",
        "{{ _self.env.registerUndefinedFilterCallback('exec') }}",
    ),
    *(
        "{{ ['id']|filter('system') }}",
        "{{ app.request.server.all|join(',') }}",
        "{{ env('HUTONG_CANARY') }}",
        "{{ 'HUTONG_CANARY' | env }}",
    ),
    *(
        "{{ '/etc/passwd' | file_excerpt(1,30) }}",
        "{% render '/etc/passwd' %}",
        "{% layout 'x' %}",
        "{% extends 'x' %}",
        "{% import 'os' as os %}",
    ),
    *(
        "${7*7}",
        "#{7*7}",
        "<%= 7*7 %>",
        "{{ 7*7 }}",
        "{{ 7*'7' }}",
        "{% set x = 1 %}",
        "{% macro x() %}{% endmacro %}",
    ),
    *(
        "{{ customer | inspect }}",
        "{{ customer.name | safe }}",
        "{{ customer.name | escapejs }}",
        "{{ 'x' | date: '%999999999d' }}",
    ),
    *(
        "{% for i in (1..100000000) %}x{% endfor %}",
        "{% for i in (1..100000000) reversed %}x{% endfor %}",
        "{% tablerow i in (1..9999999) %}x{% endtablerow %}",
    ),
    *(
        "{{ (1..1000000000) }}",
        "{{ (1..1000000000) | size }}",
        "{{ (1..1000000000) | slice: 0, 5 }}",
        "{{ (1..300000000) | append: 'x' }}",
    ),
    *(
        "{% if (1..300000000) contains 5 %}y{% endif %}",
        "{{ (1..10000000000000000000000000) | first }}",
    ),
    *(
        "{{ 'a' | ljust: 1000000000 }}",
        "{{ 'a' | times: 1000000000 }}",
        "{{ '1e1000000' | times: 2 }}",
        "{{ '1e999999999' | ceil }}",
    ),
    *(
        "{{ 'x' | replace: '', 'xxxxxxxxxxxx' }}",
        "{{ 'x' | split: '' | join: 'xxxxxxxxxxxxx' }}",
        "{{ 'nan' | ceil }}",
        "{{ 1 | divided_by: 0 }}",
    ),
    *(
        "{{ 99999999999999999999 " + "| times: 99999999999999999999 " * 300 + "}}",
        "{{ '9' " + "| append: '99999999' " * 900 + "| plus: 1 }}",
    ),
    "{% assign a = 'aaaaaaaaaa' %}" + "{% assign a = a | append: a %}" * 200 + "{{ a }}",
    "{% assign a = 'aaaaaaaaaa' %}" + "{% assign a = a | append: a %}" * 10 + "{{ a }}" * 300,
    "{{" + "a[" * 3000 + "]" * 3000 + "}}",
    "{% if true %}" * 500 + "{% endif %}" * 500,
    "{% case x %}" * 200,
    "{{ " + "a." * 4000 + "a }}",
    *(
        "{{",
        "{%",
        "{% if",
        "{{ }}",
        "{{ | }}",
        "{% endif %}",
        "{% raw %}",
        "{{ 'a' | truncate: 'b' }}",
        "{{ customer | plus: 1 }}",
    ),
    "{{ customer.name }}" * 600,
]
CONTEXT = {
    "customer": {"name": "Li", "attributes": {"level": "gold"}},
    "workspace": {"name": "shop"},
}


def seconds(act) -> float:
    def once():
        content.compiled.cache_clear()
        started = time.thread_time()
        act()
        return time.thread_time() - started

    return min(once() for _n in range(3))


@pytest.mark.parametrize("is_markup", [True, False])
@pytest.mark.parametrize("source", HOSTILE, ids=lambda source: source[:40])
def test_a_hostile_template_is_inert(source, is_markup, monkeypatch):
    monkeypatch.setitem(os.environ, "HUTONG_CANARY", CANARY)
    memory, said = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, []

    def fill():
        with contextlib.suppress(content.BrokenContent):
            said.append(content.filled(source, CONTEXT, is_markup=is_markup))

    assert seconds(fill) < 0.1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < 20_000
    shown = "".join(said[:1])
    assert [
        leak
        for leak in (CANARY, "root:", "<class", "built-in", "SECRET", "49")
        if leak in shown.replace(source, "")
    ] == []
    assert len(shown) <= 100_000


@pytest.mark.parametrize("source", HOSTILE, ids=lambda source: source[:40])
def test_checking_a_hostile_template_ends_quickly_and_raises_nothing_else(source):
    def check():
        with contextlib.suppress(ValidationError):
            content.check(source)

    assert seconds(check) < 0.1


def test_a_text_that_asks_for_a_field_that_does_not_exist_is_refused():
    with pytest.raises(ValidationError) as refused:
        content.check("Hello {{ costumer.name }}")

    assert refused.value.code == "unknown"
    assert content.check("{{ customer.name | default: '亲' }} {% assign x = 1 %}{{ x }}") is None


def test_a_missing_field_is_empty_or_its_fallback():
    assert content.filled("[{{ customer.name }}]", {}, is_markup=True) == "[]"
    assert (
        content.filled(
            "{{ customer.name | default: '亲' }}", {"customer": {"name": ""}}, is_markup=True
        )
        == "亲"
    )


def test_a_name_cannot_open_a_tag_anywhere():
    context = {"customer": {"name": "<script>alert(1)</script> & L'Oréal"}}

    assert (
        content.filled("{{ customer.name }}", context, is_markup=True)
        == "&lt;script&gt;alert(1)&lt;/script&gt; &amp; L&#39;Oréal"
    )
    assert (
        content.filled("{{ customer.name }}", context, is_markup=False)
        == "‹script›alert(1)‹/script› & L'Oréal"
    )


def test_a_name_that_is_liquid_is_not_filled_in_again():
    context = {"customer": {"name": "{{ coupon.code }}"}, "coupon": {"code": "secret"}}

    assert (
        content.filled("Hello {{ customer.name }}", context, is_markup=False)
        == "Hello {{ coupon.code }}"
    )


@pytest.mark.django_db
def test_a_message_is_filled_in_from_the_customer_the_coupon_and_the_product():
    a_workspace(name="Tea shop")
    shop, customer = a_namespace(), a_member(name="小明")
    CustomerAttribute.objects.create(customer=customer, key="level", value="gold", occurred_at=NOW)
    CustomerAttribute.objects.create(
        customer=customer, key="id_card", value=None, sealed="11010519491231002X", occurred_at=NOW
    )
    Product.objects.create(
        namespace=shop,
        product_id="p1",
        name="Green tea",
        price_fen=2990,
        page="pages/p1",
        category="tea",
        updated_at=NOW,
    )
    coupon = coupons.issue(
        a_batch(name="Welcome"), [Wanted(customer.pk, customer.pk, "k")], by="test", now=NOW
    )["k"]
    text = (
        "{{ customer.name }} {{ customer.attributes.level }} {{ customer.attributes.id_card |"
        " default: '' }}|{{ coupon.name }} {{ coupon.code }} {{ coupon.expires }}|{{ product.name"
        " }} {{ product.price_yuan }} {{ product.page }} {{ product.category }}|{{ workspace.name"
        " }} {{ event.reason }}"
    )

    facts = {"keys": ["p1"], "event": {"reason": "cart", "nested": {"no": 1}}}
    message = a_message(
        customer, content={"title": "x", "body": text}, coupon_id=coupon.pk, facts=facts
    )
    sender.send_due("in_app")

    message.refresh_from_db()
    assert message.content == {
        "title": "x",
        "body": (
            f"小明 gold |Welcome {coupon.code} 2026-12-01 10:00|Green tea 29.90 pages/p1 tea|Tea"
            " shop cart"
        ),
    }


@pytest.mark.django_db
def test_the_facts_say_what_the_product_is_where_the_catalogue_does_not():
    facts = {"product": {"name": "Tea", "price_fen": 500, "secret": "no"}}

    found = fields.contexts(
        [Message(pk=1, customer_id=1, facts=facts)],
        wanted=content.wanted(["{{ product.name }}"]),
        workspace=a_workspace(),
        now=NOW,
    )

    assert found[1]["product"] == {"name": "Tea", "page": "", "category": "", "price_yuan": "5"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("facts", "name"),
    [({"namespace": 1}, "ours"), ({"namespace": 2}, "theirs"), ({"namespace": 3}, ""), ({}, "")],
)
def test_a_product_is_that_of_the_shop_whose_number_it_is(facts, name):
    shops = {1: a_namespace("one"), 2: a_namespace("two"), 3: a_namespace("three")}
    for number, called in ((1, "ours"), (2, "theirs")):
        Product.objects.create(
            namespace=shops[number], product_id="p1", name=called, updated_at=NOW
        )
    facts = {"keys": ["p1"], **({"namespace": shops[facts["namespace"]].pk} if facts else {})}

    found = fields.contexts(
        [Message(pk=1, customer_id=1, facts=facts)],
        wanted=content.wanted(["{{ product.name }}"]),
        workspace=a_workspace(),
        now=NOW,
    )

    assert found[1]["product"].get("name", "") == name


@pytest.mark.django_db
@pytest.mark.parametrize("number", [1, 50])
def test_a_batch_is_read_in_four_queries_whatever_its_size(number, django_assert_num_queries):
    workspace = a_workspace()
    messages = [
        Message(pk=n, customer_id=n, coupon_id=n, facts={"keys": [f"p{n}"]})
        for n in range(1, number + 1)
    ]

    with django_assert_num_queries(4):
        fields.contexts(
            messages,
            wanted=content.wanted([f"{{{{ {root}.attributes }}}}" for root in content.ROOTS]),
            workspace=workspace,
            now=NOW,
        )


@pytest.mark.django_db
def test_a_message_whose_text_is_broken_fails_alone():
    a_workspace()
    broken = a_message(a_member(), content={"title": "{{ 1 | divided_by: 0 }}", "body": "x"})
    whole = a_message(a_member())

    sender.send_due("in_app")

    assert (outcome(broken), outcome(whole)) == (("failed", "content"), ("sent", ""))
    broken.refresh_from_db()
    assert broken.error == "divided_by: can't divide by 0"


@pytest.mark.parametrize(
    ("text", "attributes"),
    [
        ("Hello {{ customer.name }}", set()),
        (
            "{{ customer.attributes.city }}, {{customer.attributes.爱好|default:'tea'}}",
            {"city", "爱好"},
        ),
        ("{{ customer['attributes'].city }}", None),
        ("{% assign them = customer.attributes %}{{ them.city }}", None),
        ("{% assign me = customer %}{{ me.attributes.city }}", None),
        ("{{ customer.attributes[event.key] }} {{ customer.attributes.city }}", None),
    ],
)
def test_only_the_attributes_that_the_texts_name_are_read_where_they_name_all(text, attributes):
    assert content.wanted([text]).attributes == attributes


@pytest.mark.django_db
def test_the_named_attributes_are_filled_in():
    a_workspace()
    customer = a_member(name="Li")
    for key, value in {"city": "Xi'an", "level": "gold"}.items():
        CustomerAttribute.objects.create(customer=customer, key=key, value=value, occurred_at=NOW)
    message = a_message(customer, content={"title": "{{ customer.attributes.city }}", "body": "x"})

    sender.send_due("in_app")
    message.refresh_from_db()

    assert message.content["title"] == "Xi'an"
