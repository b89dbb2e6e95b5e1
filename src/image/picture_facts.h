/* Private to src/image: what stands in a PNG or JPEG file beside its pixels, found by the checks that come before the
 * decoder. */
#ifndef SEPTUM_IMAGE_PICTURE_FACTS_H
#define SEPTUM_IMAGE_PICTURE_FACTS_H

#include "septum/base.h"

/* Pointers lead into the file's bytes. */
typedef struct sep_picture_facts {
    int orientation;        /* Exif's, 1 to 8; 1 is as stored, and stands where the file says nothing */
    const uint8_t *palette; /* PLTE of a palette picture: three bytes a colour; NULL for any other picture */
    int colours;
    const uint8_t *opacity; /* its tRNS: one byte for each of the first `opacities` colours; NULL without */
    int opacities;
    const uint8_t *note; /* the text of a tEXt chunk of septum's; NULL without */
    size_t note_bytes;
} sep_picture_facts;

/* Fills the facts, or fails over what is wrong with the file that the decoder would not notice. What the decoder
 * refuses is left to it. */
sep_status sep_jpeg_check(const char *path, const uint8_t *bytes, size_t count,
                          sep_picture_facts *facts) SEP_MUST_CHECK;
sep_status sep_png_check(const char *path, const uint8_t *bytes, size_t count, sep_picture_facts *facts) SEP_MUST_CHECK;

/* Makes a checked palette picture one of grey, which the decoder does not put through the palette: each sample comes
 * out as its index times what is handed back. (stb_image gives no indices. So the file is told to be what it would be
 * without its palette, rather than unpacked by a second decoder.) */
int sep_png_show_indices(uint8_t *bytes);

/* The orientation that a block of Exif data (a small TIFF file) gives; 1 where it gives none, or none that is defined.
 */
int sep_exif_orientation(const uint8_t *tiff, size_t count);

#endif
