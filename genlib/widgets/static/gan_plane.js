// The plane of GANLab: what D believes as a tint, G's map of a grid of noise, points of both kinds, and arrows.
const genlibGanPlane = (ui, limit, field) => {
  const canvas = ui.node("canvas", { className: "genlib-gan-plane", width: 400, height: 400 });
  const small = ui.node("canvas", { width: field, height: field }), tint = small.getContext("2d");
  const context = canvas.getContext("2d"), pixels = tint.createImageData(field, field);
  canvas.setAttribute("role", "img");
  let size = 400;
  const px = (x) => ((x + limit) / (2 * limit)) * size, py = (y) => size - px(y);
  function clear() {
    const scale = devicePixelRatio || 1, wanted = Math.round((canvas.clientWidth || 400) * scale);
    if (canvas.width !== wanted) canvas.width = canvas.height = wanted;
    size = wanted / scale;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.globalAlpha = 1;
    context.fillStyle = ui.colour("paper");
    context.fillRect(0, 0, size, size);
  }
  function belief(values) {
    const paper = ui.rgb("paper"), sides = [ui.rgb("model"), ui.rgb("data")];
    values.forEach((d, i) => {
      const side = sides[d > 0.5 ? 1 : 0], strength = 0.42 * Math.abs(2 * d - 1);
      for (let k = 0; k < 3; k++) pixels.data[4 * i + k] = paper[k] + strength * (side[k] - paper[k]);
      pixels.data[4 * i + 3] = 255;
    });
    tint.putImageData(pixels, 0, 0);
    context.drawImage(small, 0, 0, size, size);
  }
  function dots(points, count, name, radius = 2.2) {
    context.fillStyle = ui.colour(name);
    context.globalAlpha = 0.85;
    context.beginPath();
    for (let i = 0; i < 2 * count; i += 2) {
      context.moveTo(px(points[i]) + radius, py(points[i + 1]));
      context.arc(px(points[i]), py(points[i + 1]), radius, 0, 7);
    }
    context.fill();
  }
  // A cell is the greener the more noise it holds for its area; `share` is the noise in cell i.
  function mesh(points, columns, rows, share) {
    const go = (i, pen) => context[pen](px(points[2 * i]), py(points[2 * i + 1]));
    context.strokeStyle = context.fillStyle = ui.colour("latent");
    context.lineWidth = rows > 1 ? 0.6 : 2;
    context.globalAlpha = 0.6;
    context.beginPath();
    for (let i = 0; i < columns * rows; i++) go(i, i % columns ? "lineTo" : "moveTo");
    for (let i = 0; rows > 1 && i < columns * rows; i++)
      go((i % rows) * columns + Math.floor(i / rows), i % rows ? "lineTo" : "moveTo");
    context.stroke();
    for (let i = 0; i < columns * (rows - 1); i++) {
      if (i % columns === columns - 1) continue;
      const corners = [i, i + 1, i + columns + 1, i + columns];
      const area = corners.reduce((sum, a, k) => {
        const b = corners[(k + 1) % 4];
        return sum + 0.5 * (points[2 * a] * points[2 * b + 1] - points[2 * a + 1] * points[2 * b]);
      }, 1e-6);
      context.globalAlpha = Math.min(0.5, (2 * share(i)) / Math.abs(area));
      if (context.globalAlpha < 0.02) continue;
      context.beginPath();
      corners.forEach((corner, k) => go(corner, k ? "lineTo" : "moveTo"));
      context.fill();
    }
  }
  function arrows(points, moves, count) {
    context.strokeStyle = ui.colour("ink");
    context.globalAlpha = 0.9;
    context.lineWidth = 1.2;
    context.beginPath();
    for (let i = 0; i < 2 * count; i += 2) {
      const length = Math.hypot(moves[i], moves[i + 1]), reach = (Math.min(0.5 * length, 0.9) * size) / (2 * limit);
      if (!(reach > 1.5)) continue;
      const x = px(points[i]), y = py(points[i + 1]), angle = Math.atan2(-moves[i + 1], moves[i]);
      const head = Math.min(5, reach / 2);
      const tip = [x + reach * Math.cos(angle), y + reach * Math.sin(angle)];
      context.moveTo(x, y);
      context.lineTo(...tip);
      for (const turn of [2.6, -2.6]) {
        context.moveTo(...tip);
        context.lineTo(tip[0] + head * Math.cos(angle + turn), tip[1] + head * Math.sin(angle + turn));
      }
    }
    context.stroke();
  }
  return { canvas, clear, belief, dots, mesh, arrows };
};
