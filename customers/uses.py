"""What uses a segment, a tag, a batch: whoever knows says so (CRM_USES), and what is used is not
deleted."""

from collections.abc import Collection, Iterator
from typing import NamedTuple

from django.conf import settings
from django.db.models import Model
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from crm_project.templatetags.hutong import page_of
from customers.models import Segment, Tag
from customers.segments import rules


class Use(NamedTuple):
    """One user of a row, in words, and its page."""

    what: str
    url: str = ""


def of(model: type[Model], numbers: Collection[int]) -> dict[int, list[Use]]:
    """Who uses these rows of the model, by row."""
    found: dict[int, list[Use]] = {pk: [] for pk in numbers}
    if found:
        for path in settings.CRM_USES:
            for pk, use in import_string(path)(model, found.keys()):
                found[pk].append(use)
    return found


def by_segments(model: type[Model], numbers: Collection[int]) -> Iterator[tuple[int, Use]]:
    """Rules of segments that name one of these rows."""
    for segment in Segment.objects.filter(kind=Segment.Kind.RULE).order_by("name"):
        for pk in sorted(rules.references(segment.definition).get(model, set()) & set(numbers)):
            yield pk, Use(_("the segment “%(name)s”") % {"name": segment}, page_of(segment))


def by_tags(model: type[Model], numbers: Collection[int]) -> Iterator[tuple[int, Use]]:
    """Tags that one of these segments gives."""
    for tag in (
        Tag.objects.filter(segment__in=list(numbers)).order_by("name") if model is Segment else ()
    ):
        yield tag.segment_id, Use(_("the tag “%(name)s”") % {"name": tag}, page_of(tag))
