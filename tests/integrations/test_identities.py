import pytest

from integrations.doors.reading.identities import Unusable, named


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        "null",
        "NULL",
        "undefined",
        "0",
        "000",
        "-1",
        "00000000-0000-0000-0000-000000000000",
        "[object Object]",
        "None",
    ],
)
def test_nobody_is_no_identity(value):
    with pytest.raises(Unusable):
        named("member_id", value)


@pytest.mark.parametrize(
    ("kind", "value", "normal"),
    [
        ("member_id", " 10086 ", "10086"),
        ("member_id", "0123", "0123"),
        ("anonymous_id", "nullify", "nullify"),
        ("phone", "138 1234-5678", "+8613812345678"),
        ("phone", "+1 415 555 2671", "+14155552671"),
        ("phone", "１３８１２３４５６７８", "+8613812345678"),
        ("email", " Wang@Example.COM ", "wang@example.com"),
    ],
)
def test_an_identity_has_one_spelling(kind, value, normal):
    assert named(kind, value).value == normal
