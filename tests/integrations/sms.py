"""What the tests of short messages share: accounts at the stand-ins, people with numbers, texts on
their way."""

from campaigns.delivery import dispatch
from campaigns.models import Message
from crm_project.queue.due import database_now
from customers.models import Connection, Customer, Namespace
from demo.vendors.aliyun_sms.platform import ACCESS_KEY, SECRET
from demo.vendors.sms.stock import SIGN
from demo.vendors.sms_gateway.platform import ACCOUNT
from demo.vendors.sms_gateway.platform import SECRET as GATEWAY_SECRET
from demo.vendors.tencent_sms.platform import APP, SECRET_ID, SECRET_KEY
from events import ingest
from events.incoming_items import Named
from integrations.connections.vendors import vendors
from integrations.sms import syncing
from tests.campaigns.queued import a_message, agree
from tests.factories import an_event

ALL = {"sign": SIGN, "abroad": False, "own_number": "", "push_key": "a-key-that-nobody-guesses"}
SETTINGS = {
    "aliyun_sms": {"access_key": ACCESS_KEY, "access_secret": SECRET},
    "tencent_sms": {"access_id": SECRET_ID, "secret_key": SECRET_KEY, "app_id": APP},
}
BIRTHDAY = "{{ customer.name }}，生日快乐，到店送您一壶龙井。拒收请回复R"


def settings_of(vendor: str, url: str) -> dict:
    if vendor == "sms_gateway":
        form = vendors[vendor].Form
        initial = {name: field.initial or "" for name, field in form.base_fields.items()}
        more = {"url": f"{url}/v2/send", "method": "json", "signing": "hmac_hex"}
        more |= {"login": ACCOUNT, "secret": GATEWAY_SECRET}
        return initial | more | ALL
    return SETTINGS[vendor] | ALL


def connected(vendor: str, stand_in, **more) -> Connection:
    """An account there, with its templates fetched."""
    said = settings_of(vendor, stand_in.url) | more.pop("settings", {})
    row = Connection(
        vendor=vendor,
        namespace=Namespace.default(),
        name=more.pop("name", f"{vendor} {stand_in.port}"),
        account=f"{vendor} {stand_in.port}",
        base_url=stand_in.url if vendors[vendor].has_base_url else "",
    )
    row.settings = said
    row.save()
    if more.pop("is_synced", True):
        syncing.sync(row, database_now())
    return row


def a_person(source, number: str, name="小茗"):
    """A member with this phone who has agreed to advertising by SMS."""
    [customer] = people(source, [number], name)
    return customer


def people(source, numbers: list[str], name="小茗") -> list[Customer]:
    now = database_now()
    events = [
        an_event(Named("member_id", one), Named("phone", f"+86{one}", verified=True), at=now)
        for one in numbers
    ]
    ids = [outcome.customer_id for outcome in ingest.record(source, events, now=now)]
    Customer.objects.filter(pk__in=ids).update(name=name)
    found = list(Customer.objects.filter(pk__in=ids).order_by("pk"))
    agree(*found, channel="sms")
    return found


def said(customer, text=BIRTHDAY, **more) -> Message:
    return a_message(customer, channel="sms", content={"text": text}, **more)


def deliver(connection: Connection) -> None:
    while dispatch.deliver("sms", connection_id=connection.pk):
        pass


def state(message) -> tuple[str, str]:
    return Message.objects.values_list("state", "reason").get(pk=message.pk)


def push_path(connection: Connection) -> str:
    return f"/sms/{connection.vendor}/{connection.pk}/{ALL['push_key']}"
