"""A letter written as blocks: what is done to them, what becomes of each, and that no text in one
of them can leak, hang or be markup."""

import json
import time

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import translation

from campaigns.delivery import content, dispatch, needs
from campaigns.models import Template
from integrations.email import letter
from integrations.email.blocks import operations, tree
from integrations.email.blocks.kinds import KINDS
from integrations.email.channel import Email
from integrations.email.content import EmailContent
from tests.campaigns.queued import a_message
from tests.factories import a_member
from tests.integrations.test_email import (  # noqa: F401
    html_of,
    path_of,
    queued,
    sent,
    server,
    state,
)

HOSTILE = [
    "</mj-text><mj-raw><script>alert(1)</script></mj-raw>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "&lt;script&gt;alert(1)&lt;/script&gt;<svg onload=alert(1)>",
    "{{ settings.SECRET_KEY }}{% include 'x' %}",
    "]]><!-- --><!DOCTYPE x [<!ENTITY a 'b'>]>&a;",
]
SAYS = {
    "heading": {"text": "春天来了", "level": "1", "align": "center"},
    "text": {"text": "您好\n第二行\n\n[看看](https://shop.example/p?a=1&b=2)", "align": "left"},
    "picture": {
        "picture": "https://img.example/spring.jpg",
        "alt": "一枝花",
        "url": "https://shop.example/flowers",
        "width": "50",
    },
    "button": {
        "text": "去看看",
        "url": "https://shop.example/go",
        "colour": "#123456",
        "align": "right",
    },
    "coupon": {"text": "减 20 元", "code": "ABC", "until": "2026-12-31", "colour": "#bf4530"},
    "products": {
        "name1": "茶",
        "price1": "¥12",
        "picture1": "https://img.example/tea.jpg",
        "url1": "https://shop.example/tea",
        "name2": "糖",
    },
    "divider": {"colour": "#00ff00", "thickness": "4"},
}
SHOWN = {
    "heading": ["春天来了", "text-align:center"],
    "text": ["您好<br />第二行", 'href="https://shop.example/p?a=1&amp;b=2"'],
    "picture": ['src="https://img.example/spring.jpg"', 'alt="一枝花"', 'width="275"'],
    "button": ["去看看", 'href="https://shop.example/go"', "#123456"],
    "coupon": ["减 20 元", "ABC", "2026-12-31", "dashed #bf4530"],
    "products": ["茶", "¥12", 'src="https://img.example/tea.jpg"', "糖"],
    "divider": ["solid 4px #00ff00"],
}
READ = {
    "heading": "春天来了",
    "text": "看看: https://shop.example/p?a=1&b=2",
    "picture": "一枝花: https://shop.example/flowers",
    "button": "去看看: https://shop.example/go",
    "coupon": "减 20 元 · ABC · 2026-12-31",
    "products": "茶 ¥12: https://shop.example/tea\n糖",
    "divider": "―",
}


def of(*kinds, **says):
    """A content of blocks b1, b2 … of these kinds."""
    blocks = [tree.Block(f"b{n}", kind) for n, kind in enumerate(kinds, 1)]
    texts = {"subject": "s", "body": "", "preheader": "", "text": ""}
    for block in blocks:
        texts |= operations.beginnings(block) if block.kind in KINDS else {}
        texts |= {f"{block.id}_{n}": t for n, t in SAYS.get(block.kind, {}).items()}
    return texts | says | {"blocks": tree.written(blocks)}


def order(texts):
    return [one.id for one in tree.read(texts["blocks"])]


def do(texts, *said):
    return operations.carried_out(texts, "|".join(said))[0]


# -- what each block becomes


@pytest.mark.parametrize("kind", sorted(SAYS))
def test_each_block_stands_in_the_letter_and_in_its_plain_text(kind):
    form = EmailContent(of(kind))
    assert form.is_valid(), form.errors

    one = letter.composed(form.cleaned_data, letter.Foot("小店"))

    assert [words for words in SHOWN[kind] if words not in one.html] == []
    assert READ[kind] in one.text
    assert "小店" in one.text


