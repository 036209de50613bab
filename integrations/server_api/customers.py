"""GET /api/v1/customers, and which customers a namespace may see at all."""

import uuid

from django.db.models import Exists, OuterRef, Q
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers

from crm_project.queue.due import database_now
from customers.identity import resolution
from customers.models import (
    Customer,
    CustomerTag,
    Identity,
    IdentityClaim,
    Membership,
    Namespace,
    Source,
)
from integrations.doors.problems import Refused, Unknown, answer
from integrations.doors.reading import identities
from integrations.native.complaints import BadItem
from integrations.native.fields import KINDS, Identities
from integrations.server_api.views import Read

WHOSE = [
    OpenApiParameter(
        "customer", str, description="The customer's `public_id`; or instead exactly one identity:"
    ),
    *(OpenApiParameter(name, str) for _, name in KINDS),
    OpenApiParameter("app_id", str, description="With `openid`; the source's own when left out"),
]
WHO = tuple(parameter.name for parameter in WHOSE)


def seen_by(namespace: Namespace):
    """The living customers that this shop has named to us: anyone else's do not exist for it."""
    own = Identity.objects.filter(
        Q(scope=namespace.key) | Q(source__namespace=namespace), customer=OuterRef("pk")
    )
    return Customer.objects.alive().filter(Exists(own))


def claimed_by(namespace: Namespace):
    """The living customers that only a client of this shop has named. It may not read them: a claim
    proves nothing."""
    own = IdentityClaim.objects.filter(
        Q(scope=namespace.key) | Q(source__namespace=namespace), customer=OuterRef("pk")
    )
    return Customer.objects.alive().filter(Exists(own))


def customer_meant(request, source: Source) -> Customer | None:
    """The customer whom the parameters name, None when unknown; Refused unless they name exactly
    one."""
    given = {name: value for _, name in KINDS if (value := request.GET.get(name))}
    public_id = request.GET.get("customer")
    if len(given) + bool(public_id) != 1:
        raise Refused(
            "Name the customer by exactly one of customer (a public_id), "
            + ", ".join(n for _, n in KINDS)
            + ".",
            code="which_customer",
        )
    found = of_public_id(public_id) if public_id else of_identity(request, source, *given.popitem())
    return seen_by(source.namespace).filter(pk=found.pk).first() if found else None


def of_public_id(text: str) -> Customer | None:
    """Also a customer that was merged away is found, as the one that took it in."""
    try:
        customer = Customer.objects.filter(public_id=uuid.UUID(text)).first()
    except ValueError:
        raise Refused("customer is a public_id.", code="invalid_id", path="customer") from None
    while customer is not None and customer.merged_into_id:
        customer = customer.merged_into
    return customer


def of_identity(request, source: Source, name: str, value: str) -> Customer | None:
    kind = next(kind for kind, known in KINDS if known == name)
    scope = request.GET.get("app_id", "") if name == "openid" else ""
    if "\x00" in value + scope:
        raise Refused("Text must not contain NUL.", code="invalid_text", path=name)
    try:
        named = identities.named(kind, value, scope=scope)
    except identities.Unusable as unusable:
        raise Refused(str(unusable), code=unusable.code, path=name) from None
    return resolution.find(source=source, named=named)


def one_customer(given: Identities, source: Source) -> Customer:
    """The one whom exactly one identity of a body names. This shop knows no others."""
    try:
        named = given.named()
    except BadItem as bad:
        raise Refused(str(bad), code=bad.code, path=bad.path) from None
    if len(named) != 1:
        raise Refused("Name the customer by exactly one identity.", code="which_customer")
    found = resolution.find(source=source, named=named[0])
    customer = found and seen_by(source.namespace).filter(pk=found.pk).first()
    if customer is None:
        raise Unknown("There is no such customer.", code="unknown_customer")
    return customer


class SegmentSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()


class CustomerSerializer(serializers.Serializer):
    public_id = serializers.UUIDField()
    name = serializers.CharField()
    tags = serializers.ListField(child=serializers.CharField())
    segments = SegmentSerializer(many=True)
    attributes = serializers.DictField()


class CustomersFound(serializers.Serializer):
    results = CustomerSerializer(many=True)


class Customers(Read):
    parameters = WHO
    pagination_class = None
    filter_backends = []

    @extend_schema(parameters=WHOSE, responses=CustomersFound, operation_id="customers_find")
    def get(self, request):
        customer = customer_meant(request, self.source)
        return answer({"results": [described(customer)] if customer else []})


def described(customer: Customer) -> dict:
    """What a shop's server is told. Encrypted attributes stay here: it sent them and does not need
    them back."""
    tags = CustomerTag.objects.filter(customer=customer).valid(database_now())
    segments = Membership.objects.filter(customer=customer).order_by("segment")
    attributes = customer.attributes.filter(sealed=None, value__isnull=False).order_by("key")
    return {
        "public_id": customer.public_id,
        "name": customer.name,
        "tags": sorted(set(tags.values_list("tag__name", flat=True))),
        "segments": [
            {"id": pk, "name": name}
            for pk, name in segments.values_list("segment_id", "segment__name")
        ],
        "attributes": dict(attributes.values_list("key", "value")),
    }
