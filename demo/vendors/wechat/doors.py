"""Which path does what."""

from collections.abc import Callable
from dataclasses import dataclass

from demo.vendors.wechat import codes, links, messages, service, sessions, templates, tokens
from demo.vendors.wechat.asked import Asked


@dataclass(frozen=True)
class Door:
    """`alone` names what only one call at a time may work on."""

    method: str
    answer: Callable[[Asked], dict | codes.Picture]
    by_token: bool = True
    alone: Callable[[Asked], tuple] | None = None


TEMPLATES = "/wxaapi/newtmpl"

DOORS = {
    "/cgi-bin/stable_token": Door("POST", tokens.stable_token, by_token=False),
    "/cgi-bin/token": Door("GET", tokens.token, by_token=False),
    "/sns/jscode2session": Door("GET", sessions.code_to_session, by_token=False),
    "/wxa/checksession": Door("GET", sessions.check_session),
    "/wxa/business/getuserphonenumber": Door("POST", sessions.get_user_phone_number),
    "/cgi-bin/message/subscribe/send": Door("POST", messages.send, alone=messages.recipient),
    "/cgi-bin/message/custom/send": Door("POST", service.send),
    f"{TEMPLATES}/gettemplate": Door("GET", templates.get_template),
    f"{TEMPLATES}/getcategory": Door("GET", templates.get_category),
    f"{TEMPLATES}/getpubtemplatetitles": Door("GET", templates.get_pub_template_titles),
    f"{TEMPLATES}/getpubtemplatekeywords": Door("GET", templates.get_pub_template_keywords),
    f"{TEMPLATES}/addtemplate": Door("POST", templates.add_template),
    f"{TEMPLATES}/deltemplate": Door("POST", templates.delete_template),
    "/wxa/generate_urllink": Door("POST", links.generate_urllink),
    "/wxa/getwxacodeunlimit": Door("POST", codes.get_wxacode_unlimited),
}
