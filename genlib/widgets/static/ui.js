// What every widget shows and listens to: native controls, pictures, a drawing pad, a chart, an animation loop.
//
// It hangs everything on `genlib.ui`, made by `genlib.ui(el, options)` once per view:
//
//   const ui = genlib.ui(el, { title, text, model });   root element with title, and `text`: what to try and to see
//   ui.add(...nodes)                          puts nodes above the text; ui.row(...nodes), ui.panel(caption, ...nodes)
//   ui.button(label, onClick)                 <button>
//   ui.range({label, min, max, step, value, format, onInput})   {element, input, value} with the value shown
//   ui.select({label, options: [[value, words]], value, onChange})   {element, input, value}
//   ui.checkbox({label, value, onChange})     {element, input, value}
//   ui.image({label, width, height, colour})  {element, canvas, paint(values in [0, 1], colour), caption(words), describe(words)}
//   ui.pad({label, kind, colour, onDraw})     a drawing pad; onDraw(image as "mnist" 784 or "digits" 64 values)
//   ui.chart({label, x, y, height, legend: [[colour, words]]})
//                                             {element, describe(words), draw({lines: [{points, colour, dash}],
//                                             bands: [{from, to, colour}], x: [from, to], y: [from, to]})}
//   ui.loop(frame)                            {play(), pause(), toggle(), step(), playing, allowed, rate, onChange(tell)}
//   ui.play(loop)                             a button that plays and pauses the loop
//   ui.say(words)                             to a screen reader, once things have come to rest
//   ui.colour(name)                           "data", "model", "latent", "ink", "muted", "line", "paper" of this theme
//   ui.onTheme(paint)                         called now, and whenever the page turns dark or light
//   ui.send({trait: value})                   to Python, at most 5 times a second, the last value always
//   ui.watch(trait, handler)                  called when Python, or another view, has changed a trait
//   ui.soon(paint)                            a function that runs `paint` once before the next frame, timed
//   ui.timed(work)                            the same work, measured as "genlib:frame"
//   ui.listen(target, type, handler), ui.onClose(undo)    undone by ui.close(), which `render` returns
//
// Colours are words, so that the same word is the same colour in every widget: what comes from data is blue, what a
// model makes is vermilion, what is latent is green, everything else is grey.
genlib.ui = (el, { title, text = "", model = null }) => {
  const undo = [], repaint = new Set(), root = node("div", { className: "genlib", role: "group", ariaLabel: title });
  const body = node("div", { className: "genlib-body" });
  const spoken = node("p", { className: "genlib-spoken", ariaLive: "polite" });
  const print = node("p", { className: "genlib-print", textContent: "On paper this is only a picture: open the page in a browser to move it." });
  root.append(node("p", { className: "genlib-title", textContent: title }), body, node("p", { className: "genlib-text", innerHTML: text }), spoken, print);
  el.replaceChildren(root);

  function node(tag, properties = {}, ...children) {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  }
  function onClose(action) { undo.push(action); }
  function listen(target, type, handler, options) {
    target.addEventListener(type, handler, options);
    onClose(() => target.removeEventListener(type, handler, options));
  }
  function close() {
    while (undo.length) undo.pop()();
    root.remove();
  }
  // JupyterLab would take arrow keys for itself and move to the next cell.
  listen(root, "keydown", (event) => event.stopPropagation());

  // ---- theme
  const dark = matchMedia("(prefers-color-scheme: dark)"), still = matchMedia("(prefers-reduced-motion: reduce)");
  function isDark() {
    const html = document.documentElement, lab = document.body.dataset.jpThemeLight;
    if (lab) return lab === "false";
    const named = html.dataset.theme ?? html.getAttribute("theme");
    return named ? named === "dark" : dark.matches;
  }
  const names = ["data", "model", "latent", "ink", "muted", "line", "paper"];
  let colours = {};
  function readTheme() {
    root.toggleAttribute("data-dark", isDark());
    const style = getComputedStyle(root);
    colours = Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--genlib-${name}`).trim() || "#777777"]));
    repaint.forEach((paint) => paint());
  }
  const colour = (name) => colours[name] ?? name;
  const rgb = (name) => [1, 3, 5].map((at) => parseInt(colour(name).slice(at, at + 2), 16));
  function onTheme(paint) { repaint.add(paint); paint(); }
  const watcher = new MutationObserver(readTheme);
  for (const target of [document.documentElement, document.body])
    watcher.observe(target, { attributes: true, attributeFilter: ["data-theme", "theme", "data-jp-theme-light", "class"] });
  onClose(() => watcher.disconnect());
  listen(dark, "change", readTheme);
  // A style sheet may arrive after the widget does.
  const settled = requestAnimationFrame(readTheme);
  onClose(() => cancelAnimationFrame(settled));
  readTheme();

  // ---- time
  function timed(work) {
    let count = 0;
    return (...args) => {
      const start = performance.now(), result = work(...args);
      performance.measure("genlib:frame", { start, end: performance.now() });
      // The browser keeps every measure until it is told to forget.
      if (++count % 1000 === 0) performance.clearMeasures("genlib:frame");
      return result;
    };
  }
  function soon(paint) {
    let waiting = 0;
    const measured = timed(paint);
    onClose(() => cancelAnimationFrame(waiting));
    return () => { waiting ||= requestAnimationFrame(() => { waiting = 0; measured(); }); };
  }
  function loop(frame) {
    const measured = timed(frame), told = [];
    let wanted = false, visible = true, request = 0, last = -Infinity, second = 0, frames = 0;
    const made = {
      rate: 60,
      get playing() { return wanted; },
      get allowed() { return !still.matches; },
      play() { wanted = made.allowed; arrange(); },
      pause() { wanted = false; arrange(); },
      toggle() { wanted ? made.pause() : made.play(); },
      step() { made.pause(); measured(); },
      onChange(tell) { told.push(tell); tell(made); },
    };
    function tick(now) {
      if (!made.allowed) return made.pause(); // No event comes where a frame has looked before the browser does.
      request = requestAnimationFrame(tick);
      if (now - last < 1000 / made.rate - 4) return;
      last = now;
      measured();
      frames++;
      if (now - second < 1000) return;
      root.dataset.framesPerSecond = Math.round((1000 * frames) / (now - second));
      [second, frames] = [now, 0];
    }
    function arrange() {
      const run = wanted && visible && !document.hidden;
      if (run && !request) {
        [second, frames] = [performance.now(), 0];
        request = requestAnimationFrame(tick);
      }
      if (!run) { cancelAnimationFrame(request); request = 0; }
      root.toggleAttribute("data-playing", wanted);
      told.forEach((tell) => tell(made));
    }
    const sight = new IntersectionObserver((entries) => { visible = entries.at(-1).isIntersecting; arrange(); });
    sight.observe(root);
    onClose(() => { wanted = false; arrange(); sight.disconnect(); });
    listen(document, "visibilitychange", arrange);
    listen(still, "change", () => { if (!made.allowed) wanted = false; arrange(); });
    return made;
  }

  // ---- to Python
  let unsent = null, timer = 0, sentAt = -Infinity;
  function flush() {
    timer = 0;
    if (!unsent) return;
    for (const [name, value] of Object.entries(unsent)) model.set(name, value);
    unsent = null;
    sentAt = performance.now();
    model.save_changes();
  }
  function send(values) {
    if (!model) return;
    unsent = { ...unsent, ...values };
    timer ||= setTimeout(flush, Math.max(0, 200 - (performance.now() - sentAt)));
  }
  onClose(() => { clearTimeout(timer); flush(); });
  function watch(trait, handler) {
    model.on(`change:${trait}`, handler);
    onClose(() => model.off(`change:${trait}`, handler));
  }

  let saying = 0;
  function say(words) {
    clearTimeout(saying);
    saying = setTimeout(() => { if (!root.hasAttribute("data-playing")) spoken.textContent = words; }, 500);
  }
  onClose(() => clearTimeout(saying));

  // ---- controls
  function button(label, onClick) {
    const made = node("button", { type: "button", className: "genlib-button", textContent: label });
    listen(made, "click", onClick);
    return made;
  }
  function play(animation, words = ["Play", "Pause"]) {
    const made = button(words[0], animation.toggle);
    made.classList.add("genlib-primary");
    animation.onChange(() => {
      made.textContent = words[animation.playing ? 1 : 0];
      made.disabled = !animation.allowed;
      made.title = animation.allowed ? "" : "Your system asks for less motion: use the step button.";
    });
    return made;
  }
  function labelled(label, input, ...rest) {
    return node("label", { className: "genlib-control" }, node("span", { textContent: label }), input, ...rest);
  }
  function control(element, input, read, write) {
    return { element, input, get value() { return read(); }, set value(value) { write(value); } };
  }
  function range({ label, min, max, step = "any", value, format = String, onInput = () => {} }) {
    const input = node("input", { type: "range", min, max, step }), shown = node("span", { className: "genlib-value", ariaHidden: "true" });
    const show = () => { shown.textContent = format(+input.value); input.ariaValueText = shown.textContent; };
    const write = (to) => { input.value = to; show(); };
    listen(input, "input", () => { show(); onInput(+input.value); });
    write(value);
    return control(labelled(label, input, shown), input, () => +input.value, write);
  }
  function select({ label, options, value, onChange = () => {} }) {
    const input = node("select", {}, ...options.map(([key, words]) => node("option", { value: key, textContent: words })));
    if (value !== undefined) input.value = value;
    listen(input, "change", () => onChange(input.value));
    return control(labelled(label, input), input, () => input.value, (to) => { input.value = to; });
  }
  function checkbox({ label, value = false, onChange = () => {} }) {
    const input = node("input", { type: "checkbox", checked: value });
    listen(input, "change", () => onChange(input.checked));
    return control(node("label", { className: "genlib-control genlib-check" }, input, node("span", { textContent: label })), input,
      () => input.checked, (to) => { input.checked = to; });
  }

  // ---- pictures
  function canvasFor(label, width, height) {
    const made = node("canvas", { width, height, ariaLabel: label });
    made.setAttribute("role", "img");
    return made;
  }
  function image({ label, width, height = width, colour: name = "ink", caption = label }) {
    const canvas = canvasFor(label, width, height), context = canvas.getContext("2d"), pixels = context.createImageData(width, height);
    canvas.className = "genlib-image";
    canvas.style.aspectRatio = `${width} / ${height}`;
    let values = new Float32Array(width * height), shade = name;
    function draw() {
      const paper = rgb("paper"), ink = rgb(shade);
      for (let i = 0, at = 0; i < values.length; i++, at += 4) {
        const v = values[i];
        for (let k = 0; k < 3; k++) pixels.data[at + k] = paper[k] + v * (ink[k] - paper[k]);
        pixels.data[at + 3] = 255;
      }
      context.putImageData(pixels, 0, 0);
    }
    onTheme(draw);
    const words = node("figcaption", { textContent: caption });
    const element = node("figure", { className: "genlib-figure" }, canvas, words);
    return {
      element, canvas,
      paint(next, to = shade) { values.set(next); shade = to; draw(); },
      caption(next) { words.textContent = next; },
      describe(next) { canvas.ariaLabel = next; },
    };
  }

  // A pen of round ink; `cursor` is where keys have moved it.
  function pad({ label, kind = "mnist", colour: name = "data", caption = label, onDraw = () => {} }) {
    const side = 112, pen = kind === "mnist" ? 5 : 7, ink = new Float32Array(side * side);
    const picture = image({ label, width: side, colour: name, caption: "" }), { canvas } = picture;
    const cursor = node("span", { className: "genlib-cursor" }), at = { x: side / 2, y: side / 2 };
    const hint = node("p", { id: `genlib-${Math.random().toString(36).slice(2)}`, textContent: "Keys: arrows move, space paints, Shift and arrows draw." });
    const changed = soon(() => { picture.paint(ink); onDraw(genlib.centred(ink, side, kind)); });
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "application");
    canvas.setAttribute("aria-describedby", hint.id);
    canvas.classList.add("genlib-pad");

    function stroke(from, to) {
      const dx = to.x - from.x, dy = to.y - from.y, length = dx * dx + dy * dy || 1, reach = pen + 1;
      for (let row = Math.max(0, Math.floor(Math.min(from.y, to.y) - reach)); row < Math.min(side, Math.max(from.y, to.y) + reach); row++)
        for (let column = Math.max(0, Math.floor(Math.min(from.x, to.x) - reach)); column < Math.min(side, Math.max(from.x, to.x) + reach); column++) {
          const px = column + 0.5 - from.x, py = row + 0.5 - from.y, t = Math.min(1, Math.max(0, (px * dx + py * dy) / length));
          const cover = Math.min(1, pen + 0.5 - Math.hypot(px - t * dx, py - t * dy));
          if (cover > ink[row * side + column]) ink[row * side + column] = cover;
        }
      changed();
    }
    function moveTo(point) {
      Object.assign(at, point);
      cursor.style.left = `${(100 * at.x) / side}%`;
      cursor.style.top = `${(100 * at.y) / side}%`;
    }
    const place = ({ clientX, clientY }) => {
      const rect = canvas.getBoundingClientRect();
      return { x: ((clientX - rect.left) / rect.width) * side, y: ((clientY - rect.top) / rect.height) * side };
    };
    listen(canvas, "pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      moveTo(place(event));
      stroke(at, at);
    });
    listen(canvas, "pointermove", (event) => {
      if (!canvas.hasPointerCapture(event.pointerId)) return;
      for (const part of [...(event.getCoalescedEvents?.() ?? []), event]) {
        const to = place(part);
        stroke({ ...at }, to);
        moveTo(to);
      }
    });
    const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    listen(canvas, "keydown", (event) => {
      if (event.key !== " " && !arrows[event.key]) return;
      event.preventDefault();
      const from = { ...at }, [x, y] = arrows[event.key] ?? [0, 0], clamp = (v) => Math.min(side, Math.max(0, v));
      moveTo({ x: clamp(at.x + 4 * x), y: clamp(at.y + 4 * y) });
      if (event.shiftKey || event.key === " ") stroke(from, at);
    });
    const clear = () => { ink.fill(0); changed(); };
    const frame = node("div", { className: "genlib-frame" }, canvas, cursor);
    const element = node("figure", { className: "genlib-figure" }, frame,
      node("figcaption", { className: "genlib-under" }, node("span", { textContent: caption }), button("Clear", clear)), hint);
    hint.className = "genlib-hint";
    moveTo(at);
    return { element, canvas, ink, clear, get image() { return genlib.centred(ink, side, kind); }, get blank() { return !ink.some((v) => v > 0); } };
  }

  function ticks(low, high, count) {
    const rough = (high - low) / count, power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((k) => k * power).find((s) => s >= rough), made = [];
    for (let t = Math.ceil(low / step) * step; t <= high + step * 1e-6; t += step) made.push(Math.abs(t) < step * 1e-6 ? 0 : t);
    return made;
  }
  const short = (value) => (Math.abs(value) >= 10000 ? `${+(value / 1000).toPrecision(4)}k` : String(+value.toPrecision(5)).replace("-", "\u2212"));

  // Lines in one frame with labelled axes; a band is a range of y that the lines may be compared with.
  function chart({ label, x, y, height = 180, legend = [] }) {
    const canvas = canvasFor(label, 300, height), context = canvas.getContext("2d");
    canvas.className = "genlib-chart";
    canvas.style.height = `${height}px`;
    let shown = { lines: [], bands: [] };
    function extent(pick, extra) {
      let low = Infinity, high = -Infinity;
      for (const v of extra) { low = Math.min(low, v); high = Math.max(high, v); }
      for (const { points } of shown.lines) for (const point of points) { low = Math.min(low, point[pick]); high = Math.max(high, point[pick]); }
      if (!(low <= high)) [low, high] = [0, 1];
      return high - low > 1e-9 ? [low, high] : [low - 0.5, high + 0.5];
    }
    function paint() {
      const scale = devicePixelRatio || 1, width = canvas.clientWidth || 300;
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
      context.setTransform(scale, 0, 0, scale, 0, 0);
      context.clearRect(0, 0, width, height);
      context.font = "12px system-ui, sans-serif";
      const [x0, x1] = shown.x ?? extent(0, []), [low, high] = shown.y ?? extent(1, (shown.bands ?? []).flatMap(({ from, to }) => [from, to]));
      const room = shown.y ? 0 : 0.06 * (high - low), y0 = low - room, y1 = high + room;
      const left = 58, right = width - 8, top = 8, bottom = height - 34;
      const px = (v) => left + ((v - x0) / (x1 - x0)) * (right - left), py = (v) => bottom - ((v - y0) / (y1 - y0)) * (bottom - top);
      for (const { from, to, colour: name } of shown.bands ?? []) {
        context.globalAlpha = 0.22;
        context.fillStyle = colour(name);
        context.fillRect(left, py(to), right - left, Math.max(1.5, py(from) - py(to)));
      }
      context.globalAlpha = 1;
      context.strokeStyle = colour("line");
      context.fillStyle = colour("muted");
      context.lineWidth = 1;
      context.textAlign = "right";
      context.textBaseline = "middle";
      for (const t of ticks(y0, y1, height / 45)) {
        context.beginPath();
        context.moveTo(left, py(t));
        context.lineTo(right, py(t));
        context.stroke();
        context.fillText(short(t), left - 6, py(t));
      }
      context.textAlign = "center";
      context.textBaseline = "top";
      for (const t of ticks(x0, x1, width / 90)) context.fillText(short(t), Math.min(px(t), right - 8), bottom + 4);
      context.fillText(x, (left + right) / 2, bottom + 19);
      context.save();
      context.translate(2, (top + bottom) / 2);
      context.rotate(-Math.PI / 2);
      context.fillText(y, 0, 0);
      context.restore();
      context.save();
      context.beginPath();
      context.rect(left - 6, top - 2, right - left + 12, bottom - top + 4);
      context.clip();
      context.lineJoin = "round";
      for (const { points, colour: name, dash = [], weight = 2 } of shown.lines) {
        context.strokeStyle = colour(name);
        context.lineWidth = weight;
        context.setLineDash(dash);
        context.beginPath();
        points.forEach(([a, b], i) => (i ? context.lineTo(px(a), py(b)) : context.moveTo(px(a), py(b))));
        context.stroke();
        if (!points.length) continue;
        context.beginPath();
        context.fillStyle = context.strokeStyle;
        context.arc(px(points.at(-1)[0]), py(points.at(-1)[1]), 1.5 * weight, 0, 7);
        context.fill();
      }
      context.restore();
    }
    const sizes = new ResizeObserver(paint);
    sizes.observe(canvas);
    onClose(() => sizes.disconnect());
    onTheme(paint);
    const key = ([name, words]) => node("span", { className: `genlib-key genlib-${name}`, textContent: words });
    const element = node("figure", { className: "genlib-figure genlib-wide" }, canvas, node("figcaption", {}, ...legend.map(key)));
    return { element, canvas, draw(next) { shown = { ...shown, ...next }; paint(); }, describe(words) { canvas.ariaLabel = words; } };
  }

  const row = (...nodes) => node("div", { className: "genlib-row" }, ...nodes);
  const panel = (caption, ...nodes) => node("div", { className: "genlib-panel" }, node("p", { className: "genlib-caption", textContent: caption }), ...nodes);
  const add = (...nodes) => body.append(...nodes);
  return { root, body, node, add, row, panel, button, play, range, select, checkbox, image, pad, chart, loop, soon, timed, send, watch, say, colour, rgb, onTheme, listen, onClose, close };
};
