"""The oracle of the walk: read from rows by plain SQL and plain loops, sharing nothing with the
product's own code."""

from datetime import timedelta

CHAINS = """
    SELECT e.customer_id AS event_customer, r.customer_id AS run_customer,
      c.customer_id AS coupon_customer,
           m.customer_id AS message_customer, o.customer_id AS order_customer,
           e.occurred_at, r.entered_at, c.issued_at, m.sent_at, c.redeemed_at, o.paid_at,
           o.number, o.discount_fen, c.discount_fen AS coupon_discount_fen
    FROM campaigns_run r
    JOIN events_event e ON e.id = r.event_id AND e.occurred_at = r.event_occurred_at
    JOIN campaigns_coupon c ON c.run_id = r.id
    JOIN campaigns_couponbatch b ON b.id = c.batch_id
    JOIN campaigns_message m ON m.run_id = r.id AND m.coupon_id = c.id
    JOIN campaigns_couponmove v ON v.coupon_id = c.id AND v.state = 'redeemed'
    JOIN events_order o ON o.number = c.order_number AND o.namespace_id = b.namespace_id
      AND o.number = v.order_number
    WHERE c.state = 'redeemed' AND m.state = 'sent' AND o.paid_at IS NOT NULL
"""


def chains(product) -> list[dict]:
    """Event, run, coupon, message, order and redemption, linked by keys."""
    return product.rows(CHAINS)


def survivors(product) -> dict[int, int]:
    """Each merged customer's last survivor."""
    into = {
        row["id"]: row["merged_into_id"]
        for row in product.rows("SELECT id, merged_into_id FROM customers_customer")
    }

    def last(customer):
        while into[customer] is not None:
            customer = into[customer]
        return customer

    return {customer: last(customer) for customer in into}


def attributed_net_fen(product, since, until) -> int:
    """Each order paid in the period counts when a message was sent to its customer within the
    window before."""
    days = product.count("SELECT attribution_days FROM customers_workspace")
    sent = product.rows("SELECT customer_id, sent_at FROM campaigns_message WHERE state = 'sent'")
    total = 0
    for order in product.rows(
        "SELECT customer_id, paid_at, net_fen FROM events_order WHERE paid_at IS NOT NULL"
    ):
        if not since <= order["paid_at"] < until:
            continue
        window_begins = order["paid_at"] - timedelta(days=days)
        for message in sent:
            if (
                message["customer_id"] == order["customer_id"]
                and window_begins < message["sent_at"] <= order["paid_at"]
            ):
                total += order["net_fen"]
                break
    return total
