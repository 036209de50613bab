"""What may stand in a subscribe message: our rules and those of the stand-in agree."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from demo.vendors.wechat import values as theirs
from integrations.wechat.subscribe import values

KINDS = sorted(theirs.RULES)
PARTS = [
    *("", "x", "王", "王小明", "０", "1", "12", "-3", "12.50", "1234567890", "￥", "$", "元", " "),
    *(
        "15:01",
        "24:00",
        "9:05:30",
        "2019年10月1日",
        "2019-10-01",
        "2026/2/30",
        "2019年10月",
        "10月1日",
    ),
    *("~", "。", "★", "粤A8Z888挂", "0571-88886666", "Zoë", "、", "\U00020000", "〇", "é", "_"),
]
TEXTS = st.lists(st.sampled_from(PARTS), max_size=4).map("".join) | st.text(max_size=40)


@given(kind=st.sampled_from(KINDS), text=TEXTS)
@settings(max_examples=150, deadline=None)
@example(kind="amount", text="￥12.30元")
@example(kind="time", text="2026年12月5日 09:00~10:30")
@example(kind="date", text="2026-12-05~2026-12-06")
def test_what_we_let_through_the_platform_takes(kind, text):
    agree(kind, text)


@pytest.mark.proof
@given(kind=st.sampled_from(KINDS), text=TEXTS)
@settings(max_examples=20_000, deadline=None)
def test_what_we_let_through_the_platform_takes_whatever_it_is(kind, text):
    agree(kind, text)


def agree(kind: str, text: str) -> None:
    """Of what is shaped; what is lost is at most what they would take and we do not: cents beyond
    two."""
    shaped = values.shaped(kind, text)
    ours = values.is_good({"kind": kind, "choices": []}, shaped)
    good = bool(shaped) and theirs.is_good(f"{kind}1", shaped, [])
    assert not ours or good, (kind, shaped)
    if kind != "amount":
        assert ours == good, (kind, shaped)


def test_choices_are_taken_as_they_are():
    keyword = {"kind": "enum_string", "choices": ["已预约", "已改期"]}
    assert values.is_good(keyword, "已预约")
    assert not values.is_good(keyword, "预约")
    assert values.in_words(keyword).endswith("已预约、已改期")


@pytest.mark.parametrize(
    ("text", "shaped"),
    [
        ("x" * 20, "x" * 20),
        ("x" * 21, "x" * 19 + "…"),
        ("a\nb\tc", "a b c"),
        ("  a  ", "a"),
        ("\x00", ""),
        ("一" * 18 + " 二三四", "一" * 18 + "…"),
    ],
)
def test_a_thing_is_shaped_to_fit(text, shaped):
    assert values.shaped("thing", text) == shaped
    assert not shaped or values.is_good({"kind": "thing", "choices": []}, shaped)


def test_a_kind_that_nobody_knows_is_refused():
    assert not values.is_good({"kind": "new_kind", "choices": []}, "x")
    assert values.in_words({"kind": "new_kind", "choices": []})
