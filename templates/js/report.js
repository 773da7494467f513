/* ---- a slider plays itself -------------------------------------------------------- */

/* A button that moves a slider from stop to stop, once to its end; who moves it by hand stops it. */
const still = matchMedia("(prefers-reduced-motion: reduce)");
function player(range, stops, pause, heard) {
  const button = make("button", { type: "button", className: "play" }, say("play"));
  let [timer, own] = [0, false];
  const stop = () => {
    clearInterval(timer);
    timer = 0;
    button.textContent = say("play");
    if (heard) heard.ariaLive = "polite";
  };
  const go = (to) => {
    [range.value, own] = [to, true];
    range.dispatchEvent(new Event("input"));
    own = false;
  };
  const step = () => {
    const next = stops.find((each) => each > Number(range.value));
    /* Where it is no longer seen (a closed box) or motion is no longer wanted it stops as well. */
    if (next === undefined || still.matches || !range.getClientRects().length) stop();
    else go(next);
  };
  button.addEventListener("click", () => {
    if (timer) return stop();
    if (heard) heard.ariaLive = "off";
    button.textContent = say("pause");
    timer = setInterval(step, pause);
    if (Number(range.value) >= stops.at(-1)) go(stops[0]);
    else step();
  });
  range.addEventListener("input", () => own || stop());
  return Object.assign(button, { stop });
}

/* ---- epochs: one slider moves the grids of all cells ------------------------------ */

const frames = json("frames");
const holder = document.getElementById("frames").dataset;
const shelf = new Map();
$$("img[data-run]").forEach((img) => {
  shelf.set(`${img.dataset.run} ${img.dataset.view} ${img.dataset.epoch}`, img.src);
});
const noteOf = (run, view, epoch) => frames[`${run} ${view}`]?.[epoch]?.[0];
const srcOf = (run, view, epoch) =>
  frames[`${run} ${view}`]?.[epoch]?.[1] || shelf.get(`${run} ${view} ${epoch}`);
const epochsOf = (run, view) =>
  Object.keys(frames[`${run} ${view}`] ?? {}).map(Number).filter((epoch) => srcOf(run, view, epoch));

/* The newest epoch a cell has at or before the one asked for. */
const nearest = (run, view, epoch) =>
  epochsOf(run, view).reduce((best, e) => (e <= epoch && e > best ? e : best), 0);

const movers = [];
$$(".moving .shot").forEach((figure) => {
  const [img, caption] = [figure.querySelector("img"), figure.querySelector("figcaption")];
  const { run, view, epoch } = img.dataset;
  const title = caption.textContent.split(" · ")[0];
  /* An alternative text ends with what is known of the epoch. */
  const about = img.alt.split(`, ${noteOf(run, view, epoch)}`)[0];
  const best = { src: img.src, alt: img.alt, text: caption.textContent, epoch };
  movers.push((wanted) => {
    const at = wanted && nearest(run, view, wanted);
    if (wanted && !at) return;
    const note = at && noteOf(run, view, at);
    img.src = at ? srcOf(run, view, at) : best.src;
    img.alt = at && String(at) !== best.epoch ? `${about}, ${note}` : best.alt;
    caption.textContent = at ? `${title} · ${note}` : best.text;
  });
});

const last = Number(holder.epochs);
if (movers.length && last > 1 && Object.keys(frames).length) {
  const range = make("input", { type: "range", min: 1, max: last, value: last, step: 1, id: "epoch" });
  const out = make("output", {}, say("bestNow"));
  out.setAttribute("for", "epoch");
  const button = make("button", { type: "button" }, say("toBest"));
  const move = (epoch) => {
    movers.forEach((mover) => mover(epoch));
    out.textContent = epoch ? say("epochOf", { epoch, last }) : say("bestNow");
    pair?.(epoch);
  };
  const stops = [...new Set(Object.values(frames).flatMap((of) => Object.keys(of).map(Number)))];
  const play = player(range, stops.sort((a, b) => a - b), 700, out);
  range.addEventListener("input", () => move(Number(range.value)));
  button.addEventListener("click", () => {
    play.stop();
    move(0);
  });
  const bar = make("div", { className: "slider" }, make("label", { htmlFor: "epoch" }, say("epoch")), play, range, out, button);
  if (Number(holder.step) > 1) bar.append(make("span", {}, say("kept", { step: holder.step })));
  var pair = sideBySide();
  document.getElementById("images").append(bar);
}

/* ---- two cells side by side ------------------------------------------------------- */

