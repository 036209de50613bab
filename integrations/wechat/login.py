"""Log-in by WeChat: the code of wx.login(), and the code of the phone button."""

import re

from django.utils.translation import pgettext_lazy

from customers.identity import normalising
from customers.models import Kind
from events.incoming_items import Named
from integrations.member_api.providers import CodeRefused, LoginProvider, PersonRefused, Proven
from integrations.outbound.client import CallFailed
from integrations.wechat import account as accounts
from integrations.wechat import asking, client
from integrations.wechat.account import account_of
from integrations.wechat.errors import WeChatError

CODE = re.compile(r"[0-9A-Za-z_-]{8,256}")
WRONG_CODE = frozenset({40003, 40013, 40029, 40163, 41008})
RISKY = 40226
PHONE_PRICE = 300  # in 1/100 fen
PHONES_A_DAY = 1000  # what a form without it means


class WeChatLogin(LoginProvider):
    key, label = accounts.VENDOR, pgettext_lazy("vendor", "WeChat mini-program")
    has_phone = True

    def is_code(self, text):
        return CODE.fullmatch(text) is not None

    def exchange(self, connection, code):
        return session_of(account_of(connection), code, self.seconds)

    def phone_of(self, connection, code, subject):
        return phone_of(account_of(connection), code, subject, self.seconds)

    def phone_price(self, connection):
        return PHONE_PRICE

    def phones_a_day(self, connection):
        return connection.settings.get("phones_a_day", PHONES_A_DAY)


async def session_of(account, code: str, seconds: float) -> Proven:
    """Whose code it is. The session key that comes with it is thrown away."""
    query = {"appid": account.app_id, "js_code": code, "grant_type": "authorization_code"}
    for number, secret in enumerate(account.secrets):
        try:
            said = await asking.ask(
                account,
                "/sns/jscode2session",
                query=query | {"secret": secret},
                method="GET",
                seconds=seconds,
            )
        except WeChatError as refused:
            is_last = number == len(account.secrets) - 1
            if is_last or refused.errcode not in asking.WRONG_SECRET:
                raise judged(refused, WRONG_CODE - {40013}) from refused
        else:
            return proven(account, said)
    raise CallFailed("unusable")


def proven(account, said: dict) -> Proven:
    openid, unionid = said.get("openid"), said.get("unionid")
    if not is_id(openid):
        raise CallFailed("garbled")
    found = [Named(Kind.WX_OPENID.value, openid, account.app_id, proven=True)]
    if is_id(unionid):
        found.append(Named(Kind.WX_UNIONID.value, unionid, proven=True))
    return Proven(found)


def is_id(text) -> bool:
    return isinstance(text, str) and 0 < len(text) <= 128 and text.isascii() and text.isprintable()


async def phone_of(account, code: str, openid: str, seconds: float) -> Named:
    """The phone that WeChat has verified; the code must have been given to this very person."""
    try:
        said = await client.call(
            account,
            "/wxa/business/getuserphonenumber",
            {"code": code, "openid": openid},
            seconds=seconds,
        )
    except WeChatError as refused:
        raise judged(refused, WRONG_CODE) from refused
    info = said.get("phone_info")
    if not isinstance(info, dict):
        raise CallFailed("garbled")
    country = str(info.get("countryCode") or "86")  # seen as a number, too
    pure = str(info.get("purePhoneNumber") or "")
    phone = normalising.normal(Kind.PHONE, f"+{country}{pure}")
    if phone is None:
        raise CallFailed("garbled")
    return Named(Kind.PHONE.value, phone, verified=True, proven=True)


def judged(refused: WeChatError, wrong: frozenset[int]) -> Exception:
    """What the refusal means for whoever logs in."""
    if refused.errcode in wrong:
        return CodeRefused()
    return PersonRefused() if refused.errcode == RISKY else refused
