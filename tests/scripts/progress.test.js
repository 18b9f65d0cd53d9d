// What was read: addresses, and what a browser has stored.
"use strict";

const assert = require("node:assert");
const { test } = require("node:test");
const { chapterOf, parse, told } = require("../../_static/progress.js");

const KNOWN = ["01-naive-block", "02-one-by-one"];

test("chapters are chapters, answers are not", () => {
  assert.equal(chapterOf("/some/where/chapters/01-naive-block.html"), "01-naive-block");
  for (const other of ["/intro.html", "/chapters/solutions/01-naive-block.html", "/chapters/index.html"]) {
    assert.equal(chapterOf(other), "");
  }
});

test("what was stored is read back", () => {
  assert.deepEqual(parse('["02-one-by-one"]', KNOWN), new Set(["02-one-by-one"]));
  assert.deepEqual(parse('["02-one-by-one","02-one-by-one"]', KNOWN).size, 1);
});

test("nothing, or nonsense, is nothing read", () => {
  for (const text of [null, "", "{", "null", "3", '"01-naive-block"', '{"a":1}', "[1,null]", '["09-gone"]']) {
    assert.equal(parse(text, KNOWN).size, 0, text);
  }
});

test("the count in words", () => {
  assert.equal(told(3, 11), "3 of 11 chapters");
});
