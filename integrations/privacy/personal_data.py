"""The list of personal data (个人信息清单; 个人信息保护法 17, 55): what, why, from where, how long, who gets it.
Made from what the code declares and what has been seen here, so that it is never older than the
product; to be printed."""  # noqa: E501

from django.apps import apps
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from campaigns.delivery.channels import channels
from crm_project.queue.due import database_now
from customers.attributes import suggestions
from customers.data_rights.retention import chosen_terms, words
from customers.data_rights.retention.base import CHANNELS, SHOP, DataKind, kinds
from customers.models import Source, Workspace
from customers.pages.shell import page, page_in_shell
from customers.privacy.sealing import SealedField


@require_GET
@page("customers.view_retention")
def listed(request):
    sources = list(
        Source.objects.others().filter(is_active=True).select_related("namespace").order_by("name")
    )
    receivers = {
        CHANNELS: carriers(),
        SHOP: [source.name for source in sources if source.read_token_digest],
    }
    clear, sealed = suggestions.keys()
    context = {
        "title": _("List of personal data"),
        "workspace": Workspace.get(),
        "at": database_now(),
        "lines": [line(kind(), receivers) for kind in kinds if kind.is_personal],
        "sources": sources,
        "receivers": receivers,
        "clear": clear,
        "sealed": sealed,
    }
    return page_in_shell(request, "integrations/personal_data.html", context)


def line(kind: DataKind, receivers: dict[str, list[str]]) -> dict:
    return {
        "kind": kind,
        "is_sealed": any(holds_sealed(label) for label in kind.tables),
        "term": words.kept_for(kind),
        "waits": kind.is_cleared
        and chosen_terms.number(kind) is not None
        and not chosen_terms.may_delete(kind),
        "law": kind.law,
        "receivers": [name for key in kind.goes_to for name in receivers[key]],
    }


def holds_sealed(label: str) -> bool:
    return any(isinstance(field, SealedField) for field in apps.get_model(label)._meta.fields)


def carriers() -> list[str]:
    """Who carries messages for us, outside of the shop."""
    found = [(channel().label, channel().carrier()) for channel in channels]
    return [
        _("%(channel)s: %(carrier)s") % {"channel": label, "carrier": carrier}
        for label, carrier in found
        if carrier
    ]
