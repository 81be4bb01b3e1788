"""Answers to the tasks of the lab on restricted Boltzmann machines, mistaken ones and right ones."""

from __future__ import annotations

from answer_kinds import Right, Wrong

ENERGY = "-x @ c - F.softplus(x @ W.T + b).sum(1)"
DRAW_H, DRAW_X = "h = torch.bernoulli(prob_h(x))", "return torch.bernoulli(prob_x(h))"
CHAIN = "x_model = sweep(x_model)"
SLOPE_W, SLOPES = "dW = (h.T @ x - h_model.T @ x_model) / len(x)", "dW, (h - h_model).mean(0), (x - x_model).mean(0)"
BOTH = "h, h_model = prob_h(x), prob_h(x_model)"
MOVE, MEANS = "chains.copy_(sweep(chains))", "h, h_model = prob_h(x), prob_h(chains)"
CLIMB_W = "W += rate * (h.T @ x / len(x) - h_model.T @ chains / len(chains))"
CLIMB_B = "b += rate * (h.mean(0) - h_model.mean(0))"
CLIMB_C = "c += rate * (x.mean(0) - chains.mean(0))"
COINS = "v = torch.where(keep, x, (torch.rand_like(x) < 0.5).float())"
AGAIN = "v = torch.where(keep, x, sweep(v))"

