/* FNV-1a, 64 and 32 bits: names to stream numbers, files and weights to fingerprints. Not for secrets. */
#include "septum/base.h"

uint64_t sep_hash(uint64_t hash, const void *bytes, size_t count)
{
    const unsigned char *byte = bytes;

    for (size_t i = 0; i < count; i++)
        hash = (hash ^ byte[i]) * 0x100000001b3ULL;
    return hash;
}

uint32_t sep_stream(const char *name)
{
    uint32_t hash = 0x811c9dc5U;

    for (const char *c = name; *c != '\0'; c++)
        hash = (hash ^ (unsigned char)*c) * 0x01000193U;
    return hash;
}
