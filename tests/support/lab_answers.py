"""Answers to the labs' tasks: mistakes that learners make, and right answers written quite differently."""

from __future__ import annotations

import mixture_answers
import pixelcnn_answers
import rbm_answers
from answer_kinds import Right, Wrong

BOTH = "loss(discriminator(x)[:, 0], discriminator(fake)[:, 0])"
LOSS_D = "-F.logsigmoid(real).mean() - F.logsigmoid(-fake).mean()"
MINIMAX, PASS = "return F.logsigmoid(-fake).mean()", "return -F.logsigmoid(fake).mean()"
ROUND = """\
        for _ in range(d_steps):
            losses_d.append(step_d(next(batches), noise()))
        losses_g.append(step_g(noise()))"""
SLOPE = "torch.autograd.grad(discriminator(x).sum(), x, create_graph=True)"

GAN_WRONG = [
    Wrong("discriminator-loss", "labels swapped", LOSS_D, "-F.logsigmoid(-real).mean() - F.logsigmoid(fake).mean()"),
    Wrong("discriminator-loss", "wrong sign", LOSS_D, "F.logsigmoid(real).mean() + F.logsigmoid(-fake).mean()"),
    Wrong("discriminator-loss", "sum for mean", LOSS_D, "-F.logsigmoid(real).sum() - F.logsigmoid(-fake).sum()"),
    Wrong("discriminator-loss", "one loss per example", LOSS_D,
          "-F.logsigmoid(real) - F.logsigmoid(-fake[: len(real)])"),
    Wrong("discriminator-loss", "one mean over both groups", LOSS_D, "-F.logsigmoid(torch.cat([real, -fake])).mean()"),
    Wrong("discriminator-loss", "twice one mean", LOSS_D, "-2 * F.logsigmoid(torch.cat([real, -fake])).mean()"),
    Wrong("discriminator-loss", "logarithm of a probability", LOSS_D,
          "-real.sigmoid().log().mean() - (1 - fake.sigmoid()).log().mean()"),
    Wrong("discriminator-loss", "probability clipped", LOSS_D,
          "-(real.sigmoid() + 1e-8).log().mean() - (1 - fake.sigmoid() + 1e-8).log().mean()"),
    Wrong("discriminator-loss", "sigmoid twice", LOSS_D,
          "-F.logsigmoid(real.sigmoid()).mean() - F.logsigmoid(-fake.sigmoid()).mean()"),
    Wrong("discriminator-loss", "forgeries forgotten", LOSS_D, "-F.logsigmoid(real).mean()"),
    Wrong("discriminator-loss", "forgeries detached", LOSS_D,
          "-F.logsigmoid(real).mean() - F.logsigmoid(-fake.detach()).mean()"),
    Wrong("discriminator-loss", "a plain number", LOSS_D, f"({LOSS_D}).item()"),
    Wrong("generator-losses", "minimax with a sign turned", MINIMAX, "return -F.logsigmoid(-fake).mean()"),
    Wrong("generator-losses", "minimax asks for the catch", MINIMAX, "return F.logsigmoid(fake).mean()"),
    Wrong("generator-losses", "minimax by logarithm of a probability", MINIMAX,
          "return (1 - fake.sigmoid()).log().mean()"),
    Wrong("generator-losses", "minimax summed", MINIMAX, "return F.logsigmoid(-fake).sum()"),
    Wrong("generator-losses", "non-saturating with a sign turned", PASS, "return F.logsigmoid(fake).mean()"),
    Wrong("generator-losses", "non-saturating of the wrong label", PASS, "return -F.logsigmoid(-fake).mean()"),
    Wrong("generator-losses", "the same loss twice", PASS, "return F.logsigmoid(-fake).mean()"),
    Wrong("generator-losses", "sigmoid twice", PASS, "return -F.logsigmoid(fake.sigmoid()).mean()"),
    Wrong("discriminator-step", "forgotten detach", ".detach()", ""),
    Wrong("discriminator-step", "forgotten zero_grad", "descent.zero_grad()", "pass"),
    Wrong("discriminator-step", "zero_grad too late", "value.backward()", "value.backward(); descent.zero_grad()"),
    Wrong("discriminator-step", "forgotten step", "descent.step()", "pass"),
    Wrong("discriminator-step", "uphill", "value.backward()", "(-value).backward()"),
    Wrong("discriminator-step", "data and forgeries exchanged", BOTH,
          "loss(discriminator(fake)[:, 0], discriminator(x)[:, 0])"),
    Wrong("discriminator-step", "opinions detached", "discriminator(x)[:, 0]", "discriminator(x)[:, 0].detach()"),
    Wrong("discriminator-step", "the generator frozen for good", "fake =", "generator.requires_grad_(False); fake ="),
    Wrong("discriminator-step", "a loss of its own", BOTH,
          "-F.logsigmoid(discriminator(x)).mean() - F.logsigmoid(-discriminator(fake)).mean()"),
    Wrong("discriminator-step", "a rate of its own", "descent.step()",
          "descent.step()\n    for w in discriminator.parameters():\n"
          "        w.data += (descent.param_groups[0]['lr'] - 0.1) * w.grad"),
    Wrong("discriminator-step", "log-odds handed on as (B, 1)", BOTH, "loss(discriminator(x), discriminator(fake))"),
    Wrong("discriminator-step", "nothing returned", "return value.item()", "value.item()"),
    Wrong("generator-step", "forgeries detached", "generator(z)", "generator(z).detach()"),
    Wrong("generator-step", "log-odds handed on as (B, 1)", "loss(discriminator(generator(z))[:, 0])",
          "loss(discriminator(generator(z)))"),
    Wrong("generator-step", "a loss of its own", "loss(discriminator(generator(z))[:, 0])",
          "-F.logsigmoid(discriminator(generator(z))).mean()"),
    Wrong("generator-step", "forgotten zero_grad", "descent.zero_grad()", "pass"),
    Wrong("generator-step", "forgotten step", "descent.step()", "pass"),
    Wrong("generator-step", "uphill", "value.backward()", "(-value).backward()"),
    Wrong("generator-step", "the discriminator frozen for good", "value =",
          "discriminator.requires_grad_(False); value ="),
    Wrong("generator-step", "the discriminator moves too", "descent.step()",
          "descent.step()\n    for w in discriminator.parameters():\n        w.data -= 0.1 * w.grad"),
    Wrong("generator-step", "the loss after the step", "return value.item()",
          "return loss(discriminator(generator(z))[:, 0]).item()"),
    Wrong("alternation", "d_steps ignored", "range(d_steps)", "range(1)"),
    Wrong("alternation", "one batch for all steps of a round", ROUND,
          ROUND.replace("next(batches)", "x").replace("        for", "        x = next(batches)\n        for", 1)),
    Wrong("alternation", "one draw of noise for a round", ROUND,
          ROUND.replace("noise()", "z").replace("        for", "        z = noise()\n        for", 1)),
    Wrong("alternation", "one draw of noise for ever", "losses_d, losses_g = [], []",
          "losses_d, losses_g = [], []\n    z = noise() if rounds else None\n    noise = lambda: z"),
    Wrong("alternation", "the generator after every step", "        losses_g", "            losses_g"),
    Wrong("alternation", "the generator first", ROUND,
          "        losses_g.append(step_g(noise()))\n" + ROUND.rpartition("\n")[0]),
    Wrong("alternation", "all of D's rounds, then all of G's", "        losses_g.append",
          "    for _ in range(rounds):\n        losses_g.append"),
    Wrong("alternation", "the noise not drawn", "step_g(noise())", "step_g(noise)"),
    Wrong("alternation", "one list of losses", "return losses_d, losses_g", "return losses_d + losses_g, []"),
    Wrong("slope-penalty", "no graph of the gradient", ", create_graph=True", ""),
    Wrong("slope-penalty", "gradients left behind", SLOPE,
          "(discriminator(x).sum().backward(create_graph=True), x.grad)[1:]"),
    Wrong("slope-penalty", "gamma ignored", "gamma / 2", "1 / 2"),
    Wrong("slope-penalty", "mean over coordinates", ".sum(1).mean()", ".mean()"),
    Wrong("slope-penalty", "sum over points", ".sum(1).mean()", ".sum()"),
    Wrong("slope-penalty", "the norm without its square", ".square().sum(1)", ".square().sum(1).sqrt()"),
    Wrong("slope-penalty", "mean before the gradient", "discriminator(x).sum()", "discriminator(x).mean()"),
    Wrong("slope-penalty", "slope of the probability", "discriminator(x).sum()", "discriminator(x).sigmoid().sum()"),
    Wrong("slope-penalty", "forgotten half", "gamma / 2", "gamma"),
    Wrong("slope-penalty", "a slope that does not depend on D", SLOPE, f"({SLOPE}[0].detach().requires_grad_(),)"),
]

