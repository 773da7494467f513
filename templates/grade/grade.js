/* ---- marks: typed, remembered by this browser, summed and exported ---------------- */

const fields = $$("[data-id][data-question]");
const memory = `labkit grades ${location.pathname}`;
const keyOf = (field) => [field.dataset.id, field.dataset.question, field.dataset.what].join("\n");
const remembered = () => {
  try {
    return JSON.parse(localStorage.getItem(memory)) ?? {};
  } catch {
    return {};
  }
};

const drafts = remembered();
fields.forEach((field) => {
  const draft = drafts[keyOf(field)];
  /* A draft of what points.csv has changed since is out of date. */
  if (draft && draft.before === field.defaultValue) field.value = draft.now;
});

function keep() {
  const now = {};
  fields.forEach((field) => {
    if (field.value !== field.defaultValue) now[keyOf(field)] = { before: field.defaultValue, now: field.value };
  });
  try {
    localStorage.setItem(memory, JSON.stringify(now));
  } catch {
    /* A browser that remembers nothing still exports. */
  }
}

const pointsOf = (id) => fields.filter((f) => f.dataset.id === id && f.dataset.what === "points" && f.value !== "");
const status = document.getElementById("marked");

function sum() {
  $$("[data-total]").forEach((cell) => {
    const given = pointsOf(cell.dataset.total);
    const checks = Number(cell.dataset.checks || 0);
    const total = given.reduce((all, f) => all + Number(f.value), checks);
    cell.textContent = given.length ? String(Math.round(total * 1000) / 1000) : "–";
    if (given.length) cell.dataset.sort = total;
    else delete cell.dataset.sort;
  });
  const all = fields.filter((f) => f.dataset.what === "points" && f.dataset.question !== "overall");
  status.textContent = say("marked", { n: all.filter((f) => f.value !== "").length, all: all.length });
}

fields.forEach((field) => field.addEventListener("input", () => { keep(); sum(); }));
sum();

function pointsCsv() {
  const safe = (text) => {
    const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\n\r]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
  };
  const rows = fields.filter((field) => field.dataset.what === "points").map((field) => {
    const { id, question, label } = field.dataset;
    const comment = fields.find((f) => f.dataset.what === "comment" && f.dataset.id === id && f.dataset.question === question);
    return [id, label, question, field.value, comment.value];
  });
  return [["id", "hand_in", "question", "points", "comment"], ...rows].map((row) => row.map(safe).join(",")).join("\n") + "\n";
}

document.getElementById("export").addEventListener("click", () => {
  const wrong = fields.find((field) => !field.checkValidity());
  if (wrong) {
    wrong.reportValidity();
    return;
  }
  const link = make("a", { download: "points.csv", href: URL.createObjectURL(new Blob([pointsCsv()], { type: "text/csv" })) });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
});

/* ---- answers: filter and sort them, question by question --------------------------- */

const articles = $$("article.answer");
const search = document.getElementById("find");
const shown = document.getElementById("shown");
search.addEventListener("input", () => {
  const words = parts(search.value);
  articles.forEach((article) => {
    const tokens = parts(article.textContent);
    article.hidden = !words.every((word) => tokens.some((token) => token.startsWith(word)));
  });
  const left = articles.filter((article) => !article.hidden).length;
  shown.textContent = words.length ? say("rows", { shown: left, all: articles.length }) : "";
});

document.getElementById("order").addEventListener("change", (event) => {
  const by = event.target.value;
  const value = (article) => {
    if (by === "points") return Number(article.querySelector("[data-what=points]").value || -1);
    return by === "words" ? Number(article.dataset.words) : article.dataset.label;
  };
  $$("section.question").forEach((section) => {
    const mine = $$("article.answer", section);
    mine.sort((a, b) => {
      const [x, y] = [value(a), value(b)];
      return typeof x === "number" ? y - x : x.localeCompare(y, language, { numeric: true });
    });
    section.append(...mine);
  });
});
