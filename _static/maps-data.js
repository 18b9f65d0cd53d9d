// Needs: il-stage
// What the maps of networks tell, without a page: numbers in words, keys, the state in an address.
// maps.js and maps-page.js show it.
(() => {
  "use strict";

  const commas = (number) => number.toLocaleString("en-US");
  const times = (shape) => shape.join("×");
  const shown = (branch) => branch.replace(/(\d)x(?=\d)/g, "$1×");

  /** A part of a whole in percent; "" where there is nothing. */
  function share(part, whole) {
    if (!part) return "";
    const percent = (100 * part) / whole;
    return percent < 0.05 ? "less than 0.1%" : `${percent.toFixed(1)}%`;
  }

  /** [what, value] of a stage, in the order in which a panel shows them. */
  function facts(network, name) {
    const stage = network.stages[name];
    const counted = (key) => {
      const extra = name.startsWith("aux_");
      const part = extra ? "in training only" : share(stage[key], network[key]);
      return commas(stage[key]) + (part && ` (${part})`);
    };
    const larger = stage.field.some((side, i) => side > network.input[i + 1]);
    const found = [
      ["input", times(stage.in)],
      ["output", times(stage.out)],
      ["parameters", counted("params")],
      ["MACs", counted("macs")],
      ["receptive field", times(stage.field) + (larger ? ", larger than the picture" : " pixels")],
      ["stride", `${times([...new Set(stage.stride)])} pixels`],
    ];
    if (stage.branches?.length) {
      const sum = stage.branches.reduce((total, [, channels]) => total + channels, 0);
      const parts = stage.branches.map(([branch, channels]) => `${shown(branch)}: ${channels}`);
      found.push(["channels by branch", `${parts.join(", ")} (in all ${commas(sum)})`]);
    }
    return found;
  }

  /** The layers of a stage that has no diagram, a sentence each. */
  function layers(stage) {
    return (stage.layers ?? []).map(
      ([what, out, params, macs]) =>
        `${what} → ${times(out)}: ${commas(params)} parameters, ${commas(macs)} MACs`,
    );
  }

  const PAGE = 10; // rows

  /** Where a key leads from place `at` among `count`; undefined: this key leads nowhere. */
  function move(key, at, count) {
    const places = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: count - 1 };
    Object.assign(places, { PageDown: at + PAGE, PageUp: at - PAGE });
    return Object.hasOwn(places, key) ? Math.min(Math.max(places[key], 0), count - 1) : undefined;
  }

  /**
   * The first name from place `at` on, and round, that begins with what was typed; -1: none does.
   * One letter leads on from the place where one is, several may still mean it.
   */
  function seek(typed, at, names) {
    const start = /^(.)\1+$/.test(typed) ? typed[0] : typed; // one letter again and again
    const from = start.length > 1 ? at : at + 1;
    const order = names.map((_, i) => (from + i) % names.length);
    return order.find((i) => names[i].toLowerCase().startsWith(start.toLowerCase())) ?? -1;
  }

  /** What is counted -> [left, right, right as a multiple of left]. */
  function compare(left, right) {
    const both = (one, other) => [commas(one), commas(other), `× ${(other / one).toFixed(2)}`];
    const main = (network) => Object.keys(network.stages).filter((name) => !name.startsWith("aux_"));
    return {
      picture: [times(left.input), times(right.input), ""],
      stages: both(main(left).length, main(right).length),
      parameters: both(left.params, right.params),
      MACs: both(left.macs, right.macs),
    };
  }

  /**
   * "#left=googlenet&right=inception_v3&stage=3a/A1" as {state, problems}. What is unknown is left
   * out of the state, and told. A place on the page, such as a heading, says nothing.
   */
  function readState(hash, names) {
    const given = new URLSearchParams(hash.includes("=") ? hash.slice(1) : "");
    const state = {};
    const problems = [];
    for (const [key, value] of given) {
      const side = key === "left" || key === "right";
      if (side && names.includes(value)) state[key] = value;
      else if (side) problems.push(`${key} is “${value}”; known: ${names.join(", ")}`);
      else if (key !== "stage") problems.push(`this page has no setting ${key}`);
    }
    const [leftStage, rightStage, ...more] = (given.get("stage") ?? "").split("/");
    if (leftStage) state.leftStage = leftStage;
    if (rightStage) state.rightStage = rightStage;
    if (more.length) problems.push("stage names more than one stage for each side");
    return { state, problems };
  }

  /** The address of a state. */
  function writeState({ left, right, leftStage, rightStage }) {
    const stage = [leftStage, ...(rightStage ? [rightStage] : [])].join("/");
    return `#left=${left}&right=${right}${stage && `&stage=${stage}`}`;
  }

  const pure = { commas, compare, facts, layers, move, readState, seek, share, writeState };
  if (typeof module !== "undefined") module.exports = pure;
  else globalThis.inceptionMaps = Object.assign(globalThis.inceptionMaps ?? {}, pure);
})();
