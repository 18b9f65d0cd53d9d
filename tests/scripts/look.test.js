// look.html without a page: layers by hand, squares, shapes, addresses. tests/test_look.py compares
// the same scripts with torch.
"use strict";

const assert = require("node:assert");
const { join } = require("node:path");
const { test } = require("node:test");

const STATIC = join(__dirname, "..", "..", "_static");
const { branches, run, softmax } = require(join(STATIC, "look-net.js"));
const { firstSquare, inside, resize, stimulus } = require(join(STATIC, "look-picture.js"));
const state = require(join(STATIC, "look-state.js"));
const { over, strongest } = require(join(STATIC, "look-view.js"));

const picture = (...rows) => ({
  data: Float32Array.from(rows.flat()), channels: 1, height: rows.length, width: rows[0].length,
});
const conv = (kernel, at, more = {}) => ({
  type: "conv", in: 1, out: 1, kernel, pads: kernel.map((side) => (side - 1) / 2), act: "relu", at, ...more,
});
const pool = (stride = 1) => ({ type: "max_pool", kernel: [3, 3], stride: [stride, stride], pads: [1, 1] });
const values = ({ data, height, width }) =>
  Array.from({ length: height }, (_, row) => Array.from(data.subarray(row * width, (row + 1) * width)));
const made = (numbers, ...stages) => ({ numbers: Float64Array.from(numbers), stages });
const X = picture([1, 2, 3], [4, 5, 6], [7, 8, 9]);

test("a kernel is laid on every place, with zeros around, then the bias, then ReLU", () => {
  const down = made([0, 0, 0, 0, 0, 0, 0, 1, 0, -5], ["a", conv([3, 3], 0)]); // what is below, minus 5
  assert.deepEqual(values(run(down, X).maps.a), [[0, 0, 1], [2, 3, 4], [0, 0, 0]]);
  const right = made([0, 0, 1, 0], ["a", conv([1, 3], 0, { act: "none" })]);
  assert.deepEqual(values(run(right, X).maps.a), [[2, 3, 0], [5, 6, 0], [8, 9, 0]]);
  const wide = made([...Array(25).fill(1), 0], ["a", conv([5, 5], 0)]);
  assert.deepEqual(values(run(wide, X).maps.a), Array(3).fill([45, 45, 45]));
});

test("pooling takes the largest, and nothing from beyond the edge", () => {
  const below = picture([-1, -2, -3], [-4, -5, -6], [-7, -8, -9]);
  assert.deepEqual(values(run(made([], ["a", pool()]), below).maps.a), [[-1, -1, -2], [-1, -1, -2], [-4, -4, -5]]);
  assert.deepEqual(values(run(made([], ["a", pool(2)]), X).maps.a), [[5, 6], [8, 9]]);
});

const BOTH = {
  type: "branches",
  branches: [{ name: "1x1", node: conv([1, 1], 0) }, { name: "pool", node: pool() }],
};

test("branches are concatenated, and a silent one gives zeros", () => {
  const network = made([2, 1], ["3a", BOTH]);
  const { maps } = run(network, X);
  assert.deepEqual(Object.keys(maps), ["3a.1x1", "3a.pool", "3a"]);
  assert.deepEqual([maps["3a"].channels, maps["3a"].data[0], maps["3a"].data[9]], [2, 3, 5]);
  const silent = run(network, X, new Set(["3a.1x1"])).maps;
  assert.deepEqual([silent["3a.1x1"].data[0], silent["3a"].data[0], silent["3a"].data[9]], [0, 0, 5]);
  assert.equal(run(network, X).maps["3a"].data[0], 3); // nothing is left of it
});

test("a sum adds what the body finds, scaled", () => {
  const body = { type: "chain", layers: [conv([1, 1], 0, { act: "none" })] };
  const network = made([-4, 0], ["3b", { type: "residual", scale: 0.5, act: "relu", body }]);
  assert.deepEqual(values(run(network, X).maps["3b"]), Array(3).fill([0, 0, 0]));
  assert.deepEqual(branches({ type: "residual", body: { type: "chain", layers: [BOTH] } }), BOTH.branches);
});

test("the scores are those of the means", () => {
  const network = { ...made([1, 2, 10, 20], ["a", pool()]), head: { in: 1, out: 2, at: 0 } };
  const flat = picture([3, 3], [3, 3]);
  assert.deepEqual(run(network, flat).scores, [13, 26]);
  assert.equal(run(made([], ["a", pool()]), flat).scores, null);
  assert.deepEqual(softmax([1000, 1000]), [0.5, 0.5]);
});

test("an unknown part is refused", () => {
  assert.throws(() => run(made([], ["a", { type: "lrn" }]), X), /no part is called lrn/);
});

test("a square of one color keeps it, a square as large as its target its pixels", () => {
  const data = Uint8ClampedArray.from({ length: 4 * 12 }, (_, i) => [10, 20, 30, 255][i % 4] + (i === 16 ? 5 : 0));
  const pixels = { data, width: 4, height: 3 };
  assert.deepEqual([...resize(pixels, { left: 2, top: 0, side: 2 }, 3)], [10, 20, 30].flatMap((v) => Array(9).fill(v)));
  assert.deepEqual([...resize(pixels, { left: 0, top: 1, side: 2 }, 2)].slice(0, 4), [15, 10, 10, 10]);
});

