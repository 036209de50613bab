"""What any installation is watched for: disks, backups, its certificate, queues."""

import socket
import ssl
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from cryptography import x509
from django.apps import apps
from django.conf import settings
from django.db.models import Min
from django.utils.translation import gettext as _

from crm_project.admin import attention
from crm_project.alarms.base import Alarm
from crm_project.hosts import signs
from crm_project.models import Host
from crm_project.queue.due import DueRow

FULL, NOT_FULL = 80, 75  # percent
NEAR = timedelta(days=14)
BEHIND, NOT_BEHIND = timedelta(minutes=5), timedelta(minutes=1)
ASKED_EVERY = 3600.0  # seconds; a certificate lasts months


class Disk(Alarm):
    """Each host says how full the disk of its data folder is (hosts/disk.py)."""

    key = "disk"

    def problem(self, now, *, was_raised):
        limit = NOT_FULL if was_raised else FULL
        found = [
            f"{host.name} {used} %"
            for host in Host.objects.filter(signs.remembered(now)).order_by("name")
            if (used := host.waits.get("disk", {}).get("used_percent", 0)) >= limit
        ]
        return (
            _("The disk is nearly full: %(hosts)s") % {"hosts": ", ".join(found)} if found else ""
        )


class Backup(Alarm):
    key = "backup"

    def problem(self, now, *, was_raised):
        last = attention.last_backup()
        if last is None or now - last < attention.LONGEST:
            return ""
        return _("No backup for %(hours)d hours") % {"hours": (now - last).total_seconds() // 3600}


class Certificate(Alarm):
    """That of HUTONG_PUBLIC_URL, as callers are shown it."""

    key = "certificate"
    _asked: tuple[float, str, datetime | None] = (float("-inf"), "", None)

    def problem(self, now, *, was_raised):
        address = urlsplit(settings.PUBLIC_URL)
        if address.scheme != "https" or not address.hostname:
            return ""
        ends = self.ends(address.hostname, address.port or 443)
        if ends is None or ends - now > NEAR:
            return ""
        days = max(0, (ends - now).days)
        return _("The certificate of %(host)s ends in %(days)d days") % {
            "host": address.hostname,
            "days": days,
        }

    @classmethod
    def ends(cls, host: str, port: int) -> datetime | None:
        """None where nobody answers: that is another trouble."""
        at, asked, ends = cls._asked
        if time.monotonic() - at >= ASKED_EVERY or asked != f"{host}:{port}":
            ends = valid_until(host, port)
            cls._asked = time.monotonic(), f"{host}:{port}", ends
        return ends


def valid_until(host: str, port: int) -> datetime | None:
    """Also of a certificate that is over or that nobody vouches for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection((host, port), timeout=5) as line,
            context.wrap_socket(line, server_hostname=host) as wrapped,
        ):
            raw = wrapped.getpeercert(binary_form=True)
    except OSError:
        return None
    return x509.load_der_x509_certificate(raw).not_valid_after_utc.astimezone(UTC) if raw else None


class Queues(Alarm):
    key = "queues"

    def problem(self, now, *, was_raised):
        limit = NOT_BEHIND if was_raised else BEHIND
        late = []
        for model in apps.get_models():
            if issubclass(model, DueRow):
                oldest = model.objects.overdue(now).filter(attempts=0).aggregate(at=Min("due_at"))
                if oldest["at"] and now - oldest["at"] >= limit:
                    minutes = int((now - oldest["at"]).total_seconds() // 60)
                    late.append(f"{model._meta.verbose_name_plural} {minutes} min")
        return (
            _("Work waits longer and longer: %(queues)s") % {"queues": ", ".join(late)}
            if late
            else ""
        )
