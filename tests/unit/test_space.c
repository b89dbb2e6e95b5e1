/* Grids compared in space, voxels in another order, and where axes point. */
#include "support_image.h"

#include <math.h>
#include <string.h>

/* Voxels of 1.5 x 2 x 8 mm along R, A, S, in the given size; voxel k holds k % 251. */
static sep_labels make_labels(int depth, int height, int width)
{
    sep_labels labels;

    assert_int_equal(sep_labels_create(&labels, depth, height, width), SEP_OK);
    labels.has_geometry = true;
    for (int i = 0; i < 3; i++) {
        static const float spacing[3] = {1.5f, 2.0f, 8.0f};

        labels.spacing[i] = spacing[i];
        labels.affine[i][i] = (double)spacing[i];
        labels.affine[i][3] = 10.0 * i - 7.0;
    }
    for (int k = 0; k < depth * height * width; k++)
        labels.data[k] = (uint8_t)(k % 251);
    return labels;
}

static sep_labels copy_of(const sep_labels *labels)
{
    sep_labels copy;
    const sep_volume grid = sep_labels_grid(labels);

    assert_int_equal(sep_labels_create(&copy, labels->depth, labels->height, labels->width), SEP_OK);
    sep_labels_take_geometry(&copy, &grid);
    memcpy(copy.data, labels->data, (size_t)(labels->depth * labels->height * labels->width));
    return copy;
}

static sep_space compare(const sep_labels *first, const sep_labels *second)
{
    const sep_volume a = sep_labels_grid(first), b = sep_labels_grid(second);

    return sep_space_compare(&a, &b);
}

/* Turns the grid about the line through the origin along the body's axis `about`. */
static void turn(sep_labels *labels, int about, double degrees)
{
    const double c = cos(degrees / 57.295779513082321), s = sin(degrees / 57.295779513082321);
    const int p = (about + 1) % 3, q = (about + 2) % 3;

    for (int k = 0; k < 4; k++) {
        const double a = labels->affine[p][k], b = labels->affine[q][k];

        labels->affine[p][k] = c * a - s * b;
        labels->affine[q][k] = s * a + c * b;
    }
}

/* ---- orders ------------------------------------------------------------------------------------------------------ */

/* SimpleITK's DICOMOrient or nibabel's as_reoriented give these: x of the result is z backwards, y is x, z is y. */
static void order_moves_voxels_and_geometry(void **state)
{
    static const sep_order order = {.axis = {2, 0, 1}, .flipped = {true, false, false}};
    sep_labels labels = make_labels(3, 4, 5);

    (void)state;
    assert_int_equal(sep_labels_reorder(&labels, &order), SEP_OK);
    assert_int_equal(labels.width, 3);
    assert_int_equal(labels.height, 5);
    assert_int_equal(labels.depth, 4);
    assert_true(labels.spacing[0] == 8.0f && labels.spacing[1] == 1.5f && labels.spacing[2] == 2.0f);
    static const double affine[3][4] = {{0, 1.5, 0, -7}, {0, 0, 2, 3}, {-8, 0, 0, 13 + 16}};
    assert_memory_equal(labels.affine, affine, sizeof affine);
    /* (x, y, z) = (1, 3, 2) was (3, 2, 1) */
    assert_int_equal(labels.data[(2 * 5 + 3) * 3 + 1], (1 * 4 + 2) * 5 + 3);
    sep_labels_free(&labels);
}

static const int PERMUTATIONS[6][3] = {{0, 1, 2}, {1, 0, 2}, {0, 2, 1}, {2, 1, 0}, {1, 2, 0}, {2, 0, 1}};

