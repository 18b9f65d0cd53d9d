"""Maps of networks in a browser: explored with keys, pointer and touch; two side by side."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

import inception_lib as il
from inception_lib.counting.table import times
from tests.browser import PHONE, STILL
from tests.test_browser import CONTRAST
from tools.generated.maps import with_heads

# every page with a map of a whole network, and the networks on it
CHAPTERS = {
    "chapters/03-googlenet.html": ["googlenet"],
    "chapters/04-batch-normalization.html": ["bn_inception"],
    "chapters/06-inception-v3.html": ["inception_v3"],
    "chapters/07-inception-v4.html": ["inception_v4"],
    "chapters/08-inception-resnet.html": ["inception_resnet_v1", "inception_resnet_v2"],
}
OPENED = "maps.html#left=inception_v4&right=inception_resnet_v2&stage=C1/B2"


def whole(page, name):
    """The map of a network with its panel."""
    return page.locator(".il-map").filter(has=page.locator(f"svg[data-network={name}]"))


def row(page, name, stage):
    return page.locator(f'svg[data-network={name}] [data-stage="{stage}"]')


def facts(panel):
    terms, values = panel.locator("dt").all_inner_texts(), panel.locator("dd").all_inner_texts()
    return dict(zip(terms, values, strict=True))


def shows(panel, name, stage):
    """The panel says exactly what the package counts."""
    count = il.cost(with_heads(name))[stage]
    expect(panel.locator("strong")).to_have_text(stage)
    said = facts(panel)
    assert said["input"] == times(count.in_shape)
    assert said["output"] == times(count.out_shape)
    assert said["parameters"].split(" ")[0] == f"{count.params:,}"
    assert said["MACs"].split(" ")[0] == f"{count.macs:,}"
    assert re.match(r"[\d×]+", said["receptive field"])[0] == times(count.receptive_field)
    assert said["stride"] == f"{times(dict.fromkeys(count.stride))} pixels"
    network = il.architecture(name)
    if stage in network.names:
        label = panel.locator("svg").get_attribute("aria-label")
        assert (
            label
            == il.draw(network[stage], count.in_shape, cost=True, defaults=network.defaults).alt
        )
        share = 100 * count.macs / il.cost(name).macs
        if share >= 0.05:
            assert said["MACs"].endswith(f"({share:.1f} %)")


@pytest.mark.parametrize(
    ("address", "name"), [(page, name) for page, names in CHAPTERS.items() for name in names]
)
def test_a_walk_with_the_keys_shows_every_stage(address, name, site, visit):
    page = visit(site + address)
    panel, rows = (
        whole(page, name).locator(".il-panel"),
        page.locator(f"svg[data-network={name}] [role=option]"),
    )
    stages = [r.get_attribute("data-stage") for r in rows.all()]
    # one stop for the tabulator key; focus alone opens nothing
    assert page.locator(f"svg[data-network={name}] [tabindex='0']").count() == 1
    rows.first.focus()
    expect(panel.locator("dl")).to_have_count(0)
    page.keyboard.press("Home")
    for stage in stages:
        shows(panel, name, stage)
        assert row(page, name, stage).get_attribute("aria-selected") == "true"
        assert page.evaluate("document.activeElement.dataset.stage") == stage
        page.keyboard.press("ArrowDown")
    shows(panel, name, stages[-1])  # the end is the end
    page.keyboard.press("Home")
    shows(panel, name, stages[0])
    page.keyboard.press("End")
    shows(panel, name, stages[-1])
    assert page.locator(f"svg[data-network={name}] [aria-selected=true]").count() == 1
    assert page.locator(f"svg[data-network={name}] [tabindex='0']").count() == 1
    page.keyboard.press("Escape")
    expect(panel.locator("dl")).to_have_count(0)
    assert page.locator(f"svg[data-network={name}] [aria-selected=true]").count() == 0
    assert page.evaluate("document.activeElement.dataset.stage") == stages[-1]
    assert page.problems == []


def test_typing_leads_to_a_stage(site, visit):
    """53 stages are too many for the arrow keys alone."""
    page = visit(site + "maps.html#left=inception_resnet_v2")
    row(page, "inception_resnet_v2", "conv1").focus()
    page.keyboard.type("B17", delay=30)
    shows(whole(page, "inception_resnet_v2").locator(".il-panel"), "inception_resnet_v2", "B17")
    assert page.evaluate("document.activeElement.dataset.stage") == "B17"
    page.wait_for_timeout(1100)  # later letters begin another name
    page.keyboard.type("c1", delay=30)
    assert page.evaluate("document.activeElement.dataset.stage") == "C1"
    assert page.problems == []


def test_every_map_of_every_chapter_can_be_explored(site, visit):
    for address, names in CHAPTERS.items():
        page = visit(site + address)
        found = [
            svg.get_attribute("data-network") for svg in page.locator("svg[role=listbox]").all()
        ]
        assert found == names
        assert page.evaluate("document.querySelectorAll('script[src*=\"/maps/\"]').length") == 0


def test_the_tabulator_key_goes_to_the_map_once_and_on(site, visit):
    page = visit(site + "chapters/03-googlenet.html")
    row(page, "googlenet", "conv1").focus()
    page.keyboard.press("Tab")
    assert not page.evaluate("!!document.activeElement.closest('.il-stage')")
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.dataset.stage") == "conv1"
    page.keyboard.press("Enter")
    panel = whole(page, "googlenet").locator(".il-panel")
    shows(panel, "googlenet", "conv1")
    page.keyboard.press("Tab")
    expect(panel.get_by_role("button", name="Pin")).to_be_focused()
    page.keyboard.press("Escape")  # from the panel back into the map
    assert page.evaluate("document.activeElement.dataset.stage") == "conv1"


def test_a_click_pins_and_the_panel_lies_below(site, visit):
    page = visit(site + "chapters/03-googlenet.html")
    row(page, "googlenet", "3a").hover()
    page.wait_for_timeout(100)
    area, panel = (
        whole(page, "googlenet").locator(part) for part in ("> .il-drawing", ".il-panel")
    )
    expect(panel.locator("dl")).to_have_count(0)  # a passing pointer moves no text of a chapter
    row(page, "googlenet", "4a").click()
    shows(panel, "googlenet", "4a")
    expect(panel.get_by_role("button", name="Pin")).to_have_attribute("aria-pressed", "true")
    map_box, panel_box, chosen = (
        part.bounding_box()
        for part in (area, panel, row(page, "googlenet", "4a").locator(".il-frame"))
    )
    assert map_box["y"] + map_box["height"] <= panel_box["y"]
    # the chosen row and the first numbers are on the screen together
    assert map_box["y"] <= chosen["y"] <= map_box["y"] + map_box["height"] - chosen["height"]
    assert map_box["y"] >= 0 and panel.locator("dd").first.bounding_box()["y"] < 900
    row(page, "googlenet", "4b").hover()
    page.wait_for_timeout(100)
    shows(panel, "googlenet", "4a")  # pinned
    panel.get_by_role("button", name="Pin").click()
    row(page, "googlenet", "4c").hover()
    shows(panel, "googlenet", "4c")
    row(page, "googlenet", "4d").click()
    page.mouse.move(600, 20)
    shows(panel, "googlenet", "4d")
    panel.get_by_role("button", name="Close").click()
    expect(panel.locator("dl")).to_have_count(0)
    assert page.problems == []


def test_a_pointer_at_rest_does_not_take_the_keys_over(site, visit):
    page = visit(site + OPENED)
    left = whole(page, "inception_v4")
    shows(left.locator(".il-panel"), "inception_v4", "C1")
    left.get_by_role("button", name="Pin").click()
    row(page, "inception_v4", "B3").hover()
    shows(left.locator(".il-panel"), "inception_v4", "B3")
    row(page, "inception_v4", "B3").focus()
    # some browsers tell of a move where the page has moved below the pointer
    move = """(row, x) => row.dispatchEvent(new PointerEvent(
        'pointermove', {clientX: x, clientY: 300, pointerType: 'mouse', bubbles: true}))"""
    row(page, "inception_v4", "B4").evaluate(move, 100)
    shows(left.locator(".il-panel"), "inception_v4", "B4")
    page.keyboard.press("Home")
    row(page, "inception_v4", "A1").evaluate(move, 100)
    page.wait_for_timeout(100)
    shows(left.locator(".il-panel"), "inception_v4", "conv1")


def test_a_finger(site, browser):
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(site + "chapters/06-inception-v3.html")
    panel = whole(page, "inception_v3").locator(".il-panel")
    for stage in ("A2", "aux_B4", "fc"):
        row(page, "inception_v3", stage).tap(position={"x": 20, "y": 8})
        shows(panel, "inception_v3", stage)
    assert page.evaluate("document.scrollingElement.scrollWidth") <= PHONE["width"]
    context.close()


# ---- the page of two networks ----


def test_two_networks_and_what_differs(site, visit):
    page = visit(site + "maps.html")
    right = page.get_by_label("Right network")
    assert page.get_by_label("Left network").input_value() == "googlenet"
    names = [option.get_attribute("value") for option in right.locator("option").all()]
    assert names == il.list_models(by_year=True)
    one = il.cost("googlenet")
    for name in names:
        right.select_option(name)
        title = il.architecture(name).title
        cells = page.locator(".il-maps thead th").nth(2)
        expect(cells).to_have_text(title)
        other = il.cost(name)
        rows = {
            line[0]: line[1:]
            for line in (
                r.locator("td").all_inner_texts() for r in page.locator(".il-maps tbody tr").all()
            )
        }
        assert rows["parameters"][:2] == [f"{one.params:,}", f"{other.params:,}"]
        assert rows["MACs"][:2] == [f"{one.macs:,}", f"{other.macs:,}"]
        assert rows["stages"][:2] == [str(len(one.stages)), str(len(other.stages))]
        assert rows["picture"][1] == times(other.stages[0].in_shape)
        assert rows["MACs"][2] == f"× {other.macs / one.macs:.2f}"
        side = page.locator("[data-side=right]")
        expect(side.locator("svg[role=listbox]")).to_have_attribute("data-network", name)
        last = other.stages[-3].name
        side.locator(f'[data-stage="{last}"]').click()
        shows(side.locator(".il-panel"), name, last)
    assert page.problems == []


def test_the_address_keeps_the_choice(site, visit):
    page = visit(site + "maps.html")
    expect(page.locator("svg[role=listbox]")).to_have_count(2)
    assert "#" not in page.url
    page.get_by_label("Left network").select_option("inception_v4")
    page.wait_for_url("**/maps.html#left=inception_v4&right=inception_v3")
    row(page, "inception_v4", "C1").click()
    row(page, "inception_v3", "reduction_a").click()
    page.wait_for_url("**#left=inception_v4&right=inception_v3&stage=C1/reduction_a")
    again = visit(page.url)
    shows(again.locator("[data-side=left] .il-panel"), "inception_v4", "C1")
    shows(again.locator("[data-side=right] .il-panel"), "inception_v3", "reduction_a")
    # an address of the same page, as a link in a chat would give it
    again.evaluate("location.hash = 'left=googlenet&right=googlenet&stage=/5b'")
    shows(again.locator("[data-side=right] .il-panel"), "googlenet", "5b")
    expect(again.locator("[data-side=left] dl")).to_have_count(0)
    again.keyboard.press("Escape")
    assert page.problems + again.problems == []


@pytest.mark.parametrize(
    "hash", ["#left=nobody&right=&stage=zz/%3Cb%3E", "#the-networks", "#stage=toString"]
)
def test_an_address_that_says_nothing(hash, site, visit):
    page = visit(site + "maps.html" + hash)
    expect(page.locator("svg[role=listbox]")).to_have_count(2)
    assert page.get_by_label("Left network").input_value() == "googlenet"
    expect(page.locator(".il-maps dl")).to_have_count(0)
    assert page.problems == []


def test_a_chapter_leads_to_the_comparison(site, visit):
    page = visit(site + "chapters/07-inception-v4.html")
    row(page, "inception_v4", "reduction_b").click()
    page.get_by_role("link", name="Compare networks").click()
    page.wait_for_url("**/maps.html#left=inception_v4&stage=reduction_b")
    shows(page.locator("[data-side=left] .il-panel"), "inception_v4", "reduction_b")
    for link in page.locator(".il-panel dt a").all():
        target = visit(link.get_attribute("href"))
        assert target.locator(f"[id='{target.url.split('#')[1]}']").count() == 1


def test_side_by_side_or_one_below_the_other(site, visit):
    wide, narrow = visit(site + OPENED), visit(site + OPENED, size=PHONE)
    for page, beside in ((wide, True), (narrow, False)):
        expect(page.locator(".il-maps dl")).to_have_count(2)
        left, right = (
            page.locator(f"[data-side={side}]").bounding_box() for side in ("left", "right")
        )
        assert (left["x"] + left["width"] <= right["x"]) is beside
        assert (left["y"] + left["height"] <= right["y"]) is not beside
        width = page.viewport_size["width"]
        assert page.evaluate("document.scrollingElement.scrollWidth") <= width
    area, svg = (
        wide.locator("[data-side=left] .il-map > .il-drawing" + part) for part in ("", " svg")
    )
    assert svg.bounding_box()["width"] <= area.bounding_box()["width"], "a whole map is seen"


# ---- for every reader ----


@pytest.mark.parametrize("size", [{"width": 1280, "height": 900}, PHONE], ids=["screen", "phone"])
@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("address", [OPENED, "chapters/08-inception-resnet.html"])
def test_accessible_while_open(address, colours, size, site, visit):
    """axe-core finds nothing at all in the map and its panel; words and frame are legible."""
    page = visit(site + address, theme=colours, size=size)
    if address != OPENED:
        row(page, "inception_resnet_v2", "B7").click(position={"x": 20, "y": 8})
    expect(page.locator(".il-panel dl")).to_have_count(2 if address == OPENED else 1)
    page.evaluate(STILL)
    found = [
        f"{rule['id']} ({rule['impact']}): {node['html'][:200]}\n{node['failureSummary']}"
        for rule in Axe().run(page, context=".il-map").response["violations"]
        for node in rule["nodes"]
    ]
    assert not found, "\n\n".join(found)
    assert page.evaluate(CONTRAST) == []
    frame = page.locator("[aria-selected=true] > .il-frame").first
    style = "box => { const s = getComputedStyle(box); return [s.stroke, s.strokeWidth]; }"
    stroke, width = frame.evaluate(style)
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert contrast(stroke, paper) >= 3 and float(width.removesuffix("px")) >= 2
    other = page.locator("[aria-selected=false] > .il-frame").first
    assert other.evaluate(style)[0] == "rgba(0, 0, 0, 0)"


def contrast(one, two):
    def light(colour):
        parts = [int(value) / 255 for value in re.findall(r"\d+", colour)[:3]]
        linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts]
        return sum(w * v for w, v in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    dark, bright = sorted((light(one), light(two)))
    return (bright + 0.05) / (dark + 0.05)


def test_a_choice_is_said(site, visit):
    """What a screen reader hears: the option's name when it is reached, the numbers politely."""
    page = visit(site + "chapters/03-googlenet.html")
    listbox = page.get_by_role("listbox", name="Map of GoogLeNet", exact=True)
    option = listbox.get_by_role("option", name="3a, 4 branches, 256", exact=True)
    option.click()
    status = whole(page, "googlenet").get_by_role("status")
    expect(status).to_contain_text("3a 4 branches")
    expect(status).to_contain_text("163,696")


