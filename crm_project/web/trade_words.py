"""The words of a trade: a school has students and courses where a shop has members and products.

Texts are written and translated once, in general words. On their way to whoever reads a page, the
words of this table stand in the place of the general ones; keys, stored data, and what is said to
machines stay as they are. The table is docs/glossary.md's, which a test compares.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache, wraps

from django.utils import translation
from django.utils.safestring import SafeData, mark_safe
from django.utils.translation import trans_real

GENERAL = ""
# By language: a general word in all its forms, and by trade the same forms of the trade's word.
WORDS: dict[str, dict[tuple[str, ...], dict[str, tuple[str, ...]]]] = {
    "en": {
        ("customer", "customers"): {
            "shop": ("member", "members"),
            "school": ("student", "students"),
            "clinic": ("patient", "patients"),
        },
        ("namespace", "namespaces"): {
            "shop": ("shop", "shops"),
            "school": ("campus", "campuses"),
            "clinic": ("clinic", "clinics"),
        },
        ("shop", "shops"): {
            "school": ("campus", "campuses"),
            "clinic": ("clinic", "clinics"),
        },
        ("product", "products"): {
            "school": ("course", "courses"),
            "clinic": ("treatment", "treatments"),
        },
        ("no-show", "no-shows"): {
            "school": ("missed class", "missed classes"),
            "clinic": ("missed visit", "missed visits"),
        },
    },
    "zh-hans": {
        ("客户",): {"shop": ("会员",), "school": ("学员",), "clinic": ("患者",)},
        ("命名空间",): {"shop": ("店铺",), "school": ("校区",), "clinic": ("院区",)},
        ("店铺",): {"school": ("校区",), "clinic": ("院区",)},
        ("商品",): {"school": ("课程",), "clinic": ("项目",)},
        ("爽约",): {"shop": ("未到店",), "school": ("缺课",)},
    },
}
# What only looks like the word: what is filled in later, marks of a page, addresses; in English a
# part of another word (customer_id, customer.name) and names of events (Product Viewed); in Chinese
# 客户端, a client.
NOT_A_WORD = {
    "en": r"\{\{.*?\}\}|\{%.*?%\}|%\(\w+\)|\{\w*\}|<[^>]*>|\w+://\S+|[A-Z]\w+(?: [A-Z]\w+)+",
    "zh-hans": r"\{\{.*?\}\}|\{%.*?%\}|%\(\w+\)|\{\w*\}|<[^>]*>|\w+://\S+|客户端",
}
WHOLE_WORD = {"en": (r"(?<![\w./@-])", r"(?![\w-]|\.\w)"), "zh-hans": ("", "")}

_trade: ContextVar[str] = ContextVar("trade", default=GENERAL)


@contextmanager
def spoken(trade: str) -> Iterator[None]:
    """While it lasts, texts speak as this trade does."""
    before = _trade.set(trade)
    try:
        yield
    finally:
        _trade.reset(before)


def turn_to(trade: str) -> None:
    """For the rest of what `spoken` surrounds: a page is about one customer."""
    _trade.set(trade)


def worded(text: str) -> str:
    """The text in the words of the trade that is spoken now."""
    trade = _trade.get()
    if trade == GENERAL:
        return text
    found = in_words_of(trade, translation.get_language() or "", text)
    return mark_safe(found) if isinstance(text, SafeData) else found


@lru_cache(maxsize=20_000)
def in_words_of(trade: str, language: str, text: str) -> str:
    said = said_by(trade, language)
    if not said:
        return text
    return pattern(language).sub(lambda found: replaced(found, said), text)


def replaced(found: re.Match, said: dict[str, str]) -> str:
    word = found["word"]
    if word is None:
        return found[0]
    other = said.get(word.lower(), word)
    return other[0].upper() + other[1:] if word[0].isupper() else other


@cache
def said_by(trade: str, language: str) -> dict[str, str]:
    """Each form of a general word, as this trade says it."""
    return {
        form: other
        for forms, by_trade in WORDS.get(language, {}).items()
        for form, other in zip(forms, by_trade.get(trade, forms), strict=True)
    }


@cache
def pattern(language: str) -> re.Pattern:
    forms = sorted((form for forms in WORDS[language] for form in forms), key=len, reverse=True)
    before, after = WHOLE_WORD[language]
    words = f"{before}(?P<word>{'|'.join(map(any_beginning, forms))}){after}"
    return re.compile(f"{NOT_A_WORD[language]}|{words}", re.DOTALL)


def any_beginning(form: str) -> str:
    first = form[0]
    return (f"[{first}{first.upper()}]" if first != first.upper() else first) + re.escape(form[1:])


def install() -> None:
    """Whatever is translated from now on comes in the words of the trade that is spoken.

    Django offers no place for this; its four functions stand in one object, which is the only thing
    that everything asks: `gettext_lazy`, templates, forms and models.
    """
    for name in ("gettext", "pgettext", "ngettext", "npgettext"):
        setattr(translation._trans, name, wording(getattr(trans_real, name)))  # noqa: SLF001


def wording(translated: Callable[..., str]) -> Callable[..., str]:
    @wraps(translated)
    def translate(*args, **kwargs):
        return worded(translated(*args, **kwargs))

    return translate
