"""Names in code as a reader meets them: they lead to their entry, by mouse and by key, and the copy
button copies the code alone. And the colors of code."""

import re

from tests.browser import serious, turn

CHAPTER = "chapters/01-naive-block.html"


def test_names_in_code(site, visit):
    """They have the color of the code around them and a line below, a stronger one in focus."""
    page = visit(site + CHAPTER)
    link = page.locator("a.il-name", has_text="il.naive_block").first
    look = """tag => { const look = getComputedStyle(tag);
        return [look.color, look.textDecorationLine, look.textDecorationStyle]; }"""
    around = link.evaluate("tag => getComputedStyle(tag.closest('pre')).color")
    assert link.evaluate(look) == [around, "underline", "dotted"]
    page.keyboard.press("Tab")  # focus as the keyboard gives it
    link.focus()
    assert link.evaluate(look) == [around, "underline", "solid"]

    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    block = page.locator("div.highlight", has=page.locator("a.il-name")).nth(1)
    block.hover()
    block.locator("button.copybtn").click()
    page.locator("button.copybtn.success").first.wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.strip() == block.locator("pre").inner_text().strip()
    assert "il." in copied and "<" not in copied.replace(" < ", "")

    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/api-networks.html#inception_lib.naive_block")
    page.wait_for_function(
        """() => { const box = document.getElementById('inception_lib.naive_block');
            const top = box?.getBoundingClientRect().top; return top >= 0 && top < innerHeight; }"""
    )


def test_colors_of_code(site, visit, pages):
    """Each kind of token that any page has, in both themes: what axe finds on each page leaves them out."""
    kinds = set()
    for page in pages.rglob("*.html"):
        for code in re.findall(r"<pre>.*?</pre>", page.read_text(encoding="utf-8"), re.DOTALL):
            kinds |= set(re.findall(r'<span class="(\w+)">', code))
    assert {"k", "c1", "mi"} <= kinds
    page = visit(site + CHAPTER)
    page.evaluate(
        """kinds => {
            const code = document.querySelector('div.highlight').cloneNode(true);
            code.id = 'kinds';
            code.querySelector('pre').innerHTML = kinds.map(k => `<span class="${k}">${k} = 1</span>`).join('\\n');
            document.querySelector('article').prepend(code);
        }""",
        sorted(kinds),
    )
    for theme in ("light", "dark"):
        turn(page, theme)
        assert serious(page, "#kinds", runOnly=["color-contrast"]) == []