/* All 48, of a grid that is oblique too: found, undone to the bit, and seen as the same place. */
static void every_order_is_found_and_undone(void **state)
{
    (void)state;
    for (int p = 0; p < 6; p++)
        for (int flips = 0; flips < 8; flips++) {
            sep_order order = {.flipped = {flips & 1, flips & 2, flips & 4}};
            sep_labels labels = make_labels(3, 4, 5), other;
            sep_space space;

            memcpy(order.axis, PERMUTATIONS[p], sizeof order.axis);
            turn(&labels, 0, 25.0);
            turn(&labels, 2, 40.0);
            other = copy_of(&labels);
            assert_int_equal(sep_labels_reorder(&other, &order), SEP_OK);
            space = compare(&labels, &other);
            assert_int_equal(space.relation, p + flips == 0 ? SEP_SPACE_SAME : SEP_SPACE_REORDERED);
            const sep_order inverse = sep_order_inverse(&order);
            assert_memory_equal(space.order.axis, inverse.axis, sizeof inverse.axis);
            assert_memory_equal(space.order.flipped, inverse.flipped, sizeof inverse.flipped);

            const sep_volume grid = sep_labels_grid(&labels);
            assert_int_equal(sep_labels_match(&grid, &other, &space), SEP_OK);
            assert_same_labels(&labels, &other, 1e-9);
            sep_labels_free(&other);
            sep_labels_free(&labels);
        }
}

static void volumes_keep_their_bits(void **state)
{
    static const sep_order order = {.axis = {1, 2, 0}, .flipped = {true, false, true}};
    const sep_order inverse = sep_order_inverse(&order);
    sep_volume volume = image_example(), same = image_example();

    (void)state;
    assert_int_equal(sep_volume_reorder(&volume, &order), SEP_OK);
    assert_int_equal(volume.width, 4);
    assert_int_equal(volume.depth, 5);
    assert_int_equal(sep_volume_reorder(&volume, &inverse), SEP_OK);
    assert_same_volume(&volume, &same, 1e-12);
    sep_volume_free(&volume);
    sep_volume_free(&same);
}

static void without_geometry_only_voxels_move(void **state)
{
    static const sep_order order = {.axis = {1, 0, 2}, .flipped = {false, true, false}};
    static const double identity[3][4] = {{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}};
    sep_labels labels;

    (void)state;
    assert_int_equal(sep_labels_create(&labels, 1, 2, 3), SEP_OK);
    for (int k = 0; k < 6; k++)
        labels.data[k] = (uint8_t)k;
    assert_int_equal(sep_labels_reorder(&labels, &order), SEP_OK);
    static const uint8_t turned[6] = {2, 5, 1, 4, 0, 3};
    assert_memory_equal(labels.data, turned, sizeof turned);
    assert_memory_equal(labels.affine, identity, sizeof identity);
    sep_labels_free(&labels);
}

/* ---- relations --------------------------------------------------------------------------------------------------- */

static void tolerance_is_a_tenth_of_the_shortest_edge(void **state)
{
    sep_labels labels = make_labels(3, 40, 50), other = copy_of(&labels);

    (void)state;
    other.affine[2][3] += 0.149;
    assert_int_equal(compare(&labels, &other).relation, SEP_SPACE_SAME);
    other.affine[2][3] += 0.002;
    const sep_space space = compare(&labels, &other);
    assert_int_equal(space.relation, SEP_SPACE_ELSEWHERE);
    assert_true(fabs(space.origin - 0.151) < 1e-9);
    assert_string_equal(space.text, "origins 0.151 mm apart, axes up to 0.00 degrees apart, voxels of 1.5 x 2 x 8 and "
                                    "1.5 x 2 x 8 mm");
    sep_labels_free(&other);
    sep_labels_free(&labels);
}

