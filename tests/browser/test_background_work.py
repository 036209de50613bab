"""Background work as people have it: a file that comes in parts and goes on after a cut, the bar on
a phone, in both languages."""

import re

import pytest

from tests.browser.conftest import LANGUAGES, overflows

pytestmark = pytest.mark.proof
PART = 8 << 20
NOBODY = "".join(f"1390000{n:04}\n" for n in range(10_000))  # whom the demo does not know


@pytest.fixture
def a_list(visit):
    page = visit("/admin/customers/segment/add/")
    page.select_option("[name=kind]", "list")
    page.fill("[name=name]", "brought by a browser")
    page.locator("[name=_continue]").click()
    page.wait_for_url(re.compile(r"/segment/\d+/change/"))
    return page


def test_a_file_comes_in_parts_and_goes_on_after_a_cut(a_list, visit, shot, tmp_path):
    page, file = a_list, tmp_path / "people.csv"
    file.write_bytes(NOBODY.encode() * (2 * PART // len(NOBODY) + 1))
    assert PART * 2 < file.stat().st_size < PART * 3
    sent = []

    def cut(route, request):
        sent.append(request.url)
        if len(sent) == 2:
            route.abort()
        else:
            route.continue_()

    page.route(re.compile(r"/admin/files/[0-9a-f-]{36}/\d+/"), cut)
    page.set_input_files("[data-file-form] input[type=file]", file)
    page.locator("[data-file-form] [type=submit]").click()
    page.locator("[data-upload-failed]:visible").wait_for()
    shot(page, "upload-cut")
    visit.problems.clear()  # the cut is one

    page.locator("[data-file-form] [type=submit]").click()
    page.wait_for_url(re.compile(r"/crm_project/job/\d+/change/"))
    shot(page, "job-begun")

    assert [url.rstrip("/").rpartition("/")[2] for url in sent] == ["1", "2", "2", "3"]
    page.get_by_role("button", name="Pause").click()
    page.locator("#job-progress[data-state=paused]").wait_for()
    page.get_by_role("button", name="Resume").click()
    page.locator("#job-progress[data-state=queued], #job-progress[data-state=running]").wait_for()
    page.get_by_role("button", name="Cancel").click()
    page.locator("#job-progress[data-state=cancelled]").wait_for()
    shot(page, "job-cancelled")
    with page.expect_download() as download:
        page.locator("#job-progress a[download]").click()
    download.value.save_as(tmp_path / "skipped.csv")
    lines = (tmp_path / "skipped.csv").read_text("utf-8-sig").splitlines()
    assert lines[1] == '"1","not found","13900000000"'
    counted = page.locator("#job-progress").inner_text()
    assert f"{len(lines) - 1} skipped" in counted.replace(",", "")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_bar_and_the_list_fit_a_phone(visit, shot, language):
    page = visit("/admin/crm_project/job/", language=language, width=390)
    shot(page, f"jobs-{language}-390")
    assert overflows(page) <= 0
    page.locator("#result_list tbody tr a").first.click()
    page.locator("#job-progress").wait_for()
    shot(page, f"job-{language}-390")
    assert overflows(page) <= 0
