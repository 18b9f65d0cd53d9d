// Needs: il-lab-data
// The settings of the cost lab: from presets, from and to the address, from one block to another.
// A state is {block, form, grid, in, norm, widths}; `data` is what tools/generated/lab.py writes.
"use strict";

const labState = (() => {
  const NORMS = { bias: "bias", bn: "batch normalization", none: "neither" };

  const copy = (state) => ({ ...state, widths: { ...state.widths } });
  const shape = (state, data) => data.blocks[state.block].forms[state.form];

  function fromPreset({ block, form, grid, in: channels, norm, widths }) {
    return { block, form, grid, in: channels, norm, widths: { ...widths } };
  }

  const firstOf = (block, data) => fromPreset(data.presets.find((one) => one.block === block));

  // The preset that a state equals, if any.
  function presetOf(state, data) {
    return data.presets.find((one) => format(fromPreset(one), data) === format(state, data));
  }

  function nameOf(state, data) {
    const preset = presetOf(state, data);
    if (preset) return `${preset.network}, ${preset.stages}`;
    return `${data.blocks[state.block].title} on ${state.in}×${state.grid}×${state.grid}`;
  }

  // Everything that can be set: [{key, label, value, least, most}], widths last.
  function fields(state, data) {
    const widths = shape(state, data).slots.map((slot) => ({
      ...slot,
      name: `${slot.group}: ${slot.label}`,
      value: state.widths[slot.key],
      most: data.limits.width,
    }));
    return [
      { key: "grid", name: "grid", value: state.grid, most: data.limits.grid },
      { key: "in", name: "input channels", label: "channels", value: state.in, most: data.limits.in },
      ...widths,
    ];
  }

  function set(state, key, value) {
    const next = copy(state);
    if (key === "grid" || key === "in") next[key] = value;
    else next.widths[key] = value;
    return next;
  }

  // A whole number from 1 to `most`, or NaN.
  function whole(text, most) {
    const value = /^\d{1,6}$/.test(String(text).trim()) ? Number(text) : NaN;
    return value >= 1 && value <= most ? value : NaN;
  }

  // A different block, or a different form of it: settings with the same name keep their values.
  function change(state, block, form, data) {
    const next = firstOf(block, data);
    if (form in data.blocks[block].forms) next.form = form;
    for (const key in next.widths) next.widths[key] = state.widths[key] ?? next.widths[key];
    return { ...next, grid: state.grid, in: state.in, norm: state.norm };
  }

  // As it is written after the # of an address.
  function format(state, data) {
    const { key } = data.blocks[state.block].form;
    const parts = [["block", state.block]];
    if (key) parts.push([key, state.form]);
    parts.push(["grid", state.grid], ["in", state.in], ["norm", state.norm]);
    for (const slot of shape(state, data).slots) parts.push([slot.key, state.widths[slot.key]]);
    return parts.map(([name, value]) => `${name}=${value}`).join("&");
  }

  // From an address: {state, problems}. A setting that is missing or wrong has the value of the block's
  // first preset, and each wrong one is a problem. Without a block of this name, the state is `fallback`.
  function parse(text, data, fallback) {
    const given = new URLSearchParams(text.replace(/^#/, ""));
    const block = given.get("block");
    if (!Object.hasOwn(data.blocks, block)) {
      const what = block === null ? "it names no block" : `there is no block “${block}”`;
      const problems = [`${what}; choose one of ${Object.keys(data.blocks).join(", ")}`];
      return { state: copy(fallback), problems };
    }
    const problems = [];
    let state = firstOf(block, data);
    const { key, values } = data.blocks[block].form;
    const choose = (name, allowed, now) => {
      const value = given.get(name);
      if (value === null || Object.hasOwn(allowed, value)) return value ?? now;
      const known = Object.keys(allowed).join(", ");
      problems.push(`${name} is “${value}”; it must be one of ${known}. Counted with ${now} instead`);
      return now;
    };
    if (key) state.form = choose(key, values, state.form);
    state.norm = choose("norm", NORMS, state.norm);
    for (const field of fields(state, data)) {
      if (!given.has(field.key)) continue;
      const value = whole(given.get(field.key), field.most);
      if (value) state = set(state, field.key, value);
      else {
        const must = `it must be a whole number from 1 to ${field.most}`;
        const was = `${field.key} is “${given.get(field.key)}”`;
        problems.push(`${was}; ${must}. Counted with ${field.value} instead`);
      }
    }
    const known = ["block", key, "norm", ...fields(state, data).map((field) => field.key)];
    for (const name of new Set(given.keys())) {
      if (!known.includes(name)) problems.push(`this block has no setting ${name}`);
    }
    return { state, problems };
  }

  // What was set differently at the start: ["3×3: conv 3×3: 128 → 192", …].
  function changes(start, state, data) {
    const { blocks } = data;
    const told = [];
    const title = ({ block, form }) =>
      [blocks[block].title, blocks[block].form.values[form]].filter(Boolean).join(", ");
    if (title(start) !== title(state)) told.push(`block: ${title(start)} → ${title(state)}`);
    if (start.norm !== state.norm) told.push(`${NORMS[start.norm]} → ${NORMS[state.norm]}`);
    const before = Object.fromEntries(fields(start, data).map((field) => [field.key, field.value]));
    for (const { key, name, value } of fields(state, data)) {
      if (key in before && before[key] !== value) told.push(`${name}: ${before[key]} → ${value}`);
    }
    return told;
  }

  return { NORMS, change, changes, fields, format, fromPreset, nameOf, parse, presetOf, set, shape, whole };
})();

if (typeof module !== "undefined") module.exports = labState;
