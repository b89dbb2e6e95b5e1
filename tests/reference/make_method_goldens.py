"""Makes tests/golden/methods.safetensors: three whole training steps of each method, with narrow U-Nets.

    python tests/reference/make_method_goldens.py [OUTPUT]

`start_0` and `start_1` hold the parameters that both students start from (auxiliary decoders 1, 2 and 3 from
those of `start_1`, `start_0` and `start_1`), `projector_<scale>` those of the contrasts' projectors, `deformation`
those of DeepAtlas' registration network, `batch` three batches of two labelled and two unlabelled images, and what their
streams bring. Per method, `<method>.losses` [3, terms] in the order of septum's log, and what the third step leaves of the outermost
layers: `<method>.student_<i>.<name>`, `<method>.teacher_0.<name>`, `<method>.auxiliary_0_<decoder>.<name>`. SGD with
momentum and weight decay; dropout and the teacher's noise are off. All in float64.
"""

import copy
import math
import sys
from pathlib import Path

import torch
import torch.nn.functional as F

from golden_file import Goldens
from contrasts import EIGHTH, FULL, Memory, Projector, View, cct_r, mcsc_v2, patches, reco
from layouts import nhwc
from make_network_goldens import blobs, lively
from make_operation_goldens import largest_component
from networks import UNet, dice_loss, supervised_loss
from septum_names import septum_tensors

CLASSES, WIDTH, SIDE, LABELLED, STEPS = 4, 2, 32, 2, 3
RATE, ITERATIONS, WEIGHT, DECAY = 0.02, 10, 0.1, 0.6
SHARES, TURNS = (0.25, 0.875, 0.5), (1, 3, 2)  # what septum's run draws is replaced by these, and cct's by pattern()
DECODER = ("decoder_0.", "head.")
OUTERMOST = ("encoder_0.", *DECODER)


def ramp(t):
    return WEIGHT * math.exp(-5 * (1 - t / ITERATIONS) ** 2)


def supervised(students, _, images, labels, t):
    logits = students[0](images[:LABELLED])
    loss = supervised_loss(logits, labels)
    return [loss], loss


def mean_teacher(students, teacher, images, labels, t):
    logits = students[0](images)
    with torch.no_grad():
        taught = teacher(images[LABELLED:]).softmax(1)
    loss = supervised_loss(logits[:LABELLED], labels)
    consistency = F.mse_loss(logits[LABELLED:].softmax(1), taught)
    return [loss, consistency], loss + ramp(t) * consistency


def uamt(students, teacher, images, labels, t):
    """The teacher's noise is off, so that all passes that tell its doubt are one."""
    logits = students[0](images)
    with torch.no_grad():
        taught = teacher(images[LABELLED:]).softmax(1)
        doubt = -(taught * (taught + 1e-6).log()).sum(1, keepdim=True)
        sure = (doubt < (0.8 + 0.2 * ramp(t) / WEIGHT) * math.log(CLASSES)).to(doubt.dtype)
    loss = supervised_loss(logits[:LABELLED], labels)
    squares = (logits[LABELLED:].softmax(1) - taught).square()
    consistency = (squares * sure).sum() / (CLASSES * sure.sum().clamp(min=1))
    return [loss, consistency], loss + ramp(t) * consistency


def ict(students, teacher, images, labels, t, registration=None):
    half = LABELLED // 2
    first, second = images[LABELLED:].split(half)
    mixed = (1 - SHARES[t]) * first + SHARES[t] * second
    logits = students[0](torch.cat([images[:LABELLED], mixed]))
    with torch.no_grad():
        taught = (1 - SHARES[t]) * teacher(first).softmax(1) + SHARES[t] * teacher(second).softmax(1)
    loss = supervised_loss(logits[:LABELLED], labels)
    consistency = F.mse_loss(logits[LABELLED:].softmax(1), taught)
    terms, total = [loss, consistency], loss + ramp(t) * consistency
    if registration is None:
        return terms, total
    first, second = registration.weighed().split(half)
    weighed = (1 - SHARES[t]) * first + SHARES[t] * second
    said = one_hot(weighed.argmax(1), weighed) * (weighed.sum(1, keepdim=True) > 0)
    return registration.add(terms, total, logits[LABELLED:], taught, said, weighed)


