"""The channel of subscribe messages: one template of one app, its values in the order of its
keywords, a page that leads back.

A message needs a grant of its own (grants.py), taken when it is claimed, and nobody is sent two at
once. What WeChat would refuse for its values is refused here first, before a grant is taken.
"""

import asyncio
from collections import defaultdict
from collections.abc import Collection
from typing import NamedTuple

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from campaigns.delivery.channels import (
    Address,
    Channel,
    Later,
    LiquidField,
    Parcel,
    SendFailed,
    Sent,
)
from campaigns.models import Message
from crm_project.db.sets import among
from customers.models import Connection, Identity, Kind
from customers.privacy.sealing import NotDecipherable
from customers.segments.conditions.base import asked
from integrations.outbound.client import CallFailed
from integrations.wechat import client, tokens
from integrations.wechat.account import VENDOR, account_of
from integrations.wechat.errors import Kind as ErrorKind
from integrations.wechat.errors import WeChatError, errcode_of
from integrations.wechat.subscribe import fitting, grants, templates
from integrations.wechat.subscribe.models import SubscribeTemplate

KEY = "wechat_subscribe"
SEND = "/cgi-bin/message/subscribe/send"
AT_ONCE = 50
SECONDS = 12.0  # of one call; a batch has twenty
FIELDS = tuple(f"value{n}" for n in range(1, 6))  # a template has two to five keywords
STATES = ("formal", "trial", "developer")
MESSAGE = "hutong_message"  # in the page's query: which message led there
LONGEST_PAGE = 1024
NOT_ALLOWED, BUSY_WITH_THEM, BAD_OPENID = 43101, 43108, 40003
SOON, MINUTE, HOUR = 1.0, 60.0, 3600.0


class Wait(NamedTuple):
    """When another try may work; None: after a delay that grows."""

    seconds: float | None
    is_of_account: bool = False


WAITS = {
    NOT_ALLOWED: Wait(SOON),  # judged anew: perhaps no grant is left
    BUSY_WITH_THEM: Wait(SOON),
    45011: Wait(MINUTE, is_of_account=True),
}
WAITS_BY_KIND = {
    ErrorKind.LATER: Wait(None),
    ErrorKind.QUOTA: Wait(HOUR, is_of_account=True),
    ErrorKind.SETUP: Wait(MINUTE, is_of_account=True),
    ErrorKind.TOKEN: Wait(MINUTE, is_of_account=True),
}


class TemplateChoice(forms.Select):
    """Read anew for each form: templates come and go at WeChat."""

    template_name = "unfold/widgets/select.html"

    @property
    def choices(self):
        rows = templates.offered()
        many = len({one.connection_id for one in rows}) > 1
        return [
            ("", "—"),
            *((one.key, f"{one.connection} · {told(one)}" if many else told(one)) for one in rows),
        ]

    @choices.setter
    def choices(self, _value):
        """They are not given."""

    def __deepcopy__(self, memo):
        """Forms copy their fields, and classes are made without a database."""
        return type(self)(attrs=dict(self.attrs))


def told(one: SubscribeTemplate) -> str:
    return f"{one.title} ({_('long-term') if one.is_long_term else _('one-time')})"


class StateChoice(forms.Select):
    template_name = "unfold/widgets/select.html"

    def __init__(self):
        super().__init__(
            choices=[
                ("", gettext_lazy("the released mini-program")),
                ("trial", gettext_lazy("the trial version")),
                ("developer", gettext_lazy("the developers' version")),
            ]
        )


LABELS = {
    1: gettext_lazy("first value"),
    2: gettext_lazy("second value"),
    3: gettext_lazy("third value"),
    4: gettext_lazy("fourth value"),
    5: gettext_lazy("fifth value"),
}


class SubscribeContent(forms.Form):
    template = LiquidField(
        label=gettext_lazy("template"),
        max_length=128,
        widget=TemplateChoice(),
        help_text=gettext_lazy("Templates are picked in WeChat's console (订阅消息)."),
    )
    value1 = LiquidField(label=LABELS[1], max_length=500)
    value2 = LiquidField(label=LABELS[2], max_length=500, required=False)
    value3 = LiquidField(label=LABELS[3], max_length=500, required=False)
    value4 = LiquidField(label=LABELS[4], max_length=500, required=False)
    value5 = LiquidField(label=LABELS[5], max_length=500, required=False)
    page = LiquidField(
        label=gettext_lazy("page in the mini-program"),
        max_length=500,
        required=False,
        help_text=gettext_lazy(
            "Opened when the message is tapped, such as pages/course/index?id=3; we add the"
            " message's number."
        ),
    )
    state = LiquidField(
        label=gettext_lazy("opens"), max_length=20, required=False, widget=StateChoice()
    )

    def clean_state(self):
        said = self.cleaned_data["state"]
        if said and said not in STATES:
            raise ValidationError(gettext_lazy("There is no such version."))
        return said

    def clean_page(self):
        page = self.cleaned_data["page"]
        if page.startswith(("http:", "https:", "/")):
            raise ValidationError(
                gettext_lazy(
                    "A page of the mini-program has no http:// and begins without a slash."
                )
            )
        return page


