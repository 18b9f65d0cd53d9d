// Needs: il-atlas
// The atlas of a network: a tile for each channel; the chosen one opens below its branch.
(() => {
  "use strict";

  const SIDE = 32; // pixels of a crop, as the networks read it
  const HEARD = { most: "strongest crop" }; // what an order is called, where it is no measure

  function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  const button = (words, click) => {
    const made = element("button", { type: "button" }, words);
    made.addEventListener("click", click);
    return made;
  };

  function drawing(values, says) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const width = 9 * values.length;
    for (const [key, value] of Object.entries({ viewBox: `0 0 ${width} 24`, width, height: 24, role: "img", "aria-label": says })) {
      svg.setAttribute(key, value);
    }
    const path = document.createElementNS(svg.namespaceURI, "path");
    path.setAttribute("d", globalThis.atlasData.bars(values));
    svg.append(path);
    return svg;
  }

  function open(root, data) {
    const { atlasData: tell, bookData: { address } } = globalThis;
    const { network } = data;
    const groups = Object.fromEntries(data.groups.map((group) => [group.at, group.channels]));
    const fields = Object.fromEntries(data.groups.map((group) => [group.at, group]));
    const sheets = Object.fromEntries([...root.querySelectorAll("[data-at]")].map((list) => [list.dataset.at, list]));
    const places = [...root.querySelectorAll("[data-at] a")].map((link) => link.hash.slice(1));
    const problems = root.querySelector(".il-problems");
    const [sort, show] = ["sort", "show"].map((name) => root.querySelector(`[data-part="${name}"]`));
    const panel = element("div", { class: "il-atlas-panel", role: "region", "aria-label": "the chosen channel" });
    const tile = (text) => document.getElementById(text);
    let chosen = "";

    const cropsOf = (channel) => channel.crops.map((i) => data.crops[i]);

    function paint(box, crop) {
      const { name, size, position } = tell.cut(crop, data.photos);
      Object.assign(box.style, {
        backgroundImage: `url("${address(`_static/photos/${name}.webp`)}")`, backgroundSize: size, backgroundPosition: position,
      });
    }

    // ---- tiles ----

    /** The order of all tiles, the value below each, and what each shows. */
    function arrange() {
      for (const [at, list] of Object.entries(sheets)) {
        const order = tell.sorted(groups[at], sort.value);
        const tiles = order.map((channel) => tile(tell.path(at, channel)));
        list.append(...tiles.map((one) => one.parentElement));
        tiles.forEach((one, i) => {
          const channel = groups[at][order[i]];
          const value = sort.value === "number" ? "" : tell.shown(tell.valueOf(channel, sort.value));
          one.tabIndex = i ? -1 : 0;
          one.querySelector("small")?.remove();
          if (value) one.append(element("small", {}, value));
          const box = one.querySelector("i");
          const [crop] = cropsOf(channel);
          box.classList.toggle("il-atlas-none", show.value === "crop" && !crop);
          if (show.value === "crop" && crop) paint(box, crop);
          else Object.assign(box.style, { backgroundImage: "", backgroundSize: "", backgroundPosition: "" });
        });
      }
      const current = chosen && tile(chosen);
      if (current) keep(current);
    }

    /** The chosen tile is the stop of its list. */
    function keep(current) {
      for (const link of current.closest("ul").querySelectorAll("a")) link.tabIndex = link === current ? 0 : -1;
    }

    // ---- the panel ----

    function crops(at, channel) {
      const found = cropsOf(channel);
      if (!found.length) return element("p", {}, "No crop of the test half excites this channel.");
      const stage = at.split(".")[0];
      const items = found.map((crop, i) => {
        const [photo, ...square] = crop;
        const [name] = data.photos[photo];
        const box = element("i", { role: "img", "aria-label": `crop of ${name}, ${square[2]} pixels wide` });
        paint(box, crop);
        const spot = tell.spot(channel.places[i], fields[at], SIDE);
        if (spot) {
          const frame = element("b");
          Object.assign(frame.style, spot);
          box.append(frame);
        }
        const to = address(`look.html#network=${network}&stage=${stage}&picture=${name}&square=${square}`);
        return element("li", {}, element("a", { href: to }, box, name));
      });
      const says = `Most exciting crops (${tell.counted(found, data.photos)})`;
      return element("div", {}, element("p", {}, element("strong", {}, says)), element("ul", { class: "il-atlas-crops" }, ...items));
    }

    function measures(channel) {
      const rows = tell.MEASURES.map((name, i) => {
        const [value, values, labels] = [channel.measures[i], channel.answers[i], data.axes[name]];
        const term = element("a", { href: address(`${data.explained}#${name}`) }, name);
        const bars = value === null ? "" : drawing(values, tell.heard(name, value, values, labels));
        const range = value === null ? "" : `${labels[0]} … ${labels.at(-1)}`;
        return element("tr", {}, element("th", { scope: "row" }, term), element("td", {}, tell.shown(value)), element("td", {}, bars), element("td", {}, range));
      });
      return element("table", {}, element("tbody", {}, ...rows));
    }

    function follows(channel) {
      if (channel.speaks) {
        const [most, least] = channel.speaks.map(([name, weight]) => `${data.classes[name]} (${tell.shown(weight)})`);
        return element("p", {}, `Its mean goes straight to the classes: most for ${most}, most against ${least}.`);
      }
      const items = channel.next.map((one) => {
        const link = element("a", { href: `#${tell.path(one[0], one[1])}` }, `${tell.spoken(one[0])} ${one[1]}`);
        return element("li", {}, link, ` ${tell.weighs(one)}`);
      });
      return element("div", {}, element("p", {}, element("strong", {}, "Weighed most by")), element("ul", { class: "il-atlas-next" }, ...items));
    }

    function pictures(text, channel) {
      const made = element("i", { role: "img", "aria-label": "picture made by gradient for this channel" });
      made.style.cssText = tile(text).querySelector("i").style.cssText;
      Object.assign(made.style, { backgroundImage: "", backgroundSize: "", backgroundPosition: "" });
      const parts = [element("figure", {}, made, element("figcaption", {}, tell.times(channel)))];
      if (channel.filter) {
        const cells = channel.filter.map((color) => {
          const cell = element("b");
          cell.style.background = `#${color}`;
          return cell;
        });
        const kernel = element("span", { class: "il-atlas-kernel", role: "img", "aria-label": "its 3×3 kernel in color" }, ...cells);
        parts.push(element("figure", {}, kernel, element("figcaption", {}, "kernel")));
      }
      return element("div", { class: "il-atlas-made" }, ...parts);
    }

    function fill(text, { at, channel }) {
      const told = groups[at][channel];
      const place = places.indexOf(text);
      const step = (words, to) => {
        const made = button(words, () => (location.hash = places[to]));
        made.disabled = !places[to];
        return made;
      };
      const look = address(`look.html#network=${network}&stage=${at.split(".")[0]}`);
      const title = element("p", { class: "il-atlas-title" }, element("strong", {}, `${tell.spoken(at)}, channel ${channel}`));
      const number = tell.inStage(at, channel, data.groups);
      if (number) title.append(element("small", {}, number));
      title.append(step("Previous", place - 1), step("Next", place + 1), button("Close", close));
      panel.replaceChildren(
        title,
        element("div", { class: "il-atlas-parts" }, pictures(text, told), crops(at, told), measures(told), follows(told)),
        element("p", {}, element("a", { href: look }, "Look through this block with a picture of your own")),
      );
    }

    function close() {
      const last = chosen;
      choose("");
      history.replaceState(null, "", location.pathname + location.search);
      tile(last)?.focus({ preventScroll: true });
    }

    function choose(asked) {
      const found = asked && tell.find(asked, data.groups);
      const text = found ? tell.path(found.at, found.channel) : asked;
      for (const one of root.querySelectorAll("[aria-current]")) one.removeAttribute("aria-current");
      problems.textContent = text && !found && text.includes("/") ? `${network} has no channel “${text}”.` : "";
      chosen = found ? text : "";
      if (!found) {
        panel.remove();
        return;
      }
      const current = tile(text);
      current.setAttribute("aria-current", "true");
      keep(current);
      fill(text, found);
      current.closest("ul").after(panel);
      current.scrollIntoView({ block: "nearest", behavior: "instant" });
      panel.scrollIntoView({ block: "nearest", behavior: "instant" });
    }

    root.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && chosen) close();
    });
    addEventListener("hashchange", () => choose(decodeURIComponent(location.hash.slice(1))));
    for (const select of [sort, show]) select.addEventListener("change", arrange);
    sort.addEventListener("change", () => {
      const name = sort.selectedOptions[0].textContent;
      root.querySelector("[role=status]").textContent = `Sorted by ${HEARD[sort.value] ?? name}.`;
    });
    root.querySelector(".il-atlas-tools").hidden = false;
    arrange();
    choose(decodeURIComponent(location.hash.slice(1)));
  }

  addEventListener("DOMContentLoaded", async () => {
    const root = document.querySelector(".il-atlas");
    if (!root) return;
    const data = await globalThis.bookData.load(`atlas/${root.dataset.network}`).catch(() => null);
    if (data) open(root, data);
    else root.querySelector(".il-problems").textContent = "The data of this atlas could not be loaded. Reload the page to try again.";
  });
})();