def dct(students, _, images, labels, t, registration=None):
    logits = students[0](images)
    turned = students[0](torch.rot90(images[LABELLED:], TURNS[t], (2, 3))).softmax(1)
    straight = torch.rot90(logits[LABELLED:].softmax(1), TURNS[t], (2, 3))
    loss = supervised_loss(logits[:LABELLED], labels)
    agreement = 0.5 * (F.mse_loss(turned, straight.detach()) + F.mse_loss(straight, turned.detach()))
    terms, total = [loss, agreement], loss + ramp(t) * agreement
    if registration is None:
        return terms, total
    return registration.add(terms, total, logits[LABELLED:], torch.rot90(turned, -TURNS[t], (2, 3)))


def pattern(count, t, like):
    return ((torch.arange(count) + t) % 7 + 22).to(like) / 32


def multiplied(maps, t):
    """The factors of all maps lie one behind the other, in septum's layout."""
    sizes = [x[0].numel() for x in maps]
    factors = pattern(sum(sizes), t, maps[0]).split(sizes)
    return [x * f.reshape(x.shape[2], x.shape[3], x.shape[1]).permute(2, 0, 1) for x, f in zip(maps, factors)]


def without_strongest(maps, t):
    kept = []
    for x, limit in zip(maps, pattern(len(maps), t, maps[0])):
        mean = x.detach().mean(1, keepdim=True)
        kept.append(x * (mean < limit * mean.amax((1, 2, 3), keepdim=True)))
    return kept


def cct(students, _, images, labels, t, registration=None):
    """Students 1 to 3 lend their decoders; dropout is off."""
    maps = students[0].encode(images)
    disturbed = (maps, multiplied(maps, t), maps, without_strongest(maps, t))
    logits = [student.decode(x) for student, x in zip(students, disturbed)]
    loss = sum(supervised_loss(y[:LABELLED], labels) for y in logits) / 4
    own, *others = (y[LABELLED:].softmax(1) for y in logits)
    consistency = sum(F.mse_loss(own, other) for other in others) / 3
    terms, total = [loss, consistency], loss + ramp(t) * consistency
    if registration is None:
        return terms, total
    return registration.add(terms, total, logits[0][LABELLED:], sum(y[LABELLED:] for y in logits[1:]) / 3)


def crossed_terms(logits, pseudo_loss, labels, t):
    terms, total = [], 0
    for mine, other in ((0, 1), (1, 0)):
        loss = supervised_loss(logits[mine][:LABELLED], labels)
        pseudo = pseudo_loss(logits[mine][LABELLED:], logits[other][LABELLED:].detach().argmax(1))
        terms += [loss, pseudo]
        total = total + loss + ramp(t) * pseudo
    return terms, total


def crossed(pseudo_loss):
    def step(students, _, images, labels, t):
        return crossed_terms([student(images) for student in students], pseudo_loss, labels, t)
    return step


# ---- labels of which each pixel counts as much as a map says ------------------------------------------------------------

def one_hot(labels, like):
    return F.one_hot(labels, CLASSES).permute(0, 3, 1, 2).to(like)


def weighed_dice(logits, weighed):
    p, counted = logits.softmax(1), weighed.sum(1, keepdim=True)
    over = (2 * (p * weighed).sum((0, 2, 3)) + 1e-5) / ((counted * p * p + weighed).sum((0, 2, 3)) + 1e-5)
    return (1 - over).mean()


def weighed_loss(logits, weighed):
    entropy = -(logits.log_softmax(1) * weighed).sum() / weighed.sum().clamp(min=1)
    return 0.5 * entropy + 0.5 * weighed_dice(logits, weighed)


# ---- registration --------------------------------------------------------------------------------------------------------

