/* What the pixels of a picture stand for: intensities, class indices, a mask, or classes by colour. */
#include "config.h"
#include "image/picture_decode.h"

#if SEP_HAVE_STB

#include <stdatomic.h>

typedef struct pixel {
    unsigned red, green, blue, opacity;
} pixel;

/* Of soft masks: a JPEG of grey shades that was stored as colour has channels that differ by rounding. */
enum { JPEG_ROUNDING = 16 };

static const char ADVICE[] = "--colours RRGGBB,RRGGBB,... (label_colours in [data]) says which colour is which class";

static bool is_indexed(const sep_decoded *picture)
{
    return picture->facts.palette != NULL;
}

static unsigned white(const sep_decoded *picture)
{
    return picture->pixels.sixteen ? 65535 : 255;
}

static size_t count_pixels(const sep_decoded *picture)
{
    return (size_t)picture->pixels.height * (size_t)picture->pixels.width;
}

static unsigned sample(const sep_pixels *pixels, size_t index, int channel)
{
    size_t at = index * (size_t)pixels->channels + (size_t)channel;

    return pixels->sixteen ? ((const uint16_t *)pixels->data)[at] : ((const uint8_t *)pixels->data)[at];
}

/* A colour of the palette; black where an index is beyond it, as libpng and Pillow have it. */
static pixel palette_colour(const sep_picture_facts *facts, int index)
{
    const uint8_t *rgb = facts->palette + 3 * index;

    if (index >= facts->colours)
        return (pixel){.opacity = 255};
    return (pixel){rgb[0], rgb[1], rgb[2], index < facts->opacities ? facts->opacity[index] : 255};
}

static pixel pixel_at(const sep_decoded *picture, size_t i)
{
    const sep_pixels *pixels = &picture->pixels;

    if (is_indexed(picture))
        return palette_colour(&picture->facts, (int)sample(pixels, i, 0));
    pixel p = {.red = sample(pixels, i, 0), .opacity = white(picture)};
    p.green = pixels->channels >= 3 ? sample(pixels, i, 1) : p.red;
    p.blue = pixels->channels >= 3 ? sample(pixels, i, 2) : p.red;
    if (pixels->channels == 2 || pixels->channels == 4)
        p.opacity = sample(pixels, i, pixels->channels - 1);
    return p;
}

