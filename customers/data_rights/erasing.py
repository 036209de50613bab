"""Forgetting a person: everywhere, across merges, for good (semantics 9).

What names or describes them is deleted; what the shop's books, stocks and accounts of sending need
stays, without anything that leads to a person. Tables are found by their pointing at a customer, so
a new one is emptied unless its room says what it keeps (CRM_ERASERS). A keyed hash of each identity
stays: an event or a file that brings it again makes a customer to whom no marketing goes. The
ledger stays (hashes).

One transaction does the rows. Then the erasure is due until no older transaction can commit, and
nothing is left in what waits outside, on the disk of any host.
"""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial

from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext as _

from crm_project.db import transactions
from crm_project.files.models import File
from crm_project.hosts import signs
from crm_project.jobs import running
from crm_project.jobs.models import Job
from crm_project.models import Host
from crm_project.queue.due import database_now, work_through
from crm_project.registry import Registry
from customers.data_rights import erased_marks, traces
from customers.identity import resolution
from customers.identity import rows as identity_rows
from customers.models import (
    AuditEntry,
    Customer,
    CustomerAttribute,
    ErasedIdentity,
    Erasure,
    Identity,
    IdentityClaim,
    IdentityConflict,
    Merge,
)
from customers.privacy.personal import comparable, kind_of
from customers.privacy.sealing import NotDecipherable, new_public_id, scrubbed

PERMISSION = "customers.erase_customer"
SHORTEST_REASON = 4
AGAIN = timedelta(seconds=3)
AT_ONCE = 5
# Not `hosts`: they write there themselves.
FOLLOWED = ("customers", "xid", "wanted", "done_at", "due_at", "token", "attempts", "error")
SHORTEST_WANTED = 4  # a shorter text is found in everybody's data

erasers: Registry["Eraser"] = Registry("CRM_ERASERS", "customers.data_rights.erasing.Eraser")


class CannotErase(Exception):
    """In words for whoever wanted it."""


class Eraser:
    """What one room keeps of somebody who is forgotten, and where else something of them may lie.
    Anything may be asked for twice."""

    key = ""
    keeps: tuple[
        str, ...
    ] = ()  # labels of models whose rows stay; `erase` takes the person out of them

    def erase(self, customers: list[int], now: datetime) -> None:
        """Inside the transaction: nothing in the kept rows of these customers leads to a person."""

    def sweep_unowned_rows(self, wanted: set[str], at: datetime) -> bool:
        """No row of the database that belongs to nobody, and was written before `at`, holds one of
        these texts. False: not yet, ask again."""
        return True

    def sweep(self, wanted: set[str], at: datetime) -> bool:
        """What waits outside the rows and came before `at` holds none of these texts any more.
        False: not yet, ask again."""
        return True


class OfCustomers(Eraser):
    """Who entered and left segments is counted, and the merges say which number became which.

    Members are the evaluator's: with its next pass it takes the erased out of every segment, and
    out of its size.
    """

    key = "customers"
    keeps = ("customers.Transition", "customers.Membership", "customers.Merge", "customers.Erasure")

    def erase(self, customers, now):
        Merge.objects.filter(
            models.Q(customer__in=customers) | models.Q(origin_customer__in=customers)
        ).update(due_at=None, identity="", by="")
        self.forget_files(now)

    def forget_files(self, now: datetime) -> None:
        """Files of many people are encrypted and last a day: nobody looks into them for one person,
        they are made again. One that is being made is not finished."""
        for job in Job.objects.filter(state__in=Job.UNFINISHED).exclude(result=None):
            running.cancel(job, by=None, now=now)
        for made in ("result", "errors"):
            jobs = Job.objects.exclude(**{made: None})
            files = list(jobs.values_list(made, flat=True))
            Job.objects.filter(**{f"{made}__in": files}).update(**{made: None})
            File.objects.filter(pk__in=files).update(expires_at=now)

    def sweep_unowned_rows(self, wanted, at):
        traces.cover_everywhere(wanted)
        return self.forget_searches(wanted, at)

    def forget_searches(self, wanted: set[str], at: datetime) -> bool:
        """What somebody searched a list for when they did something to all of it: whole or in part,
        so of every act that is over."""
        earlier = Job.objects.filter(created_at__lte=at)
        searched = earlier.filter(params__has_key="query").exclude(params__query="")
        over = searched.exclude(state__in=Job.UNFINISHED)
        over.update(params=RawSQL("params - 'query'", ()))
        for job in earlier.exclude(reason=""):
            if traces.is_named_in(job.reason, wanted):
                Job.objects.filter(pk=job.pk).update(reason="")
        return not searched.exists()


