// Where a formula or a block of code is wider than the screen it scrolls on its own; the keyboard must reach it too.
(() => {
  "use strict";
  const MAY_SCROLL = ["pre", ".math", "mjx-container", ".cell_output", ".pst-scrollable-table-container"]
    .map((name) => `article ${name}`).join();

  function fit(formula) {
    const wanted = formula.firstElementChild?.getBoundingClientRect().width ?? 0;
    formula.classList.toggle("too-wide", wanted > formula.closest("p, li, dd, td, dt, article").clientWidth);
  }

  function mark(element) {
    const scrolls = element.scrollWidth > element.clientWidth && getComputedStyle(element).overflowX !== "visible";
    if (scrolls) element.tabIndex = 0;
    else element.removeAttribute("tabindex");
  }

  function arrange() {
    document.querySelectorAll("article span.math").forEach(fit);
    document.querySelectorAll(MAY_SCROLL).forEach(mark);
  }

  addEventListener("load", async () => {
    await window.MathJax?.startup?.promise;
    arrange();
    document.documentElement.dataset.typeset = "true";
    new ResizeObserver(arrange).observe(document.querySelector("article") ?? document.body);
  });
})();
