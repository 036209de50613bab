"""SMS: one channel, whichever account a text leaves by.

A vendor that owns the texts sends what matches one of its approved templates; a gateway sends any.
So the same text may leave by every account that can say it.
"""

from collections.abc import Collection
from datetime import time, timedelta

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from campaigns.delivery.channels import Address, Channel, LiquidField, SendFailed
from campaigns.models import Message
from crm_project.db.clock import database_now
from crm_project.db.sets import among
from customers.models import Connection, Identity, Kind, Purpose
from customers.privacy.sealing import NotDecipherable, not_readable
from customers.segments.conditions.base import asked
from integrations.sms import accounts, matching, numbers, texts, writing
from integrations.sms.accounts import Account
from integrations.sms.values import Text
from integrations.sms.widgets import TextWithTemplates

A_SECOND = timedelta(seconds=1)


class SmsContent(forms.Form):
    text = LiquidField(
        label=_("text"),
        max_length=1000,
        widget=TextWithTemplates,
        help_text=_(
            "Without the signature, which is put before it. A provider with templates sends only"
            " what it has approved: choose one, and put words or fields in the places of its"
            " variables."
        ),
    )


class Sms(Channel):
    key, label = "sms", pgettext_lazy("channel", "SMS")
    Content = SmsContent
    headline = "text"
    preview_template = "sms/preview.html"
    is_markup = False
    has_connections = True
    batch_size = 500
    # 《通信短信息服务管理规定》, and what providers take: advertising from 8 to 22 of Beijing.
    lawful_hours = {Purpose.MARKETING: (time(8), time(22))}

    def __init__(self):
        self.known: dict[int, Account] | None = None

    @property
    def accounts(self) -> dict[int, Account]:
        """Those that are active, the one to take first standing first; as of the last
        `addresses`."""
        if self.known is None:
            self.known = {one.pk: one for one in accounts.active()}
        return self.known

    def carrier(self):
        return ", ".join(sorted({str(one.vendor.label) for one in self.accounts.values()}))

    # -- to whom

    def addresses(self, customer_ids):
        self.known = None
        lanes = list(self.lanes())
        if not lanes:
            return {}
        phones = Identity.objects.filter(
            among("customer", customer_ids), kind=Kind.PHONE, sealed__isnull=False
        )
        rows = phones.order_by("first_seen_at", "pk").only(
            "customer", "kind", "scope", "value", "sealed"
        )
        return {
            row.customer_id: [Address(lane, number) for lane in lanes]
            for row in rows
            if (number := readable(row))
        }  # the latest, where there are several

    def lanes(self) -> Collection[int]:
        """The active connections; those that fail come last."""
        if self.known is not None:
            return self.known
        rows = Connection.objects.filter(vendor__in=accounts.sms_vendors(), is_active=True)
        rows = rows.only("last_ok_at", "last_error_at").order_by("pk")
        return accounts.well_first(rows)

    def reached(self, customers):
        if not self.lanes():
            return customers - customers
        return asked(
            "SELECT DISTINCT customer_id FROM customers_identity WHERE kind = 'phone' {among}",
            {},
            among=customers,
        )

    def may_carry(self, connection_id, content):
        account = self.accounts.get(connection_id)
        return account is not None and account.can_say(content.get("text", "").strip())

    # -- what stands against a message

    def judge(self, messages, addresses, *, now):
        found = {}
        for m in messages:
            account, address = self.accounts.get(m.connection_id), addresses.get(m.pk)
            if account is None or address is None:
                found[m.pk] = "unreachable"
            elif numbers.is_abroad(address.value) and not account.settings.get("abroad"):
                found[m.pk] = "sms_abroad"
            elif not account.may_send(m.content.get("text", "").strip()):
                found[m.pk] = "sms_sign"
        return found

    def judge_text(self, messages, *, now):
        found = {}
        for m in messages:
            account = self.accounts.get(m.connection_id)
            reason = (
                writing.against(account, m.filled.get("text", ""), m.purpose) if account else ""
            )
            if reason:
                found[m.pk] = reason
        return found

    # -- what it is and costs

    def parts(self, parcel):
        return texts.parts(writing.whole(self.account_of(parcel), parcel.content, parcel.purpose))

    def price_kind(self, parcel):
        return "abroad" if numbers.is_abroad(parcel.address) else parcel.purpose

    def account_of(self, parcel) -> Account | None:
        return self.accounts.get(parcel.connection_id)

    # -- while it is written

    def unfit(self, content, purpose):
        return writing.unfit(content.get("text", ""), purpose)

    def forecast(self, content, purpose):
        return writing.forecast(content.get("text", ""), purpose)

    def marked(self, texts, mark):
        """Only where the text is ours: a template says what it says."""
        text = texts.get("text", "")
        is_theirs = any(
            one.vendor.has_templates and one.can_say(text) for one in self.accounts.values()
        )
        return texts if is_theirs else super().marked(texts, mark)

    def shown(self, filled, purpose):
        return writing.shown(filled.get("text", ""), purpose)

    # -- out

    def room(self, connection_id):
        rows = Connection.objects.filter(pk=connection_id, vendor__in=accounts.sms_vendors())
        account = accounts.of_row(row) if (row := rows.select_related("sms").first()) else None
        most = account and account.settings.get("per_second")
        if not most:
            return None
        just_now = Message.objects.filter(
            channel=self.key, connection_id=connection_id, sent_at__gt=database_now() - A_SECOND
        )
        return most - just_now[:most].count()

    def send(self, parcels):
        account = self.account_of(parcels[0])  # as it was when the batch was judged
        if account is None:
            return {parcel.message_id: accounts.unusable() for parcel in parcels}
        ready, results = [], {}
        for parcel in parcels:
            one = made(account, parcel)
            if isinstance(one, SendFailed):
                results[parcel.message_id] = one
            else:
                ready.append(one)
        return sent(account, ready, results)


async def sent(account: Account, ready: list[Text], results: dict) -> dict:
    return results | await account.vendor.send(account, ready) if ready else results


def made(account: Account, parcel) -> Text | SendFailed:
    """The text as its vendor takes it."""
    body = writing.body(account, parcel.content, parcel.purpose)
    sign, _rest = account.signed(parcel.content.get("text", "").strip())
    if not account.vendor.has_templates:
        return Text(parcel.message_id, parcel.address, sign, body, parcel.purpose)
    template = account.template(body, parcel.purpose)
    if template is None:  # it was approved when the message was judged
        return SendFailed("template: not approved any more", is_of_text=True)
    pattern = matching.pattern(template.text)
    values = dict(zip(pattern.names, pattern.values(body), strict=True))
    return Text(parcel.message_id, parcel.address, sign, body, parcel.purpose, template, values)


def readable(row: Identity) -> str | None:
    """One that cannot be opened stops no other."""
    try:
        return row.sealed
    except NotDecipherable:
        not_readable(row)
        return None
