"""What can be done to the blocks of a letter. Each operation takes the texts of a content and gives
others; the old ones stay as they were.

A place is "" (before all others), the id of the block behind which something is put, or `b2:0`, the
end of a column.
"""

import html
import json
from copy import deepcopy
from itertools import count

from django.utils.translation import gettext as _

from integrations.email.blocks import rendering, tree
from integrations.email.blocks.kinds import KINDS, Kind
from integrations.email.blocks.tree import COLUMNS, Block
from integrations.email.markup import BLANK_LINE, LINKED, is_mjml

TREE, BODY, BEFORE = "blocks", "body", "before"
Texts = dict[str, str]


class CannotDo(ValueError):
    """The operation does not fit the letter, in words for a marketer."""


def carried_out(texts: Texts, said: str) -> tuple[Texts, str]:
    """The texts after the operation, and the block to look at next. Raises CannotDo."""
    name, *values = said.split("|")
    if name == "undo":
        return undone(texts), ""
    if name not in OPERATIONS:
        raise CannotDo(_("This cannot be done."))
    try:
        found, focus = OPERATIONS[name](own(texts), *values)
        tree.read(found[TREE])
    except tree.BrokenTree as broken:
        raise CannotDo(str(broken)) from broken
    except TypeError as error:  # a button that says too much or too little
        raise CannotDo(_("This cannot be done.")) from error
    return found | {BEFORE: json.dumps(own(texts), ensure_ascii=False)}, focus


def own(texts: Texts) -> Texts:
    """The tree, the body that it stands for, and what its blocks say."""
    return {
        name: text
        for name, text in texts.items()
        if name in (TREE, BODY) or tree.FIELD.fullmatch(name)
    }


def undone(texts: Texts) -> Texts:
    """As it was before the last operation; what was written since is lost."""
    try:
        before = json.loads(texts.get(BEFORE) or "null")
    except (ValueError, RecursionError):
        before = None
    if not isinstance(before, dict) or not all(isinstance(one, str) for one in before.values()):
        raise CannotDo(_("There is nothing to undo."))
    return own(before) | {BEFORE: ""}


def begin(texts: Texts) -> tuple[Texts, str]:
    """What was written as paragraphs becomes blocks; a letter in MJML begins anew."""
    if texts.get(TREE):
        raise CannotDo(_("This letter is written as blocks already."))
    body = texts.get(BODY, "")
    found: Texts = {TREE: "", BODY: ""}
    blocks: list[Block] = []
    if not is_mjml(body):
        parts = BLANK_LINE.split(body.replace("\r\n", "\n"))
        for part in (one.strip() for one in parts):
            if alone := LINKED.fullmatch(part):
                add(blocks, found, "button", {"text": alone[1], "url": alone[2]})
            elif part and blocks and blocks[-1].kind == "text":
                found[f"{blocks[-1].id}_text"] += f"\n\n{part}"
            elif part:
                add(blocks, found, "text", {"text": part})
    if not blocks:
        add(blocks, found, "heading", {})
    return found | {TREE: tree.written(blocks)}, blocks[0].id


def add(blocks: list[Block], texts: Texts, kind: str, says: Texts) -> None:
    block = Block(f"b{len(blocks) + 1}", kind)
    blocks.append(block)
    texts |= beginnings(block) | {f"{block.id}_{name}": text for name, text in says.items()}


def end(texts: Texts) -> tuple[Texts, str]:
    """Paragraphs again: what the blocks say, without how they look."""
    return {TREE: "", BODY: html.unescape(rendering.plain(texts)).strip()}, ""


def insert(texts: Texts, kind: str, place: str, columns: str = "2") -> tuple[Texts, str]:
    """A new block of this kind stands at the place."""
    if kind not in KINDS:
        raise CannotDo(_("There is no such block."))
    blocks = tree.read(texts.get(TREE, ""))
    new = Block(mint(ids(texts)), kind)
    if kind == COLUMNS:
        new.columns = [[] for _n in range(3 if columns == "3" else 2)]
    put(blocks, new, place)
    return texts | beginnings(new) | {TREE: tree.written(blocks)}, new.id


