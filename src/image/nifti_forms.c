/* How the two forms of a NIfTI header place voxels, and the forms of a grid that has none. The rule is ITK's since 5.3
 * (NiftiImageIO::SetImageIOOrientationFromNIfTI), so that a scan lies where ITK, ITK-SNAP, ANTs and 3D Slicer see it;
 * the quaternion arithmetic is nifticlib's. */
#include "config.h"

#if SEP_HAVE_NIFTI && SEP_HAVE_ZLIB

#include "image/nifti.h"

#include <math.h>
#include <nifti1_io.h>
#include <stdatomic.h>
#include <string.h>

/* ITK's, for directions that are orthogonal, and for forms that say the same. */
static const double SAME_DIRECTION = 1e-4;
/* Of a voxel's size: what float32 leaves open; and what a sform may differ from pixdim by before it is worth a word. */
static const double SAME_SIZE = 1e-6, WORTH_A_WARNING = 1e-3;

/* ---- what each form says, in mm ---------------------------------------------------------------------------------- */

/* The size of a voxel that pixdim states; 0 where it states none. */
static double stated_size(const sep_forms *forms, int axis)
{
    const double size = fabs(forms->pixdim[axis + 1]) * sep_forms_unit(forms);

    return isfinite(size) ? size : 0.0;
}

static bool take_sform(const sep_forms *forms, double affine[3][4])
{
    if (forms->sform_code <= 0)
        return false;
    for (int i = 0; i < 12; i++)
        affine[i / 4][i % 4] = forms->sform[i / 4][i % 4] * sep_forms_unit(forms);
    return sep_affine_is_usable((const double(*)[4])affine);
}

static bool take_qform(const sep_forms *forms, double affine[3][4])
{
    const double *q = forms->quaternion, *offset = forms->offset;
    float size[3];

    if (forms->qform_code <= 0)
        return false;
    for (int axis = 0; axis < 3; axis++)
        size[axis] = stated_size(forms, axis) > 0.0 ? (float)fabs(forms->pixdim[axis + 1]) : 1.0f;
    const mat44 m =
        nifti_quatern_to_mat44((float)q[0], (float)q[1], (float)q[2], (float)offset[0], (float)offset[1],
                               (float)offset[2], size[0], size[1], size[2], forms->pixdim[0] < 0.0 ? -1.0f : 1.0f);
    for (int i = 0; i < 12; i++)
        affine[i / 4][i % 4] = (double)m.m[i / 4][i % 4] * sep_forms_unit(forms);
    return sep_affine_is_usable((const double(*)[4])affine);
}

/* ---- which one counts -------------------------------------------------------------------------------------------- */

static double length(const double affine[3][4], int axis)
{
    return sqrt(affine[0][axis] * affine[0][axis] + affine[1][axis] * affine[1][axis] +
                affine[2][axis] * affine[2][axis]);
}

static bool is_orthogonal(const double affine[3][4])
{
    for (int a = 0; a < 3; a++) {
        const int b = (a + 1) % 3;
        const double dot = affine[0][a] * affine[0][b] + affine[1][a] * affine[1][b] + affine[2][a] * affine[2][b];

        if (fabs(dot) > SAME_DIRECTION * length(affine, a) * length(affine, b))
            return false;
    }
    return true;
}

/* Whether two forms have the same directions and the same origin. */
static bool are_alike(const double one[3][4], const double other[3][4])
{
    for (int row = 0; row < 3; row++) {
        for (int axis = 0; axis < 3; axis++)
            if (fabs(one[row][axis] / length(one, axis) - other[row][axis] / length(other, axis)) > SAME_DIRECTION)
                return false;
        if (fabs(one[row][3] - other[row][3]) > SAME_DIRECTION)
            return false;
    }
    return true;
}

static bool choose_form(const sep_forms *forms, double affine[3][4])
{
    double qform[3][4], sform[3][4];
    const bool has_q = take_qform(forms, qform), has_s = take_sform(forms, sform);
    const bool s_counts = has_s && is_orthogonal((const double(*)[4])sform) &&
                          (forms->sform_code == NIFTI_XFORM_SCANNER_ANAT ||
                           (has_q && are_alike((const double(*)[4])qform, (const double(*)[4])sform)));

    if (has_q || has_s)
        memcpy(affine, s_counts || !has_q ? sform : qform, sizeof sform);
    return has_q || has_s;
}

/* Whether a header without a form says more than a volume without geometry would. */
static bool states_sizes(const sep_forms *forms)
{
    bool states = forms->units != NIFTI_UNITS_UNKNOWN;

    for (int axis = 0; axis < 3; axis++)
        states = states || (stated_size(forms, axis) > 0.0 && fabs(forms->pixdim[axis + 1]) != 1.0);
    return states;
}

