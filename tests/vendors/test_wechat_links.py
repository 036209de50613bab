"""The stand-in of WeChat keeps the platform's rules: URL Links and mini-program codes."""

import struct
import zlib

import httpx
import pytest

from tests.vendors.conftest import NOON

LINK = "/wxa/generate_urllink"
CODE = "/wxa/getwxacodeunlimit"


def test_a_link_opens_a_page_until_it_expires(sender):
    good = {"path": "/pages/coupon/index", "query": "c=8", "expire_type": 1, "expire_interval": 30}
    link = sender.post(LINK, **good)["url_link"]
    assert link.startswith("https://wxaurl.cn/")
    launch = {
        "appid": sender.wechat.appid,
        "path": "/pages/coupon/index",
        "query": "c=8&m=1",
        "scene": 1194,
    }
    assert sender.person.open(f"{link}?m=1") == launch
    sender.wechat.advance(30 * 86400)
    with pytest.raises(ValueError, match="the link has expired"):
        sender.person.open(link)


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"path": "pages/none/index"}, 40165),
        ({"path": "pages/coupon/index?a=1"}, 40165),
        ({"query": "a=优惠"}, 40212),
        ({"query": "a" * 1025}, 40212),
        ({"expire_interval": 31}, 85401),
        ({"expire_interval": None}, 85401),
        ({"expire_type": 0}, 85401),
        ({"expire_type": 0, "expire_time": NOON + 31 * 86400}, 85401),
        ({"env_version": "beta"}, 85402),
        ({"expire_type": 0, "expire_time": NOON + 3600}, 0),
    ],
)
def test_a_link_is_asked_for_properly(sender, other, code):
    good = {"path": "pages/coupon/index", "query": "c=8", "expire_type": 1, "expire_interval": 30}
    assert sender.post(LINK, **{**good, **other})["errcode"] == code


def test_links_come_a_hundred_a_second_and_of_what_is_released(sender):
    asked = {"expire_type": 1, "expire_interval": 1}
    token = sender.token
    told = [sender.wechat.post(LINK, asked, access_token=token) for _time in range(101)]
    assert [one["errcode"] for one in told] == [0] * 100 + [44990]
    sender.wechat.tell("app", appid=sender.wechat.appid, is_released=False)
    assert sender.post(LINK, **asked)["errcode"] == 85079


def picture(sender, **body) -> httpx.Response:
    return sender.wechat.call("POST", CODE, params={"access_token": sender.token}, json=body)


def test_a_code_is_a_real_picture_and_a_scan_leads_to_its_page(sender):
    answer = picture(sender, scene="c=8&u=1", page="pages/coupon/index", width=300)
    assert answer.headers["content-type"] == "image/png"
    assert answer.content[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", answer.content[16:24]) == (300, 300)
    length = struct.unpack(">I", answer.content[33:37])[0]
    assert len(zlib.decompress(answer.content[41 : 41 + length])) == 300 * 301
    launch = sender.person.scan(answer.content)
    assert (launch["path"], launch["query"], launch["scene"]) == (
        "pages/coupon/index",
        "scene=c%3D8%26u%3D1",
        1047,
    )
    other = picture(sender, scene="c=9", page="pages/coupon/index", width=300)
    assert other.content != answer.content


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"scene": "s" * 33}, 40129),
        ({"scene": "优惠"}, 40129),
        ({"scene": "a%20"}, 40129),
        ({}, 40129),
        ({"scene": "s", "page": "pages/none/index"}, 41030),
        ({"scene": "s", "page": "/pages/coupon/index"}, 41030),
        ({"scene": "s", "env_version": "beta"}, 40097),
        ({"scene": "s", "width": 100}, 40097),
    ],
)
def test_a_code_is_asked_for_properly(sender, body, code):
    assert picture(sender, **body).json()["errcode"] == code


def test_a_code_may_lead_to_a_page_that_is_not_released_yet(sender):
    answer = picture(sender, scene="s", page="pages/none/index", check_path=False)
    assert answer.content[:4] == b"\x89PNG"
