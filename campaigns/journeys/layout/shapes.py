"""What a layout is made of."""

from collections.abc import Hashable
from dataclasses import dataclass

NODE, LABEL, LANE = "node", "label", "lane"
DOWN, UNDER, OVER = "down", "under", "over"

# In the unit of the layout, a CSS pixel at full size. All are even, so that halves are whole.
WIDTHS = {NODE: 240, LABEL: 136, LANE: 8}
SPACE = 24
MARGIN = 12


@dataclass(frozen=True, slots=True)
class Edge:
    source: Hashable
    target: Hashable
    is_labelled: bool = False

    @property
    def is_loop(self) -> bool:
        return self.source == self.target


@dataclass(frozen=True, slots=True)
class Box:
    """What stands in a row: a node, an edge's label, or a lane of edges on their way to a node."""

    kind: str
    node: Hashable  # the node; of a lane or label: the one that it leads to
    edge: int | None  # of a label: the edge's place in what was given
    left: int
    width: int
    is_left: bool  # a line leaves at its bottom
    goes_up: bool

    @property
    def middle(self) -> int:
        return self.left + self.width // 2


@dataclass(frozen=True, slots=True)
class Line:
    """A line in the gap between two rows, from one place across to another.

    DOWN: from the row above to the row below. UNDER: both ends are in the row above. OVER: both are
    in the row below.
    """

    shape: str
    start: int
    end: int
    is_arrow: bool  # it ends at a node
    goes_up: bool


@dataclass(frozen=True, slots=True)
class Layout:
    """`gaps[i]` is above `rows[i]`, the last gap is below the last row; a gap may hold no line."""

    width: int
    rows: tuple[tuple[Box, ...], ...]
    gaps: tuple[tuple[Line, ...], ...]
    back: frozenset[int]  # the edges that lead up
    loops: frozenset[int]  # the edges from a node to itself; they have no line and no label
