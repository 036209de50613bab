"""A rule while it is being written: what of it can be counted already, and what is wrong with the
rest."""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from customers.segments import rules
from customers.segments.builder import ROOT, Part, leaf


@dataclass(slots=True)
class Draft:
    """`trees` are what the finished parts ask, by their id, a group before what stands in it; a
    part that is not finished is left out of its group. `problems` are messages by part and field
    ("" is the part as a whole)."""

    trees: dict[str, object] = field(default_factory=dict)
    problems: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    definition: dict | None = None

    @property
    def is_finished(self) -> bool:
        return self.definition is not None and not self.problems


class Drafting:
    def __init__(self, inside: int | None, user):
        self.inside, self.user = frozenset({inside} if inside else ()), user
        self.draft = Draft()

    def part(self, part: Part, depth: int) -> dict | None:
        """The definition of what is finished of it; None when that is nothing."""
        if part.is_group:
            return self.group(part, depth)
        if part.form is None:
            return self.refused(
                part,
                _("It takes no part in the count, and the segment can only be saved without it."),
            )
        definition = leaf(part.form)
        if part.form.errors:
            self.draft.problems[part.id] = {
                "" if name == "__all__" else name: list(told)
                for name, told in part.form.errors.items()
            }
            return None
        return self.read(part, definition, depth)

    def group(self, part: Part, depth: int) -> dict | None:
        if depth > rules.DEEPEST:
            return self.refused(
                part,
                _("The rule is nested too deeply (more than %(n)d levels).") % {"n": rules.DEEPEST},
            )
        self.draft.trees[part.id] = None  # its place in the order
        finished = [(inner.id, one) for inner in part.of if (one := self.part(inner, depth + 1))]
        if not finished:
            del self.draft.trees[part.id]
            if part.id == ROOT:
                return None
            return self.refused(part, _("A group needs at least one condition."))
        self.draft.trees[part.id] = rules.Group(
            part.op, tuple(self.draft.trees[ident] for ident, _one in finished)
        )
        return {"op": part.op, "of": [one for _ident, one in finished]}

    def read(self, part: Part, definition: dict, depth: int) -> dict | None:
        try:
            self.draft.trees[part.id] = rules.parse(definition, depth=depth, inside=self.inside)
        except rules.InvalidRule as invalid:
            return self.refused(part, *invalid.messages)
        if self.user is not None and not self.user.has_perms(rules.needs(definition)):
            return self.refused(part, _("You may not use this condition."))
        return definition

    def refused(self, part: Part, *messages: str) -> dict | None:
        """Nothing is finished of this part, for these reasons."""
        self.draft.problems[part.id] = {"": list(messages)}
        return None


def drafted(root: Part, *, inside: int | None = None, user=None) -> Draft:
    """`inside` is the segment that the rule is for, `user` whoever writes it: what they may not ask
    is refused."""
    drafting = Drafting(inside, user)
    drafting.draft.definition = drafting.part(root, 0)
    return drafting.draft