class Subscribe(Channel):
    key, label = KEY, pgettext_lazy("channel", "WeChat subscribe message")
    Content = SubscribeContent
    headline = "value1"
    preview_template = "wechat/subscribe_preview.html"
    is_markup = False
    has_connections = True
    shows_longest = True
    granted_by_default = True  # a grant is the consent for its template; a withdrawal still bars
    batch_size = 200

    def carrier(self):
        return str(_("Tencent (WeChat)")) if templates.apps() else ""

    # -- whom it reaches

    def addresses(self, customer_ids):
        """Those of whom an app knows the openid; the latest first."""
        apps = {one.account: one.pk for one in templates.apps()}
        if not apps:
            return {}
        rows = Identity.objects.filter(
            among("customer", customer_ids), kind=Kind.WX_OPENID, scope__in=apps
        ).order_by("-first_seen_at", "-pk")
        found: dict[int, list[Address]] = defaultdict(list)
        for customer, scope, value in rows.values_list("customer", "scope", "value"):
            found[customer].append(Address(apps[scope], value))
        return dict(found)

    def reached(self, customers):
        """Whoever has allowed some message that was not sent yet."""
        return asked(
            "SELECT DISTINCT g.customer_id FROM integrations_grant g"
            " JOIN customers_connection c ON c.id = g.connection_id AND c.is_active"
            " WHERE g.state = 'free' {among}",
            {},
            among=customers,
        )

    def more_of(self, customers):
        n, people = grants.left_of(customers)
        said = ngettext("%(n)s message left", "%(n)s messages left", n) % {"n": f"{n:,}"}
        if not people:
            return said
        lasting = ngettext("%(n)s person at any time", "%(n)s people at any time", people)
        return f"{said} · {lasting % {'n': f'{people:,}'}}"

    def connection_of(self, content):
        one = self.template(content.get("template", ""))
        return one.connection_id if one else None

    @cached_property
    def known(self) -> dict[str, SubscribeTemplate | None]:
        return {}

    def template(self, key: str) -> SubscribeTemplate | None:
        """Asked once by each instance: what is changed is in force with the next batch."""
        if key not in self.known:
            self.known[key] = SubscribeTemplate.objects.filter(key=key).first()
        return self.known[key]

    def unfit(self, content, purpose):
        return fitting.unfit(self.template(content.get("template", "")), content, purpose)

    # -- its word on messages

    def judge(self, messages, addresses, *, now):
        """Nothing leaves without a grant, and nothing that the template is not for."""
        self.known.clear()
        found = {}
        allowed = self.allowed(messages)
        for m in messages:
            one = self.template(m.content.get("template", ""))
            if one is None or not one.is_there:
                found[m.pk] = "no_template"
            elif m.connection_id != one.connection_id:
                found[m.pk] = "unreachable"
            elif not m.is_test and not one.fits(m.purpose):
                found[m.pk] = "not_subscribed_for"
            elif not m.sent_at and (m.customer_id, one.pk) not in allowed:
                found[m.pk] = "no_grant"
        return found

    def allowed(self, messages: list[Message]) -> dict[tuple[int, int], list[int]]:
        """By customer and template the openids (rows) that allow something of it."""
        people = self.people(messages)
        left = grants.left(people)
        found: dict[tuple[int, int], list[int]] = defaultdict(list)
        for identity, template in left:
            found[people[identity][0], template].append(identity)
        return dict(found)

    def people(self, messages: list[Message]) -> dict[int, tuple[int, str]]:
        """By openid's row its customer and its app."""
        rows = Identity.objects.filter(
            among("customer", {m.customer_id for m in messages}), kind=Kind.WX_OPENID
        )
        return {
            pk: (customer, scope)
            for pk, customer, scope in rows.values_list("pk", "customer", "scope")
        }

    def judge_text(self, messages, *, now):
        """What WeChat would refuse with 47003."""
        found = {}
        for m in messages:
            one = self.template(m.filled.get("template", ""))
            if one and fitting.faults(one, m.filled):
                found[m.pk] = "bad_value"
        return found

    def reserve(self, messages, *, now):
        """A grant for each; one message to a person at a time, whoever else is at it."""
        busy = self.under_way(messages)
        allowed = self.allowed(messages)
        found: dict[int, str | Later] = {}
        wanted = []
        for m in messages:
            one = self.template(m.content.get("template", ""))
            place = (m.customer_id, one.pk if one else 0)
            if place not in allowed:
                found[m.pk] = "no_grant"
            elif m.customer_id in busy:
                found[m.pk] = Later("customer_busy", SOON)
            else:
                busy.add(m.customer_id)
                if not one.is_long_term:
                    wanted += [(m.pk, allowed[place][0], one.pk)]
        having = grants.take(wanted, now=now)
        found |= {message: "no_grant" for message, *_rest in wanted if message not in having}
        return found

    def under_way(self, messages: list[Message]) -> set[int]:
        """Whom a message of this channel is on its way to."""
        rows = Message.objects.filter(
            among("customer", {m.customer_id for m in messages}),
            channel=self.key,
            state=Message.State.SENDING,
        )
        return set(rows.values_list("customer", flat=True))

    def release(self, messages, *, now):
        """What was taken is free again; where WeChat says that nothing is allowed, nothing is."""
        refused = [m for m in messages if errcode_of(m.error) == NOT_ALLOWED]
        if refused:
            self.believe(refused, now=now)
        grants.give_back([m.pk for m in messages], now=now)

    def believe(self, messages: list[Message], *, now) -> None:
        """43101: of a template that is sent by only so often it may mean just that, so what people
        allowed stays."""
        openids = grants.openids_of([m.pk for m in messages])
        people = self.people(messages)
        for m in messages:
            one = self.template(m.content.get("template", ""))
            if one is None or one.every:
                continue
            theirs = (
                [openids[m.pk]]
                if m.pk in openids
                else [pk for pk, (customer, _scope) in people.items() if customer == m.customer_id]
            )
            for person in Identity.objects.filter(pk__in=theirs):
                grants.refused(person, one, now=now)

    def shown(self, filled, purpose):
        """The card, with what is wrong with each value, and why the template may not be used."""
        one = self.template(filled.get("template", ""))
        return fitting.card(one, filled, purpose)

    # -- sending

    def send(self, parcels):
        """Its account and token are read here; on the loop nothing asks the database."""
        row = Connection.objects.filter(pk=parcels[0].connection_id, vendor=VENDOR).first()
        try:
            account = account_of(row) if row else None
            if account:
                tokens.current(account)
        except NotDecipherable:
            account = None
        except CallFailed as failed:
            return {p.message_id: of_account(failed) for p in parcels}
        if account is None:
            lost = SendFailed("unusable: WeChat", retry_after=HOUR, is_of_account=True)
            return {p.message_id: lost for p in parcels}
        return self.posted(account, self.bodies(parcels))

    def bodies(self, parcels: Collection[Parcel]) -> dict[int, dict]:
        """By message what WeChat is told; to the openid whose grant it has."""
        rows = {p.message_id: self.template(p.content.get("template", "")) for p in parcels}
        long_term = [
            (p.message_id, p.customer_id, one.pk)
            for p in parcels
            if (one := rows[p.message_id]) and one.is_long_term
        ]
        openids = grants.openids([p.message_id for p in parcels], long_term)
        return {
            p.message_id: body_of(p, one, openids.get(p.message_id, p.address))
            for p in parcels
            if (one := rows[p.message_id])
        }

    async def posted(self, account, bodies: dict[int, dict]):
        slots, results = asyncio.Semaphore(AT_ONCE), {}

        async def post(message: int, body: dict) -> None:
            async with slots:
                if (result := await answered(account, body)) is not None:
                    results[message] = result

        await asyncio.gather(*(post(message, body) for message, body in bodies.items()))
        return results


