"""The cost lab in a browser: it counts what the package counts, by address, number and slider."""

import random
import re

import pytest
from playwright.sync_api import expect

from inception_lib.tree.walks import pretty
from tests.browser import PHONE, SCREEN, serious, sideways, turn
from tests.test_lab import random_states
from tools.generated import lab

CHAPTERS = {
    "chapters/01-naive-block.html": "naive",
    "chapters/02-one-by-one.html": "reduced",
    "chapters/05-factorization.html": "asymmetric",
    "chapters/08-inception-resnet.html": "residual_a",
}
FIRST = lab.preset("googlenet.3a")
READ = """() => [...document.querySelectorAll('.il-lab-table tr[data-branch]')].map(row => [
    row.querySelector('th').firstChild.textContent, row.querySelector('small').textContent,
    ...[...row.querySelectorAll('td')].map(cell => cell.firstChild.textContent)])"""


def table(page) -> list[tuple]:
    """What the lab's table says, each number without its commas."""
    rows = page.evaluate(READ)
    return [(name, out, *(int(n.replace(",", "")) for n in rest)) for name, out, *rest in rows]


def expected(state: dict) -> list[tuple]:
    """What the package says."""
    cost = lab.cost(state)
    rows = [(pretty(row.name), *lab.numbers(row)) for row in cost.branches()]
    back = [layer for layer in cost.layers if layer.name == "1"]
    rows += [("1×1 before the sum", *lab.numbers(layer)) for layer in back]
    return [*rows, ("total", *lab.numbers(cost))]


def arrived(page, address: str) -> None:
    page.wait_for_function(
        "hash => document.querySelector('#il-lab-link').value.endsWith('#' + hash)", arg=address
    )


def go(page, address: str) -> None:
    """Follow a link to a state on the same page."""
    page.evaluate("hash => { location.hash = hash; }", address)


def number(page, key: str):
    return page.locator(f"#il-lab-set-{key}")


def slider(page, key: str):
    return page.locator(f'input[type=range][data-key="{key}"]')


def problems(page) -> str:
    return page.locator(".il-lab-problems").text_content()


def changes(page) -> str:
    return page.locator(".il-lab-changes").text_content()


def open_all(page, open_=True) -> None:
    page.evaluate(
        "open => document.querySelectorAll('details').forEach(d => { d.open = open; })", open_
    )


@pytest.fixture(scope="module")
def loaded(site, stay):
    return stay(f"{site}lab.html")


@pytest.fixture
def page(loaded):
    """The lab's page, loaded once. A link sets its state back: first to another, so that it is read."""
    for state in (lab.preset("googlenet.3b"), FIRST):
        go(loaded, lab.address(state))
        arrived(loaded, lab.address(state))
    loaded.set_viewport_size(SCREEN)
    open_all(loaded, False)
    loaded.evaluate("document.activeElement.blur(), scrollTo(0, 0)")
    assert table(loaded) == expected(FIRST) and problems(loaded) == ""
    assert "This is the start" in changes(loaded)
    return loaded


def test_random_settings_are_what_the_package_counts(page):
    """One of each block and form; half of them by a link, half by the controls, as a reader would."""
    states = random_states(20141512, 1)
    random.Random(8).shuffle(states)
    for i, state in enumerate(states):
        if i % 2:
            go(page, lab.address(state))
        else:
            page.select_option("#il-lab-block", state["block"])
            if state["form"]:
                page.select_option("#il-lab-form", state["form"])
            page.select_option("#il-lab-norm", state["norm"])
            for key, value in {"grid": state["grid"], "in": state["in"], **state["widths"]}.items():
                number(page, key).fill(str(value))
            number(page, "grid").press("Enter")
        arrived(page, lab.address(state))
        assert table(page) == expected(state), state
        assert problems(page) == ""


def test_every_preset_can_be_chosen(page):
    for preset in lab.presets():
        page.select_option("#il-lab-preset", preset["id"])
        assert table(page) == expected(preset), preset["id"]
        assert "This is the start" in changes(page)


def test_the_questions_links_lead_to_the_lab_in_their_state(page):
    """Those in the answers too."""
    open_all(page)
    for question in lab.QUESTIONS:
        parts = [part[0] if isinstance(part, tuple) else part for part in question()]
        for state in (part for part in parts if isinstance(part, dict)):
            page.locator(f'article a[href="#{lab.address(state)}"]').click()
            arrived(page, lab.address(state))
            assert table(page) == expected(state)
            assert "This is the start" in changes(page)
            assert 0 <= page.locator(".il-lab").bounding_box()["y"] < 200


