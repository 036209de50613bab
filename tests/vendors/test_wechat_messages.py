"""The stand-in of WeChat keeps the platform's rules: templates, grants, messages both ways."""

from concurrent.futures import ThreadPoolExecutor

import pytest

SEND = "/cgi-bin/message/subscribe/send"
SERVICE = "/cgi-bin/message/custom/send"
LIBRARY = "/wxaapi/newtmpl"
LESSONS = {"thing1": "少儿绘画", "number2": "3", "name3": "王小明"}
LESSON = {
    "thing1": "绘画",
    "time2": "09:00",
    "name3": "王小明",
    "thing4": "二楼",
    "phone_number5": "0571-1",
}

POLICY = {"date2": "2026-12-31", "thing3": "意外伤害"}


# -- templates -------------------------------------------------------------------------


def test_the_list_of_templates_tells_keys_kinds_and_choices(sender):
    listed = {one["title"]: one for one in sender.get(f"{LIBRARY}/gettemplate")["data"]}
    assert listed["课时不足提醒"] == {
        "priTmplId": sender.running_out,
        "title": "课时不足提醒",
        "content": "课程名称:{{thing1.DATA}}\n剩余课时:{{number2.DATA}}\n学员姓名:{{name3.DATA}}\n",
        "example": "课程名称:少儿绘画\n剩余课时:3\n学员姓名:王小明\n",
        "type": 2,
    }
    assert listed["上课提醒"]["type"] == 3
    choices = [
        {"enumValueList": ["已预约", "已改期", "已取消"], "keywordCode": "enum_string4.DATA"}
    ]
    assert listed["就诊提醒"]["keywordEnumValueList"] == choices


def test_the_public_library_by_category(sender):
    school = sender.wechat.tell("add_app", categories=[402])
    sender.wechat.account = school
    assert sender.get(f"{LIBRARY}/getcategory")["data"] == [{"id": 402, "name": "培训机构"}]
    page = sender.get(f"{LIBRARY}/getpubtemplatetitles", ids='"301,402"', start=1, limit=1)
    assert page["count"] == 2
    assert page["data"] == [{"tid": 2002, "title": "课时不足提醒", "type": 2, "categoryId": "402"}]
    keywords = sender.get(f"{LIBRARY}/getpubtemplatekeywords", tid=2002)
    assert keywords["count"] == 3
    assert keywords["data"][1] == {"kid": 2, "name": "剩余课时", "example": "3", "rule": "number"}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"start": 0, "limit": 1}, 200018),
        ({"ids": "a", "start": 0, "limit": 1}, 200019),
        ({"ids": "402", "start": "x", "limit": 1}, 200016),
        ({"ids": "402", "start": 0, "limit": 31}, 200017),
    ],
)
def test_the_library_is_asked_properly(sender, query, code):
    assert sender.get(f"{LIBRARY}/getpubtemplatetitles", **query)["errcode"] == code
    assert sender.get(f"{LIBRARY}/getpubtemplatekeywords", tid=9)["errcode"] == 200014


def test_templates_are_picked_and_given_back(sender):
    def add(**other) -> dict:
        return sender.post(
            f"{LIBRARY}/addtemplate",
            **{"tid": "2001", "kidList": [2, 1], "sceneDesc": "上课前", **other},
        )

    new = add()["priTmplId"]
    listed = {one["priTmplId"]: one for one in sender.get(f"{LIBRARY}/gettemplate")["data"]}
    assert listed[new]["content"] == "上课时间:{{time2.DATA}}\n课程名称:{{thing1.DATA}}\n"
    assert add()["errcode"] == 200022
    assert add(tid="9")["errcode"] == 200014
    for kids in ([1], [1, 9], [1, 1], [1, 2, 3, 4, 5, 1], "1,2"):
        assert add(kidList=kids)["errcode"] == 200020
    assert add(tid="4001", kidList=[2, 3])["errcode"] == 200020  # without what its limit counts by
    assert add(sceneDesc="一" * 16)["errcode"] == 200021
    assert sender.post(f"{LIBRARY}/deltemplate", priTmplId=new)["errcode"] == 0
    assert sender.sends(new, {}) == 40037
    assert sender.post(f"{LIBRARY}/deltemplate", priTmplId=new)["errcode"] == 200014


