"""The cost lab in a browser: it counts what the package counts, by address, number and slider."""

import random
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from inception_lib.tree.walks import pretty
from tests.browser import PHONE, SCREEN
from tests.test_lab import random_states
from tools.generated import lab

CHAPTERS = {
    "chapters/01-naive-block.html": "naive",
    "chapters/02-one-by-one.html": "reduced",
    "chapters/05-factorization.html": "asymmetric",
    "chapters/08-inception-resnet.html": "residual_a",
}
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
    return [*rows, ("in all", *lab.numbers(cost))]


def go(page, hash_: str) -> None:
    """Follow a link to a state on the same page."""
    page.evaluate("hash => { location.hash = hash; }", hash_)


def number(page, key: str):
    return page.locator(f"#il-lab-set-{key}")


def slider(page, key: str):
    return page.locator(f'input[type=range][data-key="{key}"]')


def problems(page) -> str:
    return page.locator(".il-lab-problems").text_content()


@pytest.fixture
def lab_page(site, visit):
    return lambda hash_="", **more: visit(f"{site}lab.html{hash_}", **more)


def fifty() -> list[dict]:
    """Fifty settings of all blocks, no two of them alike."""
    states = random_states(20141512, 4)
    random.Random(8).shuffle(states)
    assert {state["block"] for state in states[:50]} == set(lab.KINDS)
    return states[:50]


def test_fifty_random_settings_are_what_the_package_counts(lab_page):
    """Half of them by a link, half by the controls, as a reader would."""
    page = lab_page()
    for i, state in enumerate(fifty()):
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
        page.wait_for_function(
            "hash => document.querySelector('#il-lab-link').value.endsWith('#' + hash)",
            arg=lab.address(state),
        )
        assert table(page) == expected(state), state
        assert problems(page) == ""
    assert page.problems == []


def test_a_link_opens_its_state(lab_page):
    state = lab.preset("inception_resnet_v2.B1") | {"grid": 20}
    page = lab_page("#" + lab.address(state))
    assert table(page) == expected(state)
    assert page.locator("#il-lab-preset").input_value() == ""  # no paper has it
    assert number(page, "grid").input_value() == slider(page, "grid").input_value() == "20"


def test_every_preset_can_be_chosen(lab_page):
    page = lab_page()
    for preset in lab.presets():
        page.select_option("#il-lab-preset", preset["id"])
        assert table(page) == expected(preset), preset["id"]
        assert "This is the start" in page.locator(".il-lab-changes").text_content()


def test_the_questions_links_lead_to_the_lab_in_their_state(lab_page):
    """Those in the answers too."""
    page = lab_page()
    for question in lab.QUESTIONS:
        parts = [part[0] if isinstance(part, tuple) else part for part in question()]
        for state in (part for part in parts if isinstance(part, dict)):
            link = page.locator(f'article a[href="#{lab.address(state)}"]')
            page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
            link.click()
            assert table(page) == expected(state)
            assert "This is the start" in page.locator(".il-lab-changes").text_content()
            assert 0 <= page.locator(".il-lab").bounding_box()["y"] < 200
    assert page.problems == []


def test_sliders_by_keyboard(lab_page):
    page = lab_page()
    state = lab.preset("googlenet.3a")
    slider(page, "c3").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    state = state | {"widths": state["widths"] | {"c3": 130}}
    assert table(page) == expected(state)
    assert number(page, "c3").input_value() == "130"
    assert page.url.endswith(lab.address(state))
    assert "3×3: conv 3×3: 128 → 130" in page.locator(".il-lab-changes").text_content()
    page.wait_for_function(
        "text => document.querySelector('.il-lab [role=status]').textContent.includes(text)",
        arg=f"{lab.cost(state).params:,} parameters",
    )


def test_everything_is_reached_by_keyboard(lab_page):
    page = lab_page()
    page.locator("#il-lab-preset").focus()
    met = set()
    for _ in range(40):
        met.add(
            page.evaluate(
                "(({id, dataset, textContent}) => id || dataset.key || textContent)(document.activeElement)"
            )
        )
        page.keyboard.press("Tab")
    widths = ("grid", "in", *lab.preset("googlenet.3a")["widths"])
    wanted = {f"il-lab-{name}" for name in ("preset", "block", "norm", "link")} | set(widths)
    wanted |= {f"il-lab-set-{key}" for key in widths}
    wanted |= {"Back to the start", "Make this the start", "Copy link"}
    assert wanted <= met, wanted - met


