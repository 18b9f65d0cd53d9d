// A link to the glossary shows its definition in a card: with a mouse, with the keyboard, by touch.
// Needs: il-terms
(function () {
"use strict";

const SHOW = 150; // ms: a pointer on its way across the text opens nothing
const HIDE = 250; // ms: time to move the pointer from the link onto its card
const GAP = 6; // pixels between the two
const EDGE = 8; // pixels between a card and the edge of the window

/** The anchor that a link to the glossary names, or "". */
function anchorOf(href) {
  const found = /glossary\.html#([\w-]+)$/.exec(href || "");
  return found ? found[1] : "";
}

/**
 * Where a card goes: below its link where there is room, else above; never on it.
 * `lines` are the boxes of the link's lines, `card` its size, `view` the window's; all in pixels.
 */
function place(lines, card, view) {
  const first = lines[0];
  const last = lines[lines.length - 1];
  const below = last.bottom + GAP;
  const above = first.top - GAP - card.height;
  const fits = below + card.height <= view.height - EDGE || above < EDGE;
  const start = (fits ? last : first).left;
  const left = Math.max(EDGE, Math.min(start, view.width - EDGE - card.width));
  return { left, top: fits ? below : above };
}

/** A hidden card for one term. */
function makeCard(anchor, [name, chinese, says]) {
  const card = document.createElement("div");
  card.id = "il-card-" + anchor;
  card.className = "il-card";
  card.setAttribute("role", "tooltip");
  card.hidden = true;
  const head = card.appendChild(document.createElement("p"));
  head.appendChild(document.createElement("strong")).textContent = name;
  const other = document.createElement("span");
  other.lang = "zh-Hans";
  other.textContent = chinese;
  head.append(" ", other);
  card.appendChild(document.createElement("p")).textContent = says;
  const again = card.appendChild(document.createElement("p"));
  again.className = "il-card-touch";
  again.textContent = "Tap the term again to go to the glossary.";
  return card;
}

function start() {
  const terms = JSON.parse(document.getElementById("il-terms").textContent);
  const cards = new Map();
  let open = null; // {link, card}
  let timer = 0;

  function hide() {
    clearTimeout(timer);
    if (open) open.card.hidden = true;
    open = null;
  }

  function show(link, card) {
    clearTimeout(timer);
    if (open && open.link === link) return;
    hide();
    card.hidden = false;
    const home = card.offsetParent.getBoundingClientRect();
    const view = { width: document.documentElement.clientWidth, height: innerHeight };
    const { left, top } = place([...link.getClientRects()], card.getBoundingClientRect(), view);
    card.style.left = left - home.left + "px";
    card.style.top = top - home.top + "px";
    open = { link, card };
  }

  function later(action, wait) {
    clearTimeout(timer);
    timer = setTimeout(action, wait);
  }

  function connect(link, card) {
    // The card is in the page from the start, so that screen readers know what describes the link.
    link.setAttribute("aria-describedby", card.id);
    link.addEventListener("pointerenter", (event) => {
      if (event.pointerType !== "touch") later(() => show(link, card), SHOW);
    });
    link.addEventListener("pointerleave", (event) => {
      if (event.pointerType !== "touch") later(hide, HIDE);
    });
    link.addEventListener("focus", () => {
      if (link.matches(":focus-visible")) show(link, card);
    });
    link.addEventListener("blur", () => later(hide, HIDE));
    link.addEventListener("click", (event) => {
      if (event.pointerType !== "touch" || (open && open.link === link)) return;
      event.preventDefault();
      show(link, card);
    });
  }

  const main = document.querySelector("main");
  for (const link of main.querySelectorAll("a[href*='glossary.html#']")) {
    const anchor = anchorOf(link.getAttribute("href"));
    if (!terms[anchor]) continue;
    if (!cards.has(anchor)) {
      const card = main.appendChild(makeCard(anchor, terms[anchor]));
      card.addEventListener("pointerenter", () => clearTimeout(timer));
      card.addEventListener("pointerleave", () => later(hide, HIDE));
      cards.set(anchor, card);
    }
    connect(link, cards.get(anchor));
  }
  addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
  });
  addEventListener("pointerdown", (event) => {
    if (open && !open.link.contains(event.target) && !open.card.contains(event.target)) hide();
  });
  addEventListener("resize", hide);
}

if (typeof module !== "undefined") module.exports = { anchorOf, place };
else start();
})();