# -- grants ----------------------------------------------------------------------------


def test_each_accept_of_a_one_time_template_is_one_message(sender):
    assert sender.sends(sender.running_out, LESSONS) == 43101
    told = [sender.person.subscribe(sender.running_out) for _time in range(2)]
    assert told == [{"errMsg": "requestSubscribeMessage:ok", sender.running_out: "accept"}] * 2
    assert sender.person.left(sender.running_out) == 2
    assert [sender.sends(sender.running_out, LESSONS) for _time in range(3)] == [0, 0, 43101]


def test_a_long_term_template_stays_accepted(sender):
    assert sender.sends(sender.lesson, LESSON) == 43101
    sender.person.subscribe(sender.lesson)
    assert [sender.sends(sender.lesson, LESSON) for _time in range(3)] == [0, 0, 0]


def test_a_limit_of_frequency_is_for_each_number(sender):
    sender.person.subscribe(sender.policy)
    one, two = ({**POLICY, "character_string1": number} for number in ("P-1", "P-2"))
    assert [sender.sends(sender.policy, data) for data in (one, two, one)] == [0, 0, 43101]
    sender.wechat.advance(86400)  # it is December
    assert sender.sends(sender.policy, one) == 0


def test_a_reject_in_the_pop_up_takes_nothing_and_a_refusal_all(sender):
    sender.person.subscribe(sender.running_out)
    told = sender.person.subscribe(sender.running_out, accept=())
    assert told[sender.running_out] == "reject"
    assert sender.person.left(sender.running_out) == 1
    sender.person.subscribe(sender.lesson)
    sender.person.refuse(sender.running_out, sender.lesson)
    assert sender.sends(sender.running_out, LESSONS) == 43101
    assert sender.sends(sender.lesson, LESSON) == 43101
    assert sender.person.subscribe(sender.running_out)[sender.running_out] == "reject"
    sender.person.do("settings", remembered={sender.running_out: None})
    assert sender.person.subscribe(sender.running_out)[sender.running_out] == "accept"


def test_who_ticked_always_is_not_asked_again_but_accepts_each_time(sender):
    sender.person.subscribe(sender.running_out, always=True)
    told = sender.person.subscribe(sender.running_out, accept=())
    assert told[sender.running_out] == "accept"
    assert sender.person.left(sender.running_out) == 2


def test_what_the_pop_up_cannot_be_asked(sender):
    other = sender.wechat.template("订单发货通知")
    asked = {"tid": "2002", "kidList": [1, 2], "sceneDesc": "课"}
    twin = sender.post(f"{LIBRARY}/addtemplate", **asked)["priTmplId"]

    def fails(*templates: str) -> int:
        return sender.person.subscribe(*templates)["errCode"]

    assert fails() == 10001
    assert fails("no template") == 20001
    assert fails(sender.running_out, sender.lesson) == 20002
    assert fails(*[sender.running_out] * 6) == 20003
    assert sender.person.subscribe(sender.running_out, twin)[twin] == "filter"
    sender.wechat.tell("ban", appid=sender.wechat.appid, template=other)
    assert sender.person.subscribe(other, sender.running_out)[other] == "ban"
    sender.person.do("settings", takes_messages=False)
    assert fails(other) == 20004
    assert (sender.person.left(twin), sender.person.left(other)) == (0, 0)


def test_nothing_goes_to_whoever_has_switched_messages_off(sender):
    sender.person.subscribe(sender.running_out)
    sender.person.do("settings", takes_messages=False)
    assert sender.sends(sender.running_out, LESSONS) == 43101
    sender.person.do("settings", takes_messages=True)
    assert sender.sends(sender.running_out, LESSONS) == 0


# -- sending ---------------------------------------------------------------------------


def test_what_is_sent_arrives_and_a_click_leads_back(sender):
    sender.person.subscribe(sender.running_out)
    page = "pages/booking/index?from=m1&n=2"
    other = {"page": page, "miniprogram_state": "formal", "lang": "zh_CN"}
    told = sender.told(sender.running_out, LESSONS, **other)
    assert told["msgid"] > 2**53
    (message,) = sender.person.inbox
    assert message["msgid"] == told["msgid"]
    assert (message["title"], message["data"], message["page"]) == ("课时不足提醒", LESSONS, page)
    launch = sender.person.click(message["number"])
    assert launch == {
        "appid": sender.wechat.appid,
        "path": "pages/booking/index",
        "query": "from=m1&n=2",
        "scene": 1014,
    }
    assert sender.person.inbox[0]["clicked"] == 1


