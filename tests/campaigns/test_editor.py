"""Operations on a draft: each gives a journey that holds together, each can be undone, and none
overruns another's."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.journeys.editor import blocks, drafts, operations
from campaigns.journeys.editor.marks import lost, marks
from campaigns.journeys.editor.outline import outline
from campaigns.models import Journey, JourneyDraft
from tests.factories import NOW, a_batch

WAIT = {"step": "wait", "fields": {"n": 1, "unit": "hours"}}
BRANCH = {
    "step": "branch",
    "fields": {"rule": {"condition": "attribute", "attribute": "x", "operator": "exists"}},
}
COUPON = {"step": "issue_coupon", "fields": {"batch": 1}}


def a_draft(**steps) -> dict:
    return {**drafts.EMPTY, "start": next(iter(steps), None), "steps": steps}


def step(part, **exits) -> dict:
    return {**part, "exits": exits}


@pytest.fixture
def mint():
    numbers = itertools.count(1)
    return lambda: f"n{next(numbers)}"


DIAMOND = a_draft(
    a=step(WAIT, next="b"),
    b=step(BRANCH, yes="c", no="d"),
    c=step(WAIT, next="e"),
    d=step(WAIT, next="e"),
    e=step(WAIT, next=None),
)


def order(definition: dict) -> list:
    """As the list shows it: ids, with ways as lists."""

    def told(way):
        return [
            (
                f"→{item.goes_to}"
                if item.goes_to
                else (
                    (item.step, {one.name: told(one) for one in item.ways})
                    if item.ways
                    else item.step
                )
            )
            for item in way.items
        ]

    return told(outline(definition))


def test_ways_are_side_by_side_and_go_on_where_they_meet():
    assert order(DIAMOND) == ["a", ("b", {"yes": ["c"], "no": ["d"]}), "e"]


def test_what_is_no_tree_says_where_it_goes_on():
    crossed = a_draft(
        a=step(BRANCH, yes="b", no="c"),
        b=step(BRANCH, yes="c", no=None),
        c=step(WAIT, next="d"),
        d=step(WAIT, next="a"),
    )
    told = str(order(crossed))
    assert "→" in told
    assert all(told.count(f"'{name}'") == 1 for name in ("c", "d"))


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ({"at": ["", ""]}, ["n1", "a", ("b", {"yes": ["c"], "no": ["d"]}), "e"]),
        ({"at": ["b", "yes"]}, ["a", ("b", {"yes": ["n1", "c"], "no": ["d"]}), "e"]),
        ({"at": ["c", "next"]}, ["a", ("b", {"yes": ["c", "n1"], "no": ["d"]}), "e"]),
        ({"before": "e"}, ["a", ("b", {"yes": ["c"], "no": ["d"]}), "n1", "e"]),
        ({"at": ["e", "next"]}, ["a", ("b", {"yes": ["c"], "no": ["d"]}), "e", "n1"]),
    ],
)
def test_a_step_is_put_in_at_any_place(place, expected, mint):
    found, new = operations.insert(DIAMOND, place, WAIT, mint)
    assert (order(found), new) == (expected, "n1")


@pytest.mark.django_db
def test_all_ways_of_a_new_step_lead_on(mint):
    found, _new = operations.insert(
        DIAMOND,
        {"at": ["a", "next"]},
        {"step": "issue_coupon", "fields": {"batch": a_batch().pk}},
        mint,
    )
    assert found["steps"]["n1"]["exits"] == {"next": "b", "none": "b"}


@pytest.mark.parametrize(
    ("gone", "keep", "expected"),
    [
        ("a", "", [("b", {"yes": ["c"], "no": ["d"]}), "e"]),
        ("b", "yes", ["a", "c", "e"]),
        ("b", "no", ["a", "d", "e"]),
        ("b", "", ["a", "e"]),
        ("c", "next", ["a", ("b", {"yes": [], "no": ["d"]}), "e"]),
        ("e", "", ["a", ("b", {"yes": ["c"], "no": ["d"]})]),
    ],
)
def test_a_step_goes_and_what_is_kept_closes_up(gone, keep, expected):
    assert order(operations.delete(DIAMOND, gone, keep)) == expected


LINE = a_draft(a=step(WAIT, next="b"), b=step(WAIT, next="c"), c=step(WAIT, next=None))


@pytest.mark.parametrize(
    ("gone", "expected"), [("a", ["b", "c"]), ("b", ["a", "c"]), ("c", ["a", "b"])]
)
def test_of_a_line_one_goes_and_the_others_stay(gone, expected):
    assert order(operations.delete(LINE, gone)) == expected
    assert order(operations.move(LINE, gone, {"at": ["", ""]})) == [gone, *expected]
    assert set(operations.copied(LINE, gone)["steps"]) == {gone}


@pytest.mark.parametrize(
    ("moved", "place", "expected"),
    [
        ("a", {"at": ["e", "next"]}, [("b", {"yes": ["c"], "no": ["d"]}), "e", "a"]),
        ("b", {"at": ["", ""]}, [("b", {"yes": ["c"], "no": ["d"]}), "a", "e"]),
        ("e", {"at": ["b", "no"]}, ["a", ("b", {"yes": ["c"], "no": ["e", "d"]})]),
        ("a", {"before": "e"}, [("b", {"yes": ["c"], "no": ["d"]}), "a", "e"]),
        ("a", {"at": ["", ""]}, ["a", ("b", {"yes": ["c"], "no": ["d"]}), "e"]),
    ],
)
def test_a_step_moves_with_its_ways(moved, place, expected):
    assert order(operations.move(DIAMOND, moved, place)) == expected


@pytest.mark.parametrize("place", [{"at": ["b", "yes"]}, {"at": ["c", "next"]}, {"before": "d"}])
def test_nothing_moves_into_itself(place):
    with pytest.raises(operations.CannotDo):
        operations.move(DIAMOND, "b", place)


def test_a_clip_is_put_in_under_new_ids(mint):
    found, first = operations.put_in(
        DIAMOND, {"at": ["e", "next"]}, operations.copied(DIAMOND, "b"), mint
    )
    assert first in ("n1", "n2", "n3")
    assert len(found["steps"]) == 8
    assert str(order(found)).count("yes") == 2


@pytest.mark.parametrize(
    "wrong",
    [
        lambda mint: operations.insert(DIAMOND, {"at": ["nobody", "next"]}, WAIT, mint),
        lambda mint: operations.insert(DIAMOND, {"at": ["a", "elsewhere"]}, WAIT, mint),
        lambda mint: operations.insert(DIAMOND, {"before": "nobody"}, WAIT, mint),
        lambda _mint: operations.delete(DIAMOND, "nobody"),
        lambda _mint: operations.change(DIAMOND, "nobody", {}),
        lambda _mint: operations.lead_to(DIAMOND, "a", "next", "nobody"),
        lambda _mint: operations.lead_to(DIAMOND, "a", "elsewhere", "b"),
        lambda mint: operations.put_in(
            a_draft(**{f"x{n}": step(WAIT, next=None) for n in range(100)}),
            {"at": ["", ""]},
            WAITS,
            mint,
        ),
    ],
)
def test_what_does_not_fit_is_refused_in_words(wrong, mint):
    with pytest.raises(operations.CannotDo) as refused:
        wrong(mint)
    assert str(refused.value)


WAITS = {"steps": {"one": step(WAIT, next=None)}, "first": "one"}


def holds_together(definition: dict) -> None:
    known = definition["steps"].keys()
    assert definition["start"] in known or definition["start"] is None
    for name in known:
        assert set(definition["steps"][name]["exits"].values()) <= {*known, None}
    assert lost(definition) == []
    seen = [item for item in flat(outline(definition)) if not item.goes_to]
    assert sorted(item.step for item in seen) == sorted(known)


def flat(way) -> list:
    return [
        one
        for item in way.items
        for one in [item, *(inner for own in item.ways for inner in flat(own))]
    ]


def places(definition: dict) -> list[dict]:
    every = [{"at": ["", ""]}] + [
        {"at": [name, way]} for name in definition["steps"] for way in blocks.ways(definition, name)
    ]
    return every + [{"before": name} for name in definition["steps"]]


@st.composite
def acts(draw):
    return draw(
        st.lists(
            st.tuples(st.sampled_from("iiibmdcko"), st.integers(0, 10_000), st.integers(0, 10_000)),
            max_size=25,
        )
    )


def carried_out(definition: dict, act: tuple, mint) -> dict:
    kind, first, second = act
    names, there = sorted(definition["steps"]), places(definition)
    place, name = there[first % len(there)], names[second % len(names)] if names else None
    own = sorted(blocks.ways(definition, name)) if name else []
    chosen = {
        "i": lambda: operations.insert(definition, place, WAIT, mint)[0],
        "b": lambda: operations.insert(definition, place, BRANCH, mint)[0],
        "m": lambda: operations.move(definition, name, place),
        "d": lambda: operations.delete(definition, name, ["", *own][first % (len(own) + 1)]),
        "c": lambda: operations.put_in(
            definition, place, operations.copied(definition, name), mint
        )[0],
        "k": lambda: operations.lead_to(
            definition, name, own[first % len(own)], [*names, None][first % (len(names) + 1)]
        ),
        "o": lambda: operations.switch(definition, name, is_off=bool(first % 2)),
    }
    return chosen[kind]() if names or kind in "ib" else definition


@given(acts())
@settings(max_examples=150, deadline=None)
def test_whatever_is_done_the_journey_holds_together(done):
    numbers, definition = itertools.count(1), a_draft()
    for act in done:
        try:
            definition = carried_out(definition, act, lambda: f"n{next(numbers)}")
        except operations.CannotDo:
            continue
        holds_together(definition)


@pytest.mark.django_db
@given(acts())
@settings(max_examples=20, deadline=None)
def test_what_is_undone_is_as_it_was_to_the_byte(done):
    journey = Journey.objects.create(name=f"undone {Journey.objects.count()}")
    past = [drafts.opened(journey)]
    for act in done:
        try:
            journey = drafts.act(
                journey,
                journey.draft_revision,
                act[0],
                lambda draft, mint, act=act: carried_out(draft, act, mint),
                by=None,
                now=NOW,
            )
        except operations.CannotDo:
            continue
        past.append(journey.draft)
    for before in reversed(past[:-1]):
        journey = drafts.undo(journey, journey.draft_revision)
        assert Journey.objects.get(pk=journey.pk).draft == before
    assert drafts.can(journey) == (False, len(past) > 1)
    for after in past[1:]:
        journey = drafts.redo(journey, journey.draft_revision)
        assert Journey.objects.get(pk=journey.pk).draft == after
    assert drafts.can(journey) == (len(past) > 1, False)
    journey.delete()


def put_wait(draft, mint):
    return operations.insert(draft, {"at": ["", ""]}, WAIT, mint)[0]


@pytest.mark.django_db
def test_whoever_saw_an_older_draft_is_told_and_nothing_is_lost():
    journey = Journey.objects.create(name="shared")
    seen = journey.draft_revision
    mine = drafts.act(journey, seen, "insert", put_wait, by=None, now=NOW)

    for late in (
        lambda: drafts.act(journey, seen, "insert", put_wait, by=None, now=NOW),
        lambda: drafts.undo(journey, seen),
    ):
        with pytest.raises(drafts.Stale) as stale:
            late()
        assert stale.value.journey.draft == mine.draft
    assert len(Journey.objects.get().draft["steps"]) == 1


@pytest.mark.django_db
def test_an_act_after_an_undo_forgets_what_was_undone_and_the_past_has_an_end(monkeypatch):
    monkeypatch.setattr(drafts, "MOST", 5)
    journey = Journey.objects.create(name="long")
    for _n in range(9):
        journey = drafts.act(journey, journey.draft_revision, "insert", put_wait, by=None, now=NOW)
    assert JourneyDraft.objects.count() == 6
    assert sorted(journey.draft["steps"]) == [f"s{n}" for n in range(1, 10)]

    journey = drafts.undo(journey, journey.draft_revision)
    journey = drafts.act(journey, journey.draft_revision, "insert", put_wait, by=None, now=NOW)

    assert drafts.can(journey) == (True, False)
    assert "s10" in journey.draft["steps"]  # s9 was had before
    assert "s9" not in journey.draft["steps"]


@pytest.mark.django_db
def test_what_is_wrong_is_said_at_its_step():
    wrong = a_draft(
        a=step({"step": "wait", "fields": {"n": -1, "unit": "hours"}}, next="b"),
        b=step({"step": "gone", "fields": {}}, next=None),
    )
    found = marks(wrong)
    assert set(found) == {"", "a", "b"}
    assert all(found.values())

    mended = {
        **a_draft(a=step(WAIT, next=None)),
        "trigger": {"trigger": "event", "fields": {"event": "A"}},
    }
    assert marks(mended) == {}
