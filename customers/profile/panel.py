"""The seams of the customer's page: each room shows what it knows, one file and one line in
CRM_PROFILE_PANELS.

What staff do from the page is the other seam, in customers/profile/actions.py; what happened, the
third, in customers/profile/timeline.py.
"""

from crm_project.registry import Registry
from customers.models import Customer


class Panel:
    """One block of the page. `key` is stored nowhere but names its place; `template` gets what
    `context` returns.

    `place` is "head" (figures under the name) or "side" (beside the story). An instance serves one
    request of `user`.
    """

    key = ""
    label = ""
    template = ""
    place = "side"
    is_lazy = (
        False  # True where the page does not wait for it: it is fetched when it comes into view
    )
    permission = ""  # whoever lacks it is not shown the block; "" for whoever may open the page

    def __init__(self, user):
        self.user = user

    def context(self, customer: Customer) -> dict:
        """What the template shows, in at most two queries."""
        raise NotImplementedError


panels: Registry["Panel"] = Registry("CRM_PROFILE_PANELS", "customers.profile.panel.Panel")


def of(customer: Customer, user, place: str = "side") -> list[dict]:
    """The blocks of a place of the page that this user may see, in the order of the settings; lazy
    ones still empty."""
    shown = [panel for panel in panels if panel.place == place and may_see(panel, user)]
    return [described(panel, user, None if panel.is_lazy else customer) for panel in shown]


def one(key: str, customer: Customer, user) -> dict | None:
    """A single block, filled; None where there is none for this user."""
    return (
        described(panels[key], user, customer)
        if key in panels and may_see(panels[key], user)
        else None
    )


def described(panel: type[Panel], user, customer: Customer | None) -> dict:
    filled = panel(user).context(customer) if customer else {}
    return {
        "key": panel.key,
        "label": panel.label,
        "template": panel.template,
        "is_lazy": panel.is_lazy,
        **filled,
    }


def may_see(panel: type[Panel], user) -> bool:
    return not panel.permission or user.has_perm(panel.permission)
