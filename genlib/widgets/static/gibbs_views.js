// The pictures of GibbsChain. What is above zero is blue, what is below it vermilion: x(t) and what it teaches against
// the model's own sample, pixels that are kept against pixels that are sampled, weights that vote for against against.
//
//   genlibGibbs.signed(ui, { label, width, height, caption })    an image of values in [-1, 1]; paint(values, top)
//   genlibGibbs.held(ui, { ..., onPaint })   the same with the kept pixels outlined; hold(mask), paintable(yes), and
//                                            onPaint(mask) when a pointer has put pixels in or taken some out
//   genlibGibbs.units(ui, { label, count, caption, signed, onPick })   hidden units as a grid; place(j), paint(values)
Object.assign(genlibGibbs, {
  signed(ui, { label, width, height = width, caption = "" }) {
    const made = ui.image({ label, width, height, caption }), { canvas } = made, context = canvas.getContext("2d");
    const pixels = context.createImageData(width, height), shown = new Float32Array(width * height);
    function draw() {
      const paper = ui.rgb("paper"), inks = [ui.rgb("model"), ui.rgb("data")];
      for (let i = 0, at = 0; i < shown.length; i++, at += 4) {
        const v = Math.max(-1, Math.min(1, shown[i])), ink = inks[+(v > 0)];
        for (let c = 0; c < 3; c++) pixels.data[at + c] = paper[c] + Math.abs(v) * (ink[c] - paper[c]);
        pixels.data[at + 3] = 255;
      }
      context.putImageData(pixels, 0, 0);
    }
    ui.onTheme(draw);
    return { ...made, paint(values, top = 1) { for (let i = 0; i < values.length; i++) shown[i] = values[i] / top; draw(); } };
  },

  held(ui, { width: columns, height: rows, onPaint, ...rest }) {
    const made = genlibGibbs.signed(ui, { width: columns, height: rows, ...rest }), { canvas, element } = made;
    // A parser knows which of these are SVG; createElement would not.
    const frame = ui.node("div", { className: "genlib-frame", innerHTML:
      `<svg viewBox="0 0 ${columns} ${rows}" preserveAspectRatio="none" class="genlib-gibbs-mask" aria-hidden="true">
        <path class="genlib-gibbs-tint"/><path class="genlib-gibbs-edge"/></svg>` });
    const [tint, edge] = frame.querySelectorAll("path"), mask = new Uint8Array(rows * columns);
    frame.prepend(canvas);
    element.prepend(frame);

    function outline() {
      const on = (row, column) => row >= 0 && row < rows && column >= 0 && column < columns && mask[row * columns + column];
      let inside = "", border = "";
      for (let row = 0; row <= rows; row++)
        for (let column = 0; column <= columns; column++) {
          if (on(row, column)) inside += `M${column} ${row}h1v1h-1z`;
          if (!on(row, column) !== !on(row - 1, column)) border += `M${column} ${row}h1`;
          if (!on(row, column) !== !on(row, column - 1)) border += `M${column} ${row}v1`;
        }
      tint.setAttribute("d", inside);
      edge.setAttribute("d", border);
    }
    // The first pixel of a stroke decides: it keeps pixels, or lets kept ones go.
    let free = false, to = 1, last = null;
    const reach = Math.max(0.7, columns / 18);
    const place = ({ clientX, clientY }) => {
      const { left, top, width, height } = canvas.getBoundingClientRect();
      return [((clientX - left) / width) * columns, ((clientY - top) / height) * rows];
    };
    function stroke([x0, y0], [x1, y1]) {
      const steps = Math.ceil(2 * Math.hypot(x1 - x0, y1 - y0)) + 1;
      for (let s = 0; s <= steps; s++) {
        const x = x0 + ((x1 - x0) * s) / steps, y = y0 + ((y1 - y0) * s) / steps;
        for (let i = 0; i < mask.length; i++)
          if (Math.hypot((i % columns) + 0.5 - x, Math.floor(i / columns) + 0.5 - y) < reach) mask[i] = to;
      }
      outline();
      onPaint(Uint8Array.from(mask));
    }
    ui.listen(canvas, "pointerdown", (event) => {
      if (!free) return;
      canvas.setPointerCapture(event.pointerId);
      last = place(event);
      const at = last.map((v, n) => Math.min([columns, rows][n] - 1, Math.max(0, Math.floor(v))));
      to = 1 - mask[at[1] * columns + at[0]];
      stroke(last, last);
    });
    ui.listen(canvas, "pointermove", (event) => {
      if (!free || !canvas.hasPointerCapture(event.pointerId)) return;
      const next = place(event);
      stroke(last, next);
      last = next;
    });
    return {
      ...made,
      hold(next) { mask.set(next); outline(); },
      paintable(yes) { free = yes; element.toggleAttribute("data-paintable", yes); },
    };
  },

  units(ui, { label, count, caption = "", signed = false, onPick }) {
    const width = Math.ceil(Math.sqrt(count)), height = Math.ceil(count / width), cells = new Float32Array(width * height);
    const made = signed ? genlibGibbs.signed(ui, { label, width, height, caption }) : ui.image({ label, width, height, caption, colour: "latent" });
    const marker = ui.node("span", { className: "genlib-gibbs-unit" });
    Object.assign(marker.style, { width: `${100 / width}%`, height: `${100 / height}%` });
    made.element.prepend(ui.node("div", { className: "genlib-frame" }, made.canvas, marker));
    function pick({ clientX, clientY }) {
      const { left, top, width: wide, height: high } = made.canvas.getBoundingClientRect();
      const column = Math.floor(((clientX - left) / wide) * width), row = Math.floor(((clientY - top) / high) * height);
      const j = row * width + column;
      if (column >= 0 && column < width && row >= 0 && j < count) onPick(j);
    }
    ui.listen(made.canvas, "pointermove", pick);
    ui.listen(made.canvas, "pointerdown", pick);
    made.canvas.classList.add("genlib-gibbs-pick");
    return {
      ...made,
      paint(values, ...rest) { cells.set(values); made.paint(cells, ...rest); },
      place(j) { Object.assign(marker.style, { left: `${(100 * (j % width)) / width}%`, top: `${(100 * Math.floor(j / width)) / height}%` }); },
    };
  },
});
