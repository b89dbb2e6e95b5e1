/* See support_image.h. */
#include "support_image.h"

#include "septum/data.h"

#include <math.h>
#include <string.h>

/* A rotation about an oblique axis (unit quaternion 0.8, 0.36, 0.48, 0), y flipped, columns scaled by the spacing. */
static const float spacing[3] = {0.7f, 1.25f, 5.0f};
static const double rotation[3][3] = {{0.5392, -0.3456, 0.768}, {0.3456, -0.7408, -0.576}, {-0.768, -0.576, 0.28}};

static void place(double affine[3][4])
{
    static const double origin[3] = {-31.5, 12.25, 101.0};

    for (int row = 0; row < 3; row++) {
        for (int column = 0; column < 3; column++)
            affine[row][column] = (double)(float)(rotation[row][column] * (double)spacing[column]);
        affine[row][3] = origin[row];
    }
}

sep_volume image_example(void)
{
    sep_volume volume;

    assert_int_equal(sep_volume_create(&volume, 3, 4, 5), SEP_OK);
    for (int i = 0; i < 60; i++)
        volume.data[i] = (float)((i * 37) % 101) / 8.0f - 2.0f;
    memcpy(volume.spacing, spacing, sizeof spacing);
    place(volume.affine);
    volume.has_geometry = true;
    return volume;
}

sep_labels labels_example(void)
{
    sep_labels labels;
    sep_volume volume = image_example();

    assert_int_equal(sep_labels_create(&labels, 3, 4, 5), SEP_OK);
    for (int i = 0; i < 60; i++)
        labels.data[i] = (uint8_t)((i * 37) % 101 % 4);
    sep_labels_take_geometry(&labels, &volume);
    sep_volume_free(&volume);
    return labels;
}

/* The fields that the two structs share. */
#define ASSERT_SAME_GRID(a, b, tolerance)                                                                              \
    do {                                                                                                               \
        assert_int_equal((a)->depth, (b)->depth);                                                                      \
        assert_int_equal((a)->height, (b)->height);                                                                    \
        assert_int_equal((a)->width, (b)->width);                                                                      \
        assert_int_equal((a)->has_geometry, (b)->has_geometry);                                                        \
        assert_memory_equal((a)->spacing, (b)->spacing, sizeof(a)->spacing);                                           \
        for (int i_ = 0; i_ < 12; i_++)                                                                                \
            assert_true(fabs((a)->affine[i_ / 4][i_ % 4] - (b)->affine[i_ / 4][i_ % 4]) <= (tolerance));               \
        assert_memory_equal((a)->data, (b)->data,                                                                      \
                            (size_t)((a)->depth * (a)->height * (a)->width) * sizeof *(a)->data);                      \
    } while (0)

sep_volume abdomen_example(void)
{
    const sep_phantom_config config = {.size = 64, .slices = 24, .seed = 5};
    sep_volume volume;
    sep_labels labels;

    assert_int_equal(sep_phantom_abdomen(&config, 0, &volume, &labels), SEP_OK);
    sep_labels_free(&labels);
    return volume;
}

void assert_same_volume(const sep_volume *a, const sep_volume *b, double tolerance)
{
    ASSERT_SAME_GRID(a, b, tolerance);
}

void assert_same_labels(const sep_labels *a, const sep_labels *b, double tolerance)
{
    ASSERT_SAME_GRID(a, b, tolerance);
}

static void assert_failure(const char *path, sep_status got, sep_status wanted, const char *text)
{
    const char *said = sep_error_text();

    if (got != wanted || strncmp(said, path, strlen(path)) != 0 || !strstr(said, text))
        fail_msg("%s: status %d, wanted %d with '%s'; the text is: %s", path, (int)got, (int)wanted, text, said);
}

void assert_volume_fails(const char *path, sep_status status, const char *text)
{
    sep_volume volume;
    sep_status got = sep_volume_read(path, &volume);

    assert_failure(path, got, status, text);
    assert_null(volume.data);
}

void assert_labels_fail(const char *path, sep_status status, const char *text)
{
    sep_labels labels;
    sep_status got = sep_labels_read(path, &labels);

    assert_failure(path, got, status, text);
    assert_null(labels.data);
}
