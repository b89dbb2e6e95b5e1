/* The two forms of a NIfTI header, as they go along with a volume. What they mean is in nifti_forms.c. */
#include "image/formats.h"

#include <limits.h>
#include <math.h>
#include <string.h>

double sep_forms_unit(const sep_forms *forms)
{
    enum { METER = 1, MICRON = 3 }; /* nifti1.h, which a build without nifticlib lacks */

    return forms->units == METER ? 1000.0 : forms->units == MICRON ? 0.001 : 1.0;
}

static double sform_length(const sep_forms *forms, int axis)
{
    return sqrt(forms->sform[0][axis] * forms->sform[0][axis] + forms->sform[1][axis] * forms->sform[1][axis] +
                forms->sform[2][axis] * forms->sform[2][axis]);
}

void sep_forms_set_spacing(sep_forms *forms, const float spacing[3])
{
    for (int axis = 0; axis < 3; axis++) {
        const double size = (double)spacing[axis] / sep_forms_unit(forms);
        const double length = sform_length(forms, axis);

        forms->pixdim[axis + 1] = size;
        for (int row = 0; row < 3 && length > 0.0; row++)
            forms->sform[row][axis] *= size / length;
    }
}

/* ---- as numbers -------------------------------------------------------------------------------------------------- */

void sep_forms_to_numbers(const sep_forms *forms, double numbers[SEP_FORMS_NUMBERS])
{
    numbers[0] = forms->qform_code;
    numbers[1] = forms->sform_code;
    numbers[2] = forms->units;
    memcpy(numbers + 3, forms->pixdim, sizeof forms->pixdim);
    memcpy(numbers + 7, forms->quaternion, sizeof forms->quaternion);
    memcpy(numbers + 10, forms->offset, sizeof forms->offset);
    memcpy(numbers + 13, forms->sform, sizeof forms->sform);
}

sep_forms sep_forms_from_numbers(const double numbers[SEP_FORMS_NUMBERS])
{
    sep_forms forms = {.known = true};

    for (int i = 0; i < 3; i++)
        if (!(numbers[i] >= 0.0 && numbers[i] <= (i < 2 ? SHRT_MAX : 7)))
            return (sep_forms){0};
    forms.qform_code = (int)numbers[0];
    forms.sform_code = (int)numbers[1];
    forms.units = (int)numbers[2];
    memcpy(forms.pixdim, numbers + 3, sizeof forms.pixdim);
    memcpy(forms.quaternion, numbers + 7, sizeof forms.quaternion);
    memcpy(forms.offset, numbers + 10, sizeof forms.offset);
    memcpy(forms.sform, numbers + 13, sizeof forms.sform);
    return forms;
}
