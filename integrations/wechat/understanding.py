"""What the platform tells, as events of ours; and what is left alone, with the reason."""

from collections.abc import Iterator
from hashlib import sha256

from customers.models import Identity, Kind, Source
from events.incoming_items import Incoming, Named
from integrations.doors.reading.free_json import Unfit
from integrations.wechat.pushed import Pushed, text

POPUP, CHANGE, SENT = (f"subscribe_msg_{what}_event" for what in ("popup", "change", "sent"))
ENTERED, REVOKED = "user_enter_tempsession", "user_authorization_revoke"
SUBSCRIBED, DECLINED, WITHDRAWN = (
    "Message Subscribed",
    "Message Permission Declined",
    "Message Permission Withdrawn",
)
WROTE, OPENED, REVOKED_HERE = (
    "Customer Service Message",
    "Customer Service Opened",
    "Authorization Revoked",
)
ACCEPT, REJECT = "accept", "reject"
WHO = "openid"  # in an event's context: whose act it was, since one customer may have several
# Kinds of messages that people write to the customer service.
MESSAGES = frozenset(
    {"text", "image", "voice", "video", "shortvideo", "location", "link", "miniprogrampage"}
)
LONGEST_TEXT, LONGEST_OPENID, LONGEST_KEY = 2000, 128, 128

THIN = "thin: what happened must be fetched from the shop's own API, which is not connected"
OF_SERVICE_ACCOUNT = "of a service account, which is not connected"
OF_SHOP = "of the shop's own goods and disputes; it concerns no customer"
LEFT = {
    **dict.fromkeys(
        (
            *(f"channels_ec_order_{what}" for what in ("new", "pay", "deliver", "confirm")),
            *(f"channels_ec_order_{what}" for what in ("cancel", "settle", "ext_info_update")),
            *("channels_ec_aftersale_update", "channels_ec_coupon_receive"),
            *("channels_ec_vip_user_auto_add", "channels_ec_vip_user_info_get"),
            *("trade_manage_order_settlement", "trade_manage_remind_shipping"),
        ),
        THIN,
    ),
    **dict.fromkeys(
        (
            *("channels_ec_brand", "channels_ec_complaint_update", "channels_ec_guarantee_update"),
            *("channels_ec_present_aftersale_update", "head_supplier_item_update"),
            *("product_category_audit", "product_spu_audit", "product_spu_listing"),
            *("wxa_trade_controlled", "trade_manage_remind_access_api", "wxa_media_check"),
        ),
        OF_SHOP,
    ),
    **dict.fromkeys(("subscribe", "unsubscribe", "TEMPLATESENDJOBFINISH"), OF_SERVICE_ACCOUNT),
    "notify_service_msg_send_result": "of messages by an order's number, which we do not send",
    "user_info_modified": "nicknames and pictures of WeChat are not kept",
    "debug_demo": "sent by the console to try the address",
}


def items_of(one: Pushed, source: Source) -> list[Incoming]:
    """The events of ours; none where only something else follows, or nothing."""
    if one.kind == POPUP:
        return list(chosen(one, {ACCEPT: SUBSCRIBED, REJECT: DECLINED}, source))
    if one.kind == CHANGE:
        return list(chosen(one, {ACCEPT: SUBSCRIBED, REJECT: WITHDRAWN}, source))
    if one.kind == SENT:
        check_receipt(one)
    return list(done(one, source))


def check_receipt(one: Pushed) -> None:
    """It says of whom and of what it is. Raises Unfit."""
    person_of(one)
    if not one.entries:
        raise Unfit("missing_field", "$.List", "It names no message.")
    for entry in one.entries:
        template_of(entry)


def done(one: Pushed, source: Source) -> Iterator[Incoming]:
    """What somebody did beside choosing. A receipt is no event of theirs."""
    if one.kind == ENTERED:
        yield event(one, OPENED, session_from=short(one.fields.get("SessionFrom")))
    if one.kind == REVOKED and is_known(person_of(one), source):
        yield event(one, REVOKED_HERE, info=short(one.fields.get("RevokeInfo")))
    if one.is_message and one.kind in MESSAGES:
        said = {"kind": one.kind, "text": said_in(one)}
        yield event(one, WROTE, **{name: value for name, value in said.items() if value})


def chosen(one: Pushed, names: dict[str, str], source: Source) -> Iterator[Incoming]:
    """One event for each template."""
    if not one.entries:
        raise Unfit("missing_field", "$.List", "It names no template.")
    for number, entry in enumerate(one.entries):
        key, said = template_of(entry), text(entry.get("SubscribeStatusString"))
        if name := names.get(said):
            yield event(one, name, number=number, template=key)


def template_of(entry: dict) -> str:
    key = text(entry.get("TemplateId"))
    if not 0 < len(key) <= LONGEST_KEY:
        raise Unfit("wrong_length", "$.List.TemplateId", "It is the id of a template.")
    return key


def event(one: Pushed, name: str, *, number: int = 0, **properties) -> Incoming:
    return Incoming(
        id=id_of(one, number),
        content=one.content,
        name=name,
        occurred_at=one.at,
        identities=[Named(Kind.WX_OPENID, person_of(one), proven=True)],
        properties=properties,
        context={WHO: person_of(one)},
    )


def id_of(one: Pushed, number: int = 0) -> str:
    """A message has an id; an event is known by all that it says, for there may be two of one
    person in a second."""
    message = text(one.fields.get("MsgId"))
    if one.is_message and message:
        return f"message:{message[:100]}"
    return f"{one.kind}:{sha256(one.content).hexdigest()[:32]}:{number}"


def person_of(one: Pushed) -> str:
    """Of a withdrawal it is the one whom it names."""
    openid = text(one.fields.get("OpenID")) if one.kind == REVOKED else ""
    openid = openid or one.openid
    if not 0 < len(openid) <= LONGEST_OPENID:
        raise Unfit("wrong_length", "$.FromUserName", "It is an openid.")
    return openid


def is_known(openid: str, source: Source) -> bool:
    return Identity.objects.filter(
        kind=Kind.WX_OPENID, scope=source.app_id, value=openid, customer__erased_at=None
    ).exists()


def short(value) -> str:
    return text(value)[:200]


def said_in(one: Pushed) -> str:
    """The words of a message, or what it is called."""
    return text(one.fields.get("Content") or one.fields.get("Title"))[:LONGEST_TEXT]