async def answered(account, body: dict) -> Sent | SendFailed | None:
    """What became of one; None where nobody can know."""
    try:
        said = await client.call(account, SEND, body, seconds=SECONDS)
    except WeChatError as refused:
        return failure(refused)
    except CallFailed as failed:
        return of_account(failed) if failed.code in NEVER_LEFT else None
    number = said.get("msgid")
    return Sent(str(number) if isinstance(number, int | str) else "")


# Before anything was sent: another try is no second message.
NEVER_LEFT = frozenset(
    {
        *("bad_address", "password_in_address", "not_https", "local_address", "bad_port"),
        *("unknown_host", "unreachable", "tls", "unusable"),
    }
)


def of_account(failed: CallFailed) -> SendFailed:
    return SendFailed(str(failed), retry_after=failed.retry_after or MINUTE, is_of_account=True)


def failure(refused: WeChatError) -> SendFailed:
    """What WeChat's refusal means for the message: another try, another grant, or the end of this
    message, of this address, of this account for now."""
    later = WAITS.get(refused.errcode) or WAITS_BY_KIND.get(refused.kind)
    if refused.errcode == BAD_OPENID:
        return SendFailed(str(refused), permanent=True)
    if later is None:
        return SendFailed(str(refused), is_of_text=True)
    return SendFailed(str(refused), retry_after=later.seconds, is_of_account=later.is_of_account)


def body_of(parcel: Parcel, one: SubscribeTemplate, openid: str) -> dict:
    body = {
        "touser": openid,
        "template_id": one.key,
        "miniprogram_state": parcel.content.get("state") or STATES[0],
        "lang": "zh_CN",
        "data": {
            keyword["key"]: {"value": text}
            for keyword, text in fitting.values_in(one, parcel.content)
        },
    }
    if page := parcel.content.get("page", ""):
        body["page"] = leading(page, parcel.message_id)
    return body


def leading(page: str, message: int) -> str:
    """The page, with the message that led there."""
    joint = "&" if "?" in page else "?"
    return f"{page}{joint}{MESSAGE}={message}"[:LONGEST_PAGE]
