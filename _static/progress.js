// Which chapters were read: remembered in this browser, shown on the landing page, in the list of
// pages and at the end of a chapter. Nothing is sent anywhere.
(function () {
"use strict";

const KEY = "inception-block-by-block:read";
const STAY = 2000; // ms: passing the end of a chapter is not reading it

/** The chapter that an address leads to, such as "03-googlenet", or "". */
function chapterOf(path) {
  const found = /\/chapters\/(\d\d-[\w-]+)\.html$/.exec(path);
  return found ? found[1] : "";
}

/** What was stored, as a set of names among `known`; whatever else was there is dropped. */
function parse(text, known) {
  let names;
  try {
    names = JSON.parse(text);
  } catch {
    names = [];
  }
  return new Set(Array.isArray(names) ? names.filter((name) => known.includes(name)) : []);
}

/** "3 of 11 chapters". */
function told(read, all) {
  return `${read} of ${all} chapters`;
}

/** The browser's store; where it has none or forbids it, one that lasts as long as the page. */
function store() {
  try {
    localStorage.setItem(KEY + "?", "");
    localStorage.removeItem(KEY + "?");
    return { get: () => localStorage.getItem(KEY), set: (text) => localStorage.setItem(KEY, text), lasts: true };
  } catch {
    let kept = null;
    return { get: () => kept, set: (text) => { kept = text; }, lasts: false };
  }
}

/** Set or remove the mark after a link; it is a sign and a word, not a color. */
function tick(link, read) {
  const old = link.querySelector(".il-tick");
  if (old) old.remove();
  if (!read) return;
  const mark = link.appendChild(document.createElement("span"));
  mark.className = "il-tick";
  const word = document.createElement("span");
  word.className = "il-unseen";
  word.textContent = " (read)";
  mark.append(" ✓", word);
}

function start() {
  const here = chapterOf(location.pathname);
  const links = [...document.querySelectorAll(".bd-sidebar-primary a, .il-progress + ol a")]
    .map((link) => [link, link.getAttribute("href") === "#" ? here : chapterOf(link.pathname)])
    .filter(([, name]) => name);
  const known = [...new Set(links.map(([, name]) => name))];
  const kept = store();
  const bar = document.querySelector(".il-progress");
  const foot = document.querySelector(".il-read");
  let byHand = false; // if you mark a chapter yourself, it is not marked for you

  const readNow = () => parse(kept.get(), known);

  function draw() {
    const read = readNow();
    for (const [link, name] of links) tick(link, read.has(name));
    if (bar) {
      const meter = bar.querySelector("progress");
      meter.max = known.length;
      meter.value = read.size;
      bar.querySelector("[role=status]").textContent = told(read.size, known.length);
      bar.querySelector("button").hidden = read.size === 0;
    }
    if (foot) {
      foot.querySelector("button").textContent = read.has(here) ? "Mark as unread" : "Mark as read";
      foot.querySelector("[role=status]").textContent = !read.has(here) ? "" : "✓ Read. " + (kept.lasts
        ? "Remembered only in this browser."
        : "This browser does not let pages remember that.");
    }
  }

  function mark(name, read) {
    const names = readNow();
    if (read) names.add(name);
    else names.delete(name);
    kept.set(JSON.stringify([...names].sort()));
    draw();
  }

  if (bar) {
    bar.hidden = false;
    const button = bar.querySelector("button");
    button.setAttribute("aria-label", "Forget which chapters were read");
    button.addEventListener("click", () => {
      kept.set("[]");
      draw();
      bar.tabIndex = -1; // the button is gone: the focus must not be lost with it
      bar.focus();
    });
  }
  if (foot && here) {
    foot.hidden = false;
    foot.querySelector("button").addEventListener("click", () => {
      byHand = true;
      mark(here, !readNow().has(here));
    });
    let timer = 0;
    new IntersectionObserver(([seen]) => {
      clearTimeout(timer);
      if (!seen.isIntersecting) return;
      timer = setTimeout(() => {
        if (!byHand && !readNow().has(here)) mark(here, true);
      }, STAY);
    }).observe(foot);
  }
  draw();
  addEventListener("storage", draw); // another tab
  addEventListener("pageshow", draw); // back to a page that the browser had kept
}

if (typeof module !== "undefined") module.exports = { chapterOf, parse, told };
else start();
})();
