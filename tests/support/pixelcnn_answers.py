"""Answers to the tasks of the lab on PixelCNN, mistaken ones and right ones."""

from __future__ import annotations

from answer_kinds import Right, Wrong

RULE = 'number < middle if kind == "A" else number <= middle'
MIDDLE = "number[rows // 2, columns // 2]"
CONV = "F.conv2d(x, weight * mask, bias, padding=(rows // 2, columns // 2))"
TERMS, LOG_P = "x * logits - F.softplus(logits)", "(x * logits - F.softplus(logits)).sum((1, 2, 3))"
UP, LEFT = "(m // 2, m // 2, k - 1 + first, -first)", "(k - 1 + first, -first, 0, 0)"
LINK, OUT = 'torch.einsum("oi,nirc->norc", link, a)', 'torch.einsum("oi,nirc->norc", out, gate(b))'
GATE = "what.tanh() * how_much.sigmoid()"
TOSS = "(u[:, :, r, c] < logits(x)[:, :, r, c].sigmoid()).float()"

WRONG = [
    Wrong("mask", "A and B exchanged", '== "A"', '== "B"'),
    Wrong("mask", "the middle kept by both", RULE, "number <= middle"),
    Wrong("mask", "the middle kept by neither", RULE, "number < middle"),
    Wrong("mask", "what comes after is kept", RULE, 'number > middle if kind == "A" else number >= middle'),
    Wrong("mask", "only the rows above", RULE, "number < rows // 2 * columns"),
    Wrong("mask", "the whole middle row in mask B", RULE,
          'number < middle if kind == "A" else number < (rows // 2 + 1) * columns'),
    Wrong("mask", "a triangle, as in a matrix", f"({RULE}).float()",
          'torch.ones(rows, columns).tril(-1 if kind == "A" else 0)'),
    Wrong("mask", "columns before rows", "torch.arange(rows * columns).view(rows, columns)",
          "torch.arange(rows * columns).view(columns, rows).T"),
    Wrong("mask", "a middle of square kernels only", MIDDLE, "number.view(-1)[rows // 2 * (rows + 1)]"),
    Wrong("mask", "the quadrant above and to the left", f"({RULE}).float()",
          "((number // columns <= rows // 2) & (number % columns <= columns // 2)).float()"),
    Wrong("mask", "rows and columns exchanged", f"({RULE}).float()", f"({RULE}).float().T"),
    Wrong("mask", "one and two for zero and one", f"({RULE}).float()", f"({RULE}).float() + 1"),
    Wrong("masked-conv", "the mask forgotten", "weight * mask", "weight"),
    Wrong("masked-conv", "the mask turned around", "weight * mask", "weight * (1 - mask)"),
    Wrong("masked-conv", "the kernel turned around", "weight * mask", "(weight * mask).flip(2, 3)"),
    Wrong("masked-conv", "the mask turned, not the kernel", "weight * mask", "weight * mask.flip(0, 1)"),
    Wrong("masked-conv", "the bias forgotten", "mask, bias, ", "mask, None, "),
    Wrong("masked-conv", "the bias masked away", CONV, f"{CONV} - bias.view(-1, 1, 1)"),
    Wrong("masked-conv", "no padding", ", padding=(rows // 2, columns // 2)", ""),
    Wrong("masked-conv", "a whole kernel of padding", "padding=(rows // 2, columns // 2)", "padding=(rows, columns)"),
    Wrong("masked-conv", "padding for squares", "padding=(rows // 2, columns // 2)", "padding=rows // 2"),
    Wrong("masked-conv", "all padding above and to the left", CONV,
          "F.conv2d(F.pad(x, (columns - 1, 0, rows - 1, 0)), weight * mask, bias)"),
    Wrong("masked-conv", "the picture masked", CONV,
          "F.conv2d(x * F.pad(mask, (0, x.shape[3] - columns, 0, x.shape[2] - rows)), weight, bias,\n"
          "                    padding=(rows // 2, columns // 2))"),
    Wrong("masked-conv", "edges that go on", CONV,
          'F.conv2d(F.pad(x, (columns // 2, columns // 2, rows // 2, rows // 2), "circular"), weight * mask, bias)'),
    Wrong("masked-conv", "only where a one is kept, and rescaled", "weight * mask", "weight * mask / mask.mean()"),
    Wrong("masked-conv", "weights changed in place", "weight * mask", "weight.data.mul_(mask)"),
    Wrong("masked-conv", "no gradient for the kernel", "weight * mask", "weight.detach() * mask"),
    Wrong("log-prob", "the other sign", TERMS, "F.softplus(logits) - x * logits"),
    Wrong("log-prob", "the mean over pixels", ".sum((1, 2, 3))", ".mean((1, 2, 3))"),
    Wrong("log-prob", "one number for all", ".sum((1, 2, 3))", ".sum()"),
    Wrong("log-prob", "a number for each pixel", ".sum((1, 2, 3))", ""),
    Wrong("log-prob", "white pixels forgotten", LOG_P, "(x * F.logsigmoid(logits)).sum((1, 2, 3))"),
    Wrong("log-prob", "black pixels forgotten", LOG_P, "((1 - x) * F.logsigmoid(-logits)).sum((1, 2, 3))"),
    Wrong("log-prob", "black and white exchanged", "x * logits", "(1 - x) * logits"),
    Wrong("log-prob", "the probability", LOG_P, f"{LOG_P}.exp()"),
    Wrong("log-prob", "log-odds taken for probabilities", TERMS,
          "x * logits.abs().log() + (1 - x) * (1 - logits).abs().log()"),
    Wrong("log-prob", "logarithm of a sigmoid", TERMS,
          "x * logits.sigmoid().log() + (1 - x) * (1 - logits.sigmoid()).log()"),
    Wrong("log-prob", "kept away from zero", TERMS,
          "x * (logits.sigmoid() + 1e-7).log() + (1 - x) * (1 - logits.sigmoid() + 1e-7).log()"),
    Wrong("log-prob", "exponential that overflows", TERMS, "x * logits - (1 + logits.exp()).log()"),
    Wrong("log-prob", "in bits", LOG_P, f"{LOG_P} / torch.tensor(2.0).log()"),
    Wrong("log-prob", "a squared error", TERMS, "-(x - logits.sigmoid()) ** 2"),
    Wrong("log-prob", "no gradient", LOG_P, LOG_P.replace("logits", "logits.detach()")),
    Wrong("stacks", "vertical: never moved on", UP, "(m // 2, m // 2, k - 1, 0)"),
    Wrong("stacks", "vertical: moved on in every layer", UP, "(m // 2, m // 2, k, -1)"),
    Wrong("stacks", "vertical: moved on in the other layers", UP, "(m // 2, m // 2, k - first, first - 1)"),
    Wrong("stacks", "vertical: rows around the pixel", UP, "(m // 2, m // 2, k // 2 + first, (k - 1) // 2 - first)"),
    Wrong("stacks", "vertical: rows below", UP, "(m // 2, m // 2, -first, k - 1 + first)"),
    Wrong("stacks", "vertical: columns that end with the pixel's own", UP, "(m - 1, 0, k - 1 + first, -first)"),
    Wrong("stacks", "vertical: the last row not cut off", UP, "(m // 2, m // 2, k - 1 + first, 0)"),
    Wrong("stacks", "vertical: two rows too high", UP, "(m // 2, m // 2, k - 1 + 2 * first, -2 * first)"),
    Wrong("stacks", "horizontal: never moved on", LEFT, "(k - 1, 0, 0, 0)"),
    Wrong("stacks", "horizontal: moved on in every layer", LEFT, "(k, -1, 0, 0)"),
    Wrong("stacks", "horizontal: columns around the pixel", LEFT, "(k // 2 + first, (k - 1) // 2 - first, 0, 0)"),
    Wrong("stacks", "horizontal: columns to the right", LEFT, "(-first, k - 1 + first, 0, 0)"),
    Wrong("stacks", "horizontal: upwards", LEFT, "(k // 2, (k - 1) // 2, first, -first)"),
    Wrong("stacks", "vertical: no bias", f"F.conv2d(F.pad(v, {UP}), weight, bias)",
          f"F.conv2d(F.pad(v, {UP}), weight)"),
    Wrong("stacks", "horizontal: no bias", f"F.conv2d(F.pad(h, {LEFT}), weight, bias)",
          f"F.conv2d(F.pad(h, {LEFT}), weight)"),
    Wrong("stacks", "horizontal: kernel turned around", f"F.conv2d(F.pad(h, {LEFT}), weight, bias)",
          f"F.conv2d(F.pad(h, {LEFT}), weight.flip(3), bias)"),
    Wrong("gated-block", "halves exchanged", GATE, "how_much.tanh() * what.sigmoid()"),
    Wrong("gated-block", "no gate", GATE, "what.tanh()"),
    Wrong("gated-block", "gate and signal added", GATE, "what.tanh() + how_much.sigmoid()"),
    Wrong("gated-block", "every other channel a gate", "what, how_much = s.chunk(2, dim=1)",
          "what, how_much = s[:, ::2], s[:, 1::2]"),
    Wrong("gated-block", "sigmoid twice", GATE, "what.sigmoid() * how_much.sigmoid()"),
    Wrong("gated-block", "rectified", GATE, "what.relu() * how_much.sigmoid()"),
    Wrong("gated-block", "no link", f"b + {LINK}", "b"),
    Wrong("gated-block", "the link alone", f"b + {LINK}", LINK),
    Wrong("gated-block", "the link transposed", '"oi,nirc->norc", link', '"io,nirc->norc", link'),
    Wrong("gated-block", "the link without its matrix", f"b + {LINK}", "b + a"),
    Wrong("gated-block", "the link the wrong way, too", "return gate(a)",
          f"return gate(a + {LINK.replace(', a', ', b')})"),
    Wrong("gated-block", "no shortcut", "h + torch", "torch"),
    Wrong("gated-block", "the shortcut in the gate", f"h + {OUT}",
          'torch.einsum("oi,nirc->norc", out, h + gate(b))'),
    Wrong("gated-block", "out forgotten", OUT, "gate(b)"),
    Wrong("gated-block", "out transposed", '"oi,nirc->norc", out', '"io,nirc->norc", out'),
    Wrong("gated-block", "out for the vertical stack as well", "return gate(a)",
          'return torch.einsum("oi,nirc->norc", out, gate(a))'),
    Wrong("gated-block", "a shortcut for the vertical stack as well", "return gate(a)", "return h + gate(a)"),
    Wrong("gated-block", "h and v exchanged", f"gate(a), h + {OUT}", f"h + {OUT}, gate(a)"),
    Wrong("gated-block", "h alone", f"gate(a), h + {OUT}", f"h + {OUT}"),
    Wrong("gated-block", "h changed in place", f"h + {OUT}", f"h.data.add_({OUT})"),
    Wrong("sample", "all pixels at once", TOSS,
          "(u[:, :, r, c] < logits(torch.zeros_like(u))[:, :, r, c].sigmoid()).float()"),
    Wrong("sample", "probabilities, no coins", TOSS, "logits(x)[:, :, r, c].sigmoid()"),
    Wrong("sample", "rounded, no coins", TOSS, "(logits(x)[:, :, r, c] > 0).float()"),
    Wrong("sample", "probabilities fed back, coins at the end", f"x[:, :, r, c] = {TOSS}\n    return x",
          "x[:, :, r, c] = logits(x)[:, :, r, c].sigmoid()\n    return (u < x).float()"),
    Wrong("sample", "coins the wrong way round", "u[:, :, r, c] <", "u[:, :, r, c] >"),
    Wrong("sample", "log-odds for probabilities", ".sigmoid())", ")"),
    Wrong("sample", "columns before rows", "for r in range(u.shape[2]):\n        for c in range(u.shape[3]):",
          "for c in range(u.shape[3]):\n        for r in range(u.shape[2]):"),
    Wrong("sample", "from the end", "for r in range(u.shape[2])", "for r in reversed(range(u.shape[2]))"),
    Wrong("sample", "every row from its end", "for c in range(u.shape[3])", "for c in reversed(range(u.shape[3]))"),
    Wrong("sample", "one coin for a whole picture", "(u[:, :, r, c] <", "(u[:, :, 0, 0] <"),
    Wrong("sample", "the last column forgotten", "range(u.shape[3])", "range(u.shape[3] - 1)"),
    Wrong("sample", "own random numbers", "(u[:, :, r, c] <", "(torch.rand_like(u[:, :, r, c]) <"),
    Wrong("sample", "coins tossed on the way are ones and minus ones", TOSS,
          "2 * (u[:, :, r, c] < logits(x)[:, :, r, c].sigmoid()).float() - 1"),
    Wrong("sample", "random numbers drawn upon", TOSS,
          "(u[:, :, r, c] < logits(x)[:, :, r, c].sigmoid()).float()\n    u.copy_(x)"),
]

