"""Who carries the messages of all channels in one process: each account at a provider (channel and
connection) has a lane, and a slow one holds up only its own.

On a lane two batches are under way at most: the next is claimed while the last is being sent. Their
size follows the provider's speed, so that a pause, which is asked about before each batch, takes
effect within a second.
"""

import contextlib
import select
import socket
import time
from collections import deque
from contextlib import ExitStack

from campaigns.delivery import dispatch, recording, recovering, sending
from campaigns.delivery.channels import channels
from crm_project.queue.due import database_now
from customers.models import Workspace

UNDER_WAY = 2
FIRST, FEWEST = 100, 5  # messages in a batch
QUICK, SLOW = 0.2, 0.4  # seconds in which a batch is sent
RECOVER_EVERY = 1.0


def send_due(channel_key: str, *, connection_id: int | None = None, rounds: int = 100) -> int:
    """Batch after batch until nothing is due, at most so many steps. The number of messages looked
    at."""
    lane = Lane(channel_key, connection_id)
    try:
        for _round in range(rounds):
            if not lane.step(Workspace.get()):
                if not lane.under_way:
                    break
                lane.record_next()
    finally:
        lane.finish()
    return lane.looked_at


class Lane:
    """The batches of one channel through one connection, from the claim to the record."""

    def __init__(self, channel_key: str, connection_id: int | None = None):
        self.channel, self.connection_id = channels[channel_key](), connection_id
        self.size = (
            self.channel.batch_size if self.channel.is_pull else min(FIRST, self.channel.batch_size)
        )
        self.under_way: deque[sending.Batch] = deque()
        self.looked_at = 0

    def step(self, workspace: Workspace, wake=lambda _answer: None) -> bool:
        """What was answered is recorded and the next batch is claimed. False when there is nothing
        to do but wait."""
        recorded = self.record_answered()
        if len(self.under_way) == UNDER_WAY:
            return recorded
        taken, batch = dispatch.claim(
            self.channel, workspace, connection_id=self.connection_id, limit=self.size
        )
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
        recording.record(self.channel, self.under_way.popleft())

    def fit_to(self, batch: sending.Batch) -> None:
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
                records.callback(recording.record, self.channel, self.under_way.pop())


class Sender:
    """All lanes; `wake` has something to read when a provider has answered. A lane appears with
    the first message that is due in it."""

    def __init__(self):
        self.lanes: dict[tuple[str, int | None], Lane] = {
            (channel.key, None): Lane(channel.key) for channel in channels
        }
        self.wake, self.bell = socket.socketpair()
        self.wake.setblocking(False)
        self.bell.setblocking(False)
        self.recovers_at = 0.0

    def work(self) -> bool:
        """One step on each lane. False when there is nothing to do but wait."""
        with contextlib.suppress(BlockingIOError):
            self.wake.recv(4096)
        if time.monotonic() >= self.recovers_at:
            self.recovers_at = time.monotonic() + RECOVER_EVERY
            recovering.recover(database_now())
        workspace, worked = Workspace.get(), False
        due = dispatch.due_lanes()
        for key in due:
            if key not in self.lanes:
                self.lanes[key] = Lane(*key)
        for key, lane in self.lanes.items():
            stepped = lane.step(workspace, self.answered) if key in due else lane.record_answered()
            worked = worked or stepped
        return worked

    def work_or_wait(self) -> bool:
        """The same for who does not listen for the wake-up. False when there is nothing left, also
        with a provider."""
        if self.work():
            return True
        is_waiting = any(lane.under_way for lane in self.lanes.values())
        if is_waiting:
            select.select([self.wake], [], [], RECOVER_EVERY)
        return is_waiting

    def answered(self, _answer) -> None:
        with contextlib.suppress(OSError):  # rung often enough, or nobody listens any more
            self.bell.send(b"!")

    def finish(self) -> None:
        """What is with a provider is recorded."""
        with ExitStack() as ends:
            lanes = [lane.finish for lane in self.lanes.values()]
            for end in [self.bell.close, self.wake.close, *lanes]:
                ends.callback(end)
