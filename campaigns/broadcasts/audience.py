"""Whom a campaign means: segments in and out, those of another campaign, one store's or owner's.

Asked when a firing begins, and by the page while somebody still writes; always in sets.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _
from pyroaring import BitMap

from campaigns.models import Campaign
from customers.models import Segment, Store
from customers.segments import rules
from customers.segments.conditions.base import asked

After = Campaign.After
MEMBERS = "SELECT DISTINCT customer_id FROM customers_membership WHERE segment_id = ANY(%(ids)s)"
OF_CAMPAIGN = "campaign_id = %(campaign)s AND NOT is_test"
GOT = f"{OF_CAMPAIGN} AND sent_at IS NOT NULL AND state <> 'failed'"
# Held out of it, they stay without it.
MEANT = f"SELECT customer_id FROM campaigns_message WHERE {OF_CAMPAIGN} AND reason <> 'holdout'"  # noqa: S608
THEIRS = {
    "got": f"SELECT customer_id FROM campaigns_message WHERE {GOT}",  # noqa: S608
    "opened": f"SELECT customer_id FROM campaigns_message WHERE {GOT}"  # noqa: S608
    " AND (opened_at IS NOT NULL OR clicked_at IS NOT NULL)",
    "bought": f"""SELECT customer_id FROM campaigns_message m WHERE {GOT} AND EXISTS (
        SELECT FROM events_order o WHERE o.customer_id = m.customer_id AND o.paid_at > m.sent_at
           AND o.paid_at <= %(now)s)""",  # noqa: S608
}


@dataclass(frozen=True, slots=True)
class Audience:
    """As it is stored in a version: ids only."""

    segments: tuple[int, ...] = ()
    without: tuple[int, ...] = ()
    after: int | None = None
    after_what: str = ""
    store: int | None = None
    owner: int | None = None

    def stored(self) -> dict:
        return {
            "segments": list(self.segments),
            "without": list(self.without),
            "after": self.after,
            "after_what": self.after_what,
            "store": self.store,
            "owner": self.owner,
        }

    @classmethod
    def read(cls, stored: dict) -> "Audience":
        return cls(**{**stored, **{k: tuple(stored[k]) for k in ("segments", "without")}})

    @property
    def means_anybody(self) -> bool:
        return bool(self.segments or self.after)

    def named_segments(self) -> list[Segment]:
        """All whose members must be right before anybody is written to."""
        ids = {*self.segments, *self.without}
        return list(Segment.objects.filter(pk__in=ids).order_by("pk"))

    def people(self, now: datetime) -> BitMap:
        """Who is meant now; nobody where nothing says who."""
        if not self.means_anybody:
            return BitMap()
        found = members(self.segments) if self.segments else None
        if self.after:
            theirs = of_campaign(self.after, self.after_what or After.GOT, now)
            found = theirs if found is None else found & theirs
        found = (found or BitMap()) - members(self.without)
        for leaf in self.conditions():
            found = rules.Evaluation(now, found).of(leaf)
        return rules.everyone(found) if found else found

    def conditions(self) -> list[dict]:
        leaves: list[dict] = []
        if self.store:
            leaves.append({"condition": "owner", "who": "store", "stores": [self.store]})
        if self.owner:
            leaves.append({"condition": "owner", "who": "staff", "staff": [self.owner]})
        return leaves

    def words(self) -> list[tuple[str, str]]:
        """(what, who) for people; a part that is gone is named by its number."""
        names = dict(
            Segment.objects.filter(Q(pk__in=self.segments) | Q(pk__in=self.without)).values_list(
                "pk", "name"
            )
        )

        def joined(ids) -> str:
            return ", ".join(f"“{names.get(pk, f'#{pk}')}”" for pk in ids)

        found = [(_("segment"), joined(self.segments))] if self.segments else []
        if self.without:
            found.append((_("but in none of"), joined(self.without)))
        if self.after:
            of = Campaign.objects.filter(pk=self.after).first()
            what = After(self.after_what or After.GOT).label
            found.append((_("only those of the campaign"), f"“{of or self.after}”: {what}"))
        if self.store:
            of_store = Store.objects.filter(pk=self.store).first()
            found.append((_("only of the store"), str(of_store or self.store)))
        if self.owner:
            owner = Campaign._meta.get_field("owner").related_model.objects.filter(pk=self.owner)
            found.append((_("only those looked after by"), str(owner.first() or self.owner)))
        return found


def of(campaign: Campaign) -> Audience:
    """As the draft says it."""
    more = list(campaign.more_segments.order_by("pk").values_list("pk", flat=True))
    without = campaign.without_segments.order_by("pk").values_list("pk", flat=True)
    first = [campaign.segment_id] if campaign.segment_id else []
    return Audience(
        segments=tuple(first + [pk for pk in more if pk not in first]),
        without=tuple(without),
        after=campaign.after_id,
        after_what=campaign.after_what if campaign.after_id else "",
        store=campaign.store_id,
        owner=campaign.owner_id,
    )


def members(segments: tuple[int, ...]) -> BitMap:
    return asked(MEMBERS, {"ids": list(segments)}) if segments else BitMap()


def of_campaign(campaign_id: int, what: str, now: datetime) -> BitMap:
    """Those of its people of whom that is so."""

    def theirs(sql: str) -> BitMap:
        return asked(sql, {"campaign": campaign_id, "now": now})

    if what == After.NOT_GOT:
        return theirs(MEANT) - theirs(THEIRS["got"])
    if what == After.OPENED:
        return theirs(THEIRS["opened"])
    lacking = {After.NOT_OPENED: "opened", After.NOT_BOUGHT: "bought"}.get(After(what))
    return theirs(THEIRS["got"]) - (theirs(THEIRS[lacking]) if lacking else BitMap())
