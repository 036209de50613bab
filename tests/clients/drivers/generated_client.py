"""A client that was generated from the product's own description: url, key, secret, read token,
coupon's code. Prints what it was answered."""

import json
import sys
import time
import uuid

from dateutil.parser import isoparse
from generated.api.doors import customers_post, orders_post
from generated.api.server_api import coupons_list, coupons_redeem, customers_find, orders_list
from generated.client import AuthenticatedClient
from generated.models import CustomerItem, Identities, OrderItem, OrdersPostBodyType1, Use
from generated.models.order_item_status import OrderItemStatus
from signing import sign

url, key, secret, token, code = sys.argv[1:]


def signed(request):
    """Standard Webhooks over the bytes as they are sent."""
    number, now = uuid.uuid4().hex, int(time.time())
    request.headers.update(
        {
            "webhook-id": number,
            "webhook-timestamp": str(now),
            "webhook-signature": sign(secret, number, now, request.read()),
        }
    )


writes = AuthenticatedClient(
    base_url=url,
    token=key,
    httpx_args={"event_hooks": {"request": [signed]}},
    raise_on_unexpected_status=True,
)
reads = AuthenticatedClient(base_url=url, token=token, raise_on_unexpected_status=True)
who = Identities(member_id="10086")
AT = isoparse("2026-11-24T10:00:00+08:00")
said = {}

said["customer"] = customers_post.sync(
    client=writes, body=CustomerItem(identities=who, registered=True, occurred_at=AT)
).to_dict()
for n in range(5):
    order = OrderItem(
        number=f"O-{n}",
        status=OrderItemStatus.PAID,
        occurred_at=AT,
        identities=who,
        total_fen=100 + n,
    )
    said["order"] = orders_post.sync(client=writes, body=order).to_dict()
said["again"] = orders_post.sync(client=writes, body=order).to_dict()
bad = OrderItem(
    number="x" * 200, status=OrderItemStatus.PAID, occurred_at=AT, identities=who, total_fen=1
)
said["bad"] = orders_post.sync(client=writes, body=bad).to_dict()
said["mixed"] = orders_post.sync(
    client=writes, body=OrdersPostBodyType1(batch=[order, bad])
).to_dict()
said["none"] = orders_post.sync(client=writes, body=OrdersPostBodyType1(batch=[bad, bad])).to_dict()

said["found"] = [one.name for one in customers_find.sync(client=reads, member_id="10086").results]
pages, cursor = [], None
while True:
    more = {} if cursor is None else {"cursor": cursor}
    page = orders_list.sync(client=reads, member_id="10086", limit=2, **more)
    pages.append([one.number for one in page.results])
    cursor = page.next_
    if cursor is None:
        break
said["pages"] = pages
said["coupons"] = [
    (one.code, one.state.value)
    for one in coupons_list.sync(client=reads, member_id="10086").results
]
said["redeemed"] = coupons_redeem.sync(
    client=writes, body=Use(code=code, order_number="O-0", total_fen=20000)
).to_dict()
said["unknown"] = coupons_redeem.sync(
    client=writes, body=Use(code="7F3K9M2QXW4T", order_number="O-1", total_fen=20000)
).to_dict()
said["nobody"] = orders_list.sync(
    client=AuthenticatedClient(base_url=url, token="hrt_unknown"), member_id="10086"
).to_dict()
print(json.dumps(said, default=str))
