// From step to step of the blocks.
"use strict";

const assert = require("node:assert");
const { test } = require("node:test");
const { after, told } = require("../../_static/steps.js");

test("the arrow keys go one step, and stop at both ends", () => {
  assert.equal(after(2, "ArrowRight", 6), 3);
  assert.equal(after(2, "ArrowLeft", 6), 1);
  assert.equal(after(0, "ArrowLeft", 6), 0);
  assert.equal(after(5, "ArrowRight", 6), 5);
});

test("other keys go nowhere", () => {
  for (const key of ["Enter", "ArrowUp", "ArrowDown", "Home", "a"]) assert.equal(after(2, key, 6), 2);
});

test("the position is said, with the name and without its number", () => {
  assert.equal(told(1, 6, "2. 1×1 reductions"), "Step 2 of 6: 1×1 reductions");
});
