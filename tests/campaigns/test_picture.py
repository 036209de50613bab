"""A journey's picture as a page shows it, without a browser."""

import re
from html.parser import HTMLParser

import pytest
from django.template.loader import render_to_string
from django.utils import translation

from campaigns.journeys import telling
from campaigns.journeys.picture import picture

VIEWED = {"trigger": "event", "event": "Product Viewed"}
HAS_EMAIL = {"condition": "attribute", "attribute": "email", "operator": "exists"}
STEPS = {
    "ask": {"step": "branch", "rule": HAS_EMAIL, "yes": "wait", "no": None},
    "wait": {"step": "wait", "n": 2, "unit": "days", "next": "ask"},
}


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


def drawn(nodes) -> str:
    counts = {"wait": "1,234"}
    nodes = [{"icon": "bolt", "count": counts.get(node["id"], ""), **node} for node in nodes]
    return render_to_string("campaigns/journeys/picture.html", {"picture": picture(nodes)})


def a_node(key, *ways, label="A step"):
    return {
        "id": key,
        "kind": "wait",
        "label": label,
        "next": [{"label": text, "to": to} for text, to in ways],
    }


class Balanced(HTMLParser):
    """Fails where a tag is not closed; collects the texts of list items outside the picture."""

    def __init__(self):
        super().__init__()
        self.open, self.items = [], []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        if tag == "li":
            self.items.append("")

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "li" in self.open:
            self.items[-1] += " ".join(data.split()) + " "


def read(html: str) -> list[str]:
    parser = Balanced()
    parser.feed(html)
    assert parser.open == []
    return [" ".join(item.split()) for item in parser.items]


@pytest.mark.django_db
def test_the_picture_shows_each_card_once_with_its_number_and_its_ways():
    html = drawn(telling.graph({"trigger": VIEWED, "start": "ask", "steps": STEPS}))

    read(html)
    canvas = html[: html.index("<details")]
    assert canvas.count("ht-node-label") == 4
    assert re.findall(r'class="ht-edge-label">(.*?)<', canvas) == ["yes", "no"]
    assert re.findall(r'class="ht-node-count".*?>(.*?)<', canvas) == ["1,234"]
    # Arrows to the branch, to the wait, to the end, and back to the branch.
    assert canvas.count('marker-end="url(#ht-arrow)"') == 4
    assert len(re.findall(r'<path d="[^"]+" class="ht-graph-back" marker-end', canvas)) == 1


def test_the_list_tells_the_same_in_the_order_in_which_it_is_read():
    html = drawn(
        [
            a_node("", ("", "a"), label="Begin"),
            a_node("b", ("", "a"), label="Later"),
            a_node("a", ("yes", "b"), ("no", None), label="Ask"),
            a_node(None, label="End"),
        ]
    )

    assert read(html) == [
        "Begin", "→ 2. Ask",
        "Ask", "yes → 3. Later", "no → 4. End",
        "Later", "→ 2. Ask",
        "End",
    ]  # fmt: skip


def test_the_picture_is_reached_by_the_keyboard_and_not_read_out_twice():
    html = drawn([a_node("", ("", None)), a_node(None)])

    assert re.search(r'<div class="ht-graph" role="region" tabindex="0" aria-label="[^"]+">', html)
    assert re.search(r'<div class="ht-graph-canvas" aria-hidden="true"', html)
    assert html.count("<details") == 1, "the list is outside of what is hidden"
    assert "<details" not in html[: html.index("</div>\n</div>")]


def test_a_way_to_a_step_that_a_draft_has_lost_and_one_back_to_itself_are_shown():
    html = drawn(
        [
            a_node("", ("", "a")),
            a_node("a", ("no", "a"), ("yes", "lost")),
            a_node(None, label="End"),
        ]
    )

    assert "ht-node-missing" in html
    assert "This step does not exist." in html
    assert "↻ no" in html


def test_texts_are_escaped_and_numbers_are_plain_in_every_language():
    nodes = [
        a_node("", ("<b>", "a")),
        *(a_node(n, ("", n + 1)) for n in range(40)),
        a_node(40),
        a_node("a"),
    ]
    nodes[0]["next"] += [{"label": f"way {n}", "to": n} for n in range(40)]
    for language in ("en", "zh-hans"):
        with translation.override(language):
            html = drawn(nodes)

        assert "&lt;b&gt;" in html
        assert "<b>" not in html
        assert re.findall(r'viewBox="0 0 (\d+) \d+"', html)[1:]
        styles = re.findall(r'ht-graph-place" style="(.*?)"', html)
        assert all(re.fullmatch(r"--x:\d+;--w:\d+", style) for style in styles)
        paths = re.findall(r'<path d="(.*?)"', html)[1:]
        assert all(re.fullmatch(r"[MC0-9., ]+", d) for d in paths)
