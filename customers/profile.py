"""The seam of the customer's page: each room shows what it knows, one file and one line in CRM_PROFILE_PANELS."""

from crm_project.registry import Registry
from customers.models import Customer


class Panel:
    """One block of the page. `key` is stored nowhere but names its place; `template` gets what `context` returns."""

    key = ""
    label = ""
    template = ""
    is_wide = False

    def context(self, customer: Customer) -> dict:
        """What the template shows, in at most two queries."""
        raise NotImplementedError


panels = Registry("CRM_PROFILE_PANELS", "customers.profile.Panel")


def of(customer: Customer) -> list[dict]:
    """The blocks of the page in the order of the settings."""
    return [
        {"key": panel.key, "label": panel.label, "template": panel.template, "is_wide": panel.is_wide, **panel().context(customer)}
        for panel in panels
    ]
