"""Maps of networks in a browser: explored with keys, pointer and touch; two side by side."""

import re

import pytest
from playwright.sync_api import expect

import inception_lib as il
from inception_lib.counting.table import times
from tests.browser import FAINT, PHONE, SCREEN, serious, sideways, turn
from tests.test_browser import contrast
from tools.generated.maps import with_heads

# every page with a map of a whole network, and the networks on it
CHAPTERS = {
    "chapters/03-googlenet.html": ["googlenet"],
    "chapters/deeper/04-bn-inception.html": ["bn_inception"],
    "chapters/06-inception-v3.html": ["inception_v3"],
    "chapters/07-inception-v4.html": ["inception_v4"],
    "chapters/deeper/08-sums.html": ["inception_resnet_v2"],
}
OPENED = "maps.html#left=inception_v4&right=inception_resnet_v2&stage=C1/B2"


@pytest.fixture(scope="module")
def loaded(site, stay):
    return stay(site + "maps.html")


@pytest.fixture
def maps(loaded):
    """The page of two networks, loaded once. A link of its own sets it back."""
    loaded.set_viewport_size(SCREEN)
    for left, right in (("inception_v4", "inception_v4"), ("googlenet", "inception_v3")):
        loaded.evaluate(f"location.hash = 'left={left}&right={right}'")
        for side, name in (("left", left), ("right", right)):
            map_ = loaded.locator(f"[data-side={side}] svg[role=listbox]")
            expect(map_).to_have_attribute("data-network", name)
    loaded.evaluate("document.activeElement.blur(), scrollTo(0, 0)")
    loaded.mouse.move(5, 5)
    expect(loaded.locator(".il-maps dl")).to_have_count(0)
    return loaded


@pytest.fixture(scope="module")
def chapter(site, stay):
    return stay(site + "chapters/03-googlenet.html")


@pytest.fixture
def googlenet(chapter):
    """A chapter with one map, loaded once; nothing is chosen."""
    chapter.mouse.move(5, 5)
    panel = whole(chapter, "googlenet").locator(".il-panel")
    if panel.locator("dl").count():
        panel.get_by_role("button", name="Close").click()
    chapter.evaluate("document.activeElement.blur(), scrollTo(0, 0)")
    expect(panel.locator("dl")).to_have_count(0)
    return chapter


def whole(page, name):
    """The map of a network with its panel."""
    return page.locator(".il-map").filter(has=page.locator(f"svg[data-network={name}]"))


def row(page, name, stage):
    return page.locator(f'svg[data-network={name}] [data-stage="{stage}"]')


def facts(panel):
    """What the panel lists, and its drawing in words."""
    terms, values, label = panel.evaluate(
        """panel => [...['dt', 'dd'].map(name => [...panel.querySelectorAll(name)].map(box => box.innerText)),
            panel.querySelector('svg')?.getAttribute('aria-label')]"""
    )
    return dict(zip(terms, values, strict=True)) | {"label": label}


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
        assert (
            said["label"]
            == il.draw(network[stage], count.in_shape, cost=True, defaults=network.defaults).alt
        )
        share = 100 * count.macs / il.cost(name).macs
        if share >= 0.05:
            assert said["MACs"].endswith(f"({share:.1f}%)")


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
        here = (
            "(({dataset, ariaSelected}) => [dataset.stage, ariaSelected])(document.activeElement)"
        )
        assert page.evaluate(here) == [stage, "true"]
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


def test_typing_leads_to_a_stage(site, visit):
    """53 stages are too many for the arrow keys alone."""
    page = visit(site + "maps.html#left=inception_resnet_v2")
    page.clock.install()
    page.clock.pause_at(page.evaluate("Date.now()") + 1000)
    row(page, "inception_resnet_v2", "conv1").focus()
    page.keyboard.type("B17")
    shows(whole(page, "inception_resnet_v2").locator(".il-panel"), "inception_resnet_v2", "B17")
    assert page.evaluate("document.activeElement.dataset.stage") == "B17"
    page.clock.run_for(1100)  # later letters begin another name
    page.keyboard.type("c1")
    assert page.evaluate("document.activeElement.dataset.stage") == "C1"


