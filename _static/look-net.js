// Needs: il-look
// A small network in plain JavaScript: from its weights and a picture to the maps of every branch.
// tools/generated/look.py writes the networks, each into a script of data beside this file.
(() => {
  "use strict";

  const TAPS = 4; // products that are added at a time: the sum is read and written once for them

  /** Base64 of 32-bit floats, the lowest byte first, as 64-bit ones: nothing is converted later. */
  function decode(text) {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    return Float64Array.from(new Float32Array(bytes.buffer));
  }

  const map = (channels, height, width) => ({
    data: new Float32Array(channels * height * width),
    channels,
    height,
    width,
  });

  /** The map inside a frame of zeros, in 64 bits. */
  function framed(x, [down, right]) {
    const [height, width] = [x.height + 2 * down, x.width + 2 * right];
    const data = new Float64Array(x.channels * height * width);
    for (let row = 0; row < x.channels * x.height; row++) {
      const channel = Math.floor(row / x.height);
      const at = (channel * height + (row % x.height) + down) * width + right;
      data.set(x.data.subarray(row * x.width, (row + 1) * x.width), at);
    }
    return { data, height, width };
  }

  /** Where each weight of a kernel reads, counted from the place that is computed. */
  function offsets(node, height, width) {
    const found = [];
    for (let channel = 0; channel < node.in; channel++) {
      for (let y = 0; y < node.kernel[0]; y++) {
        for (let x = 0; x < node.kernel[1]; x++) found.push((channel * height + y) * width + x);
      }
    }
    return found;
  }

  /**
   * A convolution of stride 1 with its bias and ReLU. All places of a channel are computed at once,
   * a few weights at a time, over rows as wide as the frame: what lies in the frame is left out at
   * the end.
   */
  function conv(node, x, weights) {
    const { data, height, width } = framed(x, node.pads);
    const [rows, columns] = [height - node.kernel[0] + 1, width - node.kernel[1] + 1];
    const out = map(node.out, rows, columns);
    const reads = offsets(node, height, width);
    const count = (rows - 1) * width + columns;
    const sum = new Float64Array(count);
    for (let channel = 0; channel < node.out; channel++) {
      const first = node.at + channel * reads.length;
      sum.fill(weights[node.at + node.out * reads.length + channel]);
      let tap = 0;
      for (; tap + TAPS <= reads.length; tap += TAPS) {
        const [a, b, c, d] = [reads[tap], reads[tap + 1], reads[tap + 2], reads[tap + 3]];
        const [u, v] = [weights[first + tap], weights[first + tap + 1]];
        const [s, t] = [weights[first + tap + 2], weights[first + tap + 3]];
        for (let i = 0; i < count; i++) {
          sum[i] += u * data[a + i] + v * data[b + i] + s * data[c + i] + t * data[d + i];
        }
      }
      for (; tap < reads.length; tap++) {
        const [a, u] = [reads[tap], weights[first + tap]];
        for (let i = 0; i < count; i++) sum[i] += u * data[a + i];
      }
      const least = node.act === "relu" ? 0 : -Infinity;
      for (let y = 0; y < rows; y++) {
        const to = (channel * rows + y) * columns;
        for (let i = 0; i < columns; i++) out.data[to + i] = Math.max(sum[y * width + i], least);
      }
    }
    return out;
  }

  /** The largest value of each window; what lies beyond the edge is never the largest. */
  function maxPool({ kernel, stride, pads }, x) {
    const places = (side, axis) =>
      Math.floor((side + 2 * pads[axis] - kernel[axis]) / stride[axis]) + 1;
    const out = map(x.channels, places(x.height, 0), places(x.width, 1));
    let to = 0;
    for (let channel = 0; channel < x.channels; channel++) {
      for (let row = 0; row < out.height; row++) {
        const top = Math.max(row * stride[0] - pads[0], 0);
        const bottom = Math.min(row * stride[0] - pads[0] + kernel[0], x.height);
        for (let column = 0; column < out.width; column++) {
          const left = Math.max(column * stride[1] - pads[1], 0);
          const right = Math.min(column * stride[1] - pads[1] + kernel[1], x.width);
          let largest = -Infinity;
          for (let y = top; y < bottom; y++) {
            const at = (channel * x.height + y) * x.width;
            for (let i = left; i < right; i++) largest = Math.max(largest, x.data[at + i]);
          }
          out.data[to++] = largest;
        }
      }
    }
    return out;
  }

  function concatenated(parts) {
    const channels = parts.reduce((sum, part) => sum + part.channels, 0);
    const out = map(channels, parts[0].height, parts[0].width);
    let at = 0;
    for (const part of parts) {
      out.data.set(part.data, at);
      at += part.data.length;
    }
    return out;
  }

  /** input + scale · body, and ReLU. */
  function added(x, body, { scale, act }) {
    const out = map(x.channels, x.height, x.width);
    const least = act === "relu" ? 0 : -Infinity;
    for (let i = 0; i < out.data.length; i++) {
      out.data[i] = Math.max(x.data[i] + scale * body.data[i], least);
    }
    return out;
  }

  /** One part on what comes in. `seen` collects the maps of branches; a silent branch gives zeros. */
  function compute(node, x, address, { weights, silent, seen }) {
    const go = (inner, on, where = address) => compute(inner, on, where, { weights, silent, seen });
    switch (node.type) {
      case "conv":
        return conv(node, x, weights);
      case "max_pool":
        return maxPool(node, x);
      case "chain":
        return node.layers.reduce((on, layer) => go(layer, on), x);
      case "residual":
        return added(x, go(node.body, x), node);
      case "branches": {
        const parts = node.branches.map((branch) => {
          const where = `${address}.${branch.name}`;
          const found = go(branch.node, x, where);
          if (silent.has(where)) found.data = new Float32Array(found.data.length);
          seen[where] = found;
          return found;
        });
        return concatenated(parts);
      }
      default:
        throw new Error(`no part is called ${node.type}`);
    }
  }

  /** The scores of the classes: the mean of each map, and the linear layer. */
  function scores({ in: count, out, at }, x, weights) {
    const size = x.height * x.width;
    const means = Array.from({ length: count }, (_, channel) => {
      const values = x.data.subarray(channel * size, (channel + 1) * size);
      return values.reduce((sum, value) => sum + value, 0) / size;
    });
    return Array.from({ length: out }, (_, row) =>
      means.reduce((sum, mean, i) => sum + mean * weights[at + row * count + i], weights[at + out * count + row]),
    );
  }

  /**
   * The maps of a network, and its scores where it has classes.
   *
   * @param network as tools/generated/look.py describes it.
   * @param x {data, channels, height, width}: the picture, from −1 to 1.
   * @param silent addresses of branches that output zeros, such as "3a.5x5".
   * @returns {maps: {address: map}, scores: [number] or null}
   */
  function run(network, x, silent = new Set()) {
    network.numbers ??= decode(network.weights);
    const seen = {};
    const about = { weights: network.numbers, silent, seen };
    const last = network.stages.reduce((on, [name, node]) => {
      const found = compute(node, on, name, about);
      seen[name] = found;
      return found;
    }, x);
    return { maps: seen, scores: network.head ? scores(network.head, last, network.numbers) : null };
  }

  /** Scores as shares of 1. */
  function softmax(values) {
    const largest = Math.max(...values);
    const powers = values.map((value) => Math.exp(value - largest));
    const sum = powers.reduce((total, power) => total + power, 0);
    return powers.map((power) => power / sum);
  }

  /** The branches of a stage, wherever they are within it; none where it is one layer. */
  function branches(node) {
    if (node.type === "branches") return node.branches;
    if (node.type === "residual") return branches(node.body);
    return (node.layers ?? []).flatMap(branches);
  }

  const pure = { branches, run, softmax };
  if (typeof module !== "undefined") module.exports = pure;
  else globalThis.lookNet = pure;
})();