/* ---- the place of a grid ----------------------------------------------------------------------------------------- */

void sep_nifti_place(const sep_forms *forms, sep_volume *grid)
{
    double affine[3][4];
    float spacing[3];

    sep_affine_unplaced(affine);
    if (!choose_form(forms, affine) && !states_sizes(forms))
        return;
    for (int axis = 0; axis < 3; axis++) {
        const double size = stated_size(forms, axis), has = length((const double(*)[4])affine, axis);

        spacing[axis] = (float)(size > 0.0 ? size : has);
        for (int row = 0; row < 3 && size > 0.0 && fabs(size - has) > SAME_SIZE * has; row++)
            affine[row][axis] *= size / has;
    }
    if (!sep_affine_is_usable((const double(*)[4])affine))
        return;
    memcpy(grid->affine, affine, sizeof affine);
    memcpy(grid->spacing, spacing, sizeof spacing);
    grid->has_geometry = true;
    grid->forms = *forms;
}

/* Some files are read more than once. Where two names share a place of the table, a warning comes again. */
static bool is_new(const char *path)
{
    static _Atomic uint64_t seen[4096];
    const uint64_t hash = sep_hash(SEP_HASH_START, path, strlen(path));
    _Atomic uint64_t *place = &seen[hash % (sizeof seen / sizeof *seen)];

    return atomic_exchange(place, hash) != hash;
}

void sep_nifti_warn_of_scale(const char *path, const sep_forms *forms)
{
    double sform[3][4], says[3], has[3];
    bool differs = false;

    if (!take_sform(forms, sform))
        return;
    for (int axis = 0; axis < 3; axis++) {
        has[axis] = length((const double(*)[4])sform, axis);
        says[axis] = stated_size(forms, axis) > 0.0 ? stated_size(forms, axis) : has[axis];
        differs = differs || fabs(says[axis] - has[axis]) > WORTH_A_WARNING * says[axis];
    }
    if (differs && is_new(path))
        sep_log(SEP_LOG_WARNING,
                "%s: voxels are of %g x %g x %g mm by pixdim, but of %g x %g x %g mm by the sform: pixdim is taken, as "
                "ITK does",
                path, says[0], says[1], says[2], has[0], has[1], has[2]);
}

/* ---- forms to write ---------------------------------------------------------------------------------------------- */

/* Whoever changes the affine of a volume need not know of forms. */
static bool still_hold(const sep_volume *grid)
{
    const double smallest = (double)fminf(grid->spacing[0], fminf(grid->spacing[1], grid->spacing[2]));
    sep_volume placed = {0};

    if (!grid->forms.known)
        return false;
    sep_nifti_place(&grid->forms, &placed);
    if (!placed.has_geometry)
        return false;
    for (int i = 0; i < 12; i++) {
        const double value = grid->affine[i / 4][i % 4];

        if (!(fabs(placed.affine[i / 4][i % 4] - value) <= 1e-4 * smallest + 1e-6 * fabs(value)))
            return false;
    }
    return true;
}

static sep_forms make_forms(const sep_volume *grid)
{
    sep_forms forms = {.known = true,
                       .qform_code = NIFTI_XFORM_SCANNER_ANAT,
                       .sform_code = NIFTI_XFORM_SCANNER_ANAT,
                       .units = NIFTI_UNITS_MM,
                       .pixdim = {1.0, (double)grid->spacing[0], (double)grid->spacing[1], (double)grid->spacing[2]}};
    float q[3], offset[3], size[3], qfac;
    mat44 matrix = {{{0}}};

    memcpy(forms.sform, grid->affine, sizeof forms.sform);
    for (int i = 0; i < 12; i++)
        matrix.m[i / 4][i % 4] = (float)grid->affine[i / 4][i % 4];
    matrix.m[3][3] = 1.0f;
    nifti_mat44_to_quatern(matrix, &q[0], &q[1], &q[2], &offset[0], &offset[1], &offset[2], &size[0], &size[1],
                           &size[2], &qfac);
    forms.pixdim[0] = (double)qfac;
    for (int i = 0; i < 3; i++) {
        forms.quaternion[i] = (double)q[i];
        forms.offset[i] = (double)offset[i];
    }
    return forms;
}

sep_forms sep_nifti_forms_of(const sep_volume *grid)
{
    if (!grid->has_geometry) /* codes 0 and no unit, so that nobody takes voxels for millimetres */
        return (sep_forms){
            .pixdim = {1.0, (double)grid->spacing[0], (double)grid->spacing[1], (double)grid->spacing[2]}};
    return still_hold(grid) ? grid->forms : make_forms(grid);
}

#endif
