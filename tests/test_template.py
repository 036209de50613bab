"""The migrated cluster that every run copies: several checkouts share one shelf of them."""

import threading
from concurrent.futures import ThreadPoolExecutor

from tests import template

FILES = 40


def test_a_copy_is_whole_or_none_while_others_keep_theirs_and_tidy_up(tmp_path, monkeypatch):
    monkeypatch.setattr(template, "shelf", lambda: tmp_path / "shelf")
    monkeypatch.setattr(template, "key", lambda: f"{threading.get_ident():016x}")
    monkeypatch.setattr(template, "MOST", 1)
    made = tmp_path / "made"
    made.mkdir()
    for number in range(FILES):
        (made / f"{number}").write_bytes(b"x" * 1000)

    def checkout(name: int) -> list[int]:
        """What it found in each of its copies."""
        copies = []
        for again in range(8):
            template.keep(made)
            to = tmp_path / f"{name}-{again}"
            if template.taken(to):
                copies.append(len([*to.iterdir()]))
        return copies

    with ThreadPoolExecutor(3) as checkouts:
        found = [*checkouts.map(checkout, range(3))]

    assert {size for copies in found for size in copies} == {FILES}
    assert len([*(tmp_path / "shelf").glob("[0-9a-f]*")]) == 1


def test_what_lies_there_already_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(template, "shelf", lambda: tmp_path / "shelf")
    assert not template.taken(tmp_path / "new")
    assert template.taken(tmp_path)