/* The weights sum to 256, so grey stored as RGB comes out as it went in. */
static float grey_of(pixel p)
{
    return (float)((77u * p.red + 150u * p.green + 29u * p.blue) >> 8);
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static unsigned most(unsigned a, unsigned b)
{
    return a > b ? a : b;
}

/* How far from grey. */
static unsigned colourfulness(pixel p)
{
    return most(p.red, most(p.green, p.blue)) - least(p.red, least(p.green, p.blue));
}

static bool palette_is_grey(const sep_picture_facts *facts)
{
    for (int i = 0; i < facts->colours; i++)
        if (colourfulness(palette_colour(facts, i)) > 0)
            return false;
    return true;
}

/* ---- what is said ------------------------------------------------------------------------------------------------ */

/* A folder may hold thousands of a kind: the first is named, the others only where details are wanted. */
static sep_log_level level_of_kind(atomic_flag *named, sep_log_level first)
{
    return atomic_flag_test_and_set(named) ? SEP_LOG_DEBUG : first;
}

static const char LIKE_IT[] = " (later files like it are named among the details)";

static void say_transparency(const sep_decoded *picture, sep_pixel_meaning meaning)
{
    static atomic_flag image_named = ATOMIC_FLAG_INIT, label_named = ATOMIC_FLAG_INIT;
    const bool is_image = meaning == SEP_PIXELS_INTENSITIES || meaning == SEP_PIXELS_CHANNEL;
    size_t transparent = 0, count = count_pixels(picture);

    for (size_t i = 0; i < count; i++)
        transparent += pixel_at(picture, i).opacity < white(picture);
    if (transparent > 0)
        sep_log(is_image ? level_of_kind(&image_named, SEP_LOG_INFO) : level_of_kind(&label_named, SEP_LOG_WARNING),
                "%s: %zu of %zu pixels are not opaque; each counts with the colour that is stored, transparency is not "
                "looked at%s",
                picture->path, transparent, count, LIKE_IT);
}

static void say_indices(const sep_decoded *picture)
{
    static atomic_flag named = ATOMIC_FLAG_INIT;
    unsigned highest = 0;
    bool shows_others = false;

    for (size_t i = 0; i < count_pixels(picture); i++) {
        unsigned index = sample(&picture->pixels, i, 0);
        highest = most(highest, index);
        shows_others = shows_others || palette_colour(&picture->facts, (int)index).red != index;
    }
    if (shows_others && palette_is_grey(&picture->facts))
        sep_log(
            level_of_kind(&named, SEP_LOG_INFO),
            "%s: has a palette of greys: the classes are its indices, 0 to %u, as Pillow reads it, not the greys that "
            "they show%s",
            picture->path, highest, LIKE_IT);
    else
        sep_log(SEP_LOG_DEBUG, "%s: has a palette: the classes are its indices, 0 to %u", picture->path, highest);
}

static void say_palette_mask(const sep_decoded *picture)
{
    static atomic_flag named = ATOMIC_FLAG_INIT;

    sep_log(level_of_kind(&named, SEP_LOG_INFO),
            "%s: has a palette of colours, which are classes and not shades that a threshold could cut: index 0 is "
            "class 0, any other is class 1%s",
            picture->path, LIKE_IT);
}

/* ---- values ------------------------------------------------------------------------------------------------------ */

static sep_status fail_coloured(const sep_decoded *picture, size_t i, pixel p, const char *rest)
{
    const size_t width = (size_t)picture->pixels.width;

    return sep_fail(SEP_ERR_FORMAT, "%s: pixel (x %zu, y %zu) is coloured (%u, %u, %u); %s; %s", picture->path,
                    i % width, i / width, p.red, p.green, p.blue, rest, ADVICE);
}

/* Grey, or an error where a pixel is further from it than `tolerance`. */
static sep_status take_grey(const sep_decoded *picture, unsigned tolerance, const char *rest, float *values)
{
    for (size_t i = 0; i < count_pixels(picture); i++) {
        pixel p = pixel_at(picture, i);
        if (colourfulness(p) > tolerance)
            return fail_coloured(picture, i, p, rest);
        values[i] = grey_of(p);
    }
    return SEP_OK;
}

static sep_status take_classes(const sep_decoded *picture, float *values)
{
    if (!is_indexed(picture))
        return take_grey(picture, 0, "the values of a label map are its classes, and colours have none", values);
    for (size_t i = 0; i < count_pixels(picture); i++)
        values[i] = (float)sample(&picture->pixels, i, 0);
    say_indices(picture);
    return SEP_OK;
}

static sep_status take_mask(const sep_decoded *picture, float *values)
{
    if (!is_indexed(picture) || palette_is_grey(&picture->facts))
        return take_grey(picture, picture->is_jpeg ? JPEG_ROUNDING : 0, "a threshold cuts shades of grey", values);
    for (size_t i = 0; i < count_pixels(picture); i++)
        values[i] = sample(&picture->pixels, i, 0) > 0 ? 65535.0f : 0.0f;
    say_palette_mask(picture);
    return SEP_OK;
}

/* A sample of 16 bits that none of 8 bits stands for gives a colour that no table holds. */
static uint32_t eight_bits(const sep_decoded *picture, unsigned value)
{
    if (!picture->pixels.sixteen)
        return value;
    return value % 257 == 0 ? value / 257 : UINT32_MAX;
}

static int class_of_colour(const sep_label_colours *table, const sep_decoded *picture, pixel p)
{
    const uint32_t red = eight_bits(picture, p.red), green = eight_bits(picture, p.green),
                   blue = eight_bits(picture, p.blue);

    for (int n = 0; n < table->count; n++)
        if (table->colour[n] >> 16 == red && (table->colour[n] >> 8 & 255) == green && (table->colour[n] & 255) == blue)
            return n;
    return -1;
}

static sep_status take_colours(const sep_decoded *picture, const sep_label_colours *table, float *values)
{
    const size_t width = (size_t)picture->pixels.width;

    for (size_t i = 0; i < count_pixels(picture); i++) {
        pixel p = pixel_at(picture, i);
        int class = class_of_colour(table, picture, p);
        if (class < 0)
            return sep_fail(
                SEP_ERR_FORMAT,
                "%s: pixel (x %zu, y %zu) has the colour (%u, %u, %u), which is none of the %d that stand for "
                "classes%s",
                picture->path, i % width, i / width, p.red, p.green, p.blue, table->count,
                picture->is_jpeg ? "; JPEG changes colours: such label maps must be kept as PNG" : "");
        values[i] = (float)class;
    }
    return SEP_OK;
}

static void take_channel(const sep_decoded *picture, int channel, float *values)
{
    for (size_t i = 0; i < count_pixels(picture); i++) {
        const pixel p = pixel_at(picture, i);
        const unsigned colour[3] = {p.red, p.green, p.blue};
        values[i] = (float)colour[channel];
    }
}

sep_status sep_decoded_values(const sep_decoded *picture, const sep_pixel_use *use, float *values)
{
    const bool by_index =
        is_indexed(picture) &&
        (use->meaning == SEP_PIXELS_CLASSES || (use->meaning == SEP_PIXELS_MASK && !palette_is_grey(&picture->facts)));

    if (!by_index)
        say_transparency(picture, use->meaning);
    switch (use->meaning) {
    case SEP_PIXELS_CLASSES:
        return take_classes(picture, values);
    case SEP_PIXELS_MASK:
        return take_mask(picture, values);
    case SEP_PIXELS_COLOURS:
        return take_colours(picture, use->colours, values);
    case SEP_PIXELS_CHANNEL:
        take_channel(picture, use->channel, values);
        return SEP_OK;
    default:
        return take_grey(picture, UINT16_MAX, "", values);
    }
}

#endif
