/* The values of a tensor of elsewhere in the layout of one of ours. */
#include "pretrained/pretrained.h"

#include <math.h>
#include <string.h>

/* One of ours, seen as a kernel [places, inputs, outputs]; a vector is [1, 1, outputs]. `parts`, of which this one is
 * number `part`, lie side by side in theirs; they have `theirs` inputs. */
typedef struct kernel {
    int side, places, inputs, outputs, parts, part, theirs;
} kernel;

static kernel kernel_of(const sep_shape *ours, sep_pretrained_kind kind)
{
    const int rank = ours->rank;
    const bool split = kind == SEP_PRETRAINED_Q || kind == SEP_PRETRAINED_K || kind == SEP_PRETRAINED_V;
    kernel k = {.side = rank == 4 ? ours->dim[0] : 1,
                .inputs = rank > 1 ? ours->dim[rank - 2] : 1,
                .outputs = ours->dim[rank - 1],
                .parts = split ? 3 : 1,
                .part = split ? (int)kind - SEP_PRETRAINED_Q : 0};

    k.places = k.side * k.side;
    k.theirs = k.inputs;
    return k;
}

static bool is_vector(const sep_shape *shape)
{
    return sep_shape_count(shape) == sep_shape_last(shape);
}

/* ---- whether they fit -------------------------------------------------------------------------------------------- */

static bool fits_of_torch(const kernel *k, const sep_shape *s)
{
    const bool map = s->rank == 4 && s->dim[2] == k->side && s->dim[3] == k->side, flat = s->rank == 2 && k->side == 1;

    return (map || flat) && s->dim[0] == k->parts * k->outputs && s->dim[1] == k->theirs;
}

/* [k, k, I, O], [I, O], and where heads have an axis [I, heads, O / heads] or [heads, I / heads, O]. */
static bool fits_of_jax(const kernel *k, const sep_shape *s)
{
    const int *d = s->dim;

    if (s->rank == 4)
        return d[0] == k->side && d[1] == k->side && d[2] == k->theirs && d[3] == k->outputs;
    if (s->rank == 3)
        return k->side == 1 && sep_shape_count(s) == (int64_t)k->inputs * k->outputs &&
               (d[0] == k->inputs || d[2] == k->outputs);
    return s->rank == 2 && k->side == 1 && d[0] == k->inputs && d[1] == k->outputs;
}

static bool fits(const sep_pretrained *p, const sep_pretrained_source *source, const sep_shape *ours, const kernel *k,
                 const sep_stored_tensor *theirs)
{
    if (theirs->rank < 1 || theirs->rank > SEP_MAX_RANK)
        return false;
    if (source->kind == SEP_PRETRAINED_POSITION)
        return sep_shape_last(&theirs->shape) == k->outputs && sep_shape_rows(&theirs->shape) > 0;
    if (source->kind == SEP_PRETRAINED_TENSOR)
        return sep_shape_equal(&theirs->shape, ours);
    if (is_vector(ours))
        return (int64_t)theirs->count == (int64_t)k->parts * k->outputs;
    return p->family->style == SEP_PRETRAINED_JAX ? fits_of_jax(k, &theirs->shape) : fits_of_torch(k, &theirs->shape);
}

/* ---- kernels ----------------------------------------------------------------------------------------------------- */

static void read_kernel(const kernel *k, sep_pretrained_style style, const float *theirs, float *ours)
{
    const bool torch = style == SEP_PRETRAINED_TORCH;
    const size_t across = (size_t)k->theirs * (size_t)k->places; /* of PyTorch's from one output to the next */
    const size_t output = torch ? across : 1, input = torch ? (size_t)k->places : (size_t)k->outputs;
    const size_t place = torch ? 1 : (size_t)k->theirs * (size_t)k->outputs;
    const float scale = (float)k->theirs / (float)k->inputs;

    theirs += (size_t)(k->part * k->outputs) * output;
    for (int p = 0; p < k->places; p++)
        for (int i = 0; i < k->inputs; i++)
            for (int o = 0; o < k->outputs; o++)
                *ours++ = scale * theirs[(size_t)p * place + (size_t)(i % k->theirs) * input + (size_t)o * output];
}

/* ---- positions --------------------------------------------------------------------------------------------------- */

/* The side of a square grid of so many tokens, the class token among them or not; 0: there is none. */
static int grid_of(int64_t tokens, int *others)
{
    for (*others = 1; *others >= 0; --*others) {
        const int side = (int)lround(sqrt((double)(tokens - *others)));
        if (side > 0 && (int64_t)side * side == tokens - *others)
            return side;
    }
    return 0;
}

