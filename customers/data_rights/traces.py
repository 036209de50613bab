"""Where the name or number of somebody may stand in rows that are nobody's: addresses, searches,
rules, histories of the admin.

What is unmistakable (a phone, an e-mail, an openid, an identity card) is covered wherever it
stands; a name only where a reader says so, since a name is also a word.
"""

import re
import unicodedata
from functools import reduce
from urllib.parse import quote, unquote_plus

import structlog
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import DatabaseError, connection, models, transaction

from customers.models import AuditEntry, Customer, Erasure

log = structlog.get_logger("hutong.erasing")

COVER = "•••"
SHORTEST = 11  # characters of what is unmistakable
# of a table that is looked through; larger ones hold what customers did, and belong to somebody
MOST_ROWS = 1_000_000
# They hold masked values only, and only grow; what is wanted itself; who works here, who may be a
# customer too.
SPARED = (AuditEntry, Erasure, User)


def is_unmistakable(text: str) -> bool:
    return (
        len(text) >= SHORTEST
        and text.isascii()
        and (("@" in text) or any(c.isdigit() for c in text))
    )


def is_named_in(said: str, wanted: set[str]) -> bool:
    """Whether one of the texts stands there as a word of its own, however it is written: width,
    case, separators of a number, in an address."""
    plain = unicodedata.normalize("NFKC", unquote_plus(said)).lower()
    digits = re.sub(r"(?<=[0-9])[ ().-]{1,2}(?=[0-9])", "", plain)
    return any(
        is_word(text.lower(), plain) or (text.isdigit() and text in digits) for text in wanted
    )


def is_word(text: str, said: str) -> bool:
    """Chinese has no spaces: there every place is the end of a word."""
    if not text.isascii() or is_unmistakable(text):
        return text in said
    return re.search(rf"(?<![0-9a-z]){re.escape(text)}(?![0-9a-z])", said) is not None


def cover_everywhere(wanted: set[str]) -> int:
    """What is unmistakable stands in no row of the tables that are nobody's. The number of rows
    that were changed."""
    sought = sorted(
        {spelled for text in wanted if is_unmistakable(text) for spelled in (text, quote(text))},
        key=len,
        reverse=True,
    )
    return sum(cover_in(model, sought) for model in nobodys()) if sought else 0


def nobodys() -> list[type[models.Model]]:
    """Tables that no customer owns rows of, of a size that can be looked through."""
    found = []
    for model in apps.get_models():
        leads = any(
            isinstance(f, models.ForeignKey) and f.related_model is Customer
            for f in model._meta.fields
        )
        if (
            model._meta.managed
            and not model._meta.proxy
            and not leads
            and model is not Customer
            and model not in SPARED
        ):
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT coalesce((SELECT reltuples FROM pg_class WHERE oid ="
                    " to_regclass(%s)), 0)",
                    [model._meta.db_table],
                )
                if cursor.fetchone()[0] <= MOST_ROWS:
                    found.append(model)
    return found


def cover_in(model: type[models.Model], sought: list[str]) -> int:
    fields = [
        f
        for f in model._meta.concrete_fields
        if isinstance(f, models.CharField | models.TextField | models.JSONField)
        and not (f.primary_key or f.choices)
    ]
    if not fields:
        return 0
    said = reduce(lambda q, f: q | models.Q(**{f"{f.name}__said": sought}), fields, models.Q())
    rows = model._base_manager.filter(said).only(*[f.name for f in fields])
    return sum(cover_row(row, fields, sought) for row in rows.iterator())


def cover_row(row: models.Model, fields: list, sought: list[str]) -> bool:
    changed = {
        f.name: new
        for f in fields
        if (new := covered(getattr(row, f.name), sought)) != getattr(row, f.name)
    }
    try:
        with transaction.atomic():
            return bool(changed) and type(row)._base_manager.filter(pk=row.pk).update(**changed) > 0
    except DatabaseError as error:  # a row that only grows, or two that must differ
        log.warning(
            "a row still names somebody who was forgotten",
            table=row._meta.db_table,
            row=row.pk,
            error=type(error).__name__,
        )
        return False


def covered(value, sought: list[str]):
    """The value with what is sought covered, in any case, at any depth."""
    if isinstance(value, str):
        return re.sub("|".join(map(re.escape, sought)), COVER, value, flags=re.IGNORECASE)
    if isinstance(value, dict):
        return {covered(key, sought): covered(inner, sought) for key, inner in value.items()}
    if isinstance(value, list):
        return [covered(inner, sought) for inner in value]
    if isinstance(value, int) and not isinstance(value, bool) and str(value) in sought:
        return COVER
    return value


@models.CharField.register_lookup
@models.TextField.register_lookup
@models.JSONField.register_lookup
class Said(models.Lookup):
    """Whether one of the texts stands in the column, in any case."""

    lookup_name = "said"
    prepare_rhs = False

    def get_db_prep_lookup(self, value, connection):
        escaped = (re.sub(r"([%_\\\\])", r"\\\1", text.lower()) for text in value)
        return "%s", [[f"%{text}%" for text in escaped]]

    def as_sql(self, compiler, connection):
        column, params = self.process_lhs(compiler, connection)
        return f"lower({column}::text) LIKE ANY(%s)", [
            *params,
            *self.get_db_prep_lookup(self.rhs, connection)[1],
        ]


def forget_log(model: type[models.Model], fields: list[str], customers: list[int]) -> None:
    """The admin's history names rows by what they are called, which may be the customer."""
    kind = ContentType.objects.get_for_model(model)
    logged = LogEntry.objects.filter(content_type=kind)
    ids = [one for one in logged.values_list("object_id", flat=True).distinct() if one]
    if not ids:
        return
    whose = models.Q(*[(f"{field}__in", customers) for field in fields], _connector=models.Q.OR)
    theirs = model._base_manager.filter(
        whose, pk__in=[one for one in map(model._meta.pk.to_python, ids) if one is not None]
    )
    logged.filter(object_id__in=[str(pk) for pk in theirs.values_list("pk", flat=True)]).delete()
