"""What attributes of customers are called."""

from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from customers import display_names
from customers.models import DisplayName

SHIPPED = {
    "address": _("address"),
    "age": _("age"),
    "birthday": _("birthday"),
    "city": _("city"),
    "company": _("company"),
    "email": _("e-mail"),
    "gender": _("gender"),
    "language": _("language"),
    "level": _("member level"),
    "name": _("name"),
    "nickname": _("nickname"),
    "phone": _("phone"),
    "points": _("points"),
    "province": _("province"),
    "registered_at": _("registered"),
    "store": _("store"),
}


def attribute(key: str) -> str:
    """As staff read it: the name given to it, else our word, else the key."""
    return display_names.given(DisplayName.Kind.ATTRIBUTE, key) or str(SHIPPED.get(key, key))


attribute_lazy = lazy(attribute, str)  # for labels that are made before anybody reads them