WRONG = [
    Wrong("conditionals", "W on its side", "x @ W.T + b", "x @ W + b"),
    Wrong("conditionals", "W on its side, coming back", "h @ W + c", "h @ W.T + c"),
    Wrong("conditionals", "sign of an old slide", "x @ W.T + b", "-b - x @ W.T"),
    Wrong("conditionals", "hidden bias with the other sign", "x @ W.T + b", "x @ W.T - b"),
    Wrong("conditionals", "hidden biases forgotten", "x @ W.T + b", "x @ W.T"),
    Wrong("conditionals", "visible biases forgotten", "h @ W + c", "h @ W"),
    Wrong("conditionals", "sigmoid forgotten", "torch.sigmoid(h @ W + c)", "h @ W + c"),
    Wrong("conditionals", "softmax over a layer", "torch.sigmoid(x @ W.T + b)", "(x @ W.T + b).softmax(1)"),
    Wrong("conditionals", "units of -1 and 1", "torch.sigmoid(x @ W.T + b)", "torch.sigmoid(2 * (x @ W.T + b))"),
    Wrong("conditionals", "coins in place of probabilities", "torch.sigmoid(x @ W.T + b)",
          "torch.bernoulli(torch.sigmoid(x @ W.T + b))"),
    Wrong("free-energy", "softplus forgotten", " - F.softplus(x @ W.T + b).sum(1)", ""),
    Wrong("free-energy", "visible biases forgotten", "-x @ c - F", "-F"),
    Wrong("free-energy", "hidden biases forgotten", "x @ W.T + b", "x @ W.T"),
    Wrong("free-energy", "wrong sign", ENERGY, "x @ c + F.softplus(x @ W.T + b).sum(1)"),
    Wrong("free-energy", "sign of one term", "-x @ c", "x @ c"),
    Wrong("free-energy", "hidden units switched on", "F.softplus(x @ W.T + b)", "(x @ W.T + b)"),
    Wrong("free-energy", "the best state of the hidden units only", "F.softplus(x @ W.T + b)", "F.relu(x @ W.T + b)"),
    Wrong("free-energy", "energy of the mean hidden units", "F.softplus(x @ W.T + b)",
          "((x @ W.T + b) * (x @ W.T + b).sigmoid())"),
    Wrong("free-energy", "sigmoid in place of softplus", "F.softplus(", "torch.sigmoid("),
    Wrong("free-energy", "an exponential that overflows", "F.softplus(x @ W.T + b)", "(1 + (x @ W.T + b).exp()).log()"),
    Wrong("free-energy", "one energy for the batch", ".sum(1)", ".sum()"),
    Wrong("free-energy", "mean over hidden units", ".sum(1)", ".mean(1)"),
    Wrong("sweep", "mean field fed back as a sample", DRAW_H, "h = prob_h(x)"),
    Wrong("sweep", "probabilities for pixels", DRAW_X, "return prob_x(h)"),
    Wrong("sweep", "no coin at all", f"{DRAW_H}\n    {DRAW_X}", "return prob_x(prob_h(x))"),
    Wrong("sweep", "the likelier state always", DRAW_H, "h = (prob_h(x) > 0.5).float()"),
    Wrong("sweep", "the likelier pixel always", DRAW_X, "return prob_x(h).round()"),
    Wrong("sweep", "one coin for all chains", DRAW_H, "h = (torch.rand(1, 1) < prob_h(x)).float()"),
    Wrong("sweep", "one coin for all units of a chain", DRAW_H, "h = (torch.rand(len(x), 1) < prob_h(x)).float()"),
    Wrong("sweep", "hidden coins the wrong way round", DRAW_H, "h = torch.bernoulli(1 - prob_h(x))"),
    Wrong("sweep", "normal numbers for coins", DRAW_X, "return (torch.randn_like(x) < prob_x(h)).float()"),
    Wrong("sweep", "two sweeps", DRAW_X,
          "h = torch.bernoulli(prob_h(torch.bernoulli(prob_x(h))))\n    return torch.bernoulli(prob_x(h))"),
    Wrong("sweep", "x itself overwritten", DRAW_X, "return x.copy_(torch.bernoulli(prob_x(h)))"),
    Wrong("sweep", "hidden units returned", DRAW_X, "return h"),
    Wrong("contrastive", "data and model exchanged", SLOPES, "-dW, (h_model - h).mean(0), (x_model - x).mean(0)"),
    Wrong("contrastive", "W downhill", SLOPE_W, "dW = (h_model.T @ x_model - h.T @ x) / len(x)"),
    Wrong("contrastive", "one sweep for any k", "range(k)", "range(1)"),
    Wrong("contrastive", "a sweep too many", "range(k)", "range(k + 1)"),
    Wrong("contrastive", "each sweep from the data", CHAIN, "x_model = sweep(x)"),
    Wrong("contrastive", "the negative phase forgotten", SLOPE_W, "dW = h.T @ x / len(x)"),
    Wrong("contrastive", "hidden units of the data in both phases", BOTH, "h = h_model = prob_h(x)"),
    Wrong("contrastive", "pixels of the data in both phases", SLOPE_W, "dW = (h - h_model).T @ x / len(x)"),
    Wrong("contrastive", "differences multiplied", SLOPE_W, "dW = (h - h_model).T @ (x - x_model) / len(x)"),
    Wrong("contrastive", "hidden units drawn at the end", BOTH,
          "h, h_model = torch.bernoulli(prob_h(x)), torch.bernoulli(prob_h(x_model))"),
    Wrong("contrastive", "sum for mean", SLOPE_W, "dW = h.T @ x - h_model.T @ x_model"),
    Wrong("contrastive", "mean over hidden units as well", SLOPE_W,
          "dW = (h.T @ x - h_model.T @ x_model) / h.numel()"),
    Wrong("contrastive", "W on its side", SLOPE_W, "dW = (x.T @ h - x_model.T @ h_model) / len(x)"),
    Wrong("contrastive", "biases exchanged", SLOPES, "dW, (x - x_model).mean(0), (h - h_model).mean(0)"),
    Wrong("contrastive", "biases forgotten", SLOPES, "dW, 0 * h[0], 0 * x[0]"),
    Wrong("persistent", "chains restarted from the data", MOVE, "chains.copy_(sweep(x))"),
    Wrong("persistent", "chains that the caller never sees", MOVE, "chains = sweep(chains)"),
    Wrong("persistent", "the chains where they were", MOVE, "moved, chains = chains, chains.clone()\n    "
          "moved.copy_(sweep(moved))"),
    Wrong("persistent", "two sweeps", MOVE, "chains.copy_(sweep(sweep(chains)))"),
    Wrong("persistent", "chains that stand still", MOVE, "sweep(chains)"),
    Wrong("persistent", "W moved before b has looked", CLIMB_B,
          "b += rate * (prob_h(x).mean(0) - prob_h(chains).mean(0))"),
    Wrong("persistent", "W not the caller's", CLIMB_W, CLIMB_W.replace("W += rate", "W = W + rate")),
    Wrong("persistent", "downhill", "W += rate", "W -= rate"),
    Wrong("persistent", "as many chains as examples", "/ len(chains)", "/ len(x)"),
    Wrong("persistent", "sum for mean", "h.T @ x / len(x)", "h.T @ x"),
    Wrong("persistent", "the rate forgotten", "b += rate *", "b +="),
    Wrong("persistent", "biases of the hidden units forgotten", f"    {CLIMB_B}\n", ""),
    Wrong("persistent", "biases of the pixels forgotten", f"\n    {CLIMB_C}", ""),
    Wrong("persistent", "hidden units drawn at the end", MEANS, f"{MEANS}\n    h_model = torch.bernoulli(h_model)"),
    Wrong("complete", "started at the picture", COINS, "v = x.clone()"),
    Wrong("complete", "started at a blank sheet", COINS, "v = torch.where(keep, x, torch.zeros_like(x))"),
    Wrong("complete", "started at grey", COINS, "v = torch.where(keep, x, torch.rand_like(x))"),
    Wrong("complete", "one start for all chains", COINS,
          "v = torch.where(keep, x, (torch.rand_like(x[:1]) < 0.5).float())"),
    Wrong("complete", "kept the other way round", COINS,
          "keep = ~keep\n    v = torch.where(keep, x, (torch.rand_like(x) < 0.5).float())"),
    Wrong("complete", "put back at the end only", f"{AGAIN}\n    return v",
          "v = sweep(v)\n    return torch.where(keep, x, v)"),
    Wrong("complete", "never put back", AGAIN, "v = sweep(v)"),
    Wrong("complete", "put back before the sweep only", AGAIN, "v = sweep(torch.where(keep, x, v))"),
    Wrong("complete", "one sweep for any number", "range(steps)", "range(1)"),
    Wrong("complete", "fresh coins before each sweep", AGAIN,
          "v = torch.where(keep, x, sweep(torch.where(keep, x, (torch.rand_like(x) < 0.5).float())))"),
]

