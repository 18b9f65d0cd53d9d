"""Names in code as a reader meets them: they lead to their entry, by mouse and by key, and the copy
button copies the code alone."""

CHAPTER = "chapters/01-naive-block.html"


def test_a_name_leads_to_its_entry(site, visit):
    page = visit(site + CHAPTER)
    link = page.locator("a.il-name", has_text="il.naive_block").first
    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/api-networks.html#inception_lib.naive_block")
    box = page.locator("[id='inception_lib.naive_block']").bounding_box()
    assert 0 <= box["y"] < page.viewport_size["height"], "the entry is not in view"
    assert page.problems == []


def test_a_name_is_marked_without_colour(site, visit):
    """It has the colour of the code around it and a line below, a stronger one in focus."""
    page = visit(site + CHAPTER)
    link = page.locator("a.il-name", has_text="il.naive_block").first

    def look(what: str) -> str:
        return link.evaluate(f"tag => getComputedStyle(tag).{what}")

    around = link.evaluate("tag => getComputedStyle(tag.closest('pre')).color")
    assert look("color") == around
    assert look("textDecorationLine") == "underline"
    assert look("textDecorationStyle") == "dotted"
    page.keyboard.press("Tab")  # focus as the keyboard gives it
    link.focus()
    assert look("textDecorationStyle") == "solid"


def test_the_copy_button_copies_plain_code(site, visit):
    page = visit(site + CHAPTER)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    block = page.locator("div.highlight", has=page.locator("a.il-name")).nth(1)
    block.hover()
    block.locator("button.copybtn").click()
    page.wait_for_function("() => document.querySelector('button.copybtn.success')")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.strip() == block.locator("pre").inner_text().strip()
    assert "il." in copied and "<" not in copied.replace(" < ", "")
