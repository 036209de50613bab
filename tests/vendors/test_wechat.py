"""The stand-in of WeChat keeps the platform's rules: tokens, log-in, phones, who may call."""

import hmac
import re

import pytest

from demo.vendors.clock import Clock
from demo.vendors.wechat import WeChat, WeChatApart, crypto
from tests.vendors.conftest import NOON

STABLE = "/cgi-bin/stable_token"
SESSION = "/sns/jscode2session"
CODE = "/wxa/getwxacodeunlimit"
PHONE = "/wxa/business/getuserphonenumber"
TEMPLATES = "/wxaapi/newtmpl/gettemplate"


def credentials(wechat, **other) -> dict:
    given = {"grant_type": "client_credential", "appid": wechat.appid, "secret": wechat.secret}
    return {**given, **other}


def stable(wechat, **other) -> dict:
    return wechat.post(STABLE, credentials(wechat, **other))


def session(wechat, code: str, **other) -> dict:
    given = credentials(wechat, grant_type="authorization_code", js_code=code, **other)
    return wechat.get(SESSION, **given)


def opens(wechat, token: str) -> int:
    """The errcode that a call with this token is answered with."""
    return wechat.get(TEMPLATES, access_token=token)["errcode"]


# -- tokens ----------------------------------------------------------------------------


def test_a_stable_token_stays_the_same_while_it_is_good(wechat):
    first = stable(wechat)
    wechat.advance(6855)
    assert first["expires_in"] == 7200
    assert stable(wechat) == {**first, "expires_in": 345}
    assert len(first["access_token"]) <= 512


def test_it_is_renewed_five_minutes_early_and_both_are_good_for_these(wechat):
    old = stable(wechat)["access_token"]
    wechat.advance(6900)
    assert stable(wechat)["access_token"] == old
    wechat.advance(1)
    new = stable(wechat)
    assert new["access_token"] != old
    assert new["expires_in"] == 7200
    assert (opens(wechat, old), opens(wechat, new["access_token"])) == (0, 0)
    wechat.advance(299)
    assert (opens(wechat, old), opens(wechat, new["access_token"])) == (42001, 0)


def test_a_forced_token_ends_the_one_before_at_once(wechat):
    old = stable(wechat)["access_token"]
    new = stable(wechat, force_refresh=True)["access_token"]
    assert (opens(wechat, old), opens(wechat, new)) == (40001, 0)
    assert stable(wechat)["access_token"] == new


def test_tokens_are_forced_thirty_seconds_apart_and_twenty_times_a_day(wechat):
    for _time in range(20):
        assert "access_token" in stable(wechat, force_refresh=True)
        wechat.advance(29)
        assert stable(wechat, force_refresh=True)["errcode"] == 45011
        wechat.advance(1)
    assert stable(wechat, force_refresh=True)["errcode"] == 45009
    wechat.advance(12 * 3600)  # past midnight in China
    assert "access_token" in stable(wechat, force_refresh=True)


def test_the_old_api_gives_a_new_token_each_time_and_leaves_stable_ones_alone(wechat):
    steady = stable(wechat)["access_token"]
    first, second = (wechat.get("/cgi-bin/token", **credentials(wechat)) for _time in range(2))
    assert first["access_token"] != second["access_token"]
    tokens = [first["access_token"], second["access_token"], steady]
    assert [opens(wechat, token) for token in tokens] == [40001, 0, 0]


def test_tokens_that_are_none(wechat):
    assert [opens(wechat, token) for token in ("", "no token", "x" * 513, "nobodys")] == [
        41001,
        40014,
        40014,
        40001,
    ]
    token = wechat.token()
    wechat.tell("expire_tokens", appid=wechat.appid)
    assert opens(wechat, token) == 42001
    assert opens(wechat, wechat.token()) == 0


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"appid": "wx0000000000000000"}, 40013),
        ({"appid": ""}, 41002),
        ({"secret": "wrong"}, 40125),
        ({"secret": None}, 41004),
        ({"grant_type": "password"}, 40002),
    ],
)
def test_who_asks_for_a_token_must_be_known(wechat, other, code):
    refused = stable(wechat, **other)
    assert refused["errcode"] == code
    assert re.search(r" rid: [0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}$", refused["errmsg"])