def test_a_refused_message_costs_no_grant_and_arrives_nowhere(sender):
    sender.person.subscribe(sender.running_out)
    appid, stranger = sender.wechat.appid, sender.wechat.person()
    foreign = stranger.login(appid=sender.wechat.tell("add_app")["appid"])["openid"]
    sender.wechat.tell("app", appid=appid, sensitive_words=["发票"])
    too_long = {**LESSONS, "thing1": "一" * 21}
    refused = sender.told(sender.running_out, too_long)
    assert refused["errcode"] == 47003
    assert refused["errmsg"].startswith("argument invalid! data.thing1.value invalid rid: ")
    assert sender.sends("no template", LESSONS) == 40037
    assert sender.sends(sender.running_out, LESSONS, touser="nobody") == 40003
    assert sender.sends(sender.running_out, LESSONS, touser=foreign) == 40003
    assert sender.sends(sender.running_out, LESSONS, page="pages/secret/index") == 41030
    assert sender.sends(sender.running_out, LESSONS, miniprogram_state="beta") == 47003
    assert sender.sends(sender.running_out, {**LESSONS, "thing1": "发票"}) == 45168
    sender.wechat.tell("app", appid=appid, is_banned=True)
    assert sender.sends(sender.running_out, LESSONS) == 43107
    sender.wechat.tell("app", appid=appid, is_banned=False)
    assert sender.person.left(sender.running_out) == 1
    assert sender.person.inbox == []
    state = {"page": "pages/secret/index", "miniprogram_state": "trial"}
    assert sender.sends(sender.running_out, LESSONS, **state) == 0


def test_two_messages_to_one_person_at_the_same_time_are_one(sender):
    for _time in range(2):
        sender.person.subscribe(sender.running_out)
    sender.wechat.tell("takes", seconds=0.3)
    with ThreadPoolExecutor() as pool:
        codes = pool.map(lambda _time: sender.sends(sender.running_out, LESSONS), range(2))
    assert sorted(codes) == [0, 43108]
    assert (sender.person.left(sender.running_out), len(sender.person.inbox)) == (1, 1)
    sender.wechat.tell("takes", seconds=0)
    assert sender.sends(sender.running_out, LESSONS) == 0


def test_the_days_sends_are_limited(sender):
    sender.wechat.tell("quotas", path=SEND, day=1)
    sender.person.subscribe(sender.lesson)
    assert [sender.sends(sender.lesson, LESSON) for _time in range(2)] == [0, 45009]


# -- customer service ------------------------------------------------------------------


def test_five_answers_in_two_days_to_whoever_wrote(sender):
    def answer(**other) -> int:
        body = {"touser": sender.openid, "msgtype": "text", "text": {"content": "您好"}, **other}
        return sender.post(SERVICE, **body)["errcode"]

    assert answer() == 45015
    sender.person.do("write", fields={"Content": "在吗"})
    assert [answer() for _time in range(6)] == [0] * 5 + [45047]
    sender.person.do("write")
    sender.wechat.advance(48 * 3600 - 1)
    assert answer() == 0
    sender.wechat.advance(2)
    assert answer() == 45015
    assert [one["content"] for one in sender.person.inbox] == [{"content": "您好"}] * 6
    assert answer(touser="nobody") == 40003
    assert answer(msgtype="fax") == 40008
    assert answer(text={}) == 44004
    child = sender.wechat.person(is_minor=True)
    child.do("write")
    assert answer(touser=child.openid) == 70000


def test_two_answers_in_a_minute_to_whoever_came_in(sender):
    def answer() -> int:
        body = {"touser": sender.openid, "msgtype": "text", "text": {"content": "您好"}}
        return sender.post(SERVICE, **body)["errcode"]

    sender.person.do("enter")
    assert [answer() for _time in range(3)] == [0, 0, 45047]
    sender.person.do("enter")
    sender.wechat.advance(60)
    assert answer() == 45015
