"""A layered layout (Sugiyama's method) of a directed graph: rows of boxes, and lines between them.

Pure: nodes and edges come in, places go out; it knows neither journeys nor Django. The graph may
have cycles, edges from a node to itself, nodes that nothing leads to.

Edges lead down, from one row to a later one, except those that close a cycle: they leave at the
bottom like all others, go up in a lane of their own and come in from above.

Only what is across is computed. Rows have no heights: whoever draws lets each row be as high as its
tallest text, so that nobody has to guess how a browser breaks lines. Lanes are vertical within a
row, and lines change their place only in the gaps between rows, so no line ever runs through a box.

The same graph has the same layout, always: nothing is random, what is equal keeps the order in
which it was given, and places are whole numbers.
"""

from collections.abc import Hashable, Sequence

from campaigns.journeys.layout.graph import Drawing, depth_first, layers
from campaigns.journeys.layout.ordering import fewest_crossings
from campaigns.journeys.layout.placing import spread_out
from campaigns.journeys.layout.shapes import (
    DOWN,
    LABEL,
    LANE,
    NODE,
    OVER,
    UNDER,
    Box,
    Edge,
    Layout,
    Line,
)

__all__ = [
    "DOWN",
    "LABEL",
    "LANE",
    "NODE",
    "OVER",
    "UNDER",
    "Box",
    "Edge",
    "Layout",
    "Line",
    "place",
]


def place(nodes: Sequence[Hashable], edges: Sequence[Edge]) -> Layout:
    """Where everything stands; the first node is the beginning.

    Raises ValueError for a node that is given twice and for an edge to one that is not given.
    """
    known = set(nodes)
    if len(known) != len(nodes):
        raise ValueError("a node is given twice")
    if any(end not in known for edge in edges for end in (edge.source, edge.target)):
        raise ValueError("an edge leads from or to a node that is not given")
    found, finished, back = depth_first(nodes, edges)
    forward = [edge for i, edge in enumerate(edges) if i not in back and not edge.is_loop]
    drawing = Drawing(found, edges, back, layers(finished, forward))
    rows = fewest_crossings(drawing.rows)
    spread_out(rows)
    return drawing.laid_out(rows)
