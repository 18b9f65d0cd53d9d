"""Everything by keyboard: reached, seen, left again. And no motion where the reader wants none."""

import pytest

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
kinds = pytest.mark.parametrize("name", KINDS)

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
  const seen = colour => !/, 0\\)$|transparent/.test(colour);
  const ring = look.outlineStyle !== 'none' && parseFloat(look.outlineWidth) >= 2
    && seen(look.outlineColor);
  const shadow = look.boxShadow.split(/,(?![^(]*\\))/).some(one => {
    const lengths = one.replace(/rgba?\\([^)]*\\)/, '').match(/-?[\\d.]+px/g) || [];
    return seen(one.match(/rgba?\\([^)]*\\)/)?.[0] || 'transparent') && parseFloat(lengths[3]) >= 2;
  });
  return [window.stops.indexOf(box), ring || shadow, box.outerHTML.slice(0, 100)];
}"""


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


def opened(visit, site, name):
    page = visit(site + name)
    page.emulate_media(reduced_motion="reduce")
    if name.startswith("search"):
        page.wait_for_selector("#search-results .search li a")
        page.wait_for_load_state("networkidle")
    return page


@kinds
def test_tab_reaches_everything_and_shows_where_it_is(name, site, visit):
    page = opened(visit, site, name)
    stops = page.evaluate(FIND)
    # the search page puts the cursor into its field: begin at the top
    page.evaluate("document.activeElement.blur(), getSelection().collapse(document.body, 0)")
    reached, unseen = set(), []
    for _ in range(len(stops) + 30):
        page.keyboard.press("Tab")
        here = page.evaluate(HERE)
        if here is None or here[0] in reached:
            break  # past the last one: the browser's own bar, or round to the first
        number, ring, what = here
        assert number >= 0, f"a stop for Tab that is not visible: {what}"
        reached.add(number)
        if not ring and not (what.startswith("<g") and changes_when_left(page)):
            unseen.append(what)
    else:
        pytest.fail("Tab does not come to an end")
    missed = [stop for number, stop in enumerate(stops) if number not in reached]
    assert not missed, missed[:5]
    assert not unseen, unseen[:5]


@kinds
def test_shift_tab_leads_back(name, site, visit):
    """No trap: from the tenth stop back to the first."""
    page = opened(visit, site, name)
    stops = page.evaluate(FIND)
    page.evaluate("document.activeElement.blur(), getSelection().collapse(document.body, 0)")
    there, steps = [], min(10, len(stops))
    for _ in range(steps):
        page.keyboard.press("Tab")
        there.append(page.evaluate(HERE)[0])
    for number in reversed(there[:-1]):
        page.keyboard.press("Shift+Tab")
        assert page.evaluate(HERE)[0] == number


@pytest.mark.parametrize("name", [name for name in KINDS if name[:3] not in ("404", "sea")])
def test_skip_link(name, site, visit):
    """The first stop leads past the frame, and can be seen while it has the focus."""
    page = opened(visit, site, name)
    page.keyboard.press("Tab")
    link = page.locator(":focus")
    assert link.text_content().strip() == "Skip to main content"
    assert link.bounding_box()["y"] >= 0
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    inside = "!!document.activeElement.closest('main') && document.activeElement.tagName"
    assert page.evaluate(inside)
    assert not page.evaluate("!!document.activeElement.closest('.bd-sidebar-primary')")


@kinds
def test_motion_is_left_out_where_it_disturbs(name, site, visit):
    page = opened(visit, site, name)
    moves = """() => [...document.querySelectorAll('*')].flatMap(box => ['', '::before', '::after']
        .map(part => [box, getComputedStyle(box, part || null)]))
        .filter(([box, look]) => look.transitionDuration.split(', ').some(time => parseFloat(time) > 0)
            || look.animationName !== 'none' || look.scrollBehavior === 'smooth')
        .map(([box]) => box.outerHTML.slice(0, 100))"""
    assert page.evaluate(moves) == []
    assert page.evaluate("document.getAnimations().length") == 0


def test_the_dialog_for_searching(site, visit):
    """Opened, used and closed by keyboard; the focus comes back."""
    page = opened(visit, site, "intro.html")
    page.keyboard.press("Control+k")
    page.wait_for_function("document.activeElement.name === 'q'")
    page.keyboard.press("Escape")
    assert not page.locator("#pst-search-dialog").is_visible()
    page.keyboard.press("Control+k")
    page.keyboard.type("reduction")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?q=reduction*")


def test_a_button_on_a_phone_opens_the_contents(site, visit):
    page = visit(site + "intro.html", size={"width": 390, "height": 844})
    page.emulate_media(reduced_motion="reduce")
    link = page.locator(".bd-sidebar-primary a", has_text="Glossary").first
    assert not link.is_visible()
    page.locator("button.primary-toggle").first.focus()
    page.keyboard.press("Enter")
    link.wait_for(state="visible")
    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/glossary.html")


@pytest.mark.parametrize(
    "button", [".bd-article .copybtn", ".theme-switch-button", ".primary-toggle"]
)
def test_a_pressed_button_keeps_the_focus(button, site, visit):
    """Else the next Tab begins at the top of the page."""
    page = opened(visit, site, "chapters/02-one-by-one.html")
    page.locator(f"{button}:visible").first.focus()
    for _ in range(2):
        page.keyboard.press("Enter")
        page.wait_for_timeout(50)
        assert page.evaluate("selector => document.activeElement.matches(selector)", button)


def test_a_cell_has_one_button_for_copying(site, visit):
    page = opened(visit, site, "chapters/02-one-by-one.html")
    page.locator(".copybtn").first.wait_for(state="attached")
    assert page.locator(".copybtn").count() == page.locator(".bd-article .cell_input").count()
