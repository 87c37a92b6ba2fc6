"use strict";
// Heads of a sortable table become buttons; without this script it is a plain table.
for (const table of document.querySelectorAll("table[data-sortable]")) {
  const heads = [...table.tHead.rows[0].cells];
  const body = table.tBodies[0];
  const sort = (column, direction) => {
    const value = (row) => row.cells[column].textContent;
    const compare = (a, b) => {
      const [x, y] = [Number(value(a)), Number(value(b))];
      const both = !Number.isNaN(x) && !Number.isNaN(y);
      return both ? x - y : value(a).localeCompare(value(b), "en", { numeric: true });
    };
    const rows = [...body.rows];
    // What is undefined stands last, whichever way is sorted.
    const known = rows.filter((row) => value(row) !== "-").sort((a, b) => direction * compare(a, b));
    body.append(...known, ...rows.filter((row) => value(row) === "-"));
  };
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    head.setAttribute("aria-sort", "none");
    button.addEventListener("click", () => {
      const direction = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
      heads.forEach((other) => other.setAttribute("aria-sort", "none"));
      head.setAttribute("aria-sort", direction === 1 ? "ascending" : "descending");
      sort(column, direction);
    });
  });
}
