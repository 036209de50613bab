"""All hosts have the same keys: the database knows a mark of each, and a host with others does not
start.

A mark tells a key from others and nothing about it. A key that `reseal` has found to be in use no
more is retired; who still has it is welcome, who does not, too.
"""

import hashlib
import hmac

from django.conf import settings
from django.db import connection

from crm_project.db.clock import Now
from crm_project.models import Host, KeyMark

LABEL = b"hutong host"
SECRET = "SECRET_KEY"  # noqa: S105 (a name)
KNOW = "INSERT INTO crm_project_keymark (name, mark) VALUES (%s, %s) ON CONFLICT (name) DO NOTHING"


def mark(key: bytes) -> str:
    return hmac.new(key, LABEL, hashlib.sha256).hexdigest()[:16]


def ours() -> dict[str, str]:
    """The marks of the keys that this process works with."""
    numbered = {encryption(number): mark(key) for number, key in settings.ENCRYPTION_KEYS.items()}
    return {
        **numbered,
        "HUTONG_HASH_KEY": mark(settings.HASH_KEY),
        SECRET: mark(settings.SECRET_KEY.encode()),
    }


def encryption(number: str) -> str:
    return f"HUTONG_ENCRYPTION_KEYS {number}"


def problems() -> list[str]:
    """What is wrong with our keys; those that nobody had before are known from now on."""
    mine, known = ours(), {row.name: row for row in KeyMark.objects.all()}
    if unknown := mine.keys() - known.keys():
        with connection.cursor() as cursor:
            cursor.executemany(KNOW, [(name, mine[name]) for name in sorted(unknown)])
        known = {row.name: row for row in KeyMark.objects.all()}
    found = []
    for name, row in sorted(known.items()):
        if name not in mine and not row.retired_at:
            found.append(f"{name} is missing here, and what other hosts seal needs it.")
        elif name in mine and mine[name] != row.mark:
            found.append(f"{name} is another one than this installation's.")
    return found


def retire(number: str) -> None:
    """Nothing is sealed under this encryption key any more: hosts may be without it."""
    KeyMark.objects.filter(name=encryption(number), retired_at=None).update(retired_at=Now())


def take_over_secret() -> None:
    """SECRET_KEY of this host is the installation's from now on: everybody logs in again."""
    KeyMark.objects.update_or_create(name=SECRET, defaults={"mark": ours()[SECRET]})


def forget_secret(**_known) -> None:
    """After a restore: the machine that came back may have a SECRET_KEY of its own, and hosts of
    the former one are known again when they are heard of."""
    KeyMark.objects.filter(name=SECRET).delete()
    Host.objects.all().delete()
