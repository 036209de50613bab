"""The firings of campaigns, step by step: each step is one transaction with its cursor.

scheduled -> waiting   its time has come: the next firing of the schedule stands as a row, whoever
                       looks at the same moment (a slot is unique per campaign and moment)
waiting   -> sending   once the members of the segments follow what was saved: the audience is fixed
sending   -> done      BATCH messages at a time, or as slowly as the campaign says; variants of
                       another time in waves of their own
sending   -> testing   of several variants: until they are counted, at the moment that was fixed
testing   -> sending   the rest of the audience, once it is said what it gets (deciding.py)
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from campaigns import experiments
from campaigns.broadcasts import deciding, variants
from campaigns.broadcasts.audience import Audience
from campaigns.broadcasts.batches import Batch
from campaigns.delivery import outbox
from campaigns.models import Campaign, CampaignSlot, CampaignVersion, Message
from crm_project import failpoints
from crm_project.queue.due import work_through
from customers.models import Purpose, Workspace
from customers.segments import catching_up
from customers.workspace import schedules

Status, Slot, State = Campaign.Status, CampaignSlot.State, Message.State
UNDER_WAY = [Status.SCHEDULED, Status.WAITING, Status.SENDING]

# A pause waits for the batch under way, and must be answered within a second.
BATCH = 2000
BATCH_WITH_OWN = 500  # where each is given a coupon, or an account to leave by
# messages of one campaign queued ahead: what a pause leaves lying and a cancel must take back
MOST_WAITING = 10_000
LOOK_AGAIN = timedelta(seconds=1)
LOOK_AT_SEGMENT = timedelta(seconds=30)  # whose members are not known, since a condition fails
ADOPTED_AT_ONCE = 50
WORKED = ("due_at", "token", "attempts", "error")


def expand(*, rounds: int = 20) -> int:
    """The due firings take their next steps, at most `rounds`. The number of steps."""
    adopt()
    due = CampaignSlot.objects.filter(state__in=CampaignSlot.OPEN, campaign__status__in=UNDER_WAY)
    due = due.select_related("version")
    steps = 0
    while steps < rounds and work_through(due, advance, limit=1):
        steps += 1
    return steps


def adopt() -> None:
    """Campaigns that the release before has launched have their one firing as a row, under the
    subject and the keys that they began with: who still works on one writes the same messages."""
    with transaction.atomic():
        found = Campaign.objects.filter(launched_at__isnull=False, slots=None).order_by("pk")
        for campaign in found.select_for_update(of=("self",), skip_locked=True)[:ADOPTED_AT_ONCE]:
            is_over = campaign.status in (Status.DONE, Status.CANCELLED)
            state = Slot.DONE if is_over else Slot.SENDING if campaign.audience else Slot.SCHEDULED
            version = CampaignVersion.objects.create(
                campaign=campaign,
                number=1,
                definition=as_launched_before(campaign),
                made_at=campaign.launched_at,
                made_by_id=campaign.launched_by_id,
            )
            CampaignSlot.objects.create(
                campaign=campaign,
                version=version,
                at=campaign.starts_at or campaign.launched_at,
                subject=f"campaign:{campaign.pk}",
                state=Slot.SENDING if campaign.audience is not None and not is_over else state,
                audience=campaign.audience,
                cursor=campaign.cursor,
                began_at=campaign.launched_at if campaign.audience is not None else None,
                ended_at=campaign.ended_at,
                due_at=None if is_over else campaign.due_at or campaign.launched_at,
            )
            Campaign.objects.filter(pk=campaign.pk).update(due_at=None, token=None)


def as_launched_before(campaign: Campaign) -> dict:
    batch = campaign.coupon_batch_id
    variant = {
        "key": "a",
        "share": 100,
        "channel": campaign.channel,
        "content": campaign.content,
        "alternatives": campaign.alternatives,
        "coupon": batch,
    }
    segments = (campaign.segment_id,) if campaign.segment_id else ()
    return {
        "v": 1,
        "audience": Audience(segments=segments).stored(),
        "purpose": campaign.purpose,
        "variants": [variant],
        "schedule": None,
        "per_hour": None,
        "is_urgent": False,
    }


def advance(slots: list[CampaignSlot], now: datetime) -> None:
    for slot in slots:
        campaign = Campaign.objects.select_for_update(of=("self",), no_key=True).get(
            pk=slot.campaign_id
        )
        if campaign.status not in UNDER_WAY:  # paused or cancelled at this moment
            slot.done(due_at=now + LOOK_AGAIN)
            slot.save(update_fields=WORKED)
            continue
        firing = Firing(slot, campaign)
        slot.done(due_at=firing.step(now))
        slot.save()
        firing.tell_campaign(now)
        failpoints.reached("campaign.stepped")


class Firing:
    """One slot of its campaign, both locked."""

    def __init__(self, slot: CampaignSlot, campaign: Campaign):
        self.slot, self.campaign = slot, campaign
        self.plan: dict = slot.version.definition
        self.variants = {one["key"]: one for one in self.plan["variants"]}
        self.waves = variants.waves(self.plan)
        self.is_marketing = self.plan["purpose"] == Purpose.MARKETING

    def step(self, now: datetime) -> datetime | None:
        """One step, and when the next is due."""
        slot = self.slot
        if slot.state == Slot.SCHEDULED:
            return self.begin(now)
        if slot.audience is None:
            return self.gather(now)
        if is_far_ahead(self.campaign):
            return now + LOOK_AGAIN
        queued = self.next_batch().queue(f"campaign:{self.campaign.pk}", now)
        if queued.people:
            slot.cursor = queued.last
            return now + self.pause_after(queued.people)
        return self.next_wave(now) if slot.wave + 1 < len(self.waves) else self.end(now)

    def end(self, now: datetime) -> datetime | None:
        """It is done once its variants are counted and its messages have left."""
        slot = self.slot
        if not self.is_counted(now):
            slot.state = Slot.TESTING
            return slot.decide_at
        if self.messages().filter(state__in=[State.QUEUED, State.SENDING]).exists():
            return now + LOOK_AGAIN
        slot.state, slot.ended_at = Slot.DONE, now
        return None

    def begin(self, now: datetime) -> datetime | None:
        """Its time has come; the one after it stands in the schedule. One that was missed, and is
        not made up for, is over."""
        slot, schedule = self.slot, self.plan["schedule"]
        if schedule:
            zone = ZoneInfo(Workspace.get().time_zone)
            before = slot.at - timedelta(microseconds=1)
            wanted = schedules.due_slots(schedule, before, now, zone)
            following = next((at for at in wanted if at > slot.at), None) or next(
                iter(schedules.next_slots(schedule, max(slot.at, now), zone)), None
            )
            if following:
                add_slot(self.campaign, slot.version, following)
            if slot.at not in wanted:
                slot.state, slot.ended_at = Slot.MISSED, now
                return None
        if slot.subject is None:
            slot.subject = f"campaign:{self.campaign.pk}:{slot.pk}"
        slot.state, slot.began_at = Slot.WAITING, now
        return self.gather(now)

    def gather(self, now: datetime) -> datetime:
        """The audience is fixed, once the members follow what was saved when it began."""
        slot, audience = self.slot, Audience.read(self.plan["audience"])
        for segment in audience.named_segments():
            key = str(segment.pk)
            is_right, slot.wait[key] = catching_up.caught_up(segment, slot.wait.get(key))
            if not is_right:
                return now + (LOOK_AT_SEGMENT if segment.failed_at else LOOK_AGAIN)
        slot.state = Slot.SENDING
        if len(self.variants) > 1:
            slot.decide_at = slot.began_at + timedelta(hours=self.plan["test"]["decide_hours"])
        slot.audience = experiments.assign_people(
            slot.subject,
            audience.people(now),
            now=now,
            is_marketing=self.is_marketing,
            holdout_percent=self.plan.get("holdout_percent", 0),
            shares=variants.percents(self.plan),
        )
        return now

    def next_wave(self, now: datetime) -> datetime | None:
        """The arms after these leave once it is their time, or known what they get. None where a
        person has to say so."""
        slot, hours = self.slot, self.waves[self.slot.wave + 1].hours
        if hours is not None:
            at = slot.began_at + timedelta(hours=hours)
            if at > now:
                return at
        elif not slot.winner:
            is_over = self.is_counted(now)
            if not slot.winner:
                slot.state = Slot.TESTING
                return None if is_over else slot.decide_at
        slot.state, slot.wave, slot.cursor = Slot.SENDING, slot.wave + 1, 0
        return now

    def is_counted(self, now: datetime) -> bool:
        """Several variants are counted at the moment that was fixed, once; by that it is said what
        the rest gets, where it goes by itself."""
        slot = self.slot
        if slot.decide_at is None or slot.counted is not None:
            return True
        if slot.decide_at > now:
            return False
        slot.counted = deciding.count(slot, self.plan)
        if not slot.winner and variants.REST in variants.percents(self.plan):
            slot.winner = deciding.by_itself(slot.counted, self.plan["test"]["to_rest"])
            slot.winner_at = now if slot.winner else None
        return True

    def pause_after(self, n: int) -> timedelta:
        per_hour = self.plan.get("per_hour")
        return timedelta(hours=n / per_hour) if per_hour else timedelta()

    def next_batch(self) -> Batch:
        said = {key: self.said(variant) for key, variant in self.variants.items()}
        batch = Batch(self.slot, self.plan, said, self.waves)
        batch.size = min(BATCH, BATCH_WITH_OWN) if batch.asks_for_each else BATCH
        if per_hour := self.plan.get("per_hour"):
            batch.size = min(batch.size, max(per_hour // 60, 1))
        return batch

    def said(self, variant: dict) -> outbox.Intent:
        """What everybody of the variant is told."""
        return outbox.Intent(
            customer_id=0,
            origin_customer_id=0,
            effect_key="",
            channel=variant["channel"],
            purpose=self.plan["purpose"],
            content=variant["content"],
            alternatives=variant["alternatives"],
            campaign_id=self.campaign.pk,
            slot_id=self.slot.pk if self.is_new else None,
            is_urgent=self.plan.get("is_urgent", False),
            passes_caps=self.plan.get("passes_caps", False),
        )

    @property
    def is_new(self) -> bool:
        """Not taken over from the release before, whose messages name no slot."""
        return self.slot.subject != f"campaign:{self.campaign.pk}"

    def messages(self):
        return Message.objects.filter(
            campaign_id=self.campaign.pk, slot_id=self.slot.pk if self.is_new else None
        )

    def tell_campaign(self, now: datetime) -> None:
        """The campaign is as its firings are: one under way, one to come, or none left."""
        campaign = self.campaign
        slots = list(campaign.slots.values_list("state", "audience"))
        states = {state for state, _audience in slots}
        known = [audience for _state, audience in slots if audience is not None]
        campaign.audience = sum(known) if known else None
        for state, status in (
            (Slot.SENDING, Status.SENDING),
            (Slot.TESTING, Status.SENDING),
            (Slot.WAITING, Status.WAITING),
            (Slot.SCHEDULED, Status.SCHEDULED),
        ):
            if state in states:
                campaign.status = status
                break
        else:
            campaign.status, campaign.ended_at = Status.DONE, now
        campaign.save(update_fields=["status", "audience", "ended_at"])


def add_slot(campaign: Campaign, version: CampaignVersion, at: datetime) -> None:
    """It fires at this moment, once, however many say so."""
    CampaignSlot.objects.bulk_create(
        [CampaignSlot(campaign=campaign, version=version, at=at, due_at=at)], ignore_conflicts=True
    )


def is_far_ahead(campaign: Campaign) -> bool:
    waiting = Message.objects.filter(campaign_id=campaign.pk, state=State.QUEUED)
    return waiting[:MOST_WAITING].count() == MOST_WAITING