def test_sliders_by_keyboard(page):
    slider(page, "c3").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    state = FIRST | {"widths": FIRST["widths"] | {"c3": 130}}
    assert table(page) == expected(state)
    assert number(page, "c3").input_value() == "130"
    assert page.url.endswith(lab.address(state))
    assert "3×3: conv 3×3: 128 → 130" in changes(page)
    said = page.locator(".il-lab [role=status]").first
    expect(said).to_contain_text(f"{lab.cost(state).params:,} parameters")


def test_what_changed_against_the_start(page):
    number(page, "grid").fill("56")
    foot = page.locator(".il-lab-table tfoot tr")
    before = lab.cost(FIRST)
    assert f"{before.params:,}" in foot.nth(1).text_content()
    assert f"{before.macs:,}" in foot.nth(1).text_content()
    assert f"+{3 * before.macs:,}" in foot.nth(2).text_content()
    assert re.findall(r"×[\d.]+", foot.nth(3).text_content()) == ["×1.00", "×4.00", "×4.00"]
    page.get_by_role("button", name="Make this the start").click()
    assert re.findall(r"×[\d.]+", foot.last.text_content()) == ["×1.00"] * 3
    number(page, "grid").fill("14")
    page.get_by_role("button", name="Back to the start").click()
    assert number(page, "grid").input_value() == "56"


def test_formulas_hold_the_numbers(page):
    page.get_by_text("The formulas with these numbers").click()
    text = page.locator(".il-lab-formulas").inner_text()
    for formula in ("3·3·96·128 + 128", "3·3·96·128·28·28", "4·128·28·28"):
        assert f"{formula}\n= {eval(formula.replace('·', '*')):,}" in text


def test_back_and_forward(page):
    number(page, "c1").fill("10")
    number(page, "c1").press("Enter")
    number(page, "c1").fill("20")  # the same control: no entry of its own
    number(page, "c1").press("Enter")
    page.select_option("#il-lab-preset", "inception_v3.C1")
    second = FIRST | {"widths": FIRST["widths"] | {"c1": 20}}
    page.go_back()
    assert table(page) == expected(second)
    assert "GoogLeNet, 3a" in changes(page), "and its start"
    page.go_back()
    assert table(page) == expected(FIRST)
    page.go_forward()
    page.go_forward()
    assert table(page) == expected(lab.preset("inception_v3.C1"))


@pytest.mark.parametrize(
    "hash_, message, key, value",
    [
        ("block=foo", "there is no block “foo”", "c3", "128"),
        ("grid=28", "it names no block", "c3", "128"),
        ("block=reduced&c3=0&c1=5", "c3 is “0”; it must be a whole number", "c1", "5"),
        ("block=asymmetric&n=4", "n is “4”; it must be one of 3, 5, 7", "c1", "192"),
        ("block=grid_reduction&grid=2", "too small", "grid", "2"),
    ],
)
def test_a_bad_address_is_told(hash_, message, key, value, page):
    go(page, hash_)
    expect(page.locator(".il-lab-problems")).to_contain_text(message)
    assert number(page, key).input_value() == value
    page.select_option("#il-lab-preset", "googlenet.3b")
    assert problems(page) == ""


def test_a_bad_number_is_told_and_not_counted(page):
    before = table(page)
    for bad in ("", "0", "99999", "2.5"):
        number(page, "c3").fill(bad)
        assert "3×3: conv 3×3: enter a whole number from 1 to 1024" in problems(page)
        assert number(page, "c3").get_attribute("aria-invalid") == "true"
        assert table(page) == before
    number(page, "c3").press("Tab")
    assert number(page, "c3").input_value() == "128"
    assert problems(page) == ""


def test_the_link_can_be_copied(page):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    number(page, "r5").fill("77")
    page.get_by_role("button", name="Copy link").click()
    page.get_by_text("Copied.").wait_for()
    expect(page.get_by_role("button", name="Copy link")).to_be_focused()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.locator("#il-lab-link").input_value()
    assert "r5=77" in copied and "lab.html#block=reduced" in copied


def accessible(page) -> None:
    """tests/test_browser.py looks at pages as they open; here nothing is folded, and a number is wrong."""
    open_all(page)
    number(page, "c3").fill("0")
    assert problems(page)
    for theme, size in [("light", SCREEN), ("dark", SCREEN), ("dark", PHONE), ("light", PHONE)]:
        turn(page, theme)
        page.set_viewport_size(size)
        assert serious(page, ".il-lab") == []
        assert sideways(page) <= 0


def test_accessible_with_everything_open(page):
    accessible(page)


