"""Who carries the messages of all channels in one process: each channel has a line, and a slow
provider holds up only his own.

On a line two batches are under way at most: the next is claimed while the last is being sent. Their
size follows the provider's speed, so that a pause, which is asked about before each batch, takes
effect within a second.
"""

import contextlib
import select
import socket
import time
from collections import deque
from contextlib import ExitStack

from campaigns.delivery import dispatch
from campaigns.delivery.channels import channels
from crm_project.queue.due import database_now
from customers.models import Workspace

UNDER_WAY = 2
FIRST, FEWEST = 100, 5  # messages in a batch
QUICK, SLOW = 0.2, 0.4  # seconds in which a batch is sent
RECOVER_EVERY = 1.0


def send_due(channel_key: str, *, rounds: int = 100) -> int:
    """Batch after batch until nothing is due, at most so many steps. The number of messages looked
    at."""
    line = Lane(channel_key)
    try:
        for _round in range(rounds):
            if not line.step(Workspace.get()):
                if not line.under_way:
                    break
                line.record_next()
    finally:
        line.finish()
    return line.looked_at


class Lane:
    """The batches of one channel, from the claim to the record."""

    def __init__(self, channel_key: str):
        self.channel = channels[channel_key]()
        self.size = (
            self.channel.batch_size if self.channel.is_pull else min(FIRST, self.channel.batch_size)
        )
        self.under_way: deque[dispatch.Batch] = deque()
        self.looked_at = 0

    def step(self, workspace: Workspace, wake=lambda _answer: None) -> bool:
        """What was answered is recorded and the next batch is claimed. False when there is nothing
        to do but wait."""
        recorded = self.record_answered()
        if len(self.under_way) == UNDER_WAY:
            return recorded
        taken, batch = dispatch.claim(self.channel, workspace, limit=self.size)
        self.looked_at += taken
        if batch:
            self.under_way.append(batch)
            self.fit_to(batch)
            batch.answer.add_done_callback(wake)
        return recorded or taken > 0

    def record_answered(self) -> bool:
        recorded = False
        while self.under_way and self.under_way[0].answer.done():
            self.record_next()
            recorded = True
        return recorded

    def record_next(self) -> None:
        """The oldest batch is recorded, once its answer is there."""
        dispatch.record(self.channel, self.under_way.popleft())

    def fit_to(self, batch: dispatch.Batch) -> None:
        """The next batches are smaller when this one was sent slowly, larger when it was quick."""
        began = time.monotonic()

        def answered(_answer):
            took = time.monotonic() - began
            if took > SLOW:
                self.size = max(self.size // 2, min(FEWEST, self.channel.batch_size))
            elif took < QUICK:
                self.size = min(self.size * 2, self.channel.batch_size)

        batch.answer.add_done_callback(answered)

    def finish(self) -> None:
        """Every batch is recorded, the oldest first, also when one before it could not be: until
        then its lease is renewed."""
        with ExitStack() as records:
            while self.under_way:
                records.callback(dispatch.record, self.channel, self.under_way.pop())


class Sender:
    """All lines; `wake` has something to read when a provider has answered."""

    def __init__(self):
        self.lines = [Lane(channel.key) for channel in channels]
        self.wake, self.bell = socket.socketpair()
        self.wake.setblocking(False)
        self.bell.setblocking(False)
        self.recovers_at = 0.0

    def work(self) -> bool:
        """One step on each line. False when there is nothing to do but wait."""
        with contextlib.suppress(BlockingIOError):
            self.wake.recv(4096)
        if time.monotonic() >= self.recovers_at:
            self.recovers_at = time.monotonic() + RECOVER_EVERY
            dispatch.recover(database_now())
        workspace = Workspace.get()
        return sum(line.step(workspace, self.answered) for line in self.lines) > 0

    def work_or_wait(self) -> bool:
        """The same for who does not listen for the wake-up. False when there is nothing left, also
        with a provider."""
        if self.work():
            return True
        is_waiting = any(line.under_way for line in self.lines)
        if is_waiting:
            select.select([self.wake], [], [], RECOVER_EVERY)
        return is_waiting

    def answered(self, _answer) -> None:
        with contextlib.suppress(OSError):  # rung often enough, or nobody listens any more
            self.bell.send(b"!")

    def finish(self) -> None:
        """What is with a provider is recorded."""
        with ExitStack() as ends:
            for end in [self.bell.close, self.wake.close, *(line.finish for line in self.lines)]:
                ends.callback(end)
