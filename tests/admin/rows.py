"""One row of every model that the admin shows, with what it hangs on."""

from datetime import timedelta

from django.contrib.auth.models import Group, User
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)

from campaigns.broadcasts.approval import LaunchOfCampaign
from campaigns.models import (
    Assignment,
    Campaign,
    Coupon,
    CouponBatch,
    Journey,
    JourneyVersion,
    MarketingStop,
    Message,
    Price,
    Run,
    Suppression,
    Template,
    TestPerson,
    VersionMove,
)
from crm_project.jobs.models import Job
from crm_project.queue.due import database_now
from customers.approval import deciding
from customers.models import (
    Approval,
    AttributeChange,
    AuditEntry,
    Connection,
    Consent,
    Customer,
    CustomerTag,
    DisplayName,
    ErasureRequest,
    Identity,
    IdentityClaim,
    IdentityConflict,
    ListMember,
    Merge,
    Namespace,
    ScheduledExport,
    Segment,
    Source,
    SpecialDay,
    Store,
    Tag,
    TagGroup,
    Workspace,
)
from customers.privacy.sealing import digest
from events.models import (
    Booking,
    CustomerStage,
    CustomerValue,
    Event,
    EventName,
    LifecycleSettings,
    Measurement,
    Order,
    OrderLine,
    Product,
    Refund,
    SeenEvent,
)
from integrations.models import (
    FileImport,
    Quarantine,
    QueueSource,
    ReconciledDay,
    Reconciliation,
    SmsTemplate,
    SubscribeTemplate,
    TableMapping,
)
from tests.factories import (
    NOW,
    a_customer,
    a_namespace,
    a_source,
    an_event,
    count,
    happened,
    member,
)
from tests.sync.shop import a_broker, a_queue

RULE = {
    "op": "all",
    "of": [{"condition": "attribute", "attribute": "level", "operator": "is", "value": "gold"}],
}
# The inlines of the workspace's page as a browser sends them when there are none.
LIMITS = {
    f"{name}-{part}": "0"
    for name in ("caps", "quiet_hours", "quiet_days")
    for part in ("TOTAL_FORMS", "INITIAL_FORMS")
}
CONTENT = {
    "title": "Hello {{ customer.name }}",
    "body": "{{ product.name | default: 'something new' }}",
    "page": "",
}


def owned(customer=None):
    customer = customer or a_known_customer()
    return {"customer": customer, "origin_customer": customer}


def a_known_customer():
    """With identities, a tag and attributes: what lists show beside the name."""
    n = next(count)
    customer = a_customer()
    source = a_source()
    whose = {"customer": customer, "origin_customer": customer}
    Identity.objects.create(
        **whose,
        kind="member_id",
        scope="shop",
        value=f"m{n}",
        source=source,
        first_seen_at=NOW,
        is_strong=True,
    )
    phone = f"+86138{n:08}"
    Identity.objects.create(
        **whose,
        kind="phone",
        value=digest("phone", phone),
        sealed=phone,
        source=source,
        first_seen_at=NOW,
        is_strong=True,
    )
    CustomerTag.objects.create(**whose, tag=a_tag(), since=NOW)
    return customer


def a_tag():
    return Tag.objects.create(name=f"tag {next(count)}")


def a_segment():
    return Segment.objects.create(name=f"segment {next(count)}", definition=RULE)


def a_template():
    return Template.objects.create(name=f"template {next(count)}", content=CONTENT)


def a_batch():
    return CouponBatch.objects.create(
        namespace=a_namespace(), name=f"batch {next(count)}", amount_off_fen=500
    )


def a_campaign(**more):
    return Campaign.objects.create(
        name=f"campaign {next(count)}", segment=a_segment(), template=a_template(), **more
    )