def test_from_which_address_and_with_which_secret(wechat):
    wechat.tell("app", appid=wechat.appid, addresses=["203.0.113.7"])
    refused = stable(wechat)
    assert refused["errcode"] == 40164
    assert "invalid ip 127.0.0.1" in refused["errmsg"]
    wechat.tell("app", appid=wechat.appid, addresses=["127.0.0.1"])
    assert "access_token" in stable(wechat)
    wechat.tell("app", appid=wechat.appid, is_frozen=True)
    assert stable(wechat)["errcode"] == 40243
    wechat.tell("app", appid=wechat.appid, is_frozen=False, confirmation=89503)
    assert stable(wechat)["errcode"] == 89503
    wechat.tell("app", appid=wechat.appid, confirmation=0, secret="another")
    assert stable(wechat)["errcode"] == 40125


def test_a_call_must_have_its_form(wechat):
    token = wechat.token()
    assert wechat.get(STABLE)["errcode"] == 43002
    assert wechat.post(TEMPLATES, {}, access_token=token)["errcode"] == 43001
    assert wechat.post("/no/such/door", {})["errcode"] == 40066
    for body in (b"{", b"[]", b"\xff"):
        assert wechat.call("POST", STABLE, content=body).json()["errcode"] == 47001


def test_quotas_of_the_day_and_of_the_minute(wechat):
    token = wechat.token()
    wechat.tell("quotas", path=TEMPLATES, day=3, minute=2)
    assert [opens(wechat, token) for _time in range(3)] == [0, 0, 45011]
    wechat.advance(60)
    assert [opens(wechat, token) for _time in range(2)] == [0, 45009]


# -- log-in ------------------------------------------------------------------------------


def test_a_code_works_once_within_five_minutes_for_its_app(wechat):
    person = wechat.person()
    code, late, foreign = (person.login() for _time in range(3))
    told = session(wechat, code["code"])
    assert {"openid", "session_key", "unionid"} == set(told)
    assert (told["openid"], told["unionid"]) == (code["openid"], code["unionid"])
    assert session(wechat, code["code"])["errcode"] == 40163
    assert session(wechat, "made-up")["errcode"] == 40029
    assert session(wechat, "")["errcode"] == 41008
    other = wechat.tell("add_app")
    stolen = session(wechat, foreign["code"], appid=other["appid"], secret=other["secret"])
    assert stolen["errcode"] == 40029
    wechat.advance(301)
    assert session(wechat, late["code"])["errcode"] == 40029


def test_a_wrong_secret_uses_no_code_up(wechat):
    code = wechat.person().login()["code"]
    assert session(wechat, code, secret="wrong")["errcode"] == 40125
    assert "openid" in session(wechat, code)


def test_a_code_says_that_it_is_plain_text(wechat):
    answer = wechat.call("GET", SESSION)
    assert answer.headers["content-type"].startswith("text/plain")


def test_an_openid_is_an_apps_and_a_unionid_an_accounts(wechat):
    person, stranger = wechat.person(), wechat.person()
    sister = wechat.tell("add_app")["appid"]
    alone = wechat.tell("add_app", open_platform="")
    here, there = person.login(), person.login(appid=sister)
    assert here["openid"] != there["openid"]
    assert here["unionid"] == there["unionid"] != stranger.login()["unionid"]
    code = person.login(appid=alone["appid"])["code"]
    told = session(wechat, code, appid=alone["appid"], secret=alone["secret"])
    assert "unionid" not in told


def test_risky_people_and_too_many_tries(wechat):
    assert session(wechat, wechat.person(is_risky=True).login()["code"])["errcode"] == 40226
    person = wechat.person()
    for _time in range(100):
        assert "openid" in session(wechat, person.login()["code"])
    code = person.login()["code"]
    assert session(wechat, code)["errcode"] == 45011
    assert "openid" in session(wechat, wechat.person().login()["code"])
    wechat.advance(60)
    assert "openid" in session(wechat, code)


