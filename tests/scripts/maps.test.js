// Run by `node --test`: what the maps of the networks say, without a page.
"use strict";

const assert = require("node:assert");
const { test } = require("node:test");

const maps = require("../../_static/maps-data.js");

const NETWORK = {
  title: "Small",
  input: [3, 32, 48],
  params: 2000,
  macs: 1000000,
  stages: {
    conv1: { in: [3, 32, 48], out: [8, 16, 24], params: 1, macs: 0, field: [3, 3], stride: [2, 2] },
    "3a": {
      in: [8, 16, 24],
      out: [1024, 16, 24],
      params: 1234,
      macs: 250000,
      field: [11, 7],
      stride: [2, 4],
      branches: [["1x1", 1000], ["7x7_3x3", 24]],
    },
    fc: {
      in: [1024],
      out: [10],
      params: 0,
      macs: 0,
      field: [40, 40],
      stride: [32, 32],
      branches: [],
      layers: [["linear", [10], 10250, 10240]],
    },
    aux_3a: { in: [1024], out: [10], params: 5000, macs: 6000, field: [9, 9], stride: [4, 4] },
  },
};

const facts = (stage) => Object.fromEntries(maps.facts(NETWORK, stage));

test("numbers have commas, shares one decimal", () => {
  assert.equal(maps.commas(1582671872), "1,582,671,872");
  assert.equal(maps.share(1, 3), "33.3%");
  assert.equal(maps.share(0, 3), "");
  assert.equal(maps.share(1, 2000), "0.1%");
  assert.equal(maps.share(1, 2001), "less than 0.1%");
  assert.equal(maps.share(7, 7), "100.0%");
});

test("a stage's facts, exact", () => {
  assert.deepEqual(maps.facts(NETWORK, "3a"), [
    ["input", "8×16×24"],
    ["output", "1024×16×24"],
    ["parameters", "1,234 (61.7%)"],
    ["MACs", "250,000 (25.0%)"],
    ["receptive field", "11×7 pixels"],
    ["stride", "2×4 pixels"],
    ["channels by branch", "1×1: 1000, 7×7_3×3: 24 (in all 1,024)"],
  ]);
});

test("what a stage has not is not said", () => {
  assert.equal(facts("conv1").MACs, "0");
  assert.equal(facts("conv1").stride, "2 pixels");
  assert.ok(!("channels by branch" in facts("conv1")));
  assert.ok(!("channels by branch" in facts("fc")));
});

test("a receptive field may be larger than the picture in one direction alone", () => {
  assert.equal(facts("fc")["receptive field"], "40×40, larger than the picture");
  assert.equal(facts("conv1")["receptive field"], "3×3 pixels");
});

test("an auxiliary head is no part of the whole", () => {
  assert.equal(facts("aux_3a").parameters, "5,000 (in training only)");
  assert.equal(facts("aux_3a").MACs, "6,000 (in training only)");
});

test("layers of a stage without a diagram", () => {
  assert.deepEqual(maps.layers(NETWORK.stages.fc), [
    "linear → 10: 10,250 parameters, 10,240 MACs",
  ]);
  assert.deepEqual(maps.layers(NETWORK.stages["3a"]), []);
});

test("keys move within the map and stop at its ends", () => {
  assert.equal(maps.move("ArrowDown", 0, 5), 1);
  assert.equal(maps.move("ArrowDown", 4, 5), 4);
  assert.equal(maps.move("ArrowUp", 0, 5), 0);
  assert.equal(maps.move("Home", 3, 5), 0);
  assert.equal(maps.move("End", 0, 5), 4);
  assert.equal(maps.move("PageDown", 1, 30), 11);
  assert.equal(maps.move("PageUp", 5, 30), 0);
  for (const key of ["Tab", "ArrowLeft", "Enter", "a", "toString"]) {
    assert.equal(maps.move(key, 2, 5), undefined, key);
  }
});

test("typing leads to a stage by the beginning of its name", () => {
  const names = ["conv1", "A1", "A2", "B1", "B2", "B10", "fc"];
  assert.equal(maps.seek("a", 0, names), 1);
  assert.equal(maps.seek("a", 1, names), 2); // one letter again: the next
  assert.equal(maps.seek("a", 2, names), 1); // and round
  assert.equal(maps.seek("B1", 3, names), 3); // several letters: also the one where one is
  assert.equal(maps.seek("B10", 3, names), 5);
  assert.equal(maps.seek("aa", 1, names), 2);
  assert.equal(maps.seek("z", 3, names), -1);
});

test("two networks compared, auxiliary heads aside", () => {
  const other = { ...NETWORK, params: 5000, macs: 500000, stages: { a: {}, b: {} } };
  assert.deepEqual(maps.compare(NETWORK, other), {
    picture: ["3×32×48", "3×32×48", ""],
    stages: ["3", "2", "× 0.67"],
    parameters: ["2,000", "5,000", "× 2.50"],
    MACs: ["1,000,000", "500,000", "× 0.50"],
  });
});

test("the address keeps the state; what is unknown is left out and told", () => {
  const names = ["googlenet", "inception_v3"];
  const read = (hash) => maps.readState(hash, names).state;
  const told = (hash) => maps.readState(hash, names).problems;
  const states = [
    { left: "googlenet", right: "inception_v3" },
    { left: "googlenet", right: "inception_v3", leftStage: "3a" },
    { left: "inception_v3", right: "googlenet", rightStage: "reduction_a" },
    { left: "googlenet", right: "googlenet", leftStage: "4e", rightStage: "5b" },
  ];
  for (const state of states) {
    assert.deepEqual(maps.readState(maps.writeState(state), names), { state, problems: [] });
  }
  assert.equal(maps.writeState(states[1]), "#left=googlenet&right=inception_v3&stage=3a");
  assert.equal(
    maps.writeState({ ...states[0], leftStage: "", rightStage: "" }),
    "#left=googlenet&right=inception_v3",
  );
  assert.deepEqual(read(""), {});
  for (const none of ["", "#", "#the-networks", "#left"]) assert.deepEqual(told(none), []);
  assert.deepEqual(told("#left=resnet50&right="), [
    "left is “resnet50”; known: googlenet, inception_v3",
    "right is “”; known: googlenet, inception_v3",
  ]);
  assert.deepEqual(told("#middle=googlenet"), ["this page has no setting middle"]);
  assert.deepEqual(told("#stage=3a/A1/B1"), ["stage names more than one stage for each side"]);
  assert.deepEqual(read("#the-networks"), {});
  assert.deepEqual(read("#left=resnet50&right=googlenet"), { right: "googlenet" });
  assert.deepEqual(read("#stage=%3Cb%3E"), { leftStage: "<b>" });
});
