"""A program opened it or followed a link before any reader did (integrations/bot_detection.py):
counted apart. It got as far as the program's mail server."""

from campaigns.delivery.outcomes.base import Outcome


class OpenedByMachine(Outcome):
    key, event, column = "machine_opened", "Message Opened (machine)", "machine_opened_at"
    implies = ("delivered_at",)


class ClickedByMachine(Outcome):
    key, event, column = "machine_clicked", "Message Clicked (machine)", "machine_clicked_at"
    implies = ("delivered_at",)
