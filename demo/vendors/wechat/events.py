"""What the platform pushes: the bodies of all events, as JSON and as XML."""

import json
from dataclasses import dataclass

# Numbers that JSON has as text and XML without CDATA.
BARE = {"CreateTime", "MsgId", "MsgID", "PopupScene", "ErrorCode"}

ORDER = "3705115058471208928"  # as a number beyond what JavaScript can hold

# Further events, with the fields beside the common ones as they come if a test says nothing else.
FURTHER = {
    "notify_service_msg_send_result": {
        "openid": "",
        "notify_code": "p1.4200002043202311087295582095",
        "notify_type": 2006,
        "card_status": 4,
        "fail_ret": -1004,
        "fail_msg": "user reject message ",
    },
    "trade_manage_remind_access_api": {"msg": "请接入发货信息管理服务"},
    "trade_manage_remind_shipping": {
        "transaction_id": "4200001234202611300000000001",
        "merchant_id": "1900000109",
        "sub_merchant_id": "",
        "merchant_trade_no": "T-1",
        "pay_time": 1796000000,
        "msg": "订单超过48小时未发货",
    },
    "trade_manage_order_settlement": {
        "transaction_id": "4200001234202611300000000001",
        "merchant_id": "1900000109",
        "sub_merchant_id": "",
        "merchant_trade_no": "T-1",
        "pay_time": 1796000000,
        "shipped_time": 1796003600,
        "estimated_settlement_time": 1796867600,
    },
    "wxa_trade_controlled": {"msg": "小程序需接入订单发货管理"},
    "wxa_media_check": {
        "appid": "",
        "trace_id": "60ae120f-371d5872-7941a05b",
        "version": 2,
        "errcode": 0,
        "errmsg": "ok",
        "result": {"suggest": "pass", "label": 100},
    },
    "channels_ec_order_new": {"order_info": {"order_id": int(ORDER)}},
    "channels_ec_order_pay": {"order_info": {"order_id": ORDER, "pay_time": "1796000000"}},
    "channels_ec_order_deliver": {"order_info": {"order_id": int(ORDER), "finish_delivery": 1}},
    "channels_ec_order_confirm": {"order_info": {"order_id": ORDER, "confirm_type": "1"}},
    "channels_ec_order_cancel": {"order_info": {"order_id": ORDER, "cancel_type": "1"}},
    "channels_ec_order_settle": {"order_info": {"order_id": ORDER, "settle_time": "1796000000"}},
    "channels_ec_order_ext_info_update": {"order_info": {"order_id": int(ORDER), "type": 1}},
    "channels_ec_aftersale_update": {
        "finder_shop_aftersale_status_update": {
            "status": "USER_WAIT_RETURN",
            "after_sale_order_id": "1234567",
            "order_id": ORDER,
            "wxa_vip_discounted_price": 100,
        }
    },
    "channels_ec_coupon_receive": {
        "receive_info": {
            "coupon_id": "19126",
            "user_coupon_id": "29730",
            "receive_time": "1796000000",
        }
    },
    "channels_ec_vip_user_auto_add": {
        "info": {
            "shop_appid": "wxshop",
            "outer_userid": "",
            "identity": "V1",
            "add_time": 1796000000,
        }
    },
    "channels_ec_vip_user_info_get": {"info": {"shop_appid": "wxshop"}},
    "TEMPLATESENDJOBFINISH": {"MsgID": 200163836, "Status": "success"},
    "subscribe": {},
    "unsubscribe": {},
    "debug_demo": {"debug_str": "hello world"},
}


@dataclass
class Event:
    """A body. In XML the entries of `List` stand in an element that is called like the event."""

    fields: dict
    list_element: str = ""

    @property
    def openid(self) -> str:
        return self.fields["FromUserName"]


def event(app, openid: str, at: float, name: str, /, **fields) -> Event:
    return Event({**head(app, openid, at), "MsgType": "event", "Event": name, **fields})


def head(app, openid: str, at: float) -> dict:
    return {"ToUserName": app.original_id, "FromUserName": openid, "CreateTime": int(at)}


def subscribe_event(app, openid: str, at: float, what: str, entries: list[dict]) -> Event:
    """`what` is Popup, Change or Sent. Its time is a text, which that of other events is not."""
    found = event(app, openid, at, f"subscribe_msg_{what.lower()}_event", List=entries)
    found.fields["CreateTime"] = str(int(at))
    found.list_element = f"SubscribeMsg{what}Event"
    return found


def popup(app, openid: str, at: float, choices: list[tuple[str, str]]) -> Event:
    entries = [{"TemplateId": one, "SubscribeStatusString": said} for one, said in choices]
    entries = [entry | {"PopupScene": "0"} for entry in entries]
    return subscribe_event(app, openid, at, "Popup", entries)


def change(app, openid: str, at: float, templates: list[str]) -> Event:
    entries = [{"TemplateId": one, "SubscribeStatusString": "reject"} for one in templates]
    return subscribe_event(app, openid, at, "Change", entries)


def sent(app, openid: str, at: float, template: str, msgid: int, *, is_lost: bool) -> Event:
    """The words of a loss are not documented."""
    code, status = ("-1", "system error") if is_lost else ("0", "success")
    entry = {"TemplateId": template, "MsgID": str(msgid), "ErrorCode": code, "ErrorStatus": status}
    return subscribe_event(app, openid, at, "Sent", [entry])


def message(app, openid: str, at: float, msgid: int, kind: str, /, **fields) -> Event:
    """What a person wrote to the customer service."""
    return Event({**head(app, openid, at), "MsgType": kind, **fields, "MsgId": msgid})


def revoked(app, openid: str, at: float, info: str) -> Event:
    return event(
        app,
        openid,
        at,
        "user_authorization_revoke",
        OpenID=openid,
        AppID=app.appid,
        RevokeInfo=info,
    )


def modified(app, openid: str, at: float) -> Event:
    return event(app, openid, at, "user_info_modified", openid=openid, appid=app.appid)


def as_json(one: Event, *, single_as_array: bool = False) -> str:
    """A `List` of one is the entry itself, as is documented; arrays of one were seen too."""
    fields = one.fields
    if len(fields.get("List", ())) == 1 and not single_as_array:
        fields = {**fields, "List": fields["List"][0]}
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))


def as_xml(one: Event) -> str:
    fields = dict(one.fields)
    if "List" in fields:
        fields[one.list_element] = {"List": fields.pop("List")}
    return f"<xml>{''.join(element(name, value) for name, value in fields.items())}</xml>"


def element(name: str, value: object) -> str:
    if isinstance(value, list):
        return "".join(element(name, entry) for entry in value)
    return f"<{name}>{inner(name, value)}</{name}>"


def inner(name: str, value: object) -> str:
    if isinstance(value, dict):
        return "".join(element(key, entry) for key, entry in value.items())
    if isinstance(value, int) or name in BARE:
        return str(value)
    return f"<![CDATA[{str(value).replace(']]>', ']]]]><![CDATA[>')}]]>"
