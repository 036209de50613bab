"""What a text must be given: the fields that stand in it without a fallback, found in the parsed
template.

A fallback is `| default: …`, or a condition around it that asks for the field (or, of a coupon or a
product, for any of its fields). Where a field can never be had, the text is refused at launch;
where it is empty for one customer, that one's message is skipped.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from liquid.builtin.expressions import FilteredExpression, Path

from campaigns.delivery import content

Field = tuple[str, ...]

REASON = "no_field:"
EVERYWHERE = frozenset({"customer", "workspace"})
WHOLE = frozenset(
    {"coupon", "product", "recommended", "order"}
)  # who has one field of it has the others
# None: whatever it brings.
KNOWN: dict[str, frozenset[str] | None] = {
    "customer": frozenset({"name", "attributes"}),
    "coupon": frozenset({"code", "name", "value", "expires"}),
    "product": frozenset({"name", "page", "category", "price_yuan"}),
    "recommended": frozenset({"name", "page", "category", "price_yuan"}),
    "booking": frozenset(
        {
            *("number", "name", "place", "resource", "date", "time"),
            *("for_name", "status", "answer_page"),
        }
    ),
    "order": frozenset({"number", "total_yuan", "paid_yuan"}),
    "event": None,
    "answer": None,
    "workspace": frozenset({"name"}),
}


def cannot_have(texts: Iterable[str], given: frozenset[str]) -> list[str]:
    """The fields that the texts need and that a message which is given these roots can never have,
    as they are written."""
    wanted = {field for text in texts for field in needed(text)}
    return sorted(
        ".".join(field) for field in wanted if field[0] not in given or not is_known(field)
    )


def is_known(field: Field) -> bool:
    known = KNOWN.get(field[0])
    return known is None or len(field) == 1 or field[1] in known


def missing(texts: Mapping[str, str], context: dict, *, may_be_empty: Iterable[str] = ()) -> str:
    """The first field that is needed and empty; "" where there is none. A text that may be empty
    and is nothing but one field may stay so."""
    for name, text in texts.items():
        if name in may_be_empty and content.FIELD.fullmatch(text.strip()):
            continue
        for field in sorted(needed(text)):
            if is_empty(value(field, context)):
                return ".".join(field)
    return ""


def value(field: Field, context: object) -> object:
    for part in field:
        if not isinstance(context, dict):
            return context  # of a text only its size and the like can be asked
        context = context.get(part)
    return context


def is_empty(found: object) -> bool:
    return found is None or found == {} or (isinstance(found, str) and not found.strip())


@lru_cache(maxsize=2000)
def needed(source: str) -> frozenset[Field]:
    """Raises content.BrokenContent."""
    template = content.compiled(source, is_markup=False)
    if isinstance(template, str):
        return frozenset()
    reading = Reading()
    for node in template.nodes:
        reading.read(node, frozenset())
    return frozenset(field for field in reading.found if field[0] in content.ROOTS)


class Reading:
    """One way through a template; `named` are the fields behind the names that it assigns."""

    def __init__(self):
        self.found: set[Field] = set()
        self.named: dict[str, set[Field]] = {}

    def read(self, node, asked: frozenset[Field]) -> None:
        if hasattr(node, "expression") and isinstance(node.expression, FilteredExpression):
            wanted = {
                field for field in self.unguarded(node.expression) if not is_asked(field, asked)
            }
            if hasattr(node, "name"):
                self.named[str(node.name)] = wanted
            else:
                self.found |= wanted
            return
        inside = asked | {
            field for expression in node.expressions() for field in self.fields(expression)
        }
        for child in node.children(None):
            self.read(child, inside)

    def unguarded(self, expression: FilteredExpression) -> set[Field]:
        """What the printed expression needs: nothing of what a default follows; what a default says
        is a fallback already."""
        wanted = self.fields(expression.left)
        for one in expression.filters or ():
            if one.name == "default":
                wanted = set()
            else:
                wanted |= {field for argument in one.children() for field in self.fields(argument)}
        return wanted

    def fields(self, expression) -> set[Field]:
        found: set[Field] = set()
        if isinstance(expression, Path):
            parts = expression.path
            if str(parts[0]) in self.named:
                found |= self.named[str(parts[0])]
            elif len(names := tuple(part for part in parts if isinstance(part, str))) == len(parts):
                found.add(names)
        for child in expression.children():
            found |= self.fields(child)
        return found


def is_asked(field: Field, asked: frozenset[Field]) -> bool:
    return any(
        field[: len(one)] == one or (one[0] == field[0] and one[0] in WHOLE) for one in asked
    )
