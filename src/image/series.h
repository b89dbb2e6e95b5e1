/* Private to src/image: a volume as PNG files NAME_000.png, NAME_001.png, ..., a slice each, for NAME.png. */
#ifndef SEPTUM_IMAGE_SERIES_H
#define SEPTUM_IMAGE_SERIES_H

#include "image/formats.h"

/* The file names (without folder) that there are for such a path, in the order of slices; suffixes in upper or lower
 * case. A slice that is missing between others, or is there twice, is an error that names it; none at all is none. */
sep_status sep_series_find(const char *path, sep_strings *names) SEP_MUST_CHECK;
/* All slices. A series that septum wrote must be whole, and of one writing. */
sep_status sep_series_read(const char *path, const sep_strings *names, const sep_pixel_use *use,
                           sep_volume *volume) SEP_MUST_CHECK;

/* Makes the bytes of slice z; freed with sep_free. */
typedef sep_status (*sep_slice_encoder)(void *context, int z, const char *note, void **bytes, size_t *count);
/* Writes `depth` slices, all before the first is put in its place. `fingerprint` tells this series from another of that
 * name: of the voxels. */
sep_status sep_series_write(const char *path, int depth, uint64_t fingerprint, sep_slice_encoder encode,
                            void *context) SEP_MUST_CHECK;

#endif
