"""What the pages do for readers, in a browser: definitions beside their terms, pictures in
words, which chapters were read, the steps from block to block."""

import pytest

from tests.browser import PHONE, STILL, serious

PAGE = "chapters/01-naive-block.html"
TERM = "main a[href$='glossary.html#kernel']"


@pytest.fixture(params=["served", "file"])
def home(request):
    """The book's address: served, and as readers open it, from the disk."""
    if request.param == "served":
        return request.getfixturevalue("site")
    return request.getfixturevalue("pages").as_uri() + "/"


# ---- definitions ----


def covers(page) -> bool:
    """Whether the open card lies on its link."""
    return page.evaluate(
        """() => {
            const card = document.querySelector('.il-card:not([hidden])');
            const link = document.querySelector(`a[aria-describedby='${card.id}']`);
            const a = card.getBoundingClientRect();
            return [...link.getClientRects()].some(b => a.left < b.right && b.left < a.right
                && a.top < b.bottom && b.top < a.bottom);
        }"""
    )


def test_a_term_shows_its_definition_to_the_pointer(home, visit):
    page = visit(home + PAGE)
    link, card = page.locator(TERM).first, page.locator(".il-card:visible")
    link.hover()
    card.wait_for()
    assert "The weights of a convolution" in card.text_content()
    assert "卷积核" in card.text_content()
    assert card.locator("[lang=zh-Hans]").count() == 1
    assert not covers(page)
    card.hover()
    page.wait_for_timeout(500)
    assert card.is_visible(), "the pointer may go onto the card"
    page.mouse.move(5, 5)
    card.wait_for(state="hidden")
    link.hover()
    card.wait_for()
    page.keyboard.press("Escape")
    assert card.count() == 0
    assert page.problems == []


def test_a_term_shows_its_definition_to_the_keyboard(home, visit):
    page = visit(home + PAGE)
    link, card = page.locator(TERM).first, page.locator(".il-card:visible")
    described = page.locator(f"#{link.get_attribute('aria-describedby')}")
    assert described.get_attribute("role") == "tooltip"
    page.locator("article h1").click()
    for _ in range(20):
        page.keyboard.press("Tab")
        if link.evaluate("link => link === document.activeElement"):
            break
    card.wait_for()
    assert card.get_attribute("id") == described.get_attribute("id")
    assert not covers(page)
    page.keyboard.press("Escape")
    assert card.count() == 0
    assert link.evaluate("link => link === document.activeElement")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    card.wait_for()
    page.keyboard.press("Shift+Tab")
    described.wait_for(state="hidden")
    page.keyboard.press("Tab")
    described.wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url("**/glossary.html#kernel")
    assert page.problems == []


def test_a_tap_shows_the_definition_and_a_second_one_goes_there(browser, site):
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(site + PAGE)
    link, card = page.locator(TERM).first, page.locator(".il-card:visible")
    link.tap()
    card.wait_for()
    assert "Tap the term again" in card.inner_text()
    assert page.url.endswith(PAGE)
    box = card.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= PHONE["width"]
    page.locator("article h1").tap()
    card.wait_for(state="hidden")
    link.tap()
    card.wait_for()
    link.tap()
    page.wait_for_url("**/glossary.html#kernel")
    context.close()


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("size", [None, PHONE], ids=["screen", "phone"])
def test_an_open_card_is_accessible(colours, size, site, visit):
    page = visit(site + PAGE, theme=colours, **({"size": size} if size else {}))
    page.locator(TERM).first.hover()
    page.locator(".il-card:visible").wait_for()
    page.evaluate(STILL)
    assert not covers(page)
    assert page.evaluate("document.scrollingElement.scrollWidth") <= page.viewport_size["width"]
    assert not serious(page)


def test_a_card_moves_for_nobody_who_asked_for_stillness(browser, site):
    for motion, moves in (("reduce", 0), ("no-preference", 1)):
        context = browser.new_context(reduced_motion=motion)
        page = context.new_page()
        page.goto(site + PAGE)
        page.locator(TERM).first.hover()
        card = page.locator(".il-card:visible")
        card.wait_for()
        name = card.evaluate("card => getComputedStyle(card).animationName")
        assert (name != "none") == bool(moves)
        context.close()


# ---- pictures in words ----


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_descriptions_unfold_by_keyboard(colours, site, visit):
    page = visit(site + PAGE, theme=colours, size=PHONE)
    box = page.locator("details.il-words").first
    assert not box.locator("p").is_visible()
    box.locator("summary").focus()
    page.keyboard.press("Enter")
    assert box.locator("p").is_visible()
    assert box.locator("p").inner_text() == page.locator("article img").first.get_attribute("alt")
    page.evaluate("document.querySelectorAll('.il-words').forEach(box => { box.open = true })")
    assert page.evaluate("document.scrollingElement.scrollWidth") <= PHONE["width"]
    assert not serious(page)


# ---- what was read ----

TICKED = """() => [...document.querySelectorAll('.il-tick')]
    .map(mark => mark.closest('a').textContent.trim())"""


