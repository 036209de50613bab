"""Are these two events about the same thing? Matching keys are sets: an order has many products
(decision 11).

The one place that says what "A and then no B within T" means; the segment condition and the
journey's trigger share it.
"""

# An event B that ends the wait which A began: not A itself, at A's moment or up to T later, and not
# from the future.
ENDS = """
b.name_id = %(second)s AND b.customer_id = a.customer_id AND b.id <> a.event_id
AND b.occurred_at >= a.occurred_at AND b.occurred_at <= a.occurred_at + make_interval(secs => %(within)s) AND b.occurred_at <= %(now)s
"""  # noqa: E501
# The number of a product means something within its shop only. Of what a run began with before it
# noted its source, any shop's counts.
SAME_PRODUCT = """
AND b.keys && a.keys AND (a.source_id IS NULL OR (SELECT namespace_id FROM customers_source
  WHERE id = a.source_id) =
                                                 (SELECT namespace_id FROM customers_source
                                                   WHERE id = b.source_id))
"""


def ends(*, same_product: bool) -> str:
    """SQL over rows `a` (event_id, source_id, customer_id, occurred_at, keys) and events `b`;
    parameters second, within, now."""
    return ENDS + (SAME_PRODUCT if same_product else "")
