// Needs: il-lab-data
// What the cost lab shows for a count: the table with its bars, the formulas, a sentence.
"use strict";

const labView = (() => {
  const MEASURES = { params: "parameters", macs: "MACs", bytes: "activation bytes" };

  const comma = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ",");
  const shown = (name) => name.replace(/(?<=\d)x(?=\d)/g, "×").replace("back", "1×1 before the sum");
  const signed = (n) => `${n < 0 ? "−" : "+"}${comma(Math.abs(n))}`;

  // Two digits at least, however small or large.
  function ratio(now, then) {
    const times = now / then;
    if (times < 1e-4) return "×0.0001 or less";
    if (times < 0.1) return `×${Number(times.toPrecision(2))}`;
    return times < 100 ? `×${times.toFixed(2)}` : `×${comma(Math.round(times))}`;
  }

  // Before a unit: "1.3 M", "16 ".
  function human(n) {
    for (const [power, unit] of [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]]) {
      if (n >= 0.99995 * power) return `${(n / power).toFixed(1)} ${unit}`;
    }
    return `${n} `;
  }

  // An element; an attribute that is undefined is left out.
  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value !== undefined) element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
  }

  function bar(value, then, most, colour) {
    const share = (n) => `${most ? (100 * n) / most : 0}%`;
    const box = make("span", { class: "il-lab-bar", "aria-hidden": "true" });
    box.append(make("span", { style: `width:${share(value)};background:${colour}` }));
    if (then !== undefined) box.append(make("i", { style: `left:${share(then)}` }));
    return box;
  }

  // Rows are branches; below them the sum, and what it was at the start, if that could be counted.
  function table(counted, started, palette) {
    const before = Object.fromEntries((started?.rows ?? []).map((row) => [row.name, row]));
    const most = {};
    for (const key in MEASURES) {
      const rows = [...counted.rows, ...counted.rows.map((row) => before[row.name] ?? row)];
      most[key] = Math.max(...rows.map((row) => row[key]));
    }
    const columns = ["branch, output", ...Object.values(MEASURES)];
    const head = make("tr", {}, ...columns.map((name) => make("th", { scope: "col" }, name)));
    const body = counted.rows.map((row) => {
      const output = make("small", {}, row.outShape.join("×"));
      const cells = Object.keys(MEASURES).map((key) =>
        make("td", {}, comma(row[key]), bar(row[key], before[row.name]?.[key], most[key], palette[row.family])),
      );
      return make("tr", { "data-branch": row.name }, make("th", { scope: "row" }, shown(row.name), output), ...cells);
    });
    const line = (name, text, id) =>
      make(
        "tr",
        { "data-branch": id },
        make("th", { scope: "row" }, ...[name].flat()),
        ...Object.keys(MEASURES).map((key) => make("td", {}, text(counted.total[key], started?.total[key]))),
      );
    const sums = [
      line(["total", make("small", {}, counted.outShape.join("×"))], (now) => comma(now), "total"),
    ];
    if (started) {
      sums.push(
        line("at the start", (now, then) => comma(then)),
        line("difference", (now, then) => (now === then ? "0" : signed(now - then))),
        line("ratio", ratio),
      );
    }
    return make(
      "table",
      { class: "il-table il-lab-table" },
      make("thead", {}, head),
      make("tbody", {}, ...body),
      make("tfoot", {}, ...sums),
    );
  }

  // Each layer's three products, written out.
  function formulas(counted) {
    const columns = ["layer", ...Object.values(MEASURES)];
    const head = make("tr", {}, ...columns.map((name) => make("th", { scope: "col" }, name)));
    const parts = counted.rows.map((row) => {
      const name = make("th", { scope: "rowgroup", colspan: "4" }, `${shown(row.name)}`);
      const layers = row.layers.map((layer) => {
        const cells = Object.keys(MEASURES).map((key) =>
          make("td", {}, ...(layer[key] ? [layer.formula[key], make("b", {}, `= ${comma(layer[key])}`)] : ["0"])),
        );
        return make("tr", {}, make("th", { scope: "row" }, layer.label), ...cells);
      });
      return make("tbody", {}, make("tr", {}, name), ...layers);
    });
    return make("table", { class: "il-table il-lab-formulas" }, make("thead", {}, head), ...parts);
  }

  // The sums in a sentence, short enough to be read aloud after each change.
  function sentence(counted, started) {
    const { params, macs, bytes } = counted.total;
    const than = (key) => {
      const [now, then] = [counted.total[key], started?.total[key]];
      return !then || now === then ? "" : ` (${ratio(now, then)})`;
    };
    const parts = [
      `Total: ${comma(params)} parameters${than("params")}`,
      `${human(macs).trim()} MACs${than("macs")}`,
      `${human(bytes)}B of activations${than("bytes")}`,
    ];
    return `${parts.join(", ")}.`;
  }

  return { formulas, make, sentence, table };
})();

if (typeof module !== "undefined") module.exports = labView;
