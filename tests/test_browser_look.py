"""look.html in a browser: what it computes, by choice, slider, file and address."""

import re
from functools import cache

import numpy as np
import pytest
import torch
from PIL import Image
from playwright.sync_api import expect

import inception_lib as il
from inception_lib.interpret.silencing import silenced
from tests.browser import PHONE, SCREEN, serious, sideways, turn
from tools.generated import look

START = "network=mini_bn&stage=3a&picture=cat"
# What the page computed last: what went in, the maps at some addresses, and the scores.
RESULT = """at => { const { input, maps, scores, without } = document.querySelector('.il-look').result;
  return [[...input.data], at.map(one => [...maps[one].data]), scores, without]; }"""


@pytest.fixture(scope="module")
def loaded(site, stay):
    return stay(site + "look.html")


@pytest.fixture
def page(loaded):
    """The page, loaded once; an address sets it back."""
    loaded.set_viewport_size(SCREEN)
    go(loaded, START)
    return loaded


def part(page, name):
    return page.locator(f'[data-part="{name}"]')


def go(page, address: str) -> None:
    """Follow a link to a state, and wait until it is drawn."""
    page.evaluate(
        """hash => { document.querySelector('.il-look').result = null;
        location.hash = ''; location.hash = hash; }""",
        address,
    )
    drawn(page)


def drawn(page) -> None:
    page.wait_for_function("document.querySelector('.il-look').result")


def again(page, act) -> None:
    """Do something, and wait until the page has computed."""
    page.evaluate("document.querySelector('.il-look').result = null")
    act()
    drawn(page)


@cache
def model_of(name: str) -> torch.nn.Module:
    return il.create_model(name, pretrained=True).eval()


def compare(page, name: str, at: list[str], silent: str = "") -> None:
    """The page's numbers are torch's for what went in."""
    data, maps, scores, without = page.evaluate(RESULT, at)
    side = round((len(data) / 3) ** 0.5)
    x = torch.tensor(data, dtype=torch.float32).view(1, 3, side, side)
    model = model_of(name)
    with torch.no_grad():
        assert (model(x)[0] - torch.tensor(scores)).abs().max() < 1e-4
        if silent:
            with silenced(model, silent):
                known = il.features(model, x, at)
                assert (model(x)[0] - torch.tensor(without)).abs().max() < 1e-4
        else:
            known = il.features(model, x, at)
    for one, values in zip(at, maps, strict=True):
        assert (known[one].flatten() - torch.tensor(values)).abs().max() < 1e-4, one


def order(page, branch: int = 0) -> list[str]:
    return page.locator(".il-look-branch").nth(branch).locator("li").all_inner_texts()


def test_every_photograph_gives_torchs_numbers(page):
    for name in look.photographs():
        again(page, lambda name=name: part(page, "choice").select_option(name))
        compare(page, "mini_bn", ["3a.5x5", "4b"])
        expect(part(page, "answers").locator("tbody th")).to_have_text(list(look.photographs()))


def test_networks_and_their_stages(page):
    again(page, page.get_by_role("radio", name="4b").click)
    for name in ("mini_naive", "mini_residual", "mini_plain"):
        again(page, lambda name=name: part(page, "network").select_option(name))
        compare(page, name, ["4b"])
        network = il.architecture(name)
        shown = [stage for stage, node in network.stages if not isinstance(node, il.MaxPool)]
        expect(part(page, "stages").locator("label")).to_have_text(shown)
        expect(page.get_by_role("radio", name="4b")).to_be_checked()  # it stays
        channels = il.cost(network)["4b"].out_shape[0]
        within = page.locator(".il-look-branch").last if name == "mini_residual" else page
        expect(within.locator(".il-look-maps li")).to_have_count(channels)
    again(page, lambda: part(page, "network").select_option(look.HAND_MADE))
    expect(page.locator(".il-look-maps li")).to_have_count(28)
    assert sorted(order(page, 3)) == ["blue", "green", "red"]
    expect(part(page, "answers")).to_be_hidden()


