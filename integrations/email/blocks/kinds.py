"""What each kind of block says: a form whose fields stand in the content as `<id>_<field>`."""

import re

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from campaigns.delivery.channels import LiquidField
from integrations.email.markup import LINKED

# What is filled in stands behind the host, so no value decides where a link leads.
LED = re.compile(r"https?://[\w.-]+(?::\d{1,5})?(?=[/?#]|$)", re.IGNORECASE)
OURS = re.compile(r"\{\{-?\s*booking\.answer_page\b[^{}]*\}\}")
PICTURE = re.compile(
    # one of ours (integrations/email/pictures.py), or anybody's
    r"/p/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.(?:jpg|png)"
    r"|https://[\w.-]+(?::\d{1,5})?/[^\s\"'<>{}\\]*"
)
COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
LONGEST_ADDRESS = 1000
ALIGNS = {
    "left": pgettext_lazy("block", "left"),
    "center": gettext_lazy("in the middle"),
    "right": gettext_lazy("right"),
}
WIDTHS = {"25": "25 %", "50": "50 %", "75": "75 %", "100": "100 %"}
ACCENT, LINE = "#bf4530", "#d1d5db"


def is_led(source: str) -> bool:
    """Whether a link, as it is written, leads to the web and nobody's data says where to."""
    return bool(LED.match(source) or OURS.fullmatch(source))


class AddressField(LiquidField):
    """Where a link leads."""

    def __init__(self, **kwargs):
        super().__init__(
            **{
                "label": gettext_lazy("leads to"),
                "max_length": LONGEST_ADDRESS,
                "help_text": gettext_lazy("An address that begins with https://"),
            }
            | kwargs
        )

    def validate(self, value):
        super().validate(value)
        if value and not is_led(value):
            raise ValidationError(
                _("A link begins with https:// and names its host outright."), code="address"
            )


class TextField(LiquidField):
    """Words with links in them."""

    def validate(self, value):
        super().validate(value)
        for found in LINKED.finditer(value):
            if not is_led(found[2]):
                raise ValidationError(
                    _("This link does not begin with https://: %(address)s"),
                    params={"address": found[2][:100]},
                    code="address",
                )


class PictureField(forms.RegexField):
    """The address of a picture, which says nothing of anybody."""

    def __init__(self, **kwargs):
        super().__init__(
            rf"\A(?:{PICTURE.pattern})\Z",
            **{
                "label": gettext_lazy("picture"),
                "widget": forms.TextInput(attrs={"list": "letter-pictures"}),
                "max_length": LONGEST_ADDRESS,
                "help_text": gettext_lazy(
                    "The address of a picture: one of “Pictures of letters”, or https://…"
                ),
                "error_messages": {
                    "invalid": gettext_lazy(
                        "The address of a picture begins with https://, or is chosen from “Pictures"
                        " of letters”; it has no fields in it."
                    )
                },
            }
            | kwargs,
        )


class ColourField(forms.RegexField):
    def __init__(self, **kwargs):
        super().__init__(
            rf"\A{COLOUR.pattern}\Z",
            **{
                "label": gettext_lazy("colour"),
                "required": False,
                "widget": forms.TextInput(attrs={"type": "color"}),
                "error_messages": {"invalid": gettext_lazy("A colour is written like #1a2b3c.")},
            }
            | kwargs,
        )


def choice(label, choices: dict, initial: str) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label, choices=list(choices.items()), initial=initial, required=False
    )


class Kind(forms.Form):
    """Base class. `key` is stored and never renamed."""

    key: str
    label: str
    icon: str
    begins: dict[str, str] = {}  # what a new one says, in the words of whoever writes


class Heading(Kind):
    key, label, icon = "heading", gettext_lazy("Heading"), "title"
    text = LiquidField(label=gettext_lazy("text"), max_length=300)
    level = choice(
        gettext_lazy("size"), {"1": gettext_lazy("large"), "2": gettext_lazy("small")}, "1"
    )
    align = choice(gettext_lazy("where"), ALIGNS, "left")


