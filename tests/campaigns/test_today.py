"""Today: a day's bookings with what was sent and answered about them, and what a counter does."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from campaigns.delivery import answer_pages, sender
from campaigns.models import Message
from campaigns.today import approved
from crm_project import roles
from crm_project.jobs import running
from crm_project.jobs.models import Job
from crm_project.queue.due import database_now
from customers.approval import deciding
from customers.approval.kinds import Refused
from customers.models import (
    Approval,
    AuditEntry,
    Consent,
    FollowUp,
    Identity,
    Store,
    Workspace,
)
from customers.privacy.sealing import digest
from events import answers
from events.models import Booking, Event
from tests.campaigns.queued import agree
from tests.campaigns.test_follows_booking import reminds
from tests.campaigns.test_journeys import clock, nobody_held_out, settle  # noqa: F401 -- fixtures
from tests.campaigns.test_purpose import a_booking
from tests.factories import (
    NOW,
    a_customer,
    a_member,
    a_namespace,
    a_source,
    a_template,
    a_workspace,
    count,
    happened,
)

pytestmark = pytest.mark.django_db
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
PHONE = "+8613987654321"


@pytest.fixture
def desk(client, clock):  # noqa: F811
    """Somebody of the staff, at ten in the morning in Shanghai."""
    a_workspace(time_zone="Asia/Shanghai")
    roles.make()
    user = User.objects.create_user("desk", is_staff=True)
    user.groups.add(Group.objects.get(name="Staff 客服"))
    client.force_login(user)
    client.cookies["django_language"] = "en"
    client.user = user
    return client


def booked(customer=None, starts=NOW + HOUR, **more):
    whose = customer or a_member()
    return Booking.objects.create(
        customer=whose,
        origin_customer=whose,
        namespace=a_namespace(),
        source=more.pop("source", None) or a_source(),
        number=more.pop("number", f"b{next(count)}"),
        status=more.pop("status", "booked"),
        kind=more.pop("kind", "class"),
        starts_at=starts,
        occurred_at=NOW - HOUR,
        **more,
    )


def listed(client, **asked):
    page = client.get(reverse("today"), asked)
    assert page.status_code == 200
    return [row.booking.pk for row in page.context["rows"]]


def do(client, booking, act, **more):
    data = {"booking": booking.pk, "act": act, "_token": uuid4().hex, **more}
    answer = client.post(reverse("today_act"), data, follow=True)
    assert answer.status_code == 200
    booking.refresh_from_db()
    return [str(message) for message in answer.context["messages"]]


def numbers(client, **asked):
    page = client.get(reverse("today"), asked)
    return {one["key"]: one["n"] for one in page.context["numbers"]}


# -- the list


def test_a_day_is_the_shops_and_goes_by_time(desk):
    midnight = NOW.replace(hour=16, minute=0)  # of Shanghai
    late = booked(starts=midnight - MINUTE)
    tomorrow = booked(starts=midnight)
    early = booked(starts=midnight - 24 * HOUR)
    booked(starts=midnight - 24 * HOUR - MINUTE)

    assert listed(desk) == [early.pk, late.pk]
    assert listed(desk, day="2026-11-25") == [tomorrow.pk]
    page = desk.get(reverse("today"), {"day": "2026-11-24"})
    assert page.context["neighbours"]["after"] == "?day=2026-11-25"


@pytest.mark.parametrize("day", ["yesterday", "2026-02-30", "0001-01-01", "9999-12-31", "\x00"])
def test_a_day_that_nobody_can_read_is_said_and_today_is_shown(desk, day):
    mine = booked()
    page = desk.get(reverse("today"), {"day": day, "state": "lost", "page": "x"})

    assert [row.booking.pk for row in page.context["rows"]] == [mine.pk]
    assert "cannot be read" in page.content.decode()


def test_filters_leave_what_is_all_of_them(desk):
    west = Store.objects.create(namespace=a_namespace(), key="west", name="West")
    one = booked(resource="Dr Li", place="Room 2", store=west, kind="appointment")
    two = booked(resource="Dr Li", place="Room 3", starts=NOW + 2 * HOUR)
    three = booked(resource="Dr Wu", status="cancelled", starts=NOW + 3 * HOUR)

    assert listed(desk, resource="Dr Li") == [one.pk, two.pk]
    assert listed(desk, resource="Dr Li", place="Room 3") == [two.pk]
    assert listed(desk, store=str(west.pk)) == [one.pk]
    assert listed(desk, kind="appointment") == [one.pk]
    assert listed(desk, state="standing") == [one.pk, two.pk]
    assert listed(desk, state="cancelled", resource="Dr Wu") == [three.pk]
    assert listed(desk, resource="Dr Wu", place="Room 3") == []


def test_each_number_leads_to_exactly_those(desk):
    source = a_source()
    comes, cannot, silent, there = (booked(source=source, number=f"n{n}") for n in range(4))
    booked(status="cancelled")
    booked(status="no_show", starts=NOW - HOUR)
    answers.prepare()
    answers.state(comes, answers.Answer.COME, by="staff", now=NOW)
    answers.state(cannot, answers.Answer.CANNOT, by="page", now=NOW)
    Booking.objects.filter(pk=there.pk).update(status="attended")

    page = desk.get(reverse("today"))
    found = {one["key"]: one["n"] for one in page.context["numbers"]}
    assert found == {
        "booked": 5,
        "come": 1,
        "cannot": 1,
        "another_time": 0,
        "unanswered": 1,
        "arrived": 1,
        "no_show": 1,
        "cancelled": 1,
    }
    for one in page.context["numbers"]:
        there_now = desk.get(reverse("today") + one["url"]).context["rows"]
        assert len(there_now) == one["n"], one
    assert listed(desk, state="awaited", answer="none") == [silent.pk]


def test_a_row_says_what_was_sent_and_what_is_waited_for(desk, clock):  # noqa: F811
    reminds(n=30, unit="minutes")
    happened(a_source(), a_booking("b1", starts=NOW + HOUR, for_key="c1", for_name="小明"))
    for seconds in (1, 5):
        clock(NOW + timedelta(seconds=seconds))
        settle()
    (row,) = desk.get(reverse("today")).context["rows"]
    assert (row.for_name, len(row.told)) == ("小明", 1)
    assert (row.told[0].state, row.told[0].at) == ("waits until", NOW + HOUR / 2)

    clock(NOW + HOUR / 2 + timedelta(seconds=1))
    desk.force_login(desk.user)  # that session is over
    settle()
    sender.send_due("in_app")
    (row,) = desk.get(reverse("today")).context["rows"]
    assert [(one.state, one.why) for one in row.told] == [("sent", "")]

    Message.objects.update(state="skipped", reason="suppressed", sent_at=None, delivered_at=None)
    (row,) = desk.get(reverse("today")).context["rows"]
    assert [(one.state, one.why) for one in row.told] == [
        ("skipped", "wants nothing on this channel")
    ]


def test_messages_about_another_booking_are_not_told(desk):
    one, other = booked(number="b1"), booked(number="b2")
    shop = {"namespace": one.namespace_id, "event": {"booking_number": "b1"}}
    for whose in (one, other):
        Message.objects.create(
            customer_id=whose.customer_id,
            origin_customer_id=whose.customer_id,
            channel="in_app",
            purpose="service",
            effect_key=f"x:{whose.pk}",
            content={"title": "Hello"},
            facts=shop,
            created_at=NOW,
            due_at=NOW,
        )

    rows = desk.get(reverse("today")).context["rows"]
    assert [len(row.told) for row in rows] == [1, 0]


def test_reach_task_and_phone_are_said_and_the_phone_is_masked(desk):
    customer = a_customer(name="Ann")
    Identity.objects.create(
        customer=customer,
        origin_customer=customer,
        kind="phone",
        value=digest("phone", PHONE),
        sealed=PHONE,
        is_strong=True,
        first_seen_at=NOW,
    )
    agree(customer, channel="in_app", purpose="service", is_granted=False, at=NOW)
    FollowUp.objects.create(
        customer=customer, origin_customer=customer, title="Call back", by=desk.user, at=NOW
    )
    booked(customer)

    page = desk.get(reverse("today"))
    (row,) = page.context["rows"]
    assert dict(row.reach)["in the mini-program"] is False
    assert [task.title for task in row.tasks] == ["Call back"]
    text = page.content.decode()
    assert PHONE[3:] not in text
    assert "4321" in text or "****" in text
    assert reverse("customer_reveal", args=[customer.public_id]) in text


def test_states_are_called_as_the_trade_of_their_shop_does(desk):
    school = booked(status="no_show", starts=NOW - HOUR).namespace
    type(school).objects.filter(pk=school.pk).update(trade="school")
    desk.cookies["django_language"] = "zh-hans"

    (row,) = desk.get(reverse("today")).context["rows"]
    assert row.status == "缺课"


def test_who_may_not_see_customers_sees_no_names(client, clock):  # noqa: F811
    a_workspace()
    booked(a_customer(name="Ann Secret"), for_key="c", for_name="Little Secret")
    user = User.objects.create_user("clerk", is_staff=True)
    client.force_login(user)
    assert client.get(reverse("today")).status_code == 403
    user.user_permissions.add(Permission.objects.get(codename="view_booking"))
    text = client.get(reverse("today")).content.decode()
    assert "Secret" not in text
    assert "today/act" not in text
    assert client.get(reverse("today_write")).status_code == 403


def test_a_full_day_asks_few_questions(desk):
    source = a_source()
    for n in range(120):
        booked(a_customer(name=f"G{n}"), source=source, starts=NOW + n * timedelta(seconds=30))
    desk.get(reverse("today"))
    with CaptureQueriesContext(connection) as asked:
        page = desk.get(reverse("today"), {"page": 2})
    assert (len(page.context["rows"]), page.context["found"]) == (50, 120)
    log_in = ("crm_project_session", "auth_user", "auth_permission")
    own = [one["sql"] for one in asked if not any(table in one["sql"] for table in log_in)]
    # four of them say whom the channels reach
    assert len(own) <= 16, "\n".join(sql[:110] for sql in own)


def test_it_can_be_printed_whole(desk):
    for n in range(60):
        booked(starts=NOW + n * MINUTE)
    page = desk.get(reverse("today"), {"print": "1"})

    assert len(page.context["rows"]) == 60
    assert "ht-print" in page.content.decode()


# -- acts


def test_arrived_is_an_event_of_the_shops_own_once(desk):
    one = booked(starts=NOW - MINUTE, resource="Dr Li", for_key="c1", for_name="小明")
    token = uuid4().hex
    assert do(desk, one, "mark:attended", _token=token) == ["It is written down: attended."]
    do(desk, one, "mark:attended", _token=token)

    assert (one.status, one.resource, one.for_name) == ("attended", "Dr Li", "小明")
    event = Event.objects.get(name__name="Booking Attended")
    assert (event.customer_id, event.source_id) == (one.customer_id, one.source_id)
    assert event.properties["booking_number"] == one.number
    assert AuditEntry.objects.filter(act="booking.mark").count() == 1


def test_what_was_marked_wrongly_is_open_again_without_news(desk, clock):  # noqa: F811
    one = booked(starts=NOW - MINUTE)
    do(desk, one, "mark:no_show")
    clock(NOW + timedelta(seconds=1))
    do(desk, one, "mark:booked")
    assert one.status == "booked"
    clock(NOW + timedelta(seconds=2))
    do(desk, one, "mark:attended")

    assert one.status == "attended"
    names = Event.objects.order_by("pk").values_list("name__name", flat=True)
    assert list(names) == ["Booking Missed", "Booking Attended"]


def test_nobody_is_missed_before_their_time(desk):
    one = booked(starts=NOW + MINUTE)

    assert "not as you saw it" in do(desk, one, "mark:no_show")[0]
    assert (one.status, Event.objects.count()) == ("booked", 0)


def test_who_was_missed_may_come_after_all_and_the_other_way_round(desk, clock):  # noqa: F811
    one = booked(starts=NOW - MINUTE)
    said = ["no_show", "attended", "no_show", "booked", "no_show"]
    for n, status in enumerate(said):
        clock(NOW + timedelta(seconds=n))
        do(desk, one, f"mark:{status}")
        assert one.status == status

    names = Event.objects.order_by("pk").values_list("name__name", flat=True)
    assert list(names) == ["Booking Missed", "Booking Attended"]


def test_a_refusal_said_at_the_counter_is_written_down(desk):
    one = booked()
    page = desk.get(reverse("today")).content.decode()
    address = reverse("customer_action", args=[one.customer.public_id, "no-marketing"])
    assert address in page
    form = desk.get(address)
    assert form.status_code == 200
    said = {"channels": ["in_app", "sms"], "how": "at the counter"}
    for _twice in range(2):
        desk.post(address, said)

    rows = Consent.objects.filter(customer=one.customer).order_by("channel")
    assert list(rows.values_list("channel", "purpose", "is_granted", "proof")) == [
        ("in_app", "marketing", False, "at the counter"),
        ("sms", "marketing", False, "at the counter"),
    ]
    entry = AuditEntry.objects.get(act="consent.refuse")
    assert (entry.by, entry.details["channels"]) == (desk.user, ["in_app", "sms"])


def test_who_may_not_write_down_refusals_is_not_asked(client):
    one = booked()
    user = User.objects.create_user("looks", is_staff=True)
    user.user_permissions.add(
        *Permission.objects.filter(codename__in=["view_booking", "view_customer"])
    )
    client.force_login(user)

    assert "no-marketing" not in client.get(reverse("today")).content.decode()
    address = reverse("customer_action", args=[one.customer.public_id, "no-marketing"])
    assert client.post(address, {"channels": ["sms"], "how": "x"}).status_code in (403, 404)
    assert not Consent.objects.exists()


def test_something_newer_of_the_shop_wins(desk):
    one = booked(starts=NOW - MINUTE)
    Booking.objects.filter(pk=one.pk).update(occurred_at=NOW + HOUR)

    assert "something newer" in do(desk, one, "mark:attended")[0]
    assert one.status == "booked"
    assert not Event.objects.exists()  # no journey begins with what is not so


def test_an_answer_is_noted_and_counts(desk):
    one = booked()
    assert do(desk, one, "answer:come") == ["The answer is written down."]
    do(desk, one, "answer:come")

    assert numbers(desk)["come"] == 1
    assert Event.objects.filter(name__name="Booking Answered").count() == 1
    assert "any more" in do(desk, one, "answer:perhaps")[0]


def test_a_task_is_made_for_me(desk):
    one = booked()
    token = uuid4().hex
    for _twice in range(2):
        do(desk, one, "task", title="Call the parents", whose="mine", _token=token)

    task = FollowUp.objects.get()
    assert (task.title, task.assignee, task.customer_id) == (
        "Call the parents",
        desk.user,
        one.customer_id,
    )
    assert "Say what" in do(desk, one, "task", title=" ")[0]


def test_who_may_only_look_changes_nothing(client, clock):  # noqa: F811
    a_workspace()
    roles.make()
    user = User.objects.create_user("marketer", is_staff=True)
    user.groups.add(Group.objects.get(name="Marketer 营销"))
    client.force_login(user)
    client.cookies["django_language"] = "en"
    one = booked(starts=NOW - MINUTE)

    assert do(client, one, "mark:attended") == ["You may not do this."]
    assert one.status == "booked"


def test_it_leads_back_to_where_it_was_and_nowhere_else(desk):
    one = booked(starts=NOW - MINUTE, resource="Dr Li")
    data = {"booking": one.pk, "act": "mark:attended", "_token": uuid4().hex}
    back = desk.post(reverse("today_act"), {**data, "back": "?resource=Dr+Li&next=//evil"})

    assert back.url == f"/today/?resource=Dr+Li#booking-{one.pk}"
    for wrong in ({"booking": "x"}, {"booking": 10**30}, {}):
        assert desk.post(reverse("today_act"), wrong).status_code == 404


# -- writing to all


def written(client, asked="", **data):
    said = {"once": str(uuid4()), "channel": "in_app", "in_app-title": "Tomorrow", **data}
    return client.post(reverse("today_write") + asked, said)


TEXT = {"in_app-body": "{{ booking.for_name }}: {{ booking.time }}"}


def test_all_of_a_list_are_written_to_once(desk):
    first = booked(resource="Dr Li", for_key="a", for_name="小明", starts=NOW + HOUR)
    second = booked(resource="Dr Li", for_key="b", for_name="小红", starts=NOW + 2 * HOUR)
    booked(resource="Dr Wu")
    booked(resource="Dr Li", status="cancelled")
    page = written(desk, "?resource=Dr+Li", **TEXT)
    plan = page.context["plan"]
    assert [one.pk for one in plan.bookings] == [first.pk, second.pk]
    assert plan.counts == [("in the mini-program", 2)]
    assert "小明: 11:00" in page.content.decode()
    assert not Message.objects.exists()

    once = re.search(r'name="once" value="([^"]+)"', page.content.decode())[1]
    token = uuid4().hex
    for sent in (token, token, uuid4().hex):  # two clicks, and once more from another window
        written(desk, "?resource=Dr+Li", **TEXT, once=once, confirmed=plan.mark, _token=sent)
    sender.send_due("in_app")

    texts = [one.content["body"] for one in Message.objects.order_by("pk")]
    assert texts == ["小明: 11:00", "小红: 12:00"]
    assert set(Message.objects.values_list("purpose", "state")) == {("service", "sent")}
    entry = AuditEntry.objects.get(act="message.send_to_bookings")
    assert (entry.details["messages"], entry.details["filters"]) == (2, {"resource": "Dr Li"})
    rows = desk.get(reverse("today"), {"resource": "Dr Li", "state": "standing"}).context["rows"]
    assert [row.told[0].state for row in rows] == ["sent", "sent"]


def test_a_list_that_has_changed_is_looked_over_again(desk):
    booked()
    mark = written(desk, **TEXT).context["plan"].mark
    booked()

    page = written(desk, **TEXT, confirmed=mark)
    assert page.context["has_changed"]
    assert not Message.objects.exists()


def test_a_text_that_was_changed_is_looked_over_again(desk):
    booked()
    mark = written(desk, **TEXT).context["plan"].mark

    assert written(desk, **{"in_app-body": "Other"}, confirmed=mark).context["has_changed"]
    assert not Message.objects.exists()


def test_whoever_looks_a_message_over_cannot_answer_for_the_customer(desk):
    one = booked()
    page = written(desk, **{"in_app-body": "{{ booking.answer_page }}"}).content.decode()

    code = answer_pages.address(one, NOW).rpartition("/")[2]
    assert "/b/…" in page
    assert code[:16] not in page


def test_more_people_than_one_may_act_on_alone_are_written_to_once_approved(desk):
    bookings = [booked() for _each in range(3)]
    Workspace.objects.update(approval_above=2)
    page = written(desk, **TEXT)
    assert "Ask for approval" in page.content.decode()
    once = re.search(r'name="once" value="([^"]+)"', page.content.decode())[1]
    for token in (uuid4().hex, uuid4().hex):  # and once more from another window
        written(desk, **TEXT, once=once, confirmed=page.context["plan"].mark, _token=token)
    carry_on()
    assert not Message.objects.exists()

    asked = Approval.objects.get()
    assert str(len(bookings)) in dict(approved.WritingToBookings().words(asked.content)).values()
    with pytest.raises(Refused):
        deciding.approve(asked, by=asked.requested_by, now=database_now())
    deciding.approve(asked, by=User.objects.create_superuser("other"), now=database_now())
    carry_on()

    assert Message.objects.filter(purpose="service").count() == 3
    assert Job.objects.get().state == Job.State.DONE


def test_what_was_rejected_is_not_sent_even_where_its_job_is_resumed(desk):
    for _each in range(3):
        booked()
    Workspace.objects.update(approval_above=2)
    page = written(desk, **TEXT)
    written(desk, **TEXT, confirmed=page.context["plan"].mark)
    job = Job.objects.get()
    running.resume(job, by=job.by, now=database_now())
    carry_on()

    assert Job.objects.get().state == Job.State.FAILED
    assert not Message.objects.exists()


def carry_on():
    """Whatever is due of background work is done."""
    Job.objects.filter(due_at__isnull=False).update(due_at=database_now())
    while running.work():
        Job.objects.filter(due_at__isnull=False).update(due_at=database_now())


def test_a_filter_that_cannot_be_read_writes_to_nobody(desk):
    booked()
    for asked in ("?day=2026-13-01", "?state=awaitd"):
        answer = written(desk, asked, **TEXT)
        assert answer.status_code == 302
        assert answer.url.startswith(reverse("today") + "?")


def test_who_cancels_before_it_leaves_gets_none(desk):
    one = booked(for_key="a", for_name="小明")
    plan = written(desk, **TEXT).context["plan"]
    written(desk, **TEXT, confirmed=plan.mark)
    Booking.objects.filter(pk=one.pk).update(status="cancelled")
    sender.send_due("in_app")

    assert list(Message.objects.values_list("state", "reason")) == [
        ("skipped", "booking_cancelled")
    ]


def test_a_text_without_the_booking_goes_to_each_customer_once(desk):
    customer = a_customer(name="Ann")
    booked(customer)
    booked(customer, starts=NOW + 2 * HOUR)

    plan = written(desk, **{"in_app-body": "We open later"}).context["plan"]
    assert len(plan.bookings) == 1


def test_whom_the_channel_does_not_reach_gets_the_other(desk):
    reached, barred = booked(), booked()
    agree(barred.customer, channel="in_app", purpose="service", is_granted=False, at=NOW)
    other = a_template(channel="email", content={"subject": "Hello", "body": "Soon"})

    plan = written(desk, **{"in_app-body": "x"}).context["plan"]
    assert plan.counts == [("in the mini-program", 1)]
    assert [n for _why, n in plan.left_out] == [1]
    plan = written(desk, **{"in_app-body": "x"}, otherwise=other.pk).context["plan"]
    assert len(plan.counts) == 2
    written(desk, **{"in_app-body": "x"}, otherwise=other.pk, confirmed=plan.mark)
    message = Message.objects.get(customer=reached.customer_id)
    assert [one["channel"] for one in message.alternatives] == ["email"]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("{{ coupon.code }}", "A coupon is marketing"),
        ("{{ order.number }}", "cannot be filled in here: order.number"),
        ("{{ booking.name", "not complete"),
    ],
)
def test_a_text_that_gives_or_cannot_be_filled_in_is_refused(desk, body, why):
    booked()
    page = written(desk, **{"in_app-body": body})

    assert why in page.content.decode()
    assert "plan" not in page.context


def test_writing_needs_a_right_of_its_own(desk):
    booked()
    group = Group.objects.get(name="Staff 客服")
    group.permissions.remove(Permission.objects.get(codename="write_to_bookings"))

    assert written(desk, **TEXT).status_code == 403
    assert "today/write" not in desk.get(reverse("today")).content.decode()