test("a square stays in its picture", () => {
  const size = { width: 100, height: 60 };
  assert.deepEqual(inside({ left: 90, top: -5, side: 30 }, size), { left: 70, top: 0, side: 30 });
  assert.deepEqual(inside({ left: 3.4, top: 2, side: 900 }, size), { left: 3, top: 0, side: 60 });
  assert.deepEqual(inside({ left: 0, top: 0, side: 0 }, size).side, 1);
  assert.deepEqual(firstSquare(size, true), { left: 20, top: 0, side: 60 });
  assert.deepEqual(firstSquare({ width: 400, height: 300 }, false), { left: 204, top: 102, side: 96 });
});

test("shapes move along their angle", () => {
  const lit = (drawn, grid) => [...stimulus(drawn, grid).data.subarray(0, grid * grid)].flatMap((v, i) => (v > 0 ? [i] : []));
  assert.deepEqual(lit({ kind: "dot", size: 1, angle: 0, place: 0 }, 5), [12]);
  assert.deepEqual(lit({ kind: "dot", size: 1, angle: 0, place: 2 }, 5), [14]);
  assert.deepEqual(lit({ kind: "dot", size: 1, angle: 90, place: -1 }, 5), [7]);
  assert.deepEqual(lit({ kind: "bar", size: 1, angle: 0, place: 1 }, 5), [3, 8, 13, 18, 23]);
  assert.equal(stimulus({ kind: "grating", size: 2, angle: 0, place: 2 }, 5).data[2], -1);
  assert.deepEqual([state.moved(0, 0.5), state.moved(16, 0.5)], [0.5, -16]);
});

test("the strongest come first, and equal ones in their order", () => {
  const map = { channels: 3, height: 1, width: 2, data: Float32Array.from([0, 1, 0, 0, 3, 1]) };
  assert.deepEqual(strongest(map), [[2, 3], [0, 1], [1, 0]]);
});

const NETWORKS = ["hand_made", "mini_bn"];
const read = (hash) => state.parse(hash, NETWORKS, ["cat", "flower"]);

test("a map over its picture is orange where it is large, and the picture where it is zero", () => {
  const black = { data: new Float32Array(3 * 16).fill(-1), width: 4, height: 4 };
  const white = { ...black, data: new Float32Array(3 * 16).fill(1) };
  const map = { width: 2, height: 2 };
  const pixel = (picture, values, high) => Array.from({ length: 16 }, (_, i) => over(values, map, high, picture)(i).map(Math.round));
  const lit = [0, 0, 8, 4]; // the lower left quarter, and half as much the lower right
  const seen = pixel(white, lit, 8);
  assert.deepEqual([0, 3, 7].map((i) => seen[i]), Array(3).fill([255, 255, 255]));
  assert.deepEqual([8, 9, 12, 13].map((i) => seen[i]), Array(4).fill([255, 120, 0]));
  assert.deepEqual(seen[15], [255, 188, 128]);
  assert.deepEqual([0, 8].map((i) => pixel(black, lit, 8)[i]), [[128, 128, 128], [128, 60, 0]]); // it stays visible
  assert.deepEqual(pixel(white, [0, 0, 0, 0], 0)[8], [255, 255, 255]); // a silent map has no largest value
});

test("an address and back", () => {
  const square = { left: 1, top: 2, side: 30 };
  const whole = { network: "mini_bn", stage: "3a", picture: "cat", square, drawn: state.FIRST, without: ["3a.5x5", "3b.pool"] };
  const hash = state.format(whole);
  assert.equal(hash, "#network=mini_bn&stage=3a&picture=cat&square=1,2,30&without=3a.5x5,3b.pool");
  assert.deepEqual(read(hash), { state: whole, problems: [] });
  const drawn = { size: 2.5, angle: 45, place: -3 };
  const shape = { network: "mini_bn", stage: "4b", picture: "bar", drawn, without: [] };
  assert.deepEqual(read(state.format({ ...shape, square })), { state: shape, problems: [] });
  assert.equal(state.format({ ...whole, picture: state.OWN, without: [] }), "#network=mini_bn&stage=3a&square=1,2,30");
});

test("what an address cannot mean is told", () => {
  const { state: found, problems } = read("#network=x&picture=<b>&size=99&square=a,b,c&what=1");
  assert.deepEqual(found, { drawn: state.FIRST, without: [] });
  assert.equal(problems.length, 5);
  assert.match(problems.join(), /network is “x”; known: hand_made, mini_bn/);
  assert.match(problems.join(), /size is “99”; it is from 1 to 16/);
  assert.deepEqual(read("#what-is-computed"), { state: { drawn: state.FIRST, without: [] }, problems: [] });
});

test("what is read aloud", () => {
  const classes = ["cat", "flower"];
  assert.equal(state.sentence("mini_bn", classes, [0.75, 0.25], null, []), "mini_bn answers: cat, 75.0%.");
  assert.equal(
    state.sentence("mini_bn", classes, [1, 0], [0.2, 0.8], ["3a.5x5"]),
    "mini_bn answers: cat, 100%. Without 3a, 5×5: flower, 80.0%.",
  );
});

test("what is shown first is the first block", () => {
  const network = { stages: [["conv1", conv([3, 3], 0)], ["pool1", pool()], ["3a", BOTH]] };
  assert.deepEqual(state.shownStages(network), ["conv1", "3a"]);
  assert.equal(state.firstStage(network, branches), "3a");
});
