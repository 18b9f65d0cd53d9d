"""The atlas in a browser: tiles, the panel of a channel, orders, and every way to reach them."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser import PHONE, SCREEN, serious, sideways, turn
from tools.generated import atlas

PAGE = "atlas-mini_bn.html"


@pytest.fixture(scope="module")
def loaded(site, stay):
    page = stay(site + PAGE)
    expect(page.locator(".il-atlas-tools")).to_be_visible()
    return page


@pytest.fixture
def page(loaded):
    """The page, loaded once; nothing is chosen."""
    loaded.set_viewport_size(SCREEN)
    if loaded.locator(".il-atlas-panel").count():
        loaded.get_by_role("button", name="Close").click()
    loaded.get_by_label("Sort each branch by").select_option("number")
    loaded.get_by_label("Show").select_option("crop")
    expect(panel(loaded)).to_have_count(0)
    return loaded


def panel(page):
    return page.locator(".il-atlas-panel")


def tile(page, path):
    return page.locator(f'[id="{path}"]')


def channel(at: str, number: int) -> dict:
    return next(one for one in atlas.read("mini_bn")["groups"] if one["at"] == at)["channels"][
        number
    ]


def shows(page, at: str, number: int) -> None:
    """The panel says what the file says."""
    told = channel(at, number)
    expect(panel(page).locator("strong").first).to_have_text(
        re.compile(rf"{atlas.spoken(at)}, channel {number}")
    )
    photos = list(atlas.photographs())
    names = [photos[atlas.read("mini_bn")["crops"][str(crop)][0]] for crop in told["crops"]]
    expect(panel(page).locator(".il-atlas-crops a")).to_have_text(names)
    values = [f"{value:.2f}".replace("-", "−") for value in told["measures"]]
    assert panel(page).locator("td:nth-child(2)").all_inner_texts() == values
    links = panel(page).locator(".il-atlas-next a").evaluate_all("all => all.map(a => a.hash)")
    assert links == [f"#{a.replace('.', '/')}/{n}" for a, n, *_ in told["next"]]
    places = page.locator(f'[id="{at.replace(".", "/")}/{number}"]')
    expect(places).to_have_attribute("aria-current", "true")
    assert (
        page.locator("[aria-current=true]").count()
        == 1 + page.locator("nav [aria-current=true]").count()
    )


def test_an_address_opens_its_channel(page):
    page.evaluate("location.hash = '3a/5x5/2'")
    shows(page, "3a.5x5", 2)
    expect(panel(page)).to_be_in_viewport()
    page.evaluate("location.hash = 'conv1/3'")
    shows(page, "conv1", 3)
    expect(panel(page).get_by_role("img", name="its 3×3 kernel in color")).to_be_visible()
    page.evaluate("location.hash = '3a/5x5/99'")
    expect(page.locator(".il-problems")).to_have_text("mini_bn has no channel “3a/5x5/99”.")
    page.evaluate("location.hash = '3a/17'")  # as the output of 3a counts its channels
    shows(page, "3a.3x3", 9)
    expect(panel(page)).to_contain_text("number 17 of 40 in 3a")
    page.evaluate("location.hash = '4b/pool/1'")
    expect(page.locator(".il-problems")).to_be_empty()
    expect(panel(page)).to_contain_text("Its mean goes straight to the classes: most for")


def test_a_link_leads_to_the_next_block_and_back_goes_back(page):
    tile(page, "3a/1x1/0").click()
    shows(page, "3a.1x1", 0)
    at, number, *_ = channel("3a.1x1", 0)["next"][0]
    panel(page).locator(".il-atlas-next a").first.click()
    shows(page, at, number)
    page.go_back()
    shows(page, "3a.1x1", 0)
    panel(page).get_by_role("button", name="Next").click()
    shows(page, "3a.1x1", 1)
    panel(page).get_by_role("button", name="Previous").click()
    shows(page, "3a.1x1", 0)


def test_keys(page):
    assert page.locator(".il-atlas-sheet a[tabindex='0']").count() == 17, "a stop for each branch"
    tile(page, "3a/3x3/0").focus()
    page.keyboard.press("ArrowRight")
    expect(tile(page, "3a/3x3/1")).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.press("ArrowRight")
    expect(tile(page, "3a/3x3/15")).to_be_focused()
    page.keyboard.press("Enter")
    shows(page, "3a.3x3", 15)
    page.keyboard.press("Escape")
    expect(panel(page)).to_have_count(0)
    expect(tile(page, "3a/3x3/15")).to_be_focused()
    assert not page.url.endswith("15")


def test_each_branch_is_sorted_by_a_measure(page):
    for key in ("orientation", "frequency", "most"):
        page.get_by_label("Sort each branch by").select_option(key)
        values = page.locator('[data-at="4b.3x3"] small').all_inner_texts()
        numbers = [float(value.replace("−", "-")) for value in values]
        assert len(numbers) == 40 and numbers == sorted(numbers, reverse=True)
    expect(page.get_by_role("status")).to_have_text("Sorted by strongest crop.")
    page.get_by_label("Sort each branch by").select_option("number")
    first = page.locator('[data-at="4b.3x3"] a').evaluate_all("all => all.map(a => a.id)")
    assert first == [f"4b/3x3/{i}" for i in range(40)]
    assert page.locator("[data-at] small").count() == 0


def test_tiles_show_crops_or_made_pictures(page):
    box = tile(page, "conv1/0").locator("i")
    shown = "box => getComputedStyle(box).backgroundImage"
    assert "/photos/" in box.evaluate(shown)
    page.get_by_label("Show").select_option("made")
    assert "/atlas/mini_bn.webp" in box.evaluate(shown)
    last = tile(page, "4b/pool/15").locator("i")
    down = last.evaluate("box => parseFloat(getComputedStyle(box).backgroundPositionY)")
    assert down == -18 * last.bounding_box()["height"]  # the nineteenth row of the sheet


def test_a_crop_leads_to_where_it_can_be_run(page):
    tile(page, "3b/3x3/1").click()
    crop = panel(page).locator(".il-atlas-crops a").first
    photo, *square = atlas.read("mini_bn")["crops"][str(channel("3b.3x3", 1)["crops"][0])]
    name = list(atlas.photographs())[photo]
    to = f"look.html#network=mini_bn&stage=3b&picture={name}&square={','.join(map(str, square))}"
    assert crop.get_attribute("href").endswith(to)


def test_a_finger(site, visit):
    page = visit(site + PAGE, size=PHONE, has_touch=True, is_mobile=True)
    expect(page.locator(".il-atlas-tools")).to_be_visible()
    tile(page, "3a/pool/4").tap()
    shows(page, "3a.pool", 4)
    assert page.evaluate("document.scrollingElement.scrollWidth") <= PHONE["width"]


def test_accessible_while_open(page):
    tile(page, "conv1/3").click()
    page.get_by_label("Sort each branch by").select_option("size")
    for theme, size in [("light", SCREEN), ("dark", PHONE)]:
        turn(page, theme)
        page.set_viewport_size(size)
        assert serious(page, ".il-atlas") == []
        assert sideways(page) <= 0


def test_opened_as_a_file_and_without_scripts(pages, site, visit):
    page = visit((pages / "atlas-mini_residual.html").as_uri() + "#3b/7")
    expect(panel(page).locator("strong").first).to_have_text("3b, channel 7")
    page.goto((pages / PAGE).as_uri() + "#3a/5x5/2")
    shows(page, "3a.5x5", 2)
    page = visit(site + PAGE, java_script_enabled=False)
    assert page.locator(".il-atlas-sheet a").count() == sum(
        len(one["channels"]) for one in atlas.read("mini_bn")["groups"]
    )
    assert "Scripts are off" in page.locator(".il-atlas noscript").inner_text()


def test_data_that_do_not_come(site, visit):
    page = visit(site + "atlas.html")
    page.route("**/atlas/mini_bn.js", lambda route: route.abort())
    page.goto(site + PAGE)
    expect(page.locator(".il-problems")).to_contain_text("could not be loaded")
    page.problems.clear()
