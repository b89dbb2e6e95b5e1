/* ITK's transform files: whatever the numbers, either an error or a transform that can be used on a volume. */
#include "input_file.h"
#include "use_transform.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_and_use_transform(input_file("input.tfm", data, size));
    return 0;
}
