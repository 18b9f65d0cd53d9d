// The table of claims: addresses, filter and order.
"use strict";

const assert = require("node:assert");
const { test } = require("node:test");
const { allowed, readState, shown, sorted, told, writeState } = require("../../_static/claims.js");

const VERDICTS = ["holds", "differs", "open"];
const KNOWN = allowed(["one", "two"], VERDICTS);
const NOTHING = { paper: "", verdict: "", sort: "" };

test("an address is read", () => {
  assert.deepEqual(readState("#paper=two&verdict=open&sort=-printed", KNOWN), {
    state: { paper: "two", verdict: "open", sort: "-printed" },
    problems: [],
  });
  for (const nothing of ["", "#", "#bn-14-times", "#paper="]) {
    assert.deepEqual(readState(nothing, KNOWN), { state: NOTHING, problems: [] });
  }
});

test("what an address says that is not known is told", () => {
  const { state, problems } = readState("#paper=three&verdict=holds&sort=size&colour=red", KNOWN);
  assert.deepEqual(state, { ...NOTHING, verdict: "holds" });
  assert.equal(problems.length, 3);
  assert.equal(problems[0], "paper is “three”; known: one, two");
  assert.match(problems[1], /^sort is “size”; known: claim, -claim, /);
  assert.equal(problems[2], "this page has no setting colour");
});

test("an address is written and read again", () => {
  assert.equal(writeState(NOTHING), "");
  const state = { paper: "one", verdict: "differs", sort: "-verdict" };
  assert.equal(writeState(state), "#paper=one&verdict=differs&sort=-verdict");
  assert.deepEqual(readState(writeState(state), KNOWN).state, state);
});

test("paper and verdict are both asked", () => {
  const row = { paper: "one", verdict: "open" };
  assert.ok(shown(row, NOTHING));
  assert.ok(shown(row, { ...NOTHING, paper: "one", verdict: "open" }));
  assert.ok(!shown(row, { ...NOTHING, paper: "one", verdict: "holds" }));
  assert.ok(!shown(row, { ...NOTHING, paper: "two" }));
});

const ROWS = [
  { place: 0, claim: "22 layers", printed: 22, computed: 22, verdict: "holds", off: 0 },
  { place: 1, claim: "9 layers", printed: 9, computed: 12, verdict: "differs", off: 33 },
  { place: 2, claim: "a gain", printed: NaN, computed: 3.4, verdict: "open", off: 0 },
  { place: 3, claim: "14 times", printed: 14, computed: 14.8, verdict: "differs", off: 5.4 },
];
const places = (sort) => sorted(ROWS, sort, VERDICTS).map((row) => row.place);

test("rows are sorted, and what is missing comes last both ways", () => {
  assert.deepEqual(places(""), [0, 1, 2, 3]);
  assert.deepEqual(places("where"), [0, 1, 2, 3]);
  assert.deepEqual(places("-where"), [3, 2, 1, 0]);
  assert.deepEqual(places("printed"), [1, 3, 0, 2]);
  assert.deepEqual(places("-printed"), [0, 3, 1, 2]);
  assert.deepEqual(places("claim"), [1, 3, 0, 2]);
  assert.deepEqual(places("verdict"), [0, 3, 1, 2]);
  assert.deepEqual(places("-verdict"), [2, 1, 3, 0]);
  assert.deepEqual(sorted(ROWS.toReversed(), "", VERDICTS), ROWS);
});

test("how many there are", () => {
  assert.equal(told(4, 4), "4 claims");
  assert.equal(told(0, 4), "0 of 4 claims");
});