GAN_RIGHT = [
    Right("discriminator-loss", "binary cross-entropy", '''
def loss_d(real, fake):
    """Both labels are given, and PyTorch does the rest."""
    ones, zeros = torch.ones(real.shape), torch.zeros(fake.shape)
    entropy = nn.BCEWithLogitsLoss()
    return entropy(real, ones) + entropy(fake, zeros)'''),
    Right("discriminator-loss", "log-sum-exp, example by example", '''
def loss_d(real, fake):
    total = 0.0
    for group, sign in ((real, -1), (fake, 1)):
        for a in group:
            total = total + torch.logaddexp(sign * a, torch.zeros(())) / len(group)
    return total'''),
    Right("generator-losses", "softplus", '''
loss_minimax = lambda fake: -torch.logaddexp(torch.zeros_like(fake), fake).mean()


def loss_g(fake):
    return sum(F.softplus(-a) for a in fake) / fake.numel()'''),
    Right("generator-losses", "binary cross-entropy", '''
def loss_minimax(fake):
    return -F.binary_cross_entropy_with_logits(fake, torch.zeros_like(fake))


def loss_g(fake):
    return F.binary_cross_entropy_with_logits(fake, torch.ones_like(fake))'''),
    Right("discriminator-step", "gradients asked for by name", '''
def step_d(generator, discriminator, loss, x, z, descent):
    weights = list(discriminator.parameters())
    with torch.no_grad():
        everything = torch.cat([x, generator(z)])
    a = discriminator(everything).squeeze(1)
    value = loss(a[: len(x)], a[len(x) :])
    for w, g in zip(weights, torch.autograd.grad(value, weights)):
        w.grad = g
    descent.step()
    return float(value.detach())'''),
    Right("discriminator-step", "frozen and thawed", '''
def step_d(generator, discriminator, loss, x, z, descent):
    generator.requires_grad_(False)
    descent.zero_grad(set_to_none=False)
    value = loss(discriminator(x).view(-1), discriminator(generator(z)).view(-1))
    value.backward()
    descent.step()
    generator.requires_grad_(True)
    return value.detach()'''),
    Right("generator-step", "frozen and thawed", '''
def step_g(generator, discriminator, loss, z, descent):
    for w in discriminator.parameters():
        w.requires_grad_(False)
    generator.zero_grad()
    value = loss(discriminator(generator(z)).flatten())
    value.backward()
    descent.step()
    for w in discriminator.parameters():
        w.requires_grad_(True)
    return value.item()'''),
    Right("generator-step", "chain rule by hand", '''
def step_g(generator, discriminator, loss, z, descent):
    fake = generator(z)
    copy = fake.detach().requires_grad_()
    value = loss(discriminator(copy)[:, 0])
    (push,) = torch.autograd.grad(value, copy)
    descent.zero_grad()
    fake.backward(push)
    descent.step()
    return value.item()'''),
    Right("alternation", "one count for all steps", '''
def play(step_d, step_g, batches, noise, rounds, d_steps=1):
    losses = {True: [], False: []}
    for i in range(rounds * (d_steps + 1)):
        judge = (i + 1) % (d_steps + 1) != 0
        losses[judge].append(step_d(next(batches), noise()) if judge else step_g(noise()))
    return losses[True], losses[False]'''),
    Right("alternation", "comprehensions", '''
def play(step_d, step_g, batches, noise, rounds, d_steps=1):
    games = [([step_d(x, noise()) for _, x in zip(range(d_steps), batches)], step_g(noise())) for _ in range(rounds)]
    return [d for ds, _ in games for d in ds], [g for _, g in games]'''),
    Right("slope-penalty", "one point at a time", '''
def penalty(discriminator, x, gamma):
    slope = torch.func.grad(lambda point: discriminator(point[None]).squeeze())
    return gamma / 2 * torch.stack([slope(point).norm() ** 2 for point in x]).mean()'''),
    Right("slope-penalty", "vectorised map", '''
def penalty(discriminator, x, gamma):
    slope = torch.func.vmap(torch.func.grad(lambda point: discriminator(point[None])[0, 0]))(x)
    return gamma * torch.einsum("bd,bd->", slope, slope) / (2 * len(x))'''),
]

