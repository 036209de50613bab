"""Tags: who carries which; also people who are not here yet (预打标签)."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.native.customers import Customers as Door
from integrations.sync.files.kinds.base import Draft, Setting
from integrations.sync.files.kinds.customers import Customers
from integrations.sync.files.kinds.people import IDENTITIES, ONE_OF, TAGS, identities
from integrations.sync.files.spoilt import Spoilt


class Tags(Customers):
    key, label, icon = "tags", gettext_lazy("tags"), "sell"
    help = gettext_lazy("Who carries which tag, also people who are not here yet.")
    door = Door()
    extra = ""
    one_of = ONE_OF
    fields = (*IDENTITIES, TAGS)

    def item(self, draft: Draft, setting: Setting) -> dict:
        if not draft.values.get("tags") and not setting.options.get("tags"):
            raise Spoilt(_("No tag."))
        return {"occurred_at": draft.at, "identities": identities(draft.values)}
