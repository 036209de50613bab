"""Whether an account works: its vendor is asked for templates, signature and balance, and one text
goes to the number that staff entered as their own."""

import asyncio

from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.delivery import sending
from campaigns.delivery.channels import SendFailed
from crm_project.db.clock import database_now
from customers.models import Connection, Purpose
from customers.privacy.sealing import masked
from integrations.connections.vendors import Health
from integrations.models import SmsAccount, SmsTemplate
from integrations.outbound.client import CallFailed
from integrations.sms import accounts, matching, syncing
from integrations.sms.codes import Refused
from integrations.sms.values import Text

SECONDS = 20
SAMPLE = "888888"  # stands in every variable: codes and numbers take it too


def tested(vendor, connection: Connection) -> Health:
    try:
        syncing.sync(connection, database_now())
    except (Refused, CallFailed, ValueError) as error:
        return Health(False, vendor.told(connection, str(error)), str(error))
    row = SmsAccount.objects.get(connection=connection)
    words = [told(vendor, connection, row)]
    number = connection.settings.get("own_number", "")
    if number and row.sign not in (SmsAccount.Sign.REFUSED, SmsAccount.Sign.WAITING):
        failure = text_to(connection, number)
        if isinstance(failure, SendFailed):
            return Health(False, vendor.told(connection, str(failure)), str(failure))
        words.append(failure)
    is_well = row.sign != SmsAccount.Sign.REFUSED
    error = "" if is_well else "sign: refused"
    return Health(is_well, " ".join(words), error)


def told(vendor, connection: Connection, row: SmsAccount) -> str:
    if not vendor.has_templates:
        return _("The settings can be read.")
    passed = SmsTemplate.objects.filter(
        connection=connection, review=SmsTemplate.Review.PASSED
    ).count()
    words = ngettext(
        "It works: %(n)d approved template, signature %(sign)s.",
        "It works: %(n)d approved templates, signature %(sign)s.",
        passed,
    ) % {"n": passed, "sign": row.get_sign_display()}
    return f"{words} {_('Balance: %(left)s.') % {'left': row.balance}}" if row.balance else words


def facts(vendor, connection: Connection) -> list[tuple[str, str]]:
    """What was fetched of the account last."""
    row = SmsAccount.objects.filter(connection=connection).first()
    if row is None or row.synced_at is None:
        return []
    sign = row.get_sign_display()
    of_sign = f"【{connection.settings.get('sign', '')}】 {sign} {row.sign_reason}".strip()
    found = [(_("signature"), of_sign)]
    for name, (state, reason) in row.signs.items():
        words = SmsAccount.Sign(state).label if state in SmsAccount.Sign.values else state
        found.append((_("further signature"), f"【{name}】 {words} {reason}".strip()))
    if row.balance:
        when = formats.date_format(timezone.localtime(row.balance_at), "SHORT_DATETIME_FORMAT")
        found.append((_("balance"), f"{row.balance} ({when})"))
    if vendor.has_templates:
        passed = SmsTemplate.objects.filter(
            connection=connection, review=SmsTemplate.Review.PASSED
        ).count()
        found.append((_("approved templates"), str(passed)))
    return found


def text_to(connection: Connection, number: str) -> str | SendFailed:
    """One text went there: in which words, or why not."""
    found = accounts.loaded(Connection.objects.filter(pk=connection.pk))
    if not found:
        return SendFailed("unusable: gone")
    account, hidden = found[0], masked("phone", number)
    text = sample(account, number)
    if text is None:
        return _("There is no approved template yet that a test could use.")
    waited = asyncio.run_coroutine_threadsafe(account.vendor.send(account, [text]), sending.loop())
    try:
        result = waited.result(SECONDS).get(0)
    except Exception as error:  # noqa: BLE001 -- whatever it is, it is the answer
        waited.cancel()
        return SendFailed(f"timeout: {type(error).__name__}")
    if isinstance(result, SendFailed):
        return result
    if result is None:
        return SendFailed("cut")
    return _("A text is on its way to %(number)s: %(text)s") % {
        "number": hidden,
        "text": text.whole,
    }


def sample(account, number: str) -> Text | None:
    """A text of service with something in every place; the shortest."""
    if not account.vendor.has_templates:
        body = _("This is a test. 1234")
        return Text(0, number, account.sign, body, Purpose.SERVICE)
    usable = [
        one
        for one in account.templates
        if one.review == SmsTemplate.Review.PASSED and one.kind in accounts.KINDS[Purpose.SERVICE]
    ]
    template = min(usable, key=lambda one: len(one.text), default=None)
    if template is None:
        return None
    pattern = matching.pattern(template.text)
    values = dict.fromkeys(pattern.names, SAMPLE)
    body = pattern.constants[0] + "".join(SAMPLE + one for one in pattern.constants[1:])
    return Text(0, number, account.sign, body, Purpose.SERVICE, template, values)
