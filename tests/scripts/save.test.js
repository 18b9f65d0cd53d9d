// Drawings as files of their own.
"use strict";
const test = require("node:test");
const assert = require("node:assert");

const { named, standalone } = require("../../_static/save.js");

test("a file has the name of what it shows", () => {
  assert.equal(named("Drawing of 4 branches; scrolls sideways"), "4-branches.svg");
  assert.equal(named("Drawing of inception_v3"), "inception-v3.svg");
  assert.equal(named("a 3×3/2"), "a-3x3-2.svg");
  assert.equal(named("…"), "drawing.svg");
});

test("a file is dark on white and says its license, and nothing else changes", () => {
  const svg = '<svg xmlns="x" style="max-width:none">\n<path d="M0 0"/>\n</svg>';
  const file = standalone(svg);
  assert.match(file, /^<svg xmlns="x" font-family="sans-serif" color="#222832" style="background:#fff;max-width:none">/);
  assert.match(file, /<metadata>From Inception, Block by Block\. MIT license\.<\/metadata>/);
  assert.ok(file.includes('<path d="M0 0"/>'));
});
