"""Points at which a test may kill the process (tests/faults): one boundary each between what is
done and what is known.

HUTONG_FAIL_POINT is `name:n:file`: the process that passes the point for the n-th time makes the
file and kills itself; while the file exists nobody else does. Several are separated by commas.
Unset, a point costs one look into an empty dict. `manage.py check --deploy` warns when it is set.
"""

import os
import signal
from dataclasses import dataclass

VARIABLE = "HUTONG_FAIL_POINT"
POINTS = frozenset(
    {
        "ingest.stored",  # every row is written, nothing is committed
        "ingest.committed",  # the sender does not know yet
        "due.leased",  # rows carry the token of somebody who is dead
        "react.worked",  # reactions are done with, nothing is committed
        "step.acted",  # a step has done its work for its runs, nothing is committed
        "advance.walked",  # runs have moved and left their effects, nothing is committed
        "claim.fenced",  # messages are judged and marked, nothing is committed
        "send.fenced",  # messages are `sending`, the provider has not heard of them
        "send.answered",  # the provider has taken them, we have not recorded it
        "segments.evaluated",  # memberships have changed, nothing is committed
        "queue.stored",  # a batch of messages is written, nothing is committed
        "queue.committed",  # the broker does not know yet
        "job.worked",  # a batch of a job and its place are written, nothing is committed
        # Before each step of `make upgrade`.
        *(
            f"upgrade.{step}"
            for step in ("backup", "fetch", "install", "prepare", "try", "switch", "settle")
        ),
        "schedule.fired",  # a slot's row is committed, nobody was told
    }
)


@dataclass
class Charge:
    """What kills us, once."""

    passes_left: int
    file: str

    def pass_by(self) -> None:
        self.passes_left -= 1
        if self.passes_left <= 0 and self._is_first():
            os.kill(os.getpid(), signal.SIGKILL)

    def _is_first(self) -> bool:
        try:
            os.close(os.open(self.file, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return False
        return True


def charges(text: str) -> dict[str, Charge]:
    return dict(charge(part) for part in text.split(",") if part)


def charge(text: str) -> tuple[str, Charge]:
    name, _colon, rest = text.partition(":")
    passes, _colon, file = rest.partition(":")
    if name not in POINTS or not passes.isdigit() or not file:
        raise ValueError(
            f"{VARIABLE}: {text!r} is not `name:n:file` with one of {', '.join(sorted(POINTS))}"
        )
    return name, Charge(int(passes), file)


armed = charges(os.environ.get(VARIABLE, ""))


def reached(name: str) -> None:
    """Returns, except where a test wants to see what happens when it does not."""
    if armed and (charge := armed.get(name)):
        charge.pass_by()
