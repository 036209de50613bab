import pytest

from demo.vendors.clock import Clock
from demo.vendors.wechat import WeChat
from tests.vendors.receiver import Receiver
from tests.vendors.sender import Sender

NOON = 1_796_011_200  # 2026-11-30 12:00 in China


@pytest.fixture
def wechat():
    """The platform with one app; its clock stands at noon until a test moves it."""
    with WeChat(clock=Clock(NOON)) as wechat:
        yield wechat


@pytest.fixture
def receiver():
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def sender(wechat):
    return Sender(wechat)