def test_columns_stand_beside_each_other():
    texts = do(of("heading"), "insert", "columns", "b1", "3")
    texts = do(texts, "insert", "button", "b2:0") | {"b2_widths": "first", "subject": "s"}
    texts |= {"b3_text": "买", "b3_url": "https://shop.example/"}
    form = EmailContent(texts)
    assert form.is_valid(), form.errors

    html = letter.composed(form.cleaned_data, letter.Foot("x")).html

    assert html.count("mj-column-per-50") > 1
    assert html.count("mj-column-per-25") > 2
    assert "https://shop.example/" in html


def test_the_plain_text_that_somebody_wrote_stays():
    form = EmailContent(of("heading", text="Only this"))
    assert form.is_valid()
    assert letter.composed(form.cleaned_data, letter.Foot("x")).text.startswith("Only this\n")


def test_dark_is_the_same_letter_with_its_dark_rules():
    one = letter.composed(of("text"), letter.Foot("x"))
    assert letter.DARK in one.html
    assert letter.DARK not in one.dark
    assert "@media all" in one.dark


# -- hostile texts


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("kind", sorted(SAYS))
def test_no_value_of_a_customer_is_markup_in_any_block(kind, hostile):
    fields = [n for n in SAYS[kind] if n not in {"level", "align", "width", "colour", "thickness"}]
    texts = of(kind)
    for name in fields:
        is_address = name.startswith(("url", "picture"))
        texts[f"b1_{name}"] = (
            "https://shop.example/?n={{ customer.name }}" if is_address else "{{ customer.name }}"
        )
    context = {"customer": {"name": hostile}}
    filled = {n: content.filled(t, context, is_markup=True) for n, t in texts.items()}

    html = letter.composed(filled, letter.Foot("x")).html

    plain = letter.composed(of(kind), letter.Foot("x")).html
    for tag in ("<script", "<svg", "<img", "<iframe", "<mj-", "<!DOCTYPE", "<!ENTITY"):
        assert html.count(tag) <= plain.count(tag), tag
    for inside in letter_tags(html):
        assert "onerror" not in inside
        assert "onmouseover" not in inside
        assert "onload" not in inside


def letter_tags(html):
    """The attributes' names of all tags, as a browser reads them."""
    from html.parser import HTMLParser

    found = []

    class Names(HTMLParser):
        def handle_starttag(self, tag, attrs):
            found.append({name for name, _value in attrs})

    Names().feed(html)
    return found


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("kind", sorted(SAYS))
def test_no_word_of_who_writes_it_is_markup_either(kind, hostile):
    texts = of(kind)
    texts |= {n: hostile for n in texts if n.startswith("b1_")}
    plain = letter.composed(of(kind), letter.Foot("x")).html
    try:
        texts = {n: content.filled(t, {}, is_markup=True) for n, t in texts.items()}
    except content.BrokenContent:
        return
    html = letter.composed(texts, letter.Foot("x")).html

    for tag in ("<script", "<svg", "<iframe", "<mj-", "<!DOCTYPE", "<!ENTITY"):
        assert html.count(tag) <= plain.count(tag), tag
    assert not any({"onerror", "onload", "onmouseover"} & names for names in letter_tags(html))


@pytest.mark.parametrize(
    "attack",
    [
        "{{ customer.__class__.__mro__ }}",
        "{% for i in (1..100000000) %}x{% endfor %}",
        "{{ 'x' | times: 9999999 }}",
        "{% include 'settings' %}",
        "{{ customer.name",
        "{% render 'x' %}",
        "{{ settings.SECRET_KEY }}",
    ],
)
@pytest.mark.parametrize("kind", ["button", "coupon", "heading", "products", "text"])
def test_a_template_in_a_block_cannot_leak_or_hang(kind, attack, settings):
    name = {"products": "name1"}.get(kind, "text")
    began = time.perf_counter()
    form = EmailContent(of(kind, **{f"b1_{name}": attack}))
    if form.is_valid():  # then it says nothing
        one = letter.composed(
            {n: content.filled(t, {}, is_markup=True) for n, t in form.cleaned_data.items()},
            letter.Foot("x"),
        )
        assert settings.SECRET_KEY not in one.html + one.text
        assert "mro" not in one.html
    else:
        assert set(form.errors) == {f"b1_{name}"}
    assert time.perf_counter() - began < 1


