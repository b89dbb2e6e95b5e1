/* Volumes, labels and transforms: see support_warp.h. */
#include "support_warp.h"

#include "registration/transform/matrix.h"
#include "registration/transform/spline.h"

#include <math.h>
#include <string.h>

void warp_example_place(sep_volume *v, bool turned)
{
    const double c = turned ? sqrt(0.75) : 1.0, s = turned ? 0.5 : 0.0;
    const double affine[3][4] = {
        {0.8 * c, -0.75 * s, 0.0, -200.0}, {0.8 * s, 0.75 * c, 0.0, -150.0}, {0.0, 0.0, 2.5, 400.0}};

    memcpy(v->affine, affine, sizeof affine);
    v->spacing[0] = 0.8f;
    v->spacing[1] = 0.75f;
    v->spacing[2] = 2.5f;
    v->has_geometry = true;
}

sep_volume warp_example_volume(int depth, int height, int width)
{
    sep_volume v;

    assert_int_equal(sep_volume_create(&v, depth, height, width), SEP_OK);
    warp_example_place(&v, false);
    for (int i = 0; i < depth * height * width; i++)
        v.data[i] = (float)((i * 7919 + 13) % 1009) / 1009.0f;
    return v;
}

sep_spatial_transform warp_example_transform(const sep_volume *v, int cells, double amplitude)
{
    const double linear[3][3] = {{1.02, 0.05, 0.01}, {-0.04, 0.97, 0.02}, {0.01, -0.02, 1.01}};
    sep_spatial_transform t;

    sep_spatial_identity(&t);
    sep_volume_centre(v, t.centre);
    for (int i = 0; i < 3; i++) {
        t.matrix[i][3] = t.centre[i] + 1.5 * i - 2.0;
        for (int j = 0; j < 3; j++) {
            t.matrix[i][j] = linear[i][j];
            t.matrix[i][3] -= linear[i][j] * t.centre[j];
        }
    }
    if (cells > 0) {
        assert_int_equal(sep_spline_create(v, (const int[3]){cells, cells, cells}, &t.spline), SEP_OK);
        for (int i = 0; i < 3; i++)
            for (size_t n = 0; n < sep_spline_nodes(&t.spline); n++)
                t.spline.coefficient[i][n] = amplitude * sin((double)n * (1.7 + i));
    }
    return t;
}

sep_labels warp_example_labels(const sep_volume *over)
{
    sep_labels l;

    assert_int_equal(sep_labels_create(&l, over->depth, over->height, over->width), SEP_OK);
    sep_labels_take_geometry(&l, over);
    for (int z = 0; z < l.depth; z++)
        for (int y = 0; y < l.height; y++)
            for (int x = 0; x < l.width; x++)
                l.data[(z * l.height + y) * l.width + x] =
                    (uint8_t)((x - 20) * (x - 20) + (y - 20) * (y - 20) < 80 ? 1 + (x + z) / 20 : 0);
    return l;
}
