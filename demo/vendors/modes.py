"""How a stand-in is told to misbehave."""

from dataclasses import asdict, dataclass
from random import Random

KINDS = {
    "slow": "does it only after `seconds`, even for whoever has hung up by then",
    "fail": "answers `status` and takes nothing",
    "drop": "closes the connection and takes nothing",
    "cut": "takes everything and closes the connection instead of answering",
    "garbage": "takes everything and answers something that is not the vendor's",
    "busy": "says that the vendor is busy, and takes nothing",
    "lost": "takes what then does not arrive, and says so later",
    "throttle": "refuses the call as too frequent, in the vendor's words",
    "half": "refuses every other one of a batch, with `code` where it is given",
    "early": "has told the receipts to the configured address before it answers",
    "twice": "tells each receipt twice",
    "refuse": "refuses it with `code`, whatever it is",
}


@dataclass
class Mode:
    """For the next `times` calls (None: until modes are set again), for a `share` of them."""

    kind: str
    times: int | None = None
    share: float = 1.0
    only: str = ""  # the name of a call; empty: every call
    seconds: float = 0.0
    status: int = 503
    code: str = ""

    def __post_init__(self):
        if self.kind not in KINDS:
            raise ValueError(f"a mode is one of {', '.join(KINDS)}")


class Modes:
    def __init__(self):
        self.active: list[Mode] = []
        self._dice = Random(20)  # the same in every run

    def set(self, rows: list[dict]) -> None:
        self.active = [Mode(**row) for row in rows]

    def rows(self) -> list[dict]:
        return [asdict(mode) for mode in self.active]

    def take(self, kind: str, name: str) -> Mode | None:
        """The mode of this kind that the call `name` meets; one of its times is then used up."""
        for mode in self.active:
            is_met = mode.kind == kind and mode.only in {"", name} and mode.times != 0
            if is_met and (mode.share >= 1 or self._dice.random() < mode.share):
                if mode.times is not None:
                    mode.times -= 1
                return mode
        return None
