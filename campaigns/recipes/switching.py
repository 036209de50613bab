"""A recipe is looked at as the journey that it would be, and switched on: once, whoever asks and
however often."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from campaigns.delivery.channels import channels
from campaigns.journeys import definition, reading
from campaigns.models import CouponBatch, Journey
from campaigns.recipes.parts import Choice, Recipe, Says, filled
from crm_project.web import trade_words
from customers.approval.deciding import NotApproved
from customers.models import Consent, CustomerAttribute, Namespace, Purpose, Segment, Trade
from customers.segments import membership
from events import words
from events.models import SeenEvent

IMAGINED = 2**31 - 1  # the number of a row that is not stored
LOCK = "SELECT pg_advisory_xact_lock(hashtext('campaigns.recipes'))"


@dataclass(frozen=True)
class Coupons:
    """What the marketer says of the coupons that the journey gives."""

    amount_off_fen: int
    threshold_fen: int
    valid_days: int
    stock: int
    per_customer: int = 1


@dataclass(frozen=True)
class Looked:
    """A recipe as it would be: checked, and with rows that nobody has stored."""

    stored: dict
    batch: CouponBatch | None
    segment: Segment | None

    @property
    def rows(self) -> list:
        return [row for row in (self.batch, self.segment) if row]


def looked_at(recipe: Recipe, *, trade: str, channel: str, has_coupon: bool) -> Looked:
    """In the language of this moment. Raises InvalidJourney where a recipe is wrong."""
    batch = None
    if has_coupon and recipe.coupon:
        batch = CouponBatch(
            pk=IMAGINED,
            name=str(recipe.coupon.name),
            kind=CouponBatch.Kind.AMOUNT,
            amount_off_fen=recipe.coupon.amount_off_fen,
            threshold_fen=recipe.coupon.threshold_fen,
            valid_seconds=recipe.coupon.valid_days * 86400,
        )
    segment = recipe.segment and Segment(
        pk=IMAGINED, name=str(recipe.segment.name), definition=recipe.segment.rule
    )
    stored = filled(recipe.definition, Choice(trade, channel, batch, segment))
    found = Looked(stored, batch, segment or None)
    with reading.imagining(found.rows):
        definition.check(stored)
    return found


def of(recipe: Recipe) -> Journey | None:
    """The journey that was made of it and has not ended."""
    made = Journey.objects.filter(recipe=recipe.key).exclude(status=Journey.Status.ENDED)
    return made.select_related("published").order_by("pk").first()


def switch_on(
    recipe: Recipe,
    *,
    namespace: Namespace,
    trade: str,
    channel: str,
    coupons: Coupons | None,
    holdout_percent: int | None = None,
    by,
    now: datetime,
    is_live: bool = True,
) -> tuple[Journey, bool]:
    """The journey with its segment and batch, live where nobody else has to approve of it, and
    whether it was made now. Called in the language that messages are sent in, and in the words of
    the trade."""
    with (
        transaction.atomic(),
        translation.override(settings.LANGUAGE_CODE),
        trade_words.spoken(trade),
    ):
        with connection.cursor() as cursor:
            cursor.execute(LOCK)
        if known := of(recipe):
            return known, False
        choice = Choice(
            trade,
            channel,
            batch_of(recipe, namespace, coupons),
            segment_of(recipe, by=by, now=now),
        )
        draft = filled(recipe.definition, choice)
        if recipe.is_marketing and holdout_percent is not None:
            draft["holdout_percent"] = holdout_percent
        definition.check(draft)
        journey = Journey.objects.create(
            name=free_name(str(recipe.name)),
            description=str(recipe.does),
            recipe=recipe.key,
            draft=draft,
        )
        if is_live:
            with suppress(NotApproved):  # it stays a draft, whose page says whom to ask
                definition.publish(journey, by=by, now=now)
        journey.refresh_from_db()
        return journey, True


def segment_of(recipe: Recipe, *, by, now: datetime) -> Segment | None:
    """The one of this name, if somebody has made it already."""
    if recipe.segment is None:
        return None
    name = str(recipe.segment.name)
    segment = Segment.objects.filter(name=name).first()
    if segment is None:
        segment = Segment(name=name)
        membership.save_definition(segment, recipe.segment.rule, by=by, now=now)
    return segment


def batch_of(recipe: Recipe, namespace: Namespace, coupons: Coupons | None) -> CouponBatch | None:
    if coupons is None or recipe.coupon is None:
        return None
    return CouponBatch.objects.create(
        namespace=namespace,
        name=str(recipe.coupon.name),
        kind=CouponBatch.Kind.AMOUNT,
        amount_off_fen=coupons.amount_off_fen,
        threshold_fen=coupons.threshold_fen,
        valid_seconds=coupons.valid_days * 86400,
        stock=coupons.stock,
        per_customer=coupons.per_customer,
    )


def free_name(name: str) -> str:
    """One that no journey has, such as one of the recipe that has ended."""
    taken = set(Journey.objects.filter(name__startswith=name).values_list("name", flat=True))
    names = (name, *(f"{name} {n}" for n in range(2, len(taken) + 3)))
    return next(one for one in names if one not in taken)


@dataclass(frozen=True)
class Lack:
    """Something without which nobody, or hardly anybody, is reached; and where it is mended."""

    text: str
    url: str = ""


def missing(recipe: Recipe, looked: Looked, channel: str) -> list[Lack]:
    """What is still missing for it to do something, in words."""
    with reading.imagining(looked.rows):
        journey = definition.read(looked.stored)
    found = []
    if not channels[channel].is_pull and not channels[channel]().carrier():
        found.append(Lack(_("Nothing can be sent by this channel so far.")))
    wanted = begins(journey)
    seen = set(SeenEvent.objects.filter(name__name__in=wanted).values_list("name__name", flat=True))
    found += [
        Lack(_("No event “%(name)s” has come in so far.") % {"name": words.event(name)}, connect())
        for name in sorted(wanted - seen)
    ]
    if recipe.attribute and not CustomerAttribute.objects.filter(key=recipe.attribute).exists():
        what = {"name": recipe.attribute}
        found.append(Lack(_("No customer has the attribute “%(name)s” so far.") % what, connect()))
    if recipe.is_marketing and not channels[channel].granted_by_default:
        agreed = Consent.objects.filter(
            channel=channel, purpose=Purpose.MARKETING, is_granted=True
        ).exists()
        if not agreed:
            found.append(
                Lack(
                    _(
                        "Nobody has agreed to marketing by this channel so far: ask for it, with"
                        " your text of consent, in the mini-program."
                    )
                )
            )
    return found


def begins(journey: definition.Definition) -> set[str]:
    """The events without which nobody enters."""
    starts = journey.trigger.starts()
    if starts:
        return {starts}
    return {"Booking Created"} if "booking" in journey.trigger.gives else set()


def connect() -> str:
    return reverse("admin:customers_source_changelist")


def texts(recipe: Recipe) -> list[Says]:
    """What it says to customers, in the order of its steps."""
    steps = recipe.definition["steps"].values()
    return [one["fields"] for one in steps if isinstance(one["fields"], Says)]


def trades_known() -> list[str]:
    """Those of the workspace's namespaces."""
    stated = set(Namespace.objects.exclude(trade="").values_list("trade", flat=True))
    return [one for one in Trade.values if one in stated]
