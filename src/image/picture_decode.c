/* stb_image, kept inside this file: nothing of it is visible outside. */
#include "config.h"

#if SEP_HAVE_STB

#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wunused-function" /* stb_image declares more than it defines */
#endif

#include "image/picture_decode.h"

#include <stdlib.h>
#include <string.h>

/* stb_image copies no bytes to no place where a chunk is empty, which memcpy does not allow. */
static void *copy_bytes(void *to, const void *from, size_t count)
{
    return count > 0 ? memcpy(to, from, count) : to;
}
#define memcpy copy_bytes

/* Zeroed, because some versions read tables that the file did not define. Asked for in one piece at a time, and refused
 * where one is more than files may ask for: what a PNG unpacks to is not bounded by the size that it claims. */
static void *allocate(size_t size)
{
    return sep_memory_check(size) == SEP_OK ? calloc(1, size) : NULL;
}

static void *reallocate(void *memory, size_t size)
{
    return sep_memory_check(size) == SEP_OK ? realloc(memory, size) : NULL;
}

#define STBI_MALLOC(size)          allocate(size)
#define STBI_REALLOC(memory, size) reallocate(memory, size)
#define STBI_FREE(memory)          free(memory)
#define STBI_ONLY_PNG
#define STBI_ONLY_JPEG
#define STBI_NO_STDIO
#define STBI_NO_LINEAR
#define STBI_NO_HDR
#define STBI_FAILURE_USERMSG
#define STB_IMAGE_STATIC
#define STB_IMAGE_IMPLEMENTATION
#include <stb_image.h>

bool sep_picture_inspect(const uint8_t *bytes, int count, sep_pixels *pixels)
{
    pixels->data = NULL;
    if (!stbi_info_from_memory(bytes, count, &pixels->width, &pixels->height, &pixels->channels))
        return false;
    pixels->sixteen = stbi_is_16_bit_from_memory(bytes, count) != 0;
    return true;
}

bool sep_picture_decode(const uint8_t *bytes, int count, sep_pixels *pixels)
{
    int *width = &pixels->width, *height = &pixels->height, *channels = &pixels->channels;

    if (pixels->sixteen)
        pixels->data = stbi_load_16_from_memory(bytes, count, width, height, channels, 0);
    else
        pixels->data = stbi_load_from_memory(bytes, count, width, height, channels, 0);
    return pixels->data != NULL;
}

void sep_picture_release(sep_pixels *pixels)
{
    stbi_image_free(pixels->data);
    pixels->data = NULL;
}

const char *sep_picture_reason(void)
{
    const char *reason = stbi_failure_reason();

    return reason ? reason : "unknown reason";
}

#endif
