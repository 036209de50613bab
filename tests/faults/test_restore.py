"""The machine is gone, the backup is put into a new one: nothing goes out twice by mistake, nothing
is lost without a word.

The providers kept what they had done meanwhile. `make proof PART=faults ARGS=-k\\ restore`
"""

import json
import subprocess
import zipfile
from random import Random

import httpx
import pytest

from tests.faults.journeys import telling
from tests.faults.provider import Provider
from tests.faults.sender import WATCHED_EVERY, event, signed
from tests.product import Product, eventually

pytestmark = pytest.mark.proof
BEFORE, IN_FLIGHT, AFTER, NEW = range(100), range(100, 200), range(200, 250), range(250, 260)
LISTED = (
    "from campaigns import restored\nfrom campaigns.models import Message\nfrom customers.models"
    " import Workspace\nworkspace = Workspace.get()"
)


def watched(numbers) -> list[dict]:
    """One message each."""
    return [event(number * WATCHED_EVERY) for number in numbers]


def post(product, source: dict, items: list[dict]) -> dict:
    body = json.dumps({"batch": items}).encode()
    answer = httpx.post(
        f"{product.url}/api/v1/events", content=body, headers=signed(source, body), timeout=30
    )
    assert answer.status_code in {200, 202}, answer.text
    return answer.json()


def all_sent(product, count: int) -> None:
    sent = "SELECT count(*) FROM campaigns_message WHERE state = 'sent'"
    assert eventually(lambda: product.count(sent) == count, seconds=90), product.rows(
        "SELECT state, reason, count(*) FROM campaigns_message GROUP BY 1, 2"
    )


def command(product, *words: str) -> str:
    done = subprocess.run(
        [*product.command, *words], env=product.env, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def waiting_in(backup) -> set[str]:
    """The effect keys of what was queued or with the provider, as the file itself says."""
    with zipfile.ZipFile(backup) as file:
        columns = json.loads(file.read("manifest.json"))["tables"]["campaigns_message"]
        rows = [
            line.split("\t") for line in file.read("tables/campaigns_message").decode().splitlines()
        ]
    messages = [dict(zip(columns, row, strict=True)) for row in rows]
    assert {m["state"] for m in messages} == {
        "queued",
        "sending",
        "sent",
    }, "the backup came too early or too late"
    return {m["effect_key"] for m in messages if m["state"] != "sent"}


def listed(product) -> set[str]:
    return set(
        product.ask(
            "list(restored.in_doubt(workspace).values_list('effect_key', flat=True))", LISTED
        )
    )


def test_after_a_restore_only_what_somebody_chose_is_sent(tmp_path):
    backup = tmp_path / "backup.zip"
    with Provider() as provider:
        with provider.customer() as lost:
            source = lost.made_source("Restore test")
            lost.publish("Watched", telling("unkeyed"))
            first = watched(BEFORE)
            post(lost, source, first)
            all_sent(lost, len(BEFORE))
            provider.behave(slow=3)
            second = watched(IN_FLIGHT)
            post(lost, source, second)
            print(command(lost, "backup", "--with-keys", str(backup)))
            provider.behave()
            third = watched(AFTER)
            post(lost, source, third)
            all_sent(lost, len(BEFORE) + len(IN_FLIGHT) + len(AFTER))
        arrived = provider.effects
        assert sorted(arrived.values()) == [1] * 250

        environment = {
            "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
            "PROVIDER_URL": provider.url,
        }
        with Product(demo=False, **environment) as found:
            print(command(found, "restore", str(backup)))
            found.start()
            in_flight = waiting_in(backup)
            assert listed(found) == in_flight

            # Whoever sent us events sends them all again: what is here is not stored twice, what is
            # gone is back.
            counts = [post(found, source, items) for items in (first, second, third)]
            assert [(c["accepted"], c["duplicate"]) for c in counts] == [
                (0, 100),
                (0, 100),
                (50, 0),
            ]
            assert eventually(
                lambda: len(listed(found)) == len(in_flight) + len(AFTER), seconds=60, every=2
            )
            come_again = listed(found) - in_flight
            # The former system's numbers are not used again: a provider would take a new message
            # for a repeat.
            assert come_again & arrived.keys() == set()
            assert provider.effects == arrived

            chosen = sorted(Random(1).sample(sorted(in_flight), 5))
            choose = (
                f"restored.send_anyway(Message.objects.filter(effect_key__in={chosen!r}),"
                " workspace)"
            )
            assert found.ask(choose, LISTED) == 5
            post(found, source, watched(NEW))
            assert eventually(
                lambda: (
                    not found.ask(
                        "restored.is_catching_up(workspace, database_now())",
                        f"{LISTED}\nfrom crm_project.queue.due import database_now",
                    )
                ),
                seconds=60,
            )
            assert eventually(
                lambda: (
                    found.count("SELECT count(*) FROM campaigns_message WHERE state = 'queued'")
                    == len(in_flight) + len(AFTER) + len(NEW)
                ),
                seconds=60,
            )
            assert provider.effects == arrived
            counts = found.ask("restored.confirm(by=None)", LISTED)

            assert counts == {
                "sent_anyway": 5,
                "kept_back": len(in_flight) + len(AFTER) - 5,
                "new": len(NEW),
            }
            assert eventually(
                lambda: (
                    found.count("SELECT count(*) FROM campaigns_message WHERE due_at IS NOT NULL")
                    == 0
                ),
                seconds=60,
            )
            effects = provider.effects
            assert {key: times for key, times in effects.items() if times > 1} == dict.fromkeys(
                chosen, 2
            )
            assert len(effects.keys() - arrived.keys()) == len(NEW)
            states = found.rows(
                "SELECT state, reason, count(*) AS n FROM campaigns_message GROUP BY 1, 2 ORDER BY"
                " 1, 2"
            )
            print(states)
            kept = next(row for row in states if row["state"] == "unknown")
            assert (kept["reason"], kept["n"]) == ("restored", counts["kept_back"])
            assert found.count("SELECT count(*) FROM events_event") == len(BEFORE) + len(
                IN_FLIGHT
            ) + len(AFTER) + len(NEW)
