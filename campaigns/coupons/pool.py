"""Codes that were brought in a file, and wait for a coupon. Whoever takes some or gives some back
holds the batch's row."""

from collections.abc import Collection

from django.db import connection
from django.db.models import F

from campaigns.coupons import codes
from campaigns.models import BatchCode, Coupon, CouponBatch
from customers.privacy.sealing import seal, unseal

TAKE = """
DELETE FROM campaigns_batchcode WHERE id IN (
  SELECT id FROM campaigns_batchcode WHERE batch_id = %s ORDER BY id LIMIT %s
    FOR UPDATE SKIP LOCKED) RETURNING id, code, code_digest
"""
RENAME = """
UPDATE campaigns_coupon c SET code = r.code, code_digest = r.digest
  FROM unnest(%s::bigint[], %s::bytea[], %s::text[]) AS r (id, code, digest) WHERE c.id = r.id
"""
# Before anybody uses one it is nobody's: a code that a coupon or everybody has is not taken in.
ADD = """
WITH brought AS (
  SELECT * FROM unnest(%(codes)s::bytea[], %(digests)s::text[]) AS r (code, digest)
)
INSERT INTO campaigns_batchcode (batch_id, code, code_digest)
SELECT %(batch)s, code, digest FROM brought r
 WHERE NOT EXISTS (SELECT FROM campaigns_coupon c WHERE c.code_digest = r.digest)
   AND NOT EXISTS (SELECT FROM campaigns_couponbatch b WHERE b.shared_digest = r.digest)
ON CONFLICT (code_digest) DO NOTHING RETURNING code_digest
"""


def place() -> str:
    return BatchCode._meta.get_field("code").place()


def taken(batch: CouponBatch, n: int) -> list[str]:
    """So many codes, the first that came; they are the caller's now."""
    with connection.cursor() as cursor:
        cursor.execute(TAKE, [batch.pk, n])
        rows = sorted(cursor.fetchall())
    count(batch.pk, -len(rows))
    return [unseal(code, place=place(), row=[digest]) for _pk, code, digest in rows]


def give_back(coupons: Collection[Coupon]) -> None:
    """The codes of these coupons, which nobody has seen, are free for others; the coupons keep one
    that was made here."""
    if not coupons:
        return
    known = Coupon.objects.filter(pk__in=[one.pk for one in coupons]).order_by("pk")
    batches: dict[int, dict[str, str]] = {}
    ids, sealed, digests = [], [], []
    own = Coupon._meta.get_field("code").place()
    for one in known.only("batch", "code", "code_digest"):
        batches.setdefault(one.batch_id, {})[one.code_digest] = one.code
        code = codes.new()
        ids.append(one.pk)
        digests.append(codes.digest(code))
        sealed.append(seal(code, place=own, row=[digests[-1]]))
    with connection.cursor() as cursor:
        cursor.execute(RENAME, [ids, sealed, digests])
    for batch, free in sorted(batches.items()):
        added(batch, free)


def added(batch: int, free: dict[str, str]) -> set[str]:
    """The codes by digest wait in this batch; those that could not, since somebody has them
    already, are missing from the answer."""
    sealed = [seal(code, place=place(), row=[digest]) for digest, code in free.items()]
    with connection.cursor() as cursor:
        cursor.execute(ADD, {"batch": batch, "codes": sealed, "digests": list(free)})
        done = {digest for (digest,) in cursor.fetchall()}
    count(batch, len(done))
    return done


def count(batch: int, n: int) -> None:
    CouponBatch.objects.filter(pk=batch).update(codes_left=F("codes_left") + n)
