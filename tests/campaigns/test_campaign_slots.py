"""Whom a campaign means, its firings, and that the forecast is what comes of it."""

import os
import signal
from datetime import timedelta
from random import Random

import pytest
from django.db import connections
from django.db.models import F

from campaigns.broadcasts import audience, forecast, launching, slots
from campaigns.broadcasts.audience import Audience
from campaigns.broadcasts.launching import CannotLaunch
from campaigns.delivery import sender
from campaigns.models import Assignment, Campaign, CampaignSlot, Message, Suppression
from crm_project import failpoints
from crm_project.queue.due import database_now
from customers.models import Customer, Owner, Store
from customers.segments import membership
from tests.campaigns.at_once import at_once
from tests.campaigns.queued import agree
from tests.factories import (
    NOW,
    a_campaign,
    a_customer,
    a_member,
    a_segment,
    a_source,
    a_template,
    a_workspace,
    an_order,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def workspace():
    return a_workspace(caps=None, time_zone="UTC")


def launch(campaign, by=None) -> Campaign:
    made = launching.launch(campaign, by=by, now=database_now())
    membership.refresh_all()
    return made


def soon():
    CampaignSlot.objects.filter(state__in=["waiting", "sending"]).update(due_at=database_now())


def expand():
    for _look in range(3):
        soon()
        membership.refresh_all()
        slots.expand()


def told(campaign) -> set[int]:
    return set(Message.objects.filter(campaign_id=campaign.pk).values_list("customer", flat=True))


def test_several_segments_in_and_out_each_person_once():
    a, b, both, out = (a_member() for _n in range(4))
    first, second, without = a_segment(a, both), a_segment(b, both, out), a_segment(out)
    campaign = a_campaign(segment=first)
    campaign.more_segments.add(second)
    campaign.without_segments.add(without)

    launch(campaign)
    expand()

    assert told(campaign) == {a.pk, b.pk, both.pk}
    assert Message.objects.count() == 3


def a_told(customer, campaign, **more):
    defaults = {"state": "sent", "sent_at": NOW - DAY, "due_at": None, "created_at": NOW - DAY}
    return Message.objects.create(
        customer=customer,
        origin_customer=customer,
        channel="in_app",
        purpose="marketing",
        campaign_id=campaign.pk,
        **{"effect_key": f"told {customer.pk} {campaign.pk}", **defaults, **more},
    )


def test_those_of_another_campaign():
    earlier = a_campaign(a_member())
    opened, bought, nothing, unsent, held = (a_customer() for _n in range(5))
    a_told(opened, earlier, opened_at=NOW)
    for one in (bought, nothing):
        a_told(one, earlier)
    a_told(unsent, earlier, state="skipped", reason="no_consent", sent_at=None)
    a_told(held, earlier, state="skipped", reason="holdout", sent_at=None)
    source = a_source()
    an_order(bought, source=source, paid_at=NOW)
    an_order(nothing, source=source, paid_at=NOW - 2 * DAY)

    def people(what):
        return set(Audience(after=earlier.pk, after_what=what).people(database_now()))

    assert people("got") == {opened.pk, bought.pk, nothing.pk}
    assert people("opened") == {opened.pk}
    assert people("not_opened") == {bought.pk, nothing.pk}
    assert people("not_bought") == {opened.pk, nothing.pk}
    assert people("not_got") == {unsent.pk}


def test_one_store_and_one_owner(django_user_model):
    mei = django_user_model.objects.create_user("mei", is_staff=True)
    source = a_source()
    store = Store.objects.create(namespace=source.namespace, key="w", name="West")
    here, hers, nobodys = (a_member() for _n in range(3))
    whose = {"since": NOW, "is_current": True}
    Owner.objects.create(customer=here, origin_customer=here, store=store, staff=mei, **whose)
    Owner.objects.create(customer=hers, origin_customer=hers, staff=mei, **whose)
    segment = a_segment(here, hers, nobodys)
    of_store = a_campaign(segment=segment, store=store)
    of_owner = a_campaign(segment=segment, owner=mei)

    assert set(audience.of(of_store).people(NOW)) == {here.pk}
    assert set(audience.of(of_owner).people(NOW)) == {here.pk, hers.pk}
    assert [what for what, _who in audience.of(of_owner).words()] != []


def test_a_half_done_draft_is_kept_and_says_what_is_missing():
    for missing in ({"segment": None}, {"template": None}):
        campaign = a_campaign(a_member())
        Campaign.objects.filter(pk=campaign.pk).update(**missing)
        campaign.refresh_from_db()

        with pytest.raises(CannotLaunch):
            launch(campaign)
        assert Campaign.objects.get(pk=campaign.pk).status == "draft"


def test_a_campaign_of_service_needs_a_right_and_asks_nobody(django_user_model, workspace):
    type(workspace).objects.update(holdout_percent=50)
    people = [a_member() for _n in range(8)]
    campaign = a_campaign(*people, template=a_template(purpose="service"), is_urgent=True)
    user = django_user_model.objects.create_user("mei")
    with pytest.raises(CannotLaunch):
        launch(campaign, by=user)

    launch(campaign, by=django_user_model.objects.create_superuser("boss"))
    expand()
    sender.send_due("in_app")

    assert Message.objects.filter(state="sent", is_urgent=True).count() == 8


DAILY = {"kind": "daily", "time": "09:00", "missed": "last"}


def test_each_firing_of_a_schedule_is_one_slot_whoever_looks(moved_clock):
    moved_clock.to(NOW.replace(hour=8))
    campaign = launch(a_campaign(a_member(), schedule=DAILY))
    assert campaign.status == "scheduled"

    for _day in range(3):
        moved_clock.to(database_now() + DAY)
        expand()
        sender.send_due("in_app")
        expand()

    rows = list(CampaignSlot.objects.order_by("at").values_list("state", flat=True))
    assert rows == ["done", "done", "done", "scheduled"]
    assert (
        Message.objects.filter(state="sent").count()
        + Message.objects.filter(reason="duplicate").count()
        == 3
    )
    assert set(Assignment.objects.values_list("subject", flat=True)) == {
        f"campaign:{campaign.pk}:{pk}"
        for pk in CampaignSlot.objects.filter(state="done").values_list("pk", flat=True)
    }
    campaign.refresh_from_db()
    assert campaign.status == "scheduled"


def test_missed_times_are_made_up_for_as_the_schedule_says(moved_clock):
    moved_clock.to(NOW.replace(hour=8))
    launch(a_campaign(a_member(), schedule={**DAILY, "missed": "skip"}))
    moved_clock.to(database_now() + 3 * DAY)

    expand()

    assert list(CampaignSlot.objects.order_by("at").values_list("state", flat=True)) == [
        "missed",
        "scheduled",
    ]
    assert Message.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_eight_beats_make_each_slot_once(moved_clock):
    moved_clock.to(NOW.replace(hour=8))
    people = [a_member() for _n in range(5)]
    launch(a_campaign(*people, schedule=DAILY))
    moved_clock.to(database_now() + DAY)

    for _look in range(4):
        soon()
        at_once(8, lambda _n: slots.expand())

    assert CampaignSlot.objects.count() == 2
    assert Message.objects.count() == 5


@pytest.mark.proof
@pytest.mark.django_db(transaction=True)
def test_a_beat_that_dies_at_any_step_leaves_each_slot_once(moved_clock, monkeypatch):
    """Twenty deaths: what was not committed is done again by the next."""
    moved_clock.to(NOW.replace(hour=8))
    monkeypatch.setattr(slots, "BATCH", 2)
    people = [a_member() for _n in range(9)]
    campaign = launch(a_campaign(*people, schedule=DAILY))
    moved_clock.to(database_now() + DAY)
    deaths = 0

    def die(name):
        nonlocal deaths
        if name == "campaign.stepped" and deaths < 20:
            deaths += 1
            raise KeyboardInterrupt

    monkeypatch.setattr(failpoints, "reached", die)
    for _look in range(60):
        CampaignSlot.objects.filter(state__in=["waiting", "sending"]).update(due_at=database_now())
        CampaignSlot.objects.filter(at__lte=database_now(), state="scheduled").update(
            due_at=F("at")
        )
        try:
            slots.expand(rounds=1)
        except KeyboardInterrupt:
            continue

    assert deaths == 20
    assert CampaignSlot.objects.count() == 2
    assert Message.objects.filter(campaign_id=campaign.pk).count() == 9


def a_beat(steps: int) -> int:
    """A forked child fires what is due; it kills itself in the transaction of its last step."""
    connections.close_all()
    child = os.fork()
    if child:
        return child
    try:
        left = [steps]

        def reached(name):
            left[0] -= name == "campaign.stepped"
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)

        failpoints.reached, slots.BATCH = reached, 2
        for _look in range(100):
            # Whom a dead one held is free again, as when its lease has ended.
            now = database_now()
            CampaignSlot.objects.filter(state__in=["waiting", "sending"]).update(due_at=now)
            CampaignSlot.objects.filter(state="scheduled", at__lte=now).update(due_at=now)
            slots.expand(rounds=5)
    finally:
        os._exit(0)


