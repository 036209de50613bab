"""Orders, their lines and refunds: three tables that tell of one order, in any order."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence

from events import renumbering
from events.models import Order
from integrations.models import CapturedRow, TableMapping
from integrations.sync.tables.items import line_of, native
from integrations.sync.tables.reading import Row

Kind = TableMapping.Kind
CANCELS = TableMapping.Deleted.CANCELLED
CANCELLED = "cancelled"


class Orders:
    """The rows of one batch that belong to orders."""

    def __init__(self, taking, rows: Sequence[Row]):
        self.taking, self.rows = taking, rows
        self.of_kind = {
            kind: [one for one in taking.mappings if one.kind == kind]
            for kind in (Kind.ORDERS, Kind.LINES, Kind.REFUNDS)
        }

    def carry_out(self) -> None:
        """Each order that something was told of is as its rows say by now."""
        own = [row for row in self.rows if row.kind.key == Kind.ORDERS]
        self.renumber(own)
        parents = {row.parent for row in self.rows if row.kind.key != Kind.ORDERS and row.parent}
        self.load_orders(parents)
        self.load_children({row.key for row in own} | parents)
        told = set()
        for row in own:
            captured = self.captured(row)
            told.add(captured.key)
            self.tell_row(row, captured)
        changed = {row.parent: row for row in self.rows if row.kind.key == Kind.LINES}
        for parent, row in changed.items():
            captured = self.order_of(parent)
            if captured is not None and captured.key not in told:
                self.tell_lines(row, captured)
        self.tell_refunds(own)

    # -- what is known

    def captured(self, row: Row) -> CapturedRow:
        return self.taking.captured[row.mapping.pk, row.key]

    def load_orders(self, parents: set[str]) -> None:
        keys = {parent for parent in parents if not parent.startswith("#")}
        self.taking.load({(one.pk, key) for one in self.of_kind[Kind.ORDERS] for key in keys})
        numbers = {parent[1:] for parent in parents if parent.startswith("#")}
        mappings = [one.pk for one in self.of_kind[Kind.ORDERS]]
        by_number = CapturedRow.objects.filter(mapping_id__in=mappings, number__in=sorted(numbers))
        for one in by_number if numbers else ():
            self.taking.captured.setdefault((one.mapping_id, one.key), one)
        self.numbered = {one.number: one for one in self.taking.captured.values() if one.number}

    def order_of(self, parent: str) -> CapturedRow | None:
        if parent.startswith("#"):
            return self.numbered.get(parent[1:])
        places = ((one.pk, parent) for one in self.of_kind[Kind.ORDERS])
        return next((self.taking.captured[p] for p in places if p in self.taking.captured), None)

    def load_children(self, keys: set[str]) -> None:
        """Lines and refunds of these orders, with what this batch says of them."""
        mappings = [one.pk for kind in (Kind.LINES, Kind.REFUNDS) for one in self.of_kind[kind]]
        numbers = {f"#{one.number}" for one in self.taking.captured.values() if one.number}
        parents = keys | numbers
        found = CapturedRow.objects.filter(mapping_id__in=mappings, parent__in=sorted(parents))
        for one in found if mappings else ():
            self.taking.captured.setdefault((one.mapping_id, one.key), one)
        self.children: dict[tuple[str, str], list[CapturedRow]] = defaultdict(list)
        kinds = {one.pk: one.kind for one in self.taking.mappings}
        for (mapping, _key), one in sorted(self.taking.captured.items()):
            if mapping in mappings and not one.is_deleted and one.parent:
                self.children[kinds[mapping], one.parent].append(one)

    def children_of(self, kind: str, order: CapturedRow) -> list[CapturedRow]:
        by_number = self.children[kind, f"#{order.number}"]
        return [*self.children[kind, order.key], *by_number]

    # -- telling

    def renumber(self, own: Sequence[Row]) -> None:
        """A new number with the same key is the same order (models 36)."""
        changed = {}
        for row in own:
            before, number = row.before.get("number"), row.said.get("number")
            if before and number and before != number:
                changed[before] = number
        renumbering.renumber(self.taking.source, changed)

    def tell_row(self, row: Row, order: CapturedRow) -> None:
        """What the order's own row says, with the lines that are known."""
        said = row.said
        if row.is_deleted:
            if row.mapping.deleted != CANCELS:
                return
            said = row.before | row.said | {"status": CANCELLED}
        if row.is_ignored or not said.get("status"):
            return
        item = self.item(order, said, row.version)
        if row.is_deleted:
            whose = self.known(said.get("number"))
            if whose is None:
                return
            item |= {"customer_id": whose, "occurred_at": row.change.at}
        else:
            item |= {"identities": row.identities(), "occurred_at": row.at}
            item["coupon_code"] = row.said.get("coupon_code")
        self.tell("orders", item, row, self.of_lines(order))

    def tell_lines(self, row: Row, order: CapturedRow) -> None:
        """Lines came, or changed, after their order."""
        said = order.values
        whose = self.known(said.get("number")) if said.get("status") else None
        if whose is None or order.is_deleted:
            return  # it was refused, or is told nothing of: they go with it once it is
        order.version = max(order.version + 1, int(self.taking.now.timestamp() * 1_000_000))
        self.taking.touched[order.mapping_id, order.key] = order
        item = self.item(order, said, order.version) | {"customer_id": whose}
        item["occurred_at"] = said.get("occurred_at") or order.at
        lines = self.of_lines(order)
        self.tell("orders", item, row, (*lines, order.digest))

    def item(self, order: CapturedRow, said: dict, version: int) -> dict:
        return {
            "number": said.get("number"),
            "status": said.get("status"),
            "version": version,
            "placed_at": said.get("placed_at"),
            "total_fen": said.get("total"),
            "paid_fen": said.get("paid"),
            "discount_fen": said.get("discount"),
            "store": said.get("store"),
            "lines": [line_of(one.values) for one in self.children_of(Kind.LINES, order)],
        }

    def of_lines(self, order: CapturedRow) -> tuple[str, ...]:
        """What tells this telling of the order from one with other lines."""
        lines = sorted((one.key, one.digest) for one in self.children_of(Kind.LINES, order))
        return (hashlib.sha256(repr(lines).encode()).hexdigest()[:16],) if lines else ()

    def known(self, number: str | None) -> int | None:
        """Whose the order is, where it has come in."""
        found = Order.objects.filter(namespace=self.taking.source.namespace_id, number=number)
        return found.values_list("origin_customer_id", flat=True).first() if number else None

    def tell_refunds(self, own: Sequence[Row]) -> None:
        """Refunds of this batch, and those that waited for the key of their order."""
        told = set()
        for row in (one for one in self.rows if one.kind.key == Kind.REFUNDS):
            captured = self.captured(row)
            told.add((captured.mapping_id, captured.key))
            if not row.is_deleted and not row.is_ignored and row.parent:
                self.tell_refund(row, captured, self.taking.ident(row))
        for row in own:
            for one in self.children_of(Kind.REFUNDS, self.captured(row)):
                if (one.mapping_id, one.key) not in told and is_told(one):
                    self.tell_refund(row, one, waited(one))

    def tell_refund(self, row: Row, refund: CapturedRow, ident: str) -> None:
        order = self.order_of(refund.parent)
        number = refund.parent[1:] if refund.parent.startswith("#") else None
        if order is not None:
            number = order.number
        if not number:
            return  # it waits
        said = refund.values
        item = {
            "number": said.get("number"),
            "order_number": number,
            "amount_fen": said.get("amount"),
            "occurred_at": said.get("occurred_at") or refund.at,
            "reason": said.get("reason"),
        }
        self.taking.add(
            row, [native("refunds", item, row, self.taking.source, self.taking.now, ident=ident)]
        )

    def tell(self, door: str, item: dict, row: Row, more: Sequence[str]) -> None:
        ident = self.taking.ident(row, *more)
        found = native(door, item, row, self.taking.source, self.taking.now, ident=ident)
        self.taking.add(row, [found])


def is_told(one: CapturedRow) -> bool:
    """A refund whose state says that money went back; one without a state did by being there."""
    return not one.is_deleted and one.values.get("status") != ""


def waited(one: CapturedRow) -> str:
    said = repr([one.mapping_id, one.key, one.digest]).encode()
    return f"row:refunds:{hashlib.sha256(said).hexdigest()[:40]}"
