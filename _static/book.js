// What the theme does not do. A classic script: pages also work as files on disk.

// Readers open the book as files. There a search may load its index, but not the pages from which
// it would quote: show the results without quotes instead of an error for each.
if (location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS !== "undefined") {
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
}

// A box that scrolls sideways must be reachable with the keyboard.
function reachScrollBoxes() {
  // the rows of a map that can be explored are reached instead
  const boxes =
    ".il-drawing:not(.il-map > *), .cell_output .text_html, .pst-scrollable-table-container, " +
    "div.math, span.math";
  // first all are measured, then all are marked: one layout in place of hundreds
  const measured = [...document.querySelectorAll(boxes)].map((box) => [box, box.scrollWidth > box.clientWidth]);
  for (const [box, scrolls] of measured) {
    if (scrolls) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}
addEventListener("load", reachScrollBoxes);
addEventListener("resize", reachScrollBoxes);

// A line may break on both sides of a formula, and its comma would begin the next one: take it in.
addEventListener("DOMContentLoaded", () => {
  for (const math of document.querySelectorAll("span.math")) {
    const [before, after] = [math.previousSibling, math.nextSibling];
    const opened = before?.nodeType === Node.TEXT_NODE ? before.data.match(/[([‘“]*$/)[0].length : 0;
    const closed = after?.nodeType === Node.TEXT_NODE ? after.data.match(/^[,.;:!?)\]’”]*/)[0].length : 0;
    if (opened) math.prepend(before.splitText(before.length - opened));
    if (closed) {
      after.splitText(closed);
      math.append(after);
    }
  }
});

// docutils calls the bibliography a list and its entries something else, which a screen reader
// cannot count.
addEventListener("DOMContentLoaded", () => {
  for (const entry of document.querySelectorAll(".citation-list > .citation")) {
    entry.setAttribute("role", "listitem");
  }
});

// After a press by keyboard the theme lets go of its buttons, and copying puts the focus at the very
// end of the page: the next Tab would begin at the top. `detail` is 0 where no pointer clicked. The
// theme keeps some clicks to itself, so this listens first and acts last.
function keepFocus(event) {
  const button = event.target.closest?.(".copybtn, .theme-switch-button, .sidebar-toggle");
  if (!button || event.detail > 0) return;
  setTimeout(() => {
    if (document.activeElement === document.body) button.focus({ preventScroll: true });
  });
}
addEventListener("click", keepFocus, { capture: true });

// The theme's arrow that unfolds the pages below a page has no name.
addEventListener("DOMContentLoaded", () => {
  for (const arrow of document.querySelectorAll("summary:has(> .toctree-toggle)")) {
    const chapter = arrow.closest("li")?.querySelector("a")?.textContent.trim();
    arrow.setAttribute("aria-label", `Pages below ${chapter}`);
  }
});
