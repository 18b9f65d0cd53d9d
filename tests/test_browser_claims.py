"""The table of claims in a browser: filtered, sorted, kept in the address; and without scripts."""

import pytest
from playwright.sync_api import expect

from inception_lib.papers.claims import BN, CLAIMS, V4
from tests.browser import PHONE, SCREEN, serious, sideways, turn

NAME = "claims.html"
ALL = len(CLAIMS)


@pytest.fixture(scope="module")
def loaded(site, stay):
    return stay(site + NAME)


@pytest.fixture
def page(loaded):
    """The page, loaded once, with nothing chosen."""
    loaded.set_viewport_size(SCREEN)
    loaded.evaluate("location.hash = 'paper='")
    expect(loaded.get_by_role("status")).to_have_text(f"{ALL} claims")
    return loaded


def keys(page):
    """The addresses of the rows that are seen, from top to bottom."""
    return page.locator(".il-claims tbody tr:visible .il-at").evaluate_all(
        "signs => signs.map(s => s.id)"
    )


def wanted(paper=None, verdict=None):
    return [c.key for c in CLAIMS if paper in (None, c.paper) and verdict in (None, c.kind)]


def test_each_claim_is_a_row_with_an_address_of_its_own(page):
    assert keys(page) == [c.key for c in CLAIMS]
    names = page.locator("[id]").evaluate_all("all => all.map(one => one.id)")
    assert all(names.count(c.key) == 1 for c in CLAIMS)


def test_filtered_by_paper_and_verdict(page):
    page.get_by_label("paper").select_option(BN)
    assert keys(page) == wanted(BN)
    page.get_by_label("verdict").select_option("agrees")
    assert keys(page) == wanted(BN, "agrees")
    expect(page.get_by_role("status")).to_have_text(f"{len(wanted(BN, 'agrees'))} of {ALL} claims")
    assert page.url.endswith(f"#paper={BN}&verdict=agrees")
    page.get_by_label("paper").select_option("all")
    page.get_by_label("verdict").select_option("all")
    assert keys(page) == wanted()
    assert page.url.endswith(NAME)


def test_sorted_by_click_and_by_key(page):
    head = page.get_by_role("columnheader", name="printed")
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "ascending")
    rising = sorted((c for c in CLAIMS if c.printed is not None), key=lambda c: c.printed)
    missing = [c.key for c in CLAIMS if c.printed is None]
    assert keys(page) == [c.key for c in rising] + missing
    head.get_by_role("button").press("Enter")
    expect(head).to_have_attribute("aria-sort", "descending")
    assert keys(page)[0] == rising[-1].key
    assert keys(page)[-len(missing) :] == missing
    assert page.url.endswith("#sort=-printed")
    verdict = page.get_by_role("columnheader", name="verdict")
    verdict.get_by_role("button").press("Space")
    expect(verdict).to_have_attribute("aria-sort", "ascending")
    expect(page.locator("th[aria-sort]")).to_have_count(1)
    assert set(keys(page)[-len(wanted(verdict="open")) :]) == set(wanted(verdict="open"))


def test_an_address_is_followed_and_what_is_wrong_in_it_is_told(page):
    page.evaluate(f"location.hash = 'paper={V4}&verdict=differs'")
    expect(page.get_by_label("paper")).to_have_value(V4)
    assert keys(page) == wanted(V4, "differs")
    told = page.locator(".il-claims-problems")
    expect(told).to_have_text("")
    page.evaluate("location.hash = 'paper=vgg&verdict=open'")
    expect(told).to_contain_text("paper is “vgg”; known: going-deeper-2014, ")
    assert keys(page) == wanted(verdict="open")
    page.get_by_label("verdict").select_option("holds")
    expect(told).to_have_text("")


def test_the_address_of_a_row_that_is_filtered_away_shows_it(page):
    page.get_by_label("paper").select_option(V4)
    page.evaluate("location.hash = 'bn-14-times'")
    expect(page.get_by_role("status")).to_have_text(f"{ALL} claims")
    expect(page.locator("#bn-14-times")).to_be_in_viewport()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_on_a_phone_nothing_goes_sideways_and_all_can_be_read(page, theme):
    turn(page, theme)
    page.evaluate("location.hash = 'verdict=disagrees&sort=computed&paper=nobody'")
    expect(page.get_by_role("status")).to_have_text(
        f"{len(wanted(verdict='disagrees'))} of {ALL} claims"
    )
    for size in (SCREEN, PHONE):
        page.set_viewport_size(size)
        assert sideways(page) <= 0
        assert page.locator(".il-claims .pst-scrollable-table-container").evaluate(
            "box => box.scrollWidth <= box.clientWidth"
        )
        assert serious(page, ".il-claims") == []
    page.get_by_role("columnheader", name="where").get_by_role("button").click()
    assert keys(page) == wanted(verdict="disagrees")
    page.evaluate("location.hash = 'bn-14-times'")  # the row is marked
    assert serious(page, ".il-claims") == []


def test_without_scripts_all_claims_are_there(visit, site):
    page = visit(site + NAME, java_script_enabled=False)
    assert page.locator(".il-claims tbody tr").count() == ALL
    assert page.locator(".il-claims select").count() == 0
