/* Transform files of other programs, which are not read, by what they begin with. */
#include "registration/files/itk_file.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *begins, *what;
} kinds[] = {
    {"\x89HDF\r\n\x1a\n", "a transform as HDF5, as ITK and ANTs write it; make a .tfm of it (SimpleITK: "
                          "WriteTransform(ReadTransform('x.h5'), 'x.tfm'))"},
    {"MNI Transform File", "a transform of MNI's tools (.xfm); make a .tfm of it (SimpleITK: "
                           "WriteTransform(ReadTransform('x.xfm'), 'x.tfm'))"},
    {"MATLAB 5.0", "a MATLAB file, as SPM writes it; make a deformation (y_*.nii) of it with SPM's Deformations"},
    {"# transform file",
     "a transform of FreeSurfer (.lta); make ITK's of it (lta_convert --inlta FILE --outitk OUT.txt)"},
    {"type ", "a transform of FreeSurfer (.lta); make ITK's of it (lta_convert --inlta FILE --outitk OUT.txt)"},
    {"NRRD000", "a field as NRRD; save it as NIfTI (.nii.gz)"},
    {"ObjectType", "a field as MetaImage; save it as NIfTI (.nii.gz)"},
    {"NDims", "a field as MetaImage; save it as NIfTI (.nii.gz)"},
};

/* Numbers and nothing else; -1 with anything else. */
static int count_numbers(const char *text)
{
    int numbers = 0;

    for (; text[strspn(text, " \t\r\n")] != '\0'; numbers++) {
        char *end;

        strtod(text, &end);
        if (end == text || (*end != '\0' && !isspace((unsigned char)*end)))
            return -1;
        text = end;
    }
    return numbers;
}

/* The fourth format of MATLAB, in which ANTs keeps affine maps: a variable's name, ITK's of the transform, stands
 * behind 20 bytes of sizes. */
static bool is_itk_matlab(const char *bytes, size_t count)
{
    return count > 20 && bytes[0] == '\0' && strstr(bytes + 20, "Transform") != NULL;
}

/* NULL where they are not known. */
static const char *name_of(const char *bytes, size_t count)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strncmp(bytes, kinds[i].begins, strlen(kinds[i].begins)) == 0)
            return kinds[i].what;
    if (bytes[0] == '(' && strstr(bytes, "(Transform \"") != NULL)
        return "parameters of elastix; make a field of them (transformix -def all -tp FILE -out FOLDER)";
    if (is_itk_matlab(bytes, count))
        return "a transform as MATLAB, as ITK and ANTs write it; make a .tfm of it (SimpleITK: "
               "WriteTransform(ReadTransform('x.mat'), 'x.tfm'))";
    switch (count_numbers(bytes)) {
    case 16:
        return "a matrix of 4 x 4 numbers, as FSL and NiftyReg write it; make ITK's of FSL's (c3d_affine_tool -ref "
               "FIXED "
               "-src MOVING FILE -fsl2ras -oitk OUT.tfm)";
    case 12:
        return "a matrix of 3 x 4 numbers, as AFNI writes it; make ITK's of it";
    default:
        return NULL;
    }
}

sep_status sep_refuse_foreign_transform(const char *path, const char *bytes, size_t count)
{
    const char *what = name_of(bytes, count);

    return what == NULL ? SEP_OK : sep_fail(SEP_ERR_UNSUPPORTED, "%s: is %s", path, what);
}
