// Needs: il-lab-data
// The cost lab: controls, what they change, and the address. Counting, settings and the table are
// in lab-count.js, lab-state.js and lab-view.js. It works without a server.
"use strict";

function openLab(root) {
  const { make } = labView;
  const data = JSON.parse(document.getElementById("il-lab-data").textContent);
  const own = root.dataset.page === ""; // on its own page the address records the state
  let state = labState.parse(root.dataset.start, data, null).state;
  let start = state;
  let touched = ""; // the control that made the last entry of the history
  let saying = 0;

  const parts = {
    widths: make("div", { class: "il-lab-widths" }),
    problems: make("p", { class: "il-lab-problems", role: "alert" }),
    said: make("p", { class: "il-lab-said", "aria-hidden": "true" }), // seen at once; read aloud is `aloud`
    aloud: make("p", { class: "il-unseen", role: "status" }),
    results: make("div", { class: "il-lab-box", role: "region", tabindex: "0", "aria-label": "Costs, branch by branch" }),
    changes: make("p", { class: "il-lab-changes" }),
    formulas: make("div", { class: "il-lab-box", role: "region", tabindex: "0", "aria-label": "Formulas, layer by layer" }),
    link: make("input", { type: "text", readonly: "", id: "il-lab-link" }),
    open: make("a", { href: root.dataset.page }, "Open it on its own page"),
    copied: make("span", { role: "status" }),
  };

  // ---- choices ----

  const chooser = (id, label, title) => {
    const select = make("select", { id: `il-lab-${id}`, title });
    return { select, box: make("label", { for: select.id }, make("span", {}, label), select) };
  };
  const preset = chooser("preset", "stage of a paper");
  const block = chooser("block", "block");
  const form = chooser("form", "");
  const norm = chooser("norm", "convolutions have");

  const option = (value, text) => make("option", { value }, text);
  const networks = new Map();
  for (const one of data.presets) {
    if (!networks.has(one.network)) networks.set(one.network, make("optgroup", { label: one.network }));
    networks.get(one.network).append(option(one.id, `${one.network}, ${one.stages}`));
  }
  preset.select.append(option("", "own settings"), ...networks.values());
  for (const [name, { title }] of Object.entries(data.blocks)) block.select.append(option(name, title));
  for (const [name, title] of Object.entries(labState.NORMS)) norm.select.append(option(name, title));

  preset.select.addEventListener("change", () => {
    const chosen = data.presets.find((one) => one.id === preset.select.value);
    if (chosen) start = labState.fromPreset(chosen);
    commit(chosen ? start : state, "preset");
  });
  block.select.addEventListener("change", () =>
    commit(labState.change(state, block.select.value, state.form, data), "block"),
  );
  form.select.addEventListener("change", () =>
    commit(labState.change(state, state.block, form.select.value, data), "form"),
  );
  norm.select.addEventListener("change", () => commit({ ...state, norm: norm.select.value }, "norm"));

  // ---- sliders and numbers ----

  // A slider and a number for each setting, in a group for each branch.
  function buildWidths() {
    const groups = new Map();
    for (const field of labState.fields(state, data)) {
      const title = field.group ?? "input";
      if (!groups.has(title)) {
        const swatch = make("span", { class: "il-lab-swatch" });
        if (field.family) swatch.style.background = data.palette[field.family];
        const legend = make("legend", {}, ...(field.family ? [swatch] : []), title);
        groups.set(title, make("fieldset", {}, legend));
      }
      groups.get(title).append(control(field));
    }
    parts.widths.replaceChildren(...groups.values());
    parts.widths.dataset.of = `${state.block} ${state.form}`;
  }

  function control({ key, name, label, most }) {
    const id = `il-lab-set-${key}`;
    const range = { min: 1, max: most, step: 1 };
    const number = make("input", { type: "number", id, inputmode: "numeric", "aria-label": name, ...range });
    const slider = make("input", { type: "range", "aria-label": `${name}, slider`, "data-key": key, ...range });
    for (const input of [number, slider]) {
      input.addEventListener("input", () => {
        const value = labState.whole(input.value, most);
        input.setAttribute("aria-invalid", String(!value));
        if (value) update(labState.set(state, key, value));
        else tell([`${name}: enter a whole number from 1 to ${most}. Still counted with ${fieldOf(key).value}`]);
      });
      input.addEventListener("change", () => commit(state, key));
    }
    return make("div", { class: "il-lab-field" }, make("label", { for: id }, label ?? name), slider, number);
  }

  const fieldOf = (key) => labState.fields(state, data).find((field) => field.key === key);

  // ---- showing a state ----

  function update(next, problems = []) {
    state = next;
    if (parts.widths.dataset.of !== `${state.block} ${state.form}`) buildWidths();
    for (const { key, value } of labState.fields(state, data)) {
      const number = document.getElementById(`il-lab-set-${key}`);
      const slider = parts.widths.querySelector(`[data-key="${key}"]`);
      for (const input of [number, slider]) {
        if (labState.whole(input.value, input.max) !== value) input.value = value;
        input.removeAttribute("aria-invalid");
      }
    }
    preset.select.value = labState.presetOf(state, data)?.id ?? "";
    block.select.value = state.block;
    norm.select.value = state.norm;
    const { key, label, values } = data.blocks[state.block].form;
    form.box.hidden = !key;
    form.box.firstChild.textContent = label;
    form.select.replaceChildren(...Object.entries(values).map(([value, text]) => option(value, text)));
    form.select.value = state.form;
    parts.link.value = parts.open.href = address();
    show(problems);
  }

  // What a state costs, or the RangeError that says why it cannot be counted.
  function countOf(one) {
    try {
      return labCount.count(labState.shape(one, data).spec, one);
    } catch (error) {
      if (error instanceof RangeError) return error;
      throw error;
    }
  }

  function show(problems) {
    const now = countOf(state);
    const fails = now instanceof RangeError;
    const then = countOf(start);
    const started = then instanceof RangeError ? undefined : then; // without a start there is nothing to compare with
    parts.results.replaceChildren(...(fails ? [] : [labView.table(now, started, data.palette)]));
    parts.formulas.replaceChildren(...(fails ? [] : [labView.formulas(now)]));
    parts.changes.textContent = changed(started);
    say(fails ? "" : labView.sentence(now, started));
    tell(fails ? [...problems, now.message] : problems);
  }

  function changed(started) {
    const told = labState.changes(start, state, data);
    const name = labState.nameOf(start, data);
    if (!started) return `The start (${name}) cannot be counted, so there is nothing to compare with.`;
    if (told.length) return `Changed since the start (${name}): ${told.join("; ")}.`;
    return `This is the start (${name}). Change something, and the table shows the difference.`;
  }

  function tell(problems) {
    parts.problems.textContent = problems.map((one) => one.replace(/\.?$/, ".")).join(" ");
  }

  // What is seen changes at once. It is read aloud when the slider rests, not at every step.
  function say(text) {
    parts.said.textContent = text;
    clearTimeout(saying);
    saying = setTimeout(() => (parts.aloud.textContent = text), parts.aloud.textContent ? 400 : 0);
  }

  // ---- the address ----

  function address() {
    const page = new URL(root.dataset.page, location.href);
    page.hash = labState.format(state, data);
    return page.href;
  }

  // A change that stays: the page's history gets one entry for each control in a row.
  function commit(next, control) {
    update(next);
    if (!own || location.href === address()) return;
    const how = control === touched ? "replaceState" : "pushState";
    history[how]({ start: labState.format(start, data) }, "", address());
    touched = control;
  }

  // A followed link brings its own start; back and forward bring the one that there was.
  function read(kept) {
    touched = "";
    const hash = location.hash.includes("=") ? location.hash : ""; // else a heading of the page
    const first = labState.parse(root.dataset.start, data, null).state;
    const { state: next, problems } = hash ? labState.parse(hash, data, first) : { state: first, problems: [] };
    start = kept ? labState.parse(kept, data, next).state : next;
    const [wrong, ...others] = problems;
    update(next, wrong ? [`Part of the address could not be read: ${wrong}`, ...others] : []);
  }

  // ---- the page ----

  const button = (text, click) => {
    const made = make("button", { type: "button" }, text);
    made.addEventListener("click", click);
    return made;
  };
  const copy = button("Copy link", async () => {
    parts.link.select();
    try {
      await navigator.clipboard.writeText(parts.link.value);
      parts.copied.textContent = "Copied.";
      copy.focus(); // the selected field is for copying by hand
    } catch {
      parts.copied.textContent = "The link is selected: copy it with Ctrl+C.";
    }
  });
  const reset = button("Back to the start", () => commit(start, "reset"));
  const begin = button("Make this the start", () => {
    start = state;
    update(state);
  });
  const legend = make("p", { class: "il-lab-legend" }, "Each bar is drawn relative to the largest number of its column, and the line across it marks the start. “(×2.00)” means twice the start.");
  const folded = make("details", {}, make("summary", {}, "The formulas with these numbers"), parts.formulas);
  root.querySelector(".il-lab-view").replaceWith(
    make("div", { class: "il-lab-choices" }, preset.box, block.box, form.box, norm.box),
    parts.widths,
    make("div", { class: "il-lab-foot" }, parts.problems, parts.said, parts.aloud),
    parts.results,
    legend,
    parts.changes,
    make("div", { class: "il-lab-buttons" }, reset, begin, copy),
    make("div", { class: "il-lab-share" }, make("label", { for: parts.link.id }, "link to this state"), parts.link, parts.copied),
    ...(own ? [] : [make("p", {}, parts.open)]),
    folded,
  );
  if (own) {
    addEventListener("popstate", (event) => {
      if (!location.hash || location.hash.includes("=")) read(event.state?.start);
    });
    read();
  } else {
    update(state);
  }
}

addEventListener("DOMContentLoaded", () => {
  const root = document.querySelector(".il-lab");
  if (root) openLab(root);
});
