/* What the page can do beyond being read. Everything it shows is there without this. */
"use strict";
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const make = (tag, props = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), props);
  element.append(...children);
  return element;
};
const json = (id) => JSON.parse(document.getElementById(id).textContent);

/* The page's words are written in its language by who wrote the page. */
const texts = json("texts");
const say = (key, fields = {}) => texts[key].replace(/\{(\w+)\}/g, (whole, name) => fields[name] ?? whole);
const language = document.documentElement.lang;

/* ---- tables: sort by a column, filter rows, copy as CSV -------------------------- */

function sortable(table) {
  const heads = $$("thead th", table);
  heads.forEach((head, k) => {
    const button = make("button", { type: "button" }, ...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const value = (row) => {
        const cell = row.cells[k];
        return cell.dataset.sort === undefined ? cell.textContent.trim() : Number(cell.dataset.sort);
      };
      const rows = $$("tbody tr", table);
      rows.sort((a, b) => {
        const [x, y] = [value(a), value(b)];
        /* A column of numbers keeps what has none at its end, whichever way it is sorted. */
        if (typeof x !== typeof y) return typeof x === "number" ? -1 : 1;
        const order = typeof x === "number" ? x - y : x.localeCompare(y, language, { numeric: true });
        return up ? order : -order;
      });
      table.tBodies[0].append(...rows);
    });
  });
}

/* "MNIST_GAN_hinge_z64" is found by "mnist", "gan hinge" or "z64"; "FashionMNIST" is not. */
const parts = (text) => text.toLowerCase().split(/[^\p{L}\p{N}.]+/u).filter(Boolean);

function filterable(table, tools) {
  const input = make("input", { type: "search", placeholder: say("filter"), ariaLabel: say("filter") });
  const count = make("span", { role: "status" });
  input.addEventListener("input", () => {
    const words = parts(input.value);
    const rows = $$("tbody tr", table);
    rows.forEach((row) => {
      const tokens = parts(row.textContent);
      row.hidden = !words.every((word) => tokens.some((token) => token.startsWith(word)));
    });
    const shown = rows.filter((row) => !row.hidden).length;
    count.textContent = words.length ? say("rows", { shown, all: rows.length }) : "";
  });
  tools.append(input, count);
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = make("textarea", { value: text });
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}

function csvOf(table) {
  const quote = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  /* What a spreadsheet would run as a formula gets an apostrophe, as in metrics.csv. */
  const safe = (text) => quote(/^[=+\-@]/.test(text) ? `'${text}` : text);
  return $$("tr", table)
    .filter((row) => !row.hidden)
    .map((row) => [...row.cells].map((cell) => safe(cell.dataset.sort ?? cell.textContent.trim())).join(","))
    .join("\n");
}

function copyable(table, tools, whole) {
  const done = (button) => {
    const label = button.textContent;
    button.textContent = say("copied");
    setTimeout(() => (button.textContent = label), 1500);
  };
  const add = (label, text) => {
    const button = make("button", { type: "button" }, label);
    button.addEventListener("click", async () => {
      await copy(text());
      done(button);
    });
    tools.append(button);
  };
  add(say("copy"), () => csvOf(table));
  if (whole) add(say("copyAll"), () => json("csv"));
}

$$("table.live").forEach((table, k) => {
  const tools = make("div", { className: "tools" });
  table.closest(".scroll").before(tools);
  sortable(table);
  filterable(table, tools);
  copyable(table, tools, k === 0 && json("csv"));
});

