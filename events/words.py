"""What events, their properties and the values of these are called: by the name that staff gave,
else by our word, else as they are sent; products by their name."""

from collections.abc import Iterable
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm_project.web import viewer
from customers import display_names
from customers.models import DisplayName
from events.models import Product

EVENTS = {
    "Address Viewed": _("Address Viewed"),
    "App Launched": _("App Launched"),
    "Authorization Revoked": _("Authorization Revoked"),
    "Banner Clicked": _("Banner Clicked"),
    "Booking Answered": _("Booking Answered"),
    "Booking Attended": _("Booking Attended"),
    "Booking Cancelled": _("Booking Cancelled"),
    "Booking Confirmed": _("Booking Confirmed"),
    "Booking Created": _("Booking Created"),
    "Booking Missed": _("Booking Missed"),
    "Booking Rescheduled": _("Booking Rescheduled"),
    "Cart Viewed": _("Cart Viewed"),
    "Chat Started": _("Chat Started"),
    "Checkout Started": _("Checkout Started"),
    "Consent Given": _("Consent Given"),
    "Consent Withdrawn": _("Consent Withdrawn"),
    "Coupon Viewed": _("Coupon Viewed"),
    "Customer Registered": _("Customer Registered"),
    "Customer Service Message": _("Customer Service Message"),
    "Customer Service Opened": _("Customer Service Opened"),
    "Feedback Given": _("Feedback Given"),
    "Form Submitted": _("Form Submitted"),
    "Help Viewed": _("Help Viewed"),
    "Invite Sent": _("Invite Sent"),
    "Live Entered": _("Live Entered"),
    "Logged In": _("Logged In"),
    "Map Opened": _("Map Opened"),
    "Measurement Recorded": _("Measurement Recorded"),
    "Message Bounced": _("Message Bounced"),
    "Message Clicked": _("Message Clicked"),
    "Message Delivered": _("Message Delivered"),
    "Message Failed": _("Message Failed"),
    "Message Opened": _("Message Opened"),
    "Message Permission Declined": _("Message Permission Declined"),
    "Message Permission Withdrawn": _("Message Permission Withdrawn"),
    "Message Refused": _("Message Refused"),
    "Message Subscribed": _("Message Subscribed"),
    "Notice Opened": _("Notice Opened"),
    "Order Cancelled": _("Order Cancelled"),
    "Order Completed": _("Order Completed"),
    "Order Fulfilled": _("Order Fulfilled"),
    "Order Placed": _("Order Placed"),
    "Order Refunded": _("Order Refunded"),
    "Order Shipped": _("Order Shipped"),
    "Page Viewed": _("Page Viewed"),
    "Points Viewed": _("Points Viewed"),
    "Product Added": _("Product Added"),
    "Product Favourited": _("Product Favourited"),
    "Product Removed": _("Product Removed"),
    "Product Searched": _("Product Searched"),
    "Product Shared": _("Product Shared"),
    "Product Viewed": _("Product Viewed"),
    "Profile Updated": _("Profile Updated"),
    "Profile Viewed": _("Profile Viewed"),
    "Review Written": _("Review Written"),
    "Screen Viewed": _("Screen Viewed"),
    "Signed In": _("Signed In"),
    "Store Viewed": _("Store Viewed"),
    "Theme Changed": _("Theme Changed"),
    "Video Played": _("Video Played"),
}


PROPERTIES = {
    "answer": _("answer"),
    "amount": _("amount"),
    "amount_fen": _("amount (fen)"),
    "booking_number": _("booking's number"),
    "brand": _("brand"),
    "cart_id": _("number of the cart"),
    "category": _("category"),
    "channel": _("channel"),
    "coupon": _("coupon"),
    "coupon_code": _("coupon's code"),
    "course_name": _("course"),
    "currency": _("currency"),
    "discount": _("discount"),
    "discount_fen": _("discount (fen)"),
    "duration": _("duration"),
    "keyword": _("word looked for"),
    "kind": _("kind"),
    "level": _("member level"),
    "message_id": _("message's number"),
    "name": _("name"),
    "order_id": _("order's number"),
    "order_number": _("order's number"),
    "page": _("page"),
    "paid_fen": _("paid (fen)"),
    "path": _("page's path"),
    "price": _("price"),
    "price_fen": _("price (fen)"),
    "product_id": _("product"),
    "product_name": _("product's name"),
    "products": _("products"),
    "quantity": _("quantity"),
    "query": _("word looked for"),
    "rating": _("rating"),
    "reason": _("reason"),
    "referrer": _("came from"),
    "refund_number": _("refund's number"),
    "revenue": _("revenue"),
    "said_by": _("said by"),
    "score": _("score"),
    "shipping": _("shipping"),
    "size": _("size"),
    "sku": _("SKU"),
    "source": _("source"),
    "status": _("status"),
    "store": _("store"),
    "store_id": _("store"),
    "tax": _("tax"),
    "title": _("title"),
    "total": _("total"),
    "total_fen": _("total (fen)"),
    "unit": _("unit"),
    "url": _("address"),
    "used_coupon": _("used a coupon"),
    "utm_campaign": _("utm_campaign"),
    "utm_medium": _("utm_medium"),
    "utm_source": _("utm_source"),
}
PRODUCT_KEYS = frozenset({"product_id", "sku"})


def event(name: str) -> str:
    return display_names.given(DisplayName.Kind.EVENT, name) or str(EVENTS.get(name, name))


def prop(path: str) -> str:
    """Of a property inside of others (`cart.total`) each part."""
    own = display_names.given(DisplayName.Kind.PROPERTY, path)
    return own or " › ".join(part(one) for one in path.split("."))


def part(key: str) -> str:
    own = display_names.given(DisplayName.Kind.PROPERTY, key)
    return own or str(PROPERTIES.get(key, key))


def value(path: str, text) -> str:
    """A value of this property; a product's number by the product's name."""
    if path.rpartition(".")[2] not in PRODUCT_KEYS:
        return str(text)
    return product(str(text))


def product(number: str) -> str:
    """By name, where the catalogue has one; read once for a page."""
    known = viewer.remembered("product names", dict)
    if number not in known:
        known |= {number: number, **product_names([number])}
    return known[number]


def products(numbers: Iterable[str]) -> list[str]:
    """Each by its name, in their order."""
    numbers = list(numbers)
    called = product_names(numbers) if numbers else {}
    return [called.get(number, number) for number in numbers]


def address_of_product(number: str, shop: int | None = None) -> str:
    """Leads to its page, wherever only its number is known."""
    asked = {"number": number, **({"shop": shop} if shop else {})}
    return f"{reverse('product_named')}?{urlencode(asked)}"


def product_names(numbers: Iterable[str]) -> dict[str, str]:
    """By number; where several shops have a product of this number, all of them."""
    found: dict[str, list[str]] = {}
    listed = Product.objects.filter(product_id__in=list(numbers)).order_by("pk")
    for number, name in listed.values_list("product_id", "name"):
        if name not in found.setdefault(number, []):
            found[number].append(name)
    return {number: " / ".join(called) for number, called in found.items()}
