"""A business opens: its namespace, its sources, and once its journeys. All else goes through
the doors."""

from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.db import connection

from campaigns.models import Campaign
from campaigns.recipes import shop, switching
from campaigns.recipes.parts import IN_APP
from campaigns.recipes.ready import RECIPES
from crm_project.queue.due import database_now
from customers.models import Namespace, Source, Trade, Workspace
from demo.past import campaigns
from demo.simulator.client import Keys
from demo.simulator.memory import Memory
from events.models import LifecycleSettings

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
