"""What is not there, and what is not for somebody, is said in their language, with a way back."""

import uuid

import pytest
from django.contrib.auth.models import User
from django.test import Client, override_settings
from django.urls import path, reverse

from crm_project import urls

pytestmark = pytest.mark.django_db


def broken(_request):
    raise RuntimeError("ours")


urlpatterns = [*urls.urlpatterns, path("broken/", broken)]


@pytest.mark.parametrize(
    ("language", "words"), [("en", "This page is not there"), ("zh-hans", "没有这个页面")]
)
def test_a_customer_who_is_not_there(client, language, words):
    client.force_login(User.objects.create_superuser("boss"))
    client.cookies["django_language"] = language

    answer = client.get(reverse("customer", args=[uuid.uuid4()]))

    assert answer.status_code == 404
    assert words in answer.content.decode()
    assert 'href="/admin/"' in answer.content.decode()


def test_a_page_for_others(client):
    client.force_login(User.objects.create_user("clerk", is_staff=True))
    client.cookies["django_language"] = "en"

    answer = client.get(reverse("admin:auth_user_changelist"))

    assert answer.status_code == 403
    assert "You may not see this page" in answer.content.decode()


@override_settings(ROOT_URLCONF=__name__)
def test_a_fault_of_ours(client):
    client.raise_request_exception = False
    client.cookies["django_language"] = "en"

    answer = client.get("/broken/")

    assert answer.status_code == 500
    assert "Something went wrong" in answer.content.decode()


@pytest.mark.parametrize(
    ("language", "words"), [("en", "The form was not sent"), ("zh-hans", "表单没有提交成功")]
)
def test_a_form_without_its_token(language, words):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(User.objects.create_superuser("boss"))
    browser.cookies["django_language"] = language

    answer = browser.post(reverse("admin:customers_tag_add"), {"name": "VIP"})

    assert answer.status_code == 403
    assert words in answer.content.decode()
    assert "DEBUG" not in answer.content.decode()
