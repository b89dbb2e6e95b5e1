/* Pictures as label maps: palettes, colours, transparency. */
#include "support_image.h"
#include "support_png.h"
#include "support_scratch.h"

#include "config.h"

#include <string.h>

#if SEP_HAVE_STB && SEP_HAVE_ZLIB

static char said[1024]; /* all lines of the log since it was emptied */

static void note_line(void *context, sep_log_level level, const char *line)
{
    (void)context;
    (void)level;
    if (strlen(said) + strlen(line) + 2 < sizeof said)
        strcat(strcat(said, line), "\n");
}

static void assert_said(const char *text)
{
    if (!strstr(said, text))
        fail_msg("not said: %s; but: %s", text, said);
}

static void assert_labels(const char *path, const uint8_t *expected, size_t count)
{
    sep_labels labels;

    assert_int_equal(sep_labels_read(path, &labels), SEP_OK);
    assert_memory_equal(labels.data, expected, count);
    sep_labels_free(&labels);
}

static void assert_mask(const char *path, int threshold, const uint8_t *expected, size_t count)
{
    sep_labels labels;

    assert_int_equal(sep_mask_read(path, threshold, &labels), SEP_OK);
    assert_memory_equal(labels.data, expected, count);
    sep_labels_free(&labels);
}

static void assert_image(const char *path, const float *expected, size_t count)
{
    sep_volume volume;

    assert_int_equal(sep_volume_read(path, &volume), SEP_OK);
    assert_memory_equal(volume.data, expected, count * sizeof *expected);
    sep_volume_free(&volume);
}

/* ---- palettes ---------------------------------------------------------------------------------------------------- */

static void check_palette(int bits, int interlaced)
{
    enum { WIDTH = 11, HEIGHT = 9 };
    uint8_t palette[768], indices[WIDTH * HEIGHT];
    float grey[WIDTH * HEIGHT];
    const int colours = 1 << bits;
    support_png png;

    for (int i = 0; i < colours; i++)
        memcpy(palette + 3 * i, (const uint8_t[]){(uint8_t)(i * 37 + 128), (uint8_t)(i * 5), (uint8_t)(255 - i)}, 3);
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
        indices[i] = (uint8_t)(i * 7 % colours);
        const uint8_t *rgb = palette + 3 * indices[i];
        grey[i] = (float)((77 * rgb[0] + 150 * rgb[1] + 29 * rgb[2]) / 256);
    }
    support_png_begin(&png, WIDTH, HEIGHT, bits, PNG_PALETTE, interlaced);
    support_png_chunk(&png, "PLTE", palette, (size_t)(3 * colours));
    support_png_chunk(&png, "tRNS", "\0\x80", 2);
    support_png_pixels(&png, indices);
    const char *path = support_png_file(&png, "palette.png");
    assert_labels(path, indices, sizeof indices);
    assert_image(path, grey, WIDTH * HEIGHT);
}

static void test_palette_indices_are_classes(void **state)
{
    (void)state;
    for (int bits = 1; bits <= 8; bits *= 2) {
        check_palette(bits, 0);
        check_palette(bits, 1);
    }
}

static const char *write_palette(const char *name, const uint8_t *palette, size_t bytes, const uint8_t indices[6])
{
    support_png png;

    support_png_begin(&png, 3, 2, 8, PNG_PALETTE, 0);
    support_png_chunk(&png, "PLTE", palette, bytes);
    support_png_pixels(&png, indices);
    return support_png_file(&png, name);
}

/* As the VOC sets have them: class 1 is dark red, grey 38. */
static void test_palette_under_a_threshold(void **state)
{
    const uint8_t palette[] = {0, 0, 0, 128, 0, 0, 0, 128, 0}, indices[] = {0, 1, 2, 0, 1, 0};
    const char *path = write_palette("voc.png", palette, sizeof palette, indices);

    (void)state;
    said[0] = '\0';
    assert_mask(path, 128, (const uint8_t[]){0, 1, 1, 0, 1, 0}, 6);
    assert_said("voc.png: has a palette of colours");
    assert_labels(path, indices, 6);
}