def test_a_silent_branch_changes_the_answer(page):
    expect(part(page, "answers").locator("tbody tr").first.locator("td")).to_have_count(1)
    silence = page.get_by_role("button", name="Silence 5×5")
    again(page, silence.click)
    compare(page, "mini_bn", ["3a.5x5", "3a", "4b"], "3a.5x5")
    expect(silence).to_have_attribute("aria-pressed", "true")
    expect(part(page, "answers").locator("tbody tr").first.locator("td")).to_have_count(2)
    expect(part(page, "said")).to_have_text(
        re.compile(r"mini_bn answers: cat, .*Without 3a, 5×5: ")
    )
    assert page.url.endswith("without=3a.5x5")
    again(page, page.get_by_role("button", name="Restore all branches").click)
    expect(silence).to_have_attribute("aria-pressed", "false")
    assert "without" not in page.url


def test_a_file_of_ones_own_stays_here(page, tmp_path):
    """It is resized as the page says, and nothing is requested."""
    pixels = np.random.default_rng(0).integers(0, 256, (90, 150, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "mine.png")
    before = list(page.requests)
    again(page, lambda: part(page, "file").set_input_files(tmp_path / "mine.png"))
    expect(part(page, "choice")).to_have_value("own")
    expect(part(page, "own")).to_have_text("your own: mine.png")
    data = np.array(page.evaluate(RESULT, [])[0]).reshape(3, 32, 32)
    square = Image.fromarray(pixels).resize(
        (32, 32), Image.Resampling.BILINEAR, box=(30, 0, 120, 90)
    )
    off = (data + 1) * 127.5 - np.asarray(square).transpose(2, 0, 1)
    assert np.abs(off).max() < 1.01
    compare(page, "mini_bn", ["3a"])
    again(page, page.get_by_role("button", name="Silence 1×1").click)
    own = [url for url in page.requests[len(before) :] if not url.startswith("blob:")]
    assert own == []
    assert "picture" not in page.url
    # Away to the atlas and back, it is still there, with its square.
    page.locator('[data-key="side"]').evaluate(
        "slider => { slider.value = 60; slider.dispatchEvent(new Event('input')); "
        "slider.dispatchEvent(new Event('change')); }"
    )
    again(page, page.get_by_role("button", name="Silence 1×1").click)
    before = page.evaluate(RESULT, ["3a"])
    page.locator(".il-look-branch a").first.click()
    page.wait_for_url(re.compile("atlas-mini_bn.html#"))
    page.go_back()
    drawn(page)
    expect(part(page, "own")).to_have_text("your own: mine.png")
    assert page.evaluate(RESULT, ["3a"]) == before
    (tmp_path / "text.png").write_text("no picture")
    part(page, "file").set_input_files(tmp_path / "text.png")
    expect(part(page, "problems")).to_contain_text("“text.png” is not a picture")


def test_a_slider_moves_the_square_and_keeps_each_map_in_its_place(page):
    slider = page.locator('[data-key="left"]')
    first = order(page, 1)
    again(
        page,
        lambda: slider.evaluate(
            "s => { s.value = 20; s.dispatchEvent(new Event('input', {bubbles: true})); }"
        ),
    )
    assert order(page, 1) == first
    again(page, lambda: slider.evaluate("s => s.dispatchEvent(new Event('change'))"))
    assert sorted(order(page, 1)) == sorted(first) and order(page, 1) != first
    assert "square=20,102,96" in page.url
    tops = page.locator(".il-look-branch").nth(1).locator("li > *").evaluate_all(
        "boxes => boxes.map(box => parseFloat(box.title.split('at most ')[1]))"
    )  # fmt: skip
    assert tops == sorted(tops, reverse=True)
    # a click moves the square's middle; its square stays in the picture
    frame = part(page, "frame")
    again(page, lambda: frame.click(position={"x": 3, "y": 3}))
    assert "square=0,0,96" in page.url


def test_maps_are_laid_over_the_picture(page):
    """A branch's first map, in gray and then over the picture, and gray again."""
    first = page.locator(".il-look-maps canvas").first
    drawing = "canvas => [canvas.width, canvas.toDataURL()]"
    width, before = first.evaluate(drawing)
    again(page, lambda: part(page, "over").check())
    over, after = first.evaluate(drawing)
    assert (width, over) == (16, 32), "the map's own pixels, then the picture's"
    assert after != before
    again(page, lambda: part(page, "over").uncheck())
    assert first.evaluate(drawing) == [width, before]


def test_a_shape_is_drawn_and_moved(page, site, visit):
    again(page, lambda: part(page, "choice").select_option("bar"))
    compare(page, "mini_bn", ["3a"])
    again(page, part(page, "move").click)  # readers who want no motion: one press, one step
    data = np.array(page.evaluate(RESULT, [])[0]).reshape(3, 33, 33)
    expect(part(page, "move")).to_have_text("Move it")
    assert page.locator('[data-key="place"]').input_value() == "0.5"
    assert (data[0] == data[0][:1]).all() and data[0].max() == 1
    moving = visit(site + "look.html#picture=dot&size=5", reduced_motion="no-preference")
    drawn(moving)
    part(moving, "move").click()
    moving.wait_for_function("document.querySelector('[data-key=place]').value > 1")
    expect(part(moving, "move")).to_have_text("Stop")
    part(moving, "move").click()
    place = moving.locator('[data-key="place"]').input_value()
    moving.wait_for_timeout(300)
    assert moving.locator('[data-key="place"]').input_value() == place
    assert f"place={place}" in moving.url


def test_keys_go_from_map_to_map_and_each_leads_to_the_atlas(page):
    maps = page.locator(".il-look-branch").nth(1).locator("[data-channel]")
    assert page.locator(".il-look-branch a[tabindex='0']").count() == 4, "a stop for each branch"
    maps.first.focus()
    page.keyboard.press("ArrowRight")
    expect(maps.nth(1)).to_be_focused()
    page.keyboard.press("End")
    expect(maps.last).to_be_focused()
    channel = maps.last.get_attribute("data-channel")
    assert maps.last.get_attribute("href").endswith(f"/atlas-mini_bn.html#3a/3x3/{channel}")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Silence 5×5")).to_be_focused()


def test_an_address_that_says_nothing_says_what_is_wrong(page):
    go(page, "network=zz&picture=zz&stage=9z&without=3a.7x7&what=1&square=1")
    for words in ("“zz”; known: hand_made", "“9z”, “3a.7x7”", "no setting what", "square is “1”"):
        expect(part(page, "problems")).to_contain_text(words)
    go(page, START)
    expect(part(page, "problems")).to_be_empty()


def test_accessible(page):
    for theme, size, address in (
        ("light", SCREEN, f"{START}&without=3a.5x5"),
        ("dark", PHONE, f"{START}&without=3a.5x5"),
        ("dark", SCREEN, "network=hand_made&stage=block&picture=grating"),
    ):
        page.set_viewport_size(size)
        turn(page, theme)
        go(page, address)
        assert serious(page, ".il-look") == []
        assert sideways(page) <= 0
    turn(page, "light")


def test_data_that_do_not_come(site, visit):
    page = visit(site + "look.html#" + START)
    drawn(page)
    page.route("**/look/mini_naive.js", lambda route: route.abort())
    part(page, "network").select_option("mini_naive")
    expect(part(page, "problems")).to_contain_text("mini_naive could not be loaded")
    page.unroute("**/look/mini_naive.js")
    again(page, lambda: part(page, "network").select_option("mini_plain"))
    expect(part(page, "problems")).to_be_empty()
    page.problems.clear()


def test_opened_as_a_file(pages, visit):
    page = visit((pages / "look.html").as_uri() + "#network=mini_residual&stage=3b&picture=retina")
    drawn(page)
    compare(page, "mini_residual", ["3b", "3b.double3x3"])


def test_without_scripts_the_page_says_what_is_missing(site, visit):
    page = visit(site + "look.html", java_script_enabled=False)
    assert "scripts, and they are off" in page.locator(".il-look noscript").inner_text()
    assert page.locator(".il-look select:visible").count() == 0
