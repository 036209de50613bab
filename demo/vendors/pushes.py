"""What a vendor tells by itself: posted to configured addresses, tried again where that failed."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import aiohttp

from demo.vendors.clock import Agenda


@dataclass
class Manner:
    """How a vendor pushes.

    `request(kind, items)` gives the keyword arguments of the POST (`json`, or `data`, `headers`);
    `is_taken(status, body)` says whether the vendor is content with the answer. After a failure it
    tries again, once for each of `pauses` (seconds).
    """

    request: Callable[[str, list], dict]
    is_taken: Callable[[int, str], bool]
    pauses: tuple[float, ...]
    most: int = 100  # items in one request
    alone: tuple[str, ...] = ()  # kinds that are told one by one
    patience: float = 5.0  # seconds for an answer


class Pushes:
    def __init__(self, agenda: Agenda, manner: Manner):
        self.agenda, self.manner = agenda, manner
        self.addresses: dict[str, str] = {}
        self.tries: list[dict] = []
        self.session: aiohttp.ClientSession | None = None  # the stand-in's, while it serves
        self._ready: dict[str, list] = defaultdict(list)

    def add(self, kind: str, item: object, after: float = 0) -> None:
        """`item` will be told in `after` seconds, with others of its kind that are due then."""
        self.agenda.add(partial(self._gather, kind, item), after)

    async def _gather(self, kind: str, item: object) -> None:
        self._ready[kind].append(item)
        if len(self._ready[kind]) == 1:
            self.agenda.add(partial(self._tell, kind))

    async def _tell(self, kind: str) -> None:
        items = self._ready.pop(kind, [])
        if kind not in self.addresses:
            return
        most = 1 if kind in self.manner.alone else self.manner.most
        for start in range(0, len(items), most):
            self.agenda.add(partial(self._try, kind, items[start : start + most], 0))

    async def _try(self, kind: str, items: list, before: int) -> None:
        row = {"kind": kind, "at": self.agenda.clock.now(), "try": before + 1, "items": items}
        self.tries.append(row | await self._post(kind, items))
        if not self.tries[-1]["taken"] and before < len(self.manner.pauses):
            self.agenda.add(partial(self._try, kind, items, before + 1), self.manner.pauses[before])

    async def _post(self, kind: str, items: list) -> dict:
        wanted = self.manner.request(kind, items)
        wanted["timeout"] = aiohttp.ClientTimeout(total=self.manner.patience)
        try:
            async with self.session.post(self.addresses[kind], **wanted) as answer:
                body = (await answer.read()).decode("utf-8", "replace")
                return {"status": answer.status, "taken": self.manner.is_taken(answer.status, body)}
        except (aiohttp.ClientError, TimeoutError, OSError) as failure:
            return {"status": 0, "taken": False, "error": type(failure).__name__}