def test_the_tabulator_key_goes_to_the_map_once_and_on(googlenet):
    row(googlenet, "googlenet", "conv1").focus()
    googlenet.keyboard.press("Tab")
    assert not googlenet.evaluate("!!document.activeElement.closest('.il-stage')")
    googlenet.keyboard.press("Shift+Tab")
    assert googlenet.evaluate("document.activeElement.dataset.stage") == "conv1"
    googlenet.keyboard.press("Enter")
    panel = whole(googlenet, "googlenet").locator(".il-panel")
    shows(panel, "googlenet", "conv1")
    googlenet.keyboard.press("Tab")
    expect(panel.get_by_role("button", name="Pin")).to_be_focused()
    googlenet.keyboard.press("Escape")  # from the panel back into the map
    assert googlenet.evaluate("document.activeElement.dataset.stage") == "conv1"


def test_a_click_pins_and_the_panel_lies_below(googlenet):
    page, map_ = googlenet, whole(googlenet, "googlenet")
    area, panel = map_.locator("> .il-drawing"), map_.locator(".il-panel")
    row(page, "googlenet", "3a").hover()
    # a passing pointer moves no text of a chapter
    assert "il-open" not in map_.get_attribute("class")
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
    assert map_box["y"] >= 0 and panel.locator("dd").first.bounding_box()["y"] < SCREEN["height"]
    row(page, "googlenet", "4b").hover()
    assert row(page, "googlenet", "4b").get_attribute("aria-selected") == "false", "4a is pinned"
    panel.get_by_role("button", name="Pin").click()
    row(page, "googlenet", "4c").hover()
    shows(panel, "googlenet", "4c")
    row(page, "googlenet", "4d").click()
    page.mouse.move(600, 20)
    shows(panel, "googlenet", "4d")
    panel.get_by_role("button", name="Close").click()
    expect(panel.locator("dl")).to_have_count(0)


def test_a_pointer_at_rest_does_not_take_the_keys_over(maps):
    maps.evaluate("hash => { location.hash = hash; }", OPENED.split("#")[1])
    left = whole(maps, "inception_v4")
    shows(left.locator(".il-panel"), "inception_v4", "C1")
    left.get_by_role("button", name="Pin").click()
    row(maps, "inception_v4", "B3").hover()
    shows(left.locator(".il-panel"), "inception_v4", "B3")
    row(maps, "inception_v4", "B3").focus()
    # some browsers tell of a move where the page has moved below the pointer
    move = """(row, x) => row.dispatchEvent(new PointerEvent(
        'pointermove', {clientX: x, clientY: 300, pointerType: 'mouse', bubbles: true}))"""
    row(maps, "inception_v4", "B4").evaluate(move, 100)
    shows(left.locator(".il-panel"), "inception_v4", "B4")
    maps.keyboard.press("Home")
    row(maps, "inception_v4", "A1").evaluate(move, 100)
    assert row(maps, "inception_v4", "A1").get_attribute("aria-selected") == "false"
    shows(left.locator(".il-panel"), "inception_v4", "conv1")


def test_a_finger(site, visit):
    page = visit(site + "chapters/06-inception-v3.html", size=PHONE, has_touch=True, is_mobile=True)
    panel = whole(page, "inception_v3").locator(".il-panel")
    for stage in ("A2", "aux_B4", "fc"):
        row(page, "inception_v3", stage).tap(position={"x": 20, "y": 8})
        shows(panel, "inception_v3", stage)
    assert page.evaluate("document.scrollingElement.scrollWidth") <= PHONE["width"]


# ---- the page of two networks ----


def test_two_networks_and_what_differs(maps):
    right = maps.get_by_label("Right network")
    assert maps.get_by_label("Left network").input_value() == "googlenet"
    names = [option.get_attribute("value") for option in right.locator("option").all()]
    assert names == il.list_models(by_year=True)
    one = il.cost("googlenet")
    for name in names:
        right.select_option(name)
        expect(maps.locator(".il-maps thead th").nth(2)).to_have_text(il.architecture(name).title)
        other = il.cost(name)
        table = [
            line.locator("td").all_inner_texts() for line in maps.locator(".il-maps tbody tr").all()
        ]
        rows = {line[0]: line[1:] for line in table}
        assert rows["parameters"][:2] == [f"{one.params:,}", f"{other.params:,}"]
        assert rows["MACs"][:2] == [f"{one.macs:,}", f"{other.macs:,}"]
        assert rows["stages"][:2] == [str(len(one.stages)), str(len(other.stages))]
        assert rows["picture"][1] == times(other.stages[0].in_shape)
        assert rows["MACs"][2] == f"× {other.macs / one.macs:.2f}"
        side = maps.locator("[data-side=right]")
        expect(side.locator("svg[role=listbox]")).to_have_attribute("data-network", name)
        last = other.stages[-3].name
        side.locator(f'[data-stage="{last}"]').click()
        shows(side.locator(".il-panel"), name, last)


