"""What is held for callers, in memory and in files without a name: requests that come and answers
that go."""

from collections.abc import Iterable

from crm_project.runtime.front import limits


class Held:
    """The sums over all connections, each as it was last noted."""

    def __init__(self):
        self.memory = self.files = 0

    def note(self, connection) -> None:
        memory, files = connection.holds()
        self.memory += memory - connection.held[0]
        self.files += files - connection.held[1]
        connection.held = memory, files

    def forget(self, connection) -> None:
        self.memory -= connection.held[0]
        self.files -= connection.held[1]
        connection.held = 0, 0

    @property
    def is_too_much(self) -> bool:
        return self.memory > limits.HELD_BYTES or self.files > limits.FILED_BYTES

    def give_way(self, unfinished: Iterable, until: float, spared) -> None:
        """Of those who began before `until`, the oldest are let go, as many as it takes."""
        for one in [
            one for one in unfinished if any(one.held) and one.since < until and one is not spared
        ]:
            if not self.is_too_much:
                return
            one.let_go("gave_way")
