/* Pictures of best, median and worst cases: reference above prediction, one column a slice. */
#include "septum/report.h"

#include "report/overlay_view.h"
#include "report/text.h"

#include <string.h>

enum { GAP = 3 }; /* pixels between tiles */
static const float opacity = 0.38F;

/* Before how many others number i comes in rising order; equals in the order given. */
static int rank_of(const double *values, int count, int i)
{
    int rank = 0;
    for (int k = 0; k < count; k++)
        rank += values[k] < values[i] || (values[k] == values[i] && k < i);
    return rank;
}

void sep_report_pick(const double *mean_dice, int count, int *best, int *median, int *worst)
{
    *best = *median = *worst = 0;
    for (int i = 0; i < count; i++) {
        int rank = rank_of(mean_dice, count, i);
        if (mean_dice[i] > mean_dice[*best])
            *best = i;
        if (rank == (count - 1) / 2)
            *median = i;
        if (rank == 0)
            *worst = i;
    }
}

/* ---- drawing ----------------------------------------------------------------------------------------------------- */

/* Room for one tile on its way: cut out of the slice, then brought to the tile's size. */
typedef struct tile {
    float *cut, *image;
    uint8_t *cut_labels, *labels;
} tile;

static sep_status tile_create(tile *t, const sep_view *v)
{
    size_t voxels = (size_t)v->height * (size_t)v->width, pixels = (size_t)v->tile_height * (size_t)v->tile_width;
    t->cut = sep_calloc(voxels, sizeof(float));
    t->image = sep_calloc(pixels, sizeof(float));
    t->cut_labels = sep_calloc(voxels, 1);
    t->labels = sep_calloc(pixels, 1);
    return t->cut && t->image && t->cut_labels && t->labels ? SEP_OK : SEP_ERR_MEMORY;
}

static void tile_free(tile *t)
{
    sep_free(t->cut);
    sep_free(t->image);
    sep_free(t->cut_labels);
    sep_free(t->labels);
}

static void cut_slice(const sep_view *v, const sep_volume *volume, const sep_labels *labels, int z, tile *t)
{
    for (int row = 0; row < v->height; row++)
        for (int column = 0; column < v->width; column++) {
            int y = v->top + (v->flip_rows ? v->height - 1 - row : row);
            int x = v->left + (v->flip_columns ? v->width - 1 - column : column);
            size_t from = ((size_t)z * (size_t)labels->height + (size_t)y) * (size_t)labels->width + (size_t)x;
            size_t to = (size_t)row * (size_t)v->width + (size_t)column;
            t->cut[to] = volume->data[from];
            t->cut_labels[to] = sep_labels_ignore(labels, from) ? 0 : labels->data[from];
        }
}

static void paste(const sep_picture *picture, sep_picture *onto, int top, int left)
{
    for (int y = 0; y < picture->height; y++)
        memcpy(onto->rgb + 3 * ((size_t)(top + y) * (size_t)onto->width + (size_t)left),
               picture->rgb + 3 * (size_t)y * (size_t)picture->width, 3 * (size_t)picture->width);
}

static sep_status draw_tile(const sep_view *v, const sep_overlay *o, bool prediction, int i, tile *t, sep_picture *onto)
{
    sep_picture picture;
    cut_slice(v, o->volume, prediction ? o->prediction : o->reference, v->slice[i], t);
    sep_zoom_linear_f32(t->cut, v->height, v->width, t->image, v->tile_height, v->tile_width);
    sep_zoom_nearest_u8(t->cut_labels, v->height, v->width, t->labels, v->tile_height, v->tile_width);
    SEP_TRY(
        sep_picture_overlay(t->image, t->labels, v->tile_height, v->tile_width, v->low, v->high, opacity, 1, &picture));
    paste(&picture, onto, prediction ? v->tile_height + GAP : 0, i * (v->tile_width + GAP));
    sep_picture_free(&picture);
    return SEP_OK;
}

static sep_status draw_tiles(const sep_view *v, const sep_overlay *o, sep_picture *onto)
{
    tile t;
    sep_status status = tile_create(&t, v);
    for (int i = 0; i < v->slices && status == SEP_OK; i++) {
        status = draw_tile(v, o, false, i, &t, onto);
        if (status == SEP_OK)
            status = draw_tile(v, o, true, i, &t, onto);
    }
    tile_free(&t);
    return status;
}

static sep_status write_picture(const char *folder, const sep_overlay *o, const sep_view *v)
{
    sep_picture picture = {.height = 2 * v->tile_height + GAP, .width = v->slices * (v->tile_width + GAP) - GAP};
    picture.rgb = sep_calloc((size_t)picture.height * (size_t)picture.width, 3);
    char *path = sep_format("%s/%s.png", folder, o->rank);
    sep_status status = picture.rgb && path ? draw_tiles(v, o, &picture) : SEP_ERR_MEMORY;
    if (status == SEP_OK)
        status = sep_picture_write_png(path, &picture);
    sep_free(path);
    sep_picture_free(&picture);
    return status;
}

/* ---- the folder -------------------------------------------------------------------------------------------------- */

static void add_caption(sep_text *index, const sep_overlay *o, const sep_view *v)
{
    sep_text_add(index, index->count > 1 ? ",\n {\"rank\": " : "\n {\"rank\": ");
    sep_text_json(index, o->rank);
    sep_text_format(index, ", \"file\": \"%s.png\", \"case\": ", o->rank);
    sep_text_json(index, o->case_name);
    sep_text_add(index, ", \"mean_dice\": ");
    sep_text_fixed(index, o->mean_dice, 6);
    sep_text_add(index, ", \"slices\": [");
    for (int i = 0; i < v->slices; i++)
        sep_text_format(index, "%s%d", i ? ", " : "", v->slice[i]);
    sep_text_add(index, "]}");
}

static bool same_grid(const sep_labels *labels, const sep_volume *volume)
{
    return labels->depth == volume->depth && labels->height == volume->height && labels->width == volume->width;
}

static sep_status write_overlay(const char *folder, const sep_overlay *o, sep_text *index)
{
    sep_view v;
    if (!same_grid(o->reference, o->volume) || !same_grid(o->prediction, o->volume))
        return sep_fail(SEP_ERR_SHAPE, "%s: image, reference and prediction are not of one size", o->case_name);
    SEP_TRY(sep_view_choose(&v, o));
    SEP_TRY(write_picture(folder, o, &v));
    add_caption(index, o, &v);
    return SEP_OK;
}

static sep_status write_index(const char *folder, sep_text *index)
{
    sep_text_add(index, "\n]\n");
    char *bytes = sep_text_take(index), *path = sep_format("%s/index.json", folder);
    sep_status status = bytes && path ? sep_file_write_atomic(path, bytes, strlen(bytes)) : SEP_ERR_MEMORY;
    sep_free(path);
    sep_free(bytes);
    return status;
}

static sep_status write_overlays(const char *folder, const sep_overlay *overlays, int count)
{
    sep_text index = {0};
    sep_status status = sep_make_folders(folder);
    sep_text_add(&index, "[");
    for (int i = 0; i < count && status == SEP_OK; i++)
        status = write_overlay(folder, &overlays[i], &index);
    if (status == SEP_OK)
        status = write_index(folder, &index);
    sep_free(index.bytes);
    return status;
}

sep_status sep_report_overlays(const char *run_folder, const sep_overlay *overlays, int count)
{
    char *folder = sep_format("%s/overlays", run_folder);
    sep_status status = folder ? write_overlays(folder, overlays, count) : SEP_ERR_MEMORY;
    sep_free(folder);
    return status;
}
