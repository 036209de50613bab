"""What the shop's books keep of somebody who is forgotten: orders and refunds with their money,
under no number that leads to a person."""

from django.db import connection

from crm_project.db.sets import literal
from customers.data_rights.erasing import Eraser

# The number is how the shop finds the person again; the rows still belong together.
ORDERS = """
WITH chosen AS (
   SELECT id, namespace_id, number AS known FROM events_order
    WHERE customer_id = ANY(%(ids)s::int[]) AND number NOT LIKE 'erased-%%' ORDER BY id FOR UPDATE),
 refunds AS (
   UPDATE events_refund r SET order_number = 'erased-' || chosen.id, number = 'erased-' || r.id,
     reason = ''
     FROM chosen WHERE (r.namespace_id, r.order_number) = (chosen.namespace_id, chosen.known))
UPDATE events_order o SET number = 'erased-' || o.id, coupon_code_digest = '' FROM chosen
  WHERE o.id = chosen.id
"""


class Books(Eraser):
    """Events, bookings, measurements and what is concluded from them go; the ledger of ids holds
    hashes and stays."""

    key = "events"
    keeps = ("events.Order",)

    def erase(self, customers, now):
        with connection.cursor() as cursor:
            cursor.execute(ORDERS, {"ids": literal(customers)})
