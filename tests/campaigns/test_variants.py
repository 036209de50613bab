"""Variants of a campaign: who gets which, when they are counted, and that the rest gets the winner
exactly once, whoever looks and whatever dies."""

from collections import Counter
from datetime import timedelta

import pytest
from django.utils import translation

from campaigns.broadcasts import deciding, explaining, launching, slots, variants
from campaigns.broadcasts.approval import LaunchOfCampaign
from campaigns.broadcasts.attention import WaitingRest
from campaigns.broadcasts.launching import CannotLaunch
from campaigns.delivery import sender
from campaigns.models import Assignment, Campaign, CampaignSlot, Coupon, Message
from crm_project import failpoints
from crm_project.queue.due import database_now
from customers.identity import merging
from customers.models import AuditEntry
from customers.segments import membership
from tests.campaigns.at_once import at_once
from tests.factories import (
    NOW,
    a_batch,
    a_campaign,
    a_member,
    a_source,
    a_template,
    a_workspace,
    an_order,
)

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def workspace(moved_clock):
    moved_clock.to(NOW)
    return a_workspace(caps=None, time_zone="UTC")


def tried(people: int = 60, **more) -> Campaign:
    """A campaign of two texts, launched; a third of the people is in the test."""
    first = a_template(content={"title": "A", "body": "a"})
    other = a_template(content={"title": "B", "body": "b"})
    values = {"variants": 2, "b_template": other, "test_percent": 33, "decide_hours": 24}
    members = [a_member() for _n in range(people)]
    campaign = a_campaign(*members, template=first, **{**values, **more})
    return launch(campaign)


def launch(campaign) -> Campaign:
    made = launching.launch(campaign, by=None, now=database_now())
    membership.refresh_all()
    return made


def expand(rounds: int = 3):
    for _look in range(rounds):
        CampaignSlot.objects.filter(state__in=["waiting", "sending"]).update(due_at=database_now())
        slots.expand()


def arms(campaign) -> Counter:
    subject = CampaignSlot.objects.get(campaign=campaign).subject
    return Counter(Assignment.objects.filter(subject=subject).values_list("arm", flat=True))


def told(campaign) -> Counter:
    rows = Message.objects.filter(campaign_id=campaign.pk, reason="")
    return Counter(content["title"] for content in rows.values_list("content", flat=True))


def buy(campaign, arm: str, at=None):
    """Everybody of this arm has bought."""
    source = a_source()
    for one in Assignment.objects.filter(arm=arm).select_related("customer"):
        an_order(one.customer, source=source, paid_at=at or database_now() + HOUR)


def test_shares_are_whole_and_a_has_what_is_left():
    assert variants.shared({"b": None}) == {"a": 50, "b": 50}
    assert variants.shared({"b": None, "c": None}) == {"a": 34, "b": 33, "c": 33}
    assert variants.shared({"b": 20, "c": None}) == {"a": 40, "b": 20, "c": 40}
    assert variants.shared({"b": 70}) == {"a": 30, "b": 70}


def test_each_gets_their_variant_and_the_rest_waits():
    campaign = tried(300, holdout_percent=10)
    expand()

    found = arms(campaign)
    assert found["rest"] > found["a"] + found["b"] > 60
    assert min(found["a"], found["b"], found["held_out"]) > 10
    assert told(campaign) == {"A": found["a"], "B": found["b"]}
    slot = CampaignSlot.objects.get()
    assert (slot.state, slot.decide_at) == ("testing", slot.began_at + DAY)
    assert slot.due_at == slot.decide_at
    accounts = launching.accounts(campaign)
    assert accounts["targeted"] == sum(accounts.values()) - accounts["targeted"] == 300
    campaign.refresh_from_db()
    assert campaign.status == "sending"


def test_what_was_drawn_stands_whoever_looks_again():
    campaign = tried(60)
    expand()
    before = dict(Assignment.objects.values_list("customer", "arm"))
    CampaignSlot.objects.update(audience=None, cursor=0, state="waiting")
    expand()
    assert dict(Assignment.objects.values_list("customer", "arm")) == before
    assert sum(told(campaign).values()) == arms(campaign)["a"] + arms(campaign)["b"]


def test_the_best_goes_to_the_rest_by_itself(moved_clock):
    campaign = tried(to_rest="best")
    expand()
    buy(campaign, "b")
    found = arms(campaign)
    moved_clock.to(NOW + DAY + HOUR)
    expand()
    sender.send_due("in_app")
    expand()

    slot = CampaignSlot.objects.get()
    assert slot.counted == {"a": [found["a"], 0], "b": [found["b"], found["b"]]}
    assert (slot.winner, slot.winner_by, slot.state) == ("b", None, "done")
    assert told(campaign) == {"A": found["a"], "B": found["b"] + found["rest"]}
    campaign.refresh_from_db()
    assert campaign.status == "done"


