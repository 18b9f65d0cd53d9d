// The cost lab without a page: counts, settings, addresses. The blocks here are written by hand;
// tests/test_lab.py runs the same scripts on the package's own.
"use strict";

const assert = require("node:assert");
const { join } = require("node:path");
const { test } = require("node:test");

const STATIC = join(__dirname, "..", "..", "_static");
const { count } = require(join(STATIC, "lab-count.js"));
const labState = require(join(STATIC, "lab-state.js"));
const { sentence } = require(join(STATIC, "lab-view.js"));

const conv = (out, k = 1, more = {}) => {
  const kernel = [k].flat().length === 2 ? k : [k, k];
  const pads = kernel.map((side) => Math.floor(side / 2));
  const label = `conv ${kernel.join("×")}`;
  return { type: "conv", out, kernel, stride: [1, 1], pads, groups: 1, bias: null, norm: null, label, ...more };
};
const pool = (more = {}) => ({
  type: "max_pool", kernel: [3, 3], stride: [1, 1], pads: [1, 1], ceil: false, label: "max pool 3×3", ...more,
});
const chain = (...layers) => ({ type: "chain", layers });
const branches = (parts) => ({
  type: "branches",
  branches: Object.entries(parts).map(([name, node]) => ({ name, family: name, node })),
});
const settings = (grid, channels, norm = "bias", widths = {}) => ({ grid, in: channels, norm, widths });

const NAIVE = branches({ "1x1": conv("c1"), "3x3": conv("c3", 3), "5x5": conv("c5", 5), pool: pool() });
const REDUCED = branches({
  "1x1": conv("c1"),
  "3x3": chain(conv("r3"), conv("c3", 3)),
  "5x5": chain(conv("r5"), conv("c5", 5)),
  pool: chain(pool(), conv("pool_proj")),
});
const GOOGLENET_3A = { c1: 64, r3: 96, c3: 128, r5: 16, c5: 32, pool_proj: 32 };
const VALID = { stride: [2, 2], pads: [0, 0] };

test("GoogLeNet's 3a, branch by branch", () => {
  const { rows, total, outShape } = count(REDUCED, settings(28, 192, "bias", GOOGLENET_3A));
  assert.deepEqual(rows.map((row) => row.params), [12352, 129248, 15920, 6176]);
  assert.deepEqual(rows.map((row) => row.macs), [9633792, 101154816, 12443648, 4816896]);
  assert.deepEqual(total, { params: 163696, macs: 128049152, bytes: 1756160 });
  assert.deepEqual(outShape, [256, 28, 28]);
});

test("without pads, as TensorFlow's same, the grid is divided and rounded up", () => {
  const shape = (grid, stride) =>
    count(branches({ a: pool({ pads: null, stride: [stride, stride] }) }), settings(grid, 2)).outShape;
  assert.deepEqual([shape(7, 2), shape(8, 2), shape(1, 2), shape(7, 3)], [4, 4, 1, 3].map((n) => [2, n, n]));
});

test("a bias after a pooling costs a number for each channel", () => {
  const mean = chain(conv(4, 1, { bias: false }), pool(), { type: "bias", label: "bias" });
  const [row] = count(branches({ mean }), settings(5, 8)).rows;
  assert.deepEqual([row.params, row.macs, row.bytes], [4 * 8 + 4, 4 * 8 * 25, 3 * 4 * 25 * 4]);
});

test("the naive block passes its input through the pooling", () => {
  const { rows, total, outShape } = count(NAIVE, settings(28, 192, "bias", GOOGLENET_3A));
  assert.equal(total.params, 192 * 64 + 9 * 192 * 128 + 25 * 192 * 32 + 224);
  assert.equal(total.macs, (192 * 64 + 9 * 192 * 128 + 25 * 192 * 32) * 784);
  assert.deepEqual(outShape, [416, 28, 28]);
  assert.deepEqual([rows[3].params, rows[3].macs, rows[3].bytes], [0, 0, 4 * 192 * 784]);
});