def test_a_letter_that_grows_too_long_is_none():
    grown = dict.fromkeys(("b1_text", "b2_text", "b3_text"), "x" * 90_000)
    with pytest.raises(letter.BrokenLetter):
        letter.composed(of("text", "text", "text", **grown), letter.Foot("x"))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("b1_url", "javascript:alert(1)"),
        ("b1_url", "//evil.example"),
        ("b1_url", "{{ customer.name }}"),
        ("b1_url", "https://{{ customer.name }}.example/"),
        ("b1_url", "data:text/html,x"),
        ("b1_colour", "red;background:url(https://x)"),
        ("b1_colour", "#12345"),
        ("b1_align", "justify;x"),
        ("b1_text", ""),
        ("b2_picture", "http://plain.example/a.jpg"),
        ("b2_picture", "https://x.example/{{ customer.name }}.jpg"),
        ("b2_picture", "data:image/svg+xml,<svg>"),
        ("b2_width", "5000"),
        ("b2_alt", ""),
        ("b3_text", "[x](javascript:alert(1))"),
        ("b3_text", "x" * 5001),
        ("b4_thickness", "900"),
    ],
)
def test_bad_input_is_an_error_of_its_field_in_words(field, value):
    form = EmailContent(of("button", "picture", "text", "divider", **{field: value}))

    assert not form.is_valid()
    assert set(form.errors) == {field}
    assert len(str(form.errors[field][0])) > 4


@pytest.mark.parametrize(
    "blocks",
    [
        "x",
        "{}",
        "[1]",
        '[{"id": "b1"}]',
        '[{"id": "b1", "kind": "heading"}, {"id": "b1", "kind": "heading"}]',
        '[{"id": "../b1", "kind": "heading"}]',
        '[{"id": "b1", "kind": "columns"}]',
        '[{"id": "b1", "kind": "columns", "columns": [[]]}]',
        '[{"id":"b1","kind":"columns","columns":[[{"id":"b2","kind":"columns","columns":[[],[]]}],[]]}]',
        "[" * 5000,
        json.dumps([{"id": f"b{n}", "kind": "divider"} for n in range(1, 42)]),
    ],
)
def test_what_is_no_tree_of_blocks_is_refused_in_words(blocks):
    form = EmailContent({"subject": "s", "body": "", "blocks": blocks})

    assert not form.is_valid()
    assert "blocks" in form.errors
    with pytest.raises(letter.BrokenLetter):
        letter.composed({"subject": "s", "blocks": blocks}, letter.Foot("x"))


def test_stored_colours_and_widths_are_bounded_whatever_was_stored():
    bad = {"b1_colour": "red;x", "b1_align": '"x', "b2_width": "9999", "b2_picture": "x"}
    html = letter.composed(of("button", "picture", **bad), letter.Foot("x")).html

    assert "red;x" not in html
    assert "9999" not in html
    assert 'src="x"' not in html


def test_a_block_that_nobody_knows_is_kept_and_left_out():
    stored = of("heading")
    stored["blocks"] = (
        '[{"id": "b1", "kind": "heading"},'
        ' {"id": "b2", "kind": "video", "of": "{\\u007b x }}", "n": [1]}]'
    )
    stored["b2_source"] = "  https://v.example  "
    form = EmailContent(stored)
    assert form.is_valid(), form.errors

    kept = form.cleaned_data

    assert json.loads(kept["blocks"])[1] == {"id": "b2", "kind": "video", "of": "{{ x }}", "n": [1]}
    assert "{{" not in kept["blocks"]
    assert kept["b2_source"] == stored["b2_source"]
    assert "v.example" not in letter.composed(kept, letter.Foot("x")).html
    moved = do(kept, "up", "b2")
    assert order(moved) == ["b2", "b1"]
    assert moved["b2_source"] == stored["b2_source"]


