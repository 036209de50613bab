"""Sends a batch of events to Hutong as a server source does: signed by Standard Webhooks, tried
again with the same ids where that may help. Python's own library only.

    HUTONG_URL=https://crm.example.com HUTONG_KEY=… HUTONG_SECRET=whsec_… python3 send_events.py
"""

import base64
import hashlib
import hmac
import json
import os
import sys
import time
import urllib.error
import urllib.request
import uuid
from datetime import datetime, timezone

TRIES = 5


def signed(body, key, secret):
    """The headers of this body, sent now."""
    message_id, stamp = uuid.uuid4().hex, str(int(time.time()))
    secret_bytes = base64.b64decode(secret.removeprefix("whsec_"))
    mac = hmac.new(secret_bytes, f"{message_id}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "Content-Type": "application/json",
        "Authorization": f"Bearer {key}",
        "webhook-id": message_id,
        "webhook-timestamp": stamp,
        "webhook-signature": "v1," + base64.b64encode(mac).decode(),
    }


def post(path, body, url, key, secret):
    """(status, answer). After 429, 5xx or no answer the same bytes are sent again, signed anew."""
    for attempt in range(1, TRIES + 1):
        request = urllib.request.Request(url + path, body, signed(body, key, secret))
        wait = 2**attempt
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refused:
            if (refused.code != 429 and refused.code < 500) or attempt == TRIES:
                return refused.code, json.load(refused)
            wait = int(refused.headers.get("Retry-After") or wait)
        except OSError:  # no answer: whether it was stored is not known, and does not matter
            if attempt == TRIES:
                raise
        time.sleep(min(wait, 60))


def main():
    url, key, secret = (os.environ[f"HUTONG_{name}"] for name in ("URL", "KEY", "SECRET"))
    now = datetime.now(timezone.utc).isoformat()
    visitor = {"member_id": "10086", "anonymous_id": "device-1"}
    events = [
        {
            "id": f"view-{uuid.uuid4()}",  # yours: kept with the event until it is stored
            "name": "Product Viewed",
            "occurred_at": now,
            "identities": visitor,
            "properties": {"product_id": "P1", "price_fen": 19900},
        },
        {
            "id": f"cart-{uuid.uuid4()}",
            "name": "Product Added",
            "occurred_at": now,
            "identities": visitor,
            "properties": {"product_id": "P1", "名称": "福鼎白茶"},
        },
    ]
    body = json.dumps({"batch": events}, ensure_ascii=False).encode()
    status, answer = post("/api/v1/events", body, url.rstrip("/"), key, secret)
    print(status, json.dumps(answer, ensure_ascii=False))
    return 0 if status in (200, 202) and not answer["rejected"] else 1


if __name__ == "__main__":
    sys.exit(main())