def a_journey():
    step = {
        "step": "send_message",
        "channel": "in_app",
        "purpose": "marketing",
        "content": CONTENT,
        "next": None,
    }
    trigger = {
        "trigger": "absence",
        "first": "Product Viewed",
        "second": "Order Completed",
        "within_seconds": 20,
        "same_product": True,
    }
    draft = {
        "trigger": trigger,
        "reentry": {"kind": "once"},
        "start": "message",
        "steps": {"message": step},
    }
    journey = Journey.objects.create(
        name=f"journey {next(count)}", draft=draft, status=Journey.Status.LIVE
    )
    journey.published = JourneyVersion.objects.create(
        journey=journey, number=1, definition=draft, published_at=NOW
    )
    journey.save()
    return journey


def a_move():
    journey = a_journey()
    version = journey.published
    return VersionMove.objects.create(
        journey=journey,
        to_version=version,
        mapping={str(version.pk): {"s1": "to:s1", "s2": "leave"}},
        made_at=NOW,
    )


def a_run():
    journey = a_journey()
    return Run.objects.create(
        **owned(),
        journey=journey,
        version=journey.published,
        entry_key="e",
        entered_at=NOW,
        step="message",
    )


def a_message():
    n, run = next(count), a_run()
    return Message.objects.create(
        **owned(run.customer),
        channel="in_app",
        purpose="marketing",
        effect_key=f"test:{n}",
        journey_id=run.journey_id,
        run_id=run.pk,
        content=CONTENT,
        created_at=NOW,
    )


def a_coupon():
    code = f"CODE{next(count)}"
    return Coupon.objects.create(
        **owned(),
        batch=a_batch(),
        code=code,
        code_digest=digest("coupon", code),
        effect_key=code,
        issued_at=NOW,
        valid_from=NOW,
        expires_at=NOW + timedelta(days=7),
    )


def an_event_row():
    source = a_source()
    happened(source, an_event(member(next(count)), at=database_now()), now=database_now())
    return Event.objects.get(source=source)


def an_order():
    order = Order.objects.create(
        **owned(),
        namespace=a_namespace(),
        number=f"n{next(count)}",
        source=a_source(),
        status="paid",
        occurred_at=NOW,
        placed_at=NOW,
        paid_at=NOW,
        total_fen=1234,
        paid_fen=1234,
    )
    OrderLine.objects.create(order=order, product_id="P1", name="Tea", price_fen=1234)
    return order


def a_booking():
    booked = {
        "number": f"b{next(count)}",
        "status": "booked",
        "kind": "class",
        "name": "Piano",
        "resource": "Lin",
    }
    return Booking.objects.create(
        **owned(),
        namespace=a_namespace(),
        source=a_source(),
        occurred_at=NOW,
        starts_at=NOW,
        **booked,
    )


def a_measurement():
    measured = {
        "number": f"m{next(count)}",
        "kind": "weight",
        "value": 71.5,
        "unit": "kg",
        "occurred_at": NOW,
    }
    return Measurement.objects.create(
        **owned(), namespace=a_namespace(), source=a_source(), **measured
    )


def a_customer_value():
    """Somebody who has bought, with what is concluded from it."""
    customer = a_known_customer()
    moments = dict.fromkeys(("first_at", "last_at", "since"), NOW)
    worth = {
        "orders": 1,
        "net_fen": 1234,
        "recency": 5,
        "frequency": 1,
        "money": 1,
        "value_class": "general_develop",
    }
    CustomerStage.objects.create(
        customer=customer, stage="new", came_from="prospect", **moments, **worth
    )
    return CustomerValue.objects.get(pk=customer.pk)


def a_user():
    return User.objects.create_user(f"user{next(count)}", is_staff=True)


def an_interval():
    return IntervalSchedule.objects.create(every=next(count), period="seconds")


def a_job():
    said = {"act": "export", "list": "customers.customer", "query": "", "last_id": 0}
    params = {**said, "said": {"format": "csv"}}
    moments = {"created_at": NOW, "ended_at": NOW, "expires_at": NOW}
    return Job.objects.create(kind="bulk", params=params, by=a_user(), state="done", **moments)


