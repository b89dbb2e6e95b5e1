/* Registered label maps as supervision for volumes without labels. */
#include "septum/registration.h"

sep_status sep_registered_labels_write(const char *path, const sep_labels *labelled,
                                       const sep_spatial_transform *transform, const sep_volume *unlabelled,
                                       const char *source, const sep_warp_options *options)
{
    const sep_warp_options how = {.threads = options->threads, .simd = options->simd, .device = options->device};
    sep_labels carried;

    if (source[0] == '\0')
        return sep_fail(SEP_ERR_ARGUMENT, "%s: registered labels need the name of the volume they come from", path);
    SEP_TRY(sep_warp_labels(labelled, transform, unlabelled, &how, &carried));
    sep_status status = sep_hdf5_write_derived(path, &carried, source);
    sep_labels_free(&carried);
    return status;
}
