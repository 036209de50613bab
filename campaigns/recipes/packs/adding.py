"""What was ticked is there: under its name in the language that messages are sent in; adding it
again changes nothing."""

from collections import Counter
from collections.abc import Collection
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction
from django.utils import translation

from campaigns.recipes.packs.parts import Pack, ReadySegment
from campaigns.recipes.switching import LOCK
from crm_project.web import trade_words
from customers.models import Segment, Tag
from customers.segments import membership


def named(text, trade: str) -> str:
    with translation.override(settings.LANGUAGE_CODE), trade_words.spoken(trade):
        return str(text)


def there(pack: Pack, trade: str) -> dict[str, set[str]]:
    """By "segment" and "tag": the keys of what has been added already."""
    segments = {named(one.name, trade): one.key for one in pack.segments}
    tags = {named(one.name, trade): one.key for one in pack.tags}
    known = Segment.objects.filter(name__in=segments).values_list("name", flat=True)
    carried = Tag.objects.filter(name__in=tags).values_list("name", flat=True)
    return {"segment": {segments[name] for name in known}, "tag": {tags[name] for name in carried}}


@transaction.atomic
def add(
    pack: Pack,
    trade: str,
    *,
    segments: Collection[str],
    tags: Collection[str],
    by,
    now: datetime,
) -> Counter:
    """A tag that a rule gives brings its segment along. How many of each were made now."""
    made: Counter = Counter()
    with connection.cursor() as cursor:
        cursor.execute(LOCK)  # sent twice at once, the second finds what the first made
    by_key = {one.key: one for one in pack.segments}
    for one in pack.segments:
        if one.key in segments:
            segment_of(one, trade, made, by=by, now=now)
    for tag in pack.tags:
        name = named(tag.name, trade)
        if tag.key in tags and not Tag.objects.filter(name=name).exists():
            segment = segment_of(by_key[tag.by], trade, made, by=by, now=now) if tag.by else None
            Tag.objects.create(name=name, segment=segment)
            made["tag"] += 1
    return made


def segment_of(one: ReadySegment, trade: str, made: Counter, *, by, now: datetime) -> Segment:
    name = named(one.name, trade)
    segment = Segment.objects.filter(name=name).first()
    if segment is None:
        segment = Segment(name=name)
        membership.save_definition(segment, one.rule, by=by, now=now)
        made["segment"] += 1
    return segment
