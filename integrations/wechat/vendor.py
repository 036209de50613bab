"""A mini-program as an account: what WeChat's console shows and we need, what we show and it needs,
and whether both are right."""

import re
import secrets
import string
from dataclasses import dataclass
from datetime import timedelta

from django import forms
from django.conf import settings as installation
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from campaigns.delivery.costs import yuan
from crm_project.db.clock import reckoned_now
from customers.models import Connection
from customers.privacy.sealing import NotDecipherable
from integrations.connections.vendors import Entered, Health, SecretField, Vendor
from integrations.member_api import phones
from integrations.outbound.client import CallFailed
from integrations.wechat import account as accounts
from integrations.wechat import errors, login, tokens
from integrations.wechat.account import account_of, is_valid

APP_ID = re.compile(r"wx[0-9a-zA-Z]{16}")
APP_SECRET = re.compile(r"[0-9a-zA-Z]{32}")
PUSH_TOKEN = re.compile(r"[0-9a-zA-Z]{3,32}")
AES_KEY = re.compile(r"[0-9a-zA-Z]{43}")
LETTERS = string.ascii_letters + string.digits
OLD_SECRET_LASTS = timedelta(days=1)  # while the new one is not in force there yet
OLD_KEYS_LAST = timedelta(days=7)  # for which pushes with the keys before are taken


@dataclass(frozen=True, slots=True)
class PushKeys:
    """With what pushes are signed and encrypted."""

    token: str
    aes_key: str


class WeChatForm(forms.Form):
    app_id = forms.CharField(
        label=gettext_lazy("app id"),
        max_length=18,
        help_text=gettext_lazy(
            "AppID(小程序ID): wx and 16 letters and digits; in WeChat's console (mp.weixin.qq.com)"
            " under 开发管理 → 开发设置 → 开发者ID."
        ),
    )
    secret = SecretField(
        label=gettext_lazy("app secret"),
        max_length=32,
        help_text=gettext_lazy(
            "AppSecret(小程序密钥): in the same place. WeChat shows it once, when it is made; 重置"
            " makes another, and the old one ends at once: have this page open when you do it."
        ),
    )
    push_token = SecretField(
        label=gettext_lazy("token of the message push"),
        required=False,
        max_length=32,
        help_text=gettext_lazy(
            "Token(令牌) under 开发管理 → 消息推送. Empty: we make one and show it once."
        ),
    )
    aes_key = SecretField(
        label=gettext_lazy("key of the message push"),
        required=False,
        max_length=43,
        help_text=gettext_lazy(
            "EncodingAESKey(消息加解密密钥) in the same place: 43 letters and digits. Empty: we"
            " make one and show it once."
        ),
    )

    phones_a_day = forms.IntegerField(
        label=gettext_lazy("phone numbers in a day, at most"),
        min_value=0,
        max_value=10_000_000,
        initial=login.PHONES_A_DAY,
        help_text=gettext_lazy(
            "WeChat takes money for each phone number that people let us know by its button (手机号"
            "快速验证组件: 3 fen, unless you set another price under “Prices of sending”); beyond"
            " this nobody is asked. 0: none."
        ),
    )

    def clean_app_id(self):
        return matching(
            self.cleaned_data["app_id"],
            APP_ID,
            gettext_lazy("An app id is wx and 16 letters and digits, like wx0123456789abcdef."),
        )

    def clean_secret(self):
        return matching(
            self.cleaned_data["secret"],
            APP_SECRET,
            gettext_lazy("An app secret is 32 letters and digits."),
        )

    def clean_push_token(self):
        return matching(
            self.cleaned_data["push_token"],
            PUSH_TOKEN,
            gettext_lazy("WeChat takes 3 to 32 letters and digits here."),
        )

    def clean_aes_key(self):
        return matching(
            self.cleaned_data["aes_key"],
            AES_KEY,
            gettext_lazy("WeChat takes exactly 43 letters and digits here."),
        )


def matching(value: str, form: re.Pattern, words) -> str:
    if value and not form.fullmatch(value):
        raise ValidationError(words)
    return value


