"""Which data is personal: told by its key, or by the value itself where the key says nothing; and
what is left where it was taken out.

The verdict about a key is kept, so that looking costs a look-up a key and, for texts of the right
length, a look at the first character.
"""

import msgspec

from customers.privacy.personal_keys import CLEAR, FREE, MAYBE, verdict
from customers.privacy.personal_kinds import BANK, COVER, PersonalKind, is_bank_card, of_value
from customers.privacy.sealing import digest

# Beside the properties of an event: by the path of each value that was taken out, the keyed hash by
# which it is compared.
SEALED = "$sealed"
MOST_KEPT = 20_000  # verdicts; clients make up keys
MOST_KEYS = 64  # of a shape that is kept
SHORTEST, FIRST = 11, frozenset("123456789+(0０１２３４５６７８９＋（\u200b\ufeff ")


class Verdicts(dict):
    def __missing__(self, key: str) -> PersonalKind | str:
        if len(self) >= MOST_KEPT:
            self.clear()
        # What a sender writes under our own key is never taken for ours.
        found = self[key] = MAYBE if key == SEALED else verdict(key)
        return found


class Shapes(dict):
    """By the keys of an object together, as most objects have the keys of others: whether any of
    them says more than "look at the value"."""

    def __missing__(self, keys: tuple) -> bool:
        if len(self) >= MOST_KEPT:
            self.clear()
        found = any(verdicts[key] not in (FREE, CLEAR) or of_value(key) for key in keys)
        if len(keys) <= MOST_KEYS:
            self[keys] = found
        return found


verdicts, shapes = Verdicts(), Shapes()


def kind_of(key: str, value=None) -> PersonalKind | None:
    """The kind of this value under this key; None where it is not personal. Without a value: of the
    key alone."""
    said = verdicts[key]
    if type(said) is PersonalKind:
        return (
            None
            if value is True or value is False or value == "" or isinstance(value, dict)
            else said
        )
    if type(value) is str:
        return of_text(said, value)
    if type(value) is list:
        return next(
            (found for one in value if type(one) is str and (found := of_text(said, one))), None
        )
    if type(value) is int and said is MAYBE:
        return of_text(said, str(value))
    return None


def of_text(said: str, text: str) -> PersonalKind | None:
    if said is FREE:
        return of_value(text) if len(text) >= SHORTEST and text[0] in FIRST else None
    return (
        BANK if said is MAYBE and is_bank_card(text) else of_value(text) if said is MAYBE else None
    )


def is_personal_key(key: str) -> bool:
    return type(verdicts[key]) is PersonalKind


def is_personal_path(path: str) -> bool:
    """Does a dotted path lead to what is personal by its key?"""
    return any(map(is_personal_key, path.split(".")))


def text_of(value) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def comparable(key: str, text: str) -> str:
    """One text for all spellings of a personal value: what came in and what is looked for are
    compared so."""
    kind = kind_of(key, text) or kind_of("", text)
    return kind.normal(text) if kind else text.strip()


def attribute_digest(key: str, text: str) -> str:
    return digest(f"attribute:{key}", comparable(key, text))


def property_digest(path: str, text: str) -> str:
    return digest(f"property:{path}", comparable(path.rpartition(".")[2], text))


def masked(key: str, value) -> str:
    """What staff see of a personal value."""
    text = text_of(value)
    kind = kind_of(key, value) or kind_of("", value)
    return kind.masked(kind.normal(text)) if kind and not isinstance(value, list | dict) else COVER


def covered(text: str) -> str:
    """A text of a column that everybody sees: masked where it is somebody's number as a whole."""
    kind = of_text(FREE, text) if text else None
    return kind.masked(kind.normal(text)) if kind else text


# -- taking it out


def without_personal(data: dict) -> tuple[dict, dict]:
    """`data` without what is personal, at any depth, and that by its path."""
    if not has_personal(data):
        return data, {}
    lifted: dict[str, object] = {}
    return lift(data, "", lifted), lifted


def has_personal(data: dict) -> bool:
    """Looking is several times cheaper than taking apart, and mostly there is nothing."""
    if shapes[tuple(data)] and any(is_lifted(key, value) for key, value in data.items()):
        return True
    for key, value in data.items():
        kind = type(value)
        if kind is str:
            if len(value) >= SHORTEST and value[0] in FIRST and is_lifted(key, value):
                return True
        elif kind is dict:
            if value and has_personal(value):
                return True
        elif kind is list and value and (is_lifted(key, value) or in_list(key, value)):
            return True
    return False


def in_list(key: str, values: list) -> bool:
    for one in values:
        kind = type(one)
        if (kind is dict and has_personal(one)) or (
            kind is list and (kind_of(key, one) or in_list(key, one))
        ):
            return True
    return False


def lift(value, path: str, lifted: dict, key: str = ""):
    if isinstance(value, dict):
        kept = {}
        for name, inner in value.items():
            where = f"{path}.{name}" if path else name
            if is_lifted(name, inner):
                lifted[where] = inner
            else:
                kept[name] = (
                    lift(inner, where, lifted, name) if type(inner) in (dict, list) else inner
                )
        return kept
    if isinstance(value, list):
        if path.endswith("]") and kind_of(key, value):
            lifted[path] = value
            return []
        return [lift(inner, f"{path}[{n}]", lifted, key) for n, inner in enumerate(value)]
    return value


def is_lifted(name: str, value) -> bool:
    if type(value) is str and verdicts[name] is FREE:  # by far the most
        return len(value) >= SHORTEST and value[0] in FIRST and of_value(value) is not None
    if name == SEALED:
        return True
    if value is None or value in ("", [], {}):
        return False
    return (
        of_value(name) is not None if isinstance(value, dict) else kind_of(name, value) is not None
    )


def digests(lifted: dict) -> dict[str, str]:
    """By path, the hash of each value that was taken out and can be asked for: not inside lists,
    and where no key is a person's number."""
    return {
        path: property_digest(path, text_of(value))
        for path, value in lifted.items()
        if "[" not in path
        and not isinstance(value, list | dict)
        and not any(of_value(part) for part in path.split("."))
    }