def warped(x, move):
    """x [N, C, H, W] at each pixel's place and `move` [N, 2, H, W], in pixels, rows first."""
    height, width = x.shape[2:]
    row = torch.arange(height)[:, None] + move[:, 0]
    column = torch.arange(width) + move[:, 1]
    grid = torch.stack([2 * column / (width - 1) - 1, 2 * row / (height - 1) - 1], -1)
    return F.grid_sample(x, grid, mode="bilinear", padding_mode="border", align_corners=True)


def mismatch(p, q):
    both, squares = (p * q).sum((0, 2, 3)), (p * p + q * q).sum((0, 2, 3))
    return 1 - ((2 * both + 1e-5) / (squares + 1e-5)).mean()


class DeepAtlas:
    """Steps 0 and 2 move the segmenter, step 1 the registration; the other is in inference mode."""

    SCALE, SQUARINGS = 2.0, 2

    def start(self, dtype, counterparts):
        self.network = lively("methods.registration", UNet(2, WIDTH, channels=2, stochastic=False).to(dtype))
        self.counterparts = [(images.to(dtype), labels) for images, labels in counterparts]

    def field(self, moving, fixed, learns):
        field = self.network.train(learns)(torch.cat([moving, fixed], 1)) * self.SCALE
        move = field / 2 ** self.SQUARINGS
        for _ in range(self.SQUARINGS):
            move = move + warped(move, move)
        return field, move

    def __call__(self, students, _, images, labels, t):
        moving, truth = self.counterparts[t]
        truth = one_hot(truth, images)
        if t % 2 == 0:
            logits = students[0].train()(images)
            with torch.no_grad():
                _, move = self.field(moving[LABELLED:], images[LABELLED:], False)
            loss = supervised_loss(logits[:LABELLED], labels)
            anatomy = mismatch(warped(truth[LABELLED:], move), logits[LABELLED:].softmax(1))
            return [loss, anatomy, torch.zeros_like(loss)], loss + 3 * anatomy
        field, move = self.field(moving, images, True)
        with torch.no_grad():
            guess = students[0].eval()(images[LABELLED:]).softmax(1)
        a, b = (x - x.mean((2, 3), keepdim=True) for x in (warped(moving, move), images))
        power = (a.square().sum((1, 2, 3)) + 1e-5) * (b.square().sum((1, 2, 3)) + 1e-5)
        similarity = 1 - ((a * b).sum((1, 2, 3)) / power.sqrt()).mean()
        smoothness = 0.5 * (field.diff(dim=2).square().mean() + field.diff(dim=3).square().mean())
        anatomy = mismatch(warped(truth, move), torch.cat([one_hot(labels, images), guess]))
        return [similarity, smoothness, anatomy], similarity + 0.1 * smoothness + 3 * anatomy


# ---- contrasts: what septum's run draws is replaced by spread() ---------------------------------------------------------

HIDDEN, FEATURES, CHANNELS = 4, 6, {FULL: WIDTH, EIGHTH: 8 * WIDTH}
CONTRAST_WEIGHT = 0.5


def spread(count, t):
    return ((torch.arange(count) * 37 + 11 * t) % 64 + 0.5).double() / 64


def maps_of(network, images):
    """Logits, and the maps that contrasts take."""
    kept = {}
    hooks = [network.decoder[i].register_forward_hook(lambda _, __, y, scale=scale: kept.__setitem__(scale, y))
             for scale, i in ((FULL, -1), (EIGHTH, 0))]
    logits = network(images)
    for hook in hooks:
        hook.remove()
    return logits, kept


def judged(labels, logits):
    """Labels and probabilities that a judge's logits of the whole batch give."""
    probabilities = logits.detach().softmax(1)
    return torch.cat([labels, probabilities[LABELLED:].argmax(1)]), probabilities