def erase(customer: Customer, *, by, reason: str, now: datetime) -> Erasure:
    """The person is forgotten; what is still under way follows. Raises CannotErase."""
    if by is not None and not by.has_perm(PERMISSION):
        raise CannotErase(_("You may not erase customers."))
    reason = " ".join(scrubbed(reason, customer.name).split())[:200]
    if len(reason) < SHORTEST_REASON:
        raise CannotErase(_("Say why, in a few words."))
    with transaction.atomic():
        survivor = (
            Customer.objects.values_list("merged_into", flat=True).get(pk=customer.pk)
            or customer.pk
        )
        one = Customer.objects.alive().select_for_update(no_key=True).filter(pk=survivor).first()
        if one is None:
            raise CannotErase(_("This customer is erased already."))
        return forget(one, by=by, reason=reason, now=now)


def forget(one: Customer, *, by, reason: str, now: datetime) -> Erasure:
    customers = everybody([one.pk])
    keys = list(
        Identity.objects.filter(customer__in=customers)
        .order_by("pk")
        .values_list("kind", "scope", "value")
    )
    # Events that carried nothing but an unproven claim to be this person gathered elsewhere.
    customers = sorted(
        {
            *customers,
            *everybody(
                resolution.provisional_customers(resolution.Key(*key) for key in keys).values()
            ),
        }
    )
    wanted, marks = texts(customers), erased_marks.marks_of(customers, keys)
    ErasedIdentity.objects.bulk_create(
        [ErasedIdentity(digest=resolution.mark_of(key), at=now) for key in sorted(set(keys))],
        ignore_conflicts=True,
    )
    rows(customers, keys, now)
    AuditEntry.objects.create(
        by=by,
        act="customer.erase",
        subject=f"customer:{one.pk}",
        details={"reason": reason, "customers": len(customers)},
    )
    return Erasure.objects.create(
        customer=one,
        customers=customers,
        wanted=json.dumps({"keys": keys, "texts": sorted(wanted)}),
        marks=marks,
        by=by,
        reason=reason,
        at=now,
        due_at=now,
    )


def everybody(customers: Iterable[int]) -> list[int]:
    """These customers with all that were merged into them."""
    ids = list(customers)
    return sorted(
        {*ids, *Customer.objects.filter(merged_into__in=ids).values_list("pk", flat=True)}
    )


def texts(customers: list[int]) -> set[str]:
    """By what a piece of text names them: identities and personal attributes, a phone also without
    its country."""
    found = set(Customer.objects.filter(pk__in=customers).values_list("name", flat=True))
    for model in (Identity, IdentityClaim):
        found |= {clear(row) for row in model.objects.filter(customer__in=customers)}
    for row in CustomerAttribute.objects.filter(customer__in=customers):
        if row.sealed is not None or kind_of(row.key, row.value):
            found |= {text := clear(row), comparable(row.key, text)}
    found |= {text.removeprefix("+86") for text in found}
    return {text for text in found if len(text) >= SHORTEST_WANTED}


def clear(row) -> str:
    try:
        return row.sealed or str(row.value)
    except NotDecipherable:  # its key is gone: it says nothing to anybody
        return ""