test("bias, batch normalization, neither; what a layer says itself comes first", () => {
  const params = (norm, node) => count(branches({ a: node }), settings(5, 3, norm)).total.params;
  assert.deepEqual(["bias", "bn", "none"].map((norm) => params(norm, conv(10))), [40, 50, 30]);
  const fixed = conv(10, 1, { bias: true, norm: "none" });
  assert.deepEqual(["bias", "bn", "none"].map((norm) => params(norm, fixed)), [40, 40, 40]);
});

test("strides, long kernels, groups and grids that are no square", () => {
  const one = (node, shape) => count(branches({ a: node }), shape);
  assert.deepEqual(one(conv(8, 3, VALID), settings(35, 4)).outShape, [8, 17, 17]);
  assert.deepEqual(one(conv(8, [1, 7]), settings([9, 12], 4)).outShape, [8, 9, 12]);
  assert.equal(one(conv(8, [1, 7]), settings([9, 12], 4)).total.macs, 7 * 4 * 8 * 9 * 12);
  assert.equal(one(conv(8, 3, { groups: 4 }), settings(5, 4, "none")).total.params, 72);
  const ceil = pool({ ...VALID, ceil: true });
  assert.deepEqual([112, 28, 2].map((n) => one(ceil, settings(n, 1)).outShape[1]), [56, 14, 1]);
});

test("a residual has a row for its last 1×1, as wide as the input", () => {
  const back = conv("in", 1, { bias: true, norm: "none" });
  const spec = { type: "residual", body: chain(branches({ "1x1": conv("c1") }), back) };
  const { rows, outShape } = count(spec, settings(8, 20, "bn", { c1: 6 }));
  assert.deepEqual(rows.map((row) => [row.name, row.params]), [["1x1", 132], ["back", 140]]);
  assert.deepEqual(outShape, [20, 8, 8]);
});

test("what cannot be is refused, and says what", () => {
  const fails = (spec, shape, message) => assert.throws(() => count(spec, shape), { name: "RangeError", message });
  fails(branches({ a: conv(8, 3, VALID) }), settings(2, 4), /too small: conv 3×3 .* 2×2/);
  fails(branches({ a: conv(8, 3, VALID), b: conv(8) }), settings(8, 4), /different grids: 3×3, 8×8/);
  fails(branches({ a: conv("c9") }), settings(8, 4), /c9 is undefined/);
  fails(branches({ a: conv(0) }), settings(8, 4), /at least 1/);
  fails(branches({ a: conv(8, 1, { groups: 3 }) }), settings(8, 4), /groups is 3/);
  const wide = { type: "residual", body: chain(branches({ a: conv(3) }), conv(5)) };
  fails(wide, settings(8, 4), /The sum needs 4×8×8, the body gives 5×8×8/);
});

// ---- settings ----

const slot = (key, label = "conv") => ({ key, group: "g", label, family: "1x1" });
const FORMS = { key: "n", label: "n", values: { 3: "3", 7: "7" } };
const NO_FORM = { key: "", label: "", values: { "": "" } };
const shape = (spec, ...keys) => ({ spec, slots: keys.map((key) => slot(key, key)) });
const tall = (n) => branches({ "1x1": conv("c1"), nxn: conv("s1", [n, 1]) });
const DATA = {
  limits: { grid: 256, in: 4096, width: 1024 },
  blocks: {
    naive: { title: "naive", form: NO_FORM, forms: { "": shape(NAIVE, "c1", "c3", "c5") } },
    tall: { title: "tall", form: FORMS, forms: { 3: shape(tall(3), "c1", "s1"), 7: shape(tall(7), "c1", "s1") } },
  },
  presets: [
    { id: "a.1", network: "A", stages: "1", block: "naive", form: "", grid: 28, in: 192, norm: "bias", widths: { c1: 64, c3: 128, c5: 32 } },
    { id: "b.1", network: "B", stages: "1", block: "tall", form: "7", grid: 17, in: 768, norm: "bn", widths: { c1: 192, s1: 100 } },
  ],
};
const START = labState.fromPreset(DATA.presets[0]);
const OTHER = labState.fromPreset(DATA.presets[1]);

