// Needs: il-roving
// Lists of many links, each one stop for the Tab key: arrow keys go from link to link.
addEventListener("keydown", (event) => {
  const list = event.target.closest?.(".il-roving");
  if (!list || event.ctrlKey || event.metaKey || event.altKey) return;
  const links = [...list.querySelectorAll("a")];
  const at = links.indexOf(event.target);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: links.length - 1 }[event.key];
  if (at < 0 || to === undefined) return;
  event.preventDefault();
  if (!links[to]) return; // the end is the end
  links.forEach((link, i) => (link.tabIndex = i === to ? 0 : -1));
  links[to].focus();
});