def an_approval():
    campaign = a_campaign()
    return deciding.ask(LaunchOfCampaign(), campaign, by=a_user(), now=NOW)


def a_connection():
    n = next(count)
    made = Connection(
        vendor="webhook", namespace=a_namespace(), name=f"hook {n}", account=f"https://shop.cn/{n}"
    )
    made.settings = {"url": made.account, "secret": "whsec_" + "a" * 44}
    made.save()
    return made


WRITTEN_TO_BOOKINGS = {
    "key": "1",
    "day": "2026-10-01",
    "filters": {},
    "bookings": [1],
    "said": {"channel": "in_app", "content": {"title": "Tomorrow", "body": "At ten"}},
}


def writing_to_bookings():
    moments = {"created_at": NOW, "ended_at": NOW, "expires_at": NOW}
    return Job.objects.create(
        kind="write_to_bookings", params=WRITTEN_TO_BOOKINGS, by=a_user(), state="done", **moments
    )


def a_reconciliation():
    return Reconciliation.objects.create(source=a_source(), connection=a_broker("summary"))


ROWS = {
    ErasureRequest: lambda: ErasureRequest.objects.create(
        **owned(), asked_by=f"test:{next(count)}", why="wechat", asked_at=NOW, due_at=NOW
    ),
    SubscribeTemplate: lambda: SubscribeTemplate.objects.create(
        connection=a_connection(), key=f"t{next(count)}", title="课时不足提醒", kind="one_time"
    ),
    Approval: an_approval,
    VersionMove: a_move,
    MarketingStop: lambda: MarketingStop.objects.create(
        channel=f"c{next(count)}", began_at=NOW, began_by=a_user(), note="wrong price"
    ),
    TestPerson: lambda: TestPerson.objects.create(**owned(), user=a_user(), named_at=NOW),
    Store: lambda: Store.objects.create(
        namespace=a_namespace(), key=f"s{next(count)}", name="West Lake"
    ),
    AttributeChange: lambda: AttributeChange.objects.create(
        **owned(), key="level", value="gold", occurred_at=NOW, source=a_source()
    ),
    Assignment: lambda: Assignment.objects.create(
        **owned(), subject="campaign:1", arm="treated", at=NOW
    ),
    AuditEntry: lambda: AuditEntry.objects.create(act="test.act", subject="test:1", by=a_user()),
    Booking: a_booking,
    Campaign: a_campaign,
    ClockedSchedule: lambda: ClockedSchedule.objects.create(
        clocked_time=NOW + timedelta(days=next(count))
    ),
    Connection: a_connection,
    Consent: lambda: Consent.objects.create(
        **owned(),
        channel="sms",
        purpose="marketing",
        is_granted=True,
        occurred_at=NOW,
        source=a_source(),
    ),
    Coupon: a_coupon,
    CouponBatch: a_batch,
    CrontabSchedule: lambda: CrontabSchedule.objects.create(minute=str(next(count) % 60)),
    Customer: a_known_customer,
    CustomerValue: a_customer_value,
    DisplayName: lambda: DisplayName.objects.create(kind="event", key=f"Name {next(count)}"),
    Event: an_event_row,
    EventName: lambda: EventName.objects.create(name=f"Name {next(count)}"),
    Group: lambda: Group.objects.create(name=f"group {next(count)}"),
    IdentityClaim: lambda: IdentityClaim.objects.create(
        **owned(),
        kind="phone",
        value=f"v{next(count)}",
        sealed="+8613800000000",
        source=a_source(),
        first_seen_at=NOW,
    ),
    IdentityConflict: lambda: IdentityConflict.objects.create(
        first=a_customer(), second=a_customer(), reason="two members", source=a_source(), at=NOW
    ),
    IntervalSchedule: an_interval,
    Job: a_job,
    Journey: a_journey,
    LifecycleSettings: LifecycleSettings.get,
    ListMember: lambda: ListMember.objects.create(**owned(), segment=a_segment()),
    Measurement: a_measurement,
    Merge: lambda: Merge.objects.create(
        customer=a_customer(), origin_customer=a_customer(), identity="phone", at=NOW, xid=1
    ),
    Message: a_message,
    Namespace: lambda: a_namespace(f"shop{next(count)}"),
    Order: an_order,
    PeriodicTask: lambda: PeriodicTask.objects.create(
        name=f"tick {next(count)}", task="x", interval=an_interval()
    ),
    Product: lambda: Product.objects.create(
        namespace=a_namespace(),
        product_id=f"p{next(count)}",
        name="Tea",
        price_fen=1234,
        updated_at=NOW,
    ),
    ScheduledExport: lambda: ScheduledExport.objects.create(
        name="Every day",
        of="customers.customer",
        said={"format": "csv"},
        schedule={"kind": "daily", "time": "09:00"},
        by=User.objects.order_by("pk").first() or User.objects.create_user("exporter"),
        until=NOW,
    ),
    FileImport: lambda: FileImport.objects.create(
        name="members.csv",
        kind="customers",
        namespace=a_namespace(),
        created_at=NOW,
        shape={
            "form": "csv",
            "columns": [],
            "encoding": "",
            "delimiter": "",
            "heading": 1,
            "sheet": 0,
        },
    ),
    Quarantine: lambda: Quarantine.objects.create(
        source=a_source(), format="native", code="invalid", raw="e30=", received_at=NOW
    ),
    QueueSource: a_queue,
    Reconciliation: a_reconciliation,
    ReconciledDay: lambda: ReconciledDay.objects.create(
        reconciliation=a_reconciliation(),
        day=NOW.date() + timedelta(days=next(count)),
        compared_at=NOW,
        is_equal=False,
        **dict.fromkeys(("orders", "paid_fen", "refunded_fen", "customers"), 1),
        **dict.fromkeys(("their_orders", "their_paid_fen", "their_refunded_fen"), 2),
    ),
    TableMapping: lambda: TableMapping.objects.create(
        source=a_source(), table=f"shop.t{next(count)}", kind="orders"
    ),
    Refund: lambda: Refund.objects.create(
        namespace=a_namespace(),
        number=f"r{next(count)}",
        order_number="n1",
        source=a_source(),
        amount_fen=100,
        occurred_at=NOW,
    ),
    Run: a_run,
    SeenEvent: lambda: SeenEvent.objects.create(
        source=a_source(),
        name=EventName.objects.create(name=f"Name {next(count)}"),
        first_seen_at=NOW,
        last_seen_at=NOW,
    ),
    Segment: a_segment,
    SmsTemplate: lambda: SmsTemplate.objects.create(
        connection=ROWS[Connection](),
        code=f"SMS_{next(count)}",
        name="生日",
        text="${name}，生日快乐。拒收请回复R",
        kind="promotion",
        review="passed",
        synced_at=NOW,
    ),
    SolarSchedule: lambda: SolarSchedule.objects.create(
        event="sunrise", latitude=next(count) % 60, longitude=100
    ),
    Source: a_source,
    SpecialDay: lambda: SpecialDay.objects.create(day=NOW.date() + timedelta(days=next(count))),
    Suppression: lambda: Suppression.objects.create(
        **owned(), channel="sms", reason="by hand", at=NOW
    ),
    Price: lambda: Price.objects.create(
        channel="email", price=450, since=NOW - timedelta(days=next(count))
    ),
    Tag: a_tag,
    TagGroup: lambda: TagGroup.objects.create(name=f"group {next(count)}"),
    Template: a_template,
    User: a_user,
    Workspace: Workspace.get,
}

# Kinds of what needs approval whose rows are not as any row of their model.
TO_APPROVE = {"write_to_bookings": writing_to_bookings}
