// Needs: il-look
// What look.html draws: the maps of each branch, the strongest first, and what the network answers.
(() => {
  "use strict";

  const BRIGHT = 255;

  function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  /** Gray values, from `low` as black to `high` as white, onto a canvas of as many pixels. */
  function paint(canvas, values, { width, height }, low, high) {
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    const image = new ImageData(width, height);
    const scale = high > low ? BRIGHT / (high - low) : 0;
    for (let i = 0; i < values.length; i++) {
      image.data.fill((values[i] - low) * scale, 4 * i, 4 * i + 3);
      image.data[4 * i + 3] = BRIGHT;
    }
    canvas.getContext("2d").putImageData(image, 0, 0);
  }

  /** The picture as the network gets it, in color. */
  function paintInput(canvas, { data, height, width }) {
    [canvas.width, canvas.height] = [width, height];
    const image = new ImageData(width, height);
    const area = width * height;
    for (let i = 0; i < area; i++) {
      for (const color of [0, 1, 2]) image.data[4 * i + color] = (data[color * area + i] + 1) * 127.5;
      image.data[4 * i + 3] = BRIGHT;
    }
    canvas.getContext("2d").putImageData(image, 0, 0);
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

  /** Draw a branch's maps. With `again` the strongest come first; else each channel keeps its place. */
  function fill(made, map, { most, own, again, silent }) {
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
      paint(box.firstChild, values, map, 0, own ? top : most);
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

  const look = { answers, branch, element, fill, largest, paint, paintInput, strongest };
  if (typeof module !== "undefined") module.exports = look;
  if (typeof document !== "undefined") globalThis.lookView = look;
})();
