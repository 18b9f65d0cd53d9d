"""What the pages do for readers, in a browser: definitions beside their terms, pictures in
words, which chapters were read, the steps from block to block."""

import pytest

from tests.browser import PHONE, SCREEN, kept, serious, sideways, turn
from tests.test_browser import CHAPTERS

PAGE = "chapters/01-naive-block.html"
TERM = "main a[href$='glossary.html#kernel']"
LOOKS = [("light", SCREEN), ("dark", SCREEN), ("dark", PHONE), ("light", PHONE)]


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


def test_a_term_shows_its_definition_to_the_pointer(pages, visit):
    """A card that fades in, that the pointer may go onto, and that is accessible."""
    page = visit((pages / PAGE).as_uri(), reduced_motion="no-preference")
    page.clock.install()
    link, card = page.locator(TERM).first, page.locator(".il-card:visible")
    link.hover()
    card.wait_for()
    moves = "card => getComputedStyle(card).animationName"
    assert card.evaluate(moves) != "none"
    page.emulate_media(reduced_motion="reduce")
    assert card.evaluate(moves) == "none"
    assert "The weights of a convolution" in card.text_content()
    assert "卷积核" in card.text_content()
    assert card.locator("[lang=zh-Hans]").count() == 1
    assert not covers(page)
    card.hover()
    page.clock.run_for(500)
    assert card.is_visible(), "the pointer may go onto the card"
    page.mouse.move(5, 5)
    card.wait_for(state="hidden")
    for theme, size in LOOKS:
        turn(page, theme)
        page.set_viewport_size(size)
        page.mouse.move(5, 5)
        link.hover()
        card.wait_for()
        assert not covers(page)
        assert sideways(page) <= 0
        assert not serious(page, ".il-card:not([hidden])")
        page.keyboard.press("Escape")
        assert card.count() == 0


def test_a_term_shows_its_definition_to_the_keyboard(site, visit):
    page = visit(site + PAGE)
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


def test_a_tap_shows_the_definition_and_a_second_one_goes_there(site, visit):
    page = visit(site + PAGE, size=PHONE, has_touch=True, is_mobile=True)
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


# ---- pictures in words ----


def test_descriptions_unfold_by_keyboard(site, visit):
    page = visit(site + PAGE, size=PHONE)
    box = page.locator("details.il-words").nth(1)  # below the first image: a drawing comes before
    assert not box.locator("p").is_visible()
    box.locator("summary").focus()
    page.keyboard.press("Enter")
    assert box.locator("p").is_visible()
    assert box.locator("p").inner_text() == page.locator("article img").first.get_attribute("alt")
    page.evaluate("document.querySelectorAll('.il-words').forEach(box => { box.open = true })")
    assert sideways(page) <= 0
    for theme in ("light", "dark"):
        turn(page, theme)
        assert not serious(page, ".il-words")


# ---- what was read ----

TICKED = """() => [...document.querySelectorAll('.il-tick')]
    .map(mark => mark.closest('a').textContent.trim())"""
# Whether a part is on the screen, once the page's own observers have been told.
SEEN = """name => new Promise(done => new IntersectionObserver(
    ([part]) => done(part.isIntersecting)).observe(document.querySelector(name)))"""


@pytest.mark.parametrize("address", ["site", "pages"])
def test_reading_to_the_end_is_remembered_and_can_be_forgotten(address, request, visit):
    home = request.getfixturevalue(address)
    home = home if address == "site" else home.as_uri() + "/"
    page = visit(home + PAGE)
    page.clock.install()
    foot = page.locator(".il-read")
    assert page.evaluate(TICKED) == []
    foot.scroll_into_view_if_needed()
    assert page.evaluate(SEEN, ".il-read")
    page.clock.run_for(2100)
    page.get_by_role("button", name="Mark as unread").wait_for()
    assert "Remembered only in this browser" in foot.get_by_role("status").inner_text()
    assert page.evaluate(TICKED) == ["1. The naive block ✓ (read)"]
    page.reload()
    kept(page, TICKED, ["1. The naive block ✓ (read)"])
    page.goto(home + "intro.html")
    bar = page.locator(".il-progress")
    kept(
        page,
        "document.querySelector('.il-progress [role=status]').textContent",
        f"1 of {len(CHAPTERS)} chapters",
    )
    assert page.get_by_role("progressbar").evaluate("bar => bar.value / bar.max") == 1 / len(
        CHAPTERS
    )
    assert len(page.evaluate(TICKED)) == 2  # in the list and beside it
    for theme in ("light", "dark") if address == "site" else ():
        turn(page, theme)
        assert not serious(page)
    page.set_viewport_size(PHONE)
    assert sideways(page) <= 0
    bar.get_by_role("button").click()
    assert page.evaluate(TICKED) == []
    assert bar.get_by_role("status").inner_text() == f"0 of {len(CHAPTERS)} chapters"
    assert page.evaluate("JSON.stringify(localStorage)").count("naive") == 0
    page.reload()
    kept(page, TICKED, [])


