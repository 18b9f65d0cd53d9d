// Needs: il-lab-data
// What a block costs, from the description that the package writes (inception_lib/to_json.py).
// The same rules as inception_lib/counting/, and the sums written out with their numbers.
"use strict";

const labCount = (() => {
  const BYTES = 4; // one float32
  const LEFT_OPEN = {
    bias: { bias: true, norm: "none" },
    bn: { bias: false, norm: "batch_norm" },
    none: { bias: false, norm: "none" },
  };

  const times = (numbers) => numbers.join("·");

  // The grid after a window has slid over [channels, height, width].
  function slide(node, shape) {
    return [0, 1].map((i) => {
      const [n, k, s] = [shape[i + 1], node.kernel[i], node.stride[i]];
      if (!node.pads) return Math.ceil(n / s); // TensorFlow's "same"
      const p = node.pads[i];
      let steps = Math.floor((n + 2 * p - k + (node.ceil ? s - 1 : 0)) / s);
      // the last window must start on the map, not beyond it
      if (node.ceil && steps * s >= n + p) steps -= 1;
      if (steps < 0) {
        throw new RangeError(
          `The grid is too small: ${node.label} without padding does not fit into ${shape[1]}×${shape[2]}.`,
        );
      }
      return steps + 1;
    });
  }

  // One layer: its cost, and each cost as the product that it is.
  function layer(node, shape, out, settings) {
    const grid = slide(node, shape);
    const outShape = [out, ...grid];
    const row = {
      label: node.label,
      outShape,
      params: 0,
      macs: 0,
      bytes: BYTES * out * grid[0] * grid[1],
      formula: { params: "0", macs: "0", bytes: times([BYTES, out, ...grid]) },
    };
    if (node.type !== "conv") return row;
    if (shape[0] % node.groups) {
      throw new RangeError(`groups is ${node.groups}; it must divide ${shape[0]} channels.`);
    }
    const open = LEFT_OPEN[settings.norm];
    const bias = node.bias ?? open.bias;
    const normed = (node.norm ?? open.norm) === "batch_norm";
    const factors = [...node.kernel, shape[0] / node.groups, out];
    const weights = factors.reduce((a, b) => a * b, 1);
    row.params = weights + out * (bias + 2 * normed);
    row.macs = weights * grid[0] * grid[1];
    row.formula.params = times(factors) + (bias ? ` + ${out}` : "") + (normed ? ` + 2·${out}` : "");
    row.formula.macs = times([...factors, ...grid]);
    return row;
  }

  // A bias that waits until after a pooling.
  function biases(node, shape) {
    const formula = { params: `${shape[0]}`, macs: "0", bytes: times([BYTES, ...shape]) };
    const bytes = shape.reduce((a, b) => a * b, BYTES);
    return { label: node.label, outShape: shape, params: shape[0], macs: 0, bytes, formula };
  }

  // Walks a node; puts its layers into `layers` and gives the shape that comes out.
  function walk(node, shape, settings, layers) {
    if (node.type === "chain") {
      return node.layers.reduce((at, part) => walk(part, at, settings, layers), shape);
    }
    if (node.type === "branches") {
      const outs = node.branches.map((part) => walk(part.node, shape, settings, layers));
      return concatenated(outs);
    }
    if (node.type === "bias") {
      layers.push(biases(node, shape));
      return shape;
    }
    const width = node.type === "conv" ? widthOf(node.out, settings) : shape[0];
    const row = layer(node, shape, width, settings);
    layers.push(row);
    return row.outShape;
  }

  function widthOf(out, settings) {
    const width = typeof out === "string" ? settings.widths[out] : out;
    if (!Number.isInteger(width) || width < 1) {
      throw new RangeError(`${out} is ${width}; it must be a whole number of at least 1.`);
    }
    return width;
  }

  function concatenated(outs) {
    const grids = new Set(outs.map((out) => `${out[1]}×${out[2]}`));
    if (grids.size > 1) {
      throw new RangeError(`The branches end on different grids: ${[...grids].join(", ")}.`);
    }
    return [outs.reduce((sum, out) => sum + out[0], 0), outs[0][1], outs[0][2]];
  }

  function sum(rows) {
    const total = { params: 0, macs: 0, bytes: 0 };
    for (const row of rows) for (const key in total) total[key] += row[key];
    return total;
  }

  // Args: spec: a block; its widths are numbers or names of `settings.widths`.
  //   settings: {grid: side or [height, width], in: channels, norm: "bias", "bn" or "none", widths}.
  // Gives {rows: one for each branch (and the 1×1 before a residual's sum), total, outShape}.
  function count(spec, settings) {
    const grid = [settings.grid].flat();
    const input = [settings.in, grid[0], grid.at(-1)];
    settings = { ...settings, widths: { ...settings.widths, in: settings.in } };
    const residual = spec.type === "residual";
    const parts = residual ? spec.body.layers : [spec];
    const rows = [];
    let shape = input;
    for (const part of parts) {
      if (part.type === "branches") {
        const outs = part.branches.map(({ name, family, node }) => {
          const layers = [];
          const outShape = walk(node, shape, settings, layers);
          rows.push({ name, family, outShape, layers, ...sum(layers) });
          return outShape;
        });
        shape = concatenated(outs);
      } else {
        const layers = [];
        shape = walk(part, shape, settings, layers);
        rows.push({ name: "back", family: "1x1", outShape: shape, layers, ...sum(layers) });
      }
    }
    if (residual && String(shape) !== String(input)) {
      throw new RangeError(`The sum needs ${input.join("×")}, the body gives ${shape.join("×")}.`);
    }
    return { rows, total: sum(rows), outShape: shape };
  }

  return { count };
})();

if (typeof module !== "undefined") module.exports = labCount;