def test_reading_to_the_end_is_remembered_and_can_be_forgotten(home, visit):
    page = visit(home + PAGE)
    foot = page.locator(".il-read")
    assert page.evaluate(TICKED) == []
    foot.scroll_into_view_if_needed()
    page.get_by_role("button", name="Mark as unread").wait_for(timeout=5000)
    assert "Remembered in this browser alone" in foot.get_by_role("status").inner_text()
    assert page.evaluate(TICKED) == ["1. The naive block ✓ (read)"]
    page.reload()
    assert page.evaluate(TICKED) == ["1. The naive block ✓ (read)"]
    page.goto(home + "intro.html")
    bar = page.locator(".il-progress")
    assert bar.get_by_role("status").inner_text() == "1 of 11 chapters"
    assert page.get_by_role("progressbar").evaluate("bar => bar.value / bar.max") == 1 / 11
    assert len(page.evaluate(TICKED)) == 2  # in the list and beside it
    bar.get_by_role("button").click()
    assert page.evaluate(TICKED) == []
    assert bar.get_by_role("status").inner_text() == "0 of 11 chapters"
    assert page.evaluate("JSON.stringify(localStorage)").count("naive") == 0
    page.reload()
    assert page.evaluate(TICKED) == []
    assert page.problems == []


def test_a_chapter_marked_by_hand_stays_as_it_was_marked(site, visit):
    page = visit(site + "chapters/02-one-by-one.html")
    button = page.locator(".il-read button")
    button.focus()
    page.keyboard.press("Enter")
    assert len(page.evaluate(TICKED)) == 1
    page.keyboard.press("Enter")
    page.wait_for_timeout(3000)  # longer than it takes to be marked at the end
    assert page.evaluate(TICKED) == []
    assert button.inner_text() == "Mark as read"


def test_passing_the_end_is_not_reading(site, visit):
    page = visit(site + PAGE)
    page.locator(".il-read").scroll_into_view_if_needed()
    page.wait_for_timeout(500)
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(3000)
    assert page.evaluate(TICKED) == []


def test_a_browser_without_a_memory_still_reads(browser, site):
    context = browser.new_context()
    context.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new Error('denied'); } })"
    )
    page = context.new_page()
    errors = []
    page.on("pageerror", lambda error: "denied" not in str(error) and errors.append(error))
    page.goto(site + PAGE)
    page.locator(".il-read button").click()
    said = page.locator(".il-read [role=status]").inner_text()
    assert said == "✓ Read. This browser does not let pages remember it."
    assert len(page.evaluate(TICKED)) == 1
    assert errors == []
    context.close()


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_marks_are_accessible(colours, site, visit):
    page = visit(site + PAGE, theme=colours, size=PHONE)
    page.locator(".il-read button").click()
    page.evaluate(STILL)
    assert not serious(page)
    page.goto(site + "intro.html")
    page.evaluate(STILL)
    assert len(page.evaluate(TICKED)) == 2
    assert not serious(page)
    assert page.evaluate("document.scrollingElement.scrollWidth") <= PHONE["width"]


# ---- the steps from block to block ----

LADDERS = ["intro.html", "chapters/09-family.html"]


@pytest.mark.parametrize("name", LADDERS)
def test_the_steps_by_keyboard(name, home, visit):
    page = visit(home + name)
    figure = page.locator(".il-steps")
    status, shown = figure.get_by_role("status"), figure.locator("details:visible")
    back, forth = (
        figure.get_by_role("button", name="Previous"),
        figure.get_by_role("button", name="Next"),
    )
    names = figure.locator("tbody td:first-child").all_text_contents()
    assert len(names) == 6
    assert status.inner_text() == f"Step 1 of 6: {names[0]}"
    assert back.get_attribute("aria-disabled") == "true"
    forth.focus()
    for index, block in enumerate(names[1:], 2):
        page.keyboard.press(["Enter", "ArrowRight", "Space"][index % 3])
        assert status.inner_text() == f"Step {index} of 6: {block}"
        assert shown.count() == 1
        assert shown.locator("svg").is_visible()
        assert block in shown.locator("svg").get_attribute("aria-label")
        assert figure.locator("[aria-current=step]").all_text_contents() == [block]
    assert forth.get_attribute("aria-disabled") == "true"
    page.keyboard.press("Enter")
    assert status.inner_text().startswith("Step 6 of 6")
    assert forth.evaluate("button => button === document.activeElement")
    page.keyboard.press("ArrowLeft")
    assert status.inner_text().startswith("Step 5 of 6")
    figure.get_by_role("button", name=names[2]).press("Enter")
    assert status.inner_text() == f"Step 3 of 6: {names[2]}"
    assert page.problems == []


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_the_steps_is_accessible_at_each_step(colours, site, visit):
    page = visit(site + LADDERS[0], theme=colours, size=PHONE)
    forth = page.locator(".il-steps").get_by_role("button", name="Next")
    for _ in range(5):
        forth.click()
        assert page.evaluate("document.scrollingElement.scrollWidth") <= PHONE["width"]
    page.evaluate(STILL)
    assert not serious(page)


def test_the_steps_without_scripts_and_on_paper(browser, site, visit):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site + LADDERS[0])
    assert page.locator(".il-steps summary:visible").count() == 6
    page.locator(".il-steps summary").nth(3).click()
    assert page.locator(".il-steps svg:visible").count() == 2
    context.close()
    page = visit(site + LADDERS[0])
    page.emulate_media(media="print")
    assert page.locator(".il-steps svg:visible").count() == 6


# ---- letters twice as large ----


@pytest.mark.parametrize("name", ["intro", "chapters/01-naive-block", "lab", "maps", "glossary"])
def test_a_phone_at_twice_the_size_cuts_nothing(name, site, visit):
    page = visit(site + name + ".html", size={"width": 195, "height": 422})
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 195
    outside = """() => [...document.querySelectorAll(
        '.bd-header-article button, .bd-article :is(h1, h2, h3), .il-lab-field > *')]
        .filter(box => box.getBoundingClientRect().right > 195).map(box => box.outerHTML.slice(0, 80))"""
    assert page.evaluate(outside) == []