def test_opened_as_files(pages, visit):
    address = (pages / "chapters" / "03-googlenet.html").as_uri()
    page = visit(address)
    row(page, "googlenet", "5b").click()
    shows(whole(page, "googlenet").locator(".il-panel"), "googlenet", "5b")
    page = visit((pages / OPENED.split("#")[0]).as_uri() + "#" + OPENED.split("#")[1])
    shows(page.locator("[data-side=left] .il-panel"), "inception_v4", "C1")
    shows(page.locator("[data-side=right] .il-panel"), "inception_resnet_v2", "B2")
    page.get_by_label("Left network").select_option("googlenet_bn")
    page.wait_for_url("**#left=googlenet_bn&right=inception_resnet_v2&stage=/B2")
    assert page.problems == []


def test_data_that_do_not_come(site, visit):
    """A connection that breaks: the panel says so, and the next choice tries again."""
    page = visit(site + "chapters/03-googlenet.html")
    page.route("**/maps/googlenet.js", lambda route: route.abort())
    row(page, "googlenet", "3a").click()
    panel = whole(page, "googlenet").locator(".il-panel")
    expect(panel).to_contain_text("could not be loaded")
    page.unroute("**/maps/googlenet.js")
    row(page, "googlenet", "3b").click()
    shows(panel, "googlenet", "3b")