def test_what_changed_against_the_start(lab_page):
    page = lab_page()
    number(page, "grid").fill("56")
    foot = page.locator(".il-lab-table tfoot tr").all_text_contents()
    before, now = (
        lab.cost(lab.preset("googlenet.3a")),
        4 * lab.cost(lab.preset("googlenet.3a")).macs,
    )
    assert f"{before.params:,}" in foot[1] and f"{before.macs:,}" in foot[1]
    assert f"+{now - before.macs:,}" in foot[2]
    assert re.findall(r"×[\d.]+", foot[3]) == ["×1.00", "×4.00", "×4.00"]
    page.get_by_role("button", name="Make this the start").click()
    assert (
        re.findall(r"×[\d.]+", page.locator(".il-lab-table tfoot tr").last.text_content())
        == ["×1.00"] * 3
    )
    number(page, "grid").fill("14")
    page.get_by_role("button", name="Back to the start").click()
    assert number(page, "grid").input_value() == "56"


def test_formulas_hold_the_numbers(lab_page):
    page = lab_page()
    page.get_by_text("The formulas with these numbers").click()
    text = page.locator(".il-lab-formulas").inner_text()
    for formula in ("3·3·96·128 + 128", "3·3·96·128·28·28", "4·128·28·28"):
        assert f"{formula}\n= {eval(formula.replace('·', '*')):,}" in text


def test_back_and_forward(lab_page):
    page = lab_page()
    first = lab.preset("googlenet.3a")
    number(page, "c1").fill("10")
    number(page, "c1").press("Enter")
    number(page, "c1").fill("20")  # the same control: no entry of its own
    number(page, "c1").press("Enter")
    page.select_option("#il-lab-preset", "inception_v3.C1")
    second = first | {"widths": first["widths"] | {"c1": 20}}
    page.go_back()
    assert table(page) == expected(second)
    assert "GoogLeNet, 3a" in page.locator(".il-lab-changes").text_content(), "and its start"
    page.go_back()
    assert table(page) == expected(first)
    page.go_forward()
    page.go_forward()
    assert table(page) == expected(lab.preset("inception_v3.C1"))


@pytest.mark.parametrize(
    "hash_, message, key, value",
    [
        ("#block=foo", "block “foo” is not known", "c3", "128"),
        ("#grid=28", "it names no block", "c3", "128"),
        ("#block=reduced&c3=0&c1=5", "c3 is “0”; it must be a whole number", "c1", "5"),
        ("#block=asymmetric&n=4", "n is “4”; it must be one of 3, 5, 7", "c1", "192"),
        ("#block=grid_reduction&grid=2", "too small", "grid", "2"),
    ],
)
def test_a_bad_address_is_told(hash_, message, key, value, lab_page):
    page = lab_page(hash_)
    assert message in problems(page)
    assert number(page, key).input_value() == value
    page.select_option("#il-lab-preset", "googlenet.3b")
    assert problems(page) == ""
    assert page.problems == []


def test_a_bad_number_is_told_and_not_counted(lab_page):
    page = lab_page()
    before = table(page)
    for bad in ("", "0", "99999", "2.5"):
        number(page, "c3").fill(bad)
        assert "3×3: conv 3×3: give a whole number from 1 to 1024" in problems(page)
        assert number(page, "c3").get_attribute("aria-invalid") == "true"
        assert table(page) == before
    number(page, "c3").press("Tab")
    assert number(page, "c3").input_value() == "128"
    assert problems(page) == ""


def test_the_link_can_be_copied(lab_page):
    page = lab_page()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    number(page, "r5").fill("77")
    page.get_by_role("button", name="Copy link").click()
    page.get_by_text("Copied.").wait_for()
    expect(page.get_by_role("button", name="Copy link")).to_be_focused()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.locator("#il-lab-link").input_value()
    assert "r5=77" in copied and "lab.html#block=reduced" in copied


@pytest.mark.parametrize("name", CHAPTERS)
def test_chapters_have_it(name, site, visit):
    """Folded; the address of the chapter stays, the link leads to the lab's page."""
    page = visit(site + name)
    assert not page.locator(".il-lab-table").is_visible()
    page.locator(".il-lab-fold > summary").click()
    assert page.locator(".il-lab-table").is_visible()
    assert page.locator("#il-lab-block").input_value() == CHAPTERS[name]
    number(page, "c1").fill("7")
    number(page, "c1").press("Enter")
    assert page.url == site + name
    link = page.locator("#il-lab-link").input_value()
    assert link.startswith(f"{site}lab.html#block=")
    assert page.get_by_role("link", name="Open it on its own page").evaluate("a => a.href") == link
    there = visit(link)
    assert table(there) == table(page)
    assert page.problems == []


