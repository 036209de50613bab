"""Each rule with its reason, the order of the rules, and caps under concurrency."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta

import pytest

from campaigns import experiments
from campaigns.delivery import dispatch, outbox, policy, rendering, sender
from campaigns.delivery.limits import HOUR
from campaigns.models import (
    Cap,
    Journey,
    JourneyVersion,
    Message,
    QuietDay,
    QuietHours,
    Run,
    Suppression,
)
from crm_project.queue.due import database_now
from customers.models import CustomerAttribute, Workspace
from tests.campaigns.at_once import at_once
from tests.campaigns.queued import a_message, agree, intent, outcome
from tests.factories import NOW, a_customer, a_member, a_night, a_workspace, set_caps

pytestmark = pytest.mark.django_db


def delivered(message):
    sender.send_due(message.channel)
    return outcome(message)


def silence(customer, channel="loopback"):
    Suppression.objects.create(
        customer=customer,
        origin_customer=customer,
        channel=channel,
        reason="hand",
        at=database_now(),
    )


def always_night(**more):
    workspace = a_workspace(**more)
    a_night()
    return workspace


def test_marketing_needs_consent_where_the_channel_disturbs(push):
    a_workspace()
    asked, unasked, service = a_customer(), a_customer(), a_customer()
    agree(asked)

    assert delivered(a_message(asked, channel="loopback")) == ("sent", "")
    assert delivered(a_message(unasked, channel="loopback")) == ("skipped", "no_consent")
    assert delivered(a_message(service, channel="loopback", purpose="service")) == ("sent", "")


def test_in_the_mini_program_marketing_is_allowed_until_refused():
    a_workspace()
    silent, refused = a_member(), a_member()
    agree(refused, channel="in_app", is_granted=False)

    assert delivered(a_message(silent)) == ("sent", "")
    assert delivered(a_message(refused)) == ("skipped", "no_consent")


def test_the_latest_statement_counts(push):
    a_workspace()
    now = database_now()
    came, left = a_customer(), a_customer()
    agree(came, is_granted=False, at=now - timedelta(days=2))
    agree(came, at=now - timedelta(days=1))
    agree(left, at=now - timedelta(days=2))
    agree(left, is_granted=False, at=now - timedelta(days=1))

    assert delivered(a_message(came, channel="loopback")) == ("sent", "")
    assert delivered(a_message(left, channel="loopback")) == ("skipped", "no_consent")


def test_consent_to_one_purpose_says_nothing_about_the_other(push):
    a_workspace()
    customer = a_customer()
    agree(customer)
    agree(customer, purpose="service", is_granted=False)

    assert delivered(a_message(customer, channel="loopback")) == ("sent", "")
    assert delivered(a_message(customer, channel="loopback", purpose="service")) == (
        "skipped",
        "no_consent",
    )


def test_a_suppression_silences_its_channel_for_every_purpose():
    a_workspace()
    customer = a_member()
    silence(customer, "in_app")

    assert delivered(a_message(customer)) == ("skipped", "suppressed")
    assert delivered(a_message(customer, purpose="service")) == ("skipped", "suppressed")


def test_the_global_holdout_gets_no_marketing_but_service():
    workspace = a_workspace(holdout_percent=50)
    everyone = [a_member() for _n in range(12)]
    held = {c.pk for c in everyone if experiments.bucket(workspace.holdout_salt, c.pk) < 5000}

    marketing = {c.pk: delivered(a_message(c)) for c in everyone}
    service = {delivered(a_message(c, purpose="service")) for c in everyone}

    assert marketing == {
        c.pk: ("skipped", "holdout") if c.pk in held else ("sent", "") for c in everyone
    }
    assert service == {("sent", "")}


def test_who_has_no_address_is_unreachable():
    a_workspace()

    assert delivered(a_message(a_customer())) == ("skipped", "unreachable")


def test_the_same_words_are_not_said_twice_within_a_day():
    a_workspace()
    customer, other = a_member(name="Li"), a_member(name="Li")
    words = {"title": "Hello {{ customer.name }}", "body": "again"}

    first, twin, elsewhere = (a_message(c, content=words) for c in (customer, customer, other))
    sender.send_due("in_app")
    later = a_message(customer, content={"title": "Hello Li", "body": "again"})
    sender.send_due("in_app")

    assert [outcome(m) for m in (first, twin, elsewhere, later)] == [
        ("sent", ""),
        ("skipped", "duplicate"),
        ("sent", ""),
        ("skipped", "duplicate"),
    ]
    Message.objects.filter(pk=first.pk).update(sent_at=database_now() - timedelta(hours=24))
    assert delivered(a_message(customer, content=words)) == ("sent", "")


def test_at_night_marketing_that_disturbs_waits_and_pull_does_not(push):
    always_night()
    customer = a_member()
    agree(customer)
    night, service, pull = (
        a_message(customer, channel="loopback"),
        a_message(customer, channel="loopback", purpose="service"),
        a_message(customer),
    )

    assert (delivered(night), delivered(service), delivered(pull)) == (
        ("queued", "quiet_hours"),
        ("sent", ""),
        ("sent", ""),
    )
    night.refresh_from_db()
    assert (night.due_at > database_now(), night.token, night.attempts, night.content) == (
        True,
        None,
        0,
        {"body": night.content["body"]},
    )


SHANGHAI = timedelta(hours=8)


def at(local: str) -> datetime:
    return datetime.fromisoformat(local).replace(tzinfo=UTC) - SHANGHAI


def judged(push, local, *, channel=None, **message):
    """What the quiet hours say of a message at this moment of Shanghai: nothing, until when it
    waits, or that it is dropped."""
    one = Message(
        pk=1, channel="loopback", **{"purpose": "marketing", "is_urgent": False, **message}
    )
    context = policy.PolicyContext(channel or push.Loopback(), Workspace.get(), at(local))
    verdict = policy.quiet_hours([one], context).get(1)
    if verdict is None:
        return None
    return verdict.until.astimezone(UTC) + SHANGHAI if verdict.until else "dropped"


@pytest.mark.parametrize(
    ("hours", "local", "until"),
    [
        (("21:00", "09:00"), "2026-11-24 20:59:59", None),
        (("21:00", "09:00"), "2026-11-24 21:00:00", "2026-11-25 09:00:00"),
        (("21:00", "09:00"), "2026-11-25 03:00:00", "2026-11-25 09:00:00"),
        (("21:00", "09:00"), "2026-11-25 09:00:00", None),
        (("12:00", "14:00"), "2026-11-25 13:00:00", "2026-11-25 14:00:00"),
        (("12:00", "14:00"), "2026-11-25 14:00:00", None),
    ],
)
def test_quiet_hours_are_of_the_workspaces_zone(push, hours, local, until):
    a_workspace()
    a_night(*hours)

    assert judged(push, local) == (until and datetime.fromisoformat(until).replace(tzinfo=UTC))


def local(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_quiet_days_and_hours_follow_each_other_without_a_gap(push):
    """Friday night, then two days of a feast, then the night before Monday."""
    a_workspace()
    a_night("21:00", "09:00")
    for day in (28, 29):
        QuietDay.objects.create(date=date(2026, 11, day), name="feast")

    assert judged(push, "2026-11-27 20:00:00") is None
    assert judged(push, "2026-11-27 22:00:00") == local("2026-11-30 09:00:00")
    assert judged(push, "2026-11-28 12:00:00") == local("2026-11-30 09:00:00")
    assert judged(push, "2026-11-28 12:00:00", purpose="service") is None


def test_a_night_of_some_weekdays_begins_on_them(push):
    a_workspace()
    a_night("21:00", "09:00", weekdays=[5])  # of Friday

    assert judged(push, "2026-11-27 23:00:00") == local("2026-11-28 09:00:00")
    assert judged(push, "2026-11-28 03:00:00") == local("2026-11-28 09:00:00")
    assert judged(push, "2026-11-28 23:00:00") is None
    assert judged(push, "2026-11-27 03:00:00") is None


def test_what_is_dropped_at_night_is_not_sent_in_the_morning(push):
    a_workspace()
    customer = a_customer()
    agree(customer)
    a_night(act=QuietHours.Act.DROP)

    assert delivered(a_message(customer, channel="loopback")) == ("skipped", "quiet_hours")


def test_service_wakes_nobody_unless_it_is_urgent(push):
    a_workspace()
    a_night("22:00", "07:00", purpose="service")

    assert judged(push, "2026-11-27 23:00:00") is None
    assert judged(push, "2026-11-27 23:00:00", purpose="service") == local("2026-11-28 07:00:00")
    assert judged(push, "2026-11-27 23:00:00", purpose="service", is_urgent=True) is None


def test_the_law_binds_a_channel_in_beijings_time_whatever_is_set(push, monkeypatch):
    a_workspace(time_zone="America/New_York")
    monkeypatch.setattr(push.Loopback, "lawful_hours", {"marketing": (time(8), time(22))})

    assert judged(push, "2026-11-27 21:59:59") is None
    assert judged(push, "2026-11-27 22:00:00") == local("2026-11-28 08:00:00")
    assert judged(push, "2026-11-27 23:00:00", purpose="service") is None


def test_limits_of_another_channel_bind_nothing_here(push):
    a_workspace(caps=None)
    a_night(channel="keyed")
    Cap.objects.create(channel="keyed", seconds=HOUR, limit=0)
    customer = a_customer()
    agree(customer)
    agree(customer, channel="keyed")

    assert delivered(a_message(customer, channel="loopback")) == ("sent", "")
    assert delivered(a_message(customer, channel="keyed")) == ("queued", "quiet_hours")
    QuietHours.objects.all().delete()
    assert delivered(a_message(customer, channel="keyed")) == ("skipped", "cap_hour")


def test_a_new_installation_begins_with_the_usual_limits():
    Workspace.objects.all().delete()
    Workspace.get()

    assert list(Cap.objects.values_list("seconds", "limit")) == [
        (3600, 5),
        (86_400, 10),
        (604_800, 30),
    ]
    assert sorted(QuietHours.objects.values_list("purpose", "begins", "ends")) == [
        ("marketing", time(21), time(9)),
        ("service", time(22), time(7)),
    ]


@pytest.mark.parametrize(
    ("caps", "reason"),
    [
        ({60: 2}, "cap_minute"),
        ({HOUR: 2}, "cap_hour"),
        ({86_400: 2}, "cap_day"),
        ({604_800: 2}, "cap_week"),
        ({2_592_000: 2}, "cap_month"),
        ({7200: 2}, "cap_7200s"),
    ],
)
def test_the_third_message_runs_into_a_cap_of_two(caps, reason):
    a_workspace(caps=None)
    set_caps(caps)
    customer = a_member()

    messages = [a_message(customer) for _n in range(3)]
    sender.send_due("in_app")

    assert [outcome(m) for m in messages] == [("sent", ""), ("sent", ""), ("skipped", reason)]
    assert delivered(a_message(customer)) == ("skipped", reason)
    assert delivered(a_message(customer, purpose="service")) == ("sent", "")


@pytest.mark.parametrize("state", ["queued", "sending", "sent", "unknown", "failed"])
def test_a_cap_counts_what_left_whatever_became_of_it(state):
    now = database_now()
    a_workspace(caps={HOUR: 1})
    customer = a_member()
    old, left, never = a_message(customer), a_message(customer), a_message(customer)
    Message.objects.filter(pk=old.pk).update(
        state="sent", due_at=None, sent_at=now - timedelta(hours=1, seconds=1)
    )
    Message.objects.filter(pk=never.pk).update(state="skipped", due_at=None)
    later = now + timedelta(hours=1) if state in ("queued", "sending") else None
    Message.objects.filter(pk=left.pk).update(state=state, due_at=later, sent_at=now)

    assert delivered(a_message(customer)) == ("skipped", "cap_hour")
    Message.objects.filter(pk=left.pk).delete()
    assert delivered(a_message(customer)) == ("sent", "")


def test_a_cap_of_nothing_allows_nothing_and_no_cap_allows_all():
    customer = a_member()
    a_workspace(caps={HOUR: 0})
    assert delivered(a_message(customer)) == ("skipped", "cap_hour")

    a_workspace(caps=None)
    messages = [a_message(customer) for _n in range(40)]
    sender.send_due("in_app")
    assert {outcome(m) for m in messages} == {("sent", "")}


def test_a_run_that_reached_its_goal_is_not_written_to():
    a_workspace()
    customer = a_member()
    runs = [
        a_run(customer, state)
        for state in (Run.State.ACTIVE, Run.State.COMPLETED, Run.State.EXITED)
    ]

    messages = [a_message(customer, run_id=run.pk) for run in runs]
    sender.send_due("in_app")

    assert [outcome(m) for m in messages] == [
        ("sent", ""),
        ("sent", ""),
        ("skipped", "left_journey"),
    ]


def a_run(customer, state):
    now = database_now()
    journey = Journey.objects.create(name=f"journey {state}")
    version = JourneyVersion.objects.create(
        journey=journey, number=1, definition={}, published_at=now
    )
    return Run.objects.create(
        customer=customer,
        origin_customer=customer,
        journey=journey,
        version=version,
        entry_key="once",
        state=state,
        entered_at=now,
        ended_at=None if state == Run.State.ACTIVE else now,
    )


def test_the_rules_are_asked_in_their_order(push):
    """Everything speaks against this message; as each objection goes, the next is named."""
    customer = a_customer()
    run = a_run(customer, Run.State.EXITED)
    workspace = always_night(holdout_percent=50, caps={HOUR: 0})
    Workspace.objects.update(
        holdout_salt=next(
            s for s in map(str, range(99)) if experiments.bucket(s, customer.pk) < 5000
        )
    )
    words = {"body": "the same"}
    silence(customer)
    push.Loopback.unreachable.add(customer.pk)
    Message.objects.filter(pk=a_message(customer, channel="loopback", content=words).pk).update(
        state="sent",
        due_at=None,
        sent_at=database_now(),
        content_digest=digest_of(words),
        purpose="service",
    )

    def reason(**more):
        state, why = delivered(
            a_message(customer, channel="loopback", **{"content": words, "run_id": run.pk, **more})
        )
        return why or state

    seen = [reason()]
    Run.objects.update(state=Run.State.ACTIVE)
    seen.append(reason())
    agree(customer)
    seen.append(reason())
    Suppression.objects.all().delete()
    seen.append(reason())
    Workspace.objects.update(holdout_percent=0)
    seen.append(reason())
    push.Loopback.unreachable.clear()
    seen.append(reason())
    seen.append(reason(content={"body": "other"}))
    QuietHours.objects.all().delete()
    seen.append(reason(content={"body": "another"}))
    set_caps({HOUR: 1})
    seen.append(reason(content={"body": "yet another"}))

    assert workspace.pk == 1
    assert seen == [
        *(
            "left_journey",
            "no_consent",
            "suppressed",
            "holdout",
            "unreachable",
            "duplicate",
            "quiet_hours",
            "cap_hour",
            "sent",
        ),
    ]


def digest_of(words):
    message = Message(content=words)
    rendering.fill(message, {}, is_markup=True)
    return message.content_digest


@pytest.mark.django_db(transaction=True)
def test_eight_workers_never_send_more_than_the_cap(push):
    a_workspace(caps={HOUR: 3})
    customers = [a_member() for _n in range(5)]
    agree(*customers)
    intents = [intent(c, channel="loopback") for _n in range(20) for c in customers]
    outbox.queue(intents, now=database_now())

    while Message.objects.filter(state="queued").exists():
        at_once(8, lambda n: [dispatch.deliver("loopback", limit=7) for _n in range(5)])
        Message.objects.filter(state="queued").update(due_at=database_now())

    by_customer = [Message.objects.filter(customer=c, state="sent").count() for c in customers]
    assert by_customer == [3] * 5
    assert len(push.Loopback.sent) == 15


@pytest.mark.proof
@pytest.mark.django_db(transaction=True)
def test_eight_workers_use_the_cap_of_hundreds_to_the_last_and_never_more(push):
    """Of 300 people, each with up to eight messages and a cap of three, also where many of a
    person's are in the hands of several workers at once: as many as the cap allows, or as there
    are."""
    a_workspace(caps={HOUR: 3})
    customers = [a_customer() for _n in range(300)]
    agree(*customers)
    wanted = {c.pk: n % 9 for n, c in enumerate(customers)}
    intents = [
        intent(c, channel="loopback") for n in range(8) for c in customers if n < wanted[c.pk]
    ]
    outbox.queue(intents, now=database_now())

    errors = []
    while Message.objects.filter(state="queued").exists():
        found = at_once(8, lambda n: [dispatch.deliver("loopback", limit=50) for _n in range(10)])
        errors += [one for one in found if isinstance(one, Exception)]
        Message.objects.filter(state="queued").update(due_at=database_now())

    sent = Counter(Message.objects.filter(state="sent").values_list("customer", flat=True))
    assert errors == []
    assert {c.pk: sent[c.pk] for c in customers} == {pk: min(n, 3) for pk, n in wanted.items()}
    assert len(push.Loopback.sent) == sent.total()
    left = Message.objects.exclude(state="sent").values_list("state", "reason").distinct()
    assert set(left) == {("skipped", "cap_hour")}


def test_nobody_under_18_gets_marketing_from_a_campaign_or_journey(push, moved_clock):
    a_workspace(time_zone="Asia/Shanghai")
    moved_clock.to(datetime(2026, 11, 30, 4, tzinfo=UTC))
    born = {"child": "2010-01-01", "of age today": "2008-11-30", "tomorrow": "2008-12-01"}
    people = {name: a_member() for name in [*born, "marked", "odd", "unknown"]}
    values = {**born, "odd": "next year"}
    for name, value in values.items():
        CustomerAttribute.objects.create(
            customer=people[name], key="birthday", value=value, occurred_at=NOW
        )
    CustomerAttribute.objects.create(
        customer=people["marked"], key="minor", value=True, occurred_at=NOW
    )
    agree(*people.values())
    messages = {name: a_message(c, channel="loopback", campaign_id=1) for name, c in people.items()}
    by_hand = a_message(people["child"], channel="loopback")
    served = a_message(people["child"], channel="loopback", campaign_id=1, purpose="service")

    dispatch.deliver("loopback")

    young = {name for name, m in messages.items() if outcome(m) == ("skipped", "minor")}
    assert young == {"child", "tomorrow", "marked"}
    assert [outcome(m)[0] for m in (by_hand, served)] == ["sent", "sent"]


def test_what_passes_the_caps_goes_out_and_counts(push):
    a_workspace(caps={HOUR: 1})
    customer = a_member()
    agree(customer)
    first = a_message(customer, channel="loopback")
    dispatch.deliver("loopback")
    passing = a_message(customer, channel="loopback", passes_caps=True)
    over = a_message(customer, channel="loopback")

    dispatch.deliver("loopback")

    assert [outcome(m) for m in (first, passing, over)] == [
        ("sent", ""),
        ("sent", ""),
        ("skipped", "cap_hour"),
    ]
