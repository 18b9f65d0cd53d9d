// A page on paper has light colors, and nothing on it is folded.

"use strict";

(() => {
  const root = document.documentElement;
  let before = null; // what to restore afterwards

  function prepare() {
    if (before) return;
    before = { theme: root.dataset.theme, closed: [...document.querySelectorAll("details:not([open])")] };
    root.dataset.theme = "light";
    for (const details of before.closed) details.open = true;
  }

  function restore() {
    if (!before) return;
    root.dataset.theme = before.theme;
    for (const details of before.closed) details.open = false;
    before = null;
  }

  addEventListener("beforeprint", prepare);
  addEventListener("afterprint", restore);
  // also where a program looks at the page as it would be printed
  const paper = matchMedia("print");
  paper.addEventListener("change", () => (paper.matches ? prepare() : restore()));
})();
