// Needs: il-maps
// Two networks side by side: their maps, a comparison, and the choice in the page's address.
(() => {
  "use strict";

  const START = { left: "googlenet", right: "inception_v3" };
  const state = {};
  let problems = []; // of the address

  function tell() {
    const [wrong, ...others] = problems;
    const said = wrong ? [`Part of the address could not be read: ${wrong}`, ...others] : [];
    document.querySelector(".il-maps-problems").textContent = said.map((one) => `${one}.`).join(" ");
  }

  /** The address follows the choice, once a pointer that passes over a map has come to rest. */
  let timer;
  function remember() {
    clearTimeout(timer);
    const before = location.href;
    timer = setTimeout(() => {
      // an address that came meanwhile, and is not read yet, is not written over
      if (location.href === before) history.replaceState(null, "", globalThis.inceptionMaps.writeState(state));
    }, 200);
  }

  /** Write what differs into the empty cells of the page's table. */
  async function compare(table) {
    const { left, right } = state;
    const both = await Promise.all([left, right].map((name) => globalThis.bookData.load(`maps/${name}`)));
    if (left !== state.left || right !== state.right) return; // another choice was made meanwhile
    const counted = globalThis.inceptionMaps.compare(...both);
    const write = (row, words) => {
      words.forEach((word, i) => (row.cells[i + 1].textContent = word));
    };
    write(
      table.tHead.rows[0],
      both.map((network) => network.title),
    );
    for (const row of table.tBodies[0].rows) write(row, counted[row.cells[0].textContent]);
    table.hidden = false;
  }

  /** Draw the map of one side, and choose its stage where the state names one. */
  async function draw(whole, side) {
    const name = state[side];
    const key = `${side}Stage`;
    const network = await globalThis.bookData.load(`maps/${name}`);
    if (name !== state[side]) return;
    const place = whole.querySelector(`.il-side[data-side="${side}"] .il-place`);
    place.innerHTML = network.map;
    const choose = globalThis.inceptionMaps.explore(place.firstElementChild, {
      alone: false,
      changed: (stage) => {
        state[key] = stage;
        remember();
      },
    });
    if (choose(state[key])) return;
    if (state[key]) {
      problems.push(`${network.title} has no stage “${state[key]}”`);
      tell();
    }
    state[key] = "";
  }

  addEventListener("DOMContentLoaded", () => {
    const whole = document.querySelector(".il-maps");
    const table = whole.querySelector("table");
    const selects = Object.fromEntries(
      ["left", "right"].map((side) => [side, document.getElementById(`il-${side}`)]),
    );
    const names = [...selects.left.options].map((option) => option.value);

    function update(...sides) {
      for (const side of sides) {
        selects[side].value = state[side];
        draw(whole, side);
      }
      compare(table);
    }

    /** What the address says; a place on the page, such as a heading, says nothing. */
    function read() {
      const given = globalThis.inceptionMaps.readState(location.hash, names);
      if (!location.hash.includes("=") && state.left) return;
      clearTimeout(timer); // an earlier choice must not overwrite a newer address
      problems = given.problems;
      tell();
      Object.assign(state, { leftStage: "", rightStage: "" }, START, given.state);
      update("left", "right");
    }

    for (const [side, select] of Object.entries(selects)) {
      select.addEventListener("change", () => {
        state[side] = select.value;
        state[`${side}Stage`] = "";
        problems = [];
        tell();
        update(side);
        remember();
      });
    }
    for (const part of whole.querySelectorAll("[hidden]:not(table)")) part.hidden = false;
    addEventListener("hashchange", read);
    read();
  });
})();
