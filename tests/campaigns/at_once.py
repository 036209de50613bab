"""Many workers at once, each with a database connection of its own."""

import threading
from collections.abc import Callable

from django.db import connection


def at_once(number: int, act: Callable[[int], object]) -> list:
    """What `act(0)` … `act(number - 1)` returned or raised, all started at one moment."""
    results, ready = [None] * number, threading.Barrier(number)

    def run(n: int):
        try:
            connection.ensure_connection()
            ready.wait(120)
            results[n] = act(n)
        except Exception as error:  # noqa: BLE001 -- the test looks at it
            results[n] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    return results
