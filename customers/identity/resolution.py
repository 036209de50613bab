"""Who is meant: sets of identities in, customers out, the whole batch at once (semantics 1,
decisions 1-4).

The plan is made in memory over what two queries read, under row locks on the customers it would
change, and then written in bulk. Nothing is written for the common case: everybody is already
known.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from crm_project.db import prepared
from customers.identity import merging
from customers.identity.rows import (
    PERSONAL,
    Key,
    Known,
    Resolved,
    Stated,
    claim,
    erased,
    known,
    known_claims,
    lock_customers,
    provisional_customers,
    settle,
    strong_identities,
)
from customers.models import Customer, Identity, IdentityConflict, Kind, Source
from customers.privacy.sealing import digest

RANK = {kind: rank for rank, kind in enumerate(Kind.values)}
STRONG = frozenset(
    {
        Kind.MEMBER_ID,
        Kind.WX_UNIONID,
        Kind.WX_OPENID,
        Kind.ALIPAY_USER_ID,
        Kind.DOUYIN_OPENID,
        Kind.WECOM_EXTERNAL_USERID,
    }
)
SCOPED_BY_NAMESPACE = frozenset({Kind.MEMBER_ID, Kind.ANONYMOUS_ID, Kind.WX_UNIONID})


class NoIdentity(ValueError):
    """A set without any identity cannot be resolved."""


class Raced(Exception):
    """Another transaction created one of our identities meanwhile: the whole transaction must be
    done again."""


def scope_of(source: Source, kind: str, scope: str = "") -> str:
    """What makes a value of this kind unique: the shop, the mini-program, or nothing (a phone is a
    phone)."""
    if kind in PERSONAL:
        return ""
    if kind in SCOPED_BY_NAMESPACE:
        return source.namespace.key
    return scope or source.app_id or source.namespace.key


def key_of(source: Source, kind: str, value: str, scope: str = "") -> Key:
    return Key(
        kind, scope_of(source, kind, scope), digest(kind, value) if kind in PERSONAL else value
    )


def find(*, source: Source, named) -> Customer | None:
    """The living customer this identity resolves to, if a trusted door ever named it."""
    key = key_of(source, named.kind, named.value, named.scope)
    known = (
        Identity.objects.select_related("customer")
        .filter(kind=key.kind, scope=key.scope, value=key.value, customer__erased_at=None)
        .first()
    )
    return known.customer if known else None


def resolve(
    source: Source, sets: Sequence[Iterable], *, times: Sequence[datetime], now: datetime
) -> list[Resolved]:
    """Each set of identities (events.incoming_items.Named) belongs to the customer returned in its
    place."""
    return Question(source, sets, prepared.cursor()).resolve_and_write(
        range(len(sets)), times=times, now=now
    )


def strangers(source: Source, sets: Sequence[Iterable]) -> list[bool]:
    """Whether a set names nobody at all whom we know, or on whom claims gather: it would make a
    customer."""
    stated = [[s.key for s in state(source, named)] for named in sets]
    held, gathered = known({key for keys in stated for key in keys})
    return [not any(key in held or key in gathered for key in keys) for keys in stated]


class Question:
    """Who is meant by these sets: asked when made and resolved later, so that other questions may
    travel with it."""

    def __init__(self, source: Source, sets: Sequence[Iterable], cursor):
        self.source = source
        self.made: frozenset[int] = frozenset()  # the customers that this made
        self.stated = [state(source, named) for named in sets]
        self.known = Known({s.key for one in self.stated for s in one if s.resolves}, cursor)

    def resolve_and_write(
        self, chosen: Sequence[int], *, times: Sequence[datetime], now: datetime
    ) -> list[Resolved]:
        """The customers of the chosen sets, and all that they need is written.

        Unknown identities exist, sets that name two customers are merged or queued as
        conflicts, and what an untrusted source said is kept as claims. Raises NoIdentity for an
        empty set. Runs inside the caller's transaction, which is done again as a whole when it is
        Raced.
        """
        stated = [self.stated[n] for n in chosen]
        if not all(stated):
            raise NoIdentity
        known, gathered = self.known.read()
        easy = {n: one for n, names in enumerate(stated) if (one := simply(names, known))}
        hard = [n for n in range(len(stated)) if n not in easy]
        if hard:
            plan = Plan(
                self.source,
                [stated[n] for n in hard],
                [times[n] for n in hard],
                now,
                known,
                gathered,
            )
            easy.update(zip(hard, plan.carry_out(), strict=True))
            self.made = plan.made
        return [easy[n] for n in range(len(stated))]


def state(source: Source, named_set: Iterable) -> list[Stated]:
    """The set, strongest first, as this source may say it."""
    is_believed = source.is_believed
    stated = [
        Stated(
            key_of(source, n.kind, n.value, n.scope),
            n.value,
            is_strong=n.kind in STRONG or (n.verified and n.kind == Kind.PHONE),
            resolves=is_believed or n.proven or n.kind == Kind.ANONYMOUS_ID,
        )
        for n in named_set
    ]
    if len(stated) > 1:
        stated.sort(key=precedence)
    return stated


def precedence(s: Stated) -> tuple[bool, int]:
    return not s.resolves, RANK[s.key.kind]


def simply(stated: list[Stated], known: dict[Key, Resolved]) -> Resolved | None:
    """The answer where nothing needs to be written: every identity is known, resolves, and means
    the same customer."""
    first = known.get(stated[0].key)
    for s in stated:
        found = known.get(s.key) if s.resolves else None
        if found is None or first is None or found.customer_id != first.customer_id:
            return None
    return first


@dataclass
class Plan:
    """What must be written for these sets. Customers are known ids, or negative numbers until they
    are created."""

    source: Source
    sets: list[list[Stated]]
    times: list[datetime]
    now: datetime
    known: dict[Key, Resolved]  # as read a moment ago, without locks
    provisional: dict[Key, int]  # likewise
    strong: dict[int, dict[tuple, str]] = field(default_factory=dict)
    parent: dict[int, int] = field(default_factory=dict)
    attached: dict[Key, tuple[Stated, int]] = field(default_factory=dict)
    born: dict[int, tuple[datetime, bool]] = field(default_factory=dict)
    merges: list[tuple[int, int, Key]] = field(default_factory=list)
    conflicts: dict[tuple[int, int], str] = field(default_factory=dict)
    claims: dict[tuple[Key, int], tuple[Stated, bool]] = field(default_factory=dict)
    made: frozenset[int] = frozenset()

    def carry_out(self) -> list[Resolved]:
        self.read()
        owners = [self.owner(one, at) for one, at in zip(self.sets, self.times, strict=True)]
        return self.write(owners)

    # -- reading, under locks
    # ------------------------------------------------------------------------------

    def read(self) -> None:
        """Lock the customers involved, in id order, until nobody new turns up; then nothing here
        can change."""
        resolving = {s.key for one in self.sets for s in one if s.resolves}
        claimed = {one[0].key for one in self.sets if not one[0].resolves}
        self.known = {key: self.known[key] for key in resolving & self.known.keys()}
        self.provisional = {
            key: self.provisional[key] for key in resolving & self.provisional.keys()
        } | provisional_customers(claimed)
        locked: set[int] = set()
        while (
            not (
                involved := {r.customer_id for r in self.known.values()}
                | set(self.provisional.values())
            )
            <= locked
        ):
            lock_customers(involved)
            locked |= involved
            self.known, self.provisional = known(resolving)
            self.provisional |= provisional_customers(claimed)
        self.strong = strong_identities(locked)

    # -- planning, in memory
    # -------------------------------------------------------------------------------

    def final(self, customer: int) -> int:
        while customer in self.parent:
            customer = self.parent[customer]
        return customer

    def holder(self, key: Key) -> int | None:
        if key in self.attached:
            return self.final(self.attached[key][1])
        return self.final(self.known[key].customer_id) if key in self.known else None

    def owner(self, stated: list[Stated], at: datetime) -> tuple[int, Key | None]:
        """The customer of one set, and the identity it arrived by."""
        resolving = [s for s in stated if s.resolves]
        owner = self.owner_of(resolving, at) if resolving else self.provisional_owner(stated[0], at)
        for s in stated:
            if not s.resolves:
                self.claims.setdefault((s.key, owner), (s, False))
        return owner, resolving[0].key if resolving else None

    def provisional_owner(self, claim: Stated, at: datetime) -> int:
        if claim.key not in self.provisional:
            self.provisional[claim.key] = self.new_customer(at, provisional=True)
        owner = self.final(self.provisional[claim.key])
        self.claims[(claim.key, owner)] = (claim, True)
        return owner

    def new_customer(self, at: datetime, *, provisional: bool = False) -> int:
        customer = -len(self.born) - 1
        self.born[customer] = (at, provisional)
        return customer

    def owner_of(self, stated: list[Stated], at: datetime) -> int:
        """The customer of the strongest identity; the others join it, or become a conflict, or stay
        where they are."""
        strongest = stated[0]
        owner = self.holder(strongest.key)
        if owner is None:
            owner = next(
                (
                    h
                    for s in stated
                    if (h := self.holder(s.key)) is not None and self.fits(h, stated)
                ),
                None,
            )
        if owner is None:
            owner = self.new_customer(at)
        for s in stated:
            owner = self.join(s, owner, at)
        return owner

    def fits(self, customer: int, stated: list[Stated]) -> bool:
        """May the whole set be joined to this customer? It must hold no other value of a strong
        kind and scope."""
        held = self.strong.get(customer, {})
        return all(held.get(s.key[:2], s.key.value) == s.key.value for s in stated if s.is_strong)

    def join(self, s: Stated, owner: int, at: datetime) -> int:
        holder = self.holder(s.key)
        if holder is None:
            self.attach(s, owner, at)
            return self.take_over_claim(s.key, owner)
        if holder == owner:
            return owner
        if self.may_merge(s, holder, owner):
            return self.merge(holder, owner, s.key)
        if (
            s.key.kind != Kind.ANONYMOUS_ID
        ):  # a shared phone in the hand is no conflict, two member ids are
            self.conflicts.setdefault((holder, owner), s.key.kind)
        return owner

    def attach(self, s: Stated, owner: int, at: datetime) -> None:
        """The unknown identity is the owner's, unless the owner holds another value of its strong
        kind: then it is somebody for staff to look at."""
        if (
            s.is_strong
            and self.strong.setdefault(owner, {}).setdefault(s.key[:2], s.key.value) != s.key.value
        ):
            other = self.new_customer(at)
            self.strong[other] = {s.key[:2]: s.key.value}
            self.attached[s.key] = (s, other)
            self.conflicts.setdefault((owner, other), s.key.kind)
            return
        self.attached[s.key] = (s, owner)

    def take_over_claim(self, key: Key, owner: int) -> int:
        """A trusted door names for the first time what was only claimed: the events that waited on
        the claim join."""
        waiting = self.provisional.get(key)
        if (
            waiting is None
            or key.kind == Kind.ANONYMOUS_ID
            or self.final(waiting) == owner
            or self.strong.get(self.final(waiting))
        ):
            return owner
        return self.merge(self.final(waiting), owner, key)

    def may_merge(self, s: Stated, one: int, other: int) -> bool:
        """Trusted doors only; two strongly known customers only through a strong identity and
        without contradiction. Never by a file."""
        if self.source.merges_nobody:
            return False
        if not self.source.is_believed and not s.is_strong:
            return False
        mine, theirs = self.strong.get(one, {}), self.strong.get(other, {})
        if mine and theirs and not s.is_strong:
            return False
        return all(theirs.get(place, value) == value for place, value in mine.items())

    def merge(self, one: int, other: int, key: Key) -> int:
        survivor, loser = sorted((one, other), key=self.seniority)
        self.parent[loser] = survivor
        self.strong.setdefault(survivor, {}).update(self.strong.pop(loser, {}))
        self.merges.append((survivor, loser, key))
        return survivor

    def seniority(self, customer: int) -> tuple:
        """Known before unknown, older before younger, stored before planned."""
        return (not self.strong.get(customer), customer < 0, abs(customer))

    # -- writing, in bulk
    # ----------------------------------------------------------------------------------

    def write(self, owners: list[tuple[int, Key | None]]) -> list[Resolved]:
        ids = self.insert_planned()

        def real(customer: int) -> int:
            """The stored id of a planned number."""
            return ids.get(customer, customer)

        pairs = [
            merging.Pair(real(survivor), loser, f"{key.kind} {key.scope}")
            for survivor, loser, key in self.merges
            if loser > 0
        ]
        if pairs:
            merging.merge_many(pairs, by=f"source:{self.source.pk}", now=self.now)
        self.insert_conflicts(real)
        self.insert_claims(real)
        return [self.resolved(owner, key, real) for owner, key in owners]

    def resolved(self, owner: int, key: Key | None, real) -> Resolved:
        customer = real(self.final(owner))
        if key in self.known:
            return Resolved(customer, self.known[key].origin_id)
        return Resolved(customer, customer)

    def insert_planned(self) -> dict[int, int]:
        """Planned customers that were not merged away at once exist, and so do the new identities;
        the number of each planned customer.

        All or Raced: an identity that somebody else just created means that we must look again.
        """
        needed = [c for c in self.born if c not in self.parent]
        places = {c: -n for n, c in enumerate(needed, start=1)}
        owners = ((s, self.final(owner)) for s, owner in self.attached.values())
        identities = sorted(
            ((places.get(owner, owner), s) for s, owner in owners), key=lambda row: row[1].key
        )
        created, new = settle(self.source, [self.born[c] for c in needed], identities, self.now)
        if new < len(identities):
            raise Raced
        self.made = frozenset(created)
        numbers = dict(zip(needed, created, strict=True))
        numbers = {c: numbers.get(self.final(c), self.final(c)) for c in self.born}
        bar(
            {
                s.key: numbers.get(self.final(owner), self.final(owner))
                for s, owner in self.attached.values()
            }
        )
        return numbers

    def insert_conflicts(self, real) -> None:
        pairs = {
            tuple(sorted((real(self.final(a)), real(self.final(b))))): kind
            for (a, b), kind in self.conflicts.items()
        }
        IdentityConflict.objects.bulk_create(
            [
                IdentityConflict(
                    first_id=a, second_id=b, reason=kind, source=self.source, at=self.now
                )
                for (a, b), kind in sorted(pairs.items())
                if a != b
            ],
            ignore_conflicts=True,
        )

    def insert_claims(self, real) -> None:
        rows = {
            (key, real(self.final(owner))): value for (key, owner), value in self.claims.items()
        }
        known = known_claims(rows)
        new = sorted(
            ((owned, s, p) for owned, (s, p) in rows.items() if owned not in known),
            key=lambda row: row[0],
        )
        claim(self.source, [(customer, s, p) for (_, customer), s, p in new], self.now)
        gathered = [owned for owned, _, p in new if p]
        stored = provisional_customers(key for key, _ in gathered)
        if any(stored[key] != customer for key, customer in gathered):
            raise Raced


def bar(attached: dict[Key, int]) -> None:
    """Whoever brings an identity of somebody who asked to be forgotten is not written to
    (customers/data_rights/erasing.py leaves the marks)."""
    marks = {mark_of(key): customer for key, customer in attached.items()}
    barred = {marks[one] for one in erased(list(marks))} if marks else None
    if barred:
        Customer.objects.filter(pk__in=sorted(barred)).update(is_barred=True)


def mark_of(key: Key) -> str:
    """The hash under which an identity is remembered when its person is forgotten."""
    return digest("erased", "\0".join(key))
