/* Defaults of a registration's options, and what can't be registered to each other. */
#include "registration/search/register.h"

static sep_status check_pair(const sep_volume *fixed, const sep_volume *moving, sep_registration_metric metric)
{
    if ((fixed->depth == 1) != (moving->depth == 1))
        return sep_fail(
            SEP_ERR_SHAPE,
            "the fixed volume has %d slices, the moving one %d: a single slice can be registered to a single "
            "slice only",
            fixed->depth, moving->depth);
    if (metric == SEP_LOCAL_CORRELATION && (fixed->width < 4 || fixed->height < 4))
        return sep_fail(SEP_ERR_SHAPE, "local correlation needs slices of 4x4 voxels or more");
    return SEP_OK;
}

/* The fifth level has too few voxels to fill a joint histogram. */
int sep_levels_wanted(const sep_registration_options *options)
{
    if (options->levels != 0)
        return options->levels;
    return options->metric == SEP_MUTUAL_INFORMATION ? SEP_DEFAULT_LEVELS - 1 : SEP_DEFAULT_LEVELS;
}

sep_registration_options sep_registration_defaults(void)
{
    return (sep_registration_options){.kind = SEP_AFFINE,
                                      .bins = 32,
                                      .iterations = 250,
                                      .spline_iterations = 100,
                                      .samples = 4096,
                                      .spline_samples = 32768,
                                      .grid = 16.0,
                                      .strain = 0.003,
                                      .bending = 0.05,
                                      .jacobian = 0.05};
}

sep_tilt sep_registration_tilt(const sep_registration_options *options)
{
    return options->kind == SEP_DEFORMABLE && options->tilt == SEP_TILT_BY_DEPTH ? SEP_TILT_YES : options->tilt;
}

static void fill(int *value, int fallback)
{
    *value = *value != 0 ? *value : fallback;
}

static double weight_or(double weight, double fallback)
{
    return weight < 0.0 ? 0.0 : weight > 0.0 ? weight : fallback;
}

static void fill_defaults(const sep_volume *fixed, sep_registration_options *o)
{
    const sep_registration_options usual = sep_registration_defaults();

    fill(&o->bins, usual.bins);
    o->levels = sep_levels_wanted(o);
    o->tilt = sep_registration_tilt(o);
    fill(&o->iterations, usual.iterations);
    fill(&o->spline_iterations, usual.spline_iterations);
    fill(&o->samples, usual.samples);
    fill(&o->spline_samples, usual.spline_samples);
    fill(&o->threads, sep_thread_count(0));
    if (o->max_step == 0.0) {
        const float *spacing = fixed->spacing;
        const double in_plane = (double)spacing[0] + (double)spacing[1];

        o->max_step = fixed->depth > 1 ? (in_plane + (double)spacing[2]) / 3.0 : in_plane / 2.0;
    }
    o->grid = o->grid != 0.0 ? o->grid : usual.grid;
    o->strain = weight_or(o->strain, usual.strain);
    o->bending = weight_or(o->bending, usual.bending);
    o->jacobian = weight_or(o->jacobian, usual.jacobian);
}

sep_status sep_registration_settle(const sep_volume *fixed, const sep_volume *moving, sep_registration_options *o)
{
    fill_defaults(fixed, o);
    if (o->bins < 8 || o->bins > 128)
        return sep_fail(SEP_ERR_ARGUMENT, "%d bins: 8 to 128 are allowed", o->bins);
    if (o->levels < 1 || o->levels > SEP_MAX_LEVELS)
        return sep_fail(SEP_ERR_ARGUMENT, "%d levels: 1 to %d are allowed", o->levels, SEP_MAX_LEVELS);
    if (o->iterations < 1 || o->spline_iterations < 1 || o->threads < 1)
        return sep_fail(SEP_ERR_ARGUMENT, "iterations and threads must be positive");
    if (o->samples < 64 || o->spline_samples < 64 || o->samples > 1 << 24 || o->spline_samples > 1 << 24)
        return sep_fail(SEP_ERR_ARGUMENT, "64 to %d samples are allowed", 1 << 24);
    if (!(o->max_step > 0.0 && o->max_step < 1e9) || !(o->grid > 0.0 && o->grid < 1e9) || !(o->bending < 1e9) ||
        !(o->jacobian < 1e9))
        return sep_fail(SEP_ERR_ARGUMENT, "step, grid and weights must be positive numbers");
    return check_pair(fixed, moving, o->metric);
}