def test_who_marks_by_hand_or_passes_the_end_is_left_alone(site, visit):
    page = visit(site + "chapters/02-one-by-one.html")
    page.clock.install()
    page.clock.pause_at(page.evaluate("Date.now()") + 1000)
    button = page.locator(".il-read button")
    button.scroll_into_view_if_needed()
    assert page.evaluate(SEEN, ".il-read")
    page.clock.run_for(500)
    page.evaluate("scrollTo(0, 0)")
    assert not page.evaluate(SEEN, ".il-read")
    page.clock.run_for(5000)
    assert page.evaluate(TICKED) == [], "passing the end is not reading"
    button.focus()
    page.keyboard.press("Enter")
    assert len(page.evaluate(TICKED)) == 1
    page.keyboard.press("Enter")
    assert page.evaluate(SEEN, ".il-read")
    page.clock.run_for(5000)
    assert page.evaluate(TICKED) == []
    assert button.inner_text() == "Mark as read"
    page.clock.resume()


def test_a_browser_without_a_memory_still_reads(site, visit):
    page = visit(site + PAGE)
    page.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new Error('denied'); } })"
    )
    page.reload()
    page.locator(".il-read button").click()
    said = page.locator(".il-read [role=status]").inner_text()
    assert said == "✓ Read. This browser does not let pages remember that."
    assert len(page.evaluate(TICKED)) == 1
    errors = [problem for problem in page.problems if problem.startswith("script")]
    assert all("denied" in error for error in errors), "the theme's, not ours"
    page.problems.clear()


# ---- the landing page ----


@pytest.mark.parametrize(("size", "layout"), [(SCREEN, "il-wide"), (PHONE, "il-tall")])
def test_the_first_screen_shows_the_whole_picture(size, layout, site, visit):
    page = visit(site + "intro.html", size=size)
    box = page.locator(".il-landing").bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= size["width"]
    assert box["y"] + box["height"] <= size["height"]
    assert page.locator(".il-landing > svg:visible").get_attribute("class") == layout


# ---- the steps from block to block ----


def test_the_steps_by_keyboard(site, visit):
    page = visit(site + "intro.html")
    figure = page.locator(".il-steps")
    status, shown = figure.get_by_role("status"), figure.locator("details:visible")
    back = figure.get_by_role("button", name="Previous")
    forth = figure.get_by_role("button", name="Next")
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
        for size in (PHONE, SCREEN):
            page.set_viewport_size(size)
            assert sideways(page) <= 0
    assert forth.get_attribute("aria-disabled") == "true"
    page.keyboard.press("Enter")
    assert status.inner_text().startswith("Step 6 of 6")
    assert forth.evaluate("button => button === document.activeElement")
    for theme in ("light", "dark"):
        turn(page, theme)
        assert not serious(page, ".il-steps")
    page.keyboard.press("ArrowLeft")
    assert status.inner_text().startswith("Step 5 of 6")
    figure.get_by_role("button", name=names[2]).press("Enter")
    assert status.inner_text() == f"Step 3 of 6: {names[2]}"
    page.emulate_media(media="print")
    page.wait_for_function("document.querySelectorAll('.il-steps details[open] svg').length === 6")
    assert page.locator(".il-steps svg:visible").count() == 6


def test_the_steps_without_scripts(site, visit):
    page = visit(site + "intro.html", java_script_enabled=False)
    assert page.locator(".il-steps summary:visible").count() == 6
    page.locator(".il-steps summary").nth(3).click()
    assert page.locator(".il-steps svg:visible").count() == 2
