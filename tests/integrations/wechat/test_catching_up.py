"""Whoever has stored a push may die before doing what follows from it: its reaction does that."""

import pytest

from campaigns import automation
from campaigns.models import Suppression
from customers.models import ErasureRequest
from demo.vendors.wechat import events
from events.models import Reaction
from integrations.models import Grant, ServiceWindow
from integrations.wechat import account
from integrations.wechat.push import PushFormat
from tests.integrations.wechat.app import App, a_template, an_app, pushed

pytestmark = pytest.mark.django_db(transaction=True)
AT = 1_796_011_200.0


@pytest.fixture
def app():
    account.forget()
    return an_app()


@pytest.fixture
def dying(monkeypatch):
    """The door stores, and does nothing more."""
    follow = PushFormat.follow

    def die(*_words):
        raise SystemExit

    monkeypatch.setattr(PushFormat, "follow", die)
    return lambda: monkeypatch.setattr(PushFormat, "follow", follow)


def three_times(client, one) -> None:
    for _time in range(3):
        with pytest.raises(SystemExit):
            pushed(client, one)


def react() -> None:
    Reaction.objects.update(due_at="2020-01-01T00:00Z")
    automation.process_reactions()


@pytest.mark.parametrize("kind", ["one_time", "long_term"])
def test_an_accept_is_not_lost_and_counts_once(client, app, dying, kind):
    template = a_template(app, kind=kind)
    choices = [(template.key, "accept"), ("another", "accept"), ("a third", "reject")]
    one = events.popup(App, "oX", AT, choices)
    three_times(client, one)
    assert not Grant.objects.exists()

    react()
    assert Grant.objects.filter(state="free").count() == 2
    dying()  # no more
    assert pushed(client, one).content == b"success"
    react()
    assert Grant.objects.filter(state="free").count() == 2


def test_a_withdrawal_and_a_revocation_are_not_lost(client, app, dying):
    template = a_template(app)
    dying()
    pushed(client, events.popup(App, "oX", AT - 60, [(template.key, "accept")]))
    pushed(client, events.popup(App, "oY", AT - 60, [(template.key, "accept")]))
    react()
    assert Grant.objects.filter(state="free").count() == 2


def test_both_are_done_by_their_reactions(client, app, dying, monkeypatch):
    template = a_template(app)
    for openid in ("oX", "oY"):
        three_times(client, events.popup(App, openid, AT - 60, [(template.key, "accept")]))
    three_times(client, events.change(App, "oX", AT, [template.key]))
    three_times(client, events.revoked(App, "oY", AT, "201"))
    three_times(client, events.message(App, "oX", AT, 1, "text", Content="hello"))

    react()

    assert not Grant.objects.filter(state="free").exists()
    assert Suppression.objects.get().reason == "authorization_revoked"
    assert ErasureRequest.objects.count() == 1
    assert ServiceWindow.objects.get().kind == "wrote"