/* What an angle or another spacing moves is measured at the far end: 49 voxels of 1.5 mm away. */
static void far_corners_decide(void **state)
{
    sep_labels labels = make_labels(1, 1, 50), other = copy_of(&labels);

    (void)state;
    other.affine[0][0] = 1.5 + 0.149 / 49;
    assert_int_equal(compare(&labels, &other).relation, SEP_SPACE_SAME);
    other.affine[0][0] = 1.5 + 0.151 / 49;
    assert_int_equal(compare(&labels, &other).relation, SEP_SPACE_ELSEWHERE);
    other.affine[0][0] = 1.5;
    for (int row = 0; row < 3; row++)
        labels.affine[row][3] = other.affine[row][3] = 0.0;
    turn(&other, 2, 0.1);
    assert_int_equal(compare(&labels, &other).relation, SEP_SPACE_SAME);
    turn(&other, 2, 0.1);
    const sep_space space = compare(&labels, &other);
    assert_int_equal(space.relation, SEP_SPACE_ELSEWHERE);
    assert_true(fabs(space.degrees - 0.2) < 1e-6);
    sep_labels_free(&other);
    sep_labels_free(&labels);
}

/* Mirrored in its header and shifted too: elsewhere, with the half turn in the text. */
static void shifted_orders_are_elsewhere(void **state)
{
    static const sep_order mirrored = {.axis = {0, 1, 2}, .flipped = {true, false, false}};
    sep_labels labels = make_labels(3, 4, 5), other = copy_of(&labels);
    const sep_volume grid = sep_labels_grid(&labels);
    sep_space space;

    (void)state;
    assert_int_equal(sep_labels_reorder(&other, &mirrored), SEP_OK);
    other.affine[1][3] += 4.0;
    assert_int_equal(sep_labels_match(&grid, &other, &space), SEP_OK);
    assert_int_equal(space.relation, SEP_SPACE_ELSEWHERE);
    assert_non_null(strstr(space.text, "180.00 degrees"));
    assert_int_equal(other.data[0], 4); /* as it was */
    sep_labels_free(&other);
    sep_labels_free(&labels);
}

static void sizes_and_missing_geometry(void **state)
{
    sep_labels labels = make_labels(3, 4, 5), other = make_labels(3, 4, 6), bare;

    (void)state;
    assert_int_equal(compare(&labels, &other).relation, SEP_SPACE_OTHER_SIZE);
    assert_int_equal(sep_labels_create(&bare, 3, 4, 5), SEP_OK);
    assert_int_equal(compare(&labels, &bare).relation, SEP_SPACE_UNKNOWN);
    const sep_space space = compare(&bare, &labels);
    assert_int_equal(space.relation, SEP_SPACE_UNKNOWN);
    assert_true(sep_order_is_stored(&space.order));
    sep_labels_free(&bare);
    sep_labels_free(&other);
    sep_labels_free(&labels);
}

/* A single slice whose thickness, or the side that it is looked at from, another program has lost. */
static void thickness_of_one_slice_does_not_count(void **state)
{
    sep_labels labels = make_labels(1, 4, 5), other = copy_of(&labels);

    (void)state;
    other.affine[2][2] = -1.0;
    other.spacing[2] = 1.0f;
    assert_int_equal(compare(&labels, &other).relation, SEP_SPACE_SAME);
    sep_labels_free(&other);
    sep_labels_free(&labels);
}

/* ---- orientations ------------------------------------------------------------------------------------------------ */

static sep_orientation orientation_of(const sep_labels *labels)
{
    const sep_volume grid = sep_labels_grid(labels);

    return sep_orientation_of(&grid);
}

static void codes(void **state)
{
    static const sep_order order = {.axis = {2, 0, 1}, .flipped = {true, false, true}};
    sep_labels labels = make_labels(2, 2, 2);
    sep_orientation orientation = orientation_of(&labels);
    char code[4];

    (void)state;
    sep_orientation_code(&orientation, code);
    assert_string_equal(code, "RAS");
    assert_int_equal(sep_labels_reorder(&labels, &order), SEP_OK);
    turn(&labels, 1, 20.0);
    orientation = orientation_of(&labels);
    sep_orientation_code(&orientation, code);
    assert_string_equal(code, "IRP");
    orientation.known = false;
    sep_orientation_code(&orientation, code);
    assert_string_equal(code, "???");
    sep_labels_free(&labels);
}

