"""Answers to the labs' tasks: mistakes that learners make, and right answers written quite differently."""

from __future__ import annotations

from typing import NamedTuple


class Wrong(NamedTuple):
    """A mistake.

    Attributes:
        task: The solution cell's id.
        name: What is wrong.
        old: What the solution says.
        new: What this answer says instead.
        fails: Ids of the tasks whose tests must fail; the task itself where empty.
    """

    task: str
    name: str
    old: str
    new: str
    fails: tuple[str, ...] = ()


class Right(NamedTuple):
    """A right answer that does not look like the solution."""

    task: str
    name: str
    source: str


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
    Wrong("discriminator-step", "nothing returned", "return value.item()", "value.item()"),
    Wrong("generator-step", "forgeries detached", "generator(z)", "generator(z).detach()"),
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

WRONG = {"gan": GAN_WRONG}
RIGHT = {"gan": GAN_RIGHT}
