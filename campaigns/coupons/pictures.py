"""A code in a picture: read on the server where the browser cannot read one."""

from io import BytesIO

import zxingcpp
from django.utils.translation import gettext as _
from PIL import Image, ImageOps

MOST_BYTES = 12 << 20
MOST_PIXELS = {"JPEG": 60_000_000}  # decoded at a fraction of its size
OTHERWISE = 20_000_000
FORMATS = ("JPEG", "PNG", "WEBP")
SIDE = 2400  # a code that fills a tenth of it is still read
LONGEST = 500


class NoCode(ValueError):
    """In words for whoever took the picture."""


def read(data: bytes) -> str:
    """The text of the first code in the picture. Raises NoCode."""
    if len(data) > MOST_BYTES:
        raise NoCode(_("The picture is too large: at most %(n)d MB.") % {"n": MOST_BYTES >> 20})
    picture = opened(data)
    try:
        found = zxingcpp.read_barcodes(picture)
    except (RuntimeError, TypeError, ValueError) as error:
        raise NoCode(_("No code was found in the picture.")) from error
    texts = [one.text.strip()[:LONGEST] for one in found if one.valid and one.text.strip()]
    if not texts:
        raise NoCode(_("No code was found in the picture."))
    return texts[0]


def opened(data: bytes) -> Image.Image:
    """Grey, upright and no larger than needed; nothing is decoded before its size is known."""
    try:
        picture = Image.open(BytesIO(data), formats=FORMATS)
        most = MOST_PIXELS.get(picture.format or "", OTHERWISE)
        if picture.width * picture.height > most:
            raise NoCode(_("The picture has too many pixels: take a smaller one."))
        picture.draft("L", (SIDE, SIDE))
        picture.load()
        turned = ImageOps.exif_transpose(picture)
        turned.thumbnail((SIDE, SIDE))
        return turned.convert("L")
    except NoCode:
        raise
    # Whatever a decoder says of hostile bytes, it is this picture's fault.
    except Exception as error:
        raise NoCode(_("This is no picture that can be read: JPEG, PNG or WebP.")) from error