SQUARED, ENTROPY = "(x_hat - x).square().sum(1) / 2", "(F.softplus(a) - x * a).sum(1)"
MASKED, REBUILT = "torch.where(torch.rand_like(x) < rate, 0.0, x)", "x_hat = model.decode(model.encode(corrupt(x)))"
DISTANCE = "(x - model.decode(model.encode(x))).square().sum(1)"
HIGHER, TIES = "(difference > 0).float()", "(difference == 0).float() / 2"

AUTOENCODER_WRONG = [
    Wrong("layers", "sigmoid forgotten", "torch.sigmoid(x @ W.T + b)", "x @ W.T + b"),
    Wrong("layers", "sigmoid before the bias", "torch.sigmoid(x @ W.T + b)", "torch.sigmoid(x @ W.T) + b"),
    Wrong("layers", "bias with the sign of an old slide", "x @ W.T + b", "x @ W.T - b"),
    Wrong("layers", "tanh for sigmoid", "torch.sigmoid(", "torch.tanh("),
    Wrong("layers", "sigmoid in the decoder", "return h @ V.T + c", "return torch.sigmoid(h @ V.T + c)"),
    Wrong("layers", "bias of the decoder forgotten", "h @ V.T + c", "h @ V.T"),
    Wrong("layers", "softmax over hidden units", "torch.sigmoid(x @ W.T + b)", "(x @ W.T + b).softmax(1)"),
    Wrong("losses", "mean over pixels", SQUARED, "(x_hat - x).square().mean(1) / 2"),
    Wrong("losses", "half forgotten", SQUARED, "(x_hat - x).square().sum(1)"),
    Wrong("losses", "one number for the batch", SQUARED, "(x_hat - x).square().sum() / 2"),
    Wrong("losses", "distance without its square", SQUARED, "(x_hat - x).norm(dim=1) / 2"),
    Wrong("losses", "absolute differences", SQUARED, "(x_hat - x).abs().sum(1) / 2"),
    Wrong("losses", "wrong sign", ENTROPY, "(x * a - F.softplus(a)).sum(1)"),
    Wrong("losses", "sigmoid twice", ENTROPY, "(F.softplus(a.sigmoid()) - x * a.sigmoid()).sum(1)"),
    Wrong("losses", "white pixels forgotten", ENTROPY, "-(x * F.logsigmoid(a)).sum(1)"),
    Wrong("losses", "logarithm of a probability", ENTROPY,
          "-(x * a.sigmoid().log() + (1 - x) * (1 - a.sigmoid()).log()).sum(1)"),
    Wrong("losses", "probability clipped", ENTROPY, "F.binary_cross_entropy(a.sigmoid(), x, reduction='none').sum(1)"),
    Wrong("losses", "cross-entropy averaged over pixels", ENTROPY, "(F.softplus(a) - x * a).mean(1)"),
    Wrong("losses", "given no gradient", ENTROPY, "(F.softplus(a) - x * a).sum(1).detach()"),
    Wrong("tied-gradient", "decoder's part alone", "h.T @ delta + delta_h.T @ x", "h.T @ delta"),
    Wrong("tied-gradient", "encoder's part alone", "h.T @ delta + delta_h.T @ x", "delta_h.T @ x"),
    Wrong("tied-gradient", "mean of the two parts", "h.T @ delta + delta_h.T @ x", "(h.T @ delta + delta_h.T @ x) / 2"),
    Wrong("tied-gradient", "slope of the hidden units forgotten", "delta @ W.T * h * (1 - h)", "delta @ W.T"),
    Wrong("tied-gradient", "sum for mean", "dW / len(x), delta_h.mean(0), delta.mean(0)",
          "dW, delta_h.sum(0), delta.sum(0)"),
    Wrong("tied-gradient", "W summed, biases averaged", "dW / len(x)", "dW"),
    Wrong("tied-gradient", "automatic differentiation", "return dW / len(x), delta_h.mean(0), delta.mean(0)",
          "leaves = [w.detach().clone().requires_grad_() for w in (W, b, c)]\n"
          "    a = torch.sigmoid(x @ leaves[0].T + leaves[1]) @ leaves[0] + leaves[2]\n"
          "    loss = F.binary_cross_entropy_with_logits(a, x, reduction='sum') / len(x)\n"
          "    return torch.autograd.grad(loss, leaves)"),
    Wrong("tied-gradient", "functional differentiation", "return dW / len(x), delta_h.mean(0), delta.mean(0)",
          "def loss(W, b, c):\n"
          "        a = torch.sigmoid(x @ W.T + b) @ W + c\n"
          "        return F.binary_cross_entropy_with_logits(a, x, reduction='sum') / len(x)\n\n"
          "    return torch.func.grad(loss, (0, 1, 2))(W, b, c)"),
    *(Wrong("tied-gradient", f"automatic differentiation, {how}", "return dW / len(x), delta_h.mean(0), delta.mean(0)",
            "def loss(W, b, c):\n"
            "        a = torch.sigmoid(x @ W.T + b) @ W + c\n"
            f"        return F.binary_cross_entropy_with_logits(a, x, reduction='sum') / len(x)\n\n{lines}")
      for how, lines in {
          "forward": "    return torch.func.jacfwd(loss, (0, 1, 2))(W, b, c)",
          "as a Jacobian": "    return torch.autograd.functional.jacobian(loss, (W, b, c))",
          "out of the inference mode": "    with torch.inference_mode(False), torch.enable_grad():\n"
          "        x, *leaves = [t.clone() for t in (x, W, b, c)]\n"
          "        return torch.autograd.grad(loss(*[w.requires_grad_() for w in leaves]), leaves)",
          "its refusal swallowed": "    try:\n        return torch.func.grad(loss, (0, 1, 2))(W, b, c)\n"
          "    except Exception:\n        return W, b, c",
      }.items()),
    Wrong("tied-gradient", "wrong sign", "torch.sigmoid(c + h @ W) - x", "x - torch.sigmoid(c + h @ W)"),
    Wrong("tied-gradient", "slope of the output's sigmoid as well", "delta = torch.sigmoid(c + h @ W) - x",
          "delta = (torch.sigmoid(c + h @ W) - x) * torch.sigmoid(c + h @ W) * torch.sigmoid(-c - h @ W)"),
    Wrong("tied-gradient", "W on its side", "return dW / len(x)", "return dW.T / len(x)"),
    Wrong("tied-gradient", "biases exchanged", "delta_h.mean(0), delta.mean(0)", "delta.mean(0), delta_h.mean(0)"),
    Wrong("denoising", "kept in the place of blanked", MASKED, "torch.where(torch.rand_like(x) < rate, x, 0.0)"),
    Wrong("denoising", "one coin for a picture", MASKED, "torch.where(torch.rand_like(x[:, :1]) < rate, 0.0, x)"),
    Wrong("denoising", "as many blanks as there should be", MASKED,
          "x.flatten().index_fill(0, torch.randperm(x.numel())[: round(rate * x.numel())], 0.0).view_as(x)"),
    Wrong("denoising", "as many blanks in each picture", MASKED,
          "x.scatter(1, torch.rand_like(x).argsort(1)[:, : round(rate * x.shape[1])], 0.0)"),
    Wrong("denoising", "one mask for all pictures", MASKED, "torch.where(torch.rand_like(x[:1]) < rate, 0.0, x)"),
    Wrong("denoising", "scaled up like dropout", MASKED, "F.dropout(x, rate)"),
    Wrong("denoising", "x itself damaged", MASKED, "x.masked_fill_(torch.rand_like(x) < rate, 0.0)"),
    Wrong("denoising", "noise added", MASKED, "x + rate * torch.randn_like(x)"),
    Wrong("denoising", "normal numbers for a coin", MASKED, "torch.where(torch.randn_like(x) < rate, 0.0, x)"),
    Wrong("denoising", "the damaged picture rebuilt", REBUILT,
          "x = corrupt(x)\n    x_hat = model.decode(model.encode(x))"),
    Wrong("denoising", "damaged twice over", REBUILT, f"corrupt(x)\n    {REBUILT}"),
    Wrong("denoising", "nothing damaged", REBUILT, "x_hat = model.decode(model.encode(x))"),
    Wrong("denoising", "the code damaged", REBUILT, "x_hat = model.decode(corrupt(model.encode(x)))"),
    Wrong("denoising", "mean over pixels", ".square().sum(1).mean() / 2", ".square().mean() / 2"),
    Wrong("denoising", "sum over pictures", ".square().sum(1).mean() / 2", ".square().sum() / 2"),
    Wrong("denoising", "half forgotten", ".sum(1).mean() / 2", ".sum(1).mean()"),
    Wrong("denoising", "encoder detached", "model.encode(corrupt(x))", "model.encode(corrupt(x)).detach()"),
    Wrong("outliers", "mean over pixels", DISTANCE, "(x - model.decode(model.encode(x))).square().mean(1)"),
    Wrong("outliers", "one score for the batch", DISTANCE, "(x - model.decode(model.encode(x))).square().sum()"),
    Wrong("outliers", "distance without its square", DISTANCE, "(x - model.decode(model.encode(x))).norm(dim=1)"),
    Wrong("outliers", "size of the code", DISTANCE, "model.encode(x).square().sum(1)"),
    Wrong("outliers", "graph kept", "torch.no_grad()", "torch.enable_grad()"),
    Wrong("outliers", "normal ones higher", HIGHER, "(difference < 0).float()"),
    Wrong("outliers", "ties forgotten", f" + {TIES}", ""),
    Wrong("outliers", "ties counted whole", TIES, "(difference == 0).float()"),
    Wrong("outliers", "means compared", f"({HIGHER} + {TIES}).mean()", "(outliers.mean() > normal.mean()).float()"),
    Wrong("outliers", "pairs added up", f"({HIGHER} + {TIES}).mean()", f"({HIGHER} + {TIES}).sum()"),
    Wrong("few-labels", "furthest mean", "argmin", "argmax"),
    Wrong("few-labels", "place in the list for the label", "labels[torch.cdist(z_new, means).argmin(1)]",
          "torch.cdist(z_new, means).argmin(1)"),
    Wrong("few-labels", "sum for mean", ".mean(0)", ".sum(0)"),
    Wrong("few-labels", "nearest example", "labels[torch.cdist(z_new, means).argmin(1)]",
          "y[torch.cdist(z_new, z).argmin(1)]"),
    Wrong("few-labels", "largest product", "torch.cdist(z_new, means).argmin(1)", "(z_new @ means.T).argmax(1)"),
    Wrong("few-labels", "sum of absolute differences", "torch.cdist(z_new, means)", "torch.cdist(z_new, means, p=1)"),
]

