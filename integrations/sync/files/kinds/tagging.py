"""Tags that a file puts on: of a column, and those that all its people get."""

from collections import defaultdict
from collections.abc import Sequence

from django.utils.translation import gettext as _

from crm_project.jobs.kinds import Refused
from customers.models import CustomerTag, Tag
from customers.tags import tagging
from integrations.sync.files.kinds.base import Made, Setting
from integrations.sync.files.kinds.known import Who

MOST_NEW = 200  # tags that one file may bring
LONGEST = Tag._meta.get_field("name").max_length or 60


def wanted(one: Made, setting: Setting) -> set[str]:
    """The names of the tags that this row's person is to carry."""
    named = one.draft.values.get("tags") or ()
    return {name[:LONGEST] for name in (*named, *setting.options.get("tags", ()))}


def worn(made: Sequence[Made], who: Sequence[Who], setting: Setting) -> dict[int, set[str]]:
    """Which of the wanted tags the customers of a batch carry already."""
    names = set().union(*(wanted(one, setting) for one in made)) if made else set()
    found: dict[int, set[str]] = defaultdict(set)
    if names:
        rows = CustomerTag.objects.filter(
            customer__in=[one.one for one in who if one.one], tag__name__in=names
        ).valid(setting.now)
        for customer, name in rows.values_list("customer_id", "tag__name"):
            found[customer].add(name)
    return found


def put_on(made: Sequence[Made], setting: Setting, job) -> None:
    """Whoever is written carries the tags; those that do not exist do then. Raises Refused."""
    whom: dict[str, list[int]] = defaultdict(list)
    for one in made:
        if one.is_written and one.origin and one.before:
            for name in one.before.get("tags", ()):
                whom[name].append(one.origin)
    tags = existing(whom, job)
    for name in sorted(whom):
        try:
            tagging.put_on(
                tags[name],
                whom[name],
                by=f"user:{job.by}" if job.by else "",
                why=job.params["file"],
                until=tagging.term(tags[name], setting.now),
                now=setting.now,
            )
        except tagging.CannotTag as refused:
            raise Refused(str(refused)) from refused


def existing(names, job) -> dict[str, Tag]:
    tags = {tag.name: tag for tag in Tag.objects.filter(name__in=names).select_related("group")}
    new = sorted(set(names) - tags.keys())
    job.memo["new_tags"] = job.memo.get("new_tags", 0) + len(new)
    if job.memo["new_tags"] > MOST_NEW:
        raise Refused(
            _("This file would make more than %(n)d new tags: is this the column of the tags?")
            % {"n": MOST_NEW}
        )
    for name in new:
        tags[name] = Tag.objects.get_or_create(name=name)[0]
    return tags
