"""What a document says of the rows that it brings with it, and how they are made of it."""

from collections.abc import Callable
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from campaigns.delivery.channels import channels
from campaigns.journeys.portable.references import of_rule
from campaigns.models import CouponBatch, Template
from customers.models import Namespace, Segment, Tag, TagGroup
from customers.segments import membership, rules

BATCH = (
    "kind",
    "amount_off_fen",
    "percent_off",
    "most_off_fen",
    "threshold_fen",
    "products",
    "categories",
    "valid_seconds",
    "per_customer",
)
MOMENTS = ("valid_from", "valid_until")
TAG = ("colour", "lasts_days", "keep_days")


def described(row: Model, refer: Callable, path: str) -> dict:
    """`refer(model, number, path)` gives the reference to another row."""
    return DESCRIBE[type(row)](row, refer, path)


def segment(row: Segment, refer, path) -> dict:
    found = {"kind": row.kind, "description": row.description}
    is_rule = row.kind == Segment.Kind.RULE
    return found | ({"rule": of_rule(row.definition, refer, path)} if is_rule else {})


def tag(row: Tag, refer, path) -> dict:
    found = {name: getattr(row, name) for name in TAG}
    found["group"] = row.group.name if row.group else None
    return found | ({"segment": refer(Segment, row.segment_id, path)} if row.segment_id else {})


def batch(row: CouponBatch, _refer, _path) -> dict:
    """Its terms; not how many there are, nor what they may cost."""
    moments = {name: at.isoformat() if (at := getattr(row, name)) else None for name in MOMENTS}
    return {name: getattr(row, name) for name in BATCH} | moments


def template(row: Template, refer, path) -> dict:
    said = {name: value for name, value in row.content.items() if value}
    found = {"channel": row.channel, "purpose": row.purpose, "content": said}
    other = {"otherwise": refer(Template, row.fallback_id, path)} if row.fallback_id else {}
    return found | other


DESCRIBE: dict[type[Model], Callable[..., dict]] = {
    Segment: segment,
    Tag: tag,
    CouponBatch: batch,
    Template: template,
}


# -- and back: `said` is what the document says, its references being numbers already


def make_segment(name: str, said: dict, *, by, now: datetime) -> Segment:
    kind = said.get("kind")
    row = Segment(name=name, kind=kind, description=text(said, "description"), created_by=by)
    if kind == Segment.Kind.LIST:
        row.full_clean(exclude=["created_by", "definition"])
        row.save()
        return row
    row.full_clean(exclude=["created_by", "definition"])
    if not by.has_perms(rules.needs(said.get("rule") or {})):
        raise ValidationError(_("You may not use one of these conditions."))
    try:
        return membership.save_definition(row, said.get("rule") or {}, by=by, now=now)
    except rules.InvalidRule as wrong:
        raise ValidationError(wrong.messages) from wrong


def make_tag(name: str, said: dict, *, by, now: datetime) -> Tag:
    row = Tag(name=name, segment_id=said.get("segment"))
    for field in TAG:
        if said.get(field) is not None:
            setattr(row, field, said[field])
    if group := text(said, "group"):
        row.group = TagGroup.objects.filter(name=group).first() or made_group(group)
    row.full_clean()
    row.save()
    return row


def made_group(name: str) -> TagGroup:
    group = TagGroup(name=name)
    group.full_clean()
    group.save()
    return group


def make_batch(name: str, said: dict, *, by, now: datetime) -> CouponBatch:
    """Switched off and without stock: whoever wants to give coupons of it says how many."""
    namespace = Namespace.objects.order_by("pk").first()
    if namespace is None:
        raise ValidationError(_("There is no shop yet that coupons could be for."))
    row = CouponBatch(name=name, namespace=namespace, is_active=False, stock=0)
    for field in BATCH:
        if field in said:
            setattr(row, field, said[field])
    for field in MOMENTS:
        setattr(row, field, moment(said.get(field)))
    row.full_clean()
    row.save()
    return row


YEARS = range(2000, 2200)


def moment(said) -> datetime | None:
    try:
        found = parse_datetime(said) if isinstance(said, str) else None
    except ValueError:
        found = None
    is_meant = found is not None and found.tzinfo is not None and found.year in YEARS
    if said is not None and not is_meant:
        raise ValidationError(_("“%(said)s” is no moment.") % {"said": str(said)[:40]})
    return found


def make_template(name: str, said: dict, *, by, now: datetime) -> Template:
    key, content = said.get("channel"), said.get("content")
    channel = channels.by_key.get(key) if isinstance(key, str) else None
    if channel is None or not isinstance(content, dict):
        raise ValidationError(_("There is no such channel."))
    form = channel.Content(data=content)
    if not form.is_valid():
        raise ValidationError([text for texts in form.errors.values() for text in texts])
    row = Template(
        name=name,
        channel=key,
        purpose=said.get("purpose"),
        content=form.cleaned_data,
        fallback_id=said.get("otherwise"),
    )
    row.full_clean()
    row.save()
    return row


def text(said: dict, name: str) -> str:
    value = said.get(name)
    return value if isinstance(value, str) else ""


MAKE: dict[str, Callable[..., Model]] = {
    "segment": make_segment,
    "tag": make_tag,
    "batch": make_batch,
    "template": make_template,
}
