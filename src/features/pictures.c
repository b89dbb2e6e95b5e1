/* Points in the plane, a colour a class, with the case and slice of each for who points at it. */
#include "features/view.h"

#include "report/text.h"
#include "septum/image.h"
#include "septum/report.h"

#include <math.h>

enum { WIDTH = 520, HEIGHT = 480 };

static const uint8_t background[3] = {140, 140, 140}; /* which has no colour in overlays */

typedef struct picture {
    const sep_feature_view *view;
    sep_arena *arena;
    sep_plot_series series[SEP_MOST_CLASSES];
    int count;
} picture;

/* NULL without memory, which the arena remembers. */
static void *room_for(picture *p, int count, size_t size)
{
    return sep_arena_alloc(p->arena, (size_t)count * size);
}

static const char *hint_of(picture *p, const sep_point *point)
{
    const sep_feature_view *view = p->view;
    const char *predicted = view->class_name[point->predicted];

    return sep_arena_format(p->arena, "%s, slice %d, row %d, column %d: %s%s%s", view->scan_name[point->scan],
                            point->voxel.z, point->voxel.y, point->voxel.x, view->class_name[point->label],
                            view->by_prediction ? "" : ", predicted ", view->by_prediction ? "" : predicted);
}

static void fill_series(picture *p, int class_index, const double *place, double *x, double *y, const char **hint)
{
    int count = 0;

    for (int i = 0; i < p->view->count; i++)
        if (p->view->point[i].label == class_index) {
            x[count] = place[2 * i];
            y[count] = place[2 * i + 1];
            hint[count++] = hint_of(p, &p->view->point[i]);
        }
}

static void add_class(picture *p, int class_index, const double *place)
{
    const int points = p->view->silhouettes.points[class_index];
    double *x = room_for(p, points, sizeof *x), *y = room_for(p, points, sizeof *y);
    const char **hint = room_for(p, points, sizeof *hint);

    if (x == NULL || y == NULL || hint == NULL)
        return;
    fill_series(p, class_index, place, x, y, hint);
    p->series[p->count++] = (sep_plot_series){.name = p->view->class_name[class_index],
                                              .style = SEP_PLOT_POINTS,
                                              .rgb = class_index > 0 ? sep_class_colour(class_index) : background,
                                              .count = points,
                                              .x = x,
                                              .y = y,
                                              .hint = hint};
}

/* The range of the points along y with a little room. */
static void fit(const sep_feature_view *view, const double *place, sep_plot *plot)
{
    plot->y_low = plot->y_high = place[1];
    for (int i = 1; i < view->count; i++) {
        plot->y_low = fmin(plot->y_low, place[2 * i + 1]);
        plot->y_high = fmax(plot->y_high, place[2 * i + 1]);
    }
    const double room = plot->y_high > plot->y_low ? 0.02 * (plot->y_high - plot->y_low) : 1.0;
    plot->y_low -= room;
    plot->y_high += room;
}

/* `place` is [count, 2]. */
static char *draw(const sep_feature_view *view, const double *place, const char *title, const char *x_label,
                  const char *y_label, bool standalone)
{
    picture p = {.view = view, .arena = sep_arena_create()};

    if (p.arena == NULL)
        return NULL;
    for (int c = 0; c < view->classes; c++)
        if (view->silhouettes.points[c] > 0)
            add_class(&p, c, place);
    sep_plot plot = {.title = title,
                     .x_label = x_label,
                     .y_label = y_label,
                     .width = WIDTH,
                     .height = HEIGHT,
                     .fixed_y = true,
                     .count = p.count,
                     .series = p.series};
    fit(view, place, &plot);
    char *svg = sep_arena_failed(p.arena) ? NULL : sep_plot_svg(&plot, standalone);
    sep_arena_destroy(p.arena);
    return svg;
}

static char *component_label(const sep_feature_view *view, int component)
{
    sep_text text = {0};

    sep_text_format(&text, "component %d: ", component + 1);
    sep_text_fixed(&text, 100.0 * view->pca.explained[component], 1);
    sep_text_add(&text, " % of the variance");
    return sep_text_take(&text);
}

char *sep_feature_pca_svg(const sep_feature_view *view, bool standalone)
{
    char *x = component_label(view, 0), *y = component_label(view, 1), *svg = NULL;

    if (x != NULL && y != NULL)
        svg = draw(view, view->pca.score, "Principal components", x, y, standalone);
    sep_free(x);
    sep_free(y);
    return svg;
}

char *sep_feature_tsne_svg(const sep_feature_view *view, bool standalone)
{
    double *place = sep_calloc(2 * (size_t)view->count, sizeof *place);

    if (place == NULL)
        return NULL;
    for (int i = 0; i < view->count; i++)
        for (int axis = 0; axis < 2; axis++)
            place[2 * i + axis] = (double)view->tsne.place[axis][i];
    char *svg = draw(view, place, "t-SNE", NULL, NULL, standalone);
    sep_free(place);
    return svg;
}
