// What the atlas tells, without a page: addresses, orders, cuts, frames, sentences.
"use strict";

const assert = require("node:assert");
const { join } = require("node:path");
const { test } = require("node:test");

const data = require(join(__dirname, "..", "..", "_static", "atlas-data.js"));

const channel = (most, ...measures) => ({ most, measures, crops: [] });
const GROUPS = [
  { at: "conv1", channels: [channel(1, 0.2, -2, null, 1, 0), channel(3, 0.9, -4, 0.5, 2, 0)] },
  { at: "3a.5x5", channels: [channel(2, null, null, null, null, null)] },
];
const PHOTOS = [["cat", 451, 300], ["rocket", 640, 427]];

test("an address and back", () => {
  assert.equal(data.path("3a.5x5", 2), "3a/5x5/2");
  assert.equal(data.path("conv1", 0), "conv1/0");
  assert.deepEqual(data.find("conv1/1", GROUPS), { at: "conv1", channel: 1 });
  assert.deepEqual(data.find("3a/5x5/0", GROUPS), { at: "3a.5x5", channel: 0 });
  for (const wrong of ["", "conv1", "conv1/2", "conv1/x", "conv1/-1", "3a/1", "3a/5x5/1", "how-to-read-it"]) {
    assert.equal(data.find(wrong, GROUPS), null, wrong);
  }
});

test("a channel is also found by its number in what its stage outputs", () => {
  const wide = (at, channels) => ({ at, channels: Array.from({ length: channels }, () => channel(1)) });
  const groups = [wide("3a.1x1", 8), wide("3a.3x3", 16), wide("3b.1x1", 4), wide("3b", 6), wide("4a", 5)];
  assert.deepEqual(data.find("3a/17", groups), { at: "3a.3x3", channel: 9 });
  assert.equal(data.inStage("3a.3x3", 9, groups), "number 17 of 24 in 3a");
  assert.equal(data.find("3a/24", groups), null);
  assert.deepEqual(data.find("3b/5", groups), { at: "3b", channel: 5 }); // a sum has channels of its own
  assert.deepEqual(["3b.1x1", "3b", "4a"].map((at) => data.inStage(at, 0, groups)), ["", "", ""]);
});

test("the largest come first, what has no value last", () => {
  const { channels } = GROUPS[0];
  assert.deepEqual(data.sorted(channels, "number"), [0, 1]);
  assert.deepEqual(data.sorted(channels, "most"), [1, 0]);
  assert.deepEqual(data.sorted(channels, "frequency"), [0, 1]);
  assert.deepEqual(data.sorted(channels, "curvature"), [1, 0]);
  assert.deepEqual([null, -1.234, 0].map(data.shown), ["none", "−1.23", "0.00"]);
});

test("a cut of a photograph fills its box", () => {
  assert.deepEqual(data.cut([0, 0, 0, 300], PHOTOS), { name: "cat", size: `${45100 / 300}% 100%`, position: "0% 0%" });
  const { size, position } = data.cut([1, 320, 107, 107], PHOTOS);
  assert.equal(size, `${64000 / 107}% ${42700 / 107}%`);
  assert.equal(position, `${32000 / 533}% ${10700 / 320}%`);
  assert.equal(data.counted([[1, 0, 0, 9], [0, 0, 0, 9], [1, 1, 1, 9]], PHOTOS), "rocket 2, cat 1");
});

test("the frame is what a value sees, as far as it is in the crop", () => {
  const group = { field: [8, 8], stride: 2, grid: 16 };
  assert.deepEqual(data.spot(16 * 8 + 4, group, 32), { top: "39.0625%", left: "14.0625%", height: "25%", width: "25%" });
  assert.deepEqual(data.spot(0, group, 32), { top: "0%", left: "0%", height: "14.0625%", width: "14.0625%" });
  assert.equal(data.spot(16 * 8 + 8, { ...group, field: [70, 70] }, 32), null);
});

test("bars, and what they say", () => {
  assert.equal(data.bars([99, 0]), "M0 24v-24.0h7v24.0zM9 24v-0.5h7v0.5z");
  assert.equal(data.heard("size", 2.5, [1, 99], ["1 px", "3 px"]), "size 2.50, strongest at 3 px");
  assert.equal(data.heard("size", null, [0, 0], ["1 px", "3 px"]), "size: no answer");
  assert.equal(data.weighs(["3b.1x1", 4, 0.069, -1]), "less, 7%");
  assert.equal(data.weighs(["3b.1x1", 4, 0.306, 1]), "more, 31%");
  assert.equal(data.times({ made: 5, most: 2 }), "made: 2.5 times");
  assert.equal(data.times({ made: 5, most: 0 }), "made");
  assert.equal(data.spoken("3a.double3x3"), "3a double3×3");
});