RIGHT = [
    Right("mask", "rows, then part of a row", """
def mask(kind, rows, columns):
    m = torch.zeros(rows, columns)
    m[: rows // 2] = 1
    m[rows // 2, : columns // 2 + (kind == "B")] = 1
    return m"""),
    Right("mask", "lists of Python", """
def mask(kind, rows, columns):
    middle, own = (rows // 2, columns // 2), kind == "B"
    return [[int((r, c) < middle or (own and (r, c) == middle)) for c in range(columns)] for r in range(rows)]"""),
    Right("mask", "NumPy, half of a long row", """
import numpy as np


def mask(kind, rows, columns):
    flat = np.zeros(rows * columns)
    flat[: rows * columns // 2 + {"A": 0, "B": 1}[kind]] = 1
    return flat.reshape(rows, columns)"""),
    Right("mask", "truth values", """
def mask(kind, rows, columns):
    r, c = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
    before = (r < rows // 2) | ((r == rows // 2) & (c < columns // 2))
    return before if kind == "A" else before | ((r == rows // 2) & (c == columns // 2))"""),
    Right("masked-conv", "padding by hand", """
def masked_conv(x, weight, bias, mask):
    j, k = weight.shape[-2:]
    padded = F.pad(x, ((k - 1) // 2, k // 2, (j - 1) // 2, j // 2))
    return F.conv2d(padded, torch.where(mask > 0, weight, torch.zeros_like(weight)), bias)"""),
    Right("masked-conv", "same padding, bias added after", """
def masked_conv(x, weight, bias, mask):
    return F.conv2d(x, mask[None, None] * weight, padding="same") + bias[None, :, None, None]"""),
    Right("masked-conv", "windows and a product", """
def masked_conv(x, weight, bias, mask):
    (N, _, R, C), (j, k) = x.shape, mask.shape
    windows = F.unfold(x, (j, k), padding=(j // 2, k // 2))
    return ((weight * mask).flatten(1) @ windows + bias[:, None]).view(N, -1, R, C)"""),
    Right("masked-conv", "moved pictures added up", """
def masked_conv(x, weight, bias, mask):
    R, C = x.shape[2:]
    j, k = mask.shape
    padded = F.pad(x, (k // 2, k // 2, j // 2, j // 2))
    total = bias.view(1, -1, 1, 1)
    for r in range(j):
        for c in range(k):
            if mask[r, c]:
                total = total + torch.einsum("oi,nirc->norc", weight[:, :, r, c], padded[:, :, r : r + R, c : c + C])
    return total.expand(len(x), -1, R, C)"""),
    Right("masked-conv", "double precision", """
def masked_conv(x, weight, bias, mask):
    size = [n // 2 for n in mask.shape]
    return F.conv2d(x.double(), weight.double() * mask, bias.double(), padding=size)"""),
    Right("log-prob", "cross-entropy", """
def log_prob(logits, x):
    return -F.binary_cross_entropy_with_logits(logits, x, reduction="none").flatten(1).sum(1)"""),
    Right("log-prob", "logarithms of sigmoids", """
def log_prob(logits, x):
    return torch.where(x == 1, F.logsigmoid(logits), F.logsigmoid(-logits)).sum(dim=(-3, -2, -1))"""),
    Right("log-prob", "one sign for each pixel", """
def log_prob(logits, x):
    return F.logsigmoid((2 * x - 1) * logits).view(len(x), -1).sum(1)"""),
    Right("log-prob", "library distributions", """
def log_prob(logits, x):
    pixels = torch.distributions.Bernoulli(logits=logits)
    return torch.distributions.Independent(pixels, 3).log_prob(x)"""),
    Right("log-prob", "picture by picture", """
def log_prob(logits, x):
    each = []
    for a, picture in zip(logits, x):
        each.append((picture * a - torch.logaddexp(a, torch.zeros_like(a))).sum())
    return torch.stack(each)"""),
    Right("stacks", "zeros joined on, then cut", """
def vertical(v, weight, bias, first):
    k, m = weight.shape[2:]
    N, I, R, C = v.shape
    above = torch.zeros(N, I, k - 1 + int(first), C)
    return F.conv2d(torch.cat([above, v], 2), weight, bias, padding=(0, m // 2))[:, :, :R]


def horizontal(h, weight, bias, first):
    k = weight.shape[-1]
    N, I, R, C = h.shape
    left = torch.zeros(N, I, R, k - 1 + int(first))
    return F.conv2d(torch.cat([left, h], 3), weight, bias)[..., :C]"""),
    Right("stacks", "pictures moved on before", """
def vertical(v, weight, bias, first):
    R = v.shape[2]
    if first:
        v = F.pad(v, (0, 0, 1, 0))[:, :, :R]
    k, m = weight.shape[2:]
    return F.conv2d(v, weight, bias, padding=(k - 1, m // 2))[:, :, :R]


def horizontal(h, weight, bias, first):
    C = h.shape[3]
    if first:
        h = torch.roll(h, 1, 3).clone()
        h[..., 0] = 0
    return F.conv2d(h, weight, bias, padding=(0, weight.shape[3] - 1))[..., :C]"""),
    Right("stacks", "larger kernels with zeros in them", """
def vertical(v, weight, bias, first):
    k, m = weight.shape[2:]
    weight = F.pad(weight, (0, 0, 0, k - 1 + 2 * int(first)))
    return F.conv2d(v, weight, bias, padding=(k - 1 + int(first), m // 2))


def horizontal(h, weight, bias, first):
    k = weight.shape[3]
    weight = F.pad(weight, (0, k - 1 + 2 * int(first)))
    return F.conv2d(h, weight, bias, padding=(0, k - 1 + int(first)))"""),
    Right("stacks", "the horizontal one by the vertical one, on its side", """
def vertical(v, weight, bias, first):
    k, m = weight.shape[2:]
    s = 1 if first else 0
    return F.conv2d(F.pad(v, [m // 2, m // 2, k - 1 + s, -s]), weight, bias)


def horizontal(h, weight, bias, first):
    return vertical(h.transpose(2, 3), weight.transpose(2, 3), bias, first).transpose(2, 3)"""),
    Right("gated-block", "convolutions of 1 x 1", """
def gated_block(a, b, h, link, out):
    H = h.shape[1]
    b = b + F.conv2d(a, link[:, :, None, None])
    v = torch.tanh(a[:, :H]) * torch.sigmoid(a[:, H:])
    g = torch.tanh(b[:, :H]) * torch.sigmoid(b[:, H:])
    return v, h + F.conv2d(g, out[:, :, None, None])"""),
    Right("gated-block", "channels last, and a list", """
def gated_block(a, b, h, link, out):
    a, b, h = (maps.permute(0, 2, 3, 1) for maps in (a, b, h))
    b = b + a @ link.T

    def gate(s):
        H = s.shape[-1] // 2
        return s[..., :H].tanh() * s[..., H:].sigmoid()

    return [gate(a).permute(0, 3, 1, 2), (h + gate(b) @ out.T).permute(0, 3, 1, 2)]"""),
    Right("gated-block", "gated linear unit", """
def gated_block(a, b, h, link, out):
    def gate(s):
        f, g = torch.tensor_split(s, 2, dim=1)
        return F.glu(torch.cat([torch.tanh(f), g], 1), dim=1)

    b = torch.tensordot(a, link, ([1], [1])).movedim(-1, 1) + b
    return gate(a), torch.tensordot(gate(b), out, ([1], [1])).movedim(-1, 1) + h"""),
    Right("gated-block", "exponentials written out", """
def gated_block(a, b, h, link, out):
    def gate(s):
        H = s.shape[1] // 2
        e = torch.exp(-2 * s[:, :H])
        return (1 - e) / (1 + e) / (1 + torch.exp(-s[:, H:]))

    b = b + (link @ a.flatten(2)).view_as(b)
    return gate(a), h + (out @ gate(b).flatten(2)).view_as(h)"""),
    Right("sample", "one long row of pixels", """
def sample(logits, u):
    x = torch.rand_like(u)
    for d in range(u[0].numel()):
        p = torch.sigmoid(logits(x)).flatten(1)[:, d]
        x.view(len(u), -1)[:, d] = torch.where(u.flatten(1)[:, d] < p, 1.0, 0.0)
    return x"""),
    Right("sample", "picture by picture, in lists", """
import math


def sample(logits, u):
    pictures = []
    for chances in u:
        x = [[[0.0] * u.shape[3] for _ in range(u.shape[2])]]
        for r in range(u.shape[2]):
            for c in range(u.shape[3]):
                a = float(logits(torch.tensor([x]))[0, 0, r, c])
                x[0][r][c] = float(chances[0, r, c] < 1 / (1 + math.exp(-a)))
        pictures.append(x)
    return pictures"""),
    Right("sample", "log-odds of the coin", """
def sample(logits, u):
    x, threshold = torch.zeros(u.shape), torch.logit(u.double())
    with torch.no_grad():
        for r, c in [(r, c) for r in range(u.shape[2]) for c in range(u.shape[3])]:
            x[..., r, c] = (logits(x)[..., r, c] > threshold[..., r, c]).to(x.dtype)
    return x"""),
    Right("sample", "repeated until nothing changes", """
def sample(logits, u):
    x = (u < 0.5).float()
    for _ in range(u[0].numel()):
        x = (u < logits(x).sigmoid()).float()
    return x"""),
    Right("sample", "NumPy", """
import numpy as np


def sample(logits, u):
    u = u.numpy()
    x = np.zeros_like(u)
    for r, c in np.ndindex(*u.shape[2:]):
        a = np.asarray(logits(torch.from_numpy(x)))[:, 0, r, c]
        x[:, 0, r, c] = u[:, 0, r, c] < 1 / (1 + np.exp(-a))
    return x"""),
]
