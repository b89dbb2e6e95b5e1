/* The inner kernels. A family is a table of functions that one header describes (simd/<family>.h), that plain C defines
 * (simd/generic/<family>.c) and that vectors repeat bit for bit (simd/vector/<family>.c, compiled once per instruction
 * set). A sep_simd puts one table of each family together; the device picks one sep_simd at start-up.
 *
 * A new family: its header, its two files, and one line in SEP_SIMD_FAMILIES. */
#ifndef SEPTUM_SIMD_SIMD_H
#define SEPTUM_SIMD_SIMD_H

#include "simd/families.h"

typedef struct sep_simd {
    const char *name; /* "generic", "avx2", "avx512", "neon" */
#define SEP_SIMD_MEMBER(family) const sep_simd_##family *family;
    SEP_SIMD_FAMILIES(SEP_SIMD_MEMBER)
#undef SEP_SIMD_MEMBER
} sep_simd;

#if defined(__x86_64__)
#define SEP_SIMD_TABLES(X) X(avx512) X(avx2) X(generic)
#elif defined(__aarch64__)
#define SEP_SIMD_TABLES(X) X(neon) X(generic)
#else
#define SEP_SIMD_TABLES(X) X(generic)
#endif

#endif
