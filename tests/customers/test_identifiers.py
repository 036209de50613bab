"""One spelling for every identity, whichever way it comes in."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.identity import normalising
from customers.identity.nobody import is_nobody

MOBILE = "+8613800138001"


@given(
    st.builds(
        "{}1{}".format,
        st.sampled_from(["", "+86"]),
        st.integers(min_value=2 * 10**9, max_value=10**10 - 1),
    )
)
def test_the_short_way_for_chinese_mobiles_agrees_with_the_library(value):
    number = phonenumbers.parse(value, "CN")
    is_mobile = (
        phonenumbers.is_valid_number(number)
        and phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE
    )

    assert normalising.phone(value) == ("+86" + value[-11:] if is_mobile else None)


@pytest.mark.parametrize(
    "value",
    [
        "13800138001",
        "138 0013 8001",
        "138-0013-8001",
        "138–0013—8001",
        "+86 138 0013 8001",
        "(+86)13800138001",
        "+86(0)13800138001",
        "0086-138-0013-8001",
        "8613800138001",
        "013800138001",
        "tel:+86-138-0013-8001",
        "１３８００１３８００１",
        "＋８６　１３８００１３８００１",
        "\u200b138\u00ad0013\ufeff8001\u202c",
        "\t13800138001\r\n",
        "'13800138001",
        '="13800138001"',
        "13800138001.0",
        "13800138001.00",
        "1.3800138001E10",
        "1.3800138001e+10",
        "٠١٣٨٠٠١٣٨٠٠١",
    ],
)
def test_one_number_is_one_however_it_is_written(value):
    assert normalising.phone(value) == MOBILE


@pytest.mark.parametrize(
    ("value", "normal"),
    [
        ("+1 415 555 2671", "+14155552671"),
        ("021-12345678", "+862112345678"),
        ("(0755) 2345 6789", "+8675523456789"),
        ("+86 10 12345678", "+861012345678"),
        ("+852 5123 4567", "+85251234567"),
    ],
)
def test_lines_at_home_and_abroad_are_numbers(value, normal):
    assert normalising.phone(value) == normal


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        "123",
        "110",
        "1234567",
        "0000000",
        "00000000000",
        "11111111111",
        "20240131",
        "2024-01-31",
        "2024013112",
        "20240131123000",
        "1706659200",
        "1706659200000",
        "1.38E+10",
        "1.38e10",
        "13800000000.0",  # 1.38E+10, read as a number and written again
        "1.38001E+10",
        "13800138001.5",
        "15412345678",  # of a range that was given to nobody
        "13800138001 ext 12",
        "13800138001#12",
        "13800138001,12",
        "13800138001转12",
        "021-12345678-801",
        "tel:+8613800138001;ext=1",
        "13800138001/13900139000",
        "13800138001 13900139000",
        "4008123123",
        "95588",
        "138****8001",
        "order13800138001",
        "1-800-FLOWERS",
        "undefined",
        "+",
        "((()))",
    ],
)
def test_what_is_no_number_of_one_person_is_none(value):
    assert normalising.phone(value) is None


@pytest.mark.parametrize(
    ("value", "normal"),
    [
        (" Wang@Example.COM ", "wang@example.com"),
        ("ｗａｎｇ＠ｅｘａｍｐｌｅ．ｃｏｍ", "wang@example.com"),
        ("wa\u200bng@example.com\ufeff", "wang@example.com"),
        ("wang+shop@example.com", "wang+shop@example.com"),
        ("o'brien@example.ie", "o'brien@example.ie"),
        ("a@例子.中国", "a@xn--fsqu00a.xn--fiqs8s"),
        ("a@例子。中国", "a@xn--fsqu00a.xn--fiqs8s"),
        ("a@XN--FSQU00A.xn--fiqs8s", "a@xn--fsqu00a.xn--fiqs8s"),
        ("a@MÜNCHEN.de", "a@xn--mnchen-3ya.de"),
        ("王@例子.中国", "王@xn--fsqu00a.xn--fiqs8s"),
    ],
)
def test_one_address_is_one_however_it_is_written(value, normal):
    assert normalising.email(value) == normal
    assert normalising.email(normal) == normal


@pytest.mark.parametrize(
    "value",
    [
        "",
        "@",
        "a@b",
        "@example.com",
        "a@",
        "a@b@example.com",
        "a b@example.com",
        "a@exam ple.com",
        "a,b@example.com",
        "a@example.com,b@example.com",
        "Wang <a@example.com>",
        '"a"@example.com',
        '"a@b"@example.com',
        "a..b@example.com",
        ".a@example.com",
        "a.@example.com",
        "a@.example.com",
        "a@example..com",
        "a@example.com.",
        "a@-example.com",
        "a@example-.com",
        "a@127.0.0.1",
        "a@[127.0.0.1]",
        "a@example.c",
        "a@xn--a.de",
        "a\x00@exa\nmple.com",
        "a(comment)@example.com",
        "a;b@example.com",
        "a\\b@example.com",
        "x" * 65 + "@example.com",
        "a@" + "x" * 64 + ".com",
        "a@" + "x." * 130 + "com",
        "null@null.com",
        "undefined@undefined.cn",
    ],
)
def test_what_no_mail_could_be_sent_to_is_no_address(value):
    assert normalising.email(value) is None


WORDS = """
(null) {{userId}} {{user.id}} N/A n/a guest Guest GUEST undefined 0 00 - -- none anonymous unknown null NULL Null nil NaN -1 ${id} $id$ %s %d %@
%(id)s {id} {} [] () "" '' <userId> <null> [null] "null" 'undefined' #{id} <%=id%> [[id]] *|ID|* %%ID%% %7B%7Bid%7D%7D __USER_ID__
00000000-0000-0000-0000-000000000000 ffffffff-ffff-ffff-ffff-ffffffffffff xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx 11111111-1111-1111-1111-111111111111
02:00:00:00:00:00 00:00:00:00:00:00 000000000000000 9774d56d682e549c user_undefined uid:null null_null undefined-undefined undefinedundefined
YOUR_USER_ID userId distinct_id openid #N/A #REF! 1.38E+10 1.0086E+09 *** 138****5678 ... ? 游客 未登录 匿名用户 无 true false
"""  # noqa: E501
PHRASES = [
    "[object Object]",
    "[object Undefined]",
    "(not set)",
    " undefined ",
    "{{ userId }}",
    "function () { return id }",
    "\u200bnull",
    "ｎｕｌｌ",
]
SOMEBODY = """
1 7 10086 0123 000123 00000001 M00000001 1e5 5e10 1.3800138001E+10 oABCDEFGHIJKLMNOPQRSTUVWXYZ1 550e8400-e29b-41d4-a716-446655440000
nullify nullpointer guest123 anonymous_123 guest-7f3a unknown_artist user_0 user_1 user_null_7 id_7 test admin no a x ab 王小明 游客123 无名氏 O'Brien
a%b $5 <3 13800138001 wang@example.com ffffffff aaa 11111111 null-island defaulty visitor42 老王（VIP）
"""  # noqa: E501


@pytest.mark.parametrize("value", [*WORDS.split(), *PHRASES])
def test_nobody_is_no_identity_of_any_kind(value):
    assert {
        kind: normalising.normal(kind, value)
        for kind in ("member_id", "anonymous_id", "wx_openid", "phone", "email")
    } == dict.fromkeys(("member_id", "anonymous_id", "wx_openid", "phone", "email"))


@pytest.mark.parametrize("value", SOMEBODY.split())
def test_what_may_be_somebody_is_somebody(value):
    assert normalising.opaque(value) == normalising.clean(value)
    assert normalising.clean(value) != ""


def test_an_id_is_one_with_what_nobody_sees_in_it_and_in_full_width():
    assert {
        normalising.opaque(text)
        for text in ("M10086", " M10086\u00a0", "\ufeffM10\u200b086", "Ｍ１００８６", "M10086\x00")
    } == {"M10086"}


anything = st.one_of(
    st.text(max_size=40),
    st.text(alphabet="0123456789+-() .eE#x转", max_size=24),
    st.text(alphabet="ab.@-_\"'<>é中ßİ。xn", max_size=40),
    st.text(alphabet="nulNUL()[]{}<>$%_-0 \u200b", max_size=16),
    st.builds(
        "{}@{}.{}".format,
        st.text(max_size=10),
        st.text(max_size=10),
        st.sampled_from(["com", "中国", "xn--fiqs8s"]),
    ),
)


@pytest.mark.parametrize("kind", ["phone", "email", "member_id"])
@given(value=anything)
def test_junk_never_raises_and_what_is_normal_stays(kind, value):
    normal = normalising.normal(kind, value)

    assert normal is None or (normalising.normal(kind, normal) == normal and 0 < len(normal) <= 254)


@given(
    st.integers(min_value=10**8, max_value=10**9 - 1),
    st.text(alphabet="  --\u200b\u2013\u3000.", min_size=10, max_size=10),
    st.sampled_from(["", "+86", "+86 ", "0086", "86 ", "\uff0b\uff18\uff16", "(+86) "]),
    st.booleans(),
)
def test_separators_and_widths_make_no_other_number(number, signs, prefix, is_wide):
    value = f"13{number}"
    written = value[0] + "".join(sign + digit for sign, digit in zip(signs, value[1:], strict=True))
    if is_wide:
        written = "".join(chr(ord(c) - 0x30 + 0xFF10) if c.isdigit() else c for c in written)

    assert normalising.phone(prefix + written) == "+86" + value


@given(st.integers(min_value=1), st.sampled_from(["", "M", "user_", "u-"]))
def test_no_running_number_is_nobody(number, prefix):
    assert not is_nobody(f"{prefix}{number}")