def rows(customers: list[int], keys: list[tuple], now: datetime) -> None:
    """Everything in the database, but for what is kept of them without their person."""
    kept = {label for eraser in erasers for label in eraser.keeps}
    for eraser in erasers:
        eraser().erase(customers, now)
    for model, fields in pointing():
        traces.forget_log(model, fields, customers)
        if model._meta.label not in kept:
            for field in fields:
                model._base_manager.filter(**{f"{field}__in": customers}).delete()
    for kind, scope, value in keys:
        IdentityClaim.objects.filter(kind=kind, scope=scope, value=value).delete()
    IdentityConflict.objects.filter(
        models.Q(first__in=customers) | models.Q(second__in=customers)
    ).delete()
    content_type = ContentType.objects.get_for_model(Customer)
    LogEntry.objects.filter(
        content_type=content_type, object_id__in=[str(pk) for pk in customers]
    ).delete()
    for pk in customers:
        Customer.objects.filter(pk=pk, erased_at=None).update(
            erased_at=now, public_id=new_public_id()
        )
    Customer.objects.filter(pk__in=customers).update(name="", language="", is_provisional=False)


def pointing() -> list[tuple[type[models.Model], list[str]]]:
    """Every table whose rows belong to a customer, with the columns that say so."""
    found = []
    for model in apps.get_models():
        fields = [
            f.name
            for f in model._meta.fields
            if isinstance(f, models.ForeignKey) and f.related_model is Customer
        ]
        if fields and model is not Customer and not model._meta.proxy:
            found.append((model, fields))
    return found


def work() -> int:
    """What is still to do of erasures. The number looked at."""
    # Outside of any transaction: a file that went in by its door is gone, and must not come back
    # undone.
    clean = {one.pk: sweep_everywhere(one) for one in Erasure.objects.due(database_now())}
    return work_through(
        Erasure.objects.all(), partial(follow, clean=clean), limit=AT_ONCE, seconds=60
    )


def sweep_everywhere(one: Erasure) -> bool:
    """Neither what lies outside the rows, on whatever host, nor a row that is nobody's names the
    person any more. False: not yet, ask again."""
    results = [sweep_this_host(one), sweep_unowned_rows(one), is_clean_everywhere(one)]
    return all(results)


def sweep_this_host(one: Erasure) -> bool:
    """Nothing outside the rows names the person any more on this host, and its backups' marks know
    of them. False: not yet, ask again."""
    wanted = wanted_of(one)
    results = [eraser().sweep(wanted, one.at) for eraser in erasers]
    results += [erased_marks.note(one)]
    return all(results)


def is_clean_everywhere(one: Erasure) -> bool:
    """Every host that was heard of in the last weeks has said so of its disk (sweeping.py)."""
    there = Host.objects.filter(signs.remembered(database_now()))
    return not there.exclude(key__in=one.hosts).exists()


def wanted_of(one: Erasure) -> set[str]:
    return set(json.loads(one.wanted)["texts"]) if one.wanted else set()


def sweep_unowned_rows(one: Erasure) -> bool:
    """No row that is nobody's names the person any more. False: not yet, ask again."""
    wanted = wanted_of(one)
    results = [eraser().sweep_unowned_rows(wanted, one.at) for eraser in erasers]
    return all(results)


def follow(erasures: list[Erasure], now: datetime, *, clean: dict[int, bool]) -> None:
    ended = transactions.oldest_open()  # before looking: what these wrote is deleted below
    for one in erasures:
        keys = [tuple(key) for key in json.loads(one.wanted)["keys"]] if one.wanted else []
        came_back = returned(keys, one.at)
        one.customers = sorted({*one.customers, *came_back})
        rows(one.customers, keys, now)
        is_last = one.xid is not None and ended >= one.xid
        one.xid = transactions.next_number() if one.xid is None else one.xid
        if clean.get(one.pk) and is_last:
            one.wanted, one.done_at = None, database_now()
            one.done()
        else:
            one.done(due_at=now + AGAIN)
        one.save(update_fields=FOLLOWED)


def returned(keys: list[tuple], at: datetime) -> list[int]:
    """Customers that these identities made anew, out of what had come in before the person was
    forgotten."""
    held = identity_rows.holders(resolution.Key(*key) for key in keys)
    late = Customer.objects.filter(
        pk__in={one.customer_id for one in held.values()}, erased_at=None, first_seen_at__lte=at
    )
    return everybody(late.values_list("pk", flat=True))
