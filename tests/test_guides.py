"""The guides say the same in both languages, and each page of the product leads to its own part."""

import re
from collections import Counter

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.urls import get_resolver, resolve, reverse
from django.utils import translation
from django.utils.html import escape
from markdown_it import MarkdownIt
from markdown_it.token import Token

from crm_project.guides import places, reading
from crm_project.web.theme import NAVIGATION
from tests.test_glossary import GLOSSARY, rows

EACH = pytest.mark.parametrize("name", reading.GUIDES)
BOTH = pytest.mark.parametrize("language", ["en", "zh-hans"])


def tokens(name: str, folder) -> list[Token]:
    text = (folder / f"{name}.md").read_text(encoding="utf-8")
    return MarkdownIt("commonmark").enable("table").parse(text)


def in_both(name: str, told) -> tuple:
    return tuple(told(tokens(name, folder)) for folder in (reading.ENGLISH, reading.CHINESE))


def inline_code(found: list[Token]) -> set[str]:
    return {
        part.content
        for token in found
        for part in token.children or ()
        if part.type == "code_inline"
    }


def shape(found: list[Token]) -> list[str]:
    """Headings with their levels, items, tables and their rows, in their order."""
    kept = ("heading_open", "list_item_open", "table_open", "tr_open", "th_open", "td_open")
    return [token.tag for token in found if token.type in kept]


def links(found: list[Token]) -> Counter:
    """How often each document or address is linked; anchors are words of a language."""
    hrefs = [
        str(part.attrGet("href"))
        for token in found
        for part in token.children or ()
        if part.type == "link_open"
    ]
    return Counter(href.partition("#")[0].rpartition("/")[2] for href in hrefs)


def test_every_chinese_guide_is_one_of_the_guides():
    assert {path.stem for path in reading.CHINESE.glob("*.md")} == set(reading.GUIDES)


@EACH
def test_headings_lists_and_tables_are_the_same(name):
    english, chinese = in_both(name, shape)
    assert english == chinese


@EACH
def test_code_is_the_same(name):
    english, chinese = in_both(
        name,
        lambda found: [token.content for token in found if token.type in ("fence", "code_block")],
    )
    assert english == chinese
    english, chinese = in_both(name, inline_code)
    assert english - chinese == set()


@EACH
def test_links_are_the_same(name):
    english, chinese = in_both(name, links)
    assert english - chinese == Counter()


@EACH
def test_chinese_is_chinese_in_the_words_of_the_glossary(name):
    text = (reading.CHINESE / f"{name}.md").read_text(encoding="utf-8")
    for heading in reading.headings(name, reading.CHINESE):
        assert heading.level == 1 or re.search(r"[\u4e00-\u9fff]|^\d+\. HTTPS$", heading.text)
    found = [
        (word, line)
        for word, instead, beside in rows("not", GLOSSARY.read_text(encoding="utf-8"))
        for line in text.splitlines()
        if word in line.replace(instead, "") and beside not in line
    ]
    assert found == []


# --- as pages of the admin


@pytest.fixture
def staff(client):
    client.force_login(User.objects.create_user("staff", is_staff=True))
    return client


@BOTH
@EACH
@pytest.mark.django_db
def test_anybody_on_the_staff_reads_a_guide_in_their_language(staff, name, language):
    staff.cookies["django_language"] = language

    page = staff.get(reverse("admin:guide", args=[name])).content.decode()

    with translation.override(language):
        guide = reading.here(name)
    assert escape(guide.title) in page
    for place, words in guide.contents:
        assert f'<h2 id="{place}">' in page
        assert f'<a class="ht-link" href="#{place}">{escape(words)}</a>' in page
    assert "<script>" not in guide.html


@BOTH
@EACH
def test_links_lead_to_pages_and_parts_that_are_there(name, language):
    with translation.override(language):
        html = reading.here(name).html
        assert ".md" not in "".join(re.findall(r'href="([^"]*)"', html))
        for address in re.findall(r'href="(/[^"]*)"', html):
            path, _mark, place = address.partition("#")
            target = reading.here(resolve(path).kwargs["guide"])
            assert not place or f'id="{place}"' in target.html, address


@pytest.mark.django_db
def test_strangers_and_unknown_guides(client):
    assert client.get(reverse("admin:guide", args=["staff"])).status_code == 302
    client.force_login(User.objects.create_user("nobody"))
    assert client.get(reverse("admin:guide", args=["staff"])).status_code == 302
    client.force_login(User.objects.create_user("staff", is_staff=True))
    for name in ("architecture", "secrets", "zh"):
        assert client.get(reverse("admin:guide", args=[name])).status_code == 404


def test_each_place_is_a_part_of_its_guide():
    for _page, guide, heading in places.PLACES:
        anchors = [one.anchor for one in reading.headings(guide, reading.ENGLISH)]
        assert anchors.count(heading) == 1, (guide, heading)


def pages() -> set[str]:
    names = {f"admin:{name}" for name in get_resolver().namespace_dict["admin"][1].reverse_dict}
    return {one for one in {*names, *get_resolver().reverse_dict} if isinstance(one, str)}


def test_each_place_is_of_pages_that_there_are():
    known = pages()
    idle = [
        place
        for number, place in enumerate(places.PLACES)
        if not any(
            page.startswith(place[0])
            and not any(page.startswith(before[0]) for before in places.PLACES[:number])
            for page in known
        )
    ]
    assert idle == []


def test_every_page_of_the_sidebar_and_every_list_is_explained():
    lists = {
        f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
        for model in admin.site._registry
    }
    sidebar = {
        resolve(str(item["link"])).view_name for group in NAVIGATION for item in group["items"]
    }
    assert len(sidebar) > 30
    assert {page for page in lists | sidebar if places.of(page) == places.DEFAULT} == set()


@BOTH
@pytest.mark.django_db
def test_a_page_leads_to_its_part(client, language):
    client.force_login(User.objects.create_superuser("boss"))
    client.cookies["django_language"] = language

    for page, place in {
        "/admin/": "marketer/#the-dashboard",
        "/admin/campaigns/journey/": "marketer/#by-itself-journeys",
        "/customers/retention/": "operator/#how-long-data-is-kept",
        "/admin/customers/source/add/": "developer/#send-the-first-event",
    }.items():
        assert f'href="/admin/guides/{place}"' in client.get(page).content.decode()
