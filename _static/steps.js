// The blocks go from step to step; without this script all steps are there to unfold.
// Needs: il-steps
(function () {
"use strict";

/** The step that a key leads to from step `at` of `count`. */
function after(at, key, count) {
  const by = { ArrowLeft: -1, ArrowRight: 1 }[key] || 0;
  return Math.max(0, Math.min(count - 1, at + by));
}

/** "Step 2 of 6: 1×1 reductions", from the number, the count and a summary "2. 1×1 reductions". */
function told(at, count, summary) {
  return `Step ${at + 1} of ${count}: ${summary.replace(/^\d+\. /, "")}`;
}

function makeButton(text, act) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = text;
  button.addEventListener("click", act);
  return button;
}

function start(figure) {
  const steps = [...figure.querySelectorAll(":scope > details")];
  const names = steps.map((step) => step.querySelector("summary").textContent);
  const rows = [...figure.querySelectorAll("tbody tr")];
  let at = 0;

  const bar = document.createElement("div");
  bar.className = "il-steps-bar";
  bar.setAttribute("role", "group");
  bar.setAttribute("aria-label", "Steps from block to block; the left and right arrow keys work, too");
  const back = makeButton("← Previous", () => go(after(at, "ArrowLeft", steps.length)));
  const next = makeButton("Next →", () => go(after(at, "ArrowRight", steps.length)));
  const said = document.createElement("span");
  said.setAttribute("role", "status");
  bar.append(back, said, next);

  // The table is the list of steps: the name of each becomes a button.
  const picks = rows.map((row, index) => {
    const cell = row.cells[0];
    const pick = makeButton(cell.textContent, () => {
      go(index);
      bar.scrollIntoView({ block: "nearest" }); // the drawing is above the table
    });
    cell.replaceChildren(pick);
    return pick;
  });

  function go(index) {
    at = index;
    steps.forEach((step, i) => {
      step.open = i === at;
    });
    picks.forEach((pick, i) => {
      if (i === at) pick.setAttribute("aria-current", "step");
      else pick.removeAttribute("aria-current");
    });
    // not `disabled`: a button that has the focus would lose it
    back.setAttribute("aria-disabled", String(at === 0));
    next.setAttribute("aria-disabled", String(at === steps.length - 1));
    said.textContent = told(at, steps.length, names[at]);
    dispatchEvent(new Event("resize")); // drawings that were hidden can now be measured
  }

  figure.addEventListener("keydown", (event) => {
    if (event.target.tagName !== "BUTTON" || !/^Arrow(Left|Right)$/.test(event.key)) return;
    event.preventDefault();
    go(after(at, event.key, steps.length));
  });
  figure.insertBefore(bar, steps[0]);
  figure.classList.add("il-live");
  go(0);
}

if (typeof module !== "undefined") module.exports = { after, told };
else document.querySelectorAll(".il-steps").forEach(start);
})();
