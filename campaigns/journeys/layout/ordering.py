"""The order within rows, for few crossings: by barycentres, in a fixed number of sweeps."""

from bisect import bisect_right, insort

from campaigns.journeys.layout.graph import Vertex

SWEEPS = 8
IN_VAIN = 3  # sweeps without a better order, after which there is hardly one


def number(row: list[Vertex]) -> None:
    for position, vertex in enumerate(row):
        vertex.position = position


def fewest_crossings(rows: list[list[Vertex]]) -> list[list[Vertex]]:
    """The rows in the best order found; the first order stays where none has fewer crossings."""
    for row in rows:
        number(row)
    best, fewest, in_vain = rows, crossings(rows), 0
    for sweep in range(SWEEPS):
        if not fewest or in_vain == IN_VAIN:
            break
        rows = reordered(rows, downward=sweep % 2 == 0)
        count = crossings(rows)
        in_vain += 1
        if count < fewest:
            best, fewest, in_vain = rows, count, 0
    for row in best:
        number(row)
    return best


def reordered(rows: list[list[Vertex]], *, downward: bool) -> list[list[Vertex]]:
    """Each row by the barycentres of the neighbours in the row that was ordered before it."""
    result = []
    for row in rows if downward else reversed(rows):
        barycentres = {}
        for vertex in row:
            near = vertex.above if downward else vertex.below
            middle = sum(other.position for other in near) / len(near) if near else vertex.position
            barycentres[vertex] = middle
        result.append(sorted(row, key=barycentres.__getitem__))
        number(result[-1])
    return result if downward else result[::-1]


def crossings(rows: list[list[Vertex]]) -> int:
    """How many pairs of lines cross, over all gaps."""
    count = 0
    for row in rows:
        ends: list[int] = []
        for vertex in row:
            mine = sorted(lower.position for lower in vertex.below)
            count += sum(len(ends) - bisect_right(ends, end) for end in mine)
            for end in mine:
                insort(ends, end)
    return count