def test_orders_after_the_decision_decide_nothing(moved_clock):
    campaign = tried(to_rest="best")
    expand()
    buy(campaign, "b", at=NOW + DAY + HOUR)
    buy(campaign, "a", at=NOW + HOUR)
    moved_clock.to(NOW + 2 * DAY)
    expand()
    assert CampaignSlot.objects.get().winner == "a"


def test_without_a_sure_winner_somebody_has_to_say_so(moved_clock, django_user_model):
    campaign = tried(to_rest="winner")
    expand()
    buy(campaign, "b")
    moved_clock.to(NOW + DAY + HOUR)
    expand()

    slot = CampaignSlot.objects.get()
    assert (slot.winner, slot.state, slot.due_at) == ("", "testing", None)
    assert slot.counted is not None
    mei = django_user_model.objects.create_user("mei")
    [line] = WaitingRest().lines(mei, database_now())
    assert (line.count, campaign.name in line.sentence) == (1, True)
    assert not deciding.choose(slot, "c", by=mei, now=database_now())
    assert deciding.choose(slot, "a", by=mei, now=database_now())
    assert not deciding.choose(slot, "b", by=mei, now=database_now())
    expand()

    assert list(WaitingRest().lines(mei, database_now())) == []
    assert told(campaign)["A"] == arms(campaign)["a"] + arms(campaign)["rest"]
    assert AuditEntry.objects.filter(act="campaign.to_rest", by=mei).count() == 1


def test_said_before_the_date_it_is_still_counted_at_the_date(moved_clock):
    campaign = tried()
    expand()
    slot = CampaignSlot.objects.get()
    assert deciding.choose(slot, "b", by=None, now=database_now())
    expand()
    slot.refresh_from_db()
    assert (slot.counted, slot.state) == (None, "testing")
    assert sum(told(campaign).values()) == 60
    moved_clock.to(NOW + DAY + HOUR)
    sender.send_due("in_app")
    expand()
    slots.expand()
    slot.refresh_from_db()
    assert (slot.state, slot.winner) == ("done", "b")
    assert slot.counted is not None


def test_the_rest_may_get_nothing_and_the_accounts_say_so(moved_clock):
    campaign = tried()
    expand()
    assert deciding.choose(CampaignSlot.objects.get(), "-", by=None, now=database_now())
    expand()
    rest = Message.objects.filter(campaign_id=campaign.pk, reason="not_chosen")
    assert rest.count() == arms(campaign)["rest"]
    assert launching.accounts(campaign)["targeted"] == Message.objects.count() == 60


def test_a_paused_or_cancelled_campaign_sends_the_rest_nothing(moved_clock):
    campaign = tried(to_rest="best")
    expand()
    launching.cancel([campaign], by=None, now=database_now())
    assert not deciding.choose(CampaignSlot.objects.get(), "a", by=None, now=database_now())
    moved_clock.to(NOW + 2 * DAY)
    expand()
    slots.expand()
    assert not Message.objects.filter(assignment_id__in=rest_places()).exists()


def rest_places():
    return list(Assignment.objects.filter(arm="rest").values_list("pk", flat=True))


def test_another_time_is_a_wave_of_its_own(moved_clock):
    campaign = tried(b_template=None, b_hours=10, test_percent=100)
    expand()
    assert Message.objects.count() == arms(campaign)["a"]
    slot = CampaignSlot.objects.get()
    assert (slot.state, slot.wave) == ("sending", 0)
    moved_clock.to(slot.began_at + 11 * HOUR)
    expand()
    assert Message.objects.count() == 60
    later = Message.objects.filter(
        assignment_id__in=Assignment.objects.filter(arm="b").values("pk")
    )
    assert min(later.values_list("created_at", flat=True)) >= slot.began_at + 10 * HOUR


def test_a_coupon_is_a_variant_too():
    batch = a_batch()
    campaign = tried(b_template=None, b_coupon_batch=batch, test_percent=100)
    expand()
    holders = set(Coupon.objects.values_list("customer", flat=True))
    assert holders == set(Assignment.objects.filter(arm="b").values_list("customer", flat=True))
    assert len(holders) == arms(campaign)["b"]


def test_a_merge_after_the_test_tells_nobody_twice(moved_clock):
    campaign = tried(to_rest="best")
    expand()
    one = Assignment.objects.filter(arm="a").first()
    other = Assignment.objects.filter(arm="rest").first()
    pair = sorted([one.customer_id, other.customer_id])
    merging.merge(*pair, by="test", identity="", now=database_now())
    moved_clock.to(NOW + DAY + HOUR)
    expand()
    theirs = Message.objects.filter(origin_customer__in=pair)
    assert sorted(theirs.values_list("reason", flat=True)) == ["", "merged"]
    assert theirs.get(reason="").assignment_id == one.pk
    assert Message.objects.filter(campaign_id=campaign.pk).count() == 60


