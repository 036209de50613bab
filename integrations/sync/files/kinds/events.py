"""Events: whatever happened, of any name."""

import hashlib

import msgspec
from django.utils.translation import gettext_lazy

from events.ingest import known_ids
from integrations.native.events import Events as Door
from integrations.sync.files.kinds.base import (
    NEW,
    SAME,
    Draft,
    Field,
    ImportKind,
    Made,
    Setting,
    again,
)
from integrations.sync.files.kinds.people import IDENTITIES, ONE_OF, identities


class Events(ImportKind):
    key, label, icon = "events", gettext_lazy("events"), "bolt"
    help = gettext_lazy(
        "Whatever happened: visits, calls, lessons. Other columns become properties."
    )
    door = Door()
    extra = gettext_lazy("property")
    one_of = ONE_OF
    fields = (
        *IDENTITIES,
        Field(
            "name",
            gettext_lazy("event"),
            ("事件", "事件名称", "行为", "event", "event name", "action"),
            example="到店",
        ),
        Field(
            "occurred_at",
            gettext_lazy("time"),
            ("时间", "发生时间", "日期", "到店时间", "time", "timestamp", "date", "occurred at"),
            "moment",
            is_needed=True,
            example="2024-06-18 10:30:00",
        ),
        Field("id", gettext_lazy("id"), ("事件ID", "流水号", "event id"), "key"),
        Field("amount_fen", gettext_lazy("amount"), ("金额", "amount"), "money"),
    )

    def item(self, draft: Draft, setting: Setting) -> dict:
        values = draft.values
        properties = {key: value for key, value in draft.extra.items() if value is not None}
        if values.get("amount_fen") is not None:
            properties["amount_fen"] = values["amount_fen"]
        return {
            "id": "import",
            "name": values.get("name") or setting.options.get("event") or "",
            "occurred_at": values["occurred_at"],
            "identities": identities(values),
            "properties": properties,
        }

    def ledger_id(self, draft: Draft, setting: Setting) -> str:
        """Of its own id, else of who, what and when, and what else is said."""
        values = draft.values
        said = [values["id"]] if values.get("id") else [values, draft.extra]
        raw = msgspec.json.encode(["events", said], order="sorted")
        digest = hashlib.sha256(raw).hexdigest()[:40]
        return again(f"import:events:{digest}", setting.generation)

    def compare(self, made: list[Made], setting: Setting) -> None:
        here = known_ids(setting.source, [one.incoming.id for one in made])
        for one in made:
            one.object = one.incoming.id
            one.outcome = SAME if one.incoming.id in here else NEW
            one.before = {
                "made": True,
                "at": one.incoming.occurred_at.isoformat(),
                "event": one.incoming.id,
            }
