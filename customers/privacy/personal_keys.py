"""What a key says about its value: personal of some kind, never personal, or nothing.

Keys come in whatever way clients put words together: camelCase, snake_case, kebab-case, full width,
Chinese, with whose it is before it.
"""

import re
import unicodedata

from customers.privacy.personal_kinds import BY_WORD, MAYBE_BANK, PersonalKind, of_value, words

# Whose it is says nothing about what it is.
WHOSE = words(
    """user member customer client account login register registered registration bind binding bound current primary main default my own self
    receiver receive recipient consignee contact shipping ship delivery billing sender buyer payer payee applicant patient student child parent
    guardian emergency family spouse father mother dad mom home work office guest visitor person personal people holder owner cardholder
    insured vip alt alternate alternative second backup reserved reserve wx wechat weixin identity signup consumer reservation booking invitee
    收货人 收货 收件人 收件 寄件人 联系人 联系 紧急联系人 用户 会员 客户 顾客 注册 登录 绑定 本人 我的 买家 付款人 患者 病人 就诊人 学生 学员
    孩子 家长 监护人 父亲 母亲 家庭 家人 单位 个人 备用 预留 常用 默认 预约人 持卡人 投保人 申请人"""  # noqa: E501
)
LONGEST_FIRST = sorted(WHOSE, key=len, reverse=True)
OWN = words(
    """user member customer account login register registered registration bind binding bound current primary main my own self
    wx wechat weixin identity signup 用户 会员 客户 顾客 注册 登录 绑定 本人 我的"""  # noqa: E501
)
# Under these stands what is counted, or what names a thing: a number of eleven digits there is
# nobody's phone.
IDS = words(
    """id ids no nos num number numbers code codes sku spu sn key token hash barcode ean upc gtin isbn issn tracking waybill logistics express
    shipment serial batch version timestamp ts trace uuid guid openid unionid md5 sha sha1 sha256 digest signature sign nonce ref reference
    order orders trade invoice receipt transaction txn voucher coupon ticket amount fen price total quantity count qty time date seq sequence
    index imei imsi idfa oaid mac build revision product item goods url path"""  # noqa: E501
)
ENDINGS = tuple(
    words("订单 流水 条码 条形码 运单 快递 物流 批次 券码 卡券 时间 金额 价格 数量 号 码 id")
)
MOST_WHOSE = 3
_tokens = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W\d_a-zA-Z]+").findall

FREE, CLEAR, MAYBE = (
    "free",
    "clear",
    "maybe",
)  # the value says; never personal; a bank card if the value says so
PHONE = BY_WORD["phone"]


def tokens_of(key: str) -> list[str]:
    return [token.lower() for token in _tokens(unicodedata.normalize("NFKC", key))]


def meaning_and_owners(joined: str) -> tuple[str, list[str]]:
    """What is called so, and whose it is said to be: ("phone", ["receiver"]) of "receiverphone"."""
    whose: list[str] = []
    while joined not in BY_WORD and joined not in MAYBE_BANK and len(whose) < MOST_WHOSE:
        before = next(
            (one for one in LONGEST_FIRST if joined.startswith(one) and len(joined) > len(one)),
            None,
        )
        if before is None:
            break
        whose.append(before)
        joined = joined[len(before) :]
    return joined, whose


def verdict(key: str) -> PersonalKind | str:
    tokens = tokens_of(key)
    joined = "".join(tokens).rstrip("0123456789") or "".join(tokens)
    for spelled in (joined, joined.removesuffix("list"), joined.removesuffix("s")):
        word, _whose = meaning_and_owners(spelled)
        if word in BY_WORD:
            return BY_WORD[word]
        if word in MAYBE_BANK:
            return MAYBE
    if of_value(key):
        return (
            PHONE  # the key itself is somebody's number: whatever stands under it is about a person
        )
    return CLEAR if not IDS.isdisjoint(tokens) or joined.endswith(ENDINGS) else FREE


def is_own(key: str) -> bool:
    """Is it the customer's own, and not that of whom they send something to?"""
    word, whose = meaning_and_owners("".join(tokens_of(key)))
    return word in BY_WORD and OWN.issuperset(whose)
