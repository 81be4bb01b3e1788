// What helps to read a long page: a link to a section lands on it although the page still grows, what is too wide
// scrolls on its own and shows that it does, the contents say how long a section takes, and paper is always light.
(() => {
  "use strict";
  const html = document.documentElement;
  const MAY_SCROLL = ["pre", "div.math", "div.math mjx-container", "span.math.too-wide", ".cell_output", ".pst-scrollable-table-container"]
    .map((name) => `article ${name}`).join();

  // ---- too wide: the element scrolls, the keyboard reaches it, and its edge shows on which side there is more

  function fit(formula) {
    const wanted = formula.firstElementChild?.getBoundingClientRect().width ?? 0;
    const room = formula.closest("table") ? 336 : formula.closest("p, li, dd, dt, article").clientWidth; // 21 rem
    const tooWide = wanted > room;
    formula.classList.toggle("too-wide", tooWide);
    if (!tooWide) unmark(formula);
  }

  function showEdges({ currentTarget: element }) {
    const right = element.scrollWidth - element.clientWidth - element.scrollLeft;
    element.dataset.more = [element.scrollLeft > 1 && "left", right > 1 && "right"].filter(Boolean).join(" ");
  }

  // A table that is marked has wider cells, so it is looked at without its mark.
  function mark(element) {
    const { more } = element.dataset;
    delete element.dataset.more;
    const scrolls = element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).overflowX !== "visible";
    if (scrolls) {
      element.tabIndex = 0;
      element.addEventListener("scroll", showEdges, { passive: true });
      showEdges({ currentTarget: element });
    } else if (more !== undefined) unmark(element);
  }

  function unmark(element) {
    element.removeAttribute("tabindex");
    element.removeEventListener("scroll", showEdges);
    delete element.dataset.more;
  }

  function arrange() {
    document.querySelectorAll("article span.math").forEach(fit);
    document.querySelectorAll(MAY_SCROLL).forEach(mark);
  }

  // ---- landing: while formulas and widgets still take their place, keep the section that was asked for in view

  const HANDS = ["wheel", "touchstart", "pointerdown", "keydown"];
  let target = null;

  function land() {
    if (!target) return;
    for (let box = target.closest("details:not([open])"); box; box = box.closest("details:not([open])")) box.open = true;
    target.scrollIntoView({ behavior: "instant" });
  }

  function aim() {
    target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    land();
  }

  function release() {
    target = null;
  }

  // Who comes back, or reloads the page, is put by the browser where they were.
  function follow() {
    for (const event of HANDS) addEventListener(event, release, { passive: true, capture: true });
    addEventListener("hashchange", aim);
    new ResizeObserver(land).observe(document.querySelector("article") ?? document.body);
    if (performance.getEntriesByType("navigation")[0]?.type === "navigate") aim();
  }

  // ---- minutes: those that a section states, otherwise 200 words a minute and three seconds for a line of code shown

  function minutes(section) {
    const copy = section.cloneNode(true);
    copy.querySelectorAll(":scope section section").forEach((part) => part.remove());
    copy.querySelectorAll("script, style, .widget-words, details, .tag_hide-input").forEach((part) => part.remove());
    const code = [...copy.querySelectorAll("pre")].reduce((sum, { textContent }) => sum + textContent.split("\n").length, 0);
    copy.querySelectorAll("pre").forEach((part) => part.remove());
    return copy.textContent.trim().split(/\s+/).length / 200 + code / 20;
  }

  function takes(section) {
    const stated = section.querySelector(":scope > p > em:only-child")?.textContent.match(/^About (\d+) minutes\.$/);
    if (stated) return Number(stated[1]);
    return [...section.querySelectorAll(":scope > section")].reduce((sum, part) => sum + takes(part), minutes(section));
  }

  function sayMinutes() {
    if (!document.querySelector("article .cell")) return;
    for (const link of document.querySelectorAll("nav.page-toc li.toc-h2 > a")) {
      const section = document.getElementById(decodeURIComponent(link.hash.slice(1)));
      if (!section) continue;
      const said = Object.assign(document.createElement("span"), { className: "minutes" });
      said.textContent = ` ${Math.max(1, Math.round(takes(section)))} min`;
      link.append(said);
    }
  }

  // ---- light: a phrase of the text lights the part of the nearest widget that it speaks of

  function distance(a, b) {
    const [first, second] = [a, b].map((element) => element.getBoundingClientRect());
    return Math.max(0, first.top - second.bottom, second.top - first.bottom);
  }

  function partsOf(phrase) {
    const widgets = [...document.querySelectorAll("article .genlib")];
    const near = widgets.sort((a, b) => distance(phrase, a) - distance(phrase, b))[0];
    return near?.querySelectorAll(`[data-part="${phrase.dataset.light}"]`) ?? [];
  }

  function giveLight() {
    for (const phrase of document.querySelectorAll("article [data-light]")) {
      const light = (on) => () => partsOf(phrase).forEach((part) => part.toggleAttribute("data-lit", on));
      for (const event of ["pointerenter", "focus"]) phrase.addEventListener(event, light(true));
      for (const event of ["pointerleave", "blur"]) phrase.addEventListener(event, light(false));
      phrase.tabIndex = 0;
    }
  }

  // ---- paper: the light theme while the page is printed; the widgets repaint as they do for the button

  let shown = null;

  function toPaper() {
    if (html.dataset.theme === "light") return;
    shown = html.dataset.theme;
    html.dataset.theme = "light";
  }

  function toScreen() {
    if (shown) html.dataset.theme = shown;
    shown = null;
  }

  addEventListener("beforeprint", toPaper);
  addEventListener("afterprint", toScreen);
  matchMedia("print").addEventListener("change", ({ matches }) => (matches ? toPaper() : toScreen()));

  addEventListener("DOMContentLoaded", () => {
    sayMinutes();
    follow();
    giveLight();
  });
  addEventListener("load", async () => {
    await window.MathJax?.startup?.promise;
    arrange();
    html.dataset.typeset = "true";
    new ResizeObserver(arrange).observe(document.querySelector("article") ?? document.body);
  });
})();