def test_a_heading_in_the_address_is_no_state(lab_page):
    page = lab_page("#how-to-read-it")
    first = lab.preset("googlenet.3a")
    assert table(page) == expected(first) and problems(page) == ""
    number(page, "c1").fill("9")
    page.locator(".bd-sidebar-secondary a", has_text="Three questions").click()
    assert table(page) == expected(first | {"widths": first["widths"] | {"c1": 9}})


def test_by_touch_on_a_phone(browser, site):
    """It fits, a tap moves a slider, and the sums stay in sight."""
    context = browser.new_context(viewport=PHONE, has_touch=True)
    page = context.new_page()
    page.goto(site + "lab.html")
    assert page.evaluate("document.scrollingElement.scrollWidth") <= PHONE["width"]
    box = page.locator(".il-lab-box").first
    assert box.evaluate("box => box.scrollWidth <= box.clientWidth"), "3a needs no scrolling"
    slider(page, "grid").tap()
    first = lab.preset("googlenet.3a")
    grid = int(number(page, "grid").input_value())
    assert abs(grid - lab.LIMITS["grid"] / 2) < 20, "the middle was tapped"
    assert table(page) == expected(first | {"grid": grid})
    sentence = page.locator(".il-lab-said").text_content()  # with the table, not after it
    assert f"{lab.cost(first | {'grid': grid}).params:,} parameters" in sentence
    said = page.locator(".il-lab-said").bounding_box()
    assert said["y"] >= 0 and said["y"] + said["height"] <= PHONE["height"]
    number(page, "grid").fill("0")
    wrong = page.locator(".il-lab-problems").bounding_box()
    assert wrong["y"] >= 0 and wrong["y"] + wrong["height"] <= PHONE["height"]
    context.close()


@pytest.mark.parametrize("size", [SCREEN, PHONE], ids=["screen", "phone"])
@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("name", ["lab.html", "chapters/01-naive-block.html"])
def test_accessible_with_everything_open(name, colours, size, site, visit):
    """tests/test_browser.py looks at pages as they open; here nothing is folded, and a number is wrong."""
    page = visit(site + name, theme=colours, size=size)
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    number(page, "c3").fill("0")
    assert problems(page)
    found = [
        f"{rule['id']}: {[node['html'][:200] for node in rule['nodes']]}"
        for rule in Axe().run(page, context=".il-lab").response["violations"]
    ]
    assert not found
    assert page.evaluate("document.scrollingElement.scrollWidth") <= size["width"]


def test_from_the_file_system(pages, visit):
    state = lab.preset("bn_inception.3c") | {"norm": "none"}
    page = visit((pages / "lab.html").as_uri() + "#" + lab.address(state))
    assert table(page) == expected(state)
    number(page, "c3").fill("8")
    number(page, "c3").press("Enter")
    assert "c3=8" in page.url
    page.go_back()
    assert table(page) == expected(state)
    assert page.problems == []


def test_without_scripts(browser, site):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site + "lab.html")
    text = page.locator(".il-lab").inner_text()
    assert "With JavaScript" in text
    assert f"{lab.cost(lab.preset('googlenet.3a')).macs:,}" in text
    context.close()


def test_a_start_that_cannot_be_counted(lab_page):
    """It is told; what can be counted is counted, and compared again once there is a new start."""
    page = lab_page("#block=grid_reduction&grid=1")
    assert "too small" in problems(page)
    number(page, "grid").fill("35")
    assert problems(page) == ""
    assert page.locator("tr[data-branch=total]").count() == 1
    assert page.get_by_text("at the start", exact=True).count() == 0
    assert "cannot be counted" in page.locator(".il-lab-changes").text_content()
    page.get_by_role("button", name="Make this the start").click()
    number(page, "grid").fill("2")
    assert "too small" in problems(page)
    assert "grid: 35 → 2" in page.locator(".il-lab-changes").text_content(), "what stands is now"


@pytest.mark.parametrize("size", [SCREEN, PHONE])
def test_the_line_that_stays_in_sight_hides_no_field(size, site, visit):
    """Its fields are many, and the line lies on the lower edge of the screen."""
    page = visit(site + "lab.html", size=size)
    page.locator("#il-lab-preset").select_option("inception_v3.B2")
    page.locator("#il-lab-set-grid").focus()
    seen = """() => {
        const box = document.activeElement, at = box.getBoundingClientRect();
        return document.elementFromPoint(at.x + at.width / 2, at.y + at.height / 2) === box; }"""
    for _ in range(22):  # to the last width
        page.keyboard.press("Tab")
        assert page.evaluate(seen), page.evaluate("document.activeElement.ariaLabel")
    assert page.evaluate("document.activeElement.id") == "il-lab-set-pool_proj"
