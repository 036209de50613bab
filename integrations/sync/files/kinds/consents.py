"""Consents: what people allowed or withdrew, when, in which words, told where. Nothing is raised
from no to yes without all of that, and a newer withdrawal stands."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Consent
from integrations.native.consents import Consents as Door
from integrations.sync.files.kinds import known
from integrations.sync.files.kinds.base import (
    CHANGED,
    NEW,
    OLDER,
    SAME,
    Draft,
    Field,
    ImportKind,
    Made,
    Setting,
)
from integrations.sync.files.kinds.people import IDENTITIES, ONE_OF, identities
from integrations.sync.files.spoilt import Spoilt

CHANNELS = {
    "sms": ("短信", "手机短信", "text message"),
    "email": ("邮件", "电子邮件", "邮箱", "e-mail"),
    "wechat": ("微信", "公众号", "订阅消息"),
    "in_app": ("站内", "站内信", "小程序", "app"),
}
PURPOSES = {"marketing": ("营销", "推广", "促销"), "service": ("服务", "服务通知", "通知")}


class Consents(ImportKind):
    key, label, icon = "consents", gettext_lazy("consents"), "handshake"
    help = gettext_lazy(
        "Who has allowed or withdrawn what. A yes needs its time, its text and where it was given."
    )
    door = Door()
    one_of, is_about_people = ONE_OF, True
    fields = (
        *IDENTITIES,
        Field(
            "channel",
            gettext_lazy("channel"),
            ("渠道", "通道", "channel"),
            is_needed=True,
            choices=CHANNELS,
            example="短信",
        ),
        Field(
            "purpose",
            gettext_lazy("purpose"),
            ("用途", "目的", "purpose"),
            choices=PURPOSES,
            example="营销",
        ),
        Field(
            "granted",
            gettext_lazy("allowed"),
            ("同意", "是否同意", "授权", "granted", "consent", "allowed", "opt in"),
            "flag",
            is_needed=True,
            example="是",
        ),
        Field(
            "occurred_at",
            gettext_lazy("when"),
            ("同意时间", "授权时间", "签署时间", "时间", "日期", "when", "date", "time"),
            "moment",
            is_needed=True,
            example="2024-06-18 10:30:00",
        ),
        Field(
            "version",
            gettext_lazy("text agreed to"),
            ("协议版本", "文本", "条款", "同意文本", "协议", "text", "version", "terms"),
            is_needed=True,
            example="会员协议 2024-01",
        ),
        Field(
            "proof",
            gettext_lazy("where it was given"),
            ("来源", "出处", "签署地点", "同意来源", "凭证", "origin", "proof", "source"),
            is_needed=True,
            example="门店入会表单",
        ),
    )

    def item(self, draft: Draft, setting: Setting) -> dict:
        values = {name: value for name, value in draft.values.items() if value is not None}
        if values.get("granted") and not (values.get("version") and values.get("proof")):
            raise Spoilt(
                _("A yes needs its text and where it was given, else nobody may rely on it.")
            )
        rest = {name: value for name, value in values.items() if not name.startswith("identities.")}
        rest["version"] = rest.get("version", "")[:50]
        return {"purpose": "marketing", **rest, "identities": identities(values)}

    def compare(self, made: list[Made], setting: Setting) -> None:
        who = known.people(setting.source, made)
        stated = self.stated([one.one for one in who if one.one])
        for one, whom in zip(made, who, strict=True):
            said = one.incoming.consents[0]
            if whom.one:
                known.believe(one, setting)
            one.origin, one.object = whom.origin, str(whom.one or "")
            one.before = {"at": one.incoming.occurred_at.isoformat(), "channel": said.channel}
            current = stated.get((whom.one, said.channel, said.purpose))
            if current is None:
                one.outcome = CHANGED if whom.one else NEW
                if not whom.one and setting.options.get("people") == "known":
                    one.refuse(_("Nobody who is here is meant by this."))
            elif current[1] > one.incoming.occurred_at:
                one.outcome = OLDER
            else:
                one.outcome = SAME if current[0] == said.is_granted else CHANGED

    def stated(self, customers: Sequence[int]) -> dict:
        rows = (
            Consent.objects.filter(customer__in=customers)
            .order_by("customer", "channel", "purpose", "-occurred_at", "-pk")
            .distinct("customer", "channel", "purpose")
        )
        return {
            (one.customer_id, one.channel, one.purpose): (one.is_granted, one.occurred_at)
            for one in rows
        }
