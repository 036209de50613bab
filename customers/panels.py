"""What this room shows on the customer's page: who they are and what we know."""

from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from customers import tagging
from customers.models import Consent, CustomerAttribute, Identity, IdentityClaim, Membership
from customers.privacy import EMAIL_KEYS, PHONE_KEYS, masked
from customers.profile import Panel

MOST = 100


def shown(attribute: CustomerAttribute):
    """The value as anybody on the staff may see it."""
    if attribute.sealed is None:
        return ", ".join(map(str, attribute.value)) if isinstance(attribute.value, list) else attribute.value
    key = attribute.key.lower()
    kind = "phone" if key in PHONE_KEYS else "email" if key in EMAIL_KEYS else ""
    return masked(kind, attribute.sealed) if kind else "••••"


class Identities(Panel):
    key, label, template = "identities", _("Identities"), "customers/panels/identities.html"

    def context(self, customer):
        proven = Identity.objects.filter(customer=customer).select_related("source").order_by("kind", "first_seen_at")[:MOST]
        claimed = IdentityClaim.objects.filter(customer=customer).select_related("source").order_by("kind", "first_seen_at")[:MOST]
        return {"proven": proven, "claimed": claimed}


class Attributes(Panel):
    key, label, template = "attributes", _("Attributes"), "customers/panels/attributes.html"

    def context(self, customer):
        known = CustomerAttribute.objects.filter(customer=customer).order_by("key")[:MOST]
        # A deleted attribute keeps an empty row, so that an older value arriving late does not bring it back.
        return {"attributes": [(a.key, shown(a), a.occurred_at) for a in known if a.sealed is not None or a.value is not None]}


class Tags(Panel):
    key, label, template = "tags", _("Tags"), "customers/panels/tags.html"

    def context(self, customer):
        return {"tags": tagging.carried(customer, Now())[:MOST]}


class Consents(Panel):
    key, label, template = "consents", _("Consents"), "customers/panels/consents.html"

    def context(self, customer):
        stated = Consent.objects.filter(customer=customer).order_by("channel", "purpose", "-occurred_at", "-pk")
        return {"consents": stated.distinct("channel", "purpose")}


class Segments(Panel):
    key, label, template = "segments", _("Segments"), "customers/panels/segments.html"

    def context(self, customer):
        return {"memberships": Membership.objects.filter(customer=customer).select_related("segment").order_by("segment__name")[:MOST]}
