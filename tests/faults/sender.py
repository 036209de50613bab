"""A shop's server in a thread: it posts its events until each is acknowledged, whatever happens to the other side."""

import json
import logging
import threading
import time
import uuid
from datetime import UTC, datetime
from random import Random

import httpx

from integrations import signatures

WATCHED, NOISE = "Watched", "Noise"
logging.getLogger("httpx").setLevel(logging.WARNING)  # a line per request hides what a failing test has to say


def event(number: int, dice: Random) -> dict:
    return {
        "id": f"event-{number:05}",
        "name": WATCHED if number % 10 == 0 else NOISE,
        "occurred_at": datetime.now(UTC).isoformat(),
        "identities": {"member_id": f"m{dice.randrange(100)}"},
        "properties": {"number": number},
    }


class Sender(threading.Thread):
    """Sends its share of the numbers in requests of 1 to 20, now and then with some that were sent before."""

    def __init__(self, url: str, source: dict, numbers: range, *, seconds: float, dice: Random):
        super().__init__(daemon=True)
        self.url = f"{url}/api/v1/events"
        self.key, self.secret = source["key"], source["secret"]
        self.numbers, self.dice = numbers, dice
        self.pause = seconds / (len(numbers) / 10.5)
        self.acknowledged: set[str] = set()
        self.surprises: list[str] = []
        self.retries = 0

    def run(self) -> None:
        waiting = [event(number, self.dice) for number in self.numbers]
        sent: list[dict] = []
        with httpx.Client(timeout=5) as http:
            while waiting:
                size = self.dice.randint(1, 20)
                fresh, waiting = waiting[:size], waiting[size:]
                repeated = self.dice.sample(sent, min(len(sent), self.dice.choice([0, 0, 1, 3]))) if size < 18 else []
                self.deliver(http, fresh + repeated)
                sent += fresh
                time.sleep(self.pause * self.dice.uniform(0.5, 1.5))

    def deliver(self, http: httpx.Client, items: list[dict]) -> None:
        body = json.dumps({"batch": items}).encode()
        delivery = f"msg_{uuid.uuid4().hex}"
        while not self.is_taken(http, delivery, body):
            self.retries += 1
            time.sleep(0.25)
        self.acknowledged |= {item["id"] for item in items}

    def is_taken(self, http: httpx.Client, delivery: str, body: bytes) -> bool:
        now = int(time.time())
        headers = {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {self.key}",
            "webhook-id": delivery,
            "webhook-timestamp": str(now),
            "webhook-signature": signatures.sign(self.secret, delivery, now, body),
        }
        try:
            answer = http.post(self.url, content=body, headers=headers)
        except httpx.TransportError:
            return False
        if answer.status_code in {200, 202} and not answer.json()["rejected"]:
            return True
        if answer.status_code < 500:
            self.surprises.append(f"{answer.status_code} {answer.text[:300]}")
        return False
