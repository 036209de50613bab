"""A letter's blocks as people read them line by line, where two contents are compared or one is
approved."""

from django import forms
from django.utils.translation import gettext as _

from integrations.email.blocks import tree
from integrations.email.blocks.kinds import KINDS


def words(name: str, text, content: dict) -> tuple[str, str] | None:
    """The label and the words of one text of the content; None: it is of no block."""
    try:
        blocks = {one.id: one for one in tree.walk(tree.read(str(content.get("blocks") or "")))}
    except tree.BrokenTree:
        return None
    if name == "blocks":
        return _("blocks"), ", ".join(title(one) for one in blocks.values())
    found = tree.FIELD.fullmatch(name)
    block = blocks.get(found[1]) if found else None
    if found is None or block is None:
        return None
    kind = KINDS.get(block.kind)
    field = kind.base_fields.get(found[2]) if kind else None
    if field is None:
        return f"{title(block)}: {found[2]}", str(text or "")
    said = dict(field.choices).get(text, text) if isinstance(field, forms.ChoiceField) else text
    return f"{title(block)}: {field.label or found[2]}", str(said or "")


def title(block: tree.Block) -> str:
    """Its kind, with the number that stays its own wherever it is moved."""
    kind = KINDS.get(block.kind)
    return f"{kind.label if kind else block.kind} {block.id.removeprefix('b')}"
