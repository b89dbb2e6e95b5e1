/* Whether pictures are coloured: grey ones are often saved as RGB, and some have a coloured mark. */
#include "plan/survey.h"

#include <math.h>

static float brightest(const sep_volume *picture)
{
    float brightest_of_all = 0;

    for (int colour = 0; colour < picture->channels; colour++) {
        const sep_volume values = sep_volume_channel(picture, colour);
        float low, high;

        sep_volume_range(&values, &low, &high);
        brightest_of_all = fmaxf(brightest_of_all, high);
    }
    return brightest_of_all;
}

/* A twentieth of the pixels, whose colours lie more than a sixteenth of the brightest apart. */
static bool has_colours(const sep_volume *picture)
{
    const size_t pixels = sep_volume_voxels(picture);
    const float *red = picture->data, *green = red + pixels, *blue = green + pixels;
    const float high = brightest(picture);
    size_t coloured = 0;

    for (size_t i = 0; i < pixels; i++)
        coloured += fmaxf(fmaxf(red[i], green[i]), blue[i]) - fminf(fminf(red[i], green[i]), blue[i]) > high / 16;
    return 20 * coloured > pixels;
}

static sep_status look_at(const char *path, int *coloured)
{
    sep_volume picture;

    SEP_TRY(sep_image_read(path, 3, &picture));
    *coloured += has_colours(&picture);
    sep_volume_free(&picture);
    return SEP_OK;
}

/* Some, from the first to the last. */
sep_status sep_survey_find_colours(const sep_survey *survey, bool *coloured)
{
    enum { MOST = 8 };
    const int count = survey->scans < MOST ? survey->scans : MOST;
    int found = 0;

    for (int i = 0; i < count; i++) {
        const char *path = survey->scan[(int64_t)i * survey->scans / count].entry->image_path;
        if (sep_picture_has_colours(path))
            SEP_TRY(look_at(path, &found));
    }
    *coloured = 2 * found > count;
    return SEP_OK;
}
