"""Two channels to the provider of these tests, written as any outbound channel is: with an
idempotency key, and without."""

import asyncio
import os
import signal
from datetime import timedelta

import aiohttp
from django import forms

from campaigns.delivery.channels import Address, Channel, LiquidField, SendFailed

CALL_SECONDS = 5
AT_ONCE = 20
POISON = "poison"  # kills whoever handles it


class Unkeyed(Channel):
    """Like SMS: a repeat is a second message."""

    key, label = "unkeyed", "unkeyed"
    is_markup = False
    quiet_hours_apply = False
    granted_by_default = True
    batch_size = 10

    class Content(forms.Form):
        text = LiquidField()

    def addresses(self, customer_ids):
        return {pk: [Address(None, f"address {pk}")] for pk in customer_ids}

    async def send(self, parcels):
        slots = asyncio.Semaphore(AT_ONCE)
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=CALL_SECONDS)) as http:
            answers = await asyncio.gather(*(self.call(http, slots, parcel) for parcel in parcels))
        return {pk: answer for pk, answer in answers if answer is not None}

    async def call(self, http, slots, parcel):
        if parcel.content["text"] == POISON:
            os.kill(os.getpid(), signal.SIGKILL)
        body = {
            "reference": parcel.effect_key,
            "to": parcel.address,
            "text": parcel.content["text"],
        }
        async with slots:
            try:
                async with http.post(
                    f"{self.provider()}/send", json=body, headers=self.headers(parcel)
                ) as answer:
                    return parcel.message_id, await self.understood(answer)
            except aiohttp.ClientConnectorError as error:
                return parcel.message_id, SendFailed(str(error))
            except (aiohttp.ClientError, TimeoutError):
                return parcel.message_id, None  # taken or not: nobody can know

    def provider(self) -> str:
        """The channel's own, or the one of both."""
        return os.environ.get(f"{self.key.upper()}_PROVIDER_URL") or os.environ["PROVIDER_URL"]

    def headers(self, parcel):
        return {}

    async def understood(self, answer):
        if answer.status == 200:
            return (await answer.json())["id"]
        return SendFailed(
            f"HTTP {answer.status}", retry_after=float(answer.headers.get("Retry-After", 1))
        )


class Keyed(Unkeyed):
    """Like a mail API: a repeat of a key is the same message."""

    key, label = "keyed", "keyed"
    idempotency_window = timedelta(minutes=30)
    batch_size = 50

    def headers(self, parcel):
        return {"Idempotency-Key": parcel.effect_key}