RIGHT = [
    Right("conditionals", "products written out, and a hyperbolic tangent", """
def prob_h(x, W, b):
    return (1 + torch.tanh((b + torch.einsum("bk,jk->bj", x, W)) / 2)) / 2


def prob_x(h, W, c):
    return torch.stack([1 / (1 + torch.exp(-c - sum(h_j * W_j for h_j, W_j in zip(row, W)))) for row in h])"""),
    Right("free-energy", "log-sum-exp of two terms for each hidden unit", """
def free_energy(x, W, b, c):
    on = F.linear(x, W, b)
    return -torch.mv(x, c) - torch.stack([on, torch.zeros_like(on)]).logsumexp(0).sum(-1)"""),
    Right("free-energy", "every state of the hidden units", """
def free_energy(x, W, b, c):
    states = torch.cartesian_prod(*[torch.tensor([0.0, 1.0])] * len(b))
    total = (x.double() @ W.double().T + b) @ states.double().T + (x @ c)[:, None]
    return -total.logsumexp(1).float()"""),
    Right("sweep", "uniform numbers, pixel by pixel", """
def sweep(x, prob_h, prob_x):
    p = prob_h(x)
    p = prob_x((torch.rand(p.shape) <= p) * 1.0)
    result = torch.zeros_like(p)
    for k in range(p.shape[1]):
        result[:, k][torch.rand(len(p)) <= p[:, k]] = 1
    return result"""),
    Right("sweep", "distributions", """
def sweep(x, prob_h, prob_x):
    for prob in (prob_h, prob_x):
        x = torch.distributions.Bernoulli(probs=prob(x)).sample()
    return x"""),
    Right("contrastive", "example by example", """
def cd_gradient(x, k, sweep, prob_h):
    end = x.clone()
    while k > 0:
        end, k = sweep(end), k - 1
    total = [0.0, 0.0, 0.0]
    for sign, group in ((1, x), (-1, end)):
        for v, h in zip(group, prob_h(group)):
            parts = torch.outer(h, v), h, v
            total = [t + sign * part / len(x) for t, part in zip(total, parts)]
    return tuple(total)"""),
    Right("persistent", "gradients first, then all weights at once", """
def pcd_step(x, chains, sweep, prob_h, W, b, c, rate):
    chains[:] = sweep(chains)
    slopes = []
    for group, sign in ((x, 1), (chains, -1)):
        h = prob_h(group)
        slopes.append([sign * torch.einsum("nj,nk->jk", h, group) / len(group), sign * h.mean(0), sign * group.mean(0)])
    for weight, up, down in zip((W, b, c), *slopes):
        weight.add_(up + down, alpha=rate)"""),
    Right("complete", "known pixels assigned by index", """
def complete(x, keep, sweep, steps):
    v = torch.randint_like(x, 2)
    v[:, keep] = x[:, keep]
    while steps:
        v = sweep(v).clone()
        v[:, keep] = x[:, keep]
        steps -= 1
    return v"""),
]