class WeChat(Vendor):
    key, label = accounts.VENDOR, pgettext_lazy("vendor", "WeChat mini-program")
    help = gettext_lazy(
        "People log in with WeChat, are known by their openid, and can be written to by subscribe"
        " messages. All values stand in the console of the mini-program (mp.weixin.qq.com)."
    )
    Form = WeChatForm
    has_base_url = has_open_platform = mints = is_same_account = True

    def account(self, settings):
        return settings["app_id"]

    def completed(self, settings):
        """Keys of the push are there; of secrets that have changed, the ones before stay for a
        while."""
        found = {
            **settings,
            "push_token": settings.get("push_token") or new_push_token(),
            "aes_key": settings.get("aes_key") or new_aes_key(),
        }
        return kept_before(kept_before(found, ("secret",), OLD_SECRET_LASTS), KEYS, OLD_KEYS_LAST)

    def rotated(self, settings):
        made = {**settings, "push_token": new_push_token(), "aes_key": new_aes_key()}
        return kept_before(made, KEYS, OLD_KEYS_LAST)

    def to_enter_there(self, connection):
        settings = connection.settings
        return [
            Entered(_("server domain: 服务器域名 → request合法域名"), installation.PUBLIC_URL),
            Entered(_("address of the message push: 消息推送 → URL"), push_address(connection)),
            Entered(_("way of encryption: 消息加密方式"), "安全模式"),
            Entered(_("form of the data: 数据格式"), "JSON"),
            our_address(connection),
            Entered("Token(令牌)", settings.get("push_token", ""), is_secret=True),
            Entered("EncodingAESKey(消息加解密密钥)", settings.get("aes_key", ""), is_secret=True),
        ]

    def facts(self, connection):
        today, month = phones.told(connection)
        words = _("%(n)d today, %(month)d in 30 days: %(cost)s")
        cost = yuan(month.cost) or "¥0"
        return [
            (
                _("phone numbers from WeChat"),
                words % {"n": today, "month": month.number, "cost": cost},
            )
        ]

    def test(self, connection):
        try:
            account = account_of(connection)
            tokens.tried(account)
        except NotDecipherable:
            return Health(False, errors.in_words("unusable"), "unusable")
        except CallFailed as failed:
            return Health(False, errors.in_words(str(failed)), str(failed))
        return Health(True, _("WeChat knows the app, its secret and our address."))

    def request(self, connection, call):
        raise CallFailed("unusable", "WeChat")  # its calls need a token: client.py

    def in_words(self, error):
        return errors.in_words(error)


KEYS = ("push_token", "aes_key")


def kept_before(settings: dict, names: tuple[str, ...], lasts: timedelta) -> dict:
    """The settings; where these secrets have changed since they were last saved, with the ones
    before and until when those are good."""
    now_held = [settings[name] for name in names]
    held = [settings.get(f"held_{name}") for name in names]
    if held == now_held:
        return settings
    found = {**settings, **{f"held_{name}": settings[name] for name in names}}
    if None not in held:
        found |= {f"previous_{name}": was for name, was in zip(names, held, strict=True)}
        found[f"previous_{names[0]}_until"] = (reckoned_now() + lasts).isoformat()
    return found


def push_keys(connection: Connection) -> list[PushKeys]:
    """With which a push may be signed and encrypted: those of now, and those before for a while.
    Raises NotDecipherable."""
    settings = connection.settings
    found = [PushKeys(settings["push_token"], settings["aes_key"])]
    if is_valid(settings.get("previous_push_token_until", "")):
        found.append(PushKeys(settings["previous_push_token"], settings["previous_aes_key"]))
    return found


def push_address(connection: Connection) -> str:
    """Where the platform tells us what happens."""
    return f"{installation.PUBLIC_URL}/wechat/{connection.account}/push"


def our_address(connection: Connection) -> Entered:
    """From where the platform sees us call, once it has said so."""
    label, found = (
        _("our address: 开发设置 → IP白名单"),
        errors.ADDRESS.search(connection.last_error),
    )
    if found:
        return Entered(label, found[1])
    hint = _("Press Test: WeChat then names it, if it does not know it yet.")
    return Entered(label, hint, is_hint=True)


def new_push_token() -> str:
    return "".join(secrets.choice(LETTERS) for _n in range(32))


def new_aes_key() -> str:
    """43 characters that are the base64 of 32 bytes: of the last one, two bits say nothing."""
    return "".join(secrets.choice(LETTERS) for _n in range(42)) + secrets.choice("AEIMQUYcgkosw048")