/* Keys' cubic convolution with a = -0.75, as PyTorch has it: weights of the four patches from `first` on. */
static int cubic_weights(int place, int count, int theirs, double weight[4])
{
    const double a = -0.75, at = ((double)place + 0.5) * (double)theirs / (double)count - 0.5, t = at - floor(at);
    const double far[2] = {t + 1.0, 2.0 - t}, near[2] = {t, 1.0 - t};

    for (int i = 0; i < 2; i++) {
        weight[3 * i] = ((a * far[i] - 5.0 * a) * far[i] + 8.0 * a) * far[i] - 4.0 * a;
        weight[1 + i] = ((a + 2.0) * near[i] - (a + 3.0)) * near[i] * near[i] + 1.0;
    }
    return (int)floor(at) - 1;
}

static int inside(int place, int count)
{
    return place < 0 ? 0 : place >= count ? count - 1 : place;
}

/* One token of a height x width grid from the file's side x side: borders repeat. */
static void interpolate(const float *theirs, int side, const double down[4], int top, const double across[4], int left,
                        int channels, float *ours)
{
    for (int c = 0; c < channels; c++) {
        double sum = 0.0;
        for (int i = 0; i < 4; i++)
            for (int j = 0; j < 4; j++) {
                const int token = inside(top + i, side) * side + inside(left + j, side);
                sum += down[i] * across[j] * (double)theirs[(size_t)token * (size_t)channels + (size_t)c];
            }
        ours[c] = (float)sum;
    }
}

static sep_status read_positions(const sep_pretrained *p, const sep_pretrained_source *source, const sep_net_spec *spec,
                                 const sep_shape *ours, const sep_shape *shape, const float *theirs, float *values)
{
    const int channels = ours->dim[1], height = spec->height / 16, width = spec->width / 16;
    int others;
    const int side = grid_of(sep_shape_rows(shape), &others);

    if (side == 0)
        return sep_fail(SEP_ERR_SHAPE, "%s: the positions of '%s' are of no square grid", p->path, source->name);
    theirs += (size_t)others * (size_t)channels;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            double down[4], across[4];
            const int top = cubic_weights(y, height, side, down), left = cubic_weights(x, width, side, across);
            interpolate(theirs, side, down, top, across, left, channels, values);
            values += channels;
        }
    return SEP_OK;
}

/* ---- one tensor -------------------------------------------------------------------------------------------------- */

static sep_status check_finite(const sep_pretrained *p, const sep_stored_tensor *tensor, const float *values)
{
    for (size_t i = 0; i < tensor->count; i++)
        if (!isfinite(values[i]))
            return sep_fail(SEP_ERR_NUMERIC, "%s: '%s' holds values that are not finite", p->path, tensor->name);
    return SEP_OK;
}

static sep_status read_whole(const sep_pretrained *p, const sep_stored_tensor *tensor, float *values)
{
    SEP_TRY(sep_safetensors_read_f32(p->file, tensor->name, &tensor->shape, values));
    return check_finite(p, tensor, values);
}

static sep_status find(const sep_pretrained *p, const sep_pretrained_source *source, const char *name,
                       const sep_shape *shape, kernel *k, const sep_stored_tensor **tensor)
{
    char have[SEP_SHAPE_TEXT], want[SEP_SHAPE_TEXT];

    *tensor = sep_safetensors_find(p->file, source->name);
    if (*tensor == NULL)
        return sep_fail(SEP_ERR_FORMAT, "%s, weights of %s, has no '%s', which %s starts from%s%s", p->path,
                        p->family->name, source->name, name, p->family->advice != NULL ? ": " : "",
                        p->family->advice != NULL ? p->family->advice : "");
    const int input = p->family->style == SEP_PRETRAINED_JAX ? (*tensor)->rank - 2 : 1;
    if (source->kind == SEP_PRETRAINED_FIRST && (*tensor)->rank == 4 && (*tensor)->shape.dim[input] > 0)
        k->theirs = (*tensor)->shape.dim[input];
    if (fits(p, source, shape, k, *tensor))
        return SEP_OK;
    return sep_fail(SEP_ERR_SHAPE, "%s: weights of another size: '%s' is %s, which %s of %s can't start from", p->path,
                    source->name, sep_shape_text(&(*tensor)->shape, have), name, sep_shape_text(shape, want));
}

sep_status sep_pretrained_read(const sep_pretrained *pretrained, const sep_pretrained_source *source,
                               const sep_net_spec *spec, const char *name, const sep_shape *shape, float *values)
{
    kernel k = kernel_of(shape, source->kind);
    const sep_stored_tensor *tensor;

    SEP_TRY(find(pretrained, source, name, shape, &k, &tensor));
    float *theirs = sep_malloc(tensor->count, sizeof *theirs);
    if (theirs == NULL)
        return SEP_ERR_MEMORY;
    sep_status status = read_whole(pretrained, tensor, theirs);
    if (status == SEP_OK && source->kind == SEP_PRETRAINED_POSITION)
        status = read_positions(pretrained, source, spec, shape, &tensor->shape, theirs, values);
    else if (status == SEP_OK && source->kind == SEP_PRETRAINED_TENSOR)
        memcpy(values, theirs, tensor->count * sizeof *values);
    else if (status == SEP_OK)
        read_kernel(&k, pretrained->family->style, theirs, values);
    sep_free(theirs);
    return status;
}
