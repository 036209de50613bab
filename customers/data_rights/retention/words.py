"""How long, in words; one place for the page of terms and the list of personal data."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customers.data_rights.retention import chosen_terms
from customers.data_rights.retention.base import DAYS, DataKind


def span(kind: DataKind, number: int) -> str:
    if kind.unit == DAYS:
        return ngettext("%(n)d day", "%(n)d days", number) % {"n": number}
    return ngettext("%(n)d month", "%(n)d months", number) % {"n": number}


def kept_for(kind: DataKind) -> str:
    """How long this kind is kept now."""
    number = chosen_terms.number(kind) if kind.is_cleared else None
    return str(kind.term) if number is None else span(kind, number)


def bounds(kind: DataKind) -> str:
    """What the law, or the product, allows; and in whose words."""
    said = []
    if kind.least:
        said.append(_("at least %(span)s") % {"span": span(kind, kind.least)})
    if kind.most:
        said.append(_("at most %(span)s") % {"span": span(kind, kind.most)})
    return (
        _("%(bounds)s: %(law)s") % {"bounds": ", ".join(said), "law": kind.law}
        if said
        else str(kind.law)
    )
