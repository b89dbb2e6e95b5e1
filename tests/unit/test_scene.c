/* Where voxels lie in what a network is shown of a volume. */
#include "model/scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { HEIGHT = 20, WIDTH = 30, DEPTH = 2, PATCH = 8 };

static sep_volume make_volume(void)
{
    sep_volume volume;

    assert_int_equal(sep_volume_create(&volume, DEPTH, HEIGHT, WIDTH), SEP_OK);
    for (int i = 0; i < DEPTH * HEIGHT * WIDTH; i++)
        volume.data[i] = (float)i;
    volume.has_geometry = true;
    for (int i = 0; i < 3; i++) {
        volume.spacing[i] = 1.0f;
        volume.affine[i][i] = 1.0;
    }
    return volume;
}

static sep_scene make_scene(sep_model *model, const sep_net_spec *spec, const sep_volume *volume)
{
    sep_scene scene;

    model->info.spec[0].channels = 1;
    model->info.intensity.rule[0] =
        (sep_intensity){.kind = SEP_INTENSITY_WINDOW, .low = 0.0f, .high = (float)(DEPTH * HEIGHT * WIDTH)};
    assert_int_equal(sep_scene_create(model, spec, volume, &scene), SEP_OK);
    return scene;
}

static float shown(const sep_scene *scene, sep_scene_place place)
{
    float patch[PATCH * PATCH];

    assert_true(place.y >= 0 && place.y < PATCH && place.x >= 0 && place.x < PATCH);
    assert_true(place.window >= 0 && place.window < sep_scene_windows(scene));
    assert_int_equal(sep_scene_show(scene, place.z, place.window, patch), SEP_OK);
    return patch[place.y * PATCH + place.x];
}

/* Windows begin at 0, 4, 8, 12 along the rows and at 0, 4, ..., 20, 22 along the columns. */
static void test_windows(void **state)
{
    const sep_net_spec spec = {.height = PATCH, .width = PATCH};
    sep_model model = {.info = {.view = SEP_PATCH_WINDOW}};
    sep_volume volume = make_volume();
    sep_scene scene = make_scene(&model, &spec, &volume);

    (void)state;
    assert_int_equal(sep_scene_windows(&scene), 4 * 7);
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            const sep_scene_place place = sep_scene_find(&scene, &(sep_voxel){.z = 1, .y = y, .x = x});
            assert_int_equal(place.z, 1);
            assert_true(shown(&scene, place) == sep_volume_slice(&scene.seen, 1)[y * WIDTH + x]);
            assert_true(y < 2 || y >= HEIGHT - 2 || (place.y >= 2 && place.y < PATCH - 2)); /* in its inner half */
        }
    sep_scene_free(&scene);
    sep_volume_free(&volume);
}

/* Pixels of 2 mm: two of the volume's along each axis in one. */
static void test_resampled(void **state)
{
    const sep_net_spec spec = {.height = PATCH, .width = PATCH};
    sep_model model = {.info = {.view = SEP_PATCH_WINDOW, .spacing = {2.0f, 2.0f}}};
    sep_volume volume = make_volume();
    sep_scene scene = make_scene(&model, &spec, &volume);

    (void)state;
    assert_int_equal(scene.seen.height, HEIGHT / 2);
    assert_int_equal(scene.seen.width, WIDTH / 2);
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            const sep_scene_place place = sep_scene_find(&scene, &(sep_voxel){.z = 0, .y = y, .x = x});
            assert_true(shown(&scene, place) == scene.seen.data[y / 2 * (WIDTH / 2) + x / 2]);
        }
    sep_scene_free(&scene);
    sep_volume_free(&volume);
}

static void test_whole(void **state)
{
    const sep_net_spec spec = {.height = PATCH, .width = PATCH};
    sep_model model = {.info = {.view = SEP_PATCH_WHOLE}};
    sep_volume volume = make_volume();
    sep_scene scene = make_scene(&model, &spec, &volume);

    (void)state;
    assert_int_equal(sep_scene_windows(&scene), 1);
    const sep_scene_place first = sep_scene_find(&scene, &(sep_voxel){.z = 0});
    const sep_scene_place last = sep_scene_find(&scene, &(sep_voxel){.z = 1, .y = HEIGHT - 1, .x = WIDTH - 1});
    assert_true(first.z == 0 && first.window == 0 && first.y == 0 && first.x == 0);
    assert_true(last.z == 1 && last.window == 0 && last.y == PATCH - 1 && last.x == PATCH - 1);
    assert_true(shown(&scene, first) == 0.0f);
    assert_true(shown(&scene, last) == scene.seen.data[DEPTH * HEIGHT * WIDTH - 1]);
    sep_scene_free(&scene);
    sep_volume_free(&volume);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_windows), cmocka_unit_test(test_resampled),
                                       cmocka_unit_test(test_whole)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
