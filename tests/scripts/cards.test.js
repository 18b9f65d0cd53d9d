// Where a definition's card goes, and which links get one.
"use strict";

const assert = require("node:assert");
const { test } = require("node:test");
const { anchorOf, place } = require("../../_static/cards.js");

const VIEW = { width: 400, height: 600 };
const CARD = { width: 200, height: 100 };
const line = (left, top, right = left + 60) => ({ left, right, top, bottom: top + 20 });

test("links to the glossary name a term", () => {
  assert.equal(anchorOf("../glossary.html#receptive-field"), "receptive-field");
  assert.equal(anchorOf("glossary.html#mac"), "mac");
  for (const other of ["../glossary.html", "claims.html#mac", "", null]) {
    assert.equal(anchorOf(other), "");
  }
});

test("below the link where there is room", () => {
  assert.deepEqual(place([line(50, 100)], CARD, VIEW), { left: 50, top: 126 });
});

test("above it at the foot of the window", () => {
  assert.deepEqual(place([line(50, 560)], CARD, VIEW), { left: 50, top: 454 });
});

test("below it where there is room nowhere", () => {
  const high = { width: 200, height: 590 };
  assert.deepEqual(place([line(50, 300)], high, VIEW), { left: 50, top: 326 });
});

test("inside the window at both edges", () => {
  assert.equal(place([line(350, 100)], CARD, VIEW).left, 400 - 8 - 200);
  assert.equal(place([line(-20, 100)], CARD, VIEW).left, 8);
});

test("not on a link of two lines", () => {
  const lines = [line(340, 100), line(10, 120)];
  assert.deepEqual(place(lines, CARD, VIEW), { left: 10, top: 146 });
  const foot = [line(190, 540), line(10, 560)];
  assert.deepEqual(place(foot, CARD, VIEW), { left: 190, top: 434 });
});
