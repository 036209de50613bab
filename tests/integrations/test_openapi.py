"""The OpenAPI description: valid, complete, and true of what the doors answer."""

import json
import re
from pathlib import Path

import pytest
from drf_spectacular.validation import validate_schema

from integrations.doors.formats import formats
from integrations.member_api.urls import urlpatterns as member_api
from integrations.openapi import answers, examples
from integrations.openapi.schema import moves_served
from integrations.server_api.urls import READS
from integrations.server_api.urls import urlpatterns as server_api
from tests.factories import a_source

pytestmark = pytest.mark.django_db

CONTRACT = (Path(__file__).parent.parent.parent / "docs" / "api.md").read_text()


@pytest.fixture
def described(client) -> dict:
    return json.loads(client.get("/api/schema?format=json").content)


def test_it_is_valid(described):
    validate_schema(described)


def test_every_native_door_and_every_call_of_the_server_api_is_in_it(described):
    doors = {f"/{path}" for path in formats["native"].paths}
    calls = {f"/{one.pattern}" for one in [*server_api, *member_api]}
    told = {"/api/v1/session", "/api/v1/me/phone", "/api/v1/me/messages/read"}
    told |= {"/api/v1/me/subscriptions"}

    assert set(described["paths"]) == doors | calls | told
    assert {
        path for path, operations in described["paths"].items() if "post" in operations
    } == doors | told | {f"/{path}" for path, _view in moves_served()}
    assert {path for path, operations in described["paths"].items() if "get" in operations} == {
        f"/{path}" for path in READS
    } | {
        "/api/v1/coupons",
        "/api/v1/messages",
        "/api/v1/recommendations",
        "/api/v1/session",
        "/api/v1/me/messages",
    }


def test_every_answer_of_the_contract_is_in_it(described):
    for path in formats["native"].paths:
        statuses = set(described["paths"][f"/{path}"]["post"]["responses"])
        assert {"200", "202", "400", "401", "413", "415", "422", "429", "503"} <= statuses
        assert ("403" in statuses) == (path != "api/v1/events")


def test_every_code_of_the_description_is_in_the_contract():
    codes = {*answers.DOOR_400, *answers.MOVE_400, *answers.COUPON} | {
        code for codes in answers.POST.values() for code in codes
    }

    assert [code for code in sorted(codes) if not re.search(rf"`{code}`", CONTRACT)] == []


@pytest.mark.parametrize("path", examples.DOORS)
def test_the_examples_work(sender, path):
    server = sender(a_source())

    for body in (examples.DOORS[path], {"batch": [examples.DOORS[path] | {"id": "another"}]}):
        answer = server.post(path.removeprefix("api/v1/"), body)
        assert answer.status_code == 202, answer.content


@pytest.mark.parametrize(
    ("path", "status"), list(zip(examples.MOVES, [404, 404, 200, 404, 400], strict=True))
)
def test_the_examples_of_the_server_api_are_understood(sender, path, status):
    answer = sender(a_source()).post(path.removeprefix("api/v1/"), examples.MOVES[path])

    assert answer.status_code == status, answer.content


def test_its_page_is_served_from_here_under_a_strict_policy(client):
    page = client.get("/api/docs")

    assert page.status_code == 200
    assert "script-src 'self';" in page["Content-Security-Policy"]
    html = page.content.decode()
    assert re.findall(r'(?:src|href)="(?:https?:)?//', html) == []
    assert re.findall(r"<script>", html) == []
    script = re.search(r'<script [^>]*src="(/api/docs[^"]*script[^"]*)"', html)[1]
    assert "SwaggerUIBundle" in client.get(script.replace("&amp;", "&")).content.decode()
