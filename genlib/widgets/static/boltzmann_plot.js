// The pictures of a Boltzmann machine's law and chain: a bar for each state over its bits, and the chain's last sweeps.
//
// The wide grey bar is the exact probability, the narrow coloured one the share of the chain's sweeps that ended there.
const genlibBoltzmannPlot = (ui, onPick) => {
  const LEFT = 44, RIGHT = 4, BARS = 190, CELL = 15, font = (size) => `${size}px system-ui, sans-serif`;
  function canvas(label) {
    const made = ui.node("canvas", { ariaLabel: label });
    made.setAttribute("role", "img");
    made.className = "genlib-boltzmann-canvas";
    return made;
  }
  function fitted(made, height) {
    const scale = devicePixelRatio || 1, width = made.clientWidth || 300, context = made.getContext("2d");
    made.style.height = `${height}px`;
    made.width = Math.round(width * scale);
    made.height = Math.round(height * scale);
    context.setTransform(scale, 0, 0, scale, 0, 0);
    return { context, width, right: width - RIGHT };
  }
  // A gap after every eight states, or four of sixteen and fewer, so that they can be counted.
  function columns(count, right) {
    const group = count > 16 ? 8 : 4, gaps = Math.ceil(count / group) - 1, gap = gaps ? Math.min(10, (right - LEFT) / count / 2) : 0;
    const width = (right - LEFT - gaps * gap) / count;
    return { width, left: (state) => LEFT + state * width + Math.floor(state / group) * gap };
  }
  const colourOf = (row, features) => ui.colour(row < features ? "model" : "latent");

  function rowNames(context, names, features, top) {
    context.font = font(12);
    context.textAlign = "right";
    context.textBaseline = "middle";
    names.forEach((name, row) => {
      context.fillStyle = row < features ? ui.colour("muted") : ui.colour("latent");
      context.fillText(name, LEFT - 8, top + (row + 0.5) * CELL);
    });
  }

  const bars = canvas("Probabilities of all states");
  let at = () => 0;
  function axis(context, right, top, height, y) {
    const step = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5].find((size) => top / size <= 5) ?? 0.5;
    context.font = font(12);
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (let tick = 0; tick <= top + 1e-9; tick += step) {
      context.fillStyle = ui.colour("line");
      context.fillRect(LEFT, Math.round(y(tick)), right - LEFT, 1);
      context.fillStyle = ui.colour("muted");
      context.fillText(String(+tick.toFixed(2)), LEFT - 8, Math.min(y(tick), height - 6));
    }
  }
  function drawBars({ names, features, p, share, possible, now, picked }) {
    const count = p.length, rows = Math.log2(count), bottom = BARS, bits = bottom + 8, { context, right } = fitted(bars, bits + rows * CELL + 5);
    const { width, left } = columns(count, right), most = Math.max(...p, ...share), top = Math.min(1, 1.08 * most);
    const y = (value) => bottom - (value / top) * (bottom - 8), inner = Math.max(1, width - (width > 7 ? 2 : 1));
    at = (x) => { for (let s = count - 1; s > 0; s--) if (x >= left(s)) return s; return 0; };
    axis(context, right, top, bottom, y);
    for (let s = 0; s < count; s++) {
      const x = left(s) + (width - inner) / 2, narrow = Math.max(1, inner * 0.5);
      context.fillStyle = ui.colour("muted");
      context.globalAlpha = 0.45;
      context.fillRect(x, y(p[s]), inner, bottom - y(p[s]));
      context.globalAlpha = 1;
      if (p[s]) context.fillRect(x, y(p[s]) - 1, inner, 1.5);
      context.fillStyle = ui.colour("model");
      if (share[s]) context.fillRect(x + (inner - narrow) / 2, y(share[s]), narrow, bottom - y(share[s]));
      if (s === picked) {
        context.strokeStyle = ui.colour("ink");
        context.lineWidth = 1.5;
        context.strokeRect(x - 0.75, bottom + 3, inner + 1.5, rows * CELL + 7);
      }
      for (let row = 0; row < rows; row++) {
        const one = (s >> (rows - 1 - row)) & 1, top = bits + row * CELL;
        context.globalAlpha = (possible[s] ? 1 : 0.25) * (one ? 1 : s === now ? 0.25 : 0.45);
        context.fillStyle = s === now ? colourOf(row, features) : ui.colour(one ? "muted" : "line");
        context.fillRect(x, top, inner, CELL - 2);
        if (width < 13) continue;
        context.globalAlpha = possible[s] ? 1 : 0.4;
        context.fillStyle = ui.colour(one ? "paper" : "muted");
        context.font = font(11);
        context.textAlign = "center";
        context.fillText(String(one), x + inner / 2, top + CELL / 2 - 0.5);
      }
      context.globalAlpha = 1;
    }
    rowNames(context, names, features, bits);
  }
  ui.listen(bars, "click", (event) => onPick(at(event.clientX - bars.getBoundingClientRect().left)));

  // Each sweep is a column, lit units are filled; the newest is on the right.
  const film = canvas("The chain's last sweeps");
  function drawFilm({ names, features, states, room }) {
    const rows = names.length, { context, right } = fitted(film, rows * CELL + 2), step = (right - LEFT) / room;
    for (let row = 0; row < rows; row++) {
      const lit = (n) => n >= 0 && (states[n] >> (rows - 1 - row)) & 1, x = (n) => right - (states.length - n) * step;
      context.fillStyle = ui.colour("line");
      context.globalAlpha = 0.45;
      context.fillRect(LEFT, row * CELL, right - LEFT, CELL - 2);
      context.globalAlpha = 1;
      context.fillStyle = colourOf(row, features);
      for (let n = 0, begun = 0; n < states.length; n++) {
        if (!lit(n)) continue;
        if (!lit(n - 1)) begun = n;
        if (n + 1 === states.length || !lit(n + 1)) context.fillRect(x(begun), row * CELL, x(n + 1) - x(begun), CELL - 2);
      }
    }
    rowNames(context, names, features, 0);
  }
  return { bars, film, drawBars, drawFilm };
};
