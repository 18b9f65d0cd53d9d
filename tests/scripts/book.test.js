// Run by `node --test`: scripts of the pages, without a page.
"use strict";

const assert = require("node:assert");
const { readFileSync, readdirSync } = require("node:fs");
const { join } = require("node:path");
const { test } = require("node:test");

const STATIC = join(__dirname, "..", "..", "_static");
const scripts = readdirSync(STATIC).filter((name) => name.endsWith(".js"));

test("each script is short", () => {
  for (const name of scripts) {
    const lines = readFileSync(join(STATIC, name), "utf8").split("\n").length;
    assert.ok(lines < 300, `${name} has ${lines} lines`);
  }
});

test("no script is a module or loads anything: pages are also opened as files", () => {
  for (const name of scripts) {
    const text = readFileSync(join(STATIC, name), "utf8");
    assert.doesNotMatch(text, /^import |^export |\bfetch\(|XMLHttpRequest/m, name);
  }
});