@pytest.mark.parametrize("name", CHAPTERS)
def test_chapters_have_it(name, site, visit, page):
    """Folded; the address of the chapter stays, the link leads to the lab's page."""
    chapter = visit(site + name)
    assert not chapter.locator(".il-lab-table").is_visible()
    chapter.locator(".il-lab-fold > summary").click()
    assert chapter.locator(".il-lab-table").is_visible()
    assert chapter.locator("#il-lab-block").input_value() == CHAPTERS[name]
    number(chapter, "c1").fill("7")
    number(chapter, "c1").press("Enter")
    assert chapter.url == site + name
    link = chapter.locator("#il-lab-link").input_value()
    assert link.startswith(f"{site}lab.html#block=")
    own = chapter.get_by_role("link", name="Open it on its own page")
    assert own.evaluate("a => a.href") == link
    go(page, link.split("#")[1])
    arrived(page, link.split("#")[1])
    assert table(page) == table(chapter)
    if name == next(iter(CHAPTERS)):
        accessible(chapter)


def test_a_heading_in_the_address_is_no_state(page):
    number(page, "c1").fill("9")
    page.locator(".bd-sidebar-secondary a", has_text="Three questions").click()
    page.wait_for_url("**/lab.html#three-questions")
    assert table(page) == expected(FIRST | {"widths": FIRST["widths"] | {"c1": 9}})
    page.evaluate("location.hash = 'how-to-read-it'")
    assert problems(page) == ""


def test_by_touch_on_a_phone(site, visit):
    """It fits, a tap moves a slider, and the sums stay in sight."""
    page = visit(site + "lab.html#how-to-read-it", size=PHONE, has_touch=True)
    assert table(page) == expected(FIRST), "a heading in the address is no state"
    box = page.locator(".il-lab-box").first
    assert box.evaluate("box => box.scrollWidth <= box.clientWidth"), "3a needs no scrolling"
    slider(page, "grid").tap()
    grid = int(number(page, "grid").input_value())
    assert abs(grid - lab.LIMITS["grid"] / 2) < 20, "the middle was tapped"
    assert table(page) == expected(FIRST | {"grid": grid})
    sentence = page.locator(".il-lab-said").text_content()  # with the table, not after it
    assert f"{lab.cost(FIRST | {'grid': grid}).params:,} parameters" in sentence
    said = page.locator(".il-lab-said").bounding_box()
    assert said["y"] >= 0 and said["y"] + said["height"] <= PHONE["height"]
    number(page, "grid").fill("0")
    wrong = page.locator(".il-lab-problems").bounding_box()
    assert wrong["y"] >= 0 and wrong["y"] + wrong["height"] <= PHONE["height"]


def test_from_the_file_system(pages, visit):
    """A link opens its state; no paper has this one."""
    state = lab.preset("bn_inception.3c") | {"norm": "none", "grid": 20}
    page = visit((pages / "lab.html").as_uri() + "#" + lab.address(state))
    assert table(page) == expected(state)
    assert page.locator("#il-lab-preset").input_value() == ""
    assert number(page, "grid").input_value() == slider(page, "grid").input_value() == "20"
    number(page, "c3").fill("8")
    number(page, "c3").press("Enter")
    assert "c3=8" in page.url
    page.go_back()
    assert table(page) == expected(state)


def test_without_scripts(site, visit):
    page = visit(site + "lab.html", java_script_enabled=False)
    text = page.locator(".il-lab").inner_text()
    assert "With JavaScript" in text
    assert f"{lab.cost(FIRST).macs:,}" in text


def test_a_start_that_cannot_be_counted(page):
    """It is told; what can be counted is counted, and compared again once there is a new start."""
    go(page, "block=grid_reduction&grid=1")
    expect(page.locator(".il-lab-problems")).to_contain_text("too small")
    number(page, "grid").fill("35")
    assert problems(page) == ""
    assert page.locator("tr[data-branch=total]").count() == 1
    assert page.get_by_text("at the start", exact=True).count() == 0
    assert "cannot be counted" in changes(page)
    page.get_by_role("button", name="Make this the start").click()
    number(page, "grid").fill("2")
    assert "too small" in problems(page)
    assert "grid: 35 → 2" in changes(page), "what stands is now"


@pytest.mark.parametrize("size", [SCREEN, PHONE], ids=["screen", "phone"])
def test_the_line_that_stays_in_sight_hides_no_field(size, page):
    """Its fields are many, and the line lies on the lower edge of the screen."""
    page.set_viewport_size(size)
    page.locator("#il-lab-preset").select_option("inception_v3.B2")
    page.locator("#il-lab-set-grid").focus()
    seen = """() => {
        const box = document.activeElement, at = box.getBoundingClientRect();
        return document.elementFromPoint(at.x + at.width / 2, at.y + at.height / 2) === box; }"""
    for _ in range(22):  # to the last width
        page.keyboard.press("Tab")
        assert page.evaluate(seen), page.evaluate("document.activeElement.ariaLabel")
    assert page.evaluate("document.activeElement.id") == "il-lab-set-pool_proj"
