"""Ready-made beginnings of a rule: the seam, and those about what a customer is like."""

from django.utils.translation import gettext_lazy as _

from crm_project.registry import Registry


class Start:
    """A rule that marketers often begin with; shown while a rule is empty."""

    key = ""
    label = ""

    def definition(self) -> dict:
        raise NotImplementedError


starts: Registry["Start"] = Registry("CRM_SEGMENT_STARTS", "customers.segments.starts.Start")


class BirthdayThisWeek(Start):
    key, label = "birthday", _("Birthday within 7 days")

    def definition(self):
        birthday = {
            "condition": "attribute_date",
            "attribute": "birthday",
            "comparison": "anniversary",
            "n": 7,
            "unit": "days",
        }
        return {"op": "all", "of": [birthday]}
