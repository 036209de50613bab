"""The names that staff gave to events, properties and attributes, in the language of whoever reads.

Whoever shows one asks the one function of its kind, which knows the shipped words too:
`attribute` (customers/attributes/words.py), `event`, `prop`, `value` (events/words.py). Keys stay
what is stored, sent and compared.
"""

from django.utils.translation import get_language

from crm_project.web import viewer
from customers.models import DisplayName

MOST = 5000  # named by hand


def given(kind: str, key: str) -> str:
    """The name in the active language, else the one in the other language; "" where nobody gave
    any."""
    chinese, english = names().get((kind, key), ("", ""))
    is_chinese = (get_language() or "").startswith("zh")
    return (chinese or english) if is_chinese else (english or chinese)


def names() -> dict[tuple[str, str], tuple[str, str]]:
    """All that were given; read once for a page."""
    return viewer.remembered("display names", read)


def read() -> dict[tuple[str, str], tuple[str, str]]:
    rows = DisplayName.objects.exclude(name_zh="", name_en="").order_by("pk")
    return {
        (kind, key): (chinese, english)
        for kind, key, chinese, english in rows.values_list("kind", "key", "name_zh", "name_en")[
            :MOST
        ]
    }


def meant_by(kind: str, term: str) -> list[str]:
    """The keys whose given name contains this, in either language."""
    wanted = term.casefold()
    return [
        key
        for (of, key), both in names().items()
        if of == kind and any(wanted in name.casefold() for name in both)
    ]
