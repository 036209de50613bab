"""The page of a customer: one page, quick, masked; what staff do from it, each by permission, once,
audited."""

import re

import pytest
from django.contrib.auth.models import Permission, User
from django.contrib.messages import get_messages
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from campaigns.journeys import definition
from campaigns.models import Coupon, Journey, Message, Run
from crm_project.queue.due import database_now
from customers.identity import merging
from customers.models import AuditEntry, Consent, CustomerAttribute, FollowUp, Identity, Note
from customers.privacy.sealing import digest
from customers.profile import notes
from customers.profile import panel as profile
from customers.profile.actions import actions
from customers.profile.timeline_sources import Notes
from tests.admin.rows import a_known_customer, an_event_row, an_order
from tests.factories import NOW, a_batch, a_customer, a_member, a_template, a_workspace

pytestmark = pytest.mark.django_db
HX = {"HX-Request": "true"}


@pytest.fixture
def boss(client):
    client.force_login(User.objects.create_superuser("boss"))
    client.cookies["django_language"] = "en"
    return client


def clerk(*permissions):
    user = User.objects.create_user("clerk", is_staff=True)
    user.user_permissions.set(
        Permission.objects.filter(codename__in=["view_customer", *permissions])
    )
    return user


def text(response):
    assert response.status_code == 200, response.content[:500]
    return response.content.decode()


def page(customer):
    return customer.get_absolute_url()


def action(customer, key):
    return reverse("customer_action", args=[customer.public_id, key])


def with_phone(phone="+8613812345678"):
    customer = a_member(name="Anna")
    Identity.objects.create(
        customer=customer,
        origin_customer=customer,
        kind="phone",
        value=digest("phone", phone),
        sealed=phone,
        is_strong=True,
        first_seen_at=NOW,
    )
    return customer


# --- the page


def test_the_admins_page_of_a_customer_leads_to_the_one_page(boss):
    customer = a_known_customer()

    assert boss.get(reverse("admin:customers_customer_change", args=[customer.pk])).url == page(
        customer
    )
    assert f'href="{page(customer)}' in text(
        boss.get(reverse("admin:customers_customer_changelist"))
    )


def test_the_first_answer_takes_few_queries(client):
    customer = an_event_row().customer
    everything = Permission.objects.filter(
        content_type__app_label__in=["customers", "events", "campaigns"]
    )
    user = clerk()
    user.user_permissions.set(everything)
    client.force_login(user)
    client.get(page(customer))

    with CaptureQueriesContext(connection) as queries:
        client.get(page(customer))

    # session, user, their permissions and those of their groups, zone, customer, identities, tags,
    # figures, owner, tasks, notes, attributes and what they are called, consents, story, stops
    assert len(queries) == 19


def test_the_page_shows_who_they_are_and_no_sealed_value(boss):
    order = an_order()
    CustomerAttribute.objects.create(
        customer=order.customer, key="real_name", sealed="王小明", occurred_at=NOW
    )
    CustomerAttribute.objects.create(
        customer=order.customer, key="mobile", sealed="+8613812345678", occurred_at=NOW
    )
    CustomerAttribute.objects.create(
        customer=order.customer, key="level", value="gold", occurred_at=NOW
    )

    shown = text(boss.get(page(order.customer)))

    assert "王小明" not in shown
    assert "138****5678" in shown
    assert "gold" in shown
    assert order.number in shown
    assert "¥12.34" in shown


def test_every_block_opens_by_itself(boss):
    customer = an_event_row().customer
    for panel in profile.panels:
        text(boss.get(reverse("customer_panel", args=[customer.public_id, panel.key])))
        text(boss.get(reverse("customer_panel", args=[customer.public_id, panel.key]), headers=HX))


def test_whoever_may_not_see_a_block_is_not_shown_it(client):
    customer = an_order().customer
    client.force_login(clerk())

    shown = text(client.get(page(customer)))

    for panel in profile.panels:
        is_seen = not panel.permission
        assert (f'id="panel-{panel.key}"' in shown) is is_seen, panel.key
        answer = client.get(reverse("customer_panel", args=[customer.public_id, panel.key]))
        assert answer.status_code == (200 if is_seen else 404), panel.key
    assert "¥12.34" not in shown
    assert "data-action=" not in shown


def test_the_page_is_for_those_who_may_see_customers(client):
    customer = a_customer()
    assert "/login/" in client.get(page(customer)).url

    client.force_login(User.objects.create_user("guest", is_staff=True))
    for name in ("customer", "customer_story", "customer_reveal"):
        assert client.get(reverse(name, args=[customer.public_id])).status_code == 403


