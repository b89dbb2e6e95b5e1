"""The contrastive losses of septum/contrasts.h in PyTorch, pixel by pixel as they are defined there, for goldens.

Maps are [N, C, H, W]. What septum draws is given: `numbers(count)` are the uniform numbers of a use.
"""

import torch
import torch.nn.functional as F
from torch import nn

FULL, EIGHTH = "full", "eighth"


class Projector(nn.Module):
    """A linear layer of each network's own, ReLU unless it is linear, a shared one, length 1."""

    def __init__(self, channels, networks, hidden, features, linear=False):
        super().__init__()
        self.between = nn.Identity() if linear else nn.ReLU()
        self.first = nn.ModuleList(nn.Linear(channels, hidden) for _ in range(networks))
        self.second = nn.Linear(hidden, features)

    def forward(self, network, rows):
        return F.normalize(self.second(self.between(self.first[network](rows))), dim=-1)

    def tensors(self):
        layers = {f"from_{i}.first": layer for i, layer in enumerate(self.first)} | {"second": self.second}
        return {f"{name}.{tensor}": getattr(layer, tensor).detach().t().contiguous()
                for name, layer in layers.items() for tensor in ("weight", "bias")}


def nearest(x, side):
    """scipy.ndimage.zoom of order 0 on the last two axes."""
    given = x.shape[-1]
    at = [(2 * o * (given - 1) + side - 1) // (2 * (side - 1)) for o in range(side)]
    return x[..., at, :][..., at]


class View:
    """What one network shows at one scale: rows of maps [N * H * W, ...]."""

    def __init__(self, network, maps, labels, probabilities):
        side = maps.shape[-1]
        self.network, self.samples, self.side = network, maps.shape[0], side
        self.rows = maps.permute(0, 2, 3, 1).flatten(0, 2)
        self.labels = nearest(labels, side).flatten()
        self.probabilities = nearest(probabilities, side).permute(0, 2, 3, 1).flatten(0, 2)


# ---- groups of patches -----------------------------------------------------------------------------------------------

def patch_rows(view, numbers, patch, groups, shuffled):
    """Row numbers [groups, N * patch * patch]: the k-th patches of each map's own order, or of one that all share."""
    across = view.side // patch
    orders = view.samples if shuffled else 1
    order = numbers(orders * across ** 2).reshape(orders, -1).sort(dim=1, stable=True).indices
    order = order.expand(view.samples, -1)
    y, x = torch.meshgrid(torch.arange(patch), torch.arange(patch), indexing="ij")
    return torch.stack([torch.cat([
        ((m * view.side + p // across * patch + y) * view.side + p % across * patch + x).flatten()
        for m, p in enumerate(order[:, k].tolist())]) for k in range(groups or across ** 2)])


def group_loss(features, labels, temperature, classes, balanced, background):
    """Of one group: None where nothing counts."""
    alike = labels[:, None] == labels[None]
    itself = torch.eye(len(labels), dtype=torch.bool)
    counts = torch.bincount(labels, minlength=classes)[labels]
    similarity = features @ features.T / temperature
    share = torch.ones_like(similarity)
    if balanced:
        share = 1 / torch.where(alike, (counts[:, None] - 1).clamp(min=1), counts[None]).to(similarity)
    total = (similarity.exp() * share).masked_fill(itself, 0).sum(1)
    positive = similarity.masked_fill(~alike | itself, 0).sum(1) / (counts - 1).clamp(min=1)
    anchors = (counts > 1) & (labels.sum() > 0) & (background | (labels > 0))
    return ((total + 1e-6).log() - positive)[anchors].mean() if anchors.any() else None


def patches(projector, views, numbers, *, patch, groups, temperature, classes, balanced, background, shuffled):
    rows = [patch_rows(view, numbers, patch, groups, shuffled) for view in views]
    losses = [group_loss(torch.cat([projector(v.network, v.rows[r[k]]) for v, r in zip(views, rows)]),
                         torch.cat([v.labels[r[k]] for v, r in zip(views, rows)]),
                         temperature, classes, balanced, background) for k in range(len(rows[0]))]
    losses = [loss for loss in losses if loss is not None]
    return sum(losses) / len(losses)


# ---- drawn rows ------------------------------------------------------------------------------------------------------

def cut(u, n):
    return min(int(u * n), n - 1)


def draw(mask, u):
    """Numbers of rows of one class, with replacement."""
    rows = mask.nonzero().flatten()
    return [rows[cut(x, len(rows))].item() for x in u.tolist()] if len(rows) else []


def draw_once(mask, u):
    rows, most = mask.nonzero().flatten().tolist(), len(u)
    if len(rows) <= most:
        return rows
    ends = [i * len(rows) // most for i in range(most + 1)]
    return [rows[b + cut(x, e - b)] for x, b, e in zip(u.tolist(), ends, ends[1:])]


def drawn_features(projector, views, masks, numbers, count, classes):
    """Of each class the features of the rows that are drawn, an equal share of each view."""
    share, features = count // len(views), [[] for _ in range(classes)]
    for view, mask in zip(views, masks):
        u = numbers(classes * share).reshape(classes, share)
        for c in range(classes):
            rows = draw(mask[:, c], u[c])
            features[c] += [projector(view.network, view.rows[rows])] if rows else []
    return [torch.cat(f) if f else None for f in features]


def centres(features):
    return [None if f is None else F.normalize(f.detach().sum(0), dim=0) for f in features]


def centre_loss(anchors, middles, rest, temperature):
    """rest(c, features) is what the others sum up to, None where there are none."""
    losses = []
    for c, features in enumerate(anchors):
        others = None if features is None else rest(c, features)
        if others is not None:
            own = features @ middles[c] / temperature
            losses.append((own.exp() + others).log() - own)
    return torch.cat(losses).mean() if losses else anchors[0].sum() * 0


def entropy(p):
    return -(p * (p + 1e-10).log()).sum(1)


class Memory:
    """First in, first out: features and labels of the negatives of each class."""

    def __init__(self, classes, capacity):
        self.capacity, self.state = capacity, [0] * classes
        self.slots = [[None] * capacity for _ in range(classes)]

    def draw(self, c, u):
        filled = min(self.state[c], self.capacity)
        return [self.slots[c][cut(x, filled)] for x in u.tolist()] if filled else []

    def push(self, c, features, labels):
        for feature, label in zip(features, labels):
            self.slots[c][self.state[c] % self.capacity] = (feature, label.item())
            self.state[c] += 1
            if self.state[c] == 2 * self.capacity:
                self.state[c] = self.capacity


def mcsc_v2(projector, views, numbers, memory, labelled, certain, *, anchors, keys, pushed, confidence, ranks,
            temperature, classes):
    """`certain`: the share of the unlabelled rows that are."""
    first = labelled * views[0].side ** 2
    limit = torch.quantile(torch.cat([entropy(v.probabilities[first:]) for v in views]), certain)
    chosen, negatives = [], []
    for view in views:
        p, truth = view.probabilities, F.one_hot(view.labels, classes).bool()
        unsure = entropy(p) > limit
        unsure[:first] = False
        chosen.append(truth & (p > confidence) & ~unsure[:, None])
        rank = p.sort(dim=1, descending=True, stable=True).indices.argsort(1)
        hard = ~truth & (rank < ranks[0])
        far = rank >= torch.where(unsure, ranks[1], ranks[0])[:, None]
        negatives.append(torch.cat([hard[:first], far[first:]]))

    u = numbers(classes * keys, "keys").reshape(classes, keys)
    drawn = [memory.draw(c, u[c]) for c in range(classes)]
    features = drawn_features(projector, views, chosen, lambda n: numbers(n, "anchors"), anchors, classes)

    def rest(c, rows):
        means = []
        for j in range(classes):
            of_class = [feature for feature, label in drawn[c] if label == j and j != c]
            if of_class:
                means.append((rows @ torch.stack(of_class).T / temperature).exp().mean(1))
        return sum(means) if means else None

    loss = centre_loss(features, centres(features), rest, temperature)
    count = int(pushed * memory.capacity) // len(views)
    with torch.no_grad():
        for view, mask in zip(views, negatives):
            most = min(count, len(view.rows))
            u = numbers(classes * most, "pushed").reshape(classes, most)
            for c in range(classes):
                rows = draw_once(mask[:, c], u[c])
                memory.push(c, projector(view.network, view.rows[rows]), view.labels[rows])
    return loss


def reco(projector, views, numbers, labelled, *, queries, keys, valid, hard, temperature, classes):
    first, masks, unsure = labelled * views[0].side ** 2, [], []
    for view in views:
        mask = F.one_hot(view.labels, classes).bool()
        mask[first:] &= view.probabilities[first:] > valid
        masks.append(mask)
        unsure.append(mask & ~(view.probabilities > hard))
    asked = drawn_features(projector, views, unsure, numbers, queries, classes)
    with torch.no_grad():
        others = drawn_features(projector, views, masks, numbers, keys, classes)
    middles = centres(others)

    def rest(c, rows):
        there = [j for j in range(classes) if j != c and others[j] is not None]
        if not there:
            return None
        share = torch.stack([middles[c] @ middles[j] / temperature for j in there]).softmax(0)
        means = [(rows @ others[j].T / temperature).exp().mean(1) for j in there]
        return keys * sum(q * m for q, m in zip(share, means))

    return centre_loss(asked, middles, rest, temperature)


def cct_r(projector, views, numbers, memories, matches, *, anchors, keys, confidence, share, temperature, classes):
    """`memories` of each view hold rows of maps; `matches` [partners, N * H * W] say which lies where, -1: none."""
    truths = [F.one_hot(view.labels, classes).bool() for view in views]
    each, features, found = anchors // len(views), [[] for _ in range(classes)], [[] for _ in range(classes)]
    for view, truth, memory in zip(views, truths, memories):
        u = numbers(classes * each).reshape(classes, each)
        for c in range(classes):
            rows = draw(truth[:, c] & (view.probabilities[:, c] > confidence), u[c])
            features[c] += [projector(view.network, view.rows[rows])] if rows else []
            for row in rows:
                there = [memory[m] for m in matches[:, row].tolist() if m >= 0]
                with torch.no_grad():
                    seen = projector(view.network, torch.stack(there)).sum(0) if there else torch.zeros(
                        projector.second.out_features).to(view.rows)
                found[c].append(F.normalize(seen, dim=0))
    features = [torch.cat(f) if f else None for f in features]
    with torch.no_grad():
        others = drawn_features(projector, views, truths, numbers, keys // (classes - 1), classes)
    middles, losses = centres(features), []
    for c, rows in enumerate(features):
        there = [others[j] for j in range(classes) if j != c and others[j] is not None]
        if rows is None or not there:
            continue
        rest = sum((rows @ other.T / temperature).exp().sum(1) for other in there)
        positive = F.normalize((1 - share) * middles[c] + share * torch.stack(found[c]), dim=1)
        own = (rows * positive).sum(1) / temperature
        losses.append((own.exp() + rest).log() - own)
    return torch.cat(losses).mean()
