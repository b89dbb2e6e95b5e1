/* LARGEST_COMPONENT: each class's largest set of connected pixels, by union and find. A run is the pixels of one class
 * next to each other in a row. parent[n, p] leads from pixel p of a sample towards the first pixel of its component,
 * which is its own parent: -1 outside the classes. */

#define TAKEN(label, classes) ((label) > 0 && (label) < (classes))

/* A work-item for each row of pixels: every pixel's parent is the first of its run. */
__kernel void component_runs(INDICES(labels), INDICES(parent), INDICES(pixels), const long rows, const int height,
                             const int width, const int classes)
{
    EACH(r, rows);
    OPEN_INDICES(labels);
    OPEN_INDICES(parent);
    OPEN_INDICES(pixels);
    const int row = r - index_quotient(r, height) * height;
    int first = 0;

    for (int x = 0; x < width; x++) {
        const long i = r * width + x;
        first = x > 0 && labels[i] == labels[i - 1] ? first : row * width + x;
        parent[i] = TAKEN(labels[i], classes) ? first : -1;
        pixels[i] = 0;
    }
}

__kernel void component_begin(INDICES(most), INDICES(first), const long count)
{
    EACH(i, count);
    OPEN_INDICES(most);
    OPEN_INDICES(first);

    most[i] = 0;
    first[i] = INT_MAX;
}

/* While others join. */
int first_among_others(volatile __global int *parent, int p)
{
    int next = atomic_or(&parent[p], 0);

    while (next != p) {
        p = next;
        next = atomic_or(&parent[p], 0);
    }
    return p;
}

/* The later of two firsts gets the earlier as its parent. If meanwhile it got another, that one is joined too. Parents
 * only ever become earlier ones, so whoever comes first, each component ends with its first pixel. */
void join(volatile __global int *parent, int p, int q)
{
    bool done = false;

    while (!done) {
        p = first_among_others(parent, p);
        q = first_among_others(parent, q);
        const int later = max(p, q), before = atomic_min(&parent[later], min(p, q));
        done = p == q || before == later;
        q = min(p, q);
        p = before;
    }
}

/* Rows of pixels: where two runs touch, one pair of their pixels joins them. */
__kernel void component_join(INDICES(labels), INDICES(parent), const long count, const int height, const int width,
                             const int classes)
{
    EACH(i, count);
    OPEN_INDICES(labels);
    OPEN_INDICES(parent);
    const long line = index_quotient(i, width), sample = index_quotient(line, height);
    const int x = i - line * width, y = line - sample * height, p = y * width + x, own = labels[i];
    volatile __global int *const tree = parent + sample * height * width;

    if (y == 0 || !TAKEN(own, classes))
        return;
    const bool left = x > 0 && labels[i - 1] == own, right = x + 1 < width && labels[i + 1] == own;
    const bool above_left = x > 0 && labels[i - width - 1] == own;
    const bool above_right = x + 1 < width && labels[i - width + 1] == own;
    if (labels[i - width] == own) {
        if (!left || !above_left)
            join(tree, p, p - width);
        return;
    }
    if (above_left && !left)
        join(tree, p, p - width - 1);
    if (above_right && !right)
        join(tree, p, p - width + 1);
}

int first_of(__global const int *parent, int p)
{
    while (parent[p] != p)
        p = parent[p];
    return p;
}

/* A work-item for each row of pixels: every run's pixels are counted at the first of its component. */
__kernel void component_count(INDICES(labels), INDICES(parent), INDICES(pixels), const long rows, const int height,
                              const int width, const int classes)
{
    EACH(r, rows);
    OPEN_INDICES(labels);
    OPEN_INDICES(parent);
    OPEN_INDICES(pixels);
    const long sample = index_quotient(r, height) * height * width;
    int run = 0;

    for (int x = 0; x < width; x++) {
        const long i = r * width + x;
        run++;
        if (x + 1 < width && labels[i + 1] == labels[i])
            continue;
        if (TAKEN(labels[i], classes))
            atomic_add(&pixels[sample + first_of(parent + sample, i - sample)], run);
        run = 0;
    }
}

/* most[n, c]: pixels of the class's largest component. */
__kernel void component_most(INDICES(labels), INDICES(pixels), INDICES(most), const long count, const int map,
                             const int classes)
{
    EACH(i, count);
    OPEN_INDICES(labels);
    OPEN_INDICES(pixels);
    OPEN_INDICES(most);

    if (pixels[i] > 0)
        atomic_max(&most[index_quotient(i, map) * classes + labels[i]], pixels[i]);
}

/* first[n, c]: its first pixel; of equals the earliest. */
__kernel void component_first(INDICES(labels), INDICES(pixels), INDICES(most), INDICES(first), const long count,
                              const int map, const int classes)
{
    EACH(i, count);
    OPEN_INDICES(labels);
    OPEN_INDICES(pixels);
    OPEN_INDICES(most);
    OPEN_INDICES(first);
    const long sample = index_quotient(i, map);

    if (pixels[i] > 0 && pixels[i] == most[sample * classes + labels[i]])
        atomic_min(&first[sample * classes + labels[i]], (int)(i - sample * map));
}

__kernel void component_keep(INDICES(labels), INDICES(parent), INDICES(first), INDICES(kept), const long count,
                             const int map, const int classes)
{
    EACH(i, count);
    OPEN_INDICES(labels);
    OPEN_INDICES(parent);
    OPEN_INDICES(first);
    OPEN_INDICES(kept);
    const long sample = index_quotient(i, map);
    const int own = labels[i];
    const bool other = TAKEN(own, classes) && first_of(parent + sample * map, i - sample * map) !=
                                                  first[sample * classes + own];

    kept[i] = other ? 0 : own;
}
