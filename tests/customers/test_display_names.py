"""What things are called: a name given in the admin is read everywhere, in both languages."""

import re

import pytest
from django.contrib.auth.models import User
from django.utils.translation import override

from crm_project.web import viewer
from customers.attributes.words import attribute
from customers.models import DisplayName
from customers.segments import rules
from events import display_names, schema, words
from events.models import Product
from tests.factories import a_namespace, a_segment, a_source, an_event, happened, visitor

pytestmark = pytest.mark.django_db
RULE = {
    "op": "all",
    "of": [
        {
            "condition": "did_event",
            "event": "Product Viewed",
            "where": [["product_id", "is", "p102"]],
        },
        {"condition": "attribute", "attribute": "level", "operator": "is", "value": "gold"},
    ],
}


def named(kind: str, key: str, **names) -> DisplayName:
    return DisplayName.objects.update_or_create(kind=kind, key=key, defaults=names)[0]


def test_standard_names_are_shipped_in_both_languages():
    with override("zh-hans"):
        assert words.event("Order Completed") != "Order Completed"
        assert words.prop("category") == "品类"
        assert attribute("level") == "会员等级"
    with override("en"):
        assert words.event("Order Completed") == "Order Completed"
        assert words.prop("cart.total") == "cart › total"
        assert (words.event("Own Thing"), attribute("shoe")) == ("Own Thing", "shoe")


def test_a_given_name_stands_over_the_shipped_one_and_serves_the_other_language_too():
    named("event", "Order Completed", name_zh="成交")
    named("property", "category", name_en="department")
    named("attribute", "shoe", name_zh="鞋码", name_en="shoe size")
    with override("zh-hans"):
        assert words.event("Order Completed") == "成交"
        assert words.prop("category") == "department"
        assert attribute("shoe") == "鞋码"
    with override("en"):
        assert words.event("Order Completed") == "成交"
        assert attribute("shoe") == "shoe size"


def test_a_rule_says_names_and_products_instead_of_keys():
    Product.objects.create(
        namespace=a_namespace(),
        product_id="p102",
        name="龙井",
        price_fen=1,
        updated_at="2026-11-01T00:00Z",
    )
    named("event", "Product Viewed", name_zh="看了商品", name_en="looked")
    with override("en"):
        said = rules.sentence(RULE)
        assert "looked" in said
        assert "龙井" in said
        assert "member level" in said
        assert "p102" not in said
    with override("zh-hans"):
        assert "看了商品" in rules.sentence(RULE)


def test_names_are_read_once_for_a_page(django_assert_num_queries):
    named("event", "A", name_en="a")
    with viewer.seen_by(User(is_superuser=True)), django_assert_num_queries(1):
        assert [words.event("A"), words.event("B"), attribute("C")] == ["a", "B", "C"]


def test_whatever_comes_in_can_be_named():
    source = a_source()
    happened(source, an_event(visitor(1), name="Own Thing", properties={"colour": "red"}))
    while schema.look():
        pass
    for _again in range(2):
        display_names.gather()

    known = set(DisplayName.objects.values_list("kind", "key"))
    assert {("event", "Own Thing"), ("property", "colour")} <= known
    assert DisplayName.objects.filter(key="Own Thing").count() == 1


def test_marketers_name_things_in_the_admin(client):
    client.force_login(User.objects.create_superuser("boss"))
    client.cookies["django_language"] = "en"
    row = named("event", "Order Completed")
    page = f"/admin/customers/displayname/{row.pk}/change/"
    text = client.get(page).content.decode()
    revision = text.split('name="_revision" value="')[1].split('"')[0]

    answer = client.post(
        page, {"name_zh": "成交", "name_en": "paid", "_revision": revision}, follow=True
    )

    assert answer.status_code == 200
    row.refresh_from_db()
    assert (row.name_zh, row.name_en) == ("成交", "paid")
    assert "paid" in answer.content.decode()


def test_a_field_says_how_its_key_is_called(client):
    client.force_login(User.objects.create_superuser("boss"))
    client.cookies["django_language"] = "zh-hans"
    segment = a_segment(kind="rule", definition=RULE)

    text = client.get(f"/admin/customers/segment/{segment.pk}/change/").content.decode()

    said = re.findall(r'class="ht-pick-said">([^<]+)<', text)
    assert {"浏览商品", "会员等级", "商品"} <= set(said)
