"""The editor's page: a journey is put together by posts alone, and nothing of anybody's work is
lost."""

import json
import re

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse

from campaigns.journeys.editor import drafts
from campaigns.journeys.steps.base import steps
from campaigns.models import Firing, Journey, Run
from crm_project.queue.due import database_now
from customers.models import Segment, Tag
from tests.factories import (
    a_batch,
    a_customer,
    a_segment,
    a_source,
    a_workspace,
    an_event,
    happened,
    member,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(client):
    client.force_login(User.objects.create_superuser("boss"))
    client.cookies["django_language"] = "en"
    return client


class Editor:
    """A marketer without a mouse and without scripts."""

    def __init__(self, client, journey: Journey):
        self.client, self.journey = client, journey

    def page(self, **query) -> str:
        answer = self.client.get(
            reverse("admin:campaigns_journey_editor", args=[self.journey.pk]), query
        )
        assert answer.status_code == 200
        return answer.text

    def post(self, revision=None, **data):
        self.journey.refresh_from_db()
        data["revision"] = self.journey.draft_revision if revision is None else revision
        answer = self.client.post(
            reverse("admin:campaigns_journey_editor_act", args=[self.journey.pk]), data
        )
        self.journey.refresh_from_db()
        return answer

    def add(self, kind: str, place: str, **fields) -> str:
        """The id of the new step."""
        before = set(drafts.opened(self.journey)["steps"])
        assert self.post(do=f"insert|{kind}|{place}").status_code == 302
        (new,) = set(self.journey.draft["steps"]) - before
        if fields:
            assert self.post(op="set", step=new, **fields).status_code == 302
        return new

    def part(self, step: str) -> dict:
        return self.journey.draft["steps"][step]


@pytest.fixture
def editor(boss):
    answer = boss.post(reverse("admin:campaigns_journey_blank"), {"name": "Mine"})
    assert "/editor/" in answer.url
    return Editor(boss, Journey.objects.get(name="Mine"))


def begun(editor, event="Product Viewed", **more) -> None:
    entry = {"reentry": "days", "reentry_days": "3", "holdout_percent": "10"}
    assert (
        editor.post(
            op="set", step="trigger", kind="event", event=event, **entry, **more
        ).status_code
        == 302
    )


def test_a_journey_is_put_together_published_and_walked(boss, editor):
    """Viewed → wait → if tagged: message with a coupon; else a tag."""
    a_workspace()
    tag, seen, batch = (
        Tag.objects.create(name="VIP"),
        Tag.objects.create(name="seen"),
        a_batch(name="Ten off"),
    )
    assert "Choose how the journey begins" in editor.page()
    begun(editor)
    wait = editor.add("wait", "at::", n="2", unit="hours")
    rule = {
        "part": ["p1|rule|tag"],
        "rule-op": "all",
        "p1-mode": "any",
        "p1-tags": [tag.pk],
        "p1-since": "ever",
    }
    branch = editor.add("branch", f"at:{wait}:next", **rule)
    text = {
        "channel": "in_app",
        "purpose": "marketing",
        "in_app-title": "Hello",
        "in_app-body": "{{ coupon.code }}",
        "in_app-page": "",
    }
    message = editor.add("send_message", f"at:{branch}:yes", **text, batch=batch.pk)
    other = editor.add("add_tag", f"at:{branch}:no", tag=seen.pk)

    assert (
        editor.journey.draft["trigger"]
        == {
            "trigger": "event",
            "fields": {"event": "Product Viewed", "freshness_seconds": 86400},
        }
        or editor.journey.draft["trigger"]["fields"]["event"] == "Product Viewed"
    )
    assert (editor.journey.draft["reentry"], editor.journey.draft["holdout_percent"]) == (
        {"kind": "days", "days": 3},
        10,
    )
    assert editor.part(wait)["fields"] == {"n": 2, "unit": "hours"}
    assert editor.part(branch)["exits"] == {"yes": message, "no": other}
    assert editor.part(message)["fields"]["batch"] == batch.pk
    page = editor.page()
    assert "Before it can be published" not in page
    for words in ("Wait 2 hours", "Ten off", "Hello", "If"):
        assert words in page

    boss.post(reverse("admin:campaigns_journey_act", args=[editor.journey.pk, "publish"]))
    assert Journey.objects.get().status == "live"
    happened(a_source(), an_event(member(1)))


def test_what_is_wrong_is_marked_and_not_published(boss, editor):
    begun(editor)
    wait = editor.add("wait", "at::")
    editor.post(op="set", step=wait, n="-5", unit="hours")

    assert editor.part(wait)["fields"]["n"] == "-5"
    page = editor.page(step=wait)
    assert "Before it can be published" in page
    assert 'value="-5"' in page
    assert "Publish</button>" not in page
    boss.post(reverse("admin:campaigns_journey_act", args=[editor.journey.pk, "publish"]))
    assert Journey.objects.get().published is None


def test_whoever_comes_too_late_sees_both_and_saves_again(editor):
    begun(editor)
    wait = editor.add("wait", "at::", n="1", unit="hours")
    seen = editor.journey.draft_revision
    editor.post(op="set", step=wait, n="2", unit="days")

    late = editor.post(seen, op="set", step=wait, n="7", unit="weeks")

    assert late.status_code == 409
    assert "Somebody else has changed this journey" in late.text
    assert "Wait 2 days" in late.text
    assert 'value="7"' in late.text
    assert editor.part(wait)["fields"] == {"n": 2, "unit": "days"}
    fresh = re.search(r'name="revision" value="(\d+)"', late.text)[1]
    assert editor.post(fresh, op="set", step=wait, n="7", unit="weeks").status_code == 302
    assert editor.part(wait)["fields"] == {"n": 7, "unit": "weeks"}


def test_every_act_is_undone_and_redone(editor):
    begun(editor)
    first = editor.add("wait", "at::", n="1", unit="hours")
    second = editor.add("wait", f"at:{first}:next", n="2", unit="hours")
    acts = [
        {"do": f"move|{second}|at::"},
        {"do": f"off|{first}|1"},
        {"do": f"delete|{first}|"},
        {"op": "lead", "step": second, "way": "next", "to": ""},
    ]
    past = [json.dumps(editor.journey.draft)]
    for act in acts:
        assert editor.post(**act).status_code == 302
        past.append(json.dumps(editor.journey.draft))
    for before in reversed(past[:-1]):
        editor.post(do="undo")
        assert json.dumps(editor.journey.draft) == before
    for after in past[1:]:
        editor.post(do="redo")
        assert json.dumps(editor.journey.draft) == after


def test_steps_are_copied_into_another_journey(boss, editor):
    begun(editor)
    branch = editor.add("branch", "at::")
    editor.add("wait", f"at:{branch}:yes", n="3", unit="days")
    editor.post(do=f"copy|{branch}")
    boss.post(reverse("admin:campaigns_journey_blank"), {"name": "Other"})
    other = Editor(boss, Journey.objects.get(name="Other"))
    assert "Paste what was copied" in other.page(at="at::")

    assert other.post(do="paste|at::").status_code == 302

    assert sorted(part["step"] for part in other.journey.draft["steps"].values()) == [
        "branch",
        "wait",
    ]


@pytest.mark.parametrize(
    "data",
    [
        {"do": "insert|unheard_of|at::"},
        {"do": "insert|wait|nowhere"},
        {"do": "insert|wait|at:gone:next"},
        {"do": "insert"},
        {"do": "move|gone|at::"},
        {"do": "delete|gone|"},
        {"do": "copy|gone"},
        {"do": "paste|at::"},
        {"do": "off|gone|1"},
        {"do": "explode"},
        {"op": "set", "step": "gone"},
        {"op": "set", "step": "trigger", "kind": "unheard_of"},
        {"op": "lead", "step": "gone", "way": "next", "to": "x"},
        {},
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(editor, data):
    begun(editor)
    before = json.dumps(editor.journey.draft)

    assert editor.post(**data).status_code == 302

    assert json.dumps(editor.journey.draft) == before
    assert "ht" in editor.page()


@pytest.mark.parametrize(
    "draft",
    [
        {
            "v": 2,
            "steps": {"a": None, "b": 7, "c": {"step": "gone", "fields": {}, "exits": {}}},
            "start": "c",
        },
        {
            "v": 2,
            "steps": {"a": {"step": ["x"], "fields": [], "exits": []}},
            "start": "a",
            "trigger": 5,
            "reentry": "x",
        },
        {"v": 9, "steps": {}, "start": None},
        {"steps": {"a": {"step": "branch", "rule": {"op": []}, "yes": "a", "no": 5}}, "start": "a"},
        {"steps": []},
        {
            "v": 2,
            "steps": {
                "a": {"step": "wait", "fields": {"n": 1, "unit": "hours"}, "exits": {"next": "a"}}
            },
            "start": "a",
        },
        {"v": 2, "trigger": {"trigger": ["x"]}, "steps": {}, "start": "a", "holdout_percent": {}},
    ],
    ids=str,
)
def test_a_draft_that_nobody_can_read_is_shown_all_the_same(boss, draft):
    editor = Editor(boss, Journey.objects.create(name="odd", draft=draft))
    page = editor.page()
    assert "Before it can be published" in page
    for step in re.findall(r'id="step-([a-z]+)"', page):
        editor.page(step=step)
        editor.page(move=step)
    for step in list(drafts.opened(editor.journey)["steps"]):
        assert f'id="step-{step}"' in page
        assert editor.post(do=f"delete|{step}|").status_code == 302
    assert drafts.opened(editor.journey)["steps"] == {}


def test_a_draft_has_a_bound(editor):
    begun(editor)
    text = {
        "channel": "in_app",
        "purpose": "marketing",
        "in_app-title": "Hello",
        "in_app-body": "x" * 600_000,
    }
    step = editor.add("send_message", "at::")
    before = json.dumps(editor.journey.draft)

    assert editor.post(op="set", step=step, **text).status_code == 302

    assert json.dumps(editor.journey.draft) == before


def test_what_is_done_to_the_blocks_of_a_letter_is_done_to_the_draft(editor):
    step = editor.add("send_message", "at::")
    said = {"channel": "email", "purpose": "service", "email-subject": "Hi", "email-body": "One"}

    answer = editor.post(op="set", step=step, **said, **{"email-do": "begin"})

    assert "saved" not in answer["Location"]
    content = editor.journey.draft["steps"][step]["fields"]["content"]
    assert (content["b1_text"], content["body"]) == ("One", "")
    assert 'name="email-b1_text"' in editor.page(step=step)
    said |= {f"email-{name}": text for name, text in content.items()}
    editor.post(op="set", step=step, **said, **{"email-do": "insert|divider|b1"})
    assert '"b2"' in editor.journey.draft["steps"][step]["fields"]["content"]["blocks"]
    editor.post(do="undo")
    assert '"b2"' not in editor.journey.draft["steps"][step]["fields"]["content"]["blocks"]


def test_whoever_may_only_change_journeys_sees_the_preview(client, editor):
    clerk = User.objects.create_user("clerk", is_staff=True)
    clerk.user_permissions.add(Permission.objects.get(codename="change_journey"))
    client.force_login(clerk)
    assert (
        client.post(
            reverse("admin:campaigns_template_preview"), {"channel": "in_app", "in_app-title": "Hi"}
        ).status_code
        == 200
    )


def test_whoever_may_not_change_journeys_has_no_editor(client, editor):
    clerk = User.objects.create_user("clerk", is_staff=True)
    clerk.user_permissions.add(Permission.objects.get(codename="view_journey"))
    client.force_login(clerk)
    assert (
        client.get(reverse("admin:campaigns_journey_editor", args=[editor.journey.pk])).status_code
        == 403
    )
    assert editor.post(do="undo").status_code == 403
    assert client.get(reverse("admin:campaigns_journey_blank")).status_code == 403


def test_a_rule_of_what_somebody_may_not_see_is_neither_shown_nor_lost(client, boss, editor):
    begun(editor)
    branch = editor.add("branch", "at::")
    secret = {
        "condition": "measured",
        "kind": "weight",
        "measure": "latest",
        "comparison": ">",
        "times": "90",
        "window": "ever",
    }
    editor.journey.draft["steps"][branch]["fields"] = {"rule": secret}
    editor.journey.save()
    marketer = User.objects.create_user("marketer", is_staff=True)
    marketer.user_permissions.set(Permission.objects.filter(content_type__app_label="campaigns"))
    client.force_login(marketer)

    page = editor.page(step=branch)
    assert "Before it can be published" not in page
    assert "weight" not in page
    assert "whose data you may not see" in page
    assert "may not see" in page
    editor.post(op="set", step=branch, part=[])
    assert editor.part(branch)["fields"] == {"rule": secret}


def a_hundred_steps() -> dict:
    """Twenty times: a message, a split whose ways meet again after a tag and a wait, a wait."""
    tag, found = Tag.objects.create(name="VIP").pk, {}
    text = {"title": "Hello", "body": "{{ customer.name | default: 'you' }}"}
    said = {"channel": "in_app", "purpose": "marketing", "content": text}
    halves = {"w1_label": "A", "w1_percent": 50, "w2_label": "B", "w2_percent": 50}
    for n in range(0, 100, 5):
        last = f"s{n + 4}"
        parts = [
            ("send_message", said, {"next": f"s{n + 1}"}),
            ("random_split", halves, {"w1": f"s{n + 2}", "w2": f"s{n + 3}"}),
            ("wait", {"n": 2, "unit": "days"}, {"next": last}),
            ("add_tag", {"tag": tag}, {"next": last}),
            ("wait", {"n": n + 1, "unit": "hours"}, {"next": f"s{n + 5}" if n < 95 else None}),
        ]
        for place, (kind, fields, exits) in enumerate(parts, n):
            found[f"s{place}"] = {"step": kind, "fields": fields, "exits": exits}
    trigger = {"trigger": "event", "fields": {"event": "A"}}
    return {
        "v": 2,
        "trigger": trigger,
        "reentry": {"kind": "once"},
        "start": "s0",
        "steps": found,
    }


@pytest.mark.parametrize("opened", ["", "s0", "s1", "s2", "s3", "trigger"])
def test_a_hundred_steps_take_few_queries(boss, django_assert_max_num_queries, opened):
    journey = Journey.objects.create(name="long", draft=a_hundred_steps())
    editor = Editor(boss, journey)
    editor.page()
    with django_assert_max_num_queries(15):
        assert editor.page(step=opened).count("ht-recipe-number") >= 100


GONE = 999_999
CONTENT = {"title": "Hello", "body": "Hello"}


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("issue_coupon", {"batch": GONE}),
        ("add_tag", {"tag": GONE}),
        ("add_to_list", {"segment": GONE}),
        ("call_webhook", {"connection": GONE}),
        (
            "send_message",
            {"channel": "in_app", "purpose": "marketing", "content": CONTENT, "batch": GONE},
        ),
        (
            "send_message",
            {"channel": "in_app", "purpose": "marketing", "content": CONTENT, "otherwise": GONE},
        ),
        ("branch", {"rule": {"condition": "in_segment", "segment": GONE}}),
        ("nobody knows it", {"n": 1}),
    ],
)
def test_what_names_what_is_gone_is_marked_refused_and_kept(boss, editor, kind, fields):
    begun(editor)
    step = {"step": kind, "fields": fields, "exits": {}}
    draft = editor.journey.draft | {"start": "s1", "steps": {"s1": step}}
    Journey.objects.filter(pk=editor.journey.pk).update(draft=draft)

    for opened in ("", "s1"):
        assert "Before it can be published" in editor.page(step=opened)
    boss.post(reverse("admin:campaigns_journey_act", args=[editor.journey.pk, "publish"]))
    editor.journey.refresh_from_db()
    assert editor.journey.published is None
    assert editor.journey.draft == draft


def test_a_split_is_written_rule_by_rule(editor):
    begun(editor)
    split = editor.add("split", "at::")
    last = editor.add("wait", f"at:{split}:other", n="1", unit="hours")
    tags = [Tag.objects.create(name=name) for name in ("gold", "silver")]
    labels = {"w1_label": "Gold", "w2_label": "Silver"}
    for number, tag in enumerate(tags, 1):
        rule = {
            "part": ["p1|rule|tag"],
            "rule-op": "all",
            "p1-mode": "any",
            "p1-tags": [tag.pk],
            "p1-since": "ever",
        }
        assert (
            editor.post(
                op="set", step=split, rule_name=f"w{number}_rule", **labels, **rule
            ).status_code
            == 302
        )
    assert editor.part(split)["exits"] == {"w1": last, "w2": last, "other": last}
    assert editor.part(split)["fields"]["w1_rule"]["of"][0]["tags"] == [tags[0].pk]
    page = editor.page(step=split, rule="w2_rule")
    assert "Gold" in page
    assert 'name="rule_name" value="w2_rule"' in page
    assert "Before it can be published" not in page

    gold = editor.add("wait", f"at:{split}:w1", n="2", unit="days")
    assert editor.part(split)["exits"]["w1"] == gold
    text = editor.page()
    assert (
        text.index('<h3 class="ht-label">Gold')
        < text.index('<h3 class="ht-label">Silver')
        < text.index("Everybody else")
    )


def test_every_kind_of_step_can_be_put_in_opened_and_undone(editor):
    begun(editor)
    for kind in steps:
        step = editor.add(kind.key, "at::")
        assert editor.part(step)["step"] == kind.key
        assert f'id="step-{step}"' in editor.page(step=step)
        editor.post(op="set", step=step)
        assert editor.part(step)["step"] == kind.key
        editor.post(do="undo")
        editor.post(do="undo")
    assert editor.journey.draft["steps"] == {}


def test_segments_offered_are_those_that_somebody_may_use(boss, editor):
    a_segment(name="regulars")
    assert "regulars" in editor.page(step="trigger", kind="segment")
    assert Run.objects.count() == 0


def test_a_goal_and_reasons_to_leave_are_written_changed_and_deleted(editor):
    begun(editor)
    segment = a_segment(name="Away")
    page = editor.page(step="goal", kind="event")
    assert 'name="event"' in page

    goal = {"event": "Order Completed", "n": "3", "unit": "days"}
    assert editor.post(op="set", step="goal", kind="event", **goal).status_code == 302
    editor.post(op="set", step="exit0", kind="segment", segment=segment.pk, change="left")
    editor.post(op="set", step="exit1", kind="event", event="Order Cancelled")
    draft = editor.journey.draft
    assert draft["goal"]["by"] == "event"
    assert [one["by"] for one in draft["leave"]] == ["segment", "event"]
    page = editor.page()
    assert "Goal: “Order Completed” happens, within 3 days" in page
    assert "Leaves as soon as the customer is not in “Away” any more" in page

    editor.post(do="delete|exit0|")
    assert [one["by"] for one in editor.journey.draft["leave"]] == ["event"]
    editor.post(do="delete|goal|")
    assert editor.journey.draft["goal"] is None
    editor.post(do="undo")
    assert editor.journey.draft["goal"]["fields"]["event"] == "Order Completed"


def test_a_wrong_goal_is_kept_marked_and_not_published(editor):
    begun(editor)
    editor.add("wait", "at::")
    editor.post(op="set", step="goal", kind="event", event="", n="3", unit="days")

    page = editor.page()
    assert 'href="?step=goal#step-goal"' in page
    assert editor.page(step="goal").count('value="3"')
    for said in ("rule", "nothing"):
        editor.post(op="set", step="goal", kind=said)
    editor.post(op="set", step="exit7", kind="event", event="A")
    assert "leave" not in editor.journey.draft


def test_a_rule_by_which_one_leaves_is_written_in_the_builder(editor):
    begun(editor)
    rule = {"condition": "attribute", "attribute": "city", "operator": "is", "value": "Xiamen"}
    tree = {"op": "all", "of": [rule]}
    page = editor.page(step="exit0", kind="rule")
    assert "ht-rule" in page
    editor.post(op="set", step="exit0", kind="rule", rule=json.dumps(tree))
    assert editor.page(step="exit0")


def test_what_happens_when_a_step_goes_wrong(editor):
    begun(editor)
    step = editor.add("wait", "at::")
    editor.post(do=f"on_error|{step}|hold")
    assert editor.part(step)["on_error"] == "hold"
    editor.post(do=f"on_error|{step}|explode")
    assert editor.part(step)["on_error"] == "hold"


def test_who_may_enter_and_how_many_in_an_hour(editor):
    segment = a_segment(name="Locals")
    begun(editor, entry_segment=segment.pk, per_hour="50")
    assert editor.journey.draft["entry"] == {"segment": segment.pk, "per_hour": 50}
    page = editor.page()
    assert "Only customers in “Locals” enter. At most 50 enter in an hour" not in page  # not yet
    editor.add("wait", "at::", n="1", unit="hours")
    page = editor.page()
    assert "Only customers in “Locals” enter" in page
    assert "At most 50 enter in an hour" in page


def test_those_inside_are_let_in_from_the_journeys_page(boss, editor):
    segment = a_segment(a_customer(), name="Locals")
    Segment.objects.update(size=1)
    entry = {"reentry": "once", "holdout_percent": "0"}
    editor.post(
        op="set", step="trigger", kind="segment", segment=segment.pk, change="entered", **entry
    )
    editor.add("wait", "at::", n="1", unit="hours")
    boss.post(reverse("admin:campaigns_journey_act", args=[editor.journey.pk, "publish"]))
    page = reverse("admin:campaigns_journey_change", args=[editor.journey.pk])
    assert "Let them in" in boss.get(page).text

    address = reverse("admin:campaigns_journey_let_in", args=[editor.journey.pk])
    assert boss.get(address).status_code == 405
    boss.post(address, {"per_hour": "-3"})
    assert not Firing.objects.exists()
    boss.post(address, {"per_hour": "30"})
    assert Firing.objects.get().per_hour == 30
    assert "They are being let in now" in boss.get(page).text


def test_runs_in_trouble_are_told_and_dealt_with_on_the_journeys_page(boss, editor):
    begun(editor)
    step = editor.add("wait", "at::", n="1", unit="hours")
    boss.post(reverse("admin:campaigns_journey_act", args=[editor.journey.pk, "publish"]))
    editor.journey.refresh_from_db()
    now, customer = database_now(), a_customer()
    run = Run.objects.create(
        customer=customer,
        origin_customer=customer,
        journey=editor.journey,
        version=editor.journey.published,
        entry_key="once",
        step=step,
        visit=1,
        entered_at=now,
        held_at=now,
        error="DataError: boom",
    )
    page = reverse("admin:campaigns_journey_change", args=[editor.journey.pk])
    assert "DataError: boom" in boss.get(page).text
    address = reverse("admin:campaigns_journey_trouble", args=[editor.journey.pk])
    assert boss.post(address, {"act": "explode", "step": step}).status_code == 404
    boss.post(address, {"act": "try_again", "step": step})
    run.refresh_from_db()
    assert (run.error, run.held_at, run.due_at is None) == ("", None, False)

    Run.objects.update(error="again", held_at=now, due_at=None)
    boss.post(reverse("admin:campaigns_run_act", args=[run.pk, "take_out"]))
    run.refresh_from_db()
    assert (run.state, run.outcome) == ("exited", "taken_out")
    assert (
        "taken out by hand" in boss.get(reverse("admin:campaigns_run_change", args=[run.pk])).text
    )
