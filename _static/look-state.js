// Needs: il-look
// The settings of look.html, from and to its address; what a branch is called; without a page.
// A state is {network, stage, picture, square, drawn, without}: `square` is {left, top, side} in
// pixels of a photograph, `drawn` {size, angle, place} of a shape, `without` the silenced branches.
(() => {
  "use strict";

  const SHAPES = ["dot", "bar", "grating"];
  const OWN = "own"; // a file of the reader's: no address can hold it
  const GRID = 33; // pixels of a drawn picture: odd, so that there is a middle one
  const LIMITS = { size: [1, 16, 0.5], angle: [0, 180, 7.5], place: [-16, 16, 0.5] }; // least, most, step
  const FIRST = { size: 5, angle: 0, place: 0 };

  const isDrawn = (picture) => SHAPES.includes(picture);
  const spoken = (branch) => branch.replace(/(\d)x(?=\d|n)/g, "$1×");

  /** What is shown of a network: its blocks and convolutions, not what only pools. */
  const shownStages = ({ stages }) => stages.filter(([, node]) => node.type !== "max_pool").map(([name]) => name);

  /** The first stage with branches, where there is one. */
  const firstStage = (network, branches) =>
    network.stages.find(([, node]) => branches(node).length)?.[0] ?? network.stages[0][0];

  const number = (text) => (/^-?\d{1,4}(\.\d{1,3})?$/.test(text ?? "") ? Number(text) : NaN);

  function within(key, text) {
    const [least, most] = LIMITS[key];
    const value = number(text);
    return value >= least && value <= most ? value : undefined;
  }

  /**
   * "#network=mini_bn&stage=3a&picture=cat&without=3a.5x5" as {state, problems}. What is unknown is
   * left out of the state, and told. Stages and branches are checked where the network is known.
   */
  function parse(hash, networks, pictures) {
    const given = new URLSearchParams(hash.includes("=") ? hash.slice(1) : "");
    const [state, problems] = [{ drawn: { ...FIRST }, without: [] }, []];
    const take = (key, known) => {
      const value = given.get(key);
      if (value === null) return;
      if (known.includes(value)) state[key] = value;
      else problems.push(`${key} is “${value}”; known: ${known.join(", ")}`);
    };
    take("network", networks);
    take("picture", [...pictures, ...SHAPES]);
    if (given.has("stage")) state.stage = given.get("stage");
    if (given.get("without")) state.without = given.get("without").split(",");
    if (given.has("square")) {
      const [left, top, side] = given.get("square").split(",").map(number);
      if (left >= 0 && top >= 0 && side >= 1) state.square = { left, top, side };
      else problems.push(`square is “${given.get("square")}”; it is left,top,side in pixels`);
    }
    for (const [key, [least, most]] of Object.entries(LIMITS)) {
      if (!given.has(key)) continue;
      const value = within(key, given.get(key));
      if (value === undefined) problems.push(`${key} is “${given.get(key)}”; it is from ${least} to ${most}`);
      else state.drawn[key] = value;
    }
    const known = ["network", "picture", "stage", "without", "square", ...Object.keys(LIMITS)];
    for (const key of given.keys()) {
      if (!known.includes(key)) problems.push(`this page has no setting ${key}`);
    }
    return { state, problems };
  }

  /** The address of a state; a picture of the reader's own is left out, though not its square. */
  function format({ network, stage, picture, square, drawn, without }) {
    const parts = [`network=${network}`, `stage=${stage}`];
    if (picture !== OWN) parts.push(`picture=${picture}`);
    if (isDrawn(picture)) parts.push(...Object.keys(LIMITS).map((key) => `${key}=${drawn[key]}`));
    else if (square) parts.push(`square=${square.left},${square.top},${square.side}`);
    if (without.length) parts.push(`without=${without.join(",")}`);
    return `#${parts.join("&")}`;
  }

  /** Where a moving shape is next: pixels from the middle, and from the far end back to the first. */
  function moved(place, step) {
    const [least, most] = LIMITS.place;
    return place + step > most ? least : place + step;
  }

  const percent = (share) => `${(100 * share).toFixed(share >= 0.9995 || share < 0.0005 ? 0 : 1)}%`;

  /** What is read aloud: what the network answers, and without which branches what else. */
  function sentence(title, classes, whole, rest, without) {
    const first = (shares) => {
      const best = shares.indexOf(Math.max(...shares));
      return `${classes[best]}, ${percent(shares[best])}`;
    };
    const answer = `${title} answers: ${first(whole)}.`;
    const names = without.map((one) => spoken(one).replace(".", ", ")).join("; ");
    return rest ? `${answer} Without ${names}: ${first(rest)}.` : answer;
  }

  const look = {
    FIRST, GRID, LIMITS, OWN, SHAPES, firstStage, format, isDrawn, moved, parse, percent, sentence, shownStages, spoken,
  };
  if (typeof module !== "undefined") module.exports = look;
  if (typeof document !== "undefined") globalThis.lookState = look;
})();
