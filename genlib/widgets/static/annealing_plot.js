// Two pictures of annealing: the fan of the chains' weights with its histogram, and every finished run.
const genlibAnnealingPlot = (ui) => {
  const LEFT = 46, TOP = 10, BOTTOM = 38;
  function canvas(label, height) {
    const made = ui.node("canvas", { ariaLabel: label });
    made.setAttribute("role", "img");
    made.className = "genlib-annealing-canvas";
    made.style.height = `${height}px`;
    return made;
  }
  function fitted(made) {
    const scale = devicePixelRatio || 1, width = made.clientWidth || 300, height = parseFloat(made.style.height), context = made.getContext("2d");
    made.width = Math.round(width * scale);
    made.height = Math.round(height * scale);
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.font = "12px system-ui, sans-serif";
    return { context, right: width - 8, bottom: height - BOTTOM };
  }
  const short = (value) => String(+value.toPrecision(4)).replace("-", "\u2212");
  function line(context, name, x0, y0, x1, y1, dash = [], weight = 1) {
    context.strokeStyle = ui.colour(name);
    context.lineWidth = weight;
    context.setLineDash(dash);
    context.beginPath();
    context.moveTo(x0, y0);
    context.lineTo(x1, y1);
    context.stroke();
    context.setLineDash([]);
  }
  function vertical(context, low, high, right, bottom, title) {
    const rough = (high - low) / 5, power = 10 ** Math.floor(Math.log10(rough)), step = [1, 2, 5, 10].map((k) => k * power).find((s) => s >= rough);
    const y = (value) => bottom - ((value - low) / (high - low)) * (bottom - TOP);
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (let tick = Math.ceil(low / step) * step; tick <= high; tick += step) {
      line(context, "line", LEFT, y(tick), right, y(tick));
      context.fillStyle = ui.colour("muted");
      context.fillText(short(Math.abs(tick) < step / 1e6 ? 0 : tick), LEFT - 6, y(tick));
    }
    context.save();
    context.translate(8, (TOP + bottom) / 2);
    context.rotate(-Math.PI / 2);
    context.textAlign = "center";
    context.fillText(title, 0, 0);
    context.restore();
    return y;
  }
  function horizontal(context, ticks, x, middle, bottom, title) {
    context.fillStyle = ui.colour("muted");
    context.textAlign = "center";
    context.textBaseline = "top";
    for (const tick of ticks) context.fillText(short(tick), x(tick), bottom + 5);
    context.fillText(title, middle, bottom + 21);
  }

  // Left, each chain's estimate against that of all, over beta; right, the same at this moment as a histogram.
  const fan = canvas("Weights of the chains on their way", 240);
  function drawFan({ entries, colour, off, truth }) {
    const { context, right, bottom } = fitted(fan), room = Math.max(70, 0.26 * (right - LEFT)), end = right - room - 10;
    const all = entries.flatMap((entry) => [...entry.off]).concat([...off], truth === null ? [] : [truth]);
    const reach = all.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [-1, 1]);
    const pad = 0.05 * (reach[1] - reach[0]), [low, high] = [Math.max(reach[0], -60) - pad, Math.min(reach[1], 60) + pad];
    const y = vertical(context, low, high, right, bottom, "a chain\u2019s log Z, minus that of all"), x = (beta) => LEFT + beta * (end - LEFT);
    horizontal(context, [0, 0.25, 0.5, 0.75, 1], x, (LEFT + end) / 2, bottom, "inverse temperature \u03b2");
    context.strokeStyle = ui.colour(colour);
    context.globalAlpha = 0.35;
    context.lineWidth = 1;
    for (let i = 0; i < (entries[0]?.off.length ?? 0); i++) {
      context.beginPath();
      entries.forEach((entry, k) => (k ? context.lineTo(x(entry.beta), y(entry.off[i])) : context.moveTo(x(entry.beta), y(entry.off[i]))));
      context.stroke();
    }
    context.globalAlpha = 1;
    if (entries.length) line(context, "ink", x(entries[0].beta), y(0), x(entries.at(-1).beta), y(0), [], 1.5);
    const bins = 36, counts = new Array(bins).fill(0), thick = (bottom - TOP) / bins;
    for (const value of off) counts[Math.max(0, Math.min(bins - 1, Math.floor(((value - low) / (high - low)) * bins)))]++;
    const most = Math.max(...counts, 1);
    context.fillStyle = ui.colour(colour);
    counts.forEach((count, i) => context.fillRect(end + 12, bottom - (i + 1) * thick + 0.5, (count / most) * (room - 4), thick - 1));
    line(context, "ink", end + 12, y(0), right, y(0), [], 1.5);
    if (truth !== null) line(context, "data", end + 12, y(truth), right, y(truth), [5, 4], 2.5);
    context.fillStyle = ui.colour("muted");
    context.fillText("chains", (end + 12 + right) / 2, bottom + 21);
  }

  // A dot with its own error bar for each finished run; forward runs a little to the left, reverse ones to the right.
  const ledger = canvas("Estimates of all runs by number of temperatures", 240);
  function drawRuns(runs, exact) {
    const { context, right, bottom } = fitted(ledger), values = runs.map((run) => run.log_z - (exact ?? 0));
    const top = Math.max(...(exact === null ? values : [...values, 1])), least = Math.min(...(exact === null ? values : [...values, -1]));
    const pad = 0.08 * (top - least) + 0.3, x = (n) => LEFT + 14 + (Math.log10(n) / 3) * (right - LEFT - 28);
    const y = vertical(context, least - pad, top + pad, right, bottom, exact === null ? "log Z in nats" : "error of log Z in nats");
    horizontal(context, [1, 3, 10, 30, 100, 300, 1000], x, (LEFT + right) / 2, bottom, "temperatures");
    if (exact !== null) line(context, "data", LEFT, y(0), right, y(0), [5, 4], 1.5);
    runs.forEach((run, i) => {
      const name = run.direction === "up" ? "model" : "latent", at = x(run.temperatures) + (run.direction === "up" ? -3 : 3);
      const bar = (sign) => Math.max(TOP, Math.min(bottom, y(values[i] + sign * run.standard_error)));
      context.globalAlpha = i === runs.length - 1 ? 1 : 0.55;
      line(context, name, at, bar(1), at, bar(-1), [], 1.5);
      context.fillStyle = ui.colour(i === runs.length - 1 ? "ink" : name);
      context.beginPath();
      context.arc(at, y(values[i]), i === runs.length - 1 ? 4.5 : 3, 0, 7);
      context.fill();
      if (i === runs.length - 1) line(context, "paper", at, y(values[i]), at, y(values[i]));
      context.globalAlpha = 1;
    });
  }
  return { fan, ledger, drawFan, drawRuns };
};