test("an address is readable, and is read as it was written", () => {
  assert.equal(labState.format(START, DATA), "block=naive&grid=28&in=192&norm=bias&c1=64&c3=128&c5=32");
  assert.equal(labState.format(OTHER, DATA), "block=tall&n=7&grid=17&in=768&norm=bn&c1=192&s1=100");
  for (const state of [START, { ...OTHER, form: "3", grid: 1, norm: "none" }]) {
    const read = labState.parse(`#${labState.format(state, DATA)}`, DATA, null);
    assert.deepEqual(read, { state, problems: [] });
  }
});

test("what an address leaves out is the block's first preset's", () => {
  const { state, problems } = labState.parse("#block=tall&c1=5", DATA, START);
  assert.deepEqual([state, problems], [{ ...OTHER, widths: { c1: 5, s1: 100 } }, []]);
});

test("a wrong address is told, value by value, and the rest is taken", () => {
  const problems = (hash) => labState.parse(hash, DATA, START).problems.join("; ");
  const unknown = labState.parse("#block=foo&c1=5", DATA, START);
  assert.deepEqual(unknown.state, START);
  assert.match(unknown.problems[0], /there is no block “foo”; choose one of naive, tall/);
  assert.match(problems("#grid=28"), /names no block; choose one of naive, tall/);
  for (const bad of ["0", "-3", "1025", "2.5", "1e3", "x", "", "99999999999"]) {
    const read = labState.parse(`#block=naive&c1=${bad}&c3=7`, DATA, START);
    assert.deepEqual(read.state.widths, { c1: 64, c3: 7, c5: 32 }, bad);
    assert.match(read.problems[0], /c1 is “.*”; it must be a whole number from 1 to 1024. Counted with 64 instead/);
  }
  assert.match(problems("#block=tall&n=4"), /n is “4”; it must be one of 3, 7. Counted with 7 instead/);
  assert.match(problems("#block=naive&norm=toString"), /norm is “toString”/);
  assert.match(problems("#block=constructor"), /there is no block “constructor”/);
  assert.match(problems("#block=naive&s1=4"), /this block has no setting s1/);
});

test("another block keeps what has the same name", () => {
  const state = labState.change(labState.set(START, "c1", 9), "tall", "3", DATA);
  assert.deepEqual(state, { block: "tall", form: "3", grid: 28, in: 192, norm: "bias", widths: { c1: 9, s1: 100 } });
});

test("presets are known again, changes are told", () => {
  assert.equal(labState.nameOf(START, DATA), "A, 1");
  const state = labState.set(labState.set(START, "grid", 14), "c3", 7);
  assert.equal(labState.presetOf(state, DATA), undefined);
  assert.deepEqual(START.widths.c3, 128, "a state is never written into");
  assert.equal(labState.nameOf(state, DATA), "naive on 192×14×14");
  assert.deepEqual(labState.changes(START, state, DATA), ["grid: 28 → 14", "g: c3: 128 → 7"]);
  assert.deepEqual(labState.changes(START, OTHER, DATA).slice(0, 2), ["block: naive → tall, 7", "bias → batch normalization"]);
});

test("the sentence has the sums and what changed", () => {
  const now = count(NAIVE, START);
  const then = count(NAIVE, labState.set(START, "grid", 14));
  assert.equal(
    sentence(now, then),
    "Total: 387,296 parameters, 303.5 M MACs (×4.00), 1.3 MB of activations (×4.00).",
  );
});

test("the sentence of a small block, a small ratio, a large one, and no start to compare with", () => {
  const small = count(branches({ a: conv(1) }), settings(2, 1, "none"));
  assert.equal(sentence(small, undefined), "Total: 1 parameters, 4 MACs, 16 B of activations.");
  const large = count(branches({ a: conv(1) }), settings(1000, 2000, "none"));
  assert.equal(
    sentence(small, large),
    "Total: 1 parameters (×0.0005), 4 MACs (×0.0001 or less), 16 B of activations (×0.0001 or less).",
  );
  assert.match(sentence(large, small), /\(×2,000\), 2.0 G MACs \(×500,000,000\), 4.0 MB/);
});
