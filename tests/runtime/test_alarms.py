"""An operator is warned once when something goes wrong, and told once when it is over."""

import socket
import ssl
import threading
import uuid
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default

import pytest
from aiosmtpd.controller import Controller
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.db import connection

from campaigns.models import Message
from crm_project.alarms import ours, watch
from crm_project.alarms.base import Alarm
from crm_project.hosts.disk import Disk
from crm_project.models import AlarmState, Heartbeat, Host
from crm_project.queue.due import database_now
from crm_project.runtime import mail
from crm_project.runtime.ports import free_port
from integrations.doors import alarms as doors
from integrations.models import Quarantine
from tests.admin.rows import ROWS

pytestmark = pytest.mark.django_db(transaction=True)


class Box:
    """A mail server that keeps what it is given, or refuses."""

    def __init__(self):
        self.letters, self.refuses = [], False

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 (aiosmtpd's name)
        if self.refuses:
            return "451 later"
        self.letters.append(message_from_bytes(envelope.content, policy=default))
        return "250 OK"


@pytest.fixture
def box(settings):
    box, port = Box(), free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    settings.MAIL, settings.WARN_TO = mail.server(f"smtp://127.0.0.1:{port}"), "ops@example.com"
    yield box
    controller.stop()


class Told(Alarm):
    key, says = "told", ""

    def problem(self, now, *, was_raised):
        if self.says == "broken":
            raise ValueError
        return self.says


@pytest.fixture
def alarm(monkeypatch):
    monkeypatch.setattr(watch, "alarms", [type("Broken", (Told,), {"says": "broken"}), Told])
    monkeypatch.setattr(Told, "says", "")
    return Told


def test_each_change_is_told_once(box, alarm, settings):
    settings.LANGUAGE_CODE = "en"
    assert watch.look() == 0
    alarm.says = "The disk is nearly full: shop-1 83 %"
    assert [watch.look(), watch.look()] == [1, 0]
    alarm.says = "The disk is nearly full: shop-1 84 %"
    assert watch.look() == 0
    alarm.says = ""
    assert [watch.look(), watch.look()] == [1, 0]
    assert [letter["Subject"] for letter in box.letters] == [
        "Hutong: The disk is nearly full: shop-1 83 %",
        "Hutong: over: The disk is nearly full: shop-1 83 %",
    ]
    assert box.letters[0]["To"] == "ops@example.com"


def test_what_the_mail_server_refuses_is_told_later(box, alarm):
    alarm.says, box.refuses = "no backup", True
    assert watch.look() == 0
    assert not AlarmState.objects.exclude(problem="").exists()
    box.refuses = False
    assert watch.look() == 1
    assert len(box.letters) == 1


def test_a_disk_is_full_from_eighty_percent_and_not_before_seventy_five_again():
    host = Host.objects.create(key=uuid.uuid4(), name="shop-1", seen_at=database_now())

    def said(percent, *, was_raised=False):
        Host.objects.update(waits={"disk": {"used_percent": percent}})
        return ours.Disk().problem(database_now(), was_raised=was_raised)

    assert said(79) == ""
    assert "shop-1 80 %" in said(80)
    assert "shop-1 76 %" in said(76, was_raised=True)
    assert said(74, was_raised=True) == ""
    Host.objects.filter(pk=host.pk).update(gone_at=database_now())
    assert said(95) == ""
    assert 0 <= Disk().report()["used_percent"] <= 100


def test_two_days_without_a_backup():
    now = database_now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(applied) FROM django_migrations")
        began = cursor.fetchone()[0]
    alarm = ours.Backup()
    assert alarm.problem(began + timedelta(hours=47), was_raised=False) == ""
    assert "49" in alarm.problem(began + timedelta(hours=49), was_raised=False)
    Heartbeat.record("backup")
    assert alarm.problem(now + timedelta(hours=47), was_raised=True) == ""


def certificate(days: int, folder):
    """Files of a self-signed one that ends after so many days."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    ends = datetime.now(UTC) + timedelta(days=days, hours=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(ends - timedelta(days=90))
        .not_valid_after(ends)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{days}.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.mark.parametrize(("days", "is_near"), [(30, False), (13, True), (-2, True)])
def test_a_certificate_that_ends_within_two_weeks(days, is_near, settings, tmp_path):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate(days, tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            line, _address = listener.accept()
            with line, context.wrap_socket(line, server_side=True):
                pass

        threading.Thread(target=serve, daemon=True).start()
        settings.PUBLIC_URL = f"https://127.0.0.1:{listener.getsockname()[1]}"
        assert bool(ours.Certificate().problem(database_now(), was_raised=False)) is is_near


def test_nobody_answers_or_there_is_no_https(settings):
    settings.PUBLIC_URL = f"https://127.0.0.1:{free_port()}"
    assert ours.Certificate().problem(database_now(), was_raised=False) == ""
    settings.PUBLIC_URL = "http://127.0.0.1:8000"
    assert ours.Certificate().problem(database_now(), was_raised=False) == ""


def test_work_that_waits_longer_and_longer():
    row = ROWS[Message]()
    now = database_now()
    waiting = Message.objects.filter(pk=row.pk)
    waiting.update(state="queued", due_at=now - timedelta(minutes=6), attempts=0)
    assert "6 min" in ours.Queues().problem(now, was_raised=False)
    waiting.update(due_at=now - timedelta(minutes=2))
    assert ours.Queues().problem(now, was_raised=False) == ""
    assert ours.Queues().problem(now, was_raised=True)


def test_refused_requests_that_jump():
    row, now = ROWS[Quarantine](), database_now()

    def refused(count, hours):
        for _n in range(count):
            row.pk = None
            row.save(force_insert=True)
            Quarantine.objects.filter(pk=row.pk).update(received_at=now - timedelta(hours=hours))

    Quarantine.objects.all().delete()
    refused(19, 0.5)
    assert doors.Jump().problem(now, was_raised=False) == ""
    refused(1, 0.5)
    assert "20" in doors.Jump().problem(now, was_raised=False)
    refused(24 * 5, 5)  # many are usual
    assert doors.Jump().problem(now, was_raised=False) == ""
