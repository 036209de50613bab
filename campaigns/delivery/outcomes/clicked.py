"""Somebody followed a link in it, so they opened it."""

from campaigns.delivery.outcomes.base import Outcome


class Clicked(Outcome):
    key, event, column = "clicked", "Message Clicked", "clicked_at"
    implies, is_proof = ("opened_at", "delivered_at"), True