def test_without_scripts_there_are_a_picture_and_tables(site, browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site + "maps.html")
    assert page.locator(".il-maps svg:visible").get_attribute("role") == "img"
    assert page.locator("article select:visible").count() == 0
    links = page.locator("article table a[href*='chapters/']")
    assert links.count() == len(il.list_models())
    summary = page.get_by_text("Inception-v4, stage by stage")
    summary.click()
    expect(
        page.get_by_role("cell", name=f"{il.cost('inception_v4')['C1'].macs:,}").first
    ).to_be_visible()
    context.close()


def test_a_map_that_goes_on_shades_its_edge(site, visit):
    """Touch screens show no scroll bar: without a shade a map that is cut between two rows looks whole."""
    page = visit(site + "maps.html", "dark", PHONE)
    box = page.locator("[data-side=left] .il-map > .il-drawing")

    def lowest_row() -> bytes:
        at = box.bounding_box()
        clip = {"x": at["x"], "y": at["y"] + at["height"] - 1, "width": 15, "height": 1}
        return page.screenshot(clip=clip, full_page=True)

    box.evaluate("box => box.scrollTo(0, 0)")
    goes_on = lowest_row()
    box.evaluate("box => box.scrollTo(0, box.scrollHeight)")
    assert lowest_row() != goes_on
