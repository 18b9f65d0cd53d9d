// A link under each drawing that saves it as an SVG file. In a notebook, `Drawing.save` does the same.
// Needs: il-drawing
(function () {
"use strict";

const LICENSE = "From Inception, Block by Block. MIT license.";

/** A name for the file of a drawing: "Drawing of 4 branches; scrolls sideways" gives "4-branches.svg". */
function named(label) {
  const what = label.replace(/^Drawing of /, "").replace(/;.*$/, "");
  const plain = what.toLowerCase().replace(/×/g, "x").replace(/[^a-z0-9]+/g, "-");
  return `${plain.replace(/^-|-$/g, "").slice(0, 60) || "drawing"}.svg`;
}

/** The text of a picture within a page as a file of its own: dark on white, with its license. */
function standalone(svg) {
  const open = svg.slice(0, svg.indexOf(">") + 1);
  const look = open.replace('style="', 'font-family="sans-serif" color="#222832" style="background:#fff;');
  return `${look}<metadata>${LICENSE}</metadata>${svg.slice(open.length)}\n`;
}

function add(box) {
  const svg = box.querySelector(":scope > svg");
  if (!svg) return;
  const label = box.getAttribute("aria-label") || svg.getAttribute("aria-label") || "";
  const link = document.createElement("a");
  link.className = "il-save";
  link.download = named(label.split(/[:,.]/)[0]);
  link.textContent = "Save as SVG (MIT license)";
  link.href = "#";
  link.addEventListener("click", () => {
    const file = new Blob([standalone(svg.outerHTML)], { type: "image/svg+xml" });
    link.href = URL.createObjectURL(file);
    setTimeout(() => {
      URL.revokeObjectURL(link.href);
      link.href = "#";
    }, 60000);
  });
  box.after(link);
}

if (typeof module !== "undefined") module.exports = { named, standalone };
else document.querySelectorAll(".il-drawing").forEach(add);
})();
