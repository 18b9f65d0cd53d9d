// One frame of a sheet at a time, by a slider and two buttons. Without this script the sheet is seen.
// Needs: il-frames-
(function () {
"use strict";

/** Rows and columns of a sheet, from the classes of its picture: "dark-light il-frames-2x4". */
function shape(classes) {
  const found = /(?:^| )il-frames-(\d+)x(\d+)(?: |$)/.exec(classes);
  return found && { rows: Number(found[1]), columns: Number(found[2]) };
}

/** The frames' labels, from the picture's text: "Frames. 1 of 2, 3 px: A dot. 2 of 2, 5 px: …". */
function labels(alt) {
  const kept = [];
  let total;
  for (const [, number, of, label] of alt.matchAll(/(\d+) of (\d+), ([^:]+):/g)) {
    total ??= of;
    if (of === total && Number(number) === kept.length + 1) kept.push(label);
  }
  return kept;
}

/** Where frame `at` lies: row and column, from 0. */
function place(at, columns) {
  return { row: Math.floor(at / columns), column: at % columns };
}

function makeButton(text, label, act) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = text;
  button.setAttribute("aria-label", label);
  button.addEventListener("click", act);
  return button;
}

function start(image) {
  const { rows, columns } = shape(image.className);
  const names = labels(image.alt);
  if (names.length < 2) return;
  let at = 0;

  const box = document.createElement("div");
  box.className = "il-frames";
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", `${names.length} frames, one at a time`);
  const view = document.createElement("div");
  view.className = "il-frames-view";
  const set = (name, value) => box.style.setProperty(name, value);
  set("--rows", rows);
  set("--columns", columns);

  const bar = document.createElement("div");
  bar.className = "il-frames-bar";
  const back = makeButton("←", "Previous frame", () => go(at - 1));
  const next = makeButton("→", "Next frame", () => go(at + 1));
  const slider = document.createElement("input");
  slider.type = "range";
  slider.min = "1";
  slider.max = String(names.length);
  slider.setAttribute("aria-label", "Frame");
  slider.addEventListener("input", () => go(Number(slider.value) - 1));
  const said = document.createElement("span");
  said.setAttribute("role", "status");
  bar.append(back, slider, next, said);

  function go(to) {
    at = Math.max(0, Math.min(names.length - 1, to));
    const { row, column } = place(at, columns);
    set("--row", row);
    set("--column", column);
    slider.value = String(at + 1);
    slider.setAttribute("aria-valuetext", `${at + 1} of ${names.length}: ${names[at]}`);
    said.textContent = `${at + 1} of ${names.length}: ${names[at]}`;
    // not `disabled`: a button that has the focus would lose it
    back.setAttribute("aria-disabled", String(at === 0));
    next.setAttribute("aria-disabled", String(at === names.length - 1));
  }

  image.replaceWith(box);
  view.append(image);
  box.append(view, bar);
  const measure = () => {
    set("--wide", `${image.naturalWidth / columns}px`);
    set("--ratio", `${image.naturalWidth / columns} / ${image.naturalHeight / rows}`);
  };
  if (image.complete) measure();
  else image.addEventListener("load", measure);
  go(0);
}

if (typeof module !== "undefined") module.exports = { labels, place, shape };
else document.querySelectorAll("img[class*='il-frames-']").forEach(start);
})();
