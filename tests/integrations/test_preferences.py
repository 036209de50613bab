"""What a customer wants to be written: the page behind a letter's link."""

import re

import pytest

from campaigns.delivery import dispatch, links
from campaigns.models import Suppression
from customers.models import Consent
from tests.campaigns.queued import a_message
from tests.factories import NOW
from tests.integrations.test_email import happened, html_of, path_of, queued, sent, server, state

__all__ = ["server"]
pytestmark = pytest.mark.django_db(transaction=True)
EMAIL, ORDERS = "email:marketing", "email:service"


@pytest.fixture
def message(server):
    message = queued("wang@example.com")
    sent(message)
    return message


@pytest.fixture
def page(message):
    return f"/u/{links.code(links.UNSUBSCRIBE, message.pk)}/choices"


def boxes(answer) -> dict[str, bool]:
    found = re.findall(r'value="([^"]+:[^"]+)"( checked)?', answer.text)
    return {name: bool(checked) for name, checked in found}


def stated(message):
    rows = Consent.objects.filter(customer=message.customer, source__isnull=False).order_by("pk")
    return list(rows.values_list("channel", "purpose", "is_granted"))


def test_letters_lead_there_and_looking_changes_nothing(server, client, message, page):
    html = html_of(server.letter_to("wang@example.com"))
    link = re.search(r'href="([^"]+/choices)"', html)[1]
    assert path_of(link) == page
    before = stated(message)
    answer = client.get(page)
    assert (answer.status_code, answer["Referrer-Policy"]) == (200, "no-referrer")
    assert "no-store" in answer["Cache-Control"]
    assert boxes(answer)[EMAIL]
    assert boxes(answer)[ORDERS]
    assert "wang" not in answer.text
    assert stated(message) == before


def test_each_purpose_is_refused_and_wanted_again_by_itself(client, message, page):
    before = stated(message)
    others = [name for name, is_on in boxes(client.get(page)).items() if is_on and name != ORDERS]
    answer = client.post(page, {"wanted": others})
    assert stated(message)[len(before) :] == [("email", "service", False)]
    assert 'role="status"' in answer.text
    assert not boxes(answer)[ORDERS]

    client.post(page, {"wanted": others})  # twice is once
    assert len(stated(message)) == len(before) + 1

    order = a_message(
        message.customer, channel="email", purpose="service", content={"subject": "a", "body": "b"}
    )
    news = a_message(message.customer, channel="email", content={"subject": "c", "body": "d"})
    dispatch.deliver("email")
    assert (state(order), state(news)) == (("skipped", "no_consent"), ("sent", ""))

    client.post(page, {"wanted": [*others, ORDERS]})
    assert stated(message)[-1] == ("email", "service", True)


def test_refusing_a_letters_marketing_there_is_unsubscribing(client, message, page):
    client.post(page, {"wanted": [ORDERS]})
    assert ("email", "marketing", False) in stated(message)
    assert happened().count("Message Unsubscribed") == 1  # by which the report counts it
    assert not boxes(client.get(page))[EMAIL]

    client.post(page, {"wanted": [ORDERS, EMAIL]})
    assert boxes(client.get(page))[EMAIL]
    news = a_message(message.customer, channel="email", content={"subject": "c", "body": "d"})
    dispatch.deliver("email")
    assert state(news) == ("sent", "")


def test_a_dead_address_is_said_and_no_wish_opens_it(client, message, page):
    Suppression.objects.create(
        customer=message.customer,
        origin_customer=message.customer,
        channel="email",
        purpose="",
        reason="bounced",
        at=NOW,
    )
    answer = client.post(page, {"wanted": [EMAIL, ORDERS]})
    assert boxes(answer) | {EMAIL: False, ORDERS: False} == boxes(answer)
    assert "disabled" in answer.text


def test_what_is_no_box_is_refused_and_a_code_not_ours_is_nothing(client, message, page):
    before = stated(message)
    assert client.post(page, {"wanted": ["email:everything"]}).status_code == 422
    assert client.get(page.replace("/u/", "/u/x")).status_code == 404
    opened = links.code(links.OPEN, message.pk)
    assert client.post(f"/u/{opened}/choices", {}).status_code == 404
    assert stated(message) == before


def test_both_languages(client, page):
    client.cookies["django_language"] = "zh-hans"
    assert "您想收到我们的哪些消息" in client.get(page).text
