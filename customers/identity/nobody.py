"""What broken clients send for "nobody yet". Taken at its word, each would make one customer of
many strangers.

Only what no shop would give to a person stands here: `1`, `test`, `admin` and `null-island` may
well be somebody.
"""

import re

_words = """
    null nil none nan na n/a undefined undef unset unknown unidentified unspecified empty blank void missing default
    anonymous anon guest visitor nobody true false notset not_set not-set not_available not_applicable notavailable
    not_authenticated unauthenticated not_logged_in notloggedin not_login nologin no_login logged_out not_found
    distinct_id distinctid user_id userid uid openid open_id unionid union_id member_id memberid customer_id customerid
    anonymous_id anonymousid device_id deviceid client_id clientid session_id sessionid visitor_id visitorid identity identifier
    email e-mail phone mobile your_user_id your-user-id anonymous_user guest_user unknown_user
    object array function nulltype #n/a #ref! #value! #name? #null! #num! #div/0! #error! loading loading... tbd tba
    无 空 未知 未登录 未登陆 未登入 未注册 未设置 未填写 未绑定 匿名 匿名用户 游客 访客 游客用户 暂无 没有 用户 会员 不详 默认
"""  # noqa: E501
WORDS = frozenset(
    [
        *_words.split(),
        "not set",
        "not logged in",
        "not available",
        "object object",
        "no user",
        "user id",
    ]
)
# What SDKs send where a device does not tell its own, one value for millions of devices.
DEVICES = frozenset(
    {
        "9774d56d682e549c",
        "020000000000",
        "0123456789abcdef",
        "012345678912345",
        "004999010640000",
        "dead00beef",
    }
)
COMPANY = frozenset(
    {"user", "member", "customer", "id", "uid", "openid", "userid", "memberid", "uuid"}
)  # as in user_undefined

_inside = re.compile(r"[\[({<\"'`]+\s*(.*?)\s*[\])}>\"'`]+", re.DOTALL).fullmatch
_one_sign = re.compile(r"[^0-9a-z]").sub
_templates = re.compile(
    r"\{\{|\}\}|\$\{|#\{|@\{|<%|%>|\[\[|\]\]|%7b%7b|\*\|.*\|\*|%\(\w+\)[sd]|%%\w+%%|^[%$:][sd@]$|^\{\w*\}$|^<\w+>$|^%\w+%$|^\$\w+\$$|^__\w+__$"
    r"|\[object \w*\]|\[function|<function|^function\b.*[({]",
    re.IGNORECASE | re.DOTALL,
).search
_lost_digits = re.compile(r"-?[0-9](?:\.([0-9]+))?e\+([0-9]{1,3})").fullmatch
_parts = re.compile(r"[\s_:/|.,;=-]+").split
_repeated = re.compile(r"(undefined|null|nan|none)\1+").fullmatch

LONGEST_WORD = 64  # nothing longer is compared with words
# The common case, told without a closer look: of plain signs with a digit above zero only a few
# stand for nobody.
_plain = re.compile(r"[A-Za-z0_-]*[1-9][0-9A-Za-z_-]*", re.ASCII).fullmatch
SHARED = DEVICES | {"-1"} | {"-".join(digit * n for n in (8, 4, 4, 4, 12)) for digit in "123456789"}


def is_nobody(text: str) -> bool:
    """Whether the text stands for "no id". Texts are compared without case, brackets and quotes."""
    if not text:
        return True
    if _plain(text):
        return text.lower() in SHARED
    word = text.lower()
    while found := _inside(word):
        if _templates(word):
            return True
        word = found[1]
    return is_word(word) or bool(_templates(word)) or is_sign(word) or is_lost(word)


def is_word(word: str) -> bool:
    if len(word) > LONGEST_WORD:
        return False
    if word in WORDS or _repeated(word):
        return True
    parts = [part for part in _parts(word) if part]
    return (
        len(parts) > 1
        and any(part in WORDS for part in parts)
        and all(part in WORDS or part in COMPANY for part in parts)
    )


def is_sign(word: str) -> bool:
    """No letter and no digit at all, or one sign throughout (zero ids, ffffffff-…, masks), or an id
    that many devices share."""
    said = _one_sign("", word)
    if not said:
        return not any(c.isalnum() for c in word)
    if "***" in word or word.startswith("xxxxxxxx-xxxx"):
        return True
    is_uuid = len(said) == 32 and word.count("-") == 4
    return (
        set(said) == {"0"}
        or word in ("-1", "+0", "0x0")
        or (is_uuid and len(set(said)) == 1)
        or said in DEVICES
    )


def is_lost(word: str) -> bool:
    """A long number as a spreadsheet shows it, 1.38E+10: the digits by which it was somebody's are
    gone."""
    found = _lost_digits(word)
    return found is not None and len(found[1] or "") < int(found[2])
