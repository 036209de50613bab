"""The graph with a vertex in every row that an edge passes."""

from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass, field

from campaigns.journeys.layout.shapes import (
    DOWN,
    LABEL,
    LANE,
    MARGIN,
    NODE,
    OVER,
    UNDER,
    WIDTHS,
    Box,
    Layout,
    Line,
)


@dataclass(slots=True, eq=False)
class Vertex:
    """A box whose place is still looked for."""

    kind: str
    node: Hashable
    row: int
    edge: int | None = None
    goes_up: bool = False
    depth: int = 0  # how many nodes come before it, and after it, on the longest way
    height: int = 0
    position: int = 0  # in its row, from the left
    middle: int = 0
    above: list["Vertex"] = field(default_factory=list)
    below: list["Vertex"] = field(default_factory=list)

    @property
    def width(self) -> int:
        return WIDTHS[self.kind]

    def box(self, moved: int, *, is_left: bool) -> Box:
        left = self.middle - self.width // 2 + moved
        return Box(self.kind, self.node, self.edge, left, self.width, is_left, self.goes_up)


def depth_first(nodes, edges) -> tuple[list, list, frozenset[int]]:
    """The nodes as a walk finds them, and as it leaves them; the edges that close a cycle."""
    leaving: dict[Hashable, list] = {node: [] for node in nodes}
    for index, edge in enumerate(edges):
        if not edge.is_loop:
            leaving[edge.source].append((index, edge.target))
    found: dict[Hashable, None] = {}
    finished: dict[Hashable, None] = {}
    back: set[int] = set()
    for root in nodes:
        if root in found:
            continue
        found[root] = None
        stack = [(root, iter(leaving[root]))]
        while stack:
            node, rest = stack[-1]
            for index, target in rest:
                if target not in found:
                    found[target] = None
                    stack.append((target, iter(leaving[target])))
                    break
                if target not in finished:
                    back.add(index)
            else:
                finished[node] = None
                stack.pop()
    return list(found), list(finished), frozenset(back)


def layers(finished, forward) -> dict[Hashable, int]:
    """The row of each node: the edges of the longest path to it, times two for the labels."""
    leaving = defaultdict(list)
    for edge in forward:
        leaving[edge.source].append(edge.target)
    rows = dict.fromkeys(finished, 0)
    for node in reversed(finished):
        for target in leaving[node]:
            rows[target] = max(rows[target], rows[node] + 2)
    return rows


class Drawing:
    """The graph with a vertex in every row that an edge passes, and the lines between vertices.

    Edges that lead to the same node share a lane as soon as they meet: fifty ways to the end are
    one line beside the steps, and not fifty.
    """

    def __init__(self, found, edges, back, row_of):
        self.edges, self.back = edges, back
        self.loops = frozenset(i for i, edge in enumerate(edges) if edge.is_loop)
        drawn = [i for i in range(len(edges)) if i not in self.loops]
        labels = {row_of[edges[i].source] + 1 for i in drawn if edges[i].is_labelled}
        used = {row: number for number, row in enumerate(sorted(labels.union(row_of.values())))}
        self.rows: list[list[Vertex]] = [[] for _ in used]
        self.lines: dict[tuple, None] = {}  # (shape, from, to), in the order in which they came up
        self.lanes: dict[tuple, Vertex] = {}
        self.nodes = {node: self.vertex(NODE, node, used[row_of[node]]) for node in found}
        ranks = {node: rank for rank, node in enumerate(found)}
        for index in sorted(drawn, key=lambda i: ranks[edges[i].source]):
            self.draw(index)
        self.join()

    def vertex(self, kind: str, node, row: int, **more) -> Vertex:
        vertex = Vertex(kind, node, row, **more)
        self.rows[row].append(vertex)
        return vertex

    def lane(self, target: Vertex, row: int, goes_up: bool) -> tuple[Vertex, bool]:
        """The target's lane in this row, and whether it is new: where it is not, it leads on."""
        key = (target, row)  # those that go up pass other rows than those that go down
        is_new = key not in self.lanes
        if is_new:
            self.lanes[key] = self.vertex(LANE, target.node, row, goes_up=goes_up)
        return self.lanes[key], is_new

    def draw(self, index: int) -> None:
        edge, goes_up = self.edges[index], index in self.back
        last, target = self.nodes[edge.source], self.nodes[edge.target]
        if edge.is_labelled:
            label = self.vertex(LABEL, edge.target, last.row + 1, edge=index, goes_up=goes_up)
            self.lines[DOWN, last, label] = None
            last = label
        if goes_up:
            self.go_up(last, target)
        else:
            self.go_down(last, target)

    def go_down(self, last: Vertex, target: Vertex) -> None:
        for row in range(last.row + 1, target.row):
            lane, is_new = self.lane(target, row, goes_up=False)
            self.lines[DOWN, last, lane] = None
            if not is_new:
                return
            last = lane
        self.lines[DOWN, last, target] = None

    def go_up(self, last: Vertex, target: Vertex) -> None:
        """From the bottom of `last` into a lane beside it, up, and from above into the target."""
        lane, is_new = self.lane(target, last.row, goes_up=True)
        self.lines[UNDER, last, lane] = None
        while is_new and lane.row > target.row:
            upper, is_new = self.lane(target, lane.row - 1, goes_up=True)
            self.lines[DOWN, upper, lane] = None
            lane = upper
        if is_new:
            self.lines[OVER, lane, target] = None

    def join(self) -> None:
        """Each vertex knows its neighbours above and below, and how long its ways are."""
        for shape, upper, lower in self.lines:
            if shape == DOWN:
                lower.above.append(upper)
                upper.below.append(lower)
        for row in self.rows:
            for vertex in row:
                vertex.depth = longest_way(vertex, vertex.above, "depth")
        for row in reversed(self.rows):
            for vertex in row:
                vertex.height = longest_way(vertex, vertex.below, "height")
        self.keep_near()

    def keep_near(self) -> None:
        """The ends of a lane that goes up come to stand beside its target and its beginning.

        They are made neighbours of what is above the one and below the other.
        """
        pairs = []
        for shape, first, second in self.lines:
            if shape == UNDER:
                pairs += [(second, lower) for lower in first.below]
            elif shape == OVER:
                pairs += [(upper, first) for upper in second.above]
        for upper, lower in pairs:
            lower.above.append(upper)
            upper.below.append(lower)

    def laid_out(self, rows: list[list[Vertex]]) -> Layout:
        """What the outside sees, moved so that the leftmost box stands at the margin."""
        moved = MARGIN - min((v.middle - v.width // 2 for row in rows for v in row), default=0)
        right = max((v.middle + v.width // 2 for row in rows for v in row), default=0)
        leaving = {first for shape, first, _ in self.lines if shape != OVER}
        gaps: list[list[Line]] = [[] for _ in range(len(rows) + 1)]
        for shape, first, second in self.lines:
            gap = first.row if shape == OVER else first.row + 1
            ends = (first.middle + moved, second.middle + moved)
            is_up = shape != DOWN or (first.goes_up and second.goes_up)
            gaps[gap].append(Line(shape, *ends, second.kind == NODE, is_up))
        return Layout(
            width=right + moved + MARGIN,
            rows=tuple(tuple(v.box(moved, is_left=v in leaving) for v in row) for row in rows),
            gaps=tuple(map(tuple, gaps)),
            back=self.back,
            loops=self.loops,
        )


def longest_way(vertex: Vertex, neighbours: list[Vertex], by: str) -> int:
    return max((getattr(near, by) + (near.kind == NODE) for near in neighbours), default=0)
