"""Foreign clients as the tests need them: recorded requests sent again, and calls spelled by
hand."""

import base64
import json
from pathlib import Path

from django.test import Client

from events.models import Event
from integrations.models import Quarantine
from tests.factories import a_source

VECTORS = Path(__file__).parent.parent / "vectors"


def recording(name: str) -> list[dict]:
    return json.loads((VECTORS / f"capture_{name}.json").read_text())["requests"]


def replay(request: dict, key: str):
    """The recorded bytes, with our key in the place of theirs."""
    target = request["target"].replace("schemaLimited-XXXX", key)
    if "token=" not in target and target.startswith("/sa"):
        target += f"&token={key}"
    headers = {
        name: value
        for name, value in request["headers"]
        if name.lower() not in {"host", "connection", "content-length"}
    }
    if "Authorization" in headers:
        headers["Authorization"] = basic(key)
    content_type = next(
        (headers.pop(name) for name in list(headers) if name.lower() == "content-type"), ""
    )
    return Client().generic(
        request["method"],
        target,
        base64.b64decode(request["body_b64"]),
        content_type=content_type,
        headers=headers,
    )


def basic(key: str) -> str:
    return "Basic " + base64.b64encode(f"{key}:".encode()).decode()


def a_segment(trust="client", **more):
    """A source and its key."""
    source = a_source(trust=trust, format="segment", money_unit="yuan", **more)
    return source, source.issue_secrets()["read_token"] if source.is_server else source.key


def a_sensors(trust="client", **more):
    source = a_source(trust=trust, format="sensors", **more)
    return source, source.issue_secrets()["read_token"] if source.is_server else source.key


def call(key: str, kind: str, **body):
    return Client().post(
        f"/v1/{kind}",
        json.dumps(body),
        content_type="application/json",
        headers={"authorization": basic(key)},
    )


def collect(key: str, *objects, path="sa", **headers):
    """Objects as the mini-program SDK sends them."""
    data = base64.b64encode(json.dumps(objects, ensure_ascii=False).encode()).decode()
    body = "data_list=" + data.replace("+", "%2B")
    return Client().post(f"/{path}?token={key}", body, content_type="text/plain", headers=headers)


def events(**where) -> list[Event]:
    return list(Event.objects.filter(**where).select_related("name").order_by("pk"))


def names() -> list[str]:
    return [event.name.name for event in events()]


def refused() -> list[str]:
    return sorted(Quarantine.objects.values_list("code", flat=True))
