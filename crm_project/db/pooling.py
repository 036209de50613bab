"""Connections that the threads of one process share: the web's."""

from crm_project.db import patience


def share(database: dict, size: int) -> None:
    """These settings of a database mean a pool of so many connections."""
    database["CONN_MAX_AGE"] = 0
    database["OPTIONS"]["pool"] = {
        "min_size": 1,
        "max_size": size,
        # for a connection; it is not cut by patience, and Django asks once more to end a
        # transaction
        "timeout": 1,
        # then whoever asks tries again; else the pauses double, up to minutes after the database
        # is back
        "reconnect_timeout": 2,
        "connection_class": patience.PatientConnection,
    }