AUTOENCODER_RIGHT = [
    Right("layers", "library layers and sums of products", """
def encode(x, W, b):
    return 0.5 * (1 + torch.tanh(F.linear(x, W, b) / 2))


def decode(h, V, c):
    return torch.einsum("bj,kj->bk", h, V) + c[None]"""),
    Right("losses", "library losses", """
def squared_error(x_hat, x):
    return 0.5 * F.mse_loss(x_hat, x, reduction="none").sum(dim=-1)


cross_entropy = lambda a, x: nn.BCEWithLogitsLoss(reduction="none")(a, x).sum(dim=1)"""),
    Right("losses", "picture by picture", """
def squared_error(x_hat, x):
    return torch.stack([torch.dot(r, r) / 2 for r in x_hat - x])


def cross_entropy(a, x):
    return torch.stack([-torch.dot(x_n, F.logsigmoid(a_n)) - torch.dot(1 - x_n, F.logsigmoid(-a_n))
                        for a_n, x_n in zip(a, x)])"""),
    Right("tied-gradient", "two matrices, then one", """
def tied_gradient(x, W, b, c):
    V = W.T
    h = torch.sigmoid(F.linear(x, W, b))
    at_output = (torch.sigmoid(F.linear(h, V, c)) - x) / x.shape[0]
    dV = torch.einsum("nk,nj->kj", at_output, h)
    at_hidden = torch.einsum("nk,kj->nj", at_output, V) * (h - h**2)
    dW = torch.einsum("nj,nk->jk", at_hidden, x)
    return [dW + dV.T, at_hidden.sum(0), at_output.sum(0)]"""),
    Right("tied-gradient", "example by example", """
def tied_gradient(x, W, b, c):
    dW, db, dc = torch.zeros_like(W), torch.zeros_like(b), torch.zeros_like(c)
    for x_n in x:
        h = (b + W @ x_n).sigmoid()
        delta = (c + W.T @ h).sigmoid() - x_n
        delta_h = (W @ delta) * h * (1 - h)
        dW += torch.outer(h, delta) + torch.outer(delta_h, x_n)
        db, dc = db + delta_h, dc + delta
    return dW / len(x), db / len(x), dc / len(x)"""),
    Right("denoising", "products and halves", """
def mask(x, rate):
    return x * torch.bernoulli(torch.full_like(x, 1 - rate))


def denoising_loss(model, x, corrupt):
    total = 0
    for x_n, noisy in zip(x, corrupt(x)):
        difference = model.decode(model.encode(noisy[None]))[0] - x_n
        total = total + difference @ difference
    return total / (2 * len(x))"""),
    Right("denoising", "a copy with holes", """
def mask(x, rate):
    x_noisy = x.clone()
    x_noisy[torch.rand(x.shape) <= rate] = 0
    return x_noisy


def denoising_loss(model, x, corrupt):
    return x.shape[1] / 2 * F.mse_loss(model.decode(model.encode(corrupt(x))), x)"""),
    Right("outliers", "every pair in turn", """
def outlier_scores(model, x):
    x_hat = model.decode(model.encode(x)).detach()
    return torch.stack([torch.dot(r, r) for r in x - x_hat])


def ranking(normal, outliers):
    wins = sum(1.0 * (o > n).item() + 0.5 * (o == n).item() for n in normal for o in outliers)
    return wins / (len(normal) * len(outliers))"""),
    Right("outliers", "ranks", """
def outlier_scores(model, x):
    return model.error(x).detach() * 2


def ranking(normal, outliers):
    signs = torch.sign(outliers[None, :] - normal[:, None])
    return float((signs.mean() + 1) / 2)"""),
    Right("few-labels", "one-hot sums", """
def nearest_means(z, y, z_new):
    member = F.one_hot(y).to(z)
    count = member.sum(0)
    means = (member.T @ z) / count.clamp(min=1)[:, None]
    distance = ((z_new[:, None] - means[None]) ** 2).sum(-1)
    return distance.masked_fill(count == 0, torch.inf).argmin(-1)"""),
    Right("few-labels", "point by point", """
def nearest_means(z, y, z_new):
    means = {label.item(): z[y == label].sum(0) / (y == label).sum() for label in y}
    return torch.tensor([min(means, key=lambda label: (means[label] - point).norm()) for point in z_new])"""),
]

