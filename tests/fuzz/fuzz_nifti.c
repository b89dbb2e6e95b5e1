/* NIfTI files, plain or in gzip. */
#include "read_image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return read_image("input.nii", data, size);
}
