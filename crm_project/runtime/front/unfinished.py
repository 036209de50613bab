"""Whose requests are unfinished, oldest first, and who gives way: never one whose request is whole,
or who waits between two."""

from collections import OrderedDict, defaultdict
from collections.abc import Hashable, Iterator

from crm_project.runtime.front.limits import MOST_UNFINISHED, MOST_UNFINISHED_PER_ADDRESS


class Unfinished:
    """The connections by address (of IPv6 by /64: every customer has one to himself), in the order
    in which they began to be unfinished."""

    def __init__(
        self, most: int = MOST_UNFINISHED, most_per_address: int = MOST_UNFINISHED_PER_ADDRESS
    ):
        self.most, self.most_per_address = most, most_per_address
        self.all: OrderedDict[Hashable, str] = OrderedDict()
        self.of: defaultdict[str, OrderedDict[Hashable, None]] = defaultdict(OrderedDict)

    def __iter__(self) -> Iterator:
        return iter(self.all)

    def __len__(self) -> int:
        return len(self.all)

    def add(self, one: Hashable, address: str):
        """`one` is among them; who gives way for it, if anybody. It keeps its place if it has
        one."""
        if one in self.all:
            return None
        same = self.of[address]
        gives_way = next(iter(same)) if len(same) >= self.most_per_address else None
        if gives_way is None and len(self.all) >= self.most:
            gives_way = next(iter(self.all))
        if gives_way is not None:
            self.remove(gives_way)
        self.all[one] = address
        self.of[address][one] = None
        return gives_way

    def remove(self, one: Hashable) -> None:
        address = self.all.pop(one, None)
        if address is None:
            return
        same = self.of[address]
        del same[one]
        if not same:
            del self.of[address]