def test_the_page_of_a_merged_customer_says_whose_it_is_and_offers_nothing_but_the_undo(boss):
    first, second = a_customer(name="Anna"), a_customer(name="Anne")
    merge = merging.merge(first.pk, second.pk, by="test", identity="phone", now=NOW)

    shown = text(boss.get(page(second)))

    assert page(first) in shown
    assert merge.get_absolute_url() in shown
    assert "data-action=" not in shown
    assert boss.post(action(second, "note"), {"text": "late"}).status_code == 200
    assert not Note.objects.exists()


def test_the_story_comes_in_parts(boss):
    customer = a_customer()
    for n in range(40):
        notes.write(customer, f"note {n}", by=None, now=NOW)

    first = text(boss.get(page(customer)))
    more = re.search(
        rf'hx-get="({reverse("customer_story", args=[customer.public_id])}[^"]+before[^"]+)"', first
    )[1].replace("&amp;", "&")
    second = text(boss.get(more, headers=HX))

    assert first.count("<article") == first.count(f'data-kind="{Notes.key}"') == 30
    assert first.count(f">{Notes.icon}</span>") >= 30
    assert second.count("<article") == 10
    assert "<html" not in second
    assert text(boss.get(page(customer), {"kind": "nothing", "q": "%", "before": "made up"}))


# --- what is masked, in the clear


def test_a_phone_is_shown_to_one_who_may_see_it_and_says_why(client):
    customer = with_phone()
    identity = Identity.objects.get(kind="phone")
    address = reverse("customer_reveal", args=[customer.public_id])
    client.force_login(clerk("reveal_identity"))

    assert f"{address}?identity={identity.pk}" in text(client.get(page(customer)))
    assert "13812345678" not in text(client.get(address, {"identity": identity.pk}))
    assert "13812345678" not in text(client.post(address, {"identity": identity.pk, "reason": ""}))
    answer = client.post(address, {"identity": identity.pk, "reason": "calls back about A-1"})

    assert "+8613812345678" in text(answer)
    assert "no-store" in answer["Cache-Control"]
    assert AuditEntry.objects.get(act="reveal").details["reason"] == "calls back about A-1"


def test_another_customers_phone_is_not_shown_on_this_page(boss):
    with_phone()
    answer = boss.post(
        reverse("customer_reveal", args=[a_customer().public_id]),
        {"identity": Identity.objects.get(kind="phone").pk, "reason": "curious"},
    )

    assert "13812345678" not in text(answer)
    assert not AuditEntry.objects.exists()


# --- actions


def test_every_action_opens_in_the_drawer_and_as_a_page(boss):
    customer = a_customer()
    for kind in actions:
        for headers in ({}, HX):
            answer = boss.get(action(customer, kind.key), headers=headers)
            assert answer.status_code == (302 if kind.is_page and not headers else 200), kind.key
            assert ("<html" in answer.content.decode()) is (not headers and not kind.is_page), (
                kind.key
            )


def test_whoever_may_not_do_it_is_refused(client):
    customer = a_customer()
    client.force_login(clerk())
    for kind in actions:
        if kind.permission != "customers.view_customer":
            assert client.post(action(customer, kind.key), {"text": "x"}).status_code == 404, (
                kind.key
            )


def test_a_note_is_written_and_deleted_by_its_writer(client):
    customer, writer = a_customer(), clerk("add_note", "view_note")
    client.force_login(writer)
    client.cookies["django_language"] = "en"

    assert client.post(action(customer, "note"), {"text": " "}).status_code == 200
    assert client.post(action(customer, "note"), {"text": "likes tea"}).url == page(customer)
    note = Note.objects.get()
    assert note.by == writer
    assert "likes tea" in text(client.get(page(customer)))

    other = notes.write(customer, "somebody else's", by=None, now=NOW)
    assert "Only its writer" in text(client.post(action(customer, "remove-note"), {"id": other.pk}))
    client.post(action(customer, "remove-note"), {"id": note.pk})
    assert list(Note.objects.all()) == [other]
    assert "likes tea" not in str(list(AuditEntry.objects.values()))


def test_a_task_is_planned(boss):
    customer = a_customer()
    boss.post(
        action(customer, "task"),
        {"title": "Call back", "due_on": "2026-11-30", "assignee": User.objects.get().pk},
    )

    task = FollowUp.objects.get()
    assert (task.title, str(task.due_on), task.assignee.username) == (
        "Call back",
        "2026-11-30",
        "boss",
    )
    assert "Call back" in text(boss.get(page(customer)))