class Contrasted:
    """A method with a contrast: `compare(projector, views, t, scale)` is the loss of a scale."""

    def __init__(self, scales, compare, cross=True, teacher=False, linear=False):
        self.scales, self.compare, self.cross, self.teacher, self.linear = scales, compare, cross, teacher, linear
        self.projectors = {}

    def start(self, dtype):
        self.memories = {scale: Memory(CLASSES, 40) for scale in self.scales}
        networks = 1 if self.teacher else 2
        self.projectors = {scale: lively(f"methods.projector_{scale}",
                                         Projector(CHANNELS[scale], networks, HIDDEN, FEATURES, self.linear).to(dtype))
                           for scale in self.scales}

    def contrast(self, judgements, maps, t):
        losses = []
        for scale in self.scales:
            views = [View(i, maps[i][scale], *judgement) for i, judgement in enumerate(judgements)]
            losses.append(self.compare(self, scale, views, t))
        return losses

    def __call__(self, students, teacher, images, labels, t):
        if self.teacher:
            return self.with_teacher(students[0], teacher, images, labels, t)
        (first, maps_0), (second, maps_1) = (maps_of(student, images) for student in students)
        terms, total = crossed_terms((first, second), dice_loss, labels, t)
        judges = (second, first) if self.cross else (first, second)
        losses = self.contrast([judged(labels, judge) for judge in judges], (maps_0, maps_1), t)
        return terms + losses, total + CONTRAST_WEIGHT * sum(losses)

    def with_teacher(self, network, teacher, images, labels, t):
        logits, maps = maps_of(network, images)
        with torch.no_grad():
            taught = teacher(images[LABELLED:])
        loss = supervised_loss(logits[:LABELLED], labels)
        consistency = F.mse_loss(logits[LABELLED:].softmax(1), taught.softmax(1))
        judge = torch.cat([logits[:LABELLED], taught])
        losses = self.contrast([judged(labels, judge)], (maps,), t)
        return [loss, consistency, *losses], loss + ramp(t) * consistency + CONTRAST_WEIGHT * sum(losses)


def of_patches(full, eighth, groups, balanced, background, shuffled=True):
    def compare(method, scale, views, t):
        return patches(method.projectors[scale], views, lambda n: spread(n, t),
                       patch={FULL: full, EIGHTH: eighth}[scale], groups=groups, temperature=0.5, classes=CLASSES,
                       balanced=balanced, background=background, shuffled=shuffled)
    return compare


def of_memory(method, scale, views, t):
    return mcsc_v2(method.projectors[scale], views, lambda n, _: spread(n, t), method.memories[scale], LABELLED,
                   1 - 0.2 * (1 - t / ITERATIONS), anchors=16, keys=12, pushed=0.5, confidence=0.3, ranks=(1, 2),
                   temperature=0.5, classes=CLASSES)


def of_regions(method, scale, views, t):
    return reco(method.projectors[scale], views, lambda n: spread(n, t), LABELLED, queries=16, keys=12, valid=0.3,
                hard=0.9, temperature=0.5, classes=CLASSES)


# ---- registered labels: those of the other unlabelled image, agreement and matches by patterns -------------------------

PIXELS, PARTNERS, SLOTS = 2 * LABELLED * SIDE * SIDE, 2, 4 * LABELLED


def disagreement(a, b):
    """Of two label maps as numbers, over the foreground."""
    first, second = (x[:, 1:].double().sum((0, 2, 3)) for x in (a, b))
    both = (a * b)[:, 1:].double().sum((0, 2, 3))
    there = (first + second).clamp(max=1)
    return 1 - (2 * both / (first + second).clamp(min=1)).sum() / there.sum().clamp(min=1)


class Registration:
    """Registered labels of a step's unlabelled samples, and how far they are trusted."""

    def __init__(self):
        self.agreed = {key: 0.0 for key in ((0, "judge"), (0, "labels"), (1, "judge"), (1, "labels"))}

    def see(self, labels, like):
        self.truth = one_hot(labels[LABELLED:].flip(0), like)

    def weighed(self):
        agreement = torch.arange(self.truth[:, 0].numel()) % 5 / 4
        return self.truth * agreement.reshape(self.truth[:, :1].shape).to(self.truth)

    def trust(self, network, own, judge, said):
        """As the steps before have found it; takes this one into account for the next."""
        was = {what: 1 - self.agreed[network, what] for what in ("judge", "labels")}
        for what, other in (("judge", judge), ("labels", said)):
            self.agreed[network, what] = 0.99 * self.agreed[network, what] + 0.01 * (1 - disagreement(own, other))
        mine = was["judge"] / 2
        return max(0.1, min(1.0, mine / max(was["labels"] - mine, 1e-3)))

    def add(self, terms, total, logits, judge, said=None, weighed=None, network=0):
        own, judge = (one_hot(y.detach().argmax(1), self.truth) for y in (logits, judge))
        trust = self.trust(network, own, judge, self.truth if said is None else said)
        loss = trust * weighed_loss(logits, self.weighed() if weighed is None else weighed)
        return [*terms, loss], total + 0.7 * loss


