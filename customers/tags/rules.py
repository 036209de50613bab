"""Tags by rule: the members of a segment carry them, nobody else does; kept in the evaluator's own
pass, in sets (CRM_DERIVED_STATE).

A segment's members become others in one pass (a trigger notes whom, where a tag hangs on it) and
carry the tag in the next; who asks for the tag is looked at in that same pass.
"""

import hashlib
from datetime import datetime

from pyroaring import BitMap

from crm_project.db.sets import literal
from customers.models import Tag
from customers.segments import rules
from customers.segments.derived import DerivedState
from customers.tags import tagging

MISSING = """
SELECT t.id, m.customer_id FROM customers_tag t JOIN customers_membership m
  ON m.segment_id = t.segment_id
 WHERE t.id = %(tag)s AND m.customer_id = ANY(%(ids)s::int[])
   AND NOT EXISTS (SELECT FROM customers_customertag o WHERE (o.tag_id, o.customer_id) = (t.id,
     m.customer_id) AND o.expires_at IS NULL)
"""
# Those that are kept for a while have their term already.
WITHOUT_MEMBERSHIP = """
 o.tag_id = %(tag)s AND o.customer_id = ANY(%(ids)s::int[]) AND o.expires_at IS NULL
 AND NOT EXISTS (SELECT FROM customers_membership m WHERE m.segment_id = %(segment)s
   AND m.customer_id = o.customer_id)
"""
KEEP_FOR_A_WHILE = """
WITH chosen AS (SELECT o.id FROM customers_customertag o WHERE {which} ORDER BY o.customer_id,
  o.id FOR UPDATE),
 kept AS (UPDATE customers_customertag o SET expires_at = %(now)s + make_interval(days => %(days)s)
   FROM chosen WHERE o.id = chosen.id
          RETURNING o.customer_id, o.origin_customer_id, o.tag_id, o.expires_at)
{note} SELECT customer_id, origin_customer_id, tag_id, true, %(now)s, %(by)s, '', expires_at
  FROM kept
"""


class GivenByRule(DerivedState):
    """Every member of a tag's segment carries the tag without a term; whoever is none has lost it,
    or keeps it for the days it says."""

    key = "tags"
    reads = frozenset({"membership", "tag"})  # a merge brings a tag to somebody who is no member

    def version(self):
        rows = Tag.objects.exclude(segment=None).order_by("pk").values_list("pk", "segment_id")
        return hashlib.sha256(repr(list(rows)).encode()).hexdigest()[:32]

    def keep(self, candidates: BitMap, now: datetime):
        ids, changed = literal(candidates), 0
        for tag in Tag.objects.exclude(segment=None).order_by("pk"):
            params, by = (
                {
                    "tag": tag.pk,
                    "segment": tag.segment_id,
                    "ids": ids,
                },
                f"segment:{tag.segment_id}",
            )
            changed += tagging.put(MISSING, params, by=by, why="", until=None, now=now)
            if tag.keep_days:
                sql = KEEP_FOR_A_WHILE.format(which=WITHOUT_MEMBERSHIP, note=tagging.NOTE)
                changed += tagging.written(
                    sql, {**params, "by": by, "now": now, "days": tag.keep_days}
                )
            else:
                changed += tagging.take(WITHOUT_MEMBERSHIP, params, by=by, why="", now=now)
        return {"tag"} if changed else set()


def gives_itself(tag: Tag, segment) -> bool:
    """Whether the segment, directly or through others, asks for the tag that it is to give."""
    _segments, leaves = rules.behind(segment.definition)
    return any(leaf.key == "tag" and tag.pk in leaf.ids() for leaf in leaves)