def test_a_drawers_answer_sends_the_browser_on(boss):
    customer = a_customer()

    answer = boss.post(action(customer, "note"), {"text": "likes tea"}, headers=HX)

    assert answer["HX-Redirect"] == page(customer)
    assert "The note is saved." in [str(message) for message in get_messages(answer.wsgi_request)]


ONCE = "7d4f2c4e-8d3c-4a7e-9b2a-000000000001"


def test_a_message_is_read_over_first_and_then_queued_once(boss):
    a_workspace()
    customer = a_member(name="Anna")
    said = {"once": ONCE, "purpose": "service", "template": a_template().pk, "channel": "in_app"}

    review = text(boss.post(action(customer, "message"), said))
    assert "Hello Anna" in review
    assert 'name="confirmed"' in review
    assert not Message.objects.exists()

    for _click in range(2):
        assert boss.post(action(customer, "message"), {**said, "confirmed": "1"}).url == page(
            customer
        )
    message = Message.objects.get()
    assert (message.purpose, message.state, message.customer) == ("service", "queued", customer)
    assert AuditEntry.objects.filter(act="message.send").count() == 1


def test_a_message_may_be_written_by_hand_and_its_faults_are_said(boss):
    a_workspace()
    customer = a_member(name="Anna")
    said = {
        "once": ONCE,
        "purpose": "service",
        "template": "",
        "channel": "in_app",
        "in_app-title": "Dear {{ customer.name }}",
    }

    assert "The text is not complete yet." in text(boss.post(action(customer, "message"), said))
    assert "Dear Anna" in text(
        boss.post(action(customer, "message"), {**said, "in_app-body": "Yes."})
    )
    assert "There is no field" in text(
        boss.post(action(customer, "message"), {**said, "in_app-body": "{{ secrets }}"})
    )
    boss.post(action(customer, "message"), {**said, "in_app-body": "Yes.", "confirmed": "1"})
    assert Message.objects.get().content == {"title": "Dear {{ customer.name }}", "body": "Yes."}


def test_a_message_that_would_not_go_out_says_so_before(boss):
    a_workspace()
    customer = a_member()
    Consent.objects.create(
        customer=customer,
        origin_customer=customer,
        channel="in_app",
        purpose="marketing",
        is_granted=False,
        occurred_at=NOW,
    )

    review = text(
        boss.post(
            action(customer, "message"),
            {"once": ONCE, "purpose": "marketing", "template": a_template().pk},
        )
    )

    assert "it would not be sent: has not agreed" in review


def test_a_coupon_is_issued_once_and_a_refusal_is_said(boss):
    customer, batch = a_member(), a_batch(per_customer=1)

    for _click in range(2):
        assert boss.post(action(customer, "coupon"), {"once": ONCE, "batch": batch.pk}).url == page(
            customer
        )
    assert Coupon.objects.get().issued_by == "boss"

    again = boss.post(
        action(customer, "coupon"), {"once": ONCE.replace("1", "2"), "batch": batch.pk}
    )
    assert "has had as many as one customer may" in text(again)
    assert "choice" in text(boss.post(action(customer, "coupon"), {"once": ONCE, "batch": "99999"}))


def a_journey(reentry):
    steps = {"s1": {"step": "wait", "n": 1, "unit": "days", "next": None}}
    trigger = {"trigger": "event", "event": "Order Completed"}
    journey = Journey.objects.create(
        name="Welcome",
        draft={"trigger": trigger, "reentry": reentry, "start": "s1", "steps": steps},
    )
    definition.publish(journey, by=None, now=database_now())
    return journey


def test_a_journey_begins_by_hand_at_its_first_step_as_often_as_its_rule_allows(boss):
    a_workspace()
    customer, journey = a_member(), a_journey({"kind": "once"})
    said = {"journey": journey.pk}

    assert "Everybody may enter it once." in text(boss.post(action(customer, "journey"), said))
    assert boss.post(action(customer, "journey"), {**said, "confirmed": "1"}).url == page(customer)
    run = Run.objects.get()
    assert (run.step, run.visit, run.customer) == ("s1", 1, customer)
    assert AuditEntry.objects.get(act="journey.start").subject == f"customer:{customer.pk}"

    assert "lets nobody in twice" in text(
        boss.post(action(customer, "journey"), {**said, "confirmed": "1"})
    )
    assert Run.objects.count() == 1
    assert "Wait" in text(boss.get(reverse("customer_panel", args=[customer.public_id, "runs"])))
