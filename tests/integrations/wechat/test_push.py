"""The door of message push: who is let in, what is understood, that a repeat changes nothing."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError

from campaigns.models import Suppression
from customers.models import Customer, ErasureRequest, Source
from demo.vendors.wechat import crypto as theirs
from demo.vendors.wechat import events
from events import ingest
from events.models import Event
from integrations.doors import spool, spool_reader
from integrations.models import Grant, Quarantine, ServiceWindow, SubscribeTemplate
from integrations.wechat import account, crypto, understanding
from integrations.wechat import pushed as reading
from tests.integrations.wechat.app import (
    AES_KEY,
    TOKEN,
    App,
    a_person,
    a_template,
    an_app,
    pushed,
    react,
)

pytestmark = pytest.mark.django_db
AT = 1_796_011_200
OTHER_KEY = "ABCDEFGhijklmnopqrstuvwxyz0123456789abcdefg"


@pytest.fixture
def app():
    return an_app()


def names() -> list[str]:
    return sorted(Event.objects.values_list("name__name", flat=True))


def asked(client, *, token=TOKEN, door=App.appid, **changed):
    words = {"timestamp": "1714036504", "nonce": "1514711492"}
    signed = theirs.signature(token, *words.values())
    query = {"signature": signed, "echostr": "4375120948345356249", **words, **changed}
    return client.get(f"/wechat/{door}/push", query)


def test_the_address_is_checked(client, app):
    answer = asked(client)

    assert (answer.status_code, answer.content) == (200, b"4375120948345356249")
    assert answer["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize(
    "wrong", [{"token": "another"}, {"door": "wx0000000000000000"}, {"nonce": "1"}, {"nonce": ""}]
)
def test_a_check_by_somebody_else_is_refused(client, app, wrong):
    assert asked(client, **wrong).status_code == 401


@pytest.mark.parametrize("form", ["json", "xml"])
def test_what_people_wrote_is_an_event_of_theirs_and_opens_a_window(client, app, form):
    one = events.message(App, "o1", AT, 3705115058471208928, "text", Content="几点上课?")
    answers = [pushed(client, one, form=form) for _time in range(3)]

    assert {(a.status_code, a.content) for a in answers} == {(200, b"success")}
    found = Event.objects.get()
    assert found.properties == {"kind": "text", "text": "几点上课?"}
    assert found.external_id == "message:3705115058471208928"
    assert found.occurred_at == datetime.fromtimestamp(AT, UTC)
    react()
    window = ServiceWindow.objects.get()
    assert (window.kind, window.left) == ("wrote", 5)
    assert window.ends_at - window.opened_at == timedelta(hours=48)


def test_a_conversation_that_was_opened_is_a_window_of_its_own(client, app):
    pushed(client, events.message(App, "o1", AT, 1, "image", PicUrl="x", MediaId="y"))
    pushed(client, events.event(App, "o1", AT, "user_enter_tempsession", SessionFrom="cart"))
    react()

    assert {(w.kind, w.left) for w in ServiceWindow.objects.all()} == {("wrote", 5), ("opened", 2)}
    assert names() == ["Customer Service Message", "Customer Service Opened"]


def test_an_older_word_opens_nothing_anew(client, app):
    pushed(client, events.message(App, "o1", AT, 2, "text", Content="b"))
    react()
    pushed(client, events.message(App, "o1", AT - 60, 1, "text", Content="a"))
    react()

    assert ServiceWindow.objects.get().opened_at == datetime.fromtimestamp(AT, UTC)


@pytest.mark.parametrize("form", ["json", "xml"])
@pytest.mark.parametrize("templates", [["A"], ["A", "B"]])
def test_accepts_are_granted_once(client, app, form, templates):
    one = events.popup(App, "o1", AT, [(key, "accept") for key in templates])
    for _time in range(3):
        assert pushed(client, one, form=form).content == b"success"
        react()

    assert Grant.objects.filter(state="free").count() == len(templates)
    assert names() == ["Message Subscribed"] * len(templates)
    assert {t.key for t in SubscribeTemplate.objects.all()} == set(templates)


def test_a_reject_in_the_popup_takes_nothing_away_and_a_change_does(client, app):
    pushed(client, events.popup(App, "o1", AT, [("A", "accept"), ("B", "accept")]))
    pushed(client, events.popup(App, "o1", AT + 60, [("A", "reject")]))
    react()
    assert Grant.objects.filter(state="free").count() == 2

    pushed(client, events.change(App, "o1", AT + 120, ["A"]))
    react()
    assert list(Grant.objects.filter(state="free").values_list("template__key", flat=True)) == ["B"]
    pushed(client, events.popup(App, "o1", AT + 90, [("A", "accept")]))  # told late
    react()
    assert Grant.objects.filter(state="free").count() == 1
    pushed(client, events.popup(App, "o1", AT + 180, [("A", "accept")]))
    react()
    assert Grant.objects.filter(state="free").count() == 2


def test_a_withdrawal_asks_for_an_erasure_and_ends_the_use(client, app):
    person = a_person("o1")
    pushed(client, events.popup(App, "o1", AT, [("A", "accept")]))
    one = events.revoked(App, "o1", AT + 60, "201")
    for _time in range(2):
        assert pushed(client, one).content == b"success"
        react()

    request = ErasureRequest.objects.get()
    assert request.customer == person.customer
    assert not Grant.objects.filter(state="free").exists()
    assert Suppression.objects.get().reason == "authorization_revoked"
    assert Customer.objects.get(pk=person.customer_id).is_barred
    # Somebody who agrees anew may be written to anew.
    pushed(client, events.popup(App, "o1", AT + 120, [("A", "accept")]))
    react()
    assert not Suppression.objects.exists()


def test_a_withdrawal_of_a_stranger_makes_nobody(client, app):
    assert pushed(client, events.revoked(App, "stranger", AT, "201")).content == b"success"

    assert not Customer.objects.exists()


@pytest.mark.parametrize("name", [*events.FURTHER])
def test_all_others_are_left_with_a_reason(client, app, name):
    one = events.event(App, "o1", AT, name, **events.FURTHER[name])
    assert pushed(client, one).content == b"success"

    assert understanding.LEFT[name]
    assert not Event.objects.exists()
    assert not Quarantine.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"token": "another"},
        {"key": OTHER_KEY},
        {"appid": "wx0000000000000000"},
        {"door": "wx0000000000000000"},
        {"msg_signature": "0" * 40},
        {"msg_signature": "é"},
        {"timestamp": "2"},
    ],
)
def test_nobody_else_gets_in(client, app, wrong):
    answer = pushed(client, events.message(App, "o1", AT, 1, "text", Content="x"), **wrong)

    assert answer.status_code == 401
    assert not Event.objects.exists()
    assert not Quarantine.objects.exists()


def test_plain_mode_is_refused_in_production(client, app, settings):
    words = {"timestamp": "1", "nonce": "2"}
    query = {"signature": theirs.signature(TOKEN, *words.values()), **words}
    text = events.as_json(events.message(App, "o1", AT, 1, "text", Content="x"))

    def post():
        return client.generic(
            "POST", f"/wechat/{App.appid}/push", text, "application/json", query_params=query
        )

    settings.INSECURE_HTTP = False
    settings.SECURE_SSL_REDIRECT = False
    assert post().status_code == 401
    settings.INSECURE_HTTP = True
    assert post().content == b"success"
    assert names() == ["Customer Service Message"]


def test_keys_before_and_after_a_rotation_both_fit_for_a_while(client):
    now = datetime.now(UTC)
    before = {"previous_push_token": "oldToken", "previous_aes_key": OTHER_KEY}
    row = an_app(**before, previous_push_token_until=(now + timedelta(days=1)).isoformat())
    one = events.message(App, "o1", AT, 1, "text", Content="x")
    assert pushed(client, one).status_code == 200
    assert pushed(client, one, token="oldToken", key=OTHER_KEY).status_code == 200
    assert pushed(client, one, token="oldToken").status_code == 401

    row.settings = row.settings | {
        "previous_push_token_until": (now - timedelta(hours=1)).isoformat()
    }
    row.save()
    account.forget()
    assert pushed(client, one, token="oldToken", key=OTHER_KEY).status_code == 401


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "1",
        '"x"',
        "{}",
        "{",
        "<xml",
        "<xml>x</xml>",
        '<!DOCTYPE x [<!ENTITY a "b">]><xml><Event>&a;</Event></xml>',
        '{"Event": "subscribe_msg_popup_event", "CreateTime": 1, "FromUserName": "o"}',
        '{"Event": "subscribe_msg_popup_event", "CreateTime": 1, "FromUserName": "o", "List": 3}',
        '{"MsgType": "text", "CreateTime": "soon", "FromUserName": "o"}',
        '{"MsgType": "text", "CreateTime": 1, "FromUserName": ""}',
        '{"MsgType": "text", "CreateTime": 1, "FromUserName": {"a": 1}}',
        '{"MsgType": "text", "CreateTime": 99999999999, "FromUserName": "o"}',
        '{"MsgType": "text", "CreateTime": 1, "FromUserName": "o\\u0000"}',
        '{"MsgType": "text", "CreateTime": 1, "FromUserName": "' + "o" * 300 + '"}',
        '{"Event": "' + "e" * 300 + '", "CreateTime": 1}',
        '{"a":' * 60 + "1" + "}" * 60,
        '{"MsgType": "text", "CreateTime": 1, "x": 1e999}',
    ],
)
def test_what_was_proved_and_is_nothing_lies_in_the_quarantine(client, app, text):
    answer = pushed(client, text)

    assert (answer.status_code, answer.content) == (200, b"success")
    assert Quarantine.objects.count() == 1
    assert not Event.objects.exists()


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"{}", b"<xml/>", b'{"Encrypt": 1}', b"[" * 99])
def test_bodies_that_are_none_are_refused(client, app, body):
    answer = client.generic("POST", f"/wechat/{App.appid}/push", body, "text/xml")

    assert answer.status_code == 401


def test_numbers_stay_whole(client, app):
    one = reading.read(b'{"Event": "x", "CreateTime": 1, "order_id": 3705115058471208928, "n": 5}')

    assert one.fields == {"order_id": "3705115058471208928", "n": 5}


def test_what_cannot_be_committed_waits_on_the_disk_and_comes_in_later(client, app, monkeypatch):
    a_template(app, key="A")
    asked(client)  # its source is known
    one, store = events.popup(App, "o1", AT, [("A", "accept")]), ingest.record

    def away(*args, **kwargs):
        raise OperationalError("away")

    monkeypatch.setattr(ingest, "record", away)
    assert pushed(client, one).content == b"success"
    assert not Grant.objects.exists()
    monkeypatch.setattr(ingest, "record", store)
    spool._memory.away_until = 0.0  # and is not put back
    assert spool_reader.ingest_spooled() == 1
    react()
    assert Grant.objects.filter(state="free").count() == 1


def test_a_connection_has_one_source_whose_secret_nobody_knows(client, app):
    asked(client)
    asked(client)

    source = Source.objects.get(connection=app)
    assert (source.format, source.app_id, source.trust) == ("wechat", App.appid, "server")
    assert source.secret


def test_a_connection_that_is_switched_off_takes_nothing(client, app):
    app.is_active = False
    app.save()
    account.forget()

    assert asked(client).status_code == 401


def test_the_seal_is_that_of_the_platform():
    ours, platform = crypto.Sealer(AES_KEY, "wx1"), theirs.PushCrypto(AES_KEY, "wx1")
    for length in (0, 1, 11, 12, 13, 31, 32, 33, 500):
        text = b"x" * length
        assert ours.open(platform.encrypt(text, b"r" * 16)) == text
        assert platform.decrypt(ours.seal(text)) == text
    sealed = ours.seal(b"hello")
    for bad in ("", "%", sealed[:-8], "AAAA", sealed + "A"):
        with pytest.raises(crypto.NotSealed):
            ours.open(bad)
    with pytest.raises(crypto.NotSealed):
        crypto.Sealer(AES_KEY, "wx2").open(sealed)
    with pytest.raises(ValueError):
        crypto.Sealer(AES_KEY + "a", "wx1")