@pytest.mark.proof
@pytest.mark.django_db(transaction=True)
def test_two_beats_and_twenty_kills_leave_each_slot_and_message_once(moved_clock):
    """Two processes side by side, killed with -9 in the transaction of a step, twenty times."""
    moved_clock.to(NOW.replace(hour=8))
    people = [a_member() for _n in range(120)]
    campaign = launch(a_campaign(*people, schedule=DAILY))
    moved_clock.to(database_now() + DAY)
    deaths, dice = 0, Random(7)
    while deaths < 20:
        for child in [a_beat(dice.randint(2, 4)) for _n in range(2)]:
            _pid, status = os.waitpid(child, 0)
            deaths += os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    expand_all()

    slots_made = CampaignSlot.objects.values_list("at", flat=True)
    assert len(slots_made) == len(set(slots_made))
    fired = CampaignSlot.objects.exclude(audience=None)
    for slot in fired:
        origins = Message.objects.filter(slot_id=slot.pk).values_list("origin_customer", flat=True)
        assert sorted(origins) == sorted(one.pk for one in people)
    assert Message.objects.filter(campaign_id=campaign.pk).count() == 120 * fired.count() > 0


def expand_all():
    while CampaignSlot.objects.filter(state__in=["waiting", "sending"]).exclude(
        cursor__gte=max(Assignment.objects.values_list("origin_customer", flat=True), default=0)
    ):
        soon()
        slots.expand(rounds=200)


