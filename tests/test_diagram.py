"""The picture of our tables is that of the models."""

import re

import pytest
from django.core.management import CommandError, call_command

from crm_project.db import diagram
from customers.models import Identity


@pytest.fixture(scope="module")
def text():
    return diagram.text()


def lines_to(text: str, table: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if re.search(rf" {table} : ", line)]


def test_the_committed_page_is_up_to_date():
    call_command("draw_models", check=True)


def test_a_page_that_says_something_else_is_out_of_date(tmp_path, text):
    page = tmp_path / "models.md"
    with pytest.raises(CommandError):
        call_command("draw_models", check=True, path=page)
    page.write_text(text.replace("public_id", "secret_id"))
    with pytest.raises(CommandError):
        call_command("draw_models", check=True, path=page)
    call_command("draw_models", path=page, verbosity=0)
    assert page.read_text() == text


def test_foreign_keys_are_solid_and_what_the_code_holds_is_dotted(text):
    assert 'Customer ||--o{ Identity : "customer, origin_customer"' in lines_to(text, "Identity")
    assert 'Customer |o--o{ Customer : "merged_into"' in lines_to(text, "Customer")
    assert 'Customer ||..o{ Event : "customer, origin_customer"' in lines_to(
        text, "Event"
    )  # no foreign keys on a hot table
    assert 'Coupon |o..o{ Message : "coupon_id"' in lines_to(text, "Message")  # a plain number


def test_a_column_more_is_seen(text, monkeypatch):
    before = diagram.room("customers")
    field = Identity._meta.get_field("tail")
    monkeypatch.setattr(field, "name", "last_four")
    after = diagram.room("customers")
    assert "`tail`" in before
    assert "`last_four`" in after


def test_every_box_and_line_is_mermaid(text):
    for picture in re.findall(r"```mermaid\n(.*?)```", text, re.DOTALL):
        first, *rest = picture.splitlines()
        assert first == "erDiagram"
        for line in rest:
            assert re.fullmatch(
                r"    \w+ \{|        \w+ \w+ (?:PK|FK|UK)(?:, (?:FK|UK))*|    \}|    \w+"
                r" \|[|o](?:--|\.\.)o[|{] \w+ : \"[\w, ]+\"",
                line,
            ), line
