/* The two forms of a NIfTI header, as they go along with a volume. What they mean is in nifti_forms.c. */
#include "image/formats.h"

#include <math.h>

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
