"""Whether `up` should keep a reader of queues: a file that the host's keeper makes where a queue is
switched on (integrations/sync/queue/duty.py), since `up` itself asks no database."""

from contextlib import suppress

from crm_project.runtime import home


def is_wanted() -> bool:
    return _marker().exists()


def want(is_wanted: bool) -> None:
    with suppress(OSError):
        if is_wanted:
            _marker().touch()
        else:
            _marker().unlink(missing_ok=True)


def _marker():
    return home.run_folder() / "consume"
