"""Two channels that keep what they were given, and answer as a test wishes."""

from datetime import timedelta

from django import forms

from campaigns.delivery.channels import Address, Channel, LiquidField


class Loopback(Channel):
    """A provider without idempotency keys that disturbs people: like SMS."""

    key, label = "loopback", "loopback"
    sent: list = []
    answer = staticmethod(lambda parcel: f"id {parcel.message_id}")
    unreachable: set[int] = set()

    class Content(forms.Form):
        body = LiquidField()

    def addresses(self, customer_ids):
        return {
            pk: [Address(None, f"address {pk}")]
            for pk in customer_ids
            if pk not in self.unreachable
        }

    def send(self, parcels):
        type(self).sent.extend(parcels)
        answers = {p.message_id: type(self).answer(p) for p in parcels}
        return {pk: answer for pk, answer in answers.items() if answer is not None}


class Keyed(Loopback):
    """A provider that takes a repeat of an effect key within ten minutes for the same message."""

    key, label = "keyed", "keyed"
    idempotency_window = timedelta(minutes=10)
    sent: list = []


class Waiting(Loopback):
    """The same, awaited."""

    key, label = "waiting", "waiting"
    sent: list = []

    async def send(self, parcels):
        return super().send(parcels)


ALL = [Loopback, Keyed, Waiting]
