"""The stand-in of WeChat behaves as badly as it is told, in the platform's words."""

import httpx
import pytest

from tests.vendors.sender import SEND

TEMPLATES = "/wxaapi/newtmpl/gettemplate"
LESSONS = {"thing1": "绘画", "number2": "3", "name3": "王小明"}


def codes(wechat, times: int) -> list[int]:
    token = wechat.token()
    return [wechat.get(TEMPLATES, access_token=token)["errcode"] for _time in range(times)]


def test_busy_and_too_often_are_said_with_status_200(wechat):
    once = {"times": 1, "only": TEMPLATES}
    wechat.misbehave({"kind": "busy", **once}, {"kind": "throttle", **once})
    assert sorted(codes(wechat, 3)) == [-1, 0, 45011]


def test_a_share_of_calls_is_busy(wechat):
    wechat.misbehave({"kind": "busy", "share": 0.3, "only": TEMPLATES})
    assert 10 <= codes(wechat, 60).count(-1) <= 26


@pytest.mark.parametrize("kind", ["cut", "garbage"])
def test_an_answer_that_does_not_come_hides_what_was_done(sender, kind):
    sender.person.subscribe(sender.running_out)
    sender.wechat.misbehave({"kind": kind, "times": 1, "only": SEND})
    with pytest.raises((httpx.RemoteProtocolError, ValueError)):
        sender.sends(sender.running_out, LESSONS)
    assert len(sender.person.inbox) == 1
    assert sender.sends(sender.running_out, LESSONS) == 43101


@pytest.mark.parametrize("kind", ["fail", "drop", "busy"])
def test_what_was_not_taken_costs_nothing(sender, kind):
    sender.person.subscribe(sender.running_out)
    sender.wechat.misbehave({"kind": kind, "times": 1, "only": SEND})
    try:
        code = sender.sends(sender.running_out, LESSONS)
    except (httpx.RemoteProtocolError, ValueError):
        code = None
    assert code in (None, -1)
    assert sender.person.left(sender.running_out) == 1
    assert sender.sends(sender.running_out, LESSONS) == 0
