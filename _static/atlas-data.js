// Needs: il-atlas
// What the atlas tells, without a page: addresses, orders, cuts of photographs, sentences, bars.
(() => {
  "use strict";

  const MEASURES = ["orientation", "frequency", "curvature", "size", "color"];
  const spoken = (at) => at.replace(/(\d)x(?=\d|n)/g, "$1×").replace(/[./]/g, " ");

  /** "3a.5x5", 2 -> "3a/5x5/2", as it is written after the # of an address. */
  const path = (at, channel) => `${at.replace(".", "/")}/${channel}`;

  /** The branches of a stage, in the order in which it concatenates them; none where it adds them up. */
  const joined = (stage, groups) =>
    groups.some((one) => one.at === stage) ? [] : groups.filter((one) => one.at.startsWith(`${stage}.`));

  /**
   * "3a/5x5/2" -> {at, channel}, or null where the network has no such channel. "3a/26" is the same
   * channel, as it is numbered in the output of 3a.
   */
  function find(text, groups) {
    const parts = text.split("/");
    const at = parts.slice(0, -1).join(".");
    let channel = /^\d+$/.test(parts.at(-1)) ? Number(parts.at(-1)) : -1;
    const group = groups.find((one) => one.at === at);
    if (group) return group.channels[channel] ? { at, channel } : null;
    for (const one of joined(at, groups)) {
      if (one.channels[channel]) return { at: one.at, channel };
      channel -= one.channels.length;
    }
    return null;
  }

  /** "number 26 of 40 in 3a": a channel's number in the output of its stage; "" where that is its own. */
  function inStage(at, channel, groups) {
    const [stage] = at.split(".");
    const branches = joined(stage, groups);
    const before = branches.slice(0, branches.findIndex((one) => one.at === at));
    const count = (some) => some.reduce((sum, one) => sum + one.channels.length, 0);
    return branches.length ? `number ${count(before) + channel} of ${count(branches)} in ${stage}` : "";
  }

  /** The value by which channels are put in order. */
  function valueOf(channel, key) {
    return key === "most" ? channel.most : channel.measures[MEASURES.indexOf(key)];
  }

  /** The numbers of a group's channels in order, the largest value first; what has none comes last. */
  function sorted(channels, key) {
    const order = channels.map((_, i) => i);
    if (key === "number") return order;
    const value = (i) => valueOf(channels[i], key) ?? -Infinity;
    return order.sort((a, b) => value(b) - value(a) || a - b);
  }

  const shown = (value) => (value === null ? "none" : value.toFixed(2).replace("-", "−"));

  /** A cut of a photograph as a background of a square box. */
  function cut([photo, left, top, side], photos) {
    const [name, width, height] = photos[photo];
    const place = (at, whole) => `${whole > side ? (100 * at) / (whole - side) : 0}%`;
    return {
      name,
      size: `${(100 * width) / side}% ${(100 * height) / side}%`,
      position: `${place(left, width)} ${place(top, height)}`,
    };
  }

  /**
   * What the strongest value of a map sees of its crop, as a box in percent; null where it sees all.
   * `place` is its row times the map's width, plus its column.
   */
  function spot(place, { field, stride, grid }, side) {
    const spans = [Math.floor(place / grid), place % grid].map((at, axis) => {
      const middle = at * stride + 0.5;
      const [from, to] = [middle - field[axis] / 2, middle + field[axis] / 2];
      return [Math.max(from, 0), Math.min(to, side)];
    });
    if (spans.every(([from, to]) => to - from >= side)) return null;
    const [top, left] = spans.map(([from]) => `${(100 * from) / side}%`);
    const [height, width] = spans.map(([from, to]) => `${(100 * (to - from)) / side}%`);
    return { top, left, height, width };
  }

  /** How often each photograph is among crops: "cat 5, rocket 4". */
  function counted(crops, photos) {
    const found = new Map();
    for (const [photo] of crops) found.set(photo, (found.get(photo) ?? 0) + 1);
    const ordered = [...found].sort(([a, one], [b, other]) => other - one || a - b);
    return ordered.map(([photo, count]) => `${photos[photo][0]} ${count}`).join(", ");
  }

  /** Bars from 0 to 99 side by side, as the path of a drawing 24 high. */
  function bars(values, width = 7) {
    const bar = (value, i) => {
      const high = Math.max((24 * value) / 99, 0.5).toFixed(1);
      return `M${i * (width + 2)} 24v-${high}h${width}v${high}z`;
    };
    return values.map(bar).join("");
  }

  /** What the bars show, in words: the largest, and what it belongs to. */
  function heard(measure, value, values, labels) {
    const best = labels[values.indexOf(Math.max(...values))];
    return value === null ? `${measure}: no answer` : `${measure} ${shown(value)}, strongest at ${best}`;
  }

  /** How much a channel answers to its made picture, compared with the strongest crop. */
  const times = ({ made, most }) => (most > 0 ? `made: ${(made / most).toFixed(1)} times` : "made");

  const share = (part) => `${Math.round(100 * part)}%`;

  /** "more, 31%": whether a channel that weighs this one rises or falls with it, and how much of it that is. */
  const weighs = ([, , part, sign]) => `${sign < 0 ? "less" : "more"}, ${share(part)}`;

  const pure = { MEASURES, bars, counted, cut, find, heard, inStage, path, shown, sorted, spoken, spot, times, valueOf, weighs };
  if (typeof module !== "undefined") module.exports = pure;
  else globalThis.atlasData = pure;
})();
