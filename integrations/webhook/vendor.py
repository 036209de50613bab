"""A webhook of anybody: an address that takes JSON, and a secret by which it knows that we sent it
(Standard Webhooks 1.0.0; doors/signatures.py checks the same on the way in)."""

import base64
import json
import secrets
import time
import uuid
from datetime import UTC, datetime, timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from customers.privacy.sealing import digest
from integrations.connections.vendors import (
    AddressField,
    Entered,
    Health,
    SecretField,
    Vendor,
    unwell,
)
from integrations.doors import signatures
from integrations.outbound import client
from integrations.outbound.client import CallFailed, Request

OVERLAP = timedelta(days=7)  # for which the old secret signs beside the new one


class WebhookForm(forms.Form):
    url = AddressField(
        label=gettext_lazy("address"),
        help_text=gettext_lazy("It takes POST with JSON and answers 2xx."),
    )
    secret = SecretField(
        label=gettext_lazy("signing secret"),
        required=False,
        help_text=gettext_lazy("whsec_… of the receiver. Empty: we make one and show it once."),
    )

    def clean_secret(self):
        secret = self.cleaned_data["secret"]
        if secret and signatures.key_bytes(secret) is None:
            raise ValidationError(
                gettext_lazy("A signing secret is whsec_ and at least 24 bytes in base64.")
            )
        return secret


class Webhook(Vendor):
    key, label = "webhook", pgettext_lazy("vendor", "webhook")
    help = gettext_lazy("Another system is told, over HTTPS and signed, what happens here.")
    Form = WebhookForm
    mints = True

    def account(self, settings):
        url = settings["url"]
        return url if len(url) <= 128 else f"{url[:90]}…{digest('webhook', url)}"

    def completed(self, settings):
        return settings if settings.get("secret") else {**settings, "secret": new_secret()}

    def rotated(self, settings):
        until = (datetime.now(UTC) + OVERLAP).isoformat()
        return {
            **settings,
            "previous_secret": settings["secret"],
            "previous_until": until,
            "secret": new_secret(),
        }

    def to_enter_there(self, connection):
        return [Entered(_("signing secret"), connection.settings.get("secret", ""), is_secret=True)]

    def test(self, connection):
        body = json.dumps({"type": "test", "timestamp": datetime.now(UTC).isoformat()})
        try:
            client.call(signed(connection.settings, f"test-{uuid.uuid4().hex}", body))
        except CallFailed as failed:
            return unwell(failed)
        return Health(True, _("It took a signed test call."))

    def request(self, connection, call):
        content = call.content
        return signed(connection.settings, call.key, content["body"], content["headers"])


def new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def signed(settings: dict, key: str, body: str, headers: dict | None = None) -> Request:
    """The request whose id is the call's key: who has seen it needs to do nothing."""
    raw, now = body.encode(), int(time.time())
    message_id = key if signatures.is_id(key) else digest("webhook", key)
    found = [signatures.sign(secret, message_id, now, raw) for secret in secrets_at(settings, now)]
    return Request(
        "POST",
        settings["url"],
        {
            "Content-Type": "application/json",
            **(headers or {}),
            "webhook-id": message_id,
            "webhook-timestamp": str(now),
            "webhook-signature": " ".join(found),
        },
        raw,
    )


def secrets_at(settings: dict, now: int) -> list[str]:
    until = settings.get("previous_until", "")
    is_old_valid = until and datetime.fromisoformat(until).timestamp() > now
    return [settings["secret"], *([settings["previous_secret"]] if is_old_valid else [])]
