"""Each rule with its reason, the order of the rules, and caps under concurrency."""

from datetime import UTC, datetime, timedelta

import pytest

from campaigns import experiments
from campaigns.delivery import dispatch, outbox, policy, sender
from campaigns.models import Journey, JourneyVersion, Message, Run, Suppression
from crm_project.queue.due import database_now
from customers.models import Workspace
from tests.campaigns.at_once import at_once
from tests.campaigns.queued import a_message, agree, intent, outcome
from tests.factories import a_customer, a_member, a_workspace

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
    return a_workspace(quiet_from="00:00", quiet_until="23:59:59.999999", **more)


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


@pytest.mark.parametrize(
    ("hours", "local", "until"),
    [
        (("21:00", "09:00"), "2026-11-24 20:59:59", None),
        (("21:00", "09:00"), "2026-11-24 21:00:00", "2026-11-25 09:00:00"),
        (("21:00", "09:00"), "2026-11-25 03:00:00", "2026-11-25 09:00:00"),
        (("21:00", "09:00"), "2026-11-25 09:00:00", None),
        (("12:00", "14:00"), "2026-11-25 13:00:00", "2026-11-25 14:00:00"),
        (("12:00", "14:00"), "2026-11-25 14:00:00", None),
        (("09:00", "09:00"), "2026-11-25 09:00:00", None),
    ],
)
def test_quiet_hours_are_of_the_workspaces_zone(hours, local, until):
    shanghai = timedelta(hours=8)
    workspace = Workspace(quiet_from=hours[0], quiet_until=hours[1], time_zone="Asia/Shanghai")
    now = datetime.fromisoformat(local).replace(tzinfo=UTC) - shanghai

    assert policy.quiet_until(now, workspace) == (
        until and datetime.fromisoformat(until).replace(tzinfo=UTC) - shanghai
    )


@pytest.mark.parametrize(
    ("caps", "reason"),
    [
        ({"cap_per_hour": 2}, "cap_hour"),
        ({"cap_per_hour": None, "cap_per_day": 2}, "cap_day"),
        ({"cap_per_hour": None, "cap_per_day": None, "cap_per_week": 2}, "cap_week"),
    ],
)
def test_the_third_message_runs_into_a_cap_of_two(caps, reason):
    a_workspace(**caps)
    customer = a_member()

    messages = [a_message(customer) for _n in range(3)]
    sender.send_due("in_app")

    assert [outcome(m) for m in messages] == [("sent", ""), ("sent", ""), ("skipped", reason)]
    assert delivered(a_message(customer)) == ("skipped", reason)
    assert delivered(a_message(customer, purpose="service")) == ("sent", "")


@pytest.mark.parametrize("state", ["queued", "sending", "sent", "unknown", "failed"])
def test_a_cap_counts_what_left_whatever_became_of_it(state):
    now = database_now()
    a_workspace(cap_per_hour=1)
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
    a_workspace(cap_per_hour=0)
    assert delivered(a_message(customer)) == ("skipped", "cap_hour")

    a_workspace(cap_per_hour=None, cap_per_day=None, cap_per_week=None)
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
    )


def test_the_rules_are_asked_in_their_order(push):
    """Everything speaks against this message; as each objection goes, the next is named."""
    customer = a_customer()
    run = a_run(customer, Run.State.EXITED)
    workspace = always_night(holdout_percent=50, cap_per_hour=0)
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
    Workspace.objects.update(quiet_until="00:00")
    seen.append(reason(content={"body": "another"}))
    Workspace.objects.update(cap_per_hour=1)
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
    dispatch.fill(message, {}, is_markup=True)
    return message.content_digest


@pytest.mark.django_db(transaction=True)
def test_eight_workers_never_send_more_than_the_cap(push):
    a_workspace(cap_per_hour=3)
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
