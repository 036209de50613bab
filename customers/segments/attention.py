"""What needs marketers about segments: those that are set aside."""

from django.utils.translation import gettext as _

from crm_project.attention import Line, Need
from crm_project.templatetags.hutong import page_of
from customers.models import Segment

MOST_NAMED = 5


class Failing(Need):
    """A condition of theirs fails; their members stay as they were."""

    key, permission, icon, is_urgent = "segments", "customers.view_segment", "groups", True

    def lines(self, user, now):
        for segment in Segment.objects.exclude(failed_at=None).order_by("failed_at")[:MOST_NAMED]:
            text = _("The segment “%(name)s” is set aside: a condition cannot be evaluated")
            yield Line(1, text % {"name": segment}, page_of(segment))
