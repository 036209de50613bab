"""A business opens: its namespace, its sources, and once its journeys. All else goes through
the doors."""

from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.db import connection

from campaigns.journeys import definition
from campaigns.journeys.format import VERSION
from campaigns.models import Campaign, Journey
from campaigns.recipes import shop, switching
from campaigns.recipes.parts import IN_APP
from campaigns.recipes.ready import RECIPES
from crm_project.queue.due import database_now
from customers.models import Connection, Namespace, Purpose, Source, Trade, Workspace
from demo.past import campaigns
from demo.simulator.client import Keys
from demo.simulator.memory import Memory
from events.models import LifecycleSettings
from integrations.models import SubscribeTemplate
from integrations.wechat.subscribe import templates
from integrations.wechat.vendor import WeChat

VENDOR, KEY = "wechat", "wechat_subscribe"
STAND_IN = "%s(演示:微信的替身 stand-in, not WeChat)"
SHIPPED, COUPON_ENDS = "订单发货通知", "优惠券到期提醒"
SHIPPED_JOURNEY = "订单发货通知 WeChat"
SHIPPED_WORDS = {
    "value1": "{{ order.number }}",
    "value2": "{{ product.name | default: '您的商品' }}",
    "value3": "顺丰",
    "page": "pages/order/index?number={{ order.number }}",
}
ABOUT = {
    SHIPPED: ("order", "发货时告诉您一声"),
    COUPON_ENDS: ("coupon", "优惠券到期前提醒您"),
}
WINDOW_SECONDS = 20
COUPONS = 1000  # of each batch


@dataclass(frozen=True)
class Premises:
    key: str
    name: str
    app_id: str
    back_end: str
    mini_program: str
    segment: str = ""  # the shop alone has mini-programs that speak foreign formats
    sensors: str = ""
    trade: str = ""  # in whose words its pages speak
    recipes: tuple[str, ...] = ()  # the ready journeys that it runs
    counts: str = ""  # the event that is a purchase where nobody orders again and again


SHOP = Premises(
    "shop",
    "互通小店",
    "wx-demo-shop",
    "Demo shop back end",
    "Demo mini-program",
    "Demo mini-program (Segment)",
    "Demo mini-program (Sensors 神策)",
    trade=Trade.SHOP,
    recipes=("cart", "second_purchase", "coupon_end"),
)
SCHOOL = Premises(
    "school",
    "互通学堂",
    "wx-demo-school",
    "Demo school back end",
    "Demo school mini-program",
    trade=Trade.SCHOOL,
    recipes=("lesson", "welcome", "birthday"),
    counts="Booking Attended",
)
CLINIC = Premises(
    "clinic",
    "互通诊所",
    "wx-demo-clinic",
    "Demo clinic back end",
    "Demo clinic mini-program",
    trade=Trade.CLINIC,
    recipes=("appointment", "no_show", "win_back"),
    counts="Booking Attended",
)


def open_up(premises: Premises, memory: Memory) -> Keys:
    """The sources exist, their keys are known, and `memory` says when this business began."""
    namespace, is_new = Namespace.objects.get_or_create(
        key=premises.key, defaults={"name": premises.name, "trade": premises.trade}
    )
    if is_new:
        memory.forget()
        speak(premises)
        count_visits(premises)
    server, client = Source.Trust.SERVER, Source.Trust.CLIENT
    back_end = _source(premises, namespace, premises.back_end, server)
    mini_program = _source(premises, namespace, premises.mini_program, client)
    yuan = Source.MoneyUnit.YUAN
    segment = (
        premises.segment
        and _source(
            premises, namespace, premises.segment, client, format="segment", money_unit=yuan
        ).key
    )
    sensors = (
        premises.sensors
        and _source(premises, namespace, premises.sensors, client, format="sensors").key
    )
    token = memory["read_token"]
    if not token or not Source.objects.with_read_token(token).filter(pk=back_end.pk).exists():
        token = back_end.issue_secrets()["read_token"]
        memory.put(read_token=token)
    if not memory["opened_at"]:
        memory.put(opened_at=database_now().isoformat())
    return Keys(back_end.key, back_end.secret, token, mini_program.key, segment, sensors)


