"""Answers to the tasks of the lab on mixtures, mistaken ones and right ones."""

from __future__ import annotations

from answer_kinds import Right, Wrong

JOINT = "pi.log() + x @ mu.log().T + (1 - x) @ (1 - mu).log().T"
BOTH = "s.softmax(1), s.logsumexp(1)"
WEIGHTS, MEANS = "count / len(x)", "r.T @ x / count[:, None]"
BOUND = "(q * s - torch.xlogy(q, q)).sum(1)"
SHARED_OUT = "k = torch.searchsorted(pi.cumsum(0), (torch.arange(n) + 0.5) / n).clamp(max=len(pi) - 1)"
CHOICE, COINS = "k = torch.multinomial(pi, n, replacement=True)", "(torch.rand(n, mu.shape[1]) < mu[k]).float()"

WRONG = [
    Wrong("log-joint", "pi forgotten", "pi.log() + ", ""),
    Wrong("log-joint", "pi in the place of its logarithm", "pi.log()", "pi"),
    Wrong("log-joint", "white pixels forgotten", " + (1 - x) @ (1 - mu).log().T", ""),
    Wrong("log-joint", "black pixels forgotten", " + x @ mu.log().T", ""),
    Wrong("log-joint", "logarithm after the sum over pixels", "x @ mu.log().T + (1 - x) @ (1 - mu).log().T",
          "(x @ mu.T + (1 - x) @ (1 - mu).T).log()"),
    Wrong("log-joint", "probabilities, not logarithms", JOINT, f"({JOINT}).exp()"),
    Wrong("log-joint", "a product that is too small", JOINT,
          "(pi * torch.where(x[:, None] == 1, mu, 1 - mu).prod(2)).log()"),
    Wrong("log-joint", "a product kept away from zero", JOINT,
          "(pi * torch.where(x[:, None] == 1, mu, 1 - mu).prod(2) + 1e-12).log()"),
    Wrong("log-joint", "mean over pixels", JOINT,
          "pi.log() + (x @ mu.log().T + (1 - x) @ (1 - mu).log().T) / len(mu.T)"),
    Wrong("log-joint", "summed over components", JOINT, f"({JOINT}).sum(1)"),
    Wrong("log-joint", "components in rows", JOINT, f"({JOINT}).T"),
    Wrong("log-joint", "the posterior", JOINT, f"({JOINT}).log_softmax(1)"),
    Wrong("log-joint", "wrong sign", JOINT, f"-({JOINT})"),
    Wrong("responsibilities", "not normalised", "s.softmax(1)", "s.exp()"),
    Wrong("responsibilities", "softmax over pictures", "s.softmax(1)", "s.softmax(0)"),
    Wrong("responsibilities", "softmax over everything", "s.softmax(1)", "s.flatten().softmax(0).view(s.shape)"),
    Wrong("responsibilities", "logarithms", "s.softmax(1)", "s.log_softmax(1)"),
    Wrong("responsibilities", "logarithms made to sum to one", "s.softmax(1)", "s / s.sum(1, keepdim=True)"),
    Wrong("responsibilities", "the likeliest component", "s.softmax(1)", "(s == s.amax(1, keepdim=True)).float()"),
    Wrong("responsibilities", "exponentials written out", "s.softmax(1)", "s.exp() / s.exp().sum(1, keepdim=True)"),
    Wrong("responsibilities", "softmax twice", "s.softmax(1)", "s.softmax(1).softmax(1)"),
    Wrong("responsibilities", "p(x), not its logarithm", "s.logsumexp(1)", "s.exp().sum(1)"),
    Wrong("responsibilities", "a sum that is zero", "s.logsumexp(1)", "s.exp().sum(1).log()"),
    Wrong("responsibilities", "sum of logarithms", "s.logsumexp(1)", "s.sum(1)"),
    Wrong("responsibilities", "the largest term", "s.logsumexp(1)", "s.amax(1)"),
    Wrong("responsibilities", "sum over pictures", "s.logsumexp(1)", "s.logsumexp(0)"),
    Wrong("responsibilities", "log p(x) in a column", "s.logsumexp(1)", "s.logsumexp(1, keepdim=True)"),
    Wrong("responsibilities", "one likelihood for all", "s.logsumexp(1)", "s.logsumexp(1).sum()"),
    Wrong("responsibilities", "r alone", BOTH, "s.softmax(1)"),
    Wrong("responsibilities", "the wrong order", BOTH, "s.logsumexp(1), s.softmax(1)"),
    Wrong("m-step", "templates divided by N", MEANS, "r.T @ x / len(x)"),
    Wrong("m-step", "templates not divided", MEANS, "r.T @ x"),
    Wrong("m-step", "counts for weights", WEIGHTS, "count"),
    Wrong("m-step", "equal weights", WEIGHTS, "torch.ones_like(count) / len(count)"),
    Wrong("m-step", "weights: mean over components", WEIGHTS, "r.mean(1)"),
    Wrong("m-step", "divided by the number of components", WEIGHTS, "count / len(count)"),
    Wrong("m-step", "templates normalised over pixels", MEANS, "(r.T @ x) / (r.T @ x).sum(1, keepdim=True)"),
    Wrong("m-step", "templates normalised over components", MEANS, "(r.T @ x) / (r.T @ x).sum(0)"),
    Wrong("m-step", "the mean picture for all", MEANS, "x.mean(0).expand(len(count), -1)"),
    Wrong("m-step", "pictures decided", "count = r.sum(0)",
          "r = (r == r.amax(1, keepdim=True)).float()\n    count = r.sum(0)"),
    Wrong("m-step", "templates on their side", MEANS, "x.T @ r / count"),
    Wrong("m-step", "weights and templates exchanged", f"{WEIGHTS}, {MEANS}", f"{MEANS}, {WEIGHTS}"),
    Wrong("m-step", "templates rounded", MEANS, f"({MEANS}).round()"),
    Wrong("bound", "entropy forgotten", " - torch.xlogy(q, q)", ""),
    Wrong("bound", "entropy with the other sign", "q * s - t", "q * s + t"),
    Wrong("bound", "zero times infinity", "torch.xlogy(q, q)", "q * q.log()"),
    Wrong("bound", "log q not weighed", "torch.xlogy(q, q)", "q.log()"),
    Wrong("bound", "a mean over components", ".sum(1)", ".mean(1)"),
    Wrong("bound", "one bound for all pictures", ".sum(1)", ".sum()"),
    Wrong("bound", "sum over pictures", ".sum(1)", ".sum(0)"),
    Wrong("bound", "guess ignored", BOUND, "s.logsumexp(1)"),
    Wrong("bound", "the gap", BOUND, "(torch.xlogy(q, q) - q * s.log_softmax(1)).sum(1)"),
    Wrong("bound", "wrong sign", BOUND, f"-{BOUND}"),
    Wrong("bound", "probabilities for logarithms", BOUND, "(q * s.exp() - torch.xlogy(q, q)).sum(1)"),
    Wrong("bound", "the logarithm outside", BOUND, "(q * s.exp()).sum(1).log() - torch.xlogy(q, q).sum(1)"),
    Wrong("bound", "q normalised again", BOUND, "(q.softmax(1) * s - torch.xlogy(q.softmax(1), q.softmax(1))).sum(1)"),
    Wrong("sample", "one component for all", CHOICE, "k = torch.multinomial(pi, 1).expand(n)"),
    Wrong("sample", "as many of each component as there should be", CHOICE, SHARED_OUT),
    Wrong("sample", "as many of each, shuffled", CHOICE, f"{SHARED_OUT}[torch.randperm(n)]"),
    Wrong("sample", "components in order", CHOICE, f"{CHOICE}.sort().values"),
    Wrong("sample", "pi forgotten", CHOICE, "k = torch.randint(len(pi), (n,))"),
    Wrong("sample", "the likeliest component always", CHOICE, "k = pi.argmax().expand(n)"),
    Wrong("sample", "templates, no coins", COINS, "mu[k]"),
    Wrong("sample", "templates cut at one half", COINS, "(mu[k] > 0.5).float()"),
    Wrong("sample", "coins the wrong way round", "< mu[k]", "> mu[k]"),
    Wrong("sample", "normal numbers for coins", "torch.rand(n", "torch.randn(n"),
    Wrong("sample", "one coin for all pixels of a picture", "torch.rand(n, mu.shape[1])", "torch.rand(n, 1)"),
    Wrong("sample", "one set of coins for all pictures", "torch.rand(n, mu.shape[1])", "torch.rand(mu.shape[1])"),
    Wrong("sample", "the mean template", COINS, "(torch.rand(n, mu.shape[1]) < pi @ mu).float()"),
    Wrong("sample", "a component for every pixel", COINS,
          "(torch.rand(n, mu.shape[1]) < torch.stack([column[torch.multinomial(pi, n, replacement=True)]\n"
          "                                               for column in mu.T], 1)).float()"),
    Wrong("sample", "pixels in rows", COINS, "(torch.rand(n, mu.shape[1]) < mu[k]).float().T"),
]

