"""The seam: what may need approval is one class beside it, and one line in CRM_APPROVALS."""

import hashlib
import json
from datetime import datetime

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model

from crm_project.registry import Registry
from customers.models import Workspace


class Kind:
    """One kind of act. `content` is all that is approved: whatever of it is changed afterwards
    needs another approval."""

    key = ""
    label = ""
    model: type[Model]
    permission = ""  # of whoever may see what is asked for
    is_switched = True  # by the workspace, for all of its kind

    def is_needed(self, row: Model) -> bool:
        return self.key in Workspace.get().approvals

    def name(self, row: Model) -> str:
        return str(row)

    def content(self, row: Model) -> dict:
        """What would be done, as JSON. Raises Refused where it could not be done at all."""
        raise NotImplementedError

    def words(self, content: dict) -> list[tuple[str, str]]:
        """The same for people: (what, its value), in an order that two of them share."""
        raise NotImplementedError

    def approved(self, row: Model, now: datetime) -> None:
        """Done in the decision's transaction: an act that only waited for it goes on."""

    def rejected(self, row: Model, now: datetime) -> None:
        """The same for one that is not to be."""


class Refused(Exception):
    """It was not done, in words for whoever wanted it."""


kinds = Registry("CRM_APPROVALS", "customers.approval.kinds.Kind")


def digest_of(content: dict) -> str:
    """The same for the same content, in whatever order its keys stand."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, cls=DjangoJSONEncoder)
    return hashlib.sha256(text.encode()).hexdigest()


def as_stored(content: dict) -> dict:
    """As JSON gives it back."""
    return json.loads(json.dumps(content, cls=DjangoJSONEncoder))