def test_the_address_keeps_the_choice(site, visit):
    page = visit(site + "maps.html")
    expect(page.locator("svg[role=listbox]")).to_have_count(2)
    assert "#" not in page.url
    page.get_by_label("Left network").select_option("inception_v4")
    page.wait_for_url("**/maps.html#left=inception_v4&right=inception_v3")
    row(page, "inception_v4", "C1").click()
    row(page, "inception_v3", "reduction_a").click()
    page.wait_for_url("**#left=inception_v4&right=inception_v3&stage=C1/reduction_a")
    page.reload()
    shows(page.locator("[data-side=left] .il-panel"), "inception_v4", "C1")
    shows(page.locator("[data-side=right] .il-panel"), "inception_v3", "reduction_a")
    # an address of the same page, as a link in a chat would give it
    page.evaluate("location.hash = 'left=googlenet&right=googlenet&stage=/5b'")
    shows(page.locator("[data-side=right] .il-panel"), "googlenet", "5b")
    expect(page.locator("[data-side=left] dl")).to_have_count(0)
    page.keyboard.press("Escape")


@pytest.mark.parametrize(
    ("hash", "told"),
    [
        (
            "left=nobody&right=&stage=zz/%3Cb%3E",
            ["left is “nobody”", "right is “”", "“zz”", "“<b>”"],
        ),
        ("stage=toString", ["GoogLeNet has no stage “toString”"]),
        ("left=bogus", ["left is “bogus”; known: naive_googlenet, googlenet"]),
    ],
)
def test_an_address_that_says_nothing_says_what_is_wrong(hash, told, maps):
    maps.evaluate("location.hash = 'left=googlenet&right=inception_v3&stage=3a/A1'")
    expect(maps.locator(".il-maps dl")).to_have_count(2)
    maps.evaluate("hash => { location.hash = hash; }", hash)
    expect(maps.locator(".il-maps dl")).to_have_count(0)
    assert maps.get_by_label("Left network").input_value() == "googlenet"
    assert maps.get_by_label("Right network").input_value() == "inception_v3"
    for words in told:
        expect(maps.locator(".il-maps-problems")).to_contain_text(words)
    maps.wait_for_timeout(300)  # a choice is written into the address after 200 ms
    assert maps.evaluate("location.hash") == f"#{hash}"  # the stages chosen before write nothing
    maps.evaluate("location.hash = 'left=googlenet&right=inception_v3'")
    expect(maps.locator(".il-maps-problems")).to_be_empty()


def test_a_chapter_leads_to_the_comparison(site, visit):
    page = visit(site + "chapters/07-inception-v4.html")
    row(page, "inception_v4", "reduction_b").click()
    page.get_by_role("link", name="Compare networks").click()
    page.wait_for_url("**/maps.html#left=inception_v4&stage=reduction_b")
    shows(page.locator("[data-side=left] .il-panel"), "inception_v4", "reduction_b")
    links = page.locator(".il-panel dt a").evaluate_all("links => links.map(a => a.hash.slice(1))")
    assert len(links) == 4
    page.goto(site + "glossary.html")
    assert all(page.locator(f"[id='{anchor}']").count() == 1 for anchor in links)


def test_side_by_side_or_one_below_the_other(maps):
    maps.evaluate("hash => { location.hash = hash; }", OPENED.split("#")[1])
    expect(maps.locator(".il-maps dl")).to_have_count(2)
    for size, beside in ((SCREEN, True), (PHONE, False)):
        maps.set_viewport_size(size)
        left, right = (
            maps.locator(f"[data-side={side}]").bounding_box() for side in ("left", "right")
        )
        assert (left["x"] + left["width"] <= right["x"]) is beside
        assert (left["y"] + left["height"] <= right["y"]) is not beside
        assert sideways(maps) <= 0
        area = maps.locator("[data-side=left] .il-map > .il-drawing")
        whole_width = area.locator("> svg").bounding_box()["width"]
        assert not beside or whole_width <= area.bounding_box()["width"], "a whole map is seen"


