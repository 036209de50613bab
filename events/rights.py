"""Events that say again what rows of a kind of their own say ask for the permission of those rows
too."""

from collections.abc import Iterable

from events.commerce import bookings, measurements

PERMISSIONS = {
    measurements.EVENT: "events.view_measurement",
    **dict.fromkeys([*bookings.NAMES.values(), bookings.ANSWERED], "events.view_booking"),
}
SENSITIVE = {"events.view_measurement"}  # is not even counted without it


def events_permissions(names: Iterable[str]) -> set[str]:
    """Beside that of events."""
    return {PERMISSIONS[name] for name in names if name in PERMISSIONS}


def hidden_names(user) -> list[str]:
    """The events that this user does not see."""
    return [name for name, permission in PERMISSIONS.items() if not user.has_perm(permission)]