def test_so_many_an_hour_and_no_more():
    campaign = launch(a_campaign(*(a_member() for _n in range(5)), per_hour=120))

    slots.expand()

    slot = CampaignSlot.objects.get()
    assert Message.objects.filter(campaign_id=campaign.pk).count() == 2  # of a minute
    assert timedelta(seconds=50) < slot.due_at - database_now() <= timedelta(seconds=60)


def test_a_campaign_of_the_release_before_goes_on_under_its_own_keys():
    """Half of it was queued when the release changed."""
    people = [a_member() for _n in range(3)]
    campaign = a_campaign(
        *people,
        status="sending",
        launched_at=NOW,
        audience=3,
        cursor=people[0].pk,
        content={"title": "Hello", "body": "x"},
        channel="in_app",
        purpose="marketing",
        due_at=NOW,
    )
    for one in people:
        Assignment.objects.create(
            customer=one,
            origin_customer=one,
            subject=f"campaign:{campaign.pk}",
            arm="treated",
            at=NOW,
        )
    a_told(people[0], campaign, effect_key=f"campaign:{campaign.pk}:{people[0].pk}")

    expand()

    assert set(Message.objects.values_list("effect_key", flat=True)) == {
        f"campaign:{campaign.pk}:{one.pk}" for one in people
    }
    assert launching.accounts(campaign)["targeted"] == 3
    assert Campaign.objects.get(pk=campaign.pk).due_at is None


# -- the forecast


def test_the_forecast_is_the_outcome_person_by_person(push, workspace):
    type(workspace).objects.update(holdout_percent=20)
    people = [a_customer() for _n in range(40)]
    agree(*people[:30], channel="loopback")
    agree(*people[20:35], channel="keyed")
    push.Loopback.unreachable = {c.pk for c in people[:10]}
    for c in people[10:13]:
        Suppression.objects.create(
            customer=c, origin_customer=c, channel="loopback", reason="bounced", at=NOW
        )
    Customer.objects.filter(pk__in=[people[15].pk, people[33].pk]).update(is_barred=True)
    other = a_template(channel="keyed", content={"body": "b {{ customer.name }}"})
    template = a_template(channel="loopback", content={"body": "a"}, fallback=other)
    campaign = a_campaign(*people, template=template)
    found = forecast.of(audience.of(campaign), ["loopback", "keyed"], "marketing", database_now())

    launch(campaign)
    expand()
    for _round in range(3):
        sender.send_due("loopback")
        sender.send_due("keyed")

    rows = Message.objects.values_list("customer", "state", "channel", "reason")
    outcome = {c: (channel if state == "sent" else reason) for c, state, channel, reason in rows}
    foreseen = {pk: channel for channel, who in found.sent.items() for pk in who}
    foreseen |= {pk: reason for reason, who in found.not_sent.items() for pk in who}
    assert foreseen == outcome
    assert {"loopback", "keyed", "no_consent"} <= set(outcome.values())


def test_who_has_had_enough_is_foreseen_and_left_out(push):
    from tests.factories import set_caps

    set_caps({86_400: 1})
    fed, hungry = a_customer(), a_customer()
    agree(fed, hungry, channel="loopback")
    earlier = a_campaign(a_member())
    now = database_now()
    a_told(fed, earlier, sent_at=now - timedelta(hours=1), created_at=now)
    campaign = a_campaign(
        fed, hungry, template=a_template(channel="loopback", content={"body": "a"})
    )

    found = forecast.of(audience.of(campaign), ["loopback"], "marketing", now)

    assert set(found.not_sent["cap_day"]) == {fed.pk}
    assert set(found.reached) == {hungry.pk}
    assert forecast.had_this_week(found.people, now) == {0: 1, 1: 1}
