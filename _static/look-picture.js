// Needs: il-look
// The picture that goes in: a square of a photograph, made as small as a network takes it, or a shape
// that is drawn. The numbers are those of the package: Pillow's bilinear resizing and `il.stimuli`.
(() => {
  "use strict";

  const PRECISION = 22; // bits after the point of Pillow's weights

  /** For each place of a row of `size`: which pixels from `from` to `to` it reads, and their weights. */
  function weights(length, from, to, size) {
    const scale = (to - from) / size;
    const reach = Math.max(scale, 1); // of the triangle, to each side
    const slope = 1 / reach;
    return Array.from({ length: size }, (_, place) => {
      const middle = from + (place + 0.5) * scale;
      const first = Math.max(Math.trunc(middle - reach + 0.5), 0);
      const last = Math.min(Math.trunc(middle + reach + 0.5), length);
      const shares = [];
      for (let i = first; i < last; i++) {
        shares.push(Math.max(1 - Math.abs((i - middle + 0.5) * slope), 0));
      }
      const sum = shares.reduce((total, share) => total + share, 0);
      return { first, shares: shares.map((one) => Math.trunc(0.5 + (one / sum) * 2 ** PRECISION)) };
    });
  }

  const toByte = (sum) => Math.min(Math.max(Math.floor(sum / 2 ** PRECISION), 0), 255);

  /**
   * A square of a picture, resized as Pillow's BILINEAR does it: each new pixel is the mean of what it
   * covers, weighted with a triangle; along the rows, then along the columns, each in bytes. (Pillow
   * begins with the columns where that is less work, and may then differ by one.)
   *
   * @param pixels {data, width, height}: red, green, blue and alpha of each pixel, as a canvas has them.
   * @param square {left, top, side} in pixels. @param size side of what comes out.
   * @returns bytes, (3, size, size).
   */
  function resize({ data, width, height }, { left, top, side }, size) {
    const across = weights(width, left, left + side, size);
    const down = weights(height, top, top + side, size);
    const [firstRow, last] = [down[0].first, down.at(-1)];
    const rows = last.first + last.shares.length - firstRow;
    const out = new Uint8ClampedArray(3 * size * size);
    const between = new Uint8ClampedArray(rows * size);
    for (let color = 0; color < 3; color++) {
      for (let y = 0; y < rows; y++) {
        for (let x = 0; x < size; x++) {
          const { first, shares } = across[x];
          let sum = 2 ** (PRECISION - 1);
          let at = ((firstRow + y) * width + first) * 4 + color;
          for (let i = 0; i < shares.length; i++, at += 4) sum += shares[i] * data[at];
          between[y * size + x] = toByte(sum);
        }
      }
      for (let y = 0; y < size; y++) {
        const { first, shares } = down[y];
        for (let x = 0; x < size; x++) {
          let sum = 2 ** (PRECISION - 1);
          let at = (first - firstRow) * size + x;
          for (let i = 0; i < shares.length; i++, at += size) sum += shares[i] * between[at];
          out[(color * size + y) * size + x] = toByte(sum);
        }
      }
    }
    return out;
  }

  /** Bytes (3, size, size) as a network takes them, from −1 to 1. */
  const asInput = (bytes, size) => ({
    data: Float32Array.from(bytes, (byte) => byte / 127.5 - 1),
    channels: 3,
    height: size,
    width: size,
  });

  /**
   * A white shape on black, as `il.stimuli` draws it, and moved.
   *
   * @param kind "dot", "bar" or "grating". @param size diameter, width or half period, in pixels.
   * @param angle degrees along which a bar or a grating varies, and along which all of them move.
   * @param place pixels from the middle. @param grid side of the picture, odd.
   * @returns (3, grid, grid), from −1 to 1.
   */
  function stimulus({ kind, size, angle, place }, grid) {
    const turn = (angle * Math.PI) / 180;
    const [right, down] = [Math.cos(turn), Math.sin(turn)];
    const shape = {
      dot: (x, y) => Number(Math.hypot(x - place * right, y - place * down) <= size / 2 + 1e-9),
      bar: (x, y) => Number(Math.abs(x * right + y * down - place) <= size / 2 + 1e-9),
      grating: (x, y) => 0.5 + 0.5 * Math.cos((Math.PI * (x * right + y * down - place)) / size),
    }[kind];
    const area = grid * grid;
    const data = new Float32Array(3 * area);
    const middle = Math.floor(grid / 2);
    for (let i = 0; i < area; i++) {
      data[i] = 2 * Math.fround(shape((i % grid) - middle, Math.floor(i / grid) - middle)) - 1;
    }
    for (const color of [1, 2]) data.copyWithin(color * area, 0, area);
    return { data, channels: 3, height: grid, width: grid };
  }

  /** The square that a picture begins with: 96 pixels right of its middle, or all of it that is square. */
  function firstSquare({ width, height }, whole) {
    const most = Math.min(width, height);
    const side = whole ? most : Math.min(96, most);
    const middle = whole ? width / 2 : (width + side) / 2 + 4; // no network was trained on that half
    return inside({ left: middle - side / 2, top: (height - side) / 2, side }, { width, height });
  }

  /** The nearest square that lies in the picture, in whole pixels. */
  function inside({ left, top, side }, { width, height }) {
    const within = (value, most) => Math.min(Math.max(Math.round(value), 0), most);
    const kept = Math.max(within(side, Math.min(width, height)), 1);
    return { left: within(left, width - kept), top: within(top, height - kept), side: kept };
  }

  const look = { asInput, firstSquare, inside, resize, stimulus };
  if (typeof module !== "undefined") module.exports = look;
  if (typeof document !== "undefined") globalThis.lookPicture = look;
})();
