"""A text as one customer would read it, before anything is queued."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models.functions import Length
from django.utils import translation

from campaigns.coupons import codes, terms
from campaigns.delivery import content, fields
from campaigns.models import CouponBatch
from crm_project.queue.due import database_now
from customers.models import Customer, CustomerAttribute, Segment, Workspace
from customers.profile.search import search
from customers.segments import rights
from events.models import Booking, Order, Product

MOST_ATTRIBUTES = 30
LATEST = 2000  # rows among which the longest is looked for
SEVEN_DAYS = 7 * 86400
# In the place of a page on which whoever looks at the preview could answer for the customer.
NOBODYS_PAGE = f"{settings.PUBLIC_URL}/b/…"


def may_see(user, field: str) -> bool:
    permission = fields.PERMISSIONS[field]
    return not permission or user.has_perm(permission)


def somebody(user, *, term: str = "", segment: Segment | None = None) -> Customer | None:
    """The customer the term means, else one of the segment, else the latest with a name; nobody for
    whoever may not see customers."""
    if not may_see(user, "customer"):
        return None
    living = Customer.objects.alive().order_by("-pk")
    if term.strip():
        return search(living, term, user).first()
    if segment is not None and segment.pk and rights.sees_people(user, segment):
        members = living.filter(memberships__segment=segment)
        return members.exclude(name="").first() or members.first()
    return living.exclude(name="").first()


def filled(
    texts: dict[str, str],
    *,
    user,
    customer: Customer | None,
    batch: CouponBatch | None = None,
    is_markup: bool = False,
    is_longest: bool = False,
) -> dict:
    """{"customer", "content"}, or {"problem"} where the text cannot be filled in; of what this user
    may not see the text has nothing."""
    with translation.override(
        settings.LANGUAGE_CODE
    ):  # a message speaks as it is sent, not as whoever looks at it
        context = {
            name: values if may_see(user, name) else {}
            for name, values in sample(customer, batch, is_longest=is_longest).items()
        }
    try:
        return {
            "customer": customer,
            "content": {
                name: content.filled(text, context, is_markup=is_markup)
                for name, text in texts.items()
            },
        }
    except content.BrokenContent as broken:
        return {"customer": customer, "problem": str(broken)}


def longest_named(user) -> Customer | None:
    """Of the latest customers the one with the longest name."""
    return longest(Customer.objects.alive(), "name") if may_see(user, "customer") else None


def longest(rows, field: str):
    """Of the latest of these rows the one that says most in this field."""
    latest = rows.exclude(**{field: ""}).order_by("-pk").values("pk")[:LATEST]
    return rows.filter(pk__in=latest).order_by(Length(field).desc(), "-pk").first()


def sample(
    customer: Customer | None, batch: CouponBatch | None, *, is_longest: bool = False
) -> dict:
    """What the text may ask for: the customer as they are, any product, their last booking (one of
    tomorrow where they have none) and order, a coupon as it would be issued now; or the product and
    the booking with the longest names."""
    workspace = Workspace.get()
    zone, own = ZoneInfo(workspace.time_zone), {"customer": customer}
    booking = Booking.objects.filter(**own).order_by("-starts_at").first() if customer else None
    order = Order.objects.filter(**own).order_by("-placed_at").first() if customer else None
    product = Product.objects.filter(is_active=True).order_by("-updated_at", "-pk").first()
    if is_longest:
        product = longest(Product.objects.filter(is_active=True), "name") or product
        booking = longest(Booking.objects.all(), "name") or booking
    return {
        "customer": fields.of_customers([customer.pk])[customer.pk] if customer else {},
        "coupon": coupon(batch, workspace) if batch else {},
        "product": fields.of_product(product) if product else {},
        "recommended": fields.of_product(product) if product else {},
        "booking": fields.of_booking(booking or any_booking(zone), zone, NOBODYS_PAGE),
        "order": fields.of_order(order) if order else {},
        "event": {},
        "answer": {},
        "workspace": {"name": workspace.name},
    }


def any_booking(zone: ZoneInfo) -> Booking:
    """Tomorrow at ten: of whoever has none a text still shows where date and time stand."""
    tomorrow = database_now().astimezone(zone) + timedelta(days=1)
    return Booking(
        starts_at=tomorrow.replace(hour=10, minute=0, second=0, microsecond=0),
        status=Booking.Status.BOOKED,
    )


def coupon(batch: CouponBatch, workspace: Workspace) -> dict:
    expires = batch.valid_until or database_now() + timedelta(
        seconds=batch.valid_seconds or SEVEN_DAYS
    )
    return {
        "code": "X" * codes.LENGTH,
        "name": batch.name,
        "value": terms.value_text(batch),
        "expires": expires.astimezone(ZoneInfo(workspace.time_zone)).strftime("%Y-%m-%d %H:%M"),
    }


def attribute_keys() -> list[str]:
    """Clear attributes that some of the latest customers have: offered as fields."""
    latest = (
        CustomerAttribute.objects.filter(sealed=None)
        .order_by("-pk")
        .values_list("key", flat=True)[:2000]
    )
    return sorted(set(latest))[:MOST_ATTRIBUTES]