/* Greys of a palette are shades: cut by what they show, and classes by index. */
static void test_palette_of_greys(void **state)
{
    const uint8_t palette[] = {0, 0, 0, 85, 85, 85, 170, 170, 170, 255, 255, 255}, indices[] = {0, 1, 2, 3, 1, 0};
    const char *path = write_palette("greys.png", palette, sizeof palette, indices);

    (void)state;
    said[0] = '\0';
    assert_labels(path, indices, 6);
    assert_said("greys.png: has a palette of greys: the classes are its indices, 0 to 3");
    assert_mask(path, 128, (const uint8_t[]){0, 0, 1, 1, 0, 0}, 6);
    assert_image(path, (const float[]){0, 85, 170, 255, 85, 0}, 6);
}

/* "Void" is often an index that the palette has no colour for. */
static void test_index_beyond_the_palette(void **state)
{
    const uint8_t palette[] = {9, 9, 9, 200, 0, 0}, indices[] = {0, 1, 255, 255, 1, 0};
    const char *path = write_palette("void.png", palette, sizeof palette, indices);

    (void)state;
    assert_labels(path, indices, 6);
    assert_image(path, (const float[]){9, 60, 0, 0, 60, 9}, 6);
}

/* ---- colours ----------------------------------------------------------------------------------------------------- */

static const uint8_t drawn[] = {0, 0, 0, 255, 0, 0, 0, 0, 255, 255, 0, 0}; /* black, red, blue, red */

static const char *write_rgb(const char *name, int bits, const uint8_t pixels[12])
{
    support_png png;

    support_png_begin(&png, 2, 2, bits, PNG_RGB, 0);
    support_png_pixels(&png, pixels);
    return support_png_file(&png, name);
}

static void test_colours_have_no_threshold(void **state)
{
    const char *path = write_rgb("drawn.png", 8, drawn);
    const uint8_t shades[] = {0, 0, 0, 127, 127, 127, 128, 128, 128, 255, 255, 255};
    sep_labels labels;

    (void)state;
    assert_int_equal(sep_mask_read(path, 50, &labels), SEP_ERR_FORMAT);
    assert_non_null(strstr(sep_error_text(), "drawn.png: pixel (x 1, y 0) is coloured (255, 0, 0); a threshold cuts"));
    assert_non_null(strstr(sep_error_text(), "--colours"));
    assert_labels_fail(path, SEP_ERR_FORMAT, "pixel (x 1, y 0) is coloured (255, 0, 0)");
    assert_mask(write_rgb("shades.png", 8, shades), 128, (const uint8_t[]){0, 0, 1, 1}, 4);
}

static void assert_coloured(const char *path, const char *table, const uint8_t *expected, size_t count)
{
    sep_label_colours colours;
    sep_labels labels;

    assert_int_equal(sep_label_colours_parse(table, &colours), SEP_OK);
    assert_int_equal(sep_labels_read_as(path, &(sep_label_reading){.colours = colours}, &labels), SEP_OK);
    assert_memory_equal(labels.data, expected, count);
    sep_labels_free(&labels);
}

static void test_colours_stand_for_classes(void **state)
{
    const uint8_t palette[] = {255, 0, 0, 0, 0, 0}, indices[] = {0, 1, 1, 1, 0, 0};
    sep_label_colours colours;
    sep_labels labels;

    (void)state;
    assert_coloured(write_rgb("drawn.png", 8, drawn), "000000,0000ff,#FF0000", (const uint8_t[]){0, 2, 1, 2}, 4);
    assert_coloured(write_rgb("deep.png", 16, drawn), "000000, 0000ff, ff0000", (const uint8_t[]){0, 2, 1, 2}, 4);
    assert_coloured(write_palette("two.png", palette, sizeof palette, indices), "000000,ff0000",
                    (const uint8_t[]){1, 0, 0, 0, 1, 1}, 6);

    assert_int_equal(sep_label_colours_parse("000000,ff0000", &colours), SEP_OK);
    assert_int_equal(sep_labels_read_as(scratch_path("drawn.png"), &(sep_label_reading){.colours = colours}, &labels),
                     SEP_ERR_FORMAT);
    assert_non_null(strstr(sep_error_text(), "drawn.png: pixel (x 0, y 1) has the colour (0, 0, 255)"));
    assert_null(labels.data);
    assert_int_equal(
        sep_labels_read_as(scratch_file("a.nii", "\x5c\1\0\0", 4), &(sep_label_reading){.colours = colours}, &labels),
        SEP_ERR_ARGUMENT);
}

