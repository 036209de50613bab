"""How long sessions are kept once they are over."""

from django.utils.translation import gettext_lazy as _

from customers.data_rights.retention.base import DAYS, ById, Whence, WhyKept


class MemberSessions(ById):
    key, label, unit = "member_sessions", _("log-ins"), DAYS
    what = _("when somebody logged in from which mini-program, until when; never the token itself")
    why, whence = WhyKept.SAFETY, Whence.OURS
    tables, clock, default, most = ("integrations.MemberSession",), "t.expires_at", 30, 180
    law = _("who has logged in is kept as short as misuse needs to be found (个人信息保护法 19)")
    asks, changes = False, ""
