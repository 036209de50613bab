"""The one way in which the rooms below this one write and read the audit log (CRM_AUDIT)."""

from customers.models import AuditEntry

MOST = 200


class Audit:
    @staticmethod
    def note(*, by, act: str, subject: str, details: dict) -> None:
        AuditEntry.objects.create(by=by, act=act, subject=subject, details=details)

    @staticmethod
    def of(subject: str) -> list[dict]:
        entries = (
            AuditEntry.objects.filter(subject=subject)
            .select_related("by")
            .order_by("-at", "-pk")[:MOST]
        )
        return [
            {"at": one.at, "by": one.by, "act": one.act, "said": in_words(one.details)}
            for one in entries
        ]


def in_words(details: dict) -> str:
    return ", ".join(f"{name}: {value}" for name, value in details.items())
