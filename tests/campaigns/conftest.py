import pytest

from campaigns.delivery.channels import channels
from tests.campaigns import loopback


@pytest.fixture
def push(settings, monkeypatch):
    """The channels of loopback.py are listed, and have sent nothing yet."""
    settings.CRM_CHANNELS = [
        *settings.CRM_CHANNELS,
        *(f"tests.campaigns.loopback.{c.__name__}" for c in loopback.ALL),
    ]
    channels.__dict__.pop("by_key", None)
    for channel in loopback.ALL:
        monkeypatch.setattr(channel, "sent", [])
        monkeypatch.setattr(channel, "unreachable", set())
        monkeypatch.setattr(channel, "answer", channel.answer)
    yield loopback
    channels.__dict__.pop("by_key", None)
