"""The shop opens: its namespace, its four sources, and once the demo's journey. All else goes through the doors."""

from django.contrib.auth import get_user_model
from django.db import connection

from campaigns.recipes import shop as recipe
from crm_project.due import database_now
from customers.models import Namespace, Source
from integrations.simulator.client import Keys
from integrations.simulator.memory import Memory

WINDOW_SECONDS = 20


def open_shop(memory: Memory) -> Keys:
    """The sources exist, their keys are known, and `memory` says when this shop began."""
    namespace, is_new = Namespace.objects.get_or_create(key="shop", defaults={"name": "互通小店"})
    if is_new:
        memory.forget()
    back_end = _source(namespace, "Demo shop back end", Source.Trust.SERVER)
    mini_program = _source(namespace, "Demo mini-program", Source.Trust.CLIENT)
    segment = _source(namespace, "Demo mini-program (Segment)", Source.Trust.CLIENT, format="segment", money_unit=Source.MoneyUnit.YUAN)
    sensors = _source(namespace, "Demo mini-program (Sensors 神策)", Source.Trust.CLIENT, format="sensors")
    token = memory["read_token"]
    if not token or not Source.objects.with_read_token(token).filter(pk=back_end.pk).exists():
        token = back_end.issue_secrets()["read_token"]
        memory.put(read_token=token)
    if not memory["opened_at"]:
        memory.put(opened_at=database_now().isoformat())
    return Keys(back_end.key, back_end.secret, token, mini_program.key, segment.key, sensors.key)


def _source(namespace: Namespace, name: str, trust: str, **more) -> Source:
    defaults = {"namespace": namespace, "trust": trust, "app_id": "wx-demo-shop", **more}
    return Source.objects.get_or_create(name=name, defaults=defaults)[0]


def switch_on_journey(memory: Memory) -> None:
    """Once: whoever looked and did not order the same within 20 s gets a coupon and a message."""
    if memory["journey"]:
        return
    owner = get_user_model().objects.filter(is_superuser=True).order_by("pk").first()
    recipe.switch_on(namespace=Namespace.objects.get(key="shop"), now=database_now(), seconds=WINDOW_SECONDS, by=owner)
    memory.put(journey=True)
    connection.close()
