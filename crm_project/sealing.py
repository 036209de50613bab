"""Secrets and personal data at rest: sealed with AES-GCM.

A sealed value is `0 + key id (1 byte each) + nonce (12) + ciphertext`, bound to its table, its
column and what never changes of its row: in another place it cannot be read. The form before had no
0 and was bound to table and column; it is still read, and `manage.py reseal` writes it anew.
"""

import os
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import models
from django.db.models.query_utils import DeferredAttribute


class NotDecipherable(ValueError):
    """The sealed value was made for another place or another row, or its key is gone."""


def seal(text: str, *, place: str, row: Iterable) -> bytes:
    """`text` encrypted under the first key, readable only at `place` ("table.column") in the row
    that these values tell from others."""
    key_id, key = next(iter(settings.ENCRYPTION_KEYS.items()))
    nonce = os.urandom(12)
    return (
        bytes([ROW_FORM, int(key_id)])
        + nonce
        + cipher(key).encrypt(nonce, text.encode(), bound(place, row))
    )


def unseal(sealed: bytes, *, place: str, row: Iterable) -> str:
    sealed = bytes(sealed)
    try:
        if sealed[0] == ROW_FORM:
            key_id, nonce, text, whole = sealed[1], sealed[2:14], sealed[14:], bound(place, row)
        else:
            key_id, nonce, text, whole = sealed[0], sealed[1:13], sealed[13:], place.encode()
        return cipher(settings.ENCRYPTION_KEYS[str(key_id)]).decrypt(nonce, text, whole).decode()
    except (KeyError, IndexError, ValueError, InvalidTag) as error:
        raise NotDecipherable(place) from error


ROW_FORM = 0  # no key has this id
cipher = lru_cache(maxsize=64)(AESGCM)


def bound(place: str, row: Iterable) -> bytes:
    """No text of PostgreSQL holds the character that parts them."""
    return "\x00".join([place, *map(str, row)]).encode()


class Ciphertext(bytes):
    """A sealed value as it stands in the table. Its row opens it when it is asked for."""


class OpenedWhenRead(DeferredAttribute):
    """What is sealed is opened when somebody reads it, with the help of its row, and once."""

    def __get__(self, instance, cls=None):
        value = super().__get__(instance, cls)
        if isinstance(value, Ciphertext):
            value = unseal(value, place=self.field.place(), row=self.field.row(instance))
            instance.__dict__[self.field.attname] = value
        return value

    def __set__(self, instance, value):
        instance.__dict__[self.field.attname] = value


class SealedField(models.BinaryField):
    """Text that is encrypted in the table and clear in Python, bound to its own column and to
    `row`.

    `row` names columns that are known when the row is inserted, tell it from others and never
    change; whoever changes one nevertheless seals anew. Without a row (`values_list`) there is only
    the Ciphertext, and `update()` takes no text.
    """

    descriptor_class = OpenedWhenRead

    def __init__(self, *args, row: Iterable[str] = (), **kwargs):
        super().__init__(*args, **kwargs)
        self.row_names = tuple(
            row
        )  # how it is read and not how it is stored: no migration knows of it

    def place(self) -> str:
        return f"{self.model._meta.db_table}.{self.column}"

    def row(self, instance: models.Model) -> list:
        return [written(getattr(instance, name)) for name in self.row_names]

    def from_db_value(self, value, expression, connection):
        return None if value is None else Ciphertext(value)

    def pre_save(self, instance, add):
        value = super().pre_save(instance, add)
        return (
            seal(value, place=self.place(), row=self.row(instance))
            if isinstance(value, str)
            else value
        )

    def get_db_prep_value(self, value, connection, prepared=False):
        if isinstance(value, str):
            raise TypeError(f"{self.place()} is sealed for its row: save the row")
        return super().get_db_prep_value(value, connection, prepared)

    def value_to_string(self, obj):
        return ""


def written(value):
    """The same for a moment that was just made and for one that was read."""
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
