"""A short message while it is written and when it leaves: whether an account can say it, what
stands against it, how long it is and what it costs."""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.delivery import content, costs, reasons
from crm_project.db.clock import database_now
from customers.models import Purpose
from integrations.models import SmsTemplate
from integrations.sms import accounts, matching, texts, trades
from integrations.sms.accounts import Account


def body(account: Account | None, said: dict[str, str], purpose: str) -> str:
    """What is said after the signature; of free advertising with how to refuse more."""
    text = said.get("text", "").strip()
    text = account.signed(text)[1] if account else text
    if account is None or account.vendor.has_templates or purpose != Purpose.MARKETING:
        return text
    return texts.with_opt_out(text, account.opt_out or texts.OPT_OUT)


def whole(account: Account | None, said: dict[str, str], purpose: str) -> str:
    sign = account.signed(said.get("text", "").strip())[0] if account else ""
    return texts.whole(sign, body(account, said, purpose))


def against(account: Account, text: str, purpose: str) -> str:
    """The reason why the account cannot say this filled text, or ""."""
    text = text.strip()
    said = whole(account, {"text": text}, purpose)
    if texts.units(said) > texts.LONGEST:
        return "sms_too_long"
    _sign, text = account.signed(text)
    if not account.vendor.has_templates:
        if "【" in text or "】" in text:
            return "sms_value"
        return account.vendor.against_text(text)
    template = account.template(text, purpose)
    if template is None:
        return "sms_purpose" if account.template(text) else "sms_template"
    values = matching.pattern(template.text).values(text) or ()
    found = (account.vendor.against_value(value) for value in values)
    return next((reason for reason in found if reason), account.vendor.against_text(text))


# -- for whoever writes it


def unfit(source: str, purpose: str) -> str:
    """Why no account could send this text, fields still in it, in words; "" where one can, or where
    no account is connected yet."""
    source, known = source.strip(), accounts.active()
    if not known or not source:
        return ""
    able = [one for one in known if one.can_say(source, purpose)]
    reasons_against = [constants_against(one, source) for one in able]
    if "" in reasons_against:
        return ""
    if able:
        return f"{str(reasons.word(reasons_against[0])).capitalize()}."
    if any(one.can_say(source) for one in known):
        return wrong_purpose(purpose)
    return departs(known, source)


def constants_against(account: Account, source: str) -> str:
    """The reason against what is certain already: the values, or the text, without their fields."""
    _sign, source = account.signed(source)
    if not account.vendor.has_templates:
        return "sms_value" if "【" in source or "】" in source else ""
    template = account.template(source)
    values = matching.pattern(template.text).values(source) if template else ()
    for value in values or ():
        bare = content.TAG.sub("", content.FIELD.sub("", value))
        if reason := account.vendor.against_value(bare):
            return reason
    return ""


def wrong_purpose(purpose: str) -> str:
    if purpose == Purpose.MARKETING:
        return _(
            "The provider's template is a notice (通知), which carries no promotion: choose the"
            " purpose service, or a template of promotion (推广)."
        )
    return _(
        "The provider's template is for promotion (推广): choose the purpose marketing, or a notice"
        " (通知)."
    )


def departs(known: list[Account], source: str) -> str:
    """Where the text leaves the template that it is nearest to."""
    source = known[0].signed(source)[1]
    passed = [
        one
        for account in known
        for one in account.templates
        if one.review == SmsTemplate.Review.PASSED
    ]
    if not passed:
        return _(
            "None of the connected accounts has an approved template yet. Templates are written in"
            " the provider's console and fetched from there."
        )
    nearest = max(passed, key=lambda one: likeness(one.text, source))
    return _(
        "No approved template says this. The nearest is “%(name)s”: %(text)s. Leave its words as"
        " they are and change only what stands in the places of its variables; “%(missing)s” is"
        " missing or changed."
    ) % {
        "name": nearest.name,
        "text": nearest.text,
        "missing": matching.pattern(nearest.text).departure(source) or nearest.text[:20],
    }


def likeness(template: str, source: str) -> int:
    """How many of the template's constant characters stand in the text."""
    return sum(len(part) for part in matching.pattern(template).constants if part in source)


@dataclass
class Shown:
    """A filled text, as its preview shows it."""

    whole: str
    parts: int
    units: int
    left: int  # units until there is one part more
    by: str = ""  # the account it would leave by
    template: str = ""
    price: str = ""  # of one message
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def length(self) -> str:
        return ngettext(
            "%(units)d characters, %(n)d part", "%(units)d characters, %(n)d parts", self.parts
        ) % {"units": self.units, "n": self.parts}


def chosen(text: str, purpose: str) -> Account | None:
    """The account that this filled text would leave by, else the one that is nearest to it."""
    known = accounts.active()
    able = [one for one in known if not against(one, text, purpose)]
    return next(iter(able or [one for one in known if one.can_say(text)] or known), None)


def price_of(account: Account | None, purpose: str) -> int | None:
    """Of one part, in 1/100 fen."""
    return costs.Prices("sms", database_now()).of(account.pk, purpose) if account else None


def forecast(text: str, purpose: str) -> tuple[int, int | None]:
    account = chosen(text, purpose)
    parts, price = texts.parts(whole(account, {"text": text}, purpose)), price_of(account, purpose)
    return parts, None if price is None else price * parts


def shown(text: str, purpose: str) -> Shown:
    account = chosen(text, purpose)
    said = whole(account, {"text": text}, purpose)
    units, parts = texts.units(said), texts.parts(said)
    room = texts.ONE_PART if parts == 1 else parts * texts.EACH_PART
    found = Shown(said, parts, units, room - units, warnings=trades.warnings(text))
    if account is None:
        found.warnings.append(_("No account for short messages is connected yet."))
        return found
    found.by = account.name
    if template := account.template(text, purpose):
        found.template = template.name
    price = price_of(account, purpose)
    found.price = costs.yuan(None if price is None else price * parts)
    if reason := against(account, text, purpose):
        found.problems.append(str(reasons.word(reason)))
    if not account.may_send(text):
        found.problems.append(str(reasons.word("sms_sign")))
    return found