class Text(Kind):
    key, label, icon = "text", pgettext_lazy("block", "Text"), "notes"
    text = TextField(
        label=gettext_lazy("text"),
        max_length=5000,
        is_long=True,
        help_text=gettext_lazy(
            "Paragraphs with an empty line between them; [words](https://address) is a link."
        ),
    )
    align = choice(gettext_lazy("where"), ALIGNS, "left")


class Picture(Kind):
    key, label, icon = "picture", pgettext_lazy("block", "Picture"), "image"
    picture = PictureField()
    alt = LiquidField(
        label=gettext_lazy("what it shows"),
        max_length=300,
        help_text=gettext_lazy("Read where pictures are not shown, and read aloud."),
    )
    url = AddressField(required=False)
    width = choice(gettext_lazy("width"), WIDTHS, "100")


class Button(Kind):
    key, label, icon = "button", gettext_lazy("Button"), "smart_button"
    text = LiquidField(label=gettext_lazy("text"), max_length=100)
    url = AddressField()
    colour = ColourField(initial=ACCENT)
    align = choice(gettext_lazy("where"), ALIGNS, "left")


class Coupon(Kind):
    key, label, icon = "coupon", gettext_lazy("Coupon"), "confirmation_number"
    text = LiquidField(
        label=gettext_lazy("what it gives"), max_length=300, initial="{{ coupon.value }}"
    )
    code = LiquidField(
        label=pgettext_lazy("block", "code"), max_length=300, initial="{{ coupon.code }}"
    )
    until = LiquidField(
        label=pgettext_lazy("block", "valid until"),
        max_length=300,
        required=False,
        initial="{{ coupon.expires }}",
    )
    colour = ColourField(initial=ACCENT)


class Products(Kind):
    """Up to three, one below the other."""

    key, label, icon = "products", gettext_lazy("Products"), "shopping_bag"
    name1 = LiquidField(label=gettext_lazy("product"), max_length=300, initial="{{ product.name }}")
    price1 = LiquidField(
        label=gettext_lazy("price"),
        max_length=300,
        required=False,
        initial="¥{{ product.price_yuan }}",
    )
    picture1 = PictureField(required=False)
    url1 = AddressField(required=False)
    name2 = LiquidField(label=gettext_lazy("second product"), max_length=300, required=False)
    price2 = LiquidField(label=gettext_lazy("price"), max_length=300, required=False)
    picture2 = PictureField(required=False)
    url2 = AddressField(required=False)
    name3 = LiquidField(label=gettext_lazy("third product"), max_length=300, required=False)
    price3 = LiquidField(label=gettext_lazy("price"), max_length=300, required=False)
    picture3 = PictureField(required=False)
    url3 = AddressField(required=False)


class Divider(Kind):
    key, label, icon = "divider", gettext_lazy("Divider"), "horizontal_rule"
    colour = ColourField(initial=LINE)
    thickness = choice(
        gettext_lazy("thickness"), {"1": "1 px", "2": "2 px", "4": "4 px", "8": "8 px"}, "1"
    )


class Columns(Kind):
    key, label, icon = "columns", pgettext_lazy("block", "Columns"), "view_column"
    widths = choice(
        gettext_lazy("widths"),
        {
            "even": gettext_lazy("all alike"),
            "first": gettext_lazy("the first one wider"),
            "last": gettext_lazy("the last one wider"),
        },
        "even",
    )


KINDS: dict[str, type[Kind]] = {
    kind.key: kind for kind in (Heading, Text, Picture, Button, Coupon, Products, Divider, Columns)
}


def fields_of(kind: type[Kind]) -> dict[str, forms.Field]:
    return dict(kind.base_fields)


def chosen(kind: type[Kind], name: str, value: str) -> str:
    """A choice or a colour as it may stand in a letter, whatever was stored."""
    field = kind.base_fields[name]
    if isinstance(field, forms.ChoiceField):
        return value if value in dict(field.choices) else str(field.initial)
    return value if COLOUR.fullmatch(value) else str(field.initial)
