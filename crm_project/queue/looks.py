"""What is to do, asked in one statement: a tick whose work says when it has something to do is sent
only then.

`only_if` stands at the task, beside what it works on; beat asks all of them together once a second
(beat.py). A question is a SELECT whose rows mean "yes"; it is cheap at rest, and may say yes in
vain. What no question foresees is done with the tick that comes all the same every AT_LEAST
seconds.
"""

from collections.abc import Callable

from crm_project.queue import wakeups

AT_LEAST = 30.0  # seconds
asked: dict[str, tuple[str, ...]] = {}  # by the task's name
loops: dict[
    str, tuple[str, Callable[[], int]]
] = {}  # of those that are worker loops: queue, places

ONE = "SELECT '{task}' AS task, {is_due} AS is_due, {is_free} AS is_free"
FREE = """(SELECT count(*) < {places} FROM pg_locks WHERE locktype = 'advisory' AND granted
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND objsubid = 2 AND classid::bigint = hashtext('{lock}')::bigint & 4294967295
  AND objid::bigint < {places})"""
NOTIFY = "SELECT pg_notify(%s, '')"


def only_if(*questions: str):
    """The task has something to do where one of these selects has a row."""

    def note(function):
        asked[f"{function.__module__}.{function.__name__}"] = questions
        return function

    return note


def is_loop(queue: str, places: Callable[[], int] = lambda: 1):
    """The task is a worker loop: it is begun where a place of it is free, and woken where there is
    something to do."""

    def note(function):
        loops[f"{function.__module__}.{function.__name__}"] = queue, places
        return function

    return note


def statement(lock: Callable[[str], str]) -> str:
    """One row for each task that was noted: whether there is something to do, whether a place is
    free."""
    parts = []
    for task, questions in asked.items():
        is_due = " OR ".join(f"EXISTS ({question})" for question in questions)
        is_free = "false"
        if task in loops:
            queue, places = loops[task]
            is_free = FREE.format(lock=lock(queue), places=places())
        parts.append(ONE.format(task=task, is_due=is_due or "false", is_free=is_free))
    return " UNION ALL ".join(parts)


def answers(cursor, question: str) -> dict[str, bool]:
    """By task, whether its tick is to be sent. Loops that sleep although there is something to do
    are woken."""
    cursor.execute(question)
    found = {task: (is_due, is_free) for task, is_due, is_free in cursor.fetchall()}
    for task, (is_due, _is_free) in found.items():
        if is_due and task in loops:
            cursor.execute(NOTIFY, [wakeups.channel(loops[task][0])])
    return {task: is_due or is_free for task, (is_due, is_free) in found.items()}
