"""Files whose time is over go."""

import logging
from datetime import datetime

from crm_project.files import storing
from crm_project.files.models import File
from crm_project.files.stores import StoreFailed

log = logging.getLogger(__name__)

AT_ONCE = 100


def forget_old(now: datetime) -> int:
    """So many are gone. One that the store does not let go of is tried again with the next tick,
    and holds up no other."""
    gone = 0
    for file in File.objects.filter(expires_at__lte=now).order_by("expires_at")[:AT_ONCE]:
        try:
            storing.forget(file)
            gone += 1
        except StoreFailed as failed:
            log.warning("a file is not forgotten yet: %s", failed)
    return gone
