"""What the stories of segments in a browser share: people whose answers are known, and a hand that
builds rules."""

import json

from playwright.sync_api import Locator, Page, expect

from tests.product import Product, eventually

LABELS = {
    "en": {
        "did_event": "Did an event",
        "orders": "Orders",
        "attribute": "Attribute",
        "tag": "Tag",
        "redeemed_coupon": "Redeemed a coupon",
    },
    "zh-hans": {
        "did_event": "做过某事件",
        "orders": "订单",
        "attribute": "属性",
        "tag": "标签",
        "redeemed_coupon": "核销过优惠券",
    },
}
SHOES = "鞋"
# Who looked at shoes how often in the last days, their level, whether they wear the tag, and
# whether they bought lately.
PEOPLE = {
    "Anna": (3, "gold", False, False),
    "Bella": (2, "silver", True, False),
    "Carl": (2, "gold", False, True),
    "Dora": (1, "gold", False, False),
    "Emil": (2, "silver", False, False),
}
MAKE = """
import json
from datetime import timedelta
from crm_project.queue.due import database_now
from customers.tags import tagging
from customers.models import Customer, Identity, Source, Tag
from events import ingest
from events.incoming_items import Incoming, Named, OrderState

people, tag_name, prefix = json.loads({told!r})
now, source = database_now(), Source.objects.filter(trust="server").order_by("pk").first()
tag = Tag.objects.get_or_create(name=tag_name)[0]
made = {{}}
for name, (looks, level, is_tagged, has_bought) in people.items():
    who = [Named("member_id", prefix + name)]
    items = [
        Incoming(f"{{prefix}}{{name}}-{{n}}", f"{{name}}{{n}}".encode(), "Product Viewed", now - timedelta(days=n + 1), identities=who,
                 properties={{"category": {shoes!r}, "product_id": "s1"}}, attributes={{"level": level}})
        for n in range(looks)
    ]
    if has_bought:
        paid = now - timedelta(days=5)
        order = OrderState(number=f"{{prefix}}{{name}}", status="paid", occurred_at=paid, total_fen=10_000, placed_at=paid)
        items.append(Incoming(f"{{prefix}}{{name}}-order", name.encode(), "Order Completed", paid, identities=who, order=order))
    ingest.record(source, items, now=now)
    customer = Identity.objects.get(kind="member_id", value=prefix + name).customer
    Customer.objects.filter(pk=customer.pk).update(name=prefix + name)
    if is_tagged:
        tagging.put_on(tag, [customer.pk], by="proof", now=now)
    made[name] = customer.pk
"""  # noqa: E501


def people(product: Product, *, prefix: str, tag: str) -> dict[str, int]:
    """PEOPLE are customers, named with the prefix; their ids by name."""
    told = json.dumps([PEOPLE, tag, prefix])
    return product.ask("made", MAKE.format(told=told, shoes=SHOES))


class Hand:
    """Builds a rule on a segment's page as a person does: by what is written there, typing and
    choosing."""

    def __init__(self, page: Page, language: str):
        self.page, self.labels = page, LABELS[language]
        self.root = page.locator("[data-part=rule]")

    def add(self, key: str, group: Locator | None = None) -> Locator:
        """A condition at the end of the group."""
        group = group or self.root
        parts = group.locator("> [data-parts] > [data-part]")
        before = parts.count()
        menu = group.locator("> .ht-row [role=combobox]")
        menu.click()
        menu.fill(self.labels[key])
        group.locator(f"> .ht-row [role=option][data-value={key}]").click()
        expect(parts).to_have_count(before + 1)
        return parts.nth(before)

    def add_group(self, group: Locator | None = None) -> Locator:
        group = group or self.root
        parts = group.locator("> [data-parts] > [data-part]")
        before = parts.count()
        group.locator("> .ht-row [data-add-group]").click()
        expect(parts).to_have_count(before + 1)
        return parts.nth(before)

    def pick(self, field: Locator, typed: str, value: str) -> None:
        """Types, and takes what is offered, by keyboard."""
        field.click()
        field.fill(typed)
        option = field.locator("xpath=ancestor::ht-pick").locator(
            f"[role=option][data-value='{value}']"
        )
        option.wait_for()
        while option.get_attribute("aria-selected") != "true":
            field.press("ArrowDown")
        field.press("Enter")

    def counted(self, number: int) -> None:
        """The exact number stands there."""
        expect(
            self.page.locator(f"[data-figure=preview_count][data-value='{number}']")
        ).to_be_visible()

    def wait(self) -> None:
        """Whatever was changed has been counted."""
        expect(self.page.locator("[data-answer].ht-waiting")).to_have_count(0)

    def save(self, *, stay: bool = True) -> None:
        with self.page.expect_navigation():
            self.page.locator(f"[name={'_continue' if stay else '_save'}]").first.click()


def is_settled(page: Page, size: int) -> bool:
    """The segment's own page says this size, as soon as the evaluator has been there."""

    def look():
        page.reload()
        return page.locator(f"[data-figure=segment_size][data-value='{size}']").count()

    return bool(eventually(look, seconds=60, every=2))