def connect(premises: Premises, url: str, app_id: str, secret: str, *, ours: str) -> dict[str, str]:
    """The mini-program is connected to the stand-in at `url`, and named so that nobody takes it for
    WeChat; where its message push goes, and its keys."""
    namespace = Namespace.objects.get(key=premises.key)
    row = Connection.objects.filter(vendor=VENDOR, account=app_id).first()
    if row is None:
        row = Connection(
            vendor=VENDOR, account=app_id, namespace=namespace, name=STAND_IN % premises.name
        )
        row.settings = WeChat().completed({"app_id": app_id, "secret": secret})
    row.base_url = url
    row.save()
    address = f"{ours}/wechat/{app_id}/push"
    keys = {name: row.settings[name] for name in ("push_token", "aes_key")}
    connection.close()
    return {"url": address, "token": keys["push_token"], "aes_key": keys["aes_key"]}


def subscribe_journey(premises: Premises, app_id: str) -> None:
    """Once: what people subscribed to is said of each template, and whoever has paid is told that
    their order is on its way."""
    app, now = Connection.objects.get(vendor=VENDOR, account=app_id), database_now()
    templates.sync(app, now=now)
    for row in SubscribeTemplate.objects.filter(connection=app, about=""):
        row.about, row.promise = ABOUT.get(row.title, ("", ""))
        row.save(update_fields=["about", "promise"])
    one = SubscribeTemplate.objects.filter(connection=app, title=SHIPPED).first()
    if one and not Journey.objects.filter(name=SHIPPED_JOURNEY).exists():
        owner = get_user_model().objects.filter(is_superuser=True).order_by("pk").first()
        draft = {
            "v": VERSION,
            "trigger": {"trigger": "event", "fields": {"event": "Order Completed"}},
            "reentry": {"kind": "always"},
            "start": "s1",
            "steps": {"s1": step_of({"template": one.key, **SHIPPED_WORDS})},
        }
        definition.check(draft)
        journey = Journey.objects.create(name=SHIPPED_JOURNEY, draft=draft)
        definition.publish(journey, by=owner, now=now)
    connection.close()


def step_of(content: dict) -> dict:
    fields = {"channel": KEY, "purpose": Purpose.SERVICE, "content": content}
    return {"step": "send_message", "fields": fields, "exits": {"next": None}}


def speak(premises: Premises) -> None:
    """Of one business everything is in the words of its trade; of several, only what is about one
    customer."""
    workspace = Workspace.get()
    workspace.trade = premises.trade if Namespace.objects.count() == 1 else ""
    workspace.save(update_fields=["trade"])


def count_visits(premises: Premises) -> None:
    """A school or a clinic that opens alone lives by lessons and appointments; beside a shop,
    orders go on counting."""
    if premises.counts and Namespace.objects.count() == 1:
        LifecycleSettings.get()
        LifecycleSettings.objects.update(
            counting=LifecycleSettings.Counting.EVENTS, events=[premises.counts]
        )


def _source(premises: Premises, namespace: Namespace, name: str, trust: str, **more) -> Source:
    defaults = {"namespace": namespace, "trust": trust, "app_id": premises.app_id, **more}
    return Source.objects.get_or_create(name=name, defaults=defaults)[0]


def tell_campaigns(premises: Premises, memory: Memory) -> None:
    """Once, of the shop: three campaigns of the past, so that its reports have something to say."""
    if premises is SHOP and not memory["campaigns"]:
        source = Source.objects.select_related("namespace").get(name=premises.back_end)
        if not Campaign.objects.filter(name=campaigns.STORIES[0].name).exists():
            campaigns.tell(source, database_now())
        memory.put(campaigns=True)
        connection.close()


def switch_on_journeys(premises: Premises, memory: Memory) -> None:
    """Once: the business's ready journeys, and in the shop, where everything is to be seen soon:
    whoever looked and did not order the same within 20 s gets a coupon and a message."""
    if memory["journey"]:
        return
    owner = get_user_model().objects.filter(is_superuser=True).order_by("pk").first()
    namespace, now = Namespace.objects.get(key=premises.key), database_now()
    if premises is SHOP:
        shop.switch_on(namespace=namespace, now=now, seconds=WINDOW_SECONDS, by=owner)
    for key in premises.recipes:
        recipe = RECIPES[key]
        terms = recipe.coupon if recipe.may_have_coupon(premises.trade) else None
        switching.switch_on(
            recipe,
            namespace=namespace,
            trade=premises.trade,
            channel=IN_APP,
            coupons=terms
            and switching.Coupons(
                terms.amount_off_fen, terms.threshold_fen, terms.valid_days, stock=COUPONS
            ),
            by=owner,
            now=now,
        )
    memory.put(journey=True)
    connection.close()
