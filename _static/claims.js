// Needs: il-claims
// The table of claims: filtered by paper and verdict, sorted by a column, kept in the address.
// Without this script the whole table is read.
(function () {
"use strict";

const COLUMNS = ["claim", "where", "printed", "computed", "verdict"];
const KEYS = ["paper", "verdict", "sort"];

/** {key: [known values]} of a page; a column's name with "-" before it sorts downwards. */
const allowed = (papers, verdicts) => ({
  paper: papers,
  verdict: verdicts,
  sort: COLUMNS.flatMap((name) => [name, `-${name}`]),
});

/** What an address says: {state, problems}. A place on the page, such as a heading, says nothing. */
function readState(hash, known) {
  const state = { paper: "", verdict: "", sort: "" };
  const problems = [];
  for (const [key, value] of new URLSearchParams(hash.includes("=") ? hash.slice(1) : "")) {
    if (!KEYS.includes(key)) problems.push(`this page has no setting ${key}`);
    else if (known[key].includes(value)) state[key] = value;
    else if (value) problems.push(`${key} is “${value}”; known: ${known[key].join(", ")}`);
  }
  return { state, problems };
}

/** The address of a state; nothing is set: nothing. */
function writeState(state) {
  const parts = KEYS.filter((key) => state[key]).map((key) => `${key}=${state[key]}`);
  return parts.length ? `#${parts.join("&")}` : "";
}

const shown = (row, { paper, verdict }) =>
  (!paper || row.paper === paper) && (!verdict || row.verdict === verdict);

/** Rows in the order of a column. Equal ones stay in the order of the papers; what is missing comes last. */
function sorted(rows, sort, verdicts) {
  const down = sort.startsWith("-");
  const column = sort.replace("-", "");
  const keys = {
    claim: (row) => [row.claim],
    where: (row) => [row.place],
    printed: (row) => [row.printed],
    computed: (row) => [row.computed],
    verdict: (row) => [verdicts.indexOf(row.verdict), row.off],
  };
  if (!column) return [...rows].sort((a, b) => a.place - b.place);
  const way = down ? -1 : 1;
  const compare = (a, b) => {
    if (typeof a === "string") return way * a.localeCompare(b, "en", { numeric: true });
    if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) - Number.isNaN(b);
    return way * (a - b);
  };
  return [...rows].sort((a, b) => {
    const [one, other] = [keys[column](a), keys[column](b)];
    for (const i of one.keys()) {
      const order = compare(one[i], other[i]);
      if (order) return order;
    }
    return a.place - b.place;
  });
}

/** "17 of 116 claims". */
const told = (count, all) => (count === all ? `${all} claims` : `${count} of ${all} claims`);

function element(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function start(box) {
  const table = box.querySelector("table");
  const body = table.tBodies[0];
  const rows = [...body.rows].map((row, place) => {
    const sign = row.querySelector(".il-at");
    const { paper, verdict, printed, computed, off } = sign.dataset;
    const claim = sign.parentElement.firstChild.textContent.trim();
    const name = row.cells[1].textContent.split(",")[0];
    const numbers = { printed: Number(printed ?? NaN), computed: Number(computed ?? NaN), off: Number(off) };
    return { row, sign, place, claim, paper, name, verdict, ...numbers };
  });
  const papers = Object.fromEntries(rows.map(({ paper, name }) => [paper, name]));
  const order = [...document.querySelectorAll(".il-verdicts em")].map((word) => word.textContent);
  const known = allowed(Object.keys(papers), order);
  let state = { paper: "", verdict: "", sort: "" };

  const choice = (label, values, names) => {
    const select = element("select", { id: `il-claims-${label}` }, new Option("all", ""));
    for (const value of values) select.append(new Option(names?.[value] ?? value, value));
    const words = element("label", { for: select.id }, label);
    bar.append(element("span", {}, words, " ", select));
    select.addEventListener("change", () => set({ [label]: select.value }));
    return select;
  };
  const bar = element("div", { class: "il-claims-bar", role: "group", "aria-label": "Filter the claims" });
  const selects = { paper: choice("paper", known.paper, papers), verdict: choice("verdict", known.verdict) };
  const status = element("span", { role: "status" });
  bar.append(status);
  const problem = element("p", { class: "il-claims-problems", role: "alert" });
  box.prepend(bar, problem);

  // On a phone each row becomes a card: it remains a row for screen readers.
  table.setAttribute("role", "table");
  for (const part of [table.tHead, body]) part.setAttribute("role", "rowgroup");
  for (const row of table.rows) {
    row.setAttribute("role", "row");
    for (const cell of row.cells) cell.setAttribute("role", cell.tagName === "TH" ? "columnheader" : "cell");
  }
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, i) => {
    const name = COLUMNS[i];
    const button = element("button", { type: "button" }, name);
    button.addEventListener("click", () => set({ sort: state.sort === name ? `-${name}` : name }));
    head.dataset.name = name; // on paper there are no buttons
    head.replaceChildren(button);
  });

  function tell(problems) {
    const [wrong, ...others] = problems;
    const said = wrong ? [`Part of the address could not be read: ${wrong}`, ...others] : [];
    problem.textContent = said.map((one) => `${one}.`).join(" ");
  }

  function show() {
    for (const key of ["paper", "verdict"]) selects[key].value = state[key];
    for (const one of sorted(rows, state.sort, order)) {
      one.row.hidden = !shown(one, state);
      body.append(one.row);
    }
    heads.forEach((head, i) => {
      const is = state.sort.replace("-", "") === COLUMNS[i];
      if (is) head.setAttribute("aria-sort", state.sort.startsWith("-") ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
    status.textContent = told(rows.filter((one) => shown(one, state)).length, rows.length);
  }

  function set(changes) {
    state = { ...state, ...changes };
    tell([]);
    show();
    history.replaceState(null, "", writeState(state) || location.pathname + location.search);
  }

  /** What the address says. The address of a row that is filtered away shows all rows. */
  function read() {
    if (location.hash.includes("=")) {
      const given = readState(location.hash, known);
      state = given.state;
      tell(given.problems);
      show();
      return;
    }
    const one = rows.find(({ sign }) => `#${sign.id}` === location.hash);
    if (one?.row.hidden) {
      state = { ...state, paper: "", verdict: "" };
      show();
      one.row.scrollIntoView({ block: "center" });
    }
  }

  show();
  addEventListener("hashchange", read);
  read();
}

if (typeof module !== "undefined") module.exports = { allowed, readState, shown, sorted, told, writeState };
if (typeof document !== "undefined") {
  addEventListener("DOMContentLoaded", () => document.querySelectorAll(".il-claims").forEach(start));
}
})();