class ByRegistration:
    """A method of one network by registration too."""

    def __init__(self, step):
        self.step = step

    def start(self, dtype):
        self.registration = Registration()

    def __call__(self, students, teacher, images, labels, t):
        return self.step(students, teacher, images, labels, t, self.registration)


class CctR(Contrasted):
    """`matches` and what is remembered as septum's streams and memories have them."""

    def __init__(self):
        super().__init__((FULL,), None)

    def start(self, dtype):
        super().start(dtype)
        self.maps = [torch.zeros(SLOTS * SIDE * SIDE, WIDTH, dtype=dtype) for _ in range(2)]
        self.registration = Registration()

    def __call__(self, students, teacher, images, labels, t):
        logits, maps = zip(*(maps_of(student, images) for student in students))
        terms, total = crossed_terms(logits, dice_loss, labels, t)
        for i in range(2):
            mine, other = logits[i][LABELLED:], logits[1 - i][LABELLED:]
            terms, total = self.registration.add(terms, total, mine, other, network=i)
        views = [View(i, maps[i][FULL], *judged(labels, logits[1 - i])) for i in range(2)]
        loss = cct_r(self.projectors[FULL], views, lambda n: spread(n, t), self.maps, matches(t), anchors=16, keys=12,
                     confidence=0.3, share=0.4, temperature=0.5, classes=CLASSES)
        for view, memory in zip(views, self.maps):
            first = t % (SLOTS // (2 * LABELLED)) * PIXELS
            memory[first:first + PIXELS] = view.rows.detach().half().to(memory)
        return [*terms, loss], total + CONTRAST_WEIGHT * loss


def matches(t):
    """[partners, pixels]: rows of the maps of the step before, every third pixel has none."""
    at = torch.arange(PIXELS)
    rows = [(t - 1) % (SLOTS // (2 * LABELLED)) * PIXELS + (at * 37 + 11 * t + 5 * k) % PIXELS for k in range(PARTNERS)]
    return torch.stack([torch.where((at + k) % 3 == 0 if t else at >= 0, -1, row) for k, row in enumerate(rows)])


# ---- mixed images: boxes, donors and strong views by patterns ------------------------------------------------------------

def box_mask(count, t, like):
    mask = torch.zeros(count, 1, SIDE, SIDE).to(like)
    for i in range(count):
        mask[i, :, 3 + 2 * i + t:17 + 2 * i + t, 5 + 4 * i:17 + 4 * i + t] = 1
    return mask


def strong(images, number):
    return 0.75 * images + 0.125 * (number + 1)


def mixed(mask, a, b):
    return mask * a + (1 - mask) * b


def rolled(x, first, count):
    return x[[(first + i) % len(x) for i in range(count)]]


def pseudo_labels(p, components):
    labels = p.argmax(1)
    kept = torch.zeros_like(labels)
    for own, map_ in zip(kept, labels):
        for label in range(1, CLASSES):
            pixels = largest_component(map_, label) if components else (map_ == label).nonzero().tolist()
            for y, x in pixels:
                own[y, x] = label
    return one_hot(kept, p)


class Taught:
    """With a teacher in inference mode, which begins at step `begins` as a copy of its student."""

    begins, infers, PSEUDO_WEIGHT = 0, True, 0.5

    def start(self, students, teacher):
        self.second = None

    def says(self, teacher, images):
        with torch.no_grad():
            return teacher.eval()(images).softmax(1)

    def follow(self, teacher, leader, t):
        if t >= self.begins:
            follow(teacher, leader, t - self.begins, buffers=True)

    def begin(self, teacher, student, t):
        if t == self.begins:
            teacher.load_state_dict(student.state_dict())

    def learned(self, logits, labels, target, loss=weighed_loss):
        terms = [supervised_loss(logits[:LABELLED], labels), loss(logits[LABELLED:], target)]
        return terms, terms[0] + self.PSEUDO_WEIGHT * terms[1]


class CopyPaste(Taught):
    begins = 1

    def pasted(self, student, inside, outside, mask):
        logits = student(mixed(mask, inside[0], outside[0]))
        return weighed_loss(logits, mask * inside[1]), weighed_loss(logits, (1 - mask) * outside[1])

    def __call__(self, students, teacher, images, labels, t):
        half, mask = LABELLED // 2, box_mask(LABELLED // 2, t, images)
        self.begin(teacher, students[0], t)
        truth = one_hot(labels, images)
        labelled = [(images[i:i + half], truth[i:i + half]) for i in (0, half)]
        if t < self.begins:
            loss = sum(self.pasted(students[0], *labelled, mask))
            return [loss, torch.zeros_like(loss)], loss
        pseudo = pseudo_labels(self.says(teacher, images[LABELLED:]), True)
        unlabelled = [(images[LABELLED + i:LABELLED + i + half], pseudo[i:i + half]) for i in (0, half)]
        first = self.pasted(students[0], labelled[0], unlabelled[0], mask)
        second = self.pasted(students[0], unlabelled[1], labelled[1], mask)
        terms = [first[0] + second[1], first[1] + second[0]]
        return terms, terms[0] + self.PSEUDO_WEIGHT * terms[1]


class WeakToStrong(Taught):
    def __call__(self, students, teacher, images, labels, t):
        p = self.says(teacher, images[LABELLED:])
        target = pseudo_labels(p, False) * (p.amax(1, keepdim=True) >= 0.3)
        seen, learned = [], []
        for number, mask in enumerate(box_mask(2 * LABELLED, t, images).split(LABELLED)):
            view = strong(images[LABELLED:], number)
            seen.append(mixed(mask, rolled(view, 1, LABELLED), view))
            learned.append(mixed(mask, rolled(target, 1, LABELLED), target))
        logits = students[0](torch.cat([images[:LABELLED], *seen]))
        return self.learned(logits, labels, torch.cat(learned))


class AdMt(Taught):
    """Turns of one step each."""

    def start(self, students, teacher):
        self.second, self.moved = copy.deepcopy(teacher), [0, 0]

    def follow(self, teacher, leader, t):
        follow((teacher, self.second)[t % 2], leader, self.moved[t % 2], buffers=True)
        self.moved[t % 2] += 1

    def __call__(self, students, teacher, images, labels, t):
        weak = images[LABELLED:]
        first, second = self.says(teacher, weak), self.says(self.second, weak)
        own = self.says(students[0], weak)
        students[0].train()
        sure = [(-self.doubt(p)).exp() for p in (first, second)]
        fused = (first * sure[0] + second * sure[1]) / (sure[0] + sure[1])
        takes = ((first.argmax(1) != second.argmax(1)).unsqueeze(1) &
                 (fused.amax(1, keepdim=True) < own.amax(1, keepdim=True))).to(images)
        p = mixed(takes, own, fused)
        target = pseudo_labels(p, False) * (p.amax(1, keepdim=True) >= 0.3)
        view, mask = weak if t % 2 else strong(weak, 0), box_mask(LABELLED, t, images) * (t % 2)
        seen = mixed(mask, rolled(weak, 1, LABELLED), view)
        learned = mixed(mask, rolled(target, 1, LABELLED), target)
        logits = students[0](torch.cat([images[:LABELLED], seen]))
        return self.learned(logits, labels, learned, weighed_dice)

    @staticmethod
    def doubt(p):
        return -(p * (p + 1e-8).log()).sum(1, keepdim=True)


class Night(Taught):
    begins, THRESHOLD, LOWEST = 1, 0.5, 0.3

    def start(self, students, teacher):
        super().start(students, teacher)
        self.registration = Registration()
        self.certain = self.promised = torch.zeros(CLASSES, dtype=torch.float64)

    def thresholds(self):
        reached = (2 * self.certain / self.promised.clamp(min=1e-6)).clamp(max=1)
        return self.LOWEST + (self.THRESHOLD - self.LOWEST) * reached

    def __call__(self, students, teacher, images, labels, t):
        self.begin(teacher, students[0], t)
        truth, mask = one_hot(labels, images), box_mask(LABELLED, t, images)
        known = images[:LABELLED]
        if t < self.begins:
            logits = students[0](mixed(mask, rolled(known, 1, LABELLED), known))
            loss = weighed_loss(logits, mixed(mask, rolled(truth, 1, LABELLED), truth))
            return [loss, torch.zeros_like(loss)], loss
        p = self.says(teacher, images[LABELLED:])
        pseudo = pseudo_labels(p, True)
        limit = (pseudo * self.thresholds().to(p)[:, None, None]).sum(1, keepdim=True)
        pseudo = pseudo * (p.amax(1, keepdim=True) >= limit)
        self.certain = 0.99 * self.certain + 0.01 * pseudo.mean((0, 2, 3)).double()
        self.promised = 0.99 * self.promised + 0.01 * truth.mean((0, 2, 3)).double()
        if t == 2:
            pseudo = 0.5 * pseudo + 0.5 * self.registration.weighed()
        view = strong(images[LABELLED:], 0)
        donor = torch.tensor([1.0, 0.0])[:, None, None, None].to(images)
        other = mixed(donor, known, rolled(view, 1, LABELLED))
        others = mixed(donor, truth, rolled(pseudo, 1, LABELLED))
        logits = students[0](torch.cat([known, mixed(mask, other, view)]))
        return self.learned(logits, labels, mixed(mask, others, pseudo))


METHODS = {
    "supervised": (1, supervised),
    "mean_teacher": (1, mean_teacher),
    "uamt": (1, uamt),
    "ict": (1, ict),
    "dct": (1, dct),
    "cct": (4, cct),
    "ict_registered": (1, ByRegistration(ict)),
    "dct_registered": (1, ByRegistration(dct)),
    "cct_registered": (4, ByRegistration(cct)),
    "cps": (2, crossed(F.cross_entropy)),
    "cross_teaching": (2, crossed(dice_loss)),
    "deep_atlas": (1, DeepAtlas()),
    "mcsc": (2, Contrasted((FULL, EIGHTH), of_patches(8, 2, 0, True, True))),
    "scl": (2, Contrasted((FULL,), of_patches(8, 2, 3, False, False), cross=False)),
    "balanced": (2, Contrasted((FULL,), of_patches(8, 2, 2, True, True))),
    "glcl": (2, Contrasted((FULL,), of_patches(8, 2, 3, False, True, shuffled=False), linear=True)),
    "reco": (2, Contrasted((FULL,), of_regions)),
    "mcsc_v2": (2, Contrasted((FULL, EIGHTH), of_memory)),
    "cct_r": (2, CctR()),
    "copy_paste": (1, CopyPaste()),
    "weak_to_strong": (1, WeakToStrong()),
    "ad_mt": (1, AdMt()),
    "night": (1, Night()),
    "mcsc_v2_taught": (1, Contrasted((FULL,), of_memory, teacher=True)),
}


WITH_TEACHER = ("mean_teacher", "uamt", "ict", "ict_registered", "mcsc_v2_taught")


def counterparts():
    """Of the samples of each batch."""
    return [blobs(f"methods.counterpart_{i}", (2 * LABELLED, SIDE), CLASSES) for i in range(STEPS)]


def student(index, dtype=torch.float64):
    return lively(f"methods.start_{index}", UNet(classes=CLASSES, width=WIDTH, stochastic=False).to(dtype)).train()


def follow(teacher, leader, t, buffers=False):
    keep = min(1 - 1 / (t + 1), DECAY)
    pairs = [*zip(teacher.parameters(), leader.parameters())]
    if buffers:
        pairs += [(mine, theirs) for mine, theirs in zip(teacher.buffers(), leader.buffers()) if mine.is_floating_point()]
    with torch.no_grad():
        for mine, theirs in pairs:
            mine.mul_(keep).add_(theirs, alpha=1 - keep)


def run(count, step, batches, dtype):
    students = [student(i % 2, dtype) for i in range(count)]
    teacher = copy.deepcopy(students[0])
    learning = list(students)
    if isinstance(step, ByRegistration):
        step.start(dtype)
    if isinstance(step, Contrasted):
        step.start(dtype)
        learning += step.projectors.values()
    optimisers = [torch.optim.SGD(s.parameters(), lr=RATE, momentum=0.9, weight_decay=1e-4) for s in learning]
    if isinstance(step, DeepAtlas):
        step.start(dtype, counterparts())
        optimisers.append(torch.optim.SGD(step.network.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-4))
    if isinstance(step, Taught):
        step.start(students, teacher)
    losses = []
    for t, (images, labels) in enumerate(batches):
        if isinstance(step, (ByRegistration, CctR, Night)):
            step.registration.see(labels, images.to(dtype))
        terms, total = step(students, teacher, images.to(dtype), labels[:LABELLED], t)
        for optimiser in optimisers:
            optimiser.zero_grad(set_to_none=True)  # who has none is not moved, by its momentum neither
        total.backward()
        for optimiser in optimisers:
            optimiser.step()
        (step.follow if isinstance(step, Taught) else follow)(teacher, students[0], t)
        losses.append(torch.stack([term.detach().double() for term in terms]))
    return torch.stack(losses), students, teacher


def outermost(prefix, network, parts=OUTERMOST):
    return {f"{prefix}.{name}": tensor for name, tensor in septum_tensors(network).items() if name.startswith(parts)}


def main():
    default = Path(__file__).resolve().parents[1] / "golden" / "methods.safetensors"
    goldens = Goldens()
    batches = [blobs(f"methods.{i}", (2 * LABELLED, SIDE), CLASSES) for i in range(STEPS)]

    goldens.put("batch", images=torch.stack([nhwc(images) for images, _ in batches]),
                labels=torch.stack([labels for _, labels in batches]))
    goldens.put("batch", **{"counterpart": torch.stack([nhwc(images) for images, _ in counterparts()]),
                            "counterpart's labels": torch.stack([labels for _, labels in counterparts()])})
    for i in range(2):
        goldens.put(f"start_{i}", **septum_tensors(student(i)))
    registration = lively("methods.registration", UNet(2, WIDTH, channels=2).double())
    goldens.put("deformation", **septum_tensors(registration))
    for scale in CHANNELS:
        projector = Projector(CHANNELS[scale], 2, HIDDEN, FEATURES).double()
        goldens.put(f"projector_{scale}", **lively(f"methods.projector_{scale}", projector).tensors())
    for name, (count, step) in METHODS.items():
        single, _, _ = run(count, step, batches, torch.float32)
        losses, students, teacher = run(count, step, batches, torch.float64)
        goldens.put(name, losses=losses)
        if isinstance(step, Contrasted):
            for scale, projector in step.projectors.items():
                goldens.put(name, **{f"projector_{scale}.{key}": x for key, x in projector.tensors().items()})
        if isinstance(step, DeepAtlas):
            goldens.put(name, **outermost("deformation", step.network))
        for i, trained in enumerate(students):
            if count < 4 or i == 0:
                goldens.put(name, **outermost(f"student_{i}", trained))
            else:
                goldens.put(name, **outermost(f"auxiliary_0_{i}", trained, DECODER))
        if name in WITH_TEACHER or isinstance(step, Taught):
            goldens.put(name, **outermost("teacher_0", teacher))
        if isinstance(step, AdMt):
            goldens.put(name, **outermost("teacher_0_1", step.second))
        print(f"{name}: float32 losses off by {((single - losses).abs() / losses.clamp(min=1e-9)).max():.1e}")
    goldens.write(sys.argv[1] if len(sys.argv) > 1 else default)


if __name__ == "__main__":
    main()
