/* Resizing is linear, an axis at a time: a matrix product on each side. The matrices are what septum's own resampling
 * makes of lines with a single 1, so that the graph resizes as septum does, by whatever rule. */
#include "onnx/slices.h"

#include "data/batch.h"

/* ---- resizing ---------------------------------------------------------------------------------------------------- */

/* [to, from]: what each pixel of a resized line takes of the pixels of the line. NULL: the writer has failed. */
static float *weights_of(sep_onnx_writer *w, sep_zoom zoom, int from, int to)
{
    float *matrix = sep_calloc((size_t)from * (size_t)to, sizeof *matrix);
    float *line = sep_calloc((size_t)from, sizeof *line), *resized = sep_calloc((size_t)to, sizeof *resized);
    sep_status status = matrix != NULL && line != NULL && resized != NULL ? SEP_OK : SEP_ERR_MEMORY;

    for (int i = 0; i < from && status == SEP_OK; i++) {
        line[i] = 1.0f;
        status = sep_zoom_slice(zoom, line, 1, from, resized, 1, to);
        line[i] = 0.0f;
        for (int o = 0; o < to; o++)
            matrix[(ptrdiff_t)o * from + i] = resized[o];
    }
    sep_free(line);
    sep_free(resized);
    if (status == SEP_OK)
        return matrix;
    sep_onnx_fail(w, status);
    sep_free(matrix);
    return NULL;
}

/* x [..., from height, from width] -> [..., to height, to width]. */
static sep_onnx_name resize(sep_onnx_writer *w, sep_zoom zoom, sep_onnx_name x, const int from[2], const int to[2])
{
    float *rows = weights_of(w, zoom, from[0], to[0]), *columns = weights_of(w, zoom, from[1], to[1]);
    const sep_onnx_name left = sep_onnx_floats(w, 2, (int64_t[]){to[0], from[0]}, rows);
    const sep_onnx_name right = sep_onnx_floats(w, 2, (int64_t[]){to[1], from[1]}, columns);

    sep_free(rows);
    sep_free(columns);
    x = sep_onnx_binary(w, "MatMul", left, x);
    return sep_onnx_binary(w, "MatMul", x, sep_onnx_transpose(w, right, 2, (int64_t[]){1, 0}));
}

/* ---- in ---------------------------------------------------------------------------------------------------------- */

/* Intensities from [low, high] to [0, 1]; all 0 where the two are one. */
static sep_onnx_name window(sep_onnx_writer *w, sep_onnx_name x, sep_onnx_name low, sep_onnx_name high)
{
    const sep_onnx_name zero = sep_onnx_float(w, 0.0f), one = sep_onnx_float(w, 1.0f);
    const sep_onnx_name width = sep_onnx_binary(w, "Sub", high, low);
    const sep_onnx_name flat = sep_onnx_binary(w, "Equal", width, zero);
    const sep_onnx_name divisor = sep_onnx_node(w, "Where", (sep_onnx_name[]){flat, one, width, {""}}, NULL);

    x = sep_onnx_binary(w, "Min", sep_onnx_binary(w, "Max", x, low), high);
    return sep_onnx_binary(w, "Div", sep_onnx_binary(w, "Sub", x, low), divisor);
}

/* The ranges of whole scans, which only the caller knows: [2], of several channels [channels, 2]. An empty name where
 * no rule asks for them. */
static sep_onnx_name ranges_in(sep_onnx_writer *w, const sep_model_info *info)
{
    const int channels = info->spec[0].channels;
    bool wanted = false;

    for (int c = 0; c < channels; c++)
        wanted = wanted || sep_intensity_of(&info->intensity, c)->kind != SEP_INTENSITY_WINDOW;
    if (!wanted)
        return (sep_onnx_name){""};
    return channels == 1 ? sep_onnx_input(w, "range", 1, (int64_t[]){2})
                         : sep_onnx_input(w, "range", 2, (int64_t[]){channels, 2});
}

