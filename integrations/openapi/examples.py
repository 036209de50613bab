"""One request for each call, as a shop would send it. A test sends them all."""

AT = "2026-11-24T10:00:00+08:00"
WHO = {"member_id": "10086"}

DOORS = {
    "api/v1/customers": {
        "occurred_at": AT,
        "identities": {
            "member_id": "10086",
            "openid": "oXa1b2c3d4e5f6g7h8i9j0k1l2m3",
            "phone": "13812345678",
            "phone_verified": True,
            "anonymous_id": "v-1",
        },
        "registered": True,
        "attributes": {"name": "王小明", "level": "gold", "vip": True},
        "consents": [
            {"channel": "sms", "purpose": "marketing", "granted": True, "version": "2026-11"}
        ],
    },
    "api/v1/events": {
        "id": "view-1",
        "name": "Product Viewed",
        "occurred_at": AT,
        "identities": {"anonymous_id": "v-1"},
        "properties": {"product_id": "P1", "price_fen": 19900},
    },
    "api/v1/orders": {
        "number": "1001",
        "status": "paid",
        "occurred_at": AT,
        "identities": WHO,
        "total_fen": 19900,
        "discount_fen": 1000,
        "lines": [
            {
                "product_id": "P1",
                "name": "龙井",
                "category": "茶",
                "quantity": 1,
                "price_fen": 19900,
            }
        ],
    },
    "api/v1/refunds": {
        "number": "R1",
        "order_number": "1001",
        "amount_fen": 5000,
        "occurred_at": AT,
        "reason": "broken",
    },
    "api/v1/bookings": {
        "number": "B1001",
        "status": "booked",
        "kind": "class",
        "occurred_at": AT,
        "identities": WHO,
        "starts_at": "2026-11-28T15:00:00+08:00",
        "ends_at": "2026-11-28T16:00:00+08:00",
        "product_id": "C1",
        "name": "钢琴一级",
        "category": "音乐",
        "place": "3 号琴房",
        "resource": "林老师",
    },
    "api/v1/measurements": {
        "id": "m-1",
        "kind": "test_score",
        "value": 92.5,
        "unit": "分",
        "text": "A",
        "product_id": "C1",
        "booking_number": "B1001",
        "occurred_at": AT,
        "identities": WHO,
    },
    "api/v1/consents": {
        "identities": WHO,
        "channel": "sms",
        "purpose": "marketing",
        "granted": False,
        "occurred_at": AT,
    },
    "api/v1/products": {
        "product_id": "P1",
        "name": "龙井",
        "category": "茶",
        "price_fen": 19900,
        "stock": 100,
        "picture_url": "https://shop.example/p1.jpg",
        "occurred_at": AT,
    },
}
USE = {
    "code": "7F3K9M2QXW4T",
    "order_number": "1001",
    "total_fen": 19900,
    "lines": [{"product_id": "P1", "price_fen": 19900}],
}
MOVES = {
    "api/v1/coupons/reserve": USE,
    "api/v1/coupons/redeem": USE,
    "api/v1/coupons/release": {"order_number": "1001"},
    "api/v1/journeys/start": {
        "journey": 7,
        "id": "appointment-1001",
        "identities": {"member_id": "10086"},
        "data": {"doctor": "林医生"},
    },
    "api/v1/messages/read": {"message_ids": [1, 2], "occurred_at": AT},
}
