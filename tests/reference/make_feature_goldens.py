"""Writes what tests/unit/test_features.c and test_tsne.c compare with:

    python tests/reference/make_feature_goldens.py | clang-format > tests/golden/features.h

and tests/golden/features.npy and labels.npy beside it, as numpy.save writes them. Needs numpy.

The points are the same formula in both languages. All is computed in float64 from the definitions: principal
components by numpy's eigenvectors, silhouettes by Rousseeuw's formula, the affinities of t-SNE by bisection to the
last bit, its gradient and divergence by their sums over pairs.
"""
import pathlib

import numpy as np

COUNT, CHANNELS, CLASSES = 26, 5, 3
PERPLEXITY = 5.0
FOLDER = pathlib.Path(__file__).parent.parent / "golden"


def features():
    index = np.arange(COUNT * CHANNELS, dtype=np.int64)
    noise = ((index * 7919 + 13) % 1009).astype(np.float32).reshape(COUNT, CHANNELS) / np.float32(1009)
    noise[np.arange(COUNT), np.arange(COUNT) % CLASSES] += np.float32(1)
    return noise


def labels():
    return (np.arange(COUNT) % CLASSES).astype(np.uint8)


def places():
    index = np.arange(COUNT * 2, dtype=np.int64)
    return ((index * 104729 + 7) % 997).astype(np.float32).reshape(COUNT, 2) / np.float32(256)


def pca(x):
    centred = x - x.mean(0)
    values, vectors = np.linalg.eigh(centred.T @ centred / len(x))
    vectors = vectors[:, ::-1][:, :2]
    vectors = vectors * np.sign(vectors[np.abs(vectors).argmax(0), [0, 1]])
    return centred @ vectors, values[::-1][:2] / values.sum()


def silhouettes(x, label):
    x = x / np.linalg.norm(x, axis=1, keepdims=True)
    distance = np.linalg.norm(x[:, None] - x[None], axis=2)
    value = np.zeros(len(x))
    for i in range(len(x)):
        mean = {c: distance[i][(label == c) & (np.arange(len(x)) != i)].mean() for c in range(CLASSES)}
        a, b = mean[label[i]], min(mean[c] for c in range(CLASSES) if c != label[i])
        value[i] = (b - a) / max(a, b)
    return np.array([value[label == c].mean() for c in range(CLASSES)]), value.mean()


def affinities(x):
    square = ((x[:, None] - x[None]) ** 2).sum(2)
    p = np.zeros_like(square)
    for i in range(len(x)):
        others = np.arange(len(x)) != i
        low, high = 0.0, 1e6
        for _ in range(200):
            precision = (low + high) / 2
            row = np.exp(-precision * (square[i, others] - square[i, others].min()))
            row /= row.sum()
            entropy = -(row * np.log(np.maximum(row, 1e-300))).sum()
            low, high = (precision, high) if entropy > np.log(PERPLEXITY) else (low, precision)
        p[i, others] = row
    return (p + p.T) / (2 * len(x))


def gradient(p, y):
    difference = y[:, None] - y[None]
    near = 1 / (1 + (difference ** 2).sum(2))
    np.fill_diagonal(near, 0)
    q = near / near.sum()
    off = ~np.eye(len(y), dtype=bool)
    divergence = (p[off] * np.log(p[off] / q[off])).sum()
    return (((p - q) * near)[:, :, None] * difference).sum(1), divergence


def print_array(name, values):
    texts = ", ".join(f"{v:.9g}" for v in np.ravel(values))
    print(f"static const double {name}[] = {{{texts}}};\n")


def main():
    x, label, y = features(), labels(), places()
    np.save(FOLDER / "features.npy", x)
    np.save(FOLDER / "labels.npy", label)
    score, explained = pca(x.astype(np.float64))
    of_class, mean = silhouettes(x.astype(np.float64), label)
    p = affinities(x.astype(np.float64))
    slope, divergence = gradient(p, y.astype(np.float64))
    print("/* Principal components, silhouettes, and t-SNE's affinities, gradient (a quarter of it) and divergence, made "
          "by\n * tests/reference/make_feature_goldens.py (numpy " + np.__version__ + "). */\n")
    print(f"enum {{ GOLDEN_COUNT = {COUNT}, GOLDEN_CHANNELS = {CHANNELS}, GOLDEN_CLASSES = {CLASSES} }};\n")
    print_array("golden_score", score)
    print_array("golden_explained", explained)
    print_array("golden_silhouette", [*of_class, mean])
    print_array("golden_affinity", p)
    print_array("golden_gradient", slope)
    print_array("golden_divergence", [divergence])


main()
