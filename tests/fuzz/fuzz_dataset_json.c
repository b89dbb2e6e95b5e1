/* nnU-Net's dataset.json: whatever the bytes, either an error with a text or classes 0 .. n-1 with names. */
#include "data/nnunet.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sep_nnunet_manifest manifest;

    if (sep_nnunet_parse((const char *)data, size, "dataset.json", &manifest) != SEP_OK) {
        if (sep_error_text()[0] == '\0')
            abort();
    } else if (manifest.classes < 2 || manifest.class_names.count != manifest.classes || manifest.file_ending == NULL ||
               manifest.label.count != manifest.image.count || manifest.name.count != manifest.image.count ||
               manifest.training_count == 0) {
        abort();
    }
    sep_nnunet_free(&manifest);
    return 0;
}