function sideBySide() {
  const keys = Object.keys(frames).filter((key) => key.endsWith(" samples"));
  if (keys.length < 2) return null;
  let epoch = 0;
  const sides = [0, 1].map((k) => {
    const select = make("select", { ariaLabel: say("cell", { k: k + 1 }) });
    keys.forEach((key) => select.append(make("option", { value: key }, key.replace(/ samples$/, ""))));
    select.selectedIndex = k;
    const img = make("img", { width: 118, height: 118 });
    const note = make("figcaption");
    const box = make("figure", { className: "shot" }, make("div", { className: "tools" }, select), img, note);
    const draw = () => {
      const run = select.value.replace(/ samples$/, "");
      const best = document.querySelector(`.moving img[data-run="${CSS.escape(run)}"][data-view="samples"]`);
      const at = nearest(run, "samples", epoch || Number(best?.dataset.epoch) || last);
      img.src = srcOf(run, "samples", at);
      img.alt = say("grid", { run, note: noteOf(run, "samples", at) });
      note.textContent = noteOf(run, "samples", at);
    };
    select.addEventListener("change", draw);
    return { box, draw };
  });
  const section = make("section", { className: "pair-section", id: "side-by-side" },
    make("h3", {}, say("pair")),
    make("div", { className: "pair" }, ...sides.map((side) => side.box)));
  document.getElementById("images").append(section);
  sides.forEach((side) => side.draw());
  return (at) => {
    epoch = at;
    sides.forEach((side) => side.draw());
  };
}

/* ---- a picture enlarged; arrows move through its neighbours ------------------------ */

const box = make("dialog", { className: "box", ariaLabel: say("enlarged") });
document.body.append(box);
let at = [];
let here = 0;

function show(k) {
  here = (k + at.length) % at.length;
  const img = at[here];
  const caption = img.closest("figure")?.querySelector("figcaption")?.textContent ?? "";
  const rest = caption.includes(" · ") ? caption.slice(caption.indexOf(" · ") + 3) : caption;
  const words = make("p", {}, img.dataset.run ? `${img.dataset.run} · ${rest}` : caption);
  const button = (label, action) => {
    const b = make("button", { type: "button" }, label);
    b.addEventListener("click", action);
    return b;
  };
  const row = make("div", { className: "row" },
    button(say("previous"), () => show(here - 1)), button(say("next"), () => show(here + 1)),
    button(say("close"), () => box.close()));
  const picture = make("img", { src: img.src, alt: img.alt });
  const pictures = make("div", { className: "row" }, picture);
  /* The buttons are new ones: who stood on one goes on standing on it. */
  const stood = [...(box.lastElementChild?.children ?? [])].indexOf(document.activeElement);
  box.replaceChildren(pictures, words, row);
  if (box.open) row.children[Math.max(stood, 0)].focus();
  if (img.dataset.view === "interpolation") {
    /* Sixteen tiles of 28 pixels, 30 apart: show one of them, tenfold. */
    const one = make("div", { className: "one" }, make("img", { src: img.src, alt: img.alt }));
    const steps = make("input", { type: "range", min: 0, max: 15, value: 0, ariaLabel: say("interpolation") });
    const place = () => {
      const [x, y] = [steps.value % 4, Math.floor(steps.value / 4)];
      one.firstChild.style.left = `${-300 * x}px`;
      one.firstChild.style.top = `${-300 * y}px`;
    };
    steps.addEventListener("input", place);
    place();
    pictures.append(one);
    const play = player(steps, [...Array(16).keys()], 250);
    words.before(make("div", { className: "row" }, make("label", {}, say("step"), " ", steps), play));
    picture.classList.add("small");
  }
}

box.addEventListener("keydown", (event) => {
  if (event.target.type === "range") return;
  if (event.key === "ArrowRight") show(here + 1);
  if (event.key === "ArrowLeft") show(here - 1);
});
box.addEventListener("click", (event) => {
  if (event.target === box) box.close();
});
$$(".shot img").forEach((img) => {
  const button = make("button", { type: "button", className: "zoom", ariaLabel: say("enlarge", { alt: img.alt }) });
  img.before(button);
  button.append(img);
  button.addEventListener("click", () => {
    at = $$(".shot img", img.closest(".gallery, .shots, .pair"));
    show(at.indexOf(img));
    box.showModal();
  });
});

/* ---- a claim lights up its cells; the outline knows where we are ------------------- */

$$("[data-runs]").forEach((element) => {
  const runs = new Set(element.dataset.runs.split(" ").filter(Boolean));
  const light = (on) => () =>
    $$("[data-run]").forEach((cell) => cell.classList.toggle("lit", on && runs.has(cell.dataset.run)));
  ["mouseenter", "focusin"].forEach((name) => element.addEventListener(name, light(true)));
  ["mouseleave", "focusout"].forEach((name) => element.addEventListener(name, light(false)));
});

function openTarget() {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  for (let e = target; e; e = e.parentElement) if (e.tagName === "DETAILS") e.open = true;
  target.scrollIntoView();
}
addEventListener("hashchange", openTarget);
openTarget();

const entries = new Map($$("nav ol a").map((a) => [a.hash.slice(1), a]));
const seen = new IntersectionObserver((changes) => {
  changes.filter((change) => change.isIntersecting).forEach((change) => {
    entries.forEach((a) => a.removeAttribute("aria-current"));
    entries.get(change.target.id)?.setAttribute("aria-current", "true");
  });
}, { rootMargin: "-10% 0px -80% 0px" });
$$("main > header, main > section").forEach((section) => seen.observe(section));

/* On a small screen the outline starts closed; on paper everything is open. */
if (matchMedia("(max-width: 62rem)").matches) $$("details.outline").forEach((d) => (d.open = false));
