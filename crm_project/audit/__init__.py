"""The audit log belongs to a room; the project says by setting who writes and reads it
(CRM_AUDIT)."""

from django.conf import settings
from django.utils.module_loading import import_string


def note(*, by, act: str, subject: str, details: dict) -> None:
    """One act of one person is written down."""
    import_string(settings.CRM_AUDIT).note(by=by, act=act, subject=subject, details=details)


def of(subject: str) -> list[dict]:
    """What was done to this subject, the latest first: {"at", "by", "act", "said"}."""
    return import_string(settings.CRM_AUDIT).of(subject)