RIGHT = [
    Right("log-joint", "loops over everything, in lists", '''
import math


def log_joint(x, pi, mu):
    """Nothing but Python."""
    rows = []
    for picture in x.tolist():
        row = []
        for weight, template in zip(pi.tolist(), mu.tolist()):
            total = math.log(weight)
            for pixel, m in zip(picture, template):
                total += math.log(m) if pixel == 1 else math.log(1 - m)
            row.append(total)
        rows.append(row)
    return rows'''),
    Right("log-joint", "einsum", """
def log_joint(x, pi, mu):
    on = torch.einsum("nd,kd->nk", x, torch.log(mu))
    off = torch.einsum("nd,kd->nk", 1 - x, torch.log1p(-mu))
    return torch.log(pi)[None, :] + on + off"""),
    Right("log-joint", "product in double precision, then the logarithm", """
def log_joint(x, pi, mu):
    x, pi, mu = x.double(), pi.double(), mu.double()
    factors = torch.where(x[:, None, :] > 0.5, mu[None], 1 - mu[None])
    return (pi * factors.prod(dim=-1)).log()"""),
    Right("log-joint", "NumPy", """
import numpy as np


def log_joint(x, pi, mu):
    x, pi, mu = np.asarray(x), np.asarray(pi), np.asarray(mu)
    odds = np.log(mu) - np.log(1 - mu)
    return np.log(pi) + x @ odds.T + np.log(1 - mu).sum(axis=1)"""),
    Right("log-joint", "library distributions", """
def log_joint(x, pi, mu):
    pixels = torch.distributions.Bernoulli(probs=mu).log_prob(x[:, None, :]).sum(-1)
    return torch.distributions.Categorical(pi).logits + pixels"""),
    Right("log-joint", "cross-entropy", """
import torch.nn.functional as F


def log_joint(x, pi, mu):
    columns = [log - F.binary_cross_entropy(m.expand_as(x), x, reduction="none").sum(1) for log, m in zip(pi.log(), mu)]
    return torch.stack(columns, dim=1)"""),
    Right("responsibilities", "one row at a time, largest term taken out", """
import math


def responsibilities(s):
    shares, totals = [], []
    for row in s.tolist():
        top = max(row)
        terms = [math.exp(value - top) for value in row]
        shares.append([term / sum(terms) for term in terms])
        totals.append(top + math.log(sum(terms)))
    return shares, totals"""),
    Right("responsibilities", "exponentials in double precision", """
def responsibilities(s):
    joint = s.double().exp()
    p = joint.sum(dim=1)
    return [joint / p[:, None], p.log()]"""),
    Right("responsibilities", "SciPy", """
from scipy.special import logsumexp, softmax


def responsibilities(s):
    return softmax(s.numpy(), axis=1), logsumexp(s.numpy(), axis=1)"""),
    Right("responsibilities", "difference of logarithms", """
def responsibilities(s):
    log_p = torch.logsumexp(s, dim=-1, keepdim=True)
    return torch.exp(s - log_p), log_p.squeeze(1)"""),
    Right("responsibilities", "log-odds against each other", """
def responsibilities(s):
    r = 1 / (s[:, None, :] - s[:, :, None]).exp().sum(2)
    return r, (r * s - torch.xlogy(r, r)).sum(1)"""),
    Right("m-step", "counting in loops", """
def m_step(x, r):
    (N, D), K = x.shape, r.shape[1]
    pi, mu = torch.zeros(K), torch.zeros(K, D)
    for k in range(K):
        count = sum(r[n, k] for n in range(N))
        pi[k] = count / N
        for n in range(N):
            mu[k] += r[n, k] * x[n] / count
    return pi, mu"""),
    Right("m-step", "einsum and means", """
def m_step(x, r):
    return r.mean(dim=0), torch.einsum("nk,nd->kd", r / r.sum(dim=0, keepdim=True), x)"""),
    Right("m-step", "NumPy's weighted average, kept off the edge", """
import numpy as np


def m_step(x, r):
    x, r = x.numpy(), r.numpy().astype(float)
    mu = np.stack([np.average(x, axis=0, weights=r[:, k]) for k in range(r.shape[1])])
    return r.mean(axis=0), mu.clip(1e-6, 1 - 1e-6)"""),
    Right("m-step", "counts of on and off", """
def m_step(x, r):
    on, off = (r[:, :, None] * x[:, None, :]).sum(0), (r[:, :, None] * (1 - x[:, None, :])).sum(0)
    return r.sum(0) / r.sum(), on / (on + off)"""),
    Right("bound", "log p(x) less the divergence", """
import torch.nn.functional as F


def bound(s, q):
    gap = F.kl_div(s.log_softmax(1), q, reduction="none").sum(1)
    return s.logsumexp(1) - gap"""),
    Right("bound", "loops, zeros passed over", """
import math


def bound(s, q):
    both = zip(s.tolist(), q.tolist())
    return [sum(b * (a - math.log(b)) for a, b in zip(row, guess) if b > 0) for row, guess in both]"""),
    Right("bound", "zeros kept away from the logarithm", """
def bound(s, q):
    return torch.einsum("nk,nk->n", q, s - torch.log(q.clamp(min=1e-30)))"""),
    Right("bound", "library entropy, double precision", """
def bound(s, q):
    q = q.double()
    return (q * s).sum(-1) + torch.special.entr(q).sum(-1)"""),
    Right("bound", "terms that are not numbers set to zero", """
def bound(s, q):
    return torch.nan_to_num(q * (s - q.log()), nan=0.0, posinf=0.0).sum(1)"""),
    Right("sample", "cumulated weights, Bernoulli coins", """
def sample(n, pi, mu):
    k = torch.searchsorted(pi.cumsum(0), torch.rand(n)).clamp(max=len(pi) - 1)
    return torch.bernoulli(mu[k])"""),
    Right("sample", "picture by picture", """
import random


def sample(n, pi, mu):
    pi, mu = pi.tolist(), mu.tolist()
    pictures = []
    for _ in range(n):
        template = random.choices(mu, weights=pi)[0]
        pictures.append([int(random.random() < m) for m in template])
    return pictures"""),
    Right("sample", "NumPy, with a generator of its own", """
import numpy as np


def sample(n, pi, mu):
    rng = np.random.default_rng()
    weights = pi.numpy().astype(float)
    k = rng.choice(len(weights), size=n, p=weights / weights.sum())
    return rng.binomial(1, mu.numpy()[k])"""),
    Right("sample", "library distributions", """
def sample(n, pi, mu):
    k = torch.distributions.Categorical(probs=pi).sample((n,))
    return torch.distributions.Bernoulli(mu[k]).sample()"""),
    Right("sample", "a number of pictures for each component", """
def sample(n, pi, mu):
    counts = torch.bincount(torch.multinomial(pi, n, replacement=True), minlength=len(pi))
    groups = [(torch.rand(int(count), mu.shape[1]) < template).double() for count, template in zip(counts, mu)]
    return torch.cat(groups)[torch.randperm(n)]"""),
]
