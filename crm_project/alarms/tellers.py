"""How an operator hears of an alarm (the seam TELLERS): by mail; a robot of a chat is one more
class."""

import smtplib
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from django.conf import settings

from crm_project.registry import Registry

tellers = Registry("CRM_TELLERS", "crm_project.alarms.tellers.Teller")
SECONDS = 10


class Teller:
    """One way to one address."""

    key = ""

    def is_set_up(self) -> bool:
        raise NotImplementedError

    def tell(self, subject: str, text: str) -> None:
        """It was taken by whoever carries it. Raises OSError otherwise: it is tried again."""
        raise NotImplementedError


class Mail(Teller):
    """To HUTONG_WARN_TO, through the mail server of letters."""

    key = "mail"

    def is_set_up(self):
        return bool(settings.WARN_TO and settings.MAIL)

    def tell(self, subject, text):
        letter = EmailMessage()
        letter["Subject"], letter["From"] = subject, settings.MAIL_FROM or settings.WARN_TO
        letter["To"], letter["Date"] = settings.WARN_TO, formatdate()
        letter["Message-ID"] = make_msgid(domain="hutong.invalid")
        letter.set_content(text)
        server = settings.MAIL
        kind = smtplib.SMTP_SSL if server["use_ssl"] else smtplib.SMTP
        with kind(server["host"], server["port"], timeout=SECONDS) as line:
            if server["use_tls"]:
                line.starttls()
            if server["user"]:
                line.login(server["user"], server["password"])
            line.send_message(letter)
