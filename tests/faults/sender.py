"""A shop's server in a thread: it posts its events until each is acknowledged, whatever happens to
the other side."""

import json
import logging
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from random import Random

import httpx

from integrations.doors import signatures

WATCHED, NOISE = "Watched", "Noise"
WATCHED_EVERY = 10
logging.getLogger("httpx").setLevel(
    logging.WARNING
)  # a line per request hides what a failing test has to say


def name_of(number: int) -> str:
    return f"event-{number:06}"


def event(number: int, *, members: int = 100) -> dict:
    return {
        "id": name_of(number),
        "name": WATCHED if number % WATCHED_EVERY == 0 else NOISE,
        "occurred_at": datetime.now(UTC).isoformat(),
        "identities": {"member_id": f"m{Random(number).randrange(members)}"},
        "properties": {"number": number},
    }


def signed(source: dict, body: bytes) -> dict[str, str]:
    """The headers of a server source's request."""
    delivery, now = f"msg_{uuid.uuid4().hex}", int(time.time())
    return {
        "Content-Type": "application/json",
        "Authorization": f"Bearer {source['key']}",
        "webhook-id": delivery,
        "webhook-timestamp": str(now),
        "webhook-signature": signatures.sign(source["secret"], delivery, now, body),
    }


class Sender(threading.Thread):
    """Sends its share of the numbers, shuffled, in requests of 1 to 20, a fifth of what it sends
    for the second time."""

    def __init__(
        self,
        url: str,
        source: dict,
        numbers: Iterable[int],
        *,
        seconds: float,
        dice: Random,
        members: int = 100,
    ):
        super().__init__(daemon=True)
        self.url, self.source = f"{url}/api/v1/events", source
        self.numbers, self.dice, self.members = list(numbers), dice, members
        self.pause = seconds / (len(self.numbers) / 10.5)
        self.acknowledged: set[str] = set()
        self.surprises: list[str] = []
        self.answers: Counter = Counter()
        self.enough = threading.Event()  # what was begun is delivered, and nothing more is sent
        self.posts = self.retries = self.repeated = 0
        self.slowest = 0.0

    def run(self) -> None:
        self.dice.shuffle(self.numbers)
        waiting, sent = self.numbers, []
        with httpx.Client(timeout=httpx.Timeout(10, connect=30)) as http:
            while waiting and not self.enough.is_set():
                began = time.monotonic()
                size = self.dice.randint(1, 20)
                repeats = sum(self.dice.random() < 0.2 for _item in range(size))
                again = self.dice.sample(sent, min(len(sent), repeats))
                fresh = [
                    event(number, members=self.members) for number in waiting[: size - len(again)]
                ]
                waiting = waiting[len(fresh) :]
                items = fresh + again
                self.dice.shuffle(items)
                self.repeated += len(again)
                self.deliver(http, items)
                sent = (sent + fresh)[-2000:]
                self.enough.wait(
                    max(0.0, self.pause * self.dice.uniform(0.5, 1.5) - (time.monotonic() - began))
                )

    def deliver(self, http: httpx.Client, items: list[dict]) -> None:
        body = json.dumps({"batch": items}).encode()
        while not self.is_taken(http, body):
            self.retries += 1
            time.sleep(0.25)
        self.acknowledged |= {item["id"] for item in items}

    def is_taken(self, http: httpx.Client, body: bytes) -> bool:
        self.posts += 1
        began = time.monotonic()
        try:
            answer = http.post(self.url, content=body, headers=signed(self.source, body))
        except httpx.TransportError:
            return False
        self.slowest = max(self.slowest, time.monotonic() - began)
        self.answers[answer.status_code] += 1
        if answer.status_code in {200, 202} and not answer.json()["rejected"]:
            return True
        if answer.status_code != 503:
            self.surprises.append(f"{answer.status_code} {answer.text[:300]}")
        return False


def crowd(
    product, source: dict, numbers: range, *, seconds: float, senders: int, members: int = 100
) -> list[Sender]:
    """Senders at work, each with its share."""
    made = [
        Sender(
            product.url,
            source,
            numbers[n::senders],
            seconds=seconds,
            dice=Random(n),
            members=members,
        )
        for n in range(senders)
    ]
    for sender in made:
        sender.start()
    return made


def acknowledged(senders: Iterable[Sender]) -> set[str]:
    return set().union(*(sender.acknowledged for sender in senders))
