"""A stable draw: the same customer falls into the same bucket of the same salt for ever, in Python
and in SQL."""

import hashlib

BUCKETS = 10_000  # the share of one is 0.01 percent

# The same bucket as `bucket()`, for sets that never pass through Python. Doubled percent signs: it
# stands in statements with parameters.
BUCKET = (
    "('x' || encode(substring(sha256(convert_to(%(salt)s || ':' || customer_id, 'UTF8')) FOR 7),"
    f" 'hex'))::bit(56)::bigint %% {BUCKETS}"
)


def bucket(salt: str, customer_id: int) -> int:
    """0 to 9,999, the same for ever. 56 bits of the hash, because that is what fits SQL's bigint
    without a sign."""
    return (
        int.from_bytes(hashlib.sha256(f"{salt}:{customer_id}".encode()).digest()[:7], "big")
        % BUCKETS
    )
