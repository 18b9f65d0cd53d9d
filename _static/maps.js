// Needs: il-stage
// Maps of networks to explore: pointer, touch or keyboard on a stage shows its numbers and its block
// diagram below the map. Without scripts a map is a picture with titles.
(() => {
  "use strict";

  const GLOSSARY = {
    parameters: "parameter",
    MACs: "mac",
    "receptive field": "receptive-field",
    stride: "stride",
  };
  const HINT =
    "Choose a stage to see its numbers and its block: click or tap it, or use the arrow keys.";
  const MARGIN = 6; // around the picture, so that the frame of a row does not touch its words
  const PAUSE = 1000; // ms: a letter typed later begins another name
  let panels = 0;

  function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  const button = (words) => element("button", { type: "button" }, words);

  /** A frame around a row, over the whole width of the map. It also catches the pointer. */
  function frame(row, width) {
    const bars = [...row.querySelectorAll("rect")];
    const top = Math.min(...bars.map((bar) => bar.y.baseVal.value));
    const bottom = Math.max(...bars.map((bar) => bar.y.baseVal.value + bar.height.baseVal.value));
    const height = Math.max(bottom - top + 4, 20);
    const rect = document.createElementNS(row.namespaceURI, "rect");
    rect.setAttribute("class", "il-frame");
    rect.setAttribute("x", 2 - MARGIN);
    rect.setAttribute("y", (top + bottom - height) / 2);
    rect.setAttribute("width", width + 2 * MARGIN - 4);
    rect.setAttribute("height", height);
    rect.setAttribute("rx", 4);
    return rect;
  }

  /** The picture becomes a list box: one stop for the Tab key, arrow keys within. */
  function makeList(svg, rows) {
    const { width, height } = svg.viewBox.baseVal;
    svg.setAttribute("viewBox", `${-MARGIN} 0 ${width + 2 * MARGIN} ${height}`);
    svg.setAttribute("width", width + 2 * MARGIN);
    svg.setAttribute("role", "listbox");
    svg.setAttribute("aria-label", svg.getAttribute("aria-label").split(":")[0]);
    for (const row of rows) {
      const words = [...row.querySelectorAll("text")].map((text) => text.textContent);
      row.setAttribute("role", "option");
      row.setAttribute("aria-label", [...new Set([row.dataset.stage, ...words])].join(", "));
      row.prepend(frame(row, width));
    }
  }

  /** The panel below a map, and how to fill it. */
  function makePanel() {
    const hint = element("p", {}, HINT);
    const facing = element("div", { role: "status" });
    const [pin, close] = [button("Pin"), button("Close")];
    const compare = element("a", {}, "Compare networks");
    const tools = element("p", { class: "il-tools" }, pin, close, compare);
    const picture = element("div");
    const id = `il-panel-${++panels}`;
    const panel = element("div", { class: "il-panel", id }, hint, tools, facing, picture);

    function mark(open, pinned) {
      hint.hidden = open;
      tools.hidden = !open;
      pin.setAttribute("aria-pressed", pinned);
      if (!open) empty("");
    }

    function empty(words) {
      facing.replaceChildren(words);
      picture.replaceChildren();
    }

    function fill(name, network, stage) {
      const { facts, layers } = globalThis.inceptionMaps;
      const { address } = globalThis.bookData;
      const { what, diagram } = network.stages[stage];
      const list = element("dl");
      for (const [term, value] of facts(network, stage)) {
        const link = { href: address(`glossary.html#${GLOSSARY[term]}`) };
        const words = term in GLOSSARY ? element("a", link, term) : term;
        list.append(element("div", {}, element("dt", {}, words), element("dd", {}, value)));
      }
      const title = element("p", {}, element("strong", {}, stage), ` ${what}`);
      facing.replaceChildren(title, list);
      picture.innerHTML = network.diagrams[diagram] ?? "";
      const said = layers(network.stages[stage]).map((line) => element("li", {}, line));
      if (said.length) picture.append(element("ol", {}, ...said));
      for (const box of picture.querySelectorAll(".il-drawing")) {
        const beyond = box.scrollWidth - box.clientWidth;
        box.tabIndex = beyond > 0 ? 0 : -1;
        box.scrollLeft = beyond / 2; // the input is in the middle
      }
      compare.href = address(`maps.html#left=${name}&stage=${stage}`);
    }

    return { panel, pin, close, compare, mark, empty, fill };
  }

  /**
   * Make the map in `box` one that can be explored.
   *
   * `changed(stage)` is called when a stage was chosen, with "" when none is. With `alone` a pointer
   * that only passes opens nothing, since everything below would jump. Returns `choose(stage)`,
   * which pins a stage and says whether there is one of this name.
   */
  function explore(box, { changed = () => {}, alone = true } = {}) {
    const svg = box.querySelector("svg[data-network]");
    const name = svg.dataset.network;
    const rows = [...svg.querySelectorAll(".il-stage")];
    const stages = rows.map((row) => row.dataset.stage);
    const { panel, pin, close, compare, ...below } = makePanel();
    const whole = element("div", { class: "il-map" });
    let chosen = -1;
    let pinned = false;
    let typed = ""; // the beginning of a stage's name
    let last = -Infinity;

    makeList(svg, rows);
    svg.setAttribute("aria-controls", panel.id);
    box.replaceWith(whole);
    box.removeAttribute("tabindex"); // its rows can be reached
    whole.append(box, panel);
    if (!alone) compare.remove();

    function mark() {
      const stop = chosen < 0 ? Math.max(rows.indexOf(document.activeElement), 0) : chosen;
      rows.forEach((row, i) => {
        row.setAttribute("aria-selected", i === chosen);
        row.setAttribute("tabindex", i === stop ? 0 : -1);
      });
      whole.classList.toggle("il-open", chosen >= 0);
      whole.classList.toggle("il-pinned", pinned);
      below.mark(chosen >= 0, pinned);
    }

    /** Bring the chosen row into its box, and the box with the panel onto the screen. */
    function reveal(opened) {
      const row = rows[chosen].getBoundingClientRect();
      const area = box.getBoundingClientRect();
      if (row.top < area.top || row.bottom > area.bottom) {
        box.scrollTop += row.top + row.height / 2 - area.top - area.height / 2;
      }
      const { top, bottom } = whole.getBoundingClientRect();
      if (opened && (top < 0 || bottom > innerHeight)) {
        whole.scrollIntoView({ block: "start", behavior: "instant" });
      }
    }

    async function show(at, passing = false) {
      const opened = chosen < 0;
      chosen = at;
      mark();
      try {
        const network = await globalThis.bookData.load(`maps/${name}`);
        if (chosen !== at) return; // another one was chosen meanwhile
        below.fill(name, network, stages[at]);
      } catch {
        below.empty("The numbers of this map could not be loaded. Reload the page to try again.");
      }
      if (!passing) reveal(opened);
      changed(stages[at]);
    }

    function hide() {
      rows[chosen].focus({ preventScroll: true });
      [chosen, pinned] = [-1, false];
      mark();
      changed("");
    }

    function press(at) {
      pinned = !(pinned && at === chosen);
      show(at);
    }

    svg.addEventListener("click", (event) => {
      const at = rows.indexOf(event.target.closest(".il-stage"));
      if (at < 0) return;
      press(at);
      rows[at].focus({ preventScroll: true });
    });

    let rest = ""; // a pointer that rests while the page moves below it chooses nothing
    svg.addEventListener("pointermove", (event) => {
      const place = `${event.clientX} ${event.clientY}`;
      const moved = event.pointerType === "mouse" && place !== rest;
      const at = rows.indexOf(event.target.closest(".il-stage"));
      rest = place;
      if (moved && !pinned && at >= 0 && at !== chosen && (chosen >= 0 || !alone)) show(at, true);
    });

    /** The row that a key leads to: by its direction, or as a part of a stage's name. */
    function lead(event, at) {
      const { move, seek } = globalThis.inceptionMaps;
      if (event.key.length > 1 || event.key === " ") return move(event.key, at, rows.length);
      typed = event.timeStamp - last < PAUSE ? typed + event.key : event.key;
      last = event.timeStamp;
      const found = seek(typed, at, stages);
      return found < 0 ? undefined : found;
    }

    svg.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const at = rows.indexOf(event.target);
      const next = lead(event, at);
      if (next !== undefined) {
        show(next);
        rows[next].focus({ preventScroll: true });
      } else if (event.key === "Enter" || event.key === " ") {
        press(at);
      } else return;
      event.preventDefault();
    });

    whole.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && chosen >= 0) hide();
    });
    close.addEventListener("click", hide);
    pin.addEventListener("click", () => {
      pinned = !pinned;
      mark();
    });

    mark();
    return (stage) => {
      pinned = stages.includes(stage);
      if (pinned) show(stages.indexOf(stage));
      return pinned;
    };
  }

  globalThis.inceptionMaps = Object.assign(globalThis.inceptionMaps ?? {}, { explore });
  addEventListener("DOMContentLoaded", () => {
    for (const svg of document.querySelectorAll("svg[data-network]")) {
      // maps-page.js looks after its own
      if (!svg.closest(".il-maps")) explore(svg.closest(".il-drawing"));
    }
  });
})();
