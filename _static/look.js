// Needs: il-look
// look.html: a picture, a network, a block; every change is computed and drawn at once.
(() => {
  "use strict";

  const REST = 400; // ms until what changed is read aloud
  const STEP = [0.5, 80]; // pixels that a moving shape goes at a time, and ms between two steps

  function open(root) {
    const { bookData, lookNet: net, lookPicture: picture, lookState: states, lookView: view } = globalThis;
    const { palette, networks, atlas } = JSON.parse(root.querySelector("#il-look-data").textContent);
    const find = (name) => root.querySelector(`[data-part="${name}"]`);
    const sliders = [...root.querySelectorAll("input[type=range]")];
    const pictures = [...root.querySelectorAll("[data-photo]")].map((one) => one.value);
    const state = { without: [], drawn: { ...states.FIRST } };
    let network = null;
    let branches = []; // as they are drawn
    let problems = [];
    let [asked, sorted, speaking, moving] = [0, false, 0, 0];

    const parts = { canvas: find("photo"), frame: find("frame"), square: find("square") };
    const source = globalThis.lookSource(parts, (square, stays) => {
      state.square = square;
      update({ again: stays, stays });
    });
    const drawn = () => states.isDrawn(state.picture);

    function tell(told) {
      problems = told;
      find("problems").textContent = told.map((one) => `${one}.`).join(" ");
    }

    // ---- showing ----

    /** What goes into the network. */
    function entering() {
      if (drawn()) return picture.stimulus({ kind: state.picture, ...state.drawn }, states.GRID);
      return picture.asInput(picture.resize(source.pixels(), state.square, network.side), network.side);
    }

    /** The controls of this kind of picture. */
    function arrange() {
      find("choice").value = state.picture;
      find("cut").hidden = drawn();
      find("shape").hidden = !drawn();
      find("size").textContent = { dot: "diameter", bar: "width", grating: "half period" }[state.picture] ?? "";
      const most = drawn() ? {} : source.limits();
      for (const slider of sliders) slider.max = most[slider.dataset.key] ?? slider.max;
      const side = drawn() ? states.GRID : network.side;
      find("side-in").textContent = `${side}×${side}`;
      find("made").textContent = drawn() ? "drawn by the page" : "the square, resized";
    }

    function placeSliders() {
      for (const slider of sliders) {
        const { key } = slider.dataset;
        const value = key in states.LIMITS ? state.drawn[key] : state.square?.[key];
        if (value === undefined) continue;
        if (Number(slider.value) !== value) slider.value = value;
        slider.nextElementSibling.textContent = `${value}${key === "angle" ? "°" : " px"}`;
        slider.setAttribute("aria-valuetext", `${value} ${key === "angle" ? "degrees" : "pixels"}`);
      }
      if (!drawn()) source.place(state.square);
    }

    /** The branches of the chosen stage, as sections whose maps are still empty. */
    function build() {
      const [, node, channels] = network.stages.find(([name]) => name === state.stage);
      const found = net.branches(node).map((branch) => ({
        ...branch, address: `${state.stage}.${branch.name}`, title: states.spoken(branch.name),
      }));
      if (node.type === "residual") found.push({ address: state.stage, title: "the sum", channels });
      if (node.type === "conv") {
        found.push({ address: state.stage, title: `${node.kernel.join("×")} convolution`, family: "3x3", channels });
      }
      branches = found.map((one) => {
        const names = network.names?.[one.name];
        const to = `atlas-${state.network}.html#${one.address.replace(".", "/")}`;
        return view.branch(one, {
          color: palette[one.family] ?? "var(--pst-color-text-muted)",
          name: (at) => names?.[at] ?? String(at),
          link: atlas.includes(state.network) ? (at) => bookData.address(`${to}/${at}`) : null,
          silence: one.name ? silence : null,
        });
      });
      find("branches").replaceChildren(...branches.map((one) => one.whole));
    }

    function show(again) {
      const shown = entering();
      const x = network.least === 0 ? { ...shown, data: shown.data.map((value) => (value + 1) / 2) } : shown;
      const silent = new Set(state.without);
      const whole = net.run(network, x);
      const { maps, scores } = silent.size ? net.run(network, x, silent) : whole;
      const most = Math.max(...branches.map(({ address }) => view.largest(maps[address].data)));
      view.paint(find("input"), shown, view.colors(shown));
      const how = { most, own: !find("alike").checked, again, picture: find("over").checked ? shown : null };
      for (const one of branches) view.fill(one, maps[one.address], { ...how, silent: silent.has(one.address) });
      for (const part of ["answers", "knows"]) find(part).hidden = !scores;
      find("restore").hidden = !silent.size;
      if (scores) {
        const shares = [net.softmax(whole.scores), silent.size ? net.softmax(scores) : null];
        view.answers(find("answers"), network.classes, ...shares);
        say(states.sentence(state.network, network.classes, ...shares, state.without));
      } else say("");
      root.result = { input: x, maps, scores: whole.scores, without: scores }; // for whoever wants the numbers
    }

    /** What is seen changes at once; it is read aloud when the changes rest. */
    function say(text) {
      find("line").textContent = text;
      clearTimeout(speaking);
      speaking = setTimeout(() => (find("said").textContent = text), REST);
    }

    /** Everything follows the state, once for each picture of the screen; the address, where it stays. */
    function update({ again = true, stays = true } = {}) {
      placeSliders();
      sorted ||= again;
      cancelAnimationFrame(asked);
      asked = requestAnimationFrame(() => {
        show(sorted);
        sorted = false;
      });
      if (stays) history.replaceState(null, "", states.format(state));
    }

    // ---- choices ----

    async function choose(name, square) {
      stop();
      state.picture = name;
      if (name === states.OWN) source.showOwn();
      else if (!drawn()) {
        try {
          await source.photograph(name, () => name === state.picture);
        } catch {
          return tell([`the photograph ${name} could not be loaded; choose it again`]);
        }
        if (name !== state.picture) return undefined;
      }
      if (!drawn()) {
        const { firstSquare, inside } = picture;
        const pixels = source.pixels();
        state.square = square ? inside(square, pixels) : firstSquare(pixels, name === states.OWN);
      }
      arrange();
      return update();
    }

    async function file(given) {
      try {
        await source.read(given);
      } catch {
        tell([`“${given.name}” is not a picture that this browser can read; save it as JPEG or PNG`]);
        return;
      }
      tell([]);
      offer(given.name);
      await choose(states.OWN);
      source.keep(given.name);
    }

    /** The reader's own picture is among the choices. */
    function offer(name) {
      find("own").hidden = false;
      find("own").textContent = `your own: ${name}`;
    }

    /** Another network, its stage of this name, and the branches that are silent. */
    async function enter(name, stage, without) {
      try {
        network = await bookData.load(`look/${name}`);
      } catch {
        tell([...problems, `the network ${name} could not be loaded; choose it again`]);
        return false;
      }
      state.network = name;
      const shown = states.shownStages(network);
      const known = network.stages.flatMap(([at, node]) => net.branches(node).map((one) => `${at}.${one.name}`));
      state.stage = shown.includes(stage) ? stage : states.firstStage(network, net.branches);
      state.without = without.filter((one) => known.includes(one));
      const wrong = [...(!stage || shown.includes(stage) ? [] : [stage]), ...without.filter((one) => !known.includes(one))];
      if (wrong.length) tell([...problems, `${name} has no ${wrong.map((one) => `“${one}”`).join(", ")}`]);
      find("network").value = name;
      find("title").textContent = name;
      find("accuracy").textContent = network.accuracy ? `${(100 * network.accuracy).toFixed(1)}%` : "";
      find("stages").replaceChildren(
        ...shown.map((at) => {
          const radio = view.element("input", { type: "radio", name: "il-look-stage", value: at });
          radio.checked = at === state.stage;
          return view.element("label", {}, radio, at);
        }),
      );
      find("blocks").hidden = shown.length < 2;
      find("hint").hidden = !atlas.includes(name);
      build();
      return true;
    }

    function silence(address) {
      const off = state.without.includes(address);
      state.without = off ? state.without.filter((one) => one !== address) : [...state.without, address];
      update({ again: false });
    }

    /** What the address says; a place on the page, such as a heading, says nothing. */
    async function read() {
      if (!location.hash.includes("=") && network) return;
      const given = states.parse(location.hash, networks, pictures);
      tell(given.problems);
      state.drawn = given.state.drawn;
      const name = given.state.network ?? root.dataset.network;
      if (!(await enter(name, given.state.stage, given.state.without))) return;
      const own = given.state.picture ? null : await source.again(); // no address names the reader's own picture
      if (own !== null) offer(own);
      await choose(given.state.picture ?? (own === null ? root.dataset.picture : states.OWN), given.state.square);
    }

    // ---- controls ----

    for (const slider of sliders) {
      slider.addEventListener("input", () => {
        const [key, value] = [slider.dataset.key, Number(slider.value)];
        if (key in states.LIMITS) state.drawn[key] = value;
        else state.square = source.changeTo(key, value);
        update({ again: false, stays: false });
      });
      slider.addEventListener("change", () => update());
    }

    function step() {
      state.drawn.place = states.moved(state.drawn.place, STEP[0]);
      update({ again: false, stays: false });
    }
    function stop() {
      if (!moving) return;
      clearInterval(moving);
      moving = 0;
      find("move").textContent = "Move it";
      update();
    }
    find("move").addEventListener("click", () => {
      if (moving) stop();
      else if (matchMedia("(prefers-reduced-motion: reduce)").matches) step(); // one press, one step
      else {
        moving = setInterval(step, STEP[1]);
        find("move").textContent = "Stop";
      }
    });

    find("choice").addEventListener("change", (event) => choose(event.target.value));
    find("network").addEventListener("change", async (event) => {
      tell([]);
      if (!(await enter(event.target.value, state.stage, []))) return;
      tell([]); // a stage that this network lacks was not asked for
      arrange();
      update();
    });
    find("stages").addEventListener("change", (event) => {
      state.stage = event.target.value;
      build();
      update();
    });
    find("file").addEventListener("change", (event) => event.target.files[0] && file(event.target.files[0]));
    for (const name of ["alike", "over"]) {
      find(name).addEventListener("change", () => update({ again: false, stays: false }));
    }
    find("restore").addEventListener("click", () => {
      state.without = [];
      update({ again: false });
      find("branches").querySelector("button")?.focus();
    });
    addEventListener("hashchange", read);
    root.querySelector(".il-look-all").hidden = false;
    read();
  }

  addEventListener("DOMContentLoaded", () => {
    const root = document.querySelector(".il-look");
    if (root) open(root);
  });
})();
