"""Answers against the OpenAPI description: each one that a test gets from a described address must
be one that the description foresees."""

import json
from datetime import datetime
from functools import cache, lru_cache
from uuid import UUID

from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator, FormatChecker

formats = FormatChecker(formats=())


@formats.checks("date-time", raises=ValueError)
def is_moment(text) -> bool:
    """With its zone, as RFC 3339 has it."""
    return not isinstance(text, str) or (
        "T" in text and datetime.fromisoformat(text).tzinfo is not None
    )


@formats.checks("uuid", raises=ValueError)
def is_uuid(text) -> bool:
    return not isinstance(text, str) or UUID(text) is not None


@cache
def document() -> dict:
    return json.loads(json.dumps(SchemaGenerator().get_schema(request=None, public=True)))


@lru_cache(maxsize=512)
def validator(*place: str) -> Draft202012Validator:
    """For what stands at this place of the document."""
    pointer = "/".join(part.replace("~", "~0").replace("/", "~1") for part in place)
    return Draft202012Validator({**document(), "$ref": f"#/{pointer}"}, format_checker=formats)


def check(method: str, path: str, response) -> None:
    """Its status, its kind of content and its body are foreseen for this operation. Fails with what
    is not."""
    operation = document()["paths"].get(path, {}).get(method.lower())
    if operation is None:
        if path in document()["paths"] and method not in {
            "HEAD",
            "OPTIONS",
        }:  # another method than those described
            check_body(response, ("components", "schemas", "Problem"))
        return None
    if (
        response.status_code == 500
    ):  # a fault of ours is described nowhere, and still a problem in JSON
        return check_body(response, ("components", "schemas", "Problem"))
    status, kind = str(response.status_code), response["Content-Type"].partition(";")[0]
    assert status in operation["responses"], (
        f"{method} {path} answers {status}, which is not described"
    )
    kinds = operation["responses"][status]["content"]
    assert kind in kinds, (
        f"{method} {path} answers {status} as {kind}, described as {sorted(kinds)}"
    )
    return check_body(
        response, ("paths", path, method.lower(), "responses", status, "content", kind, "schema")
    )


def check_body(response, place: tuple[str, ...]) -> None:
    wrong = [
        f"{error.json_path}: {error.message[:300]}"
        for error in validator(*place).iter_errors(json.loads(response.content))
    ]
    assert not wrong, f"{'/'.join(place)}: {wrong}"