def test_only_the_last_log_ins_key_is_good(wechat):
    person, token = wechat.person(), wechat.token()

    def check(key: str) -> int:
        signed = hmac.new(key.encode(), b"", "sha256").hexdigest()
        query = {"openid": person.openid, "signature": signed, "sig_method": "hmac_sha256"}
        return wechat.get("/wxa/checksession", access_token=token, **query)["errcode"]

    first = session(wechat, person.login()["code"])["session_key"]
    assert check(first) == 0
    second = session(wechat, person.login()["code"])["session_key"]
    assert (check(first), check(second)) == (87009, 0)


# -- phone -----------------------------------------------------------------------------


def test_a_phone_is_given_for_a_code_once(wechat):
    person, token = wechat.person(phone="13800138000"), wechat.token()
    code = person.do("phone")["code"]
    told = wechat.post(PHONE, {"code": code, "openid": person.openid}, access_token=token)
    assert told["phone_info"] == {
        "phoneNumber": "13800138000",
        "purePhoneNumber": "13800138000",
        "countryCode": "86",
        "watermark": {"timestamp": NOON, "appid": wechat.appid},
    }
    assert wechat.post(PHONE, {"code": code}, access_token=token)["errcode"] == 40029
    late = person.do("phone")["code"]
    wechat.advance(301)
    assert wechat.post(PHONE, {"code": late}, access_token=token)["errcode"] == 40029
    assert wechat.ask("apps")[0]["phones_given"] == 1


def test_a_phone_code_is_no_log_in_and_belongs_to_somebody(wechat):
    person, other, token = wechat.person(phone="13800138000"), wechat.person(), wechat.token()
    code = person.do("phone")["code"]
    assert session(wechat, code)["errcode"] == 40029
    asked = {"code": code, "openid": other.openid}
    assert wechat.post(PHONE, asked, access_token=token)["errcode"] == 40003
    elsewhere = person.do("phone", appid=wechat.tell("add_app")["appid"])["code"]
    assert wechat.post(PHONE, {"code": elsewhere}, access_token=token)["errcode"] == 40013
    code = person.login()["code"]
    assert wechat.post(PHONE, {"code": code}, access_token=token)["errcode"] == 40029


def test_phones_abroad_and_country_codes_as_numbers(wechat):
    person, token = wechat.person(phone="7700900123", country="44"), wechat.token()
    wechat.tell("app", appid=wechat.appid, country_is_number=True)
    code = person.do("phone")["code"]
    told = wechat.post(PHONE, {"code": code}, access_token=token)["phone_info"]
    assert (told["phoneNumber"], told["purePhoneNumber"]) == ("+447700900123", "7700900123")
    assert told["countryCode"] == 44


def test_the_phone_comes_encrypted_as_well(wechat):
    person = wechat.person(phone="13800138000")
    key = session(wechat, person.login()["code"])["session_key"]
    told = person.do("phone")
    found = crypto.decrypt_user_data(told["encryptedData"], key, told["iv"])
    assert (found["purePhoneNumber"], found["watermark"]["appid"]) == ("13800138000", wechat.appid)


# -- the whole -------------------------------------------------------------------------


def test_everything_comes_from_the_seed():
    def story(seed: str) -> list:
        with WeChat(seed, clock=Clock(NOON)) as wechat:
            person = wechat.person()
            return [
                wechat.account,
                wechat.token(),
                person.login(),
                session(wechat, person.login()["code"]),
            ]

    assert story("a") == story("a") != story("b")


def test_a_process_of_its_own_is_the_same_platform():
    with WeChatApart() as apart, WeChat() as here:
        assert apart.account == here.account
        assert apart.person().login() == here.person().login()


def test_what_was_called_is_known_and_counted(wechat):
    token = wechat.token()
    session(wechat, "made-up")
    picture = wechat.call("POST", CODE, params={"access_token": token}, json={"scene": "s"})
    [call] = wechat.ask("calls", name=SESSION)
    assert (call["method"], call["status"]) == ("GET", 200)
    assert picture.status_code == 200
    counts = {(one["path"], one["errcode"]): one["times"] for one in wechat.ask("counts")}
    assert counts == {(STABLE, 0): 1, (SESSION, 40029): 1, (CODE, 0): 1}
