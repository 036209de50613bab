"""The people of the demo: customers with identities, attributes and tags."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

from customers.models import Customer, CustomerAttribute, CustomerTag, Identity, Kind, Source, Tag
from customers.models.customer import AttributeChange
from customers.privacy.sealing import digest, seal
from demo.past import bulk
from demo.simulator.people import GIVEN, SURNAMES

LEVELS = ["normal"] * 12 + ["silver"] * 5 + ["gold"] * 2 + ["diamond"]
CITIES = (
    ["上海"] * 6
    + ["北京"] * 5
    + ["广州", "深圳", "杭州", "成都"] * 3
    + ["南京", "武汉", "西安", "苏州", "重庆", "长沙", "青岛", "厦门"]
)
TAGS = ["爱茶", "咖啡", "送礼", "价格敏感", "新客", "老客", "企业", "试用", "直播来的", "门店来的"]
WITH_OPENID, WITH_PHONE = 0.8, 0.5
SEALED_PLACE = f"{Identity._meta.db_table}.sealed"


def settle(people: range, source: Source, now: datetime, dice: Random) -> None:
    """These customers exist. Several tables in one transaction: nobody ever sees half a person."""
    tags = [Tag.objects.get_or_create(name=name)[0].pk for name in TAGS]
    with bulk.quietly() as cursor:
        for model, columns, lines in (
            (Customer, CUSTOMER, customers(people, now, dice)),
            (Identity, IDENTITY, identities(people, source, now, dice)),
            (CustomerAttribute, ATTRIBUTE, attributes(people, now, dice)),
            (CustomerTag, TAG, tagged(people, tags, now, dice)),
        ):
            with bulk.without_indexes(cursor, model._meta.db_table):
                bulk.copy(cursor, model._meta.db_table, columns.split(), lines)
        with bulk.without_indexes(cursor, AttributeChange._meta.db_table):
            cursor.execute(CHANGES, [source.pk, people.start, people.stop])


CUSTOMER = "id public_id name language is_provisional first_seen_at created_at"
IDENTITY = (
    "customer_id origin_customer_id kind scope value sealed tail source_id first_seen_at is_strong"
)
ATTRIBUTE = "customer_id key value digest occurred_at"
TAG = "customer_id origin_customer_id tag_id since expires_at by"
CHANGES = """
INSERT INTO customers_attributechange (customer_id, origin_customer_id, key, value, digest,
  occurred_at, source_id)
SELECT customer_id, customer_id, key, value, digest, occurred_at, %s
  FROM customers_customerattribute
WHERE customer_id >= %s AND customer_id < %s
"""


def customers(people: range, now: datetime, dice: Random) -> Iterator[str]:
    days = [(now - timedelta(days=n)).isoformat() for n in range(90, 720)]
    for pk in people:
        seen = dice.choice(days)
        yield f"{pk}\t{dice.getrandbits(128):032x}\t{dice.choice(SURNAMES)}{dice.choice(GIVEN)}\t\tf\t{seen}\t{seen}\n"  # noqa: E501


def identities(people: range, source: Source, now: datetime, dice: Random) -> Iterator[str]:
    scope, app, since = source.namespace.key, source.app_id, now.isoformat()
    end = f"\t{source.pk}\t{since}\tt\n"
    for pk in people:
        yield f"{pk}\t{pk}\tmember_id\t{scope}\t{member_id(pk)}\t\\N\t{end}"
        if dice.random() < WITH_OPENID:
            yield f"{pk}\t{pk}\twx_openid\t{app}\t{openid(pk)}\t\\N\t{end}"
        if dice.random() < WITH_PHONE:
            phone = phone_of(pk)
            hashed = digest("phone", phone)
            sealed = seal(phone, place=SEALED_PLACE, row=(Kind.PHONE, "", hashed)).hex()
            yield f"{pk}\t{pk}\tphone\t\t{hashed}\t\\\\x{sealed}\t{digest('tail', phone[-4:])}{end}"


def phone_of(pk: int) -> str:
    """Valid, as all that is stored, and of the range 1610, in which no person has a phone: whoever
    sends to the demo reaches nobody."""
    return f"+861610{pk:07}"


def member_id(pk: int) -> str:
    return f"M{pk:08}"


def openid(pk: int) -> str:
    return f"o-history-{pk:08}"


def attributes(people: range, now: datetime, dice: Random) -> Iterator[str]:
    since = (now - timedelta(days=90)).isoformat()
    end = f"\t\t{since}\n"
    for pk in people:
        yield f'{pk}\tlevel\t"{dice.choice(LEVELS)}"{end}'
        yield f'{pk}\tcity\t"{dice.choice(CITIES)}"{end}'
        yield (
            f'{pk}\tbirthday\t"{dice.randrange(1955, 2009)}-{dice.randrange(1, 13):02}-{dice.randrange(1, 29):02}"{end}'  # noqa: E501
        )
        if dice.random() < 0.6:
            yield f"{pk}\tpoints\t{int(dice.paretovariate(1.2) * 50)}{end}"


def tagged(people: range, tags: list[int], now: datetime, dice: Random) -> Iterator[str]:
    since = (now - timedelta(days=30)).isoformat()
    ends = ["\\N"] * 20 + [(now + timedelta(days=n)).isoformat() for n in (3, 12)]
    for pk in people:
        for tag in dice.sample(tags, dice.choice([0, 1, 1, 2, 2, 3, 4])):
            yield f"{pk}\t{pk}\t{tag}\t{since}\t{dice.choice(ends)}\tdemo\n"
