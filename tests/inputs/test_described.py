"""Schemathesis over the OpenAPI description: every answer is one that the description foresees,
with the body that it promises."""

import io
import time
import uuid

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from crm_project.wsgi import application
from integrations.doors import callers, signatures, throttle
from tests.factories import a_source
from tests.inputs.doors import ROWS, Figures, scalar

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
CASES = 150  # of each operation
SLOWEST_SECONDS = 0.1

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.proof]


class Signing:
    """The product, for a caller who has the keys: what schemathesis makes up is signed on its
    way."""

    def __init__(self, source):
        self.source, self.token = source, source.issue_secrets()["read_token"]
        self.figures = Figures()

    def __call__(self, environ, start_response):
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        is_post = environ["REQUEST_METHOD"] == "POST"
        now, message_id = int(time.time()), uuid.uuid4().hex
        environ["HTTP_AUTHORIZATION"] = f"Bearer {self.source.key if is_post else self.token}"
        if is_post:
            environ |= {"HTTP_WEBHOOK_ID": message_id, "HTTP_WEBHOOK_TIMESTAMP": str(now)}
            environ["HTTP_WEBHOOK_SIGNATURE"] = signatures.sign(
                self.source.secret, message_id, now, body
            )
        throttle._seconds.clear()
        began, rows = time.thread_time(), scalar(ROWS)
        statuses = []
        answer = application(
            environ,
            lambda status, headers, error=None: (
                statuses.append(int(status[:3])) or start_response(status, headers, error)
            ),
        )
        self.figures.add(time.thread_time() - began, statuses[0])
        assert (
            statuses[0] == 202
            or rows == scalar(ROWS)
            or (statuses[0] == 200 and "coupons" in environ["PATH_INFO"])
        )
        return answer


def test_every_answer_is_as_described():
    app = Signing(a_source())
    callers.forget()
    schema = schemathesis.openapi.from_wsgi("/api/schema?format=json", app)
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) == 18

    for operation in operations:
        every_case(operation)

    print("\n" + app.figures.report())
    assert sorted(app.figures.seconds)[-2] < SLOWEST_SECONDS


def every_case(operation):
    for mode in schemathesis.GenerationMode:

        @settings(
            max_examples=CASES // 2,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def one(case):
            case.call_and_validate(checks=CHECKS)

        one()
