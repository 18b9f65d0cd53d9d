"""Frames that a cell computed, one at a time: from the file system, by keyboard, pointer and touch."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser import PHONE, serious

NAME = "chapters/01-naive-block.html"
LAST = "5 of 5: a dot of 9 px"


@pytest.fixture
def opened(visit, pages):
    def open_page(**more):
        page = visit((pages / NAME).as_uri(), **more)
        return page, page.locator(".il-frames").first

    return open_page


def seen(box):
    """The part of the sheet that shows: its left and top edge, as shares of the sheet."""
    return box.evaluate(
        """box => {
          const view = box.querySelector('.il-frames-view').getBoundingClientRect();
          const sheet = box.querySelector('img').getBoundingClientRect();
          return [(view.x - sheet.x) / sheet.width, (view.y - sheet.y) / sheet.height,
                  view.width / sheet.width, view.height / sheet.height];
        }"""
    )


def test_one_frame_is_seen_and_buttons_and_slider_step(opened):
    page, box = opened()
    status, slider = box.get_by_role("status"), box.get_by_role("slider", name="Frame")
    back, forth = (box.get_by_role("button", name=f"{name} frame") for name in ("Previous", "Next"))
    expect(status).to_have_text("1 of 5: a dot of 1 px")
    assert seen(box) == pytest.approx([0, 0, 1, 0.2], abs=0.002)
    expect(back).to_have_attribute("aria-disabled", "true")
    forth.click()
    expect(status).to_have_text("2 of 5: a dot of 3 px")
    assert seen(box) == pytest.approx([0, 0.2, 1, 0.2], abs=0.002)
    slider.press("End")
    expect(status).to_have_text(LAST)
    expect(slider).to_have_attribute("aria-valuetext", LAST)
    expect(forth).to_have_attribute("aria-disabled", "true")
    forth.focus()
    page.keyboard.press("Enter")  # nothing comes after the last
    expect(status).to_have_text(LAST)
    back.focus()
    page.keyboard.press("Space")
    expect(status).to_have_text("4 of 5: a dot of 7 px")
    assert serious(page, ".il-frames") == []


def test_touch_on_a_phone(opened):
    _, box = opened(size=PHONE, has_touch=True)
    button = box.get_by_role("button", name="Next frame")
    button.tap()
    expect(box.get_by_role("status")).to_have_text("2 of 5: a dot of 3 px")
    area = button.bounding_box()
    assert min(area["width"], area["height"]) >= 24  # WCAG 2.2, 2.5.8
    assert seen(box)[1] == pytest.approx(0.2, abs=0.002)


def test_nothing_moves_by_itself(opened):
    """Neither at once nor slowly, also for readers who have not asked for that."""
    _, box = opened(reduced_motion="no-preference")
    assert box.evaluate("box => box.getAnimations({ subtree: true }).length") == 0
    for part in ("img", ".il-frames-view"):
        assert box.locator(part).evaluate("it => getComputedStyle(it).transitionDuration") == "0s"


def test_paper_shows_the_sheet_and_so_does_a_page_without_scripts(opened, pages):
    page, box = opened()
    page.emulate_media(media="print")
    left, top, width, height = seen(box)
    assert max(left, top) <= 0.01 and min(left + width, top + height) >= 0.99
    expect(box.get_by_role("slider", name="Frame")).to_be_hidden()
    file = (pages / NAME).read_text(encoding="utf-8")
    assert re.search(r'<img [^>]*class="[^"]*il-frames-5x1"', file)
    assert 'class="il-frames"' not in file  # the script makes what hides the others
