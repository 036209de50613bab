"""Conditions on attributes, dates, tags and the random share: single examples, and kept
incrementally whatever happens."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customers.identity import merging
from customers.models import CustomerAttribute, CustomerTag, Segment, Tag, Workspace
from customers.segments import membership, rules
from customers.segments.conditions import days
from customers.segments.conditions.fields import before
from tests.factories import NOW, a_customer, a_source, an_event, happened, member
from tests.stories import assert_right, undone

pytestmark = pytest.mark.django_db
CASES = json.loads((Path(__file__).parent.parent / "vectors/segment_cases.json").read_text())[
    "cases"
]

BIRTHDAY = {
    "condition": "attribute_date",
    "attribute": "born",
    "comparison": "anniversary",
    "n": 1,
    "unit": "days",
}
LATELY = {
    "condition": "attribute_date",
    "attribute": "joined",
    "comparison": "last",
    "n": 1,
    "unit": "days",
}
JUST_NOW = {
    "condition": "attribute_date",
    "attribute": "joined",
    "comparison": "last",
    "n": 90,
    "unit": "minutes",
}
SOON = {
    "condition": "attribute_date",
    "attribute": "joined",
    "comparison": "next",
    "n": 6,
    "unit": "hours",
}
LAST_WEEK = {
    "condition": "attribute_date",
    "attribute": "joined",
    "comparison": "on",
    "against": "last_week",
}
NOT_TODAY = {
    "condition": "attribute_date",
    "attribute": "joined",
    "comparison": "not_on",
    "against": "today",
}
MONTH_AGO = {
    "condition": "attribute_date",
    "attribute": "joined",
    "comparison": "before",
    "against": "ago",
    "n": 1,
    "unit": "months",
}
AFTER_TODAY = {
    "condition": "attribute_date",
    "attribute": "joined",
    "comparison": "after",
    "against": "today",
}
LONG_GOLD = {
    "condition": "has_been",
    "attribute": "level",
    "value": "gold",
    "n": 12,
    "unit": "hours",
}
NEW_GOLD = {**LONG_GOLD, "comparison": "<", "n": 1, "unit": "months"}
BETWEEN = {
    "condition": "attribute",
    "attribute": "age",
    "operator": "between",
    "value": "18",
    "value_to": "30",
}
SHARE = {"condition": "random_share", "percent": "50", "draw": "spring"}


def tagged(tag, **more):
    return {"condition": "tag", "mode": "any", "tags": [tag.pk], **more}


def timed(tag):
    """The conditions whose answer changes with time."""
    dates = [BIRTHDAY, LATELY, JUST_NOW, SOON, LAST_WEEK, NOT_TODAY, MONTH_AGO, AFTER_TODAY]
    lately = tagged(tag, since="last", since_n=4, since_unit="hours")
    return [*dates, LONG_GOLD, NEW_GOLD, lately, tagged(tag, mode="none", since="ago", since_n=1)]


def fits(definition, now=NOW):
    rules.check(definition)
    return set(rules.Evaluation(now).of(definition))


def having(key, *values):
    """Customers who have these values, one each."""
    found = [a_customer() for _value in values]
    for customer, value in zip(found, values, strict=True):
        CustomerAttribute.objects.create(customer=customer, key=key, value=value, occurred_at=NOW)
    return [c.pk for c in found]


# -- whatever happens and whatever time does

# Close to local midnight in Shanghai, at the end of a month, before and on 29 February, and after
# it.
BEGINNINGS = [
    datetime(2027, 2, 28, 15, 50, tzinfo=UTC),
    datetime(2028, 2, 28, 15, 50, tzinfo=UTC),
    datetime(2027, 3, 29, 10, 0, tzinfo=UTC),
]
STEPS = [
    timedelta(minutes=4),
    timedelta(minutes=8),
    timedelta(hours=3),
    timedelta(hours=23),
    timedelta(days=3),
]
happening = st.tuples(
    st.sampled_from(
        ["gold", "silver", "forget", "joined", "born", "age", "tag", "short tag", "untag", "join"]
    ),
    st.integers(0, 2),  # who
    st.sampled_from([-40 * 24, -30 * 24, -14, -12, -3, 0, 0]),  # hours before the clock
    st.sampled_from(["day", "moment", "odd"]),
)
story = st.lists(
    st.tuples(st.lists(happening, max_size=4), st.sampled_from(STEPS)), min_size=1, max_size=5
)


def value_of(what, at, how):
    if what == "age":
        return {"day": "20", "moment": 40, "odd": "old"}[how]
    if how == "odd":
        return "2027-02-30"
    if what == "born":
        return f"1992-02-{28 if how == 'day' else 29}"
    return (
        f"{at.astimezone(days.zone()).date()}"
        if how == "day"
        else (at + timedelta(hours=1)).isoformat()
    )


def told(source, tag, what, who, at, how, now):
    if what in ("tag", "short tag", "untag"):
        [one] = happened(source, an_event(member(who), name="Born", at=now), now=now)
        worn = CustomerTag.objects.filter(customer=one.customer_id, tag=tag)
        expires = now + timedelta(hours=5) if what == "short tag" else None
        if what == "untag":
            worn.delete()
        elif not worn.update(since=at, expires_at=expires):
            CustomerTag.objects.create(
                customer_id=one.customer_id,
                origin_customer_id=one.customer_id,
                tag=tag,
                since=at,
                expires_at=expires,
            )
    elif what == "join" and who:
        pair = happened(
            source, *(an_event(member(n), name="Born", at=now) for n in (0, who)), now=now
        )
        survivor, loser = (
            sorted({one.customer_id for one in pair})[:1],
            sorted({one.customer_id for one in pair})[1:],
        )
        if loser:
            merging.merge(survivor[0], loser[0], by="test", identity="", now=now)
    elif what != "join":
        key, value = {
            "gold": ("level", "gold"),
            "silver": ("level", "silver"),
            "forget": ("level", None),
        }.get(what, (what, value_of(what, at, how)))
        happened(
            source, an_event(member(who), name="Said", at=at, attributes={key: value}), now=now
        )


UNHURRIED = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
}


@settings(max_examples=3, **UNHURRIED)
@given(story, st.sampled_from(BEGINNINGS))
def test_the_incremental_membership_is_the_full_one(lines, now):
    tell(lines, now)


@pytest.mark.proof
@settings(max_examples=150, **UNHURRIED)
@given(story, st.sampled_from(BEGINNINGS))
def test_the_incremental_membership_is_the_full_one_in_many_stories(lines, now):
    tell(lines, now)


def tell(lines, now):
    with undone():
        source, tag = a_source(), Tag.objects.create(name="VIP")
        leaves = [*timed(tag), BETWEEN, SHARE]
        trees = [{"op": "any", "of": [leaf]} for leaf in leaves] + [
            {"op": "none", "of": leaves[n : n + 3]} for n in range(0, len(leaves), 3)
        ]
        trees += [
            {"op": "any", "of": [{"op": "all", "of": [LATELY, LONG_GOLD]}, BIRTHDAY]},
            {"op": "none", "of": [NEW_GOLD, BETWEEN]},
        ]
        segments = [
            Segment.objects.create(name=f"s{n}", definition=tree) for n, tree in enumerate(trees)
        ]

        for happenings, step in lines:
            for what, who, ago, how in happenings:
                told(source, tag, what, who, now + timedelta(hours=ago), how, now)
            membership.Pass(now).done()
            assert_right(segments, now)
            now += step
            membership.Pass(now).done()
            assert_right(segments, now)


@pytest.mark.parametrize("now", BEGINNINGS)
def test_time_alone_takes_people_in_and_out(now):
    """Something of every kind every 20 minutes or so; then nothing but the clock, across
    midnight."""
    source, tag = a_source(), Tag.objects.create(name="VIP")
    for n in range(40):
        at = now + timedelta(minutes=21 * (n - 30))
        told(source, tag, "joined", n, at - timedelta(hours=1), "moment", now)
        told(source, tag, "born", n, at, "day" if n % 2 else "moment", now)
        told(source, tag, "gold", n, at - timedelta(hours=8), "", now)
        told(source, tag, "short tag" if n % 2 else "tag", n, at, "", now)
    for n in range(40, 80):
        day = now + timedelta(days=n - 75)
        told(source, tag, "joined", n, day, "day", now)
        told(
            source,
            tag,
            "gold",
            n,
            before(now, 1, "months") + timedelta(minutes=7 * (n - 42)),
            "",
            now,
        )
    segments = [
        Segment.objects.create(name=f"s{n}", definition=leaf) for n, leaf in enumerate(timed(tag))
    ]

    for step in (0, 5, 5, 5, 60, 120, 600, 1440):
        now += timedelta(minutes=step)
        membership.Pass(now).done()
        assert_right(segments, now)


# -- dates

MIDNIGHT = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)  # the 24th begins in Shanghai, a Tuesday


@pytest.mark.parametrize(
    "case", [c for c in CASES if c.get("kind") == "relative_date"], ids=lambda c: c["id"]
)
def test_a_published_case_of_relative_dates_holds(case):
    rule, expected = case["rule"], case["expected"]
    now = datetime.combine(
        date.fromisoformat(rule["today"]), datetime.min.time(), days.zone()
    ) + timedelta(hours=23)
    everyone = {str(d): pk for d in around(rule["today"]) for pk in having("d", str(d))}
    operator = {">": "after", "<": "before", "=": "on", "!=": "not_on"}[rule["cmp"]]

    found = fits(
        {
            "condition": "attribute_date",
            "attribute": "d",
            "comparison": operator,
            **against(rule["relative"]),
        },
        now,
    )

    if "between_days" in expected:
        first, last = expected["between_days"]
        wanted = {pk for day, pk in everyone.items() if first <= day <= last}
    elif "not_on_day" in expected:
        wanted = set(everyone.values()) - {everyone[expected["not_on_day"]]}
    else:
        wanted = {
            pk
            for day, pk in everyone.items()
            if (day > expected["bound"] if rule["cmp"] == ">" else day < expected["bound"])
        }
    assert found == wanted


def around(day):
    return [date.fromisoformat(day) + timedelta(days=n) for n in range(-95, 10)]


def against(relative):
    if relative in ("today", "last week"):
        return {"against": relative.replace(" ", "_")}
    n, unit = relative.split()
    return {"against": "ahead" if n[0] == "+" else "ago", "n": abs(int(n)), "unit": unit}


def test_a_day_is_the_whole_local_day():
    yesterday, first, last, tomorrow = having(
        "joined",
        "2026-11-23T15:59:59Z",
        "2026-11-23T16:00:00Z",
        "2026-11-24 23:59:59.999+08",
        "2026-11-25",
    )
    on = {**LAST_WEEK, "against": "today"}

    assert fits(on, MIDNIGHT) == {first, last}
    assert fits(on, MIDNIGHT - timedelta(seconds=1)) == {yesterday}
    assert fits(on, MIDNIGHT + timedelta(days=1)) == {tomorrow}


def test_the_workspace_says_where_midnight_is():
    [customer] = having("joined", "2026-11-23T16:00:00Z")
    Workspace.get()
    Workspace.objects.update(time_zone="America/New_York")

    assert fits({**LAST_WEEK, "against": "date", "day": "2026-11-23"}) == {customer}


@pytest.mark.parametrize(
    "value",
    [
        *(
            "2026-02-30",
            "2026-13-01",
            "2026-11-24T25:00",
            "0000-01-01",
            "2026-11-24x",
            "24/11/2026",
            "",
            "gold",
        ),
        *(
            20261124,
            1.5,
            True,
            ["2026-11-24"],
            {"t": "2026-11-24"},
            "2026-11-24T10:00+99:00",
            "99999-01-01",
        ),
    ],
)
def test_what_is_no_date_is_no_match_and_no_error(value):
    having("joined", value)

    for comparison in ("before", "after", "on"):
        assert fits({**LAST_WEEK, "comparison": comparison, "against": "today"}) == set()
    assert fits({**BIRTHDAY, "attribute": "joined", "n": 365}) == set()


@pytest.mark.parametrize(
    ("today", "who"),
    [
        ((2027, 2, 27), {28, 29}),
        ((2027, 2, 28), {28, 29, 1}),
        ((2028, 2, 28), {28, 29}),
        ((2028, 2, 29), {29, 1}),
    ],
)
def test_who_was_born_on_29_february_has_the_28th_in_other_years(today, who):
    born = dict(
        zip(having("born", "1992-02-28", "1992-02-29", "1992-03-01"), (28, 29, 1), strict=True)
    )

    assert {born[pk] for pk in fits(BIRTHDAY, datetime(*today, 12, tzinfo=days.zone()))} == who


def test_a_month_before_the_31st_is_the_last_of_the_month_before():
    assert days.moved(date(2027, 3, 31), -1, "months") == date(2027, 2, 28)
    assert days.moved(date(2026, 12, 31), 2, "months") == date(2027, 2, 28)
    assert days.moved(date(2027, 1, 1), -100_000, "weeks") == days.FIRST.date()


# -- for some time


def level_at(source, value, hours, now):
    """What was said so many hours before now."""
    at = now - timedelta(hours=hours)
    return happened(
        source, an_event(member(1), name="Said", at=at, attributes={"level": value}), now=now
    )[0].customer_id


def test_a_late_statement_moves_the_beginning():
    source, segment = a_source(), Segment.objects.create(name="s", definition=LONG_GOLD)
    customer = level_at(source, "gold", 5, NOW)
    membership.Pass(NOW).done()
    assert not segment.memberships.exists()

    level_at(source, "gold", 20, NOW)
    membership.Pass(NOW).done()
    assert [m.customer_id for m in segment.memberships.all()] == [customer]

    level_at(source, None, 8, NOW)
    membership.Pass(NOW).done()
    assert not segment.memberships.exists()


def test_a_merge_makes_one_history_of_two():
    source = a_source()
    happened(
        source,
        an_event(
            member(1), name="Said", at=NOW - timedelta(hours=20), attributes={"level": "gold"}
        ),
    )
    happened(
        source,
        an_event(
            member(2), name="Said", at=NOW - timedelta(hours=4), attributes={"level": "silver"}
        ),
    )
    happened(
        source,
        an_event(member(2), name="Said", at=NOW - timedelta(hours=3), attributes={"level": "gold"}),
    )
    first, second = sorted(CustomerAttribute.objects.values_list("customer_id", flat=True))
    assert fits(LONG_GOLD) == {first}

    merged = merging.merge(first, second, by="test", identity="", now=NOW)
    assert fits(LONG_GOLD) == set()

    merging.undo(merged, by="test", now=NOW)
    assert fits(LONG_GOLD) == {first}


def test_an_encrypted_attribute_can_have_been_so_for_a_while():
    happened(
        a_source(),
        an_event(
            member(1), name="Said", at=NOW - timedelta(hours=20), attributes={"real_name": "Li Lei"}
        ),
    )

    assert len(fits({**LONG_GOLD, "attribute": "real_name", "value": "Li Lei"})) == 1
    assert not fits({**LONG_GOLD, "attribute": "real_name", "value": "Han Meimei"})


# -- the rest


def test_between_counts_both_ends_and_text_digits():
    inside = having("age", 18, "30", "24.5")
    having("age", 17, "31", "young", None, [20])

    assert fits(BETWEEN) == set(inside)


def test_a_tag_of_a_merged_customer_counts_from_the_earlier_day():
    tag, first, second = Tag.objects.create(name="VIP"), a_customer(), a_customer()
    for customer, ago in ((first, 1), (second, 10)):
        CustomerTag.objects.create(
            customer=customer, origin_customer=customer, tag=tag, since=NOW - timedelta(days=ago)
        )
    lately, long_ago = (tagged(tag, since=since, since_n=5) for since in ("last", "ago"))
    assert (fits(lately), fits(long_ago)) == ({first.pk}, {second.pk})

    merging.merge(first.pk, second.pk, by="test", identity="", now=NOW)

    assert (fits(lately), fits(long_ago)) == (set(), {first.pk})


def test_a_random_share_grows_by_whom_it_held_before():
    everyone = {a_customer().pk for _n in range(200)}
    few, half, other = (
        fits({**SHARE, "percent": p, "draw": d}) for p, d in (("10", "x"), ("50", "x"), ("50", "y"))
    )

    assert few < half < everyone
    assert 70 < len(half) < 130
    assert half != other
    assert fits({**SHARE, "percent": "100"}) == everyone
    assert fits({**SHARE, "percent": "0"}) == set()


@pytest.mark.parametrize(
    "wrong",
    [
        {**BETWEEN, "value_to": "x"},
        {**BETWEEN, "value_to": "1"},
        {**BETWEEN, "attribute": "real_name"},
        {**LATELY, "n": None},
        {**LATELY, "attribute": "address"},
        {**LATELY, "comparison": "on", "against": "ago", "n": 3, "unit": "hours"},
        {**LATELY, "comparison": "on", "against": "date"},
        {**BIRTHDAY, "n": 366},
        {**LATELY, "n": 10**9},
        {**LONG_GOLD, "n": 0},
        {**SHARE, "percent": "101"},
        {**SHARE, "percent": "NaN"},
    ],
)
def test_a_wrong_rule_is_refused_in_words(wrong):
    with pytest.raises(rules.InvalidRule) as refused:
        rules.check(wrong)

    assert all(refused.value.messages)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_each_is_told_in_words(language):
    tag = Tag.objects.create(name="VIP")
    every = [
        BIRTHDAY,
        LATELY,
        LAST_WEEK,
        MONTH_AGO,
        {**LAST_WEEK, "against": "date", "day": "2026-11-24"},
        LONG_GOLD,
        BETWEEN,
        SHARE,
    ]
    with translation.override(language):
        texts = [
            rules.sentence(leaf)
            for leaf in [
                *every,
                tagged(tag, since="last", since_n=3),
                tagged(tag, since="ago", since_n=3),
            ]
        ]

    assert len(set(texts)) == len(texts)
    assert all(text and "%(" not in text for text in texts)
    assert language == "en" or all(any("\u4e00" <= c <= "\u9fff" for c in text) for text in texts)