@pytest.mark.parametrize(
    ("odd", "words"),
    [
        ({"b_template": None}, "the same"),
        ({"b_share": 98, "c_share": 98, "variants": 3}, "nothing for A"),
        ({"b_hours": 24}, "decide later"),
    ],
)
def test_what_cannot_be_compared_is_not_launched(odd, words):
    with translation.override("en"), pytest.raises(CannotLaunch, match=words):
        tried(**odd)


def test_variants_are_of_one_channel_and_purpose(push):
    other = a_template(channel="loopback", content={"body": "b"})
    with translation.override("en"), pytest.raises(CannotLaunch, match="one channel"):
        tried(b_template=other)


def test_a_copy_tries_the_same():
    campaign = tried(to_rest="best", b_share=30)
    made = launching.copy(campaign)
    for name in ("variants", "b_template_id", "b_share", "test_percent", "to_rest"):
        assert getattr(made, name) == getattr(campaign, name)


@pytest.mark.django_db(transaction=True)
def test_eight_say_it_at_once_and_one_is_heard(moved_clock):
    campaign = tried()
    expand()
    slot = CampaignSlot.objects.get()

    def choose(n):
        return deciding.choose(slot, "ab"[n % 2], by=None, now=database_now())

    assert sorted(at_once(8, choose)) == [False] * 7 + [True]
    for _look in range(3):
        CampaignSlot.objects.filter(state="sending").update(due_at=database_now())
        at_once(8, lambda _n: slots.expand())
    winner = CampaignSlot.objects.get().winner.upper()
    rest = Message.objects.filter(assignment_id__in=rest_places())
    assert {content["title"] for content in rest.values_list("content", flat=True)} == {winner}
    assert rest.count() == arms(campaign)["rest"]
    assert AuditEntry.objects.filter(act="campaign.to_rest").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_death_at_every_step_sends_the_rest_the_winner_once(moved_clock, monkeypatch):
    """Whoever decides dies before it is committed, again and again; then two go on."""
    monkeypatch.setattr(slots, "BATCH", 7)
    campaign = tried(to_rest="best")
    expand()
    buy(campaign, "b")
    moved_clock.to(NOW + DAY + HOUR)
    deaths = 0

    def die(name):
        nonlocal deaths
        if name == "campaign.stepped" and deaths < 12 and deaths % 2 == 0:
            deaths += 1
            raise KeyboardInterrupt
        deaths += name == "campaign.stepped"

    monkeypatch.setattr(failpoints, "reached", die)
    for _look in range(40):
        CampaignSlot.objects.filter(state__in=["sending", "testing"]).update(due_at=database_now())
        try:
            slots.expand(rounds=1)
        except KeyboardInterrupt:
            continue
    assert deaths >= 12
    assert told(campaign)["B"] == arms(campaign)["b"] + arms(campaign)["rest"]
    assert Message.objects.filter(campaign_id=campaign.pk).count() == 60


def test_whoever_approves_sees_every_variant_and_how_it_is_decided():
    first, other = (
        a_template(content={"title": title, "body": "x"}) for title in ("Text A", "Text B")
    )
    batch = a_batch(name="Ten off")
    campaign = a_campaign(
        a_member(), template=first, variants=2, b_template=other, b_coupon_batch=batch, b_share=30
    )
    kind = LaunchOfCampaign()
    content = kind.content(campaign)
    said = [text for _label, text in kind.words(content)]
    assert {"Text A", "Text B", str(batch), "70", "30", "72"} <= set(said)
    Campaign.objects.filter(pk=campaign.pk).update(to_rest="best")
    campaign.refresh_from_db()
    assert kind.content(campaign) != content
    plain = a_campaign(a_member())
    assert "variants" not in kind.content(plain)  # what was approved before still holds


def test_why_and_when_for_whoever_waits_for_the_decision(moved_clock):
    campaign = tried(to_rest="best")
    expand()
    slot = CampaignSlot.objects.get()
    waits = Assignment.objects.filter(arm="rest").first().customer
    plan = explaining.explain(campaign, waits, database_now()).plan
    assert plan.starts == slot.decide_at
    deciding.choose(slot, "b", by=None, now=database_now())
    plan = explaining.explain(campaign, waits, database_now()).plan
    assert plan.starts <= database_now()
    assert plan.is_sent

    by_hand = tried()
    CampaignSlot.objects.filter(campaign=by_hand).update(due_at=database_now())
    expand()
    slot = CampaignSlot.objects.get(campaign=by_hand)
    waits = Assignment.objects.filter(arm="rest", subject=slot.subject).first().customer
    assert explaining.explain(by_hand, waits, database_now()).plan.starts is None
