"""What stands in the copy of all that is held about somebody: when they logged in."""

from customers.data_rights.exporting import Portion
from integrations.member_api.models import MemberSession


class MemberSessions(Portion):
    key = "member_sessions"

    def parts(self, customers):
        rows = MemberSession.objects.filter(identity__customer__in=customers)
        yield "integrations.MemberSession", rows
