"""Places across: vertices of one long way form a straight block, and blocks stand near each other.

Blocks are found greedily, as Brandes and Köpf do, but with a preference: lanes first, then the
longest way through the graph, so that a journey's main way runs straight down and short ways out
hang beside it.
"""

from graphlib import TopologicalSorter
from itertools import pairwise

from campaigns.journeys.layout.graph import Vertex
from campaigns.journeys.layout.shapes import LANE, SPACE

SWEEPS = 8


class Block:
    """Vertices of consecutive rows that stand exactly above each other."""

    def __init__(self):
        self.middle = 0
        self.near: list[Block] = []
        # Who stands beside it, and how far apart their middles are at least.
        self.left: dict[Block, int] = {}
        self.right: dict[Block, int] = {}

    def settle(self) -> None:
        """As near to the mean of its neighbours as those to its left and right let it."""
        least = max((block.middle + apart for block, apart in self.left.items()), default=None)
        most = min((block.middle - apart for block, apart in self.right.items()), default=None)
        if self.near:
            self.middle = sum(block.middle for block in self.near) // len(self.near)
        if most is not None:
            self.middle = min(self.middle, most)
        if least is not None:
            self.middle = max(self.middle, least)


def spread_out(rows: list[list[Vertex]]) -> None:
    """Gives each vertex its middle. In each row their order is kept and no two overlap."""
    block_of = blocks(rows)
    join(rows, block_of)
    ordered = from_left_to_right(block_of)
    for block in ordered:
        block.middle = max((left.middle + apart for left, apart in block.left.items()), default=0)
    for _ in range(SWEEPS):
        for block in reversed(ordered):
            block.settle()
        for block in ordered:
            block.settle()
    for vertex, block in block_of.items():
        vertex.middle = block.middle


def join(rows: list[list[Vertex]], block_of: dict[Vertex, Block]) -> None:
    """Each block knows who stands beside it and to whom its lines lead."""
    for row in rows:
        for one, other in pairwise(row):
            left, right = block_of[one], block_of[other]
            apart = max(left.right.get(right, 0), (one.width + other.width) // 2 + SPACE)
            left.right[right] = right.left[left] = apart
        for upper in row:
            for lower in upper.below:
                if block_of[upper] is not block_of[lower]:
                    block_of[upper].near.append(block_of[lower])
                    block_of[lower].near.append(block_of[upper])


def from_left_to_right(block_of: dict[Vertex, Block]) -> list[Block]:
    """All blocks, each after those to its left; as blocks do not cross, there are no circles."""
    sorter: TopologicalSorter[Block] = TopologicalSorter()
    for block in dict.fromkeys(block_of.values()):
        sorter.add(block, *block.left)
    return list(sorter.static_order())


def blocks(rows: list[list[Vertex]]) -> dict[Vertex, Block]:
    """The block of each vertex."""
    block_of = {vertex: Block() for row in rows for vertex in row}
    for row in rows:
        chosen: list[tuple[int, int]] = []
        for upper, lower in straight(row):
            ends = (upper.position, lower.position)
            if any((ends[0] - a) * (ends[1] - b) <= 0 for a, b in chosen):
                continue
            chosen.append(ends)
            block_of[lower] = block_of[upper]
    return block_of


def straight(row: list[Vertex]) -> list[tuple[Vertex, Vertex]]:
    """Pairs of a vertex and one below it that should stand above each other, the most wanted first.

    Two lanes should, and two vertices of which each is on the longest way of the other.
    """
    lanes, ways = [], []
    for upper in row:
        for lower in upper.below:
            if upper.kind == lower.kind == LANE:
                lanes.append((upper, lower))
            elif lower is longest(upper.below, "height") and upper is longest(lower.above, "depth"):
                ways.append((upper, lower))
    return lanes + ways


def longest(vertices: list[Vertex], by: str) -> Vertex | None:
    """The one with the longest way, steps before lanes; None for two equal ones.

    Between those the middle is the better place.
    """
    keys = [(getattr(vertex, by), vertex.kind != LANE) for vertex in vertices]
    greatest = max(keys)
    return vertices[keys.index(greatest)] if keys.count(greatest) == 1 else None
