"""Pages speak in the words of the trade: the workspace's, and of one customer their namespace's."""

import pytest
from django.contrib.auth.models import User
from django.template import Context, Template
from django.urls import reverse
from django.utils import translation
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, gettext_lazy, ngettext, pgettext

from crm_project.web import trade_words
from customers.models import Customer, Identity, Namespace, Trade, Workspace
from tests.factories import a_member, a_namespace

LAZY = gettext_lazy("Customers")


@pytest.fixture
def boss(client):
    client.force_login(User.objects.create_superuser("boss"))
    return client


def page(client, language, address) -> str:
    client.cookies["django_language"] = language
    response = client.get(address)
    assert response.status_code == 200, response.content[:500]
    return response.content.decode()


def speaks(trade: str) -> None:
    Workspace.get()
    Workspace.objects.update(trade=trade)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("trade", "english", "chinese"),
    [
        ("", "Customers", "客户"),
        (Trade.SHOP, "Members", "会员"),
        (Trade.SCHOOL, "Students", "学员"),
        (Trade.CLINIC, "Patients", "患者"),
    ],
)
def test_lists_and_menus_speak_as_the_workspace_does(boss, trade, english, chinese):
    speaks(trade)
    for address in (
        reverse("admin:customers_customer_changelist"),
        reverse("admin:customers_segment_add"),
        reverse("admin:index"),
    ):
        assert english in page(boss, "en", address)
        shown = page(boss, "zh-hans", address)
        assert chinese in shown
        assert ("客户" in shown.replace("客户端", "")) is (trade == "")


@pytest.mark.django_db
def test_the_page_of_a_customer_speaks_as_the_namespace_that_knows_them(boss):
    school = a_namespace("school")
    Namespace.objects.filter(pk=school.pk).update(trade=Trade.SCHOOL)
    speaks(Trade.CLINIC)
    student = a_member("1", namespace=school)
    patient = a_member("2")

    assert "学员" in page(boss, "zh-hans", profile(student))
    assert "患者" in page(boss, "zh-hans", profile(patient))
    # Whoever is known in two speaks as the workspace does.
    Identity.objects.filter(customer=patient).update(customer=student)
    assert "患者" in page(boss, "zh-hans", profile(student))
    assert "学员" not in page(boss, "zh-hans", reverse("admin:customers_customer_changelist"))


def profile(customer: Customer) -> str:
    return reverse("customer", args=[customer.public_id])


@pytest.mark.parametrize(
    ("language", "trade", "general", "said"),
    [
        ("en", "school", "Customers of the namespace", "Students of the campus"),
        ("en", "clinic", "a customer's products", "a patient's treatments"),
        ("en", "clinic", "two no-shows.", "two missed visits."),
        # What only looks like the word.
        ("en", "school", "%(customer)s: {customer} {{ customer.name }}", None),
        ("en", "school", "customer.name, customer_id, customer-facing", None),
        ("en", "school", "Send “Product Viewed” to https://shop.example.com/customer", None),
        ("zh-hans", "school", "客户端数据源，<b title=客户>%(n)s</b>", None),
        ("zh-hans", "school", "客户端的客户买了商品", "客户端的学员买了课程"),
        ("zh-hans", "shop", "命名空间：爽约", "店铺：未到店"),
        ("zh-hans", "clinic", "爽约", None),
        ("fr", "clinic", "customer 客户", None),
    ],
)
def test_words_are_replaced_and_nothing_else(language, trade, general, said):
    with translation.override(language), trade_words.spoken(trade):
        assert trade_words.worded(general) == (said or general)


def test_every_way_to_translate_speaks_so():
    with translation.override("en"), trade_words.spoken(Trade.SCHOOL):
        assert str(LAZY) == gettext("Customers") == "Students"
        assert pgettext("nowhere", "customer") == "student"
        assert ngettext("one customer", "many customers", 2) == "many students"
        marked = Template("{% load i18n %}{% translate 'Customers' %}")
        assert marked.render(Context()) == "Students"
        blocks = Template("{% load i18n %}{% blocktranslate %}a customer{% endblocktranslate %}")
        assert blocks.render(Context()) == "a student"
        assert isinstance(gettext(mark_safe("<b>customer</b>")), SafeString)
    with translation.override("en"):
        assert str(LAZY) == "Customers"
