"""The channel of subscribe messages: one template of one app, its values in the order of its
keywords, a page that leads back.

A message needs a grant of its own (grants.py), taken when it is claimed, and nobody is sent two at
once. What WeChat would refuse for its values is refused here first, before a grant is taken; what
it would refuse for being too soon (limits.py) waits.
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import timedelta

from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext_lazy

from campaigns.delivery.channels import Address, Channel, Later, Parcel, SendFailed
from campaigns.models import Message
from crm_project.db.sets import among
from customers.models import Connection, Identity, Kind
from customers.privacy.sealing import NotDecipherable
from customers.segments.conditions.base import asked
from integrations.outbound.client import CallFailed
from integrations.wechat import tokens
from integrations.wechat.account import VENDOR, account_of
from integrations.wechat.errors import errcode_of
from integrations.wechat.subscribe import calls, fitting, grants, limits, templates
from integrations.wechat.subscribe.content import SubscribeContent
from integrations.wechat.subscribe.models import SubscribeTemplate

KEY = "wechat_subscribe"
SEND = calls.SEND


class Subscribe(Channel):
    key, label = KEY, pgettext_lazy("channel", "WeChat subscribe message")
    Content = SubscribeContent
    touch_window = timedelta(hours=24)
    headline = "value1"
    preview_template = "wechat/subscribe_preview.html"
    is_markup = False
    has_connections = True
    shows_longest = True
    granted_by_default = True  # a grant is the consent for its template; a withdrawal still bars
    batch_size = 500

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
        """A grant for each; one message to a person at a time, whoever else is at it; of a limited
        template only when its time has come."""
        busy = self.under_way(messages)
        allowed = self.allowed(messages)
        by_message = {m.pk: self.template(m.content.get("template", "")) for m in messages}
        limited = [m for m in messages if (one := by_message[m.pk]) and one.is_limited]
        found: dict[int, str | Later] = {}
        too_soon = limits.over(limited, by_message, now=now)
        wanted = []
        for m in messages:
            one = by_message[m.pk]
            place = (m.customer_id, one.pk if one else 0)
            if place not in allowed:
                found[m.pk] = "no_grant"
            elif m.pk in too_soon:
                found[m.pk] = too_soon[m.pk]
            elif m.customer_id in busy:
                found[m.pk] = Later("customer_busy", calls.SOON)
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
        refused = [m for m in messages if errcode_of(m.error) == calls.NOT_ALLOWED]
        if refused:
            self.believe(refused, now=now)
        grants.give_back([m.pk for m in messages], now=now)

    def believe(self, messages: list[Message], *, now) -> None:
        """43101: of a template that is sent by only so often it may mean just that, so what people
        allowed stays until it is said in another period again."""
        openids = grants.openids_of([m.pk for m in messages])
        people = self.people(messages)
        for m in messages:
            one = self.template(m.content.get("template", ""))
            if one is None:
                continue
            theirs = (
                [openids[m.pk]]
                if m.pk in openids
                else [pk for pk, (customer, _scope) in people.items() if customer == m.customer_id]
            )
            for person in Identity.objects.filter(pk__in=theirs):
                if one.is_limited:
                    grants.doubt(person, one, since=limits.began(one, now), now=now)
                else:
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
            return {p.message_id: calls.of_account(failed) for p in parcels}
        if account is None:
            lost = SendFailed("unusable: WeChat", retry_after=calls.HOUR, is_of_account=True)
            return {p.message_id: lost for p in parcels}
        return calls.posted(account, self.bodies(parcels))

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
            p.message_id: calls.body_of(p, one, openids.get(p.message_id, p.address))
            for p in parcels
            if (one := rows[p.message_id])
        }
