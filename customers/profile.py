"""The seam of the customer's page: each room shows what it knows, one file and one line in CRM_PROFILE_PANELS."""

from crm_project.registry import Registry
from customers.models import Customer


class Panel:
    """One block of the page. `key` is stored nowhere but names its place; `template` gets what `context` returns."""

    key = ""
    label = ""
    template = ""
    is_wide = False
    is_lazy = False  # True where the page does not wait for it: it is fetched when the page stands
    permission = ""  # whoever lacks it is not shown the block; "" for whoever may open the page

    def context(self, customer: Customer) -> dict:
        """What the template shows, in at most two queries."""
        raise NotImplementedError


panels = Registry("CRM_PROFILE_PANELS", "customers.profile.Panel")


def of(customer: Customer, user) -> list[dict]:
    """The blocks of the page that this user may see, in the order of the settings; lazy ones still empty."""
    return [described(panel, None if panel.is_lazy else customer) for panel in panels if may_see(panel, user)]


def one(key: str, customer: Customer, user) -> dict | None:
    """A single block, filled; None where there is none for this user."""
    return described(panels[key], customer) if key in panels and may_see(panels[key], user) else None


def described(panel: type[Panel], customer: Customer | None) -> dict:
    filled = panel().context(customer) if customer else {}
    return {
        "key": panel.key,
        "label": panel.label,
        "template": panel.template,
        "is_wide": panel.is_wide,
        "is_lazy": panel.is_lazy,
        **filled,
    }


def may_see(panel: type[Panel], user) -> bool:
    return not panel.permission or user.has_perm(panel.permission)