/* x is of one channel, its range [2] or, of several, a row of `ranges`. */
static sep_onnx_name normalise(sep_onnx_writer *w, const sep_model_info *info, int channel, sep_onnx_name ranges,
                               sep_onnx_name x)
{
    const sep_intensity *rule = sep_intensity_of(&info->intensity, channel);
    const int axis = info->spec[0].channels > 1 ? 1 : 0;

    if (rule->kind == SEP_INTENSITY_WINDOW)
        return window(w, x, sep_onnx_float(w, rule->low), sep_onnx_float(w, rule->high));
    if (axis == 1)
        ranges = sep_onnx_cut(w, ranges, 0, channel, channel + 1);
    const sep_onnx_name low = sep_onnx_cut(w, ranges, axis, 0, 1), high = sep_onnx_cut(w, ranges, axis, 1, 2);
    return window(w, x, low, high);
}

/* Of one channel without an axis for it; else the channels come one after the other, as images are read. */
sep_onnx_name sep_onnx_slices_in(sep_onnx_writer *w, const sep_model_info *info, const sep_onnx_options *options)
{
    const int slice[] = {options->height, options->width}, patch[] = {info->spec[0].height, info->spec[0].width};
    const int channels = info->spec[0].channels;
    const int64_t several[] = {-1, channels, slice[0], slice[1]};
    const sep_onnx_name in = channels == 1 ? sep_onnx_input(w, "slice", 3, (int64_t[]){-1, slice[0], slice[1]})
                                           : sep_onnx_input(w, "slice", 4, several);
    const sep_onnx_name ranges = ranges_in(w, info);
    sep_onnx_name x = {""};

    for (int c = 0; c < channels; c++) {
        sep_onnx_name one = channels == 1 ? in : sep_onnx_cut(w, in, 1, c, c + 1);
        one = normalise(w, info, c, ranges, one);
        x = c == 0 ? one : sep_onnx_concat(w, x, one, 1);
    }
    x = resize(w, info->image_zoom, x, slice, patch);
    return channels == 1 ? sep_onnx_reshape(w, x, 4, (int64_t[]){-1, patch[0], patch[1], 1})
                         : sep_onnx_transpose(w, x, 4, (int64_t[]){0, 2, 3, 1});
}

/* ---- out --------------------------------------------------------------------------------------------------------- */

/* The first of the largest along `axis`. */
static sep_onnx_name largest(sep_onnx_writer *w, sep_onnx_name x, int axis)
{
    const sep_onnx_attribute attribute[] = {
        {"axis", SEP_ONNX_INT, .integer = axis}, {"keepdims", SEP_ONNX_INT, .integer = 0}, {0}};

    return sep_onnx_node(w, "ArgMax", (sep_onnx_name[]){x, {""}}, attribute);
}

/* The class of each pixel is that of its largest probability; of probabilities that are the nearest pixel's, the class
 * is the nearest pixel's, too. */
void sep_onnx_slices_out(sep_onnx_writer *w, const sep_model_info *info, const sep_onnx_options *options,
                         sep_onnx_name logits)
{
    const int slice[] = {options->height, options->width}, patch[] = {info->spec[0].height, info->spec[0].width};
    const sep_zoom zoom = options->smooth ? SEP_ZOOM_LINEAR : SEP_ZOOM_NEAREST;
    const sep_onnx_attribute last[] = {{"axis", SEP_ONNX_INT, .integer = -1}, {0}};
    const int64_t labels[] = {-1, slice[0], slice[1]},
                  probabilities[] = {-1, info->spec[0].classes, slice[0], slice[1]};
    sep_onnx_name x = sep_onnx_node(w, "Softmax", (sep_onnx_name[]){logits, {""}}, last);

    x = resize(w, zoom, sep_onnx_transpose(w, x, 4, (int64_t[]){0, 3, 1, 2}), patch, slice);
    sep_onnx_rename(w, x, "probabilities");
    sep_onnx_rename(w, largest(w, x, 1), "labels");
    sep_onnx_output(w, "labels", SEP_ONNX_INT64, 3, labels);
    sep_onnx_output(w, "probabilities", SEP_ONNX_FLOAT32, 4, probabilities);
}