ENERGY = "return -v @ a - ((v @ J) * v).sum(1) / 2"
SCORES = "scores = -energies / temperature"
COIN = "p = torch.sigmoid((a[i] + v @ J[i]) / temperature)"
MODEL_PAIRS = "pairs = x.T @ x / len(x) - v.T @ (p[:, None] * v)"
CHAIN_PAIRS = "pairs = x.T @ x / len(x) - chains.T @ chains / len(chains)"

BOLTZMANN_WRONG = [
    Wrong("energy", "pairs counted twice", " / 2", ""),
    Wrong("energy", "wrong sign", ENERGY, "return v @ a + ((v @ J) * v).sum(1) / 2"),
    Wrong("energy", "the sign of one textbook", ENERGY, "return -v @ a + ((v @ J) * v).sum(1) / 2"),
    Wrong("energy", "biases forgotten", "-v @ a - ", "-"),
    Wrong("energy", "one energy for the batch", ".sum(1)", ".sum()"),
    Wrong("energy", "half of a half", "(v @ J)", "(v @ J.triu(1))"),
    Wrong("distribution", "high energies likely", SCORES, "scores = energies / temperature"),
    Wrong("distribution", "no temperature", SCORES, "scores = -energies"),
    Wrong("distribution", "multiplied by the temperature", SCORES, "scores = -energies * temperature"),
    Wrong("distribution", "exponentials written out", "scores.softmax(0)", "scores.exp() / scores.exp().sum()"),
    Wrong("distribution", "Z in the place of its logarithm", "scores.logsumexp(0)", "scores.exp().sum()"),
    Wrong("distribution", "logarithm of a sum that overflows", "scores.logsumexp(0)", "scores.exp().sum().log()"),
    Wrong("distribution", "a free energy for log Z", "scores.logsumexp(0)", "-temperature * scores.logsumexp(0)"),
    Wrong("distribution", "probabilities alone", "return scores.softmax(0), scores.logsumexp(0)",
          "return scores.softmax(0)"),
    Wrong("conditional", "the joint probability", " / p[fits].sum()", ""),
    Wrong("conditional", "divided by the wrong sum", "p[fits].sum()", "p[states[:, unit] == 1].sum()"),
    Wrong("conditional", "any of the facts", "fits = fits & (states[:, i] == value)", "fits = states[:, i] == value"),
    Wrong("conditional", "states counted, not weighed", "p[fits] @ states[fits, unit] / p[fits].sum()",
          "states[fits, unit].mean()"),
    Wrong("conditional", "the probability of zero", "states[fits, unit]", "(1 - states[fits, unit])"),
    Wrong("conditional", "units counted from one", "states[:, i]", "states[:, i - 1]"),
    Wrong("sweep", "biases forgotten", "a[i] + ", ""),
    Wrong("sweep", "mean field fed back as a sample", "(torch.rand(len(v)) < p).float()", "p"),
    Wrong("sweep", "the likelier value always", "torch.rand(len(v)) < p", "p > 0.5"),
    Wrong("sweep", "all units at once", COIN,
          "old = v.clone() if i == 0 else old\n        " + COIN.replace("v @", "old @")),
    Wrong("sweep", "temperature the wrong way round", "/ temperature", "* temperature"),
    Wrong("sweep", "couplings counted by half", "v @ J[i]", "v @ J[i] / 2"),
    Wrong("sweep", "wrong sign", "sigmoid((a", "sigmoid(-(a"),
    Wrong("sweep", "the last unit left out", "range(v.shape[1])", "range(v.shape[1] - 1)"),
    Wrong("sweep", "the old states overwritten", "v = v.clone()", "v = v"),
    Wrong("sweep", "one coin for all chains", "torch.rand(len(v))", "torch.rand(1)"),
    Wrong("gradient", "machine minus data", "x.T @ x / len(x) - v.T @ (p[:, None] * v)",
          "v.T @ (p[:, None] * v) - x.T @ x / len(x)"),
    Wrong("gradient", "the negative phase forgotten", " - v.T @ (p[:, None] * v)", ""),
    Wrong("gradient", "all states alike", "(p[:, None] * v)", "v / len(v)"),
    Wrong("gradient", "sums for means", "x.T @ x / len(x)", "x.T @ x"),
    Wrong("gradient", "units coupled to themselves", " - torch.diag(pairs.diagonal())", ""),
    Wrong("gradient", "half of each pair", "pairs - torch", "pairs / 2 - torch"),
    Wrong("gradient", "covariances in the place of correlations", MODEL_PAIRS,
          "pairs = torch.cov(x.T, correction=0) - torch.cov(v.T, aweights=p, correction=0)"),
    Wrong("gradient", "biases downhill", "x.mean(0) - p @ v", "p @ v - x.mean(0)"),
    Wrong("chain-gradient", "chains that start again at the data", "sweep(chains, a, J)", "sweep(x, a, J)"),
    Wrong("chain-gradient", "the chains where they were", "chains = sweep(chains, a, J)",
          "start, chains = chains, sweep(chains, a, J)\n    " + CHAIN_PAIRS + "\n    "
          "return x.mean(0) - chains.mean(0), pairs - torch.diag(pairs.diagonal()), start"),
    Wrong("chain-gradient", "another machine's sweep", "sweep(chains, a, J)", "sweep(chains, 0 * a, J)"),
    Wrong("chain-gradient", "two sweeps", "sweep(chains, a, J)", "sweep(sweep(chains, a, J), a, J)"),
    Wrong("chain-gradient", "sums over chains", "chains.T @ chains / len(chains)", "chains.T @ chains"),
    Wrong("chain-gradient", "as many chains as data", "/ len(chains)", "/ len(x)"),
    Wrong("chain-gradient", "machine minus data", "x.T @ x / len(x) - chains.T @ chains / len(chains)",
          "chains.T @ chains / len(chains) - x.T @ x / len(x)"),
    Wrong("chain-gradient", "units coupled to themselves", " - torch.diag(pairs.diagonal())", ""),
]