def copy(texts: Texts, block: str) -> tuple[Texts, str]:
    """The same once more, right behind it."""
    blocks = tree.read(texts.get(TREE, ""))
    new, taken, says = deepcopy(found_in(blocks, block)), ids(texts), dict(texts)
    for one in tree.walk([new]):
        old, one.id = one.id, mint(taken)
        taken.add(one.id)
        says |= {f"{one.id}_{name}": text for name, text in said_by(texts, old).items()}
    put(blocks, new, block)
    return says | {TREE: tree.written(blocks)}, new.id


def move(texts: Texts, block: str, place: str) -> tuple[Texts, str]:
    blocks = tree.read(texts.get(TREE, ""))
    moved = found_in(blocks, block)
    if block in (place, place.partition(":")[0]):
        raise CannotDo(_("A block cannot be moved into itself."))
    siblings(blocks, block).remove(moved)
    put(blocks, moved, place)
    return texts | {TREE: tree.written(blocks)}, block


def up(texts: Texts, block: str) -> tuple[Texts, str]:
    return by_one(texts, block, -1)


def down(texts: Texts, block: str) -> tuple[Texts, str]:
    return by_one(texts, block, 1)


def by_one(texts: Texts, block: str, step: int) -> tuple[Texts, str]:
    blocks = tree.read(texts.get(TREE, ""))
    beside, moved = siblings(blocks, block), found_in(blocks, block)
    at = beside.index(moved)
    if 0 <= at + step < len(beside):
        beside.insert(at + step, beside.pop(at))
    return texts | {TREE: tree.written(blocks)}, block


def delete(texts: Texts, block: str) -> tuple[Texts, str]:
    """The block is gone, with what is in its columns."""
    blocks = tree.read(texts.get(TREE, ""))
    gone = found_in(blocks, block)
    if len(blocks) == 1 and blocks[0] is gone:
        raise CannotDo(_("The last block stays: write the letter as text, or change the block."))
    beside = siblings(blocks, block)
    at = beside.index(gone)
    beside.remove(gone)
    ids = {one.id for one in tree.walk([gone])}
    rest = {
        name: text
        for name, text in texts.items()
        if not ((found := tree.FIELD.fullmatch(name)) and found[1] in ids)
    }
    return rest | {TREE: tree.written(blocks)}, beside[max(at - 1, 0)].id if beside else ""


OPERATIONS = {
    "begin": begin,
    "end": end,
    "insert": insert,
    "copy": copy,
    "move": move,
    "up": up,
    "down": down,
    "delete": delete,
}


def ids(texts: Texts) -> set[str]:
    """Those that blocks have, or a text that was left behind."""
    found = {found[1] for name in texts if (found := tree.FIELD.fullmatch(name))}
    return found | {one.id for one in tree.walk(tree.read(texts.get(TREE, "")))}


def mint(taken: set[str]) -> str:
    return next(name for n in count(1) if (name := f"b{n}") not in taken)


def beginnings(block: Block) -> Texts:
    kind: type[Kind] = KINDS[block.kind]
    return {f"{block.id}_{name}": f.initial or "" for name, f in kind.base_fields.items()}


def said_by(texts: Texts, block: str) -> Texts:
    """What this block says, by field."""
    return {
        found[2]: text
        for name, text in texts.items()
        if (found := tree.FIELD.fullmatch(name)) and found[1] == block
    }


def lists(blocks: list[Block]) -> list[list[Block]]:
    return [blocks, *(column for one in blocks for column in one.columns)]


def siblings(blocks: list[Block], block: str) -> list[Block]:
    """The list in which the block stands. Raises CannotDo."""
    for beside in lists(blocks):
        if any(one.id == block for one in beside):
            return beside
    raise CannotDo(_("There is no such block any more."))


def found_in(blocks: list[Block], block: str) -> Block:
    return next(one for one in siblings(blocks, block) if one.id == block)


def put(blocks: list[Block], new: Block, place: str) -> None:
    """Raises CannotDo."""
    if not place:
        blocks.insert(0, new)
        return
    name, colon, column = place.partition(":")
    behind = found_in(blocks, name)
    if not colon:
        target = siblings(blocks, name)
        at = target.index(behind) + 1
    elif column.isascii() and column.isdigit() and int(column) < len(behind.columns):
        target = behind.columns[int(column)]
        at = len(target)
    else:
        raise CannotDo(_("There is no such place any more."))
    if new.columns and target is not blocks:
        raise CannotDo(_("Columns do not stand in columns."))
    target.insert(at, new)