# ---- for every reader ----


@pytest.mark.parametrize("address", [OPENED, "chapters/deeper/08-sums.html"])
def test_accessible_while_open(address, site, visit):
    """axe-core finds nothing serious in the map and its panel; words and frame are legible."""
    page = visit(site + address)
    if address != OPENED:
        row(page, "inception_resnet_v2", "B7").click(position={"x": 20, "y": 8})
    expect(page.locator(".il-panel dl")).to_have_count(2 if address == OPENED else 1)
    style = "box => { const s = getComputedStyle(box); return [s.stroke, s.strokeWidth]; }"
    for theme, size in [("light", SCREEN), ("dark", SCREEN), ("dark", PHONE), ("light", PHONE)]:
        turn(page, theme)
        page.set_viewport_size(size)
        assert serious(page, ".il-map") == []
        assert page.evaluate(FAINT) == []
        stroke, width = page.locator("[aria-selected=true] > .il-frame").first.evaluate(style)
        paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
        ink, behind = ([int(v) for v in re.findall(r"\d+", color)[:3]] for color in (stroke, paper))
        assert contrast(ink, behind) >= 3 and float(width.removesuffix("px")) >= 2
        other = page.locator("[aria-selected=false] > .il-frame").first
        assert other.evaluate(style)[0] == "rgba(0, 0, 0, 0)"


def test_a_choice_is_said(googlenet):
    """What a screen reader hears: the option's name when it is reached, the numbers politely."""
    listbox = googlenet.get_by_role("listbox", name="Map of GoogLeNet", exact=True)
    listbox.get_by_role("option", name="3a, 4 branches, 256", exact=True).click()
    status = whole(googlenet, "googlenet").get_by_role("status")
    expect(status).to_contain_text("3a 4 branches")
    expect(status).to_contain_text("163,696")


def test_opened_as_files(pages, visit):
    page = visit((pages / "chapters" / "03-googlenet.html").as_uri())
    row(page, "googlenet", "5b").click()
    shows(whole(page, "googlenet").locator(".il-panel"), "googlenet", "5b")
    page.goto((pages / "maps.html").as_uri() + "#" + OPENED.split("#")[1])
    shows(page.locator("[data-side=left] .il-panel"), "inception_v4", "C1")
    shows(page.locator("[data-side=right] .il-panel"), "inception_resnet_v2", "B2")
    page.get_by_label("Left network").select_option("googlenet_bn")
    page.wait_for_url("**#left=googlenet_bn&right=inception_resnet_v2&stage=/B2")


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
    page.problems.clear()


def test_without_scripts_there_are_a_picture_and_tables(site, visit):
    page = visit(site + "maps.html", java_script_enabled=False)
    assert page.locator(".il-maps svg:visible").get_attribute("role") == "img"
    assert page.locator("article select:visible").count() == 0
    assert page.locator("article table a[href*='chapters/']").count() == len(il.list_models())
    page.get_by_text("Inception-v4, stage by stage").click()
    number = f"{il.cost('inception_v4')['C1'].macs:,}"
    expect(page.get_by_role("cell", name=number).first).to_be_visible()


def test_a_map_that_goes_on_shades_its_edge(maps):
    """Touch screens show no scroll bar: without a shade a map that is cut between two rows looks whole."""
    maps.set_viewport_size(PHONE)
    box = maps.locator("[data-side=left] .il-map > .il-drawing")

    def lowest_row() -> bytes:
        at = box.bounding_box()
        clip = {"x": at["x"] + 40, "y": at["y"] + at["height"] - 5, "width": 9, "height": 3}
        return maps.screenshot(clip=clip, full_page=True)

    box.locator("svg").evaluate("svg => { svg.style.visibility = 'hidden'; }")
    for theme in ("light", "dark"):
        turn(maps, theme)
        box.evaluate("box => box.scrollTo(0, 0)")
        goes_on = lowest_row()
        box.evaluate("box => box.scrollTo(0, box.scrollHeight)")
        assert lowest_row() != goes_on
    turn(maps, "light")