/* Stored in `order` and turned by `degrees` about the body's axis `about`: what brings that back to RAS. */
static bool order_to_ras(const sep_order *order, int about, double degrees, sep_order *back)
{
    sep_labels ras = make_labels(2, 2, 2), other = copy_of(&ras);

    assert_int_equal(sep_labels_reorder(&other, order), SEP_OK);
    turn(&other, about, degrees);
    const sep_orientation wanted = orientation_of(&ras);
    const sep_volume grid = sep_labels_grid(&other);
    const bool clear = sep_orientation_order(&wanted, &grid, back);
    sep_labels_free(&other);
    sep_labels_free(&ras);
    return clear;
}

static void order_for_an_orientation(void **state)
{
    static const sep_order las = {.axis = {0, 1, 2}, .flipped = {true, false, false}};
    static const sep_order sagittal = {.axis = {2, 1, 0}, .flipped = {false, true, true}};
    sep_order back;

    (void)state;
    assert_true(order_to_ras(&las, 2, 29.0, &back));
    assert_memory_equal(back.axis, sep_order_stored.axis, sizeof back.axis);
    assert_true(back.flipped[0] && !back.flipped[1] && !back.flipped[2]);
    assert_true(order_to_ras(&sagittal, 0, 10.0, &back));
    assert_int_equal(back.axis[2], 0);
    assert_true(back.flipped[0] && back.flipped[1] && !back.flipped[2]);

    /* between two: as stored, and said where another would have been nearer */
    assert_false(order_to_ras(&las, 2, 31.0, &back));
    assert_true(sep_order_is_stored(&back));
    assert_false(order_to_ras(&sagittal, 1, 40.0, &back));
    assert_true(sep_order_is_stored(&back));
    assert_true(order_to_ras(&sep_order_stored, 0, 44.0, &back));
    assert_true(sep_order_is_stored(&back));
    assert_false(order_to_ras(&sep_order_stored, 0, 46.0, &back));

    /* the slicing axis is clear, the plane is not: slices come right */
    assert_true(order_to_ras(&sagittal, 2, 44.0, &back));
    assert_int_equal(back.axis[2], 0);
}

/* Two-dimensional pictures of several views: each is one slice, whatever the others are. */
static void single_slices_are_not_cut(void **state)
{
    static const sep_order sagittal = {.axis = {1, 2, 0}}, mirrored = {.axis = {0, 1, 2}, .flipped = {true}};
    sep_labels labels = make_labels(5, 4, 1);
    const sep_orientation ras = orientation_of(&labels);
    sep_volume grid;
    sep_order back;

    (void)state;
    assert_int_equal(sep_labels_reorder(&labels, &sagittal), SEP_OK);
    assert_int_equal(labels.depth, 1);
    grid = sep_labels_grid(&labels);
    assert_false(sep_orientation_order(&ras, &grid, &back));
    assert_true(sep_order_is_stored(&back));
    const sep_orientation own = sep_orientation_of(&grid);
    assert_int_equal(sep_labels_reorder(&labels, &mirrored), SEP_OK);
    grid = sep_labels_grid(&labels);
    assert_true(sep_orientation_order(&own, &grid, &back));
    assert_true(back.flipped[0] && back.axis[2] == 2);
    sep_labels_free(&labels);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_moves_voxels_and_geometry),
        cmocka_unit_test(every_order_is_found_and_undone),
        cmocka_unit_test(volumes_keep_their_bits),
        cmocka_unit_test(without_geometry_only_voxels_move),
        cmocka_unit_test(tolerance_is_a_tenth_of_the_shortest_edge),
        cmocka_unit_test(far_corners_decide),
        cmocka_unit_test(shifted_orders_are_elsewhere),
        cmocka_unit_test(sizes_and_missing_geometry),
        cmocka_unit_test(thickness_of_one_slice_does_not_count),
        cmocka_unit_test(codes),
        cmocka_unit_test(order_for_an_orientation),
        cmocka_unit_test(single_slices_are_not_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