def test_a_block_with_a_hole_keeps_its_letter_back():
    context = {"customer": {"name": "", "attributes": {}}, "coupon": {}}
    assert needs.missing(of("coupon", b1_code="{{ coupon.code }}"), context) == "coupon.code"


def test_the_tree_speaks_of_no_field():
    kinds = tree.written([tree.Block("b1", "products"), tree.Block("b2", "coupon")])
    assert content.wanted([kinds, "{{ customer.attributes.city }}"]) == content.WantedFields(
        frozenset({"customer"}), frozenset({"city"})
    )


# -- what is done to them


def test_paragraphs_become_blocks_and_paragraphs_again():
    texts = {"body": "Hello {{ customer.name }}\n\nHow are you?\n\n[Go](https://shop.example/)"}

    begun = do(texts, "begin")
    assert [one.kind for one in tree.read(begun["blocks"])] == ["text", "button"]
    assert begun["b1_text"] == "Hello {{ customer.name }}\n\nHow are you?"
    assert begun["b2_url"] == "https://shop.example/"
    assert do(begun, "end")["body"] == (
        "Hello {{ customer.name }}\n\nHow are you?\n\nGo: https://shop.example/"
    )


def test_put_in_move_copy_delete_and_undo():
    texts = of("heading", "text")
    texts = do(texts, "insert", "divider", "b1")
    assert order(texts) == ["b1", "b3", "b2"]
    assert texts["b3_thickness"] == "1"
    assert order(do(texts, "insert", "button", "")) == ["b4", "b1", "b3", "b2"]
    assert order(do(texts, "down", "b1")) == ["b3", "b1", "b2"]
    assert order(do(texts, "up", "b1")) == ["b1", "b3", "b2"]
    assert order(do(texts, "move", "b2", "")) == ["b2", "b1", "b3"]
    copied = do(texts, "copy", "b1")
    assert order(copied) == ["b1", "b4", "b3", "b2"]
    assert copied["b4_text"] == texts["b1_text"]
    gone = do(texts, "delete", "b2")
    assert order(gone) == ["b1", "b3"]
    assert "b2_text" not in gone
    back = do(gone, "undo")
    assert operations.own(back) == operations.own(texts)


def test_columns_hold_blocks_and_are_copied_with_them():
    texts = do(of("heading", "text"), "insert", "columns", "b1")
    texts = do(texts, "move", "b2", "b3:1")
    [_heading, columns] = tree.read(texts["blocks"])
    assert [[one.id for one in column] for column in columns.columns] == [[], ["b2"]]
    copied = do(texts, "copy", "b3")
    [_heading, _columns, other] = tree.read(copied["blocks"])
    [inner] = other.columns[1]
    assert copied[f"{inner.id}_text"] == texts["b2_text"]
    assert len({one.id for one in tree.walk(tree.read(copied["blocks"]))}) == 5
    assert order(do(texts, "move", "b2", "b3")) == ["b1", "b3", "b2"]
    assert [n for n in do(texts, "delete", "b3") if n.startswith(("b2_", "b3_"))] == []


@pytest.mark.parametrize(
    "said",
    [
        "",
        "eat|b1",
        "up",
        "up|b9",
        "up|b1|b1",
        "insert|video|",
        "insert|heading|b9",
        "insert|heading|b3:7",
        "insert|heading|b1:0",
        "insert|columns|b3:0",
        "move|b3|b3:0",
        "move|b3|b3",
        "begin",
        "undo",
        "copy|b1|" * 99,
    ],
)
def test_what_cannot_be_done_is_refused_in_words(said):
    texts = do(of("heading", "text"), "insert", "columns", "b1")
    texts["before"] = "[1]"
    with pytest.raises(operations.CannotDo, match=r".{5,}"):
        operations.carried_out(texts, said)


def test_there_are_not_more_than_forty():
    texts = of(*["divider"] * tree.MOST_BLOCKS)
    assert EmailContent(texts).is_valid()
    with pytest.raises(operations.CannotDo, match="40"):
        operations.carried_out(texts, "copy|b1")


# -- in the pages and on the wire