static void test_tables_of_colours(void **state)
{
    static const char *const bad[][2] = {{"", "'' is no colour"},
                                         {"000000,ff000", "'ff000' is no colour"},
                                         {"000000,,ffffff", "'' is no colour"},
                                         {"000000,gg0000", "'gg0000' is no colour"},
                                         {"ff0000,000000,FF0000", "ff0000 stands for two classes, 0 and 2"}};
    sep_label_colours colours;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(sep_label_colours_parse(bad[i][0], &colours), SEP_ERR_ARGUMENT);
        assert_non_null(strstr(sep_error_text(), bad[i][1]));
    }
    assert_int_equal(sep_label_colours_parse("000000,ff8001", &colours), SEP_OK);
    assert_int_equal(colours.count, 2);
    assert_int_equal(colours.colour[1], 0xff8001);
}

/* ---- transparency ------------------------------------------------------------------------------------------------ */

static void test_transparency_is_said(void **state)
{
    const uint8_t pixels[] = {0, 255, 255, 255, 255, 0, 200, 128}; /* grey and opacity */
    support_png png;

    (void)state;
    support_png_begin(&png, 2, 2, 8, PNG_GREY_ALPHA, 0);
    support_png_pixels(&png, pixels);
    said[0] = '\0';
    assert_mask(support_png_file(&png, "soft.png"), 128, (const uint8_t[]){0, 1, 1, 1}, 4);
    assert_said("soft.png: 2 of 4 pixels are not opaque");
}

static void test_opaque_is_not(void **state)
{
    const uint8_t pixels[] = {0, 0, 0, 255, 9, 9, 9, 255};
    support_png png;

    (void)state;
    support_png_begin(&png, 2, 1, 16, PNG_RGBA, 0);
    support_png_pixels(&png, pixels);
    said[0] = '\0';
    assert_mask(support_png_file(&png, "opaque.png"), 1000, (const uint8_t[]){0, 1}, 2);
    assert_string_equal(said, "");
}

/* ---- chunks ------------------------------------------------------------------------------------------------------ */

static void check_chunk(const char *name, const char *refusal)
{
    const uint8_t pixels[] = {1, 2, 3, 4};
    support_png png;

    support_png_begin(&png, 2, 2, 8, PNG_GREY, 0);
    support_png_chunk(&png, name, "\0\0\0\0", 4);
    support_png_pixels(&png, pixels);
    const char *path = support_png_file(&png, "chunk.png");
    if (refusal)
        assert_labels_fail(path, SEP_ERR_UNSUPPORTED, refusal);
    else
        assert_labels(path, pixels, 4);
}

static void test_unknown_chunks(void **state)
{
    (void)state;
    check_chunk("CgBI", "has a chunk CgBI: it is Apple's own format");
    check_chunk("QuAD", "has a chunk QuAD that PNG does not know");
    check_chunk("prIv", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_palette_indices_are_classes),
        cmocka_unit_test(test_palette_under_a_threshold),
        cmocka_unit_test(test_palette_of_greys),
        cmocka_unit_test(test_index_beyond_the_palette),
        cmocka_unit_test(test_colours_have_no_threshold),
        cmocka_unit_test(test_colours_stand_for_classes),
        cmocka_unit_test(test_tables_of_colours),
        cmocka_unit_test(test_transparency_is_said),
        cmocka_unit_test(test_opaque_is_not),
        cmocka_unit_test(test_unknown_chunks),
    };

    sep_log_set_sink(note_line, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

static void test_needs_stb(void **state)
{
    (void)state;
    skip();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_needs_stb)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
