// Frames of a sheet.
"use strict";

const assert = require("node:assert");
const { test } = require("node:test");
const { labels, place, shape } = require("../../_static/frames.js");

test("rows and columns are in the class", () => {
  assert.deepEqual(shape("dark-light il-frames-2x14"), { rows: 2, columns: 14 });
  assert.deepEqual(shape("il-frames-1x3 align-center"), { rows: 1, columns: 3 });
  assert.equal(shape("dark-light"), null);
  assert.equal(shape("il-frames-bar"), null);
});

test("labels are in the text, and a sentence that looks like one is not", () => {
  const alt = "Frames. 1 of 2, 3 px: Bars, 1 of 5, blue: no. 2 of 2, 5 px: A dot.";
  assert.deepEqual(labels(alt), ["3 px", "5 px"]);
  assert.deepEqual(labels("A dot."), []);
});

test("frames lie row by row", () => {
  assert.deepEqual(place(0, 3), { row: 0, column: 0 });
  assert.deepEqual(place(5, 3), { row: 1, column: 2 });
});
