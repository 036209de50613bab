"""The watch: each alarm is told once when it is raised and once when it is over."""

import logging

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from crm_project.alarms.base import alarms
from crm_project.alarms.tellers import tellers
from crm_project.hosts import here
from crm_project.models import AlarmState
from crm_project.queue.due import database_now

log = logging.getLogger(__name__)


def look() -> int:
    """Every alarm was looked at; how many changed. One at a time (worker_loops.place)."""
    now, raised = database_now(), dict(AlarmState.objects.values_list("key", "problem"))
    changed = 0
    with translation.override(settings.LANGUAGE_CODE):
        for alarm in alarms:
            before = raised.get(alarm.key, "")
            try:
                problem = alarm().problem(now, was_raised=bool(before))
            except Exception:  # one that fails must not silence the others
                log.exception("an alarm cannot be looked at", extra={"alarm": alarm.key})
                continue
            if bool(problem) != bool(before):
                changed += tell_everybody(alarm.key, problem, before, now)
    return changed


def tell_everybody(key: str, problem: str, before: str, now) -> bool:
    """The operator has heard, and it is written down that they have. False: the next look tries
    again."""
    where = settings.PUBLIC_URL or here.name()
    subject = _("Hutong: %(problem)s") if problem else _("Hutong: over: %(problem)s")
    text = _("%(problem)s\n\nInstallation: %(where)s\nSeen at: %(at)s\n") % {
        "problem": problem or before,
        "where": where,
        "at": now.isoformat(timespec="seconds"),
    }
    try:
        with transaction.atomic():
            AlarmState.objects.update_or_create(
                key=key, defaults={"problem": problem, "changed_at": now}
            )
            for teller in tellers:
                if teller().is_set_up():
                    teller().tell(subject % {"problem": problem or before}, text)
    except OSError as error:
        log.warning("an alarm cannot be told", extra={"alarm": key, "error": type(error).__name__})
        return False
    log.warning("alarm", extra={"alarm": key, "is_raised": bool(problem)})
    return True
