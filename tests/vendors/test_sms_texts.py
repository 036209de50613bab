"""The carriers' rules of numbers, parts and refusals."""

import pytest

from demo.vendors.sms import texts


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("13800000001", "+8613800000001"),
        ("8613800000001", "+8613800000001"),
        ("008613800000001", "+8613800000001"),
        ("+8613800000001", "+8613800000001"),
        ("+85251234567", "+85251234567"),
        ("12800000001", None),
        ("1380000000", None),
        ("+8612800000001", None),
        ("１３８00000001", None),
        (" 13800000001", None),
    ],
)
def test_how_numbers_are_written(written, number):
    assert texts.e164(written) == number


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("茶" * 70, 1),
        ("茶" * 71, 2),
        ("a" * 134, 2),
        ("a" * 135, 3),
        ("🍵" * 35, 1),
        ("🍵" * 36, 2),
    ],
)
def test_parts(text, parts):
    assert texts.parts(text) == parts


@pytest.mark.parametrize("reply", ["R", "r", "Ｒ", " td ", "ＴＤ", "n", "退订", "T\n", "0000"])
def test_who_refuses(reply):
    assert texts.refuses(reply)


@pytest.mark.parametrize("reply", ["", "Really?", "好的", "R?", "不退订", "1"])
def test_who_does_not(reply):
    assert not texts.refuses(reply)


def test_links_are_seen_without_a_scheme():
    for text in ["http://a", "看www.a", "点t.cn/x", "shop.example.com看"]:
        assert texts.has_link(text)
    for text in ["15.5元", "小明", "3.8", "Mr.Li", "a.community"]:
        assert not texts.has_link(text)
