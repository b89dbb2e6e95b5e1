/* Which program's field of vectors a NIfTI file holds. */
#include "image/formats.h"

#include <math.h>
#include <string.h>
#include <strings.h>

/* Codes of nifti1.h, and those that FSL adds to them. */
enum { NONE = 0, DISPVECT = 1006, VECTOR = 1007 };

static const struct {
    int intent;
    const char *name;
} of_fsl[] = {
    {2006, "a displacement field of FSL (fnirt)"},        {2007, "cubic B-spline coefficients of FSL (fnirt)"},
    {2008, "cosine coefficients of FSL (fnirt)"},         {2009, "quadratic B-spline coefficients of FSL (fnirt)"},
    {2016, "cubic B-spline coefficients of FSL (topup)"}, {2017, "quadratic B-spline coefficients of FSL (topup)"},
    {2018, "an off-resonance field of FSL (topup)"},
};

/* By intent_p1, NREG_TRANS_TYPE of NiftyReg. */
static const char *const of_niftyreg[] = {
    NULL, /* deformation: positions */
    NULL, /* displacement */
    "a cubic B-spline grid",
    "a velocity field",
    "a velocity field of displacements",
    "a velocity grid",
    "a linear B-spline grid",
};

/* FSL's vectors lie along the voxel axes of its own, and lead to those of an image that the file doesn't name. */
static sep_status refuse_fsl(const char *path, const sep_field_label *label)
{
    for (size_t i = 0; i < sizeof of_fsl / sizeof *of_fsl; i++)
        if (label->intent == of_fsl[i].intent)
            return sep_fail(SEP_ERR_UNSUPPORTED,
                            "%s: %s, whose axes depend on the images that it was made from; make an ITK field of it "
                            "(wb_command -convert-warpfield -from-fnirt FIELD MOVING -to-itk OUT)",
                            path, of_fsl[i].name);
    return SEP_OK;
}

static sep_status find_niftyreg(const char *path, const sep_field_label *label, sep_field_kind *kind)
{
    const int known = (int)(sizeof of_niftyreg / sizeof *of_niftyreg);
    const int type = label->parameter >= 0.0 && label->parameter < known ? (int)label->parameter : known;

    *kind = type == 0 ? SEP_FIELD_POSITIONS : SEP_FIELD_RAS;
    if (type < 2)
        return SEP_OK;
    return sep_fail(SEP_ERR_UNSUPPORTED,
                    "%s: %s of NiftyReg (intent_p1 %g); make a deformation of it (reg_transform -ref FIXED -def FILE "
                    "OUT)",
                    path, type < known ? of_niftyreg[type] : "an unknown kind of transformation", label->parameter);
}

static bool holds(const char *text, const char *word)
{
    const size_t length = strlen(word);

    for (; *text != '\0'; text++)
        if (strncasecmp(text, word, length) == 0)
            return true;
    return false;
}

/* SPM's programs write descriptions, and not all of them an intent. What flows is a velocity, in voxels; a deformation
 * that is work in progress is in voxels too. */
static sep_status find_spm(const char *path, const sep_field_label *label, sep_field_kind *kind)
{
    const char *says = label->description;

    if (holds(says, "flow field") || holds(says, "velocity") || holds(says, "deformation (wip)"))
        return sep_fail(SEP_ERR_UNSUPPORTED,
                        "%s: '%s' of SPM, no deformation in mm; make one of it (y_*.nii) with SPM's Deformations", path,
                        says);
    if (strcasecmp(label->name, "mapping") == 0 || holds(says, "deformation"))
        *kind = SEP_FIELD_POSITIONS;
    return SEP_OK;
}

sep_status sep_field_find_kind(const char *path, const sep_field_label *label, sep_field_kind *kind)
{
    *kind = label->intent == DISPVECT ? SEP_FIELD_RAS : SEP_FIELD_LPS;
    SEP_TRY(refuse_fsl(path, label));
    if (strcmp(label->name, "NREG_TRANS") == 0)
        return find_niftyreg(path, label, kind);
    if (label->intent == DISPVECT)
        return SEP_OK;
    if (label->volumes == 3)
        return sep_fail(SEP_ERR_FORMAT,
                        "%s: is no displacement field: three volumes along the fourth axis, as FSL and MRtrix keep "
                        "fields of their own; the components of ITK's lie along the fifth",
                        path);
    if (label->intent != NONE && label->intent != VECTOR)
        return sep_fail(SEP_ERR_FORMAT, "%s: is no displacement field: its intent is %d, not %d (vectors)", path,
                        label->intent, VECTOR);
    return find_spm(path, label, kind);
}

/* ---- to displacements in RAS ------------------------------------------------------------------------------------- */

static size_t count_voxels(const sep_volume *grid)
{
    return (size_t)grid->depth * (size_t)grid->height * (size_t)grid->width;
}

void sep_field_turn(sep_field *field)
{
    const size_t count = 2 * count_voxels(&field->grid);

    for (size_t i = 0; i < count; i++)
        field->grid.data[i] = -field->grid.data[i];
}

static double world_of(const sep_volume *grid, int component, size_t voxel)
{
    const size_t width = (size_t)grid->width, height = (size_t)grid->height;
    const double *m = grid->affine[component];

    return m[0] * (double)(voxel % width) + m[1] * (double)(voxel / width % height) +
           m[2] * (double)(voxel / width / height) + m[3];
}

static void subtract_world(sep_field *field)
{
    const size_t count = count_voxels(&field->grid);

    for (int i = 0; i < 3; i++) {
        float *value = sep_field_component(field, i);

        for (size_t k = 0; k < count; k++)
            value[k] = (float)((double)value[k] - world_of(&field->grid, i, k));
    }
}

/* Of so many values. */
static double variance(double sum, double squares, double count)
{
    return squares / count - sum / count * (sum / count);
}

/* Displacements that grow by a millimetre a millimetre are none: without where the voxels lie they vary much less. What
 * all of them have in common doesn't count, for it may lead from one scanner's world to another's. */
static sep_status check_displacements(const char *path, const sep_field *field)
{
    const size_t count = count_voxels(&field->grid);
    double of_vectors = 0.0, without_world = 0.0;

    for (int i = 0; i < 3; i++) {
        const float *value = sep_field_component(field, i);
        double sum[2] = {0}, squares[2] = {0};

        for (size_t k = 0; k < count; k++) {
            const double as_is = (double)value[k], less = as_is - world_of(&field->grid, i, k);

            sum[0] += as_is;
            squares[0] += as_is * as_is;
            sum[1] += less;
            squares[1] += less * less;
        }
        of_vectors += variance(sum[0], squares[0], (double)count);
        without_world += variance(sum[1], squares[1], (double)count);
    }
    if (4.0 * without_world < of_vectors)
        return sep_fail(SEP_ERR_FORMAT,
                        "%s: its vectors look like positions, which the header doesn't say of them; where they are, "
                        "in mm and RAS, set intent_name to 'Mapping'",
                        path);
    return SEP_OK;
}

sep_status sep_field_convert(const char *path, sep_field_kind kind, sep_field *field)
{
    if (kind == SEP_FIELD_POSITIONS)
        subtract_world(field);
    if (kind != SEP_FIELD_LPS)
        return SEP_OK;
    SEP_TRY(check_displacements(path, field));
    sep_field_turn(field);
    return check_displacements(path, field);
}
