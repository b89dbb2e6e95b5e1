/* The metadata of an ONNX file: one line a key. */
#include "onnx/metadata.h"

#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MODEL_METADATA = 14, ENTRY_KEY = 1, ENTRY_VALUE = 2 };

static void entry(sep_proto *model, const char *key, const char *value)
{
    sep_proto pair = {0};

    sep_proto_text(&pair, ENTRY_KEY, key);
    sep_proto_text(&pair, ENTRY_VALUE, value);
    sep_proto_message(model, MODEL_METADATA, &pair);
}

static void print(sep_proto *model, const char *key, const char *format, ...) SEP_PRINTF(3, 4);
static void print(sep_proto *model, const char *key, const char *format, ...)
{
    char text[256];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    entry(model, key, text);
}

static void intensity(sep_proto *model, const char *key, const sep_intensity *i)
{
    if (i->kind == SEP_INTENSITY_WINDOW)
        print(model, key, "window %.9g %.9g", (double)i->low, (double)i->high);
    else
        entry(model, key, sep_intensity_names[i->kind]);
}

/* One key where there is one channel, else one a channel. */
static void intensities(sep_proto *model, const sep_model_info *info)
{
    const int channels = info->spec[0].channels;
    char key[32];

    print(model, "septum.channels", "%d", channels);
    for (int c = 0; c < channels && channels > 1; c++) {
        snprintf(key, sizeof key, "septum.intensity.%d", c);
        intensity(model, key, sep_intensity_of(&info->intensity, c));
    }
    if (channels == 1)
        intensity(model, "septum.intensity", sep_intensity_of(&info->intensity, 0));
}

/* The directions of rows, columns and slices in patient space (RAS), three numbers each; or as they are stored, and
 * along which axis of that they are cut. */
static void orientation(sep_proto *model, const sep_orientation *o, sep_slice_axis axis)
{
    char text[256] = "as stored";
    size_t count = 0;

    if (axis != SEP_SLICE_AXIS_Z)
        snprintf(text, sizeof text, "as stored, slices along %s", sep_slice_axis_names[axis]);
    for (int i = 0; o->known && i < 9; i++)
        count +=
            (size_t)snprintf(text + count, sizeof text - count, "%s%.9g", i > 0 ? " " : "", o->direction[i / 3][i % 3]);
    entry(model, "septum.orientation", text);
}

static void classes(sep_proto *model, const sep_model_info *info)
{
    char key[32];

    for (int c = 0; c < info->class_names.count; c++) {
        snprintf(key, sizeof key, "septum.class.%d", c);
        entry(model, key, info->class_names.item[c]);
    }
}

static void decisions(sep_proto *model, const sep_decisions *decided)
{
    char text[256] = "";
    size_t count = 0;

    entry(model, "septum.tta", sep_tta_name(decided->tta));
    for (int c = 0; c < SEP_MOST_CLASSES && count < sizeof text - 8; c++)
        if (decided->largest[c])
            count += (size_t)snprintf(text + count, sizeof text - count, "%s%d", count > 0 ? " " : "", c);
    entry(model, "septum.smooth", decided->smooth ? "yes" : "no");
    entry(model, "septum.largest_components", text);
}

/* The networks, joined by commas. */
static void nets(sep_proto *model, const sep_model_info *info, sep_answer answer)
{
    char *names = sep_answer_nets(info, answer);

    model->failed = model->failed || names == NULL;
    entry(model, "septum.net", names != NULL ? names : "");
    sep_free(names);
}

void sep_onnx_metadata(sep_proto *model, const sep_model_info *info, sep_answer answer)
{
    static const char *const zoom[] = {
        [SEP_ZOOM_NEAREST] = "nearest", [SEP_ZOOM_CUBIC] = "cubic", [SEP_ZOOM_LINEAR] = "linear"};
    const bool resampled = info->spacing[0] > 0.0f;

    entry(model, "septum.version", SEP_VERSION);
    nets(model, info, answer);
    entry(model, "septum.method", info->method);
    print(model, "septum.iteration", "%lld", (long long)info->iteration);
    classes(model, info);
    intensities(model, info);
    orientation(model, &info->orientation, info->slice_axis);
    print(model, "septum.patch", "%d %d", info->spec[0].height, info->spec[0].width);
    entry(model, "septum.view", info->view == SEP_PATCH_WINDOW ? "window" : "whole");
    entry(model, "septum.resize", zoom[info->image_zoom]);
    if (resampled)
        print(model, "septum.spacing", "%.9g %.9g", (double)info->spacing[0], (double)info->spacing[1]);
    else
        entry(model, "septum.spacing", "as stored");
    decisions(model, &info->decisions);
}
