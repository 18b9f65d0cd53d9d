// Needs: il-look
// What look.html draws: the maps of each branch, the strongest first, and what the network answers.
(() => {
  "use strict";

  const BRIGHT = 255;
  const [PALE, FOUND] = [0.5, [255, 120, 0]]; // a map over the picture: how pale the picture is, the map's color

  function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  /** Red, green and blue of each pixel onto a canvas of as many pixels. */
  function paint(canvas, { width, height }, color) {
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    const image = new ImageData(width, height);
    for (let i = 0; i < width * height; i++) image.data.set([...color(i), BRIGHT], 4 * i);
    canvas.getContext("2d").putImageData(image, 0, 0);
  }

  /** Values as grays, from 0 as black to `high` as white. */
  function gray(values, high) {
    const scale = high > 0 ? BRIGHT / high : 0;
    return (i) => [values[i] * scale, values[i] * scale, values[i] * scale];
  }

  /** A pixel of the picture as the network gets it. */
  function colors({ data, height, width }) {
    const area = width * height;
    return (i) => [0, 1, 2].map((color) => (data[color * area + i] + 1) * 127.5);
  }

  /** A map over its picture: the picture in pale gray, more orange where the map is larger. */
  function over(values, map, high, picture) {
    const color = colors(picture);
    const place = (at, side, sides) => Math.floor((at * side) / sides);
    return (i) => {
      const row = place(Math.floor(i / picture.width), map.height, picture.height);
      const column = place(i % picture.width, map.width, picture.width);
      const share = high > 0 ? Math.min(Math.max(values[row * map.width + column] / high, 0), 1) : 0;
      const pale = BRIGHT * (1 - PALE) + (PALE * color(i).reduce((sum, one) => sum + one, 0)) / 3;
      return FOUND.map((one) => pale * (1 - share + (share * one) / BRIGHT));
    };
  }

  const channel = (map, at) => map.data.subarray(at * map.height * map.width, (at + 1) * map.height * map.width);
  const largest = (values) => values.reduce((most, value) => Math.max(most, value), 0);

  /** The channels of a map, the strongest first: [[channel, largest value]]. */
  function strongest(map) {
    const found = Array.from({ length: map.channels }, (_, at) => [at, largest(channel(map, at))]);
    return found.sort(([a, one], [b, other]) => other - one || a - b);
  }

  /**
   * A branch and places for its maps. `link(channel)` is the address of a channel, `name(channel)` its
   * name; `silence(address)` is called by its button. Without `link` or `silence` there is none.
   */
  function branch({ address, title, channels }, { color, link, name, silence }) {
    const list = element("ul", { class: "il-look-maps il-roving" });
    for (let at = 0; at < channels; at++) {
      const box = element(link ? "a" : "span", { "data-channel": at });
      if (link) box.tabIndex = at ? -1 : 0;
      box.append(element("canvas", { "aria-hidden": "true" }), element("span"));
      list.append(element("li", {}, box));
    }
    const swatch = element("span", { class: "il-swatch" });
    swatch.style.background = color;
    const button = element("button", { type: "button", "aria-pressed": "false" }, "Silence");
    button.setAttribute("aria-label", `Silence ${title}`);
    button.addEventListener("click", () => silence(address));
    const count = `${channels} ${channels === 1 ? "channel" : "channels"}`;
    const head = element("div", { class: "il-look-head" }, element("strong", {}, swatch, title), element("small", {}, count));
    if (silence) head.append(button);
    const whole = element("section", { class: "il-look-branch", "data-address": address, "aria-label": title }, head, list);
    return { whole, list, button, address, link, name, order: null };
  }

  /** Draw a branch's maps, over `picture` if it is given. With `again` the strongest come first; else each channel keeps its place. */
  function fill(made, map, { most, own, again, silent, picture }) {
    made.button.setAttribute("aria-pressed", silent);
    if (again || !made.order) made.order = strongest(map).map(([at]) => at);
    [...made.list.children].forEach((item, i) => {
      const box = item.firstChild;
      const at = made.order[i];
      const values = channel(map, at);
      const top = largest(values);
      const name = made.name(at);
      if (box.dataset.channel !== String(at) || !box.lastChild.textContent) {
        box.dataset.channel = at;
        box.lastChild.textContent = name;
        if (made.link) box.href = made.link(at);
      }
      box.title = `channel ${name}, at most ${top.toPrecision(3)}`;
      box.classList.toggle("il-look-dark", top <= 0);
      const high = own ? top : most;
      if (picture) paint(box.firstChild, picture, over(values, map, high, picture));
      else paint(box.firstChild, map, gray(values, high));
    });
  }

  /** The table of the answers: a row for each class, a bar for each share. */
  function answers(table, classes, whole, rest) {
    const { percent } = globalThis.lookState;
    const best = (shares) => shares?.indexOf(Math.max(...shares));
    const cell = (shares, i) => {
      const made = element("td", {}, percent(shares[i]));
      made.style.setProperty("--share", shares[i]);
      if (i === best(shares)) made.className = "il-look-best";
      return made;
    };
    table.tHead.rows[0].cells[2].hidden = !rest;
    table.tBodies[0].replaceChildren(
      ...classes.map((name, i) =>
        element("tr", {}, element("th", { scope: "row" }, name), cell(whole, i), ...(rest ? [cell(rest, i)] : [])),
      ),
    );
  }

  const look = { answers, branch, colors, element, fill, gray, largest, over, paint, strongest };
  if (typeof module !== "undefined") module.exports = look;
  if (typeof document !== "undefined") globalThis.lookView = look;
})();
