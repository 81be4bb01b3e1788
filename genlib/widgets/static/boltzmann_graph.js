// The graph of a Boltzmann machine: units on a circle, every pair of them a line that can be picked and dragged.
//
// Fill says which units are lit now; the outer ring is the exact probability of being lit, the inner one the chain's
// share. A coupling is as thick as it is strong, solid where it attracts, dashed where it repels.
const genlibBoltzmannGraph = (ui, { onPick, onDrag }) => {
  // The name of SVG's namespace looks like an address, and no source here has one: the browser knows it.
  const { namespaceURI } = ui.node("div", { innerHTML: "<svg></svg>" }).firstChild;
  const svg = (tag, attributes = {}, ...children) => {
    const made = document.createElementNS(namespaceURI, tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  };
  const WIDTH = 404, HEIGHT = 296, RADIUS = 19, element = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", class: "genlib-boltzmann-graph" });
  let drawn = null;

  function drag(target, item) {
    let from = null;
    target.addEventListener("pointerdown", (event) => {
      from = { x: event.clientX, y: event.clientY, value: onPick(item) };
      target.setPointerCapture(event.pointerId);
    });
    target.addEventListener("pointermove", (event) => {
      if (!from || !target.hasPointerCapture(event.pointerId)) return;
      const way = event.clientX - from.x - (event.clientY - from.y);
      if (from.far || Math.abs(way) > 4) onDrag(item, from.value + 0.025 * way);
      from.far ||= Math.abs(way) > 4;
    });
    for (const end of ["pointerup", "pointercancel"]) target.addEventListener(end, () => { from = null; });
    return target;
  }

  const places = (count) => Array.from({ length: count }, (_, i) => {
    const angle = (2 * Math.PI * i) / count - Math.PI / 2 - (count % 2 ? 0 : Math.PI / count);
    return { x: WIDTH / 2 + 92 * Math.cos(angle), y: HEIGHT / 2 + (count === 3 ? 34 : count === 5 ? 22 : 0) + 92 * Math.sin(angle), angle };
  });
  const ring = (x, y, radius, name) => svg("circle", { cx: x, cy: y, r: radius, class: `genlib-boltzmann-ring ${name}`, pathLength: 1, transform: `rotate(-90 ${x} ${y})` });

  function unit(item, { x, y, angle }, hidden) {
    const right = Math.cos(angle) > 0.25, left = Math.cos(angle) < -0.25, anchor = right ? "start" : left ? "end" : "middle";
    const side = right ? 39 : left ? -39 : 0, rise = side ? -12 : Math.sin(angle) < 0 ? -58 : 50;
    const disc = svg("circle", { cx: x, cy: y, r: RADIUS, class: "genlib-boltzmann-disc" }), state = svg("text", { x, y: y + 6, "text-anchor": "middle" });
    const words = [0, 17, 34].map((lower) => svg("text", { x: x + side, y: y + rise + lower, "text-anchor": anchor, class: "genlib-boltzmann-words" }));
    const exact = ring(x, y, RADIUS + 8.5, "genlib-boltzmann-exact"), share = ring(x, y, RADIUS + 4, "genlib-boltzmann-share");
    const group = svg("g", { class: `genlib-boltzmann-unit${hidden ? " genlib-boltzmann-hidden" : ""}` },
      svg("circle", { cx: x, cy: y, r: RADIUS + 16, class: "genlib-boltzmann-wide" }), svg("circle", { cx: x, cy: y, r: RADIUS + 6, class: "genlib-boltzmann-track" }), exact, share, disc,
      svg("rect", { x: x - RADIUS - 12, y: y - RADIUS - 12, width: 2 * RADIUS + 24, height: 2 * RADIUS + 24, rx: 6, class: "genlib-boltzmann-hold" }), state, ...words);
    return { group: drag(group, item), state, words, exact, share, side };
  }
  function pair(item, from, to, neighbours) {
    const line = { x1: from.x, y1: from.y, x2: to.x, y2: to.y }, at = neighbours ? 0.5 : 0.37;
    const coupling = svg("line", { ...line, class: "genlib-boltzmann-coupling" });
    const words = svg("text", { x: from.x + at * (to.x - from.x), y: from.y + at * (to.y - from.y) + 4, "text-anchor": "middle", class: "genlib-boltzmann-words genlib-boltzmann-number" });
    return { group: drag(svg("g", { class: "genlib-boltzmann-pair" }, svg("line", { ...line, class: "genlib-boltzmann-wide" }), coupling), item), coupling, words };
  }

  return {
    element,
    build(items, features) {
      const units = items.filter((item) => item.j === undefined), at = places(units.length), last = units.length - 1;
      const beside = ({ i, j }) => j - i === 1 || (i === 0 && j === last);
      drawn = new Map(items.map((item) => [item, item.j === undefined ? unit(item, at[item.i], item.i >= features) : pair(item, at[item.i], at[item.j], beside(item))]));
      const [discs, lines] = [true, false].map((isUnit) => [...drawn].filter(([item]) => (item.j === undefined) === isUnit).map(([, parts]) => parts));
      element.replaceChildren(...lines.map(({ group }) => group), ...lines.map(({ words }) => words), ...discs.map(({ group }) => group));
    },
    // `look(item)` has value and text, and for a unit: on, held, marginal, share; `turn` is the unit drawn last.
    draw(look, picked, turn) {
      for (const [item, parts] of drawn) {
        const { value, text, on, held, marginal, share } = look(item);
        parts.group.toggleAttribute("data-picked", item === picked);
        if (item.j !== undefined) {
          parts.coupling.style.strokeWidth = value ? 1 + 1.1 * Math.abs(value) : 1;
          parts.group.dataset.sign = Math.sign(value);
          parts.words.textContent = value ? text : "";
          continue;
        }
        parts.group.toggleAttribute("data-on", Boolean(on));
        parts.group.toggleAttribute("data-held", held !== null);
        parts.group.toggleAttribute("data-turn", item.i === turn);
        parts.state.textContent = on;
        const bias = `${item.letter} = ${text}`, chance = held === null ? `p = ${marginal.toFixed(3)}` : `held at ${held}`;
        const words = parts.side ? [item.unit, bias, chance] : [`${item.unit}, ${bias}`, chance, ""];
        words.forEach((line, n) => { parts.words[n].textContent = line; });
        parts.exact.style.strokeDasharray = `${marginal} 2`;
        parts.share.style.strokeDasharray = `${share} 2`;
      }
    },
    describe(words) { element.setAttribute("aria-label", words); },
  };
};
