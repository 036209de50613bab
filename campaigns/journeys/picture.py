"""A journey's picture: its graph laid out, ready for a template, and the same as a list of steps.

Nothing is stored: the picture follows from the definition whenever a page shows it.
"""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from campaigns.journeys import layout

# Heights of gaps, in the layout's unit: an arrow needs more of it than a line to its label.
ARROW_GAP, LABEL_GAP = 40, 20


@dataclass(frozen=True, slots=True)
class Box:
    """What stands at one place of a row; `style` says where, as custom properties of CSS."""

    kind: str  # node, label, lane
    style: str
    card: dict | None  # of a node: what was given, and `loops`: labels of the ways back to itself
    text: str  # of a label
    is_left: bool
    goes_up: bool


@dataclass(frozen=True, slots=True)
class Path:
    d: str
    is_arrow: bool
    goes_up: bool


@dataclass(frozen=True, slots=True)
class Gap:
    height: int
    paths: list[Path]


@dataclass(frozen=True, slots=True)
class Picture:
    """Rows and gaps from top to bottom; the cards with their ways, in the order of reading."""

    width: int
    bands: list[tuple[Gap, list[Box]]]  # each row of boxes with the gap above it
    last_gap: Gap
    steps: list[dict]


def picture(nodes: list[dict]) -> Picture:
    """The picture of nodes as `telling.graph` gives them; what else they carry, cards show."""
    nodes = [*nodes, *missing(nodes)]
    ways = [(node, way) for node in nodes for way in node["next"]]
    edges = [layout.Edge(node["id"], way["to"], bool(way["label"])) for node, way in ways]
    placed = layout.place([node["id"] for node in nodes], edges)
    loops: dict[Hashable, list[str]] = {}
    for index in sorted(placed.loops):
        loops.setdefault(edges[index].source, []).append(ways[index][1]["label"])
    cards = {node["id"]: {**node, "loops": loops.get(node["id"], [])} for node in nodes}
    rows = [[drawn(box, cards, ways) for box in row] for row in placed.rows]
    gaps = [gap(lines) for lines in placed.gaps]
    order = [box.node for row in placed.rows for box in row if box.kind == layout.NODE]
    bands = list(zip(gaps[:-1], rows, strict=True))
    return Picture(placed.width, bands, gaps[-1], list(told(order, cards)))


def missing(nodes: list[dict]) -> list[dict]:
    """Cards for steps that ways of a draft lead to and that do not exist."""
    known = {node["id"] for node in nodes}
    targets = dict.fromkeys(way["to"] for node in nodes for way in node["next"])
    lost = [target for target in targets if target not in known]
    card = {"kind": "missing", "icon": "error", "count": ""}
    return [
        {**card, "id": key, "label": _("This step does not exist."), "next": []} for key in lost
    ]


def drawn(box: layout.Box, cards: dict, ways: list) -> Box:
    return Box(
        kind=box.kind,
        style=f"--x:{box.left};--w:{box.width}",
        card=cards[box.node] if box.kind == layout.NODE else None,
        text=said(ways[box.edge][1]) if box.edge is not None else "",
        is_left=box.is_left,
        goes_up=box.goes_up,
    )


def said(way: dict) -> str:
    """A way's label, with how many went it where somebody counts."""
    return f"{way['label']} · {way['count']}" if way.get("count") else way["label"]


def gap(lines: tuple[layout.Line, ...]) -> Gap:
    has_arrows = any(line.is_arrow or line.shape != layout.DOWN for line in lines)
    height = (ARROW_GAP if has_arrows else LABEL_GAP) if lines else 0
    return Gap(height, [Path(curve(line, height), line.is_arrow, line.goes_up) for line in lines])


def curve(line: layout.Line, height: int) -> str:
    """The line as SVG's path: upright at both ends, so that it goes on smoothly in the rows."""
    if line.shape == layout.DOWN:
        top, bend, back, bottom = 0, height / 2, height / 2, height
    elif line.shape == layout.UNDER:
        top, bend, back, bottom = 0, height, height, 0
    else:
        top, bend, back, bottom = height, 0, 0, height
    return f"M{line.start},{top} C{line.start},{bend:g} {line.end},{back:g} {line.end},{bottom}"


def told(order: list, cards: dict) -> Iterator[dict]:
    """The cards as a list would tell them: each way with the number of the card it leads to."""
    numbers = {key: number for number, key in enumerate(order, 1)}
    for key in order:
        ways = []
        for way in cards[key]["next"]:
            target = way["to"]
            ways.append({**way, "number": numbers[target], "to": cards[target]["label"]})
        yield {**cards[key], "ways": ways}