BOLTZMANN_RIGHT = [
    Right("energy", "pairs one at a time", """
def energy(v, a, J):
    total = torch.zeros(len(v))
    for i in range(v.shape[1]):
        total -= a[i] * v[:, i]
        for j in range(i):
            total -= J[i, j] * v[:, i] * v[:, j]
    return total
"""),
    Right("distribution", "the greatest term taken out by hand", """
def distribution(energies, temperature=1.0):
    least = energies.min()
    terms = torch.exp((least - energies) / temperature)
    return terms / terms.sum(), terms.sum().log() - least / temperature
"""),
    Right("conditional", "a loop over states", """
def conditional(states, p, unit, given):
    above = below = 0.0
    for state, chance in zip(states.tolist(), p.tolist()):
        if all(state[i] == value for i, value in given.items()):
            below += chance
            above += chance * state[unit]
    return above / below
"""),
    Right("sweep", "columns put together at the end, coins by comparison of log-odds", """
def sweep(v, a, J, temperature=1.0):
    units = list(v.unbind(1))
    for i in range(len(units)):
        odds = (a[i] + torch.stack(units, 1) @ J[:, i]) / temperature
        units[i] = (torch.rand(len(v)).logit() < odds).to(v)
    return torch.stack(units, 1)
"""),
    Right("gradient", "automatic differentiation", """
def gradient(x, a, J):
    a, upper = a.clone().requires_grad_(), J.triu(1).requires_grad_()
    score = lambda v: v @ a + torch.einsum("ni,ij,nj->n", v, upper, v)
    value = score(x).mean() - score(binary_states(len(a))).logsumexp(0)
    slope_a, slope = torch.autograd.grad(value, [a, upper])
    return slope_a, slope.triu(1) + slope.triu(1).T
"""),
    Right("chain-gradient", "outer products one chain at a time", """
def chain_gradient(x, chains, a, J, sweep):
    chains = sweep(chains, a, J)
    means = []
    for group in (x, chains):
        pairs = sum(torch.outer(v, v) for v in group) / len(group)
        means.append((group.mean(0), pairs * (1 - torch.eye(len(a)))))
    return means[0][0] - means[1][0], means[0][1] - means[1][1], chains
"""),
]

WRONG = {
    "autoencoder": AUTOENCODER_WRONG,
    "boltzmann": BOLTZMANN_WRONG,
    "gan": GAN_WRONG,
    "mixture": mixture_answers.WRONG,
    "pixelcnn": pixelcnn_answers.WRONG,
    "rbm": rbm_answers.WRONG,
}
RIGHT = {
    "autoencoder": AUTOENCODER_RIGHT,
    "boltzmann": BOLTZMANN_RIGHT,
    "gan": GAN_RIGHT,
    "mixture": mixture_answers.RIGHT,
    "pixelcnn": pixelcnn_answers.RIGHT,
    "rbm": rbm_answers.RIGHT,
}