@pytest.fixture
def boss(client):
    client.force_login(User.objects.create_superuser("boss"))
    client.cookies["django_language"] = "en"
    return client


def posted(texts, **more):
    said = {f"email-{name}": text for name, text in texts.items()}
    return {"name": "Spring", "channel": "email", "purpose": "marketing", **said, **more}


@pytest.mark.django_db
def test_a_template_is_written_as_blocks_without_scripts(boss):
    page = reverse("admin:campaigns_template_add")
    answer = boss.post(page, posted({"subject": "s", "body": "Hi"}, **{"email-do": "begin"}))
    shown = answer.content.decode()
    assert not Template.objects.exists()
    assert 'name="email-b1_text"' in shown
    assert "is not saved yet" in shown

    answer = boss.post(page, posted(of("heading", "text"), **{"email-do": "delete|b2"}))
    assert 'name="email-b2_text"' not in answer.content.decode()
    assert boss.post(page, posted(of("heading", "button"))).status_code == 302

    row = Template.objects.get()
    assert row.content["b1_text"] == "春天来了"
    assert all(isinstance(text, str) for text in row.content.values())
    again = boss.get(reverse("admin:campaigns_template_change", args=[row.pk])).content.decode()
    assert 'name="email-b2_url" value="https://shop.example/go"' in again


@pytest.mark.django_db
def test_an_error_in_a_block_is_said_on_the_page_and_nothing_is_lost(boss):
    page = reverse("admin:campaigns_template_add")
    answer = boss.post(page, posted(of("button", b1_url="ftp://x"))).content.decode()

    assert not Template.objects.exists()
    assert 'value="ftp://x"' in answer
    assert "A link begins with https://" in answer


@pytest.mark.django_db
def test_the_preview_shows_blocks_on_a_phone_and_in_the_dark(boss):
    answer = boss.post(
        reverse("admin:campaigns_template_preview"), posted(of("heading"))
    ).content.decode()

    assert answer.count("<iframe") == answer.count(" sandbox srcdoc=") == 3
    assert "春天来了" in answer


@pytest.mark.django_db(transaction=True)
def test_a_letter_of_blocks_is_sent_with_its_links_counted(server):  # noqa: F811
    texts = of("heading", "button", b1_text="{{ customer.name }}，您好")
    message = queued("wang@example.com", **{n: t for n, t in texts.items() if t})
    sent(message)

    one = server.letter_to("wang@example.com")
    assert "小王 &lt;script&gt;alert(1)&lt;/script&gt;，您好" in html_of(one)
    assert "http://testserver/l/" in html_of(one)
    assert "去看看: https://shop.example/go" in one.get_body(("plain",)).get_content()


@pytest.mark.django_db(transaction=True)
def test_a_broken_tree_holds_up_no_other_letter(server):  # noqa: F811
    broken, other = queued("a@example.com", blocks="[1]"), queued("b@example.com")
    dispatch.deliver("email")

    assert state(broken)[0] != "sent"
    assert state(other) == ("sent", "")


def test_line_by_line_a_block_is_called_by_its_kind_and_its_number():
    texts = of("heading", "text")
    with translation.override("en"):
        told = {name: (str(a), b) for name, a, b in Email().labelled(texts)}
    assert told["blocks"][1] == "Heading 1, Text 2"
    assert told["b1_text"] == ("Heading 1: text", texts["b1_text"])
    assert told["b1_align"][1] == "in the middle"
    assert told["subject"] == ("subject", "s")
    broken = {name: label for name, label, _ in Email().labelled({**texts, "blocks": "["})}
    assert broken["b1_text"] == "b1_text"


@pytest.mark.django_db
def test_a_customers_page_tells_what_a_letter_in_blocks_said(admin_client):
    customer = a_member()
    a_message(customer, channel="email", content=of("heading", "text"))
    for address in (
        reverse("customer_panel", args=[customer.public_id, "messages"]),
        reverse("customer_story", args=[customer.public_id]),
    ):
        page = admin_client.get(address)
        assert page.status_code == 200
        assert "春天来了" in page.text
        assert "第二行" in page.text
