"""Everything by keyboard: reached, seen, left again. And no motion where the reader wants none."""

import pytest

from tests.browser import PHONE

KINDS = [
    "intro.html",
    "chapters/02-one-by-one.html",
    "chapters/solutions/05-factorization.html",
    "glossary.html",
    "search.html?q=reduction",
    "lab.html",
    "maps.html",
    "numbers.html",
    "404.html",
]

# Everything on the page that one can act on, in window.stops; of radio buttons with one name only
# the chosen one is a stop for Tab.
FIND = """() => {
  const all = 'a[href], button, input, select, textarea, summary, [tabindex]';
  window.stops = [...document.querySelectorAll(all)].filter(box => {
    const size = box.getBoundingClientRect();
    if (box.disabled || box.tabIndex < 0 || box.type === 'hidden' || box.closest('[inert]')) return false;
    if (box.type === 'radio' && !box.checked) return false;
    return size.width > 0 && size.height > 0
      && box.checkVisibility({visibilityProperty: true, contentVisibilityAuto: true});
  });
  return window.stops.map(box => box.outerHTML.slice(0, 100));
}"""
# Which of them has the focus, and whether one can see that: a ring of at least 2 pixels.
HERE = """() => {
  const box = document.activeElement;
  if (!box || box === document.body) return null;
  // the list of a page's sections unfolds as one goes down the page
  if (!window.stops.includes(box) && box.getBoundingClientRect().width > 0) window.stops.push(box);
  const look = getComputedStyle(box);
  const seen = color => !/, 0\\)$|transparent/.test(color);
  const ring = look.outlineStyle !== 'none' && parseFloat(look.outlineWidth) >= 2
    && seen(look.outlineColor);
  const shadow = look.boxShadow.split(/,(?![^(]*\\))/).some(one => {
    const lengths = one.replace(/rgba?\\([^)]*\\)/, '').match(/-?[\\d.]+px/g) || [];
    return seen(one.match(/rgba?\\([^)]*\\)/)?.[0] || 'transparent') && parseFloat(lengths[3]) >= 2;
  });
  return [window.stops.indexOf(box), ring || shadow, box.outerHTML.slice(0, 100)];
}"""
MOVES = """() => [...document.querySelectorAll('*')].flatMap(box => ['', '::before', '::after']
    .map(part => [box, getComputedStyle(box, part || null)]))
    .filter(([box, look]) => look.transitionDuration.split(', ').some(time => parseFloat(time) > 0)
        || look.animationName !== 'none' || look.scrollBehavior === 'smooth')
    .map(([box]) => box.outerHTML.slice(0, 100))"""


def changes_when_left(page) -> bool:
    """For parts of drawings, which have rings of other kinds: does one see it, pixel by pixel?"""
    page.evaluate("window.box = document.activeElement")
    focused = page.locator(":focus").screenshot()
    page.evaluate("window.box.blur()")
    size = page.evaluate(
        "(({x, y, width, height}) => ({x, y, width, height}))(window.box.getBoundingClientRect())"
    )
    left = page.screenshot(clip=size)
    page.evaluate("window.box.focus()")
    return focused != left


@pytest.mark.parametrize("name", KINDS)
def test_a_page_by_keyboard(name, site, visit):
    """Tab reaches everything, shows where it is and comes to an end; Shift+Tab leads back."""
    page = visit(site + name)
    if name.startswith("search"):
        page.wait_for_selector("#search-results .search li a")
        page.wait_for_load_state("networkidle")
    assert page.evaluate(MOVES) == []
    stops = page.evaluate(FIND)
    # the search page puts the cursor into its field: begin at the top
    page.evaluate("document.activeElement.blur(), getSelection().collapse(document.body, 0)")
    reached, unseen = [], []
    for _ in range(len(stops) + 30):
        page.keyboard.press("Tab")
        here = page.evaluate(HERE)
        if here is None or here[0] in reached:
            break  # past the last one: the browser's own bar, or round to the first
        number, ring, what = here
        assert number >= 0, f"a stop for Tab that is not visible: {what}"
        reached.append(number)
        if not ring and not (what.startswith("<g") and changes_when_left(page)):
            unseen.append(what)
        if len(reached) == 10:
            for before in reached[8::-1]:
                page.keyboard.press("Shift+Tab")
                assert page.evaluate(HERE)[0] == before, "no trap"
            for _ in range(9):
                page.keyboard.press("Tab")
    else:
        pytest.fail("Tab does not come to an end")
    missed = [stop for number, stop in enumerate(stops) if number not in reached]
    assert not missed, missed[:5]
    assert not unseen, unseen[:5]


def test_skip_link(site, visit):
    """The first stop leads past the frame, and can be seen while it has the focus."""
    page = visit(f"{site}glossary.html")
    page.keyboard.press("Tab")
    link = page.locator(":focus")
    assert link.text_content().strip() == "Skip to main content"
    assert link.bounding_box()["y"] >= 0
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate(
        "!!document.activeElement.closest('main') && !document.activeElement.closest('.bd-sidebar-primary')"
    )


def test_the_dialog_for_searching(site, visit):
    """Opened, used and closed by keyboard; the focus comes back. What it leads to finds something."""
    page = visit(site + "intro.html")
    page.keyboard.press("Control+k")
    page.wait_for_function("document.activeElement.name === 'q'")
    page.keyboard.press("Escape")
    page.locator("#pst-search-dialog").wait_for(state="hidden")
    page.keyboard.press("Control+k")
    page.wait_for_function("document.activeElement.name === 'q'")
    page.keyboard.type("reduction")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?q=reduction*")
    page.locator("#search-results .search li a", has_text="Reduction").first.wait_for()
    page.wait_for_load_state("networkidle")


def test_a_button_on_a_phone_opens_the_contents(site, visit):
    page = visit(site + "intro.html", size=PHONE)
    link = page.locator(".bd-sidebar-primary a", has_text="Glossary").first
    assert not link.is_visible()
    page.locator("button.primary-toggle").first.focus()
    page.keyboard.press("Enter")
    link.wait_for(state="visible")
    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/glossary.html")


def test_buttons(site, visit):
    """A pressed one keeps the focus, else the next Tab begins at the top; a cell has one to copy."""
    page = visit(site + "chapters/02-one-by-one.html")
    for selector in (".bd-article .copybtn", ".theme-switch-button", ".primary-toggle"):
        button = page.locator(f"{selector}:visible").first
        button.focus()
        for _ in range(2):
            page.keyboard.press("Enter")
            # what the theme and the page do after the press is done
            page.evaluate("() => new Promise(done => setTimeout(() => setTimeout(done)))")
            assert page.evaluate("selector => document.activeElement.matches(selector)", selector)
    assert page.locator(".copybtn").count() == page.locator(".bd-article .cell_input").count()
