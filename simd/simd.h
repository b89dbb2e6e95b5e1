/* The inner kernels. A family is a table of functions that one header describes (simd/<family>.h), that plain C defines
 * (simd/generic/<family>.c) and that vectors repeat bit for bit (simd/vector/<family>.c, compiled once per instruction
 * set). A sep_simd puts one table of each family together; the device picks one sep_simd at start-up.
 *
 * A new family: its header, its two files, and one line in SEP_SIMD_FAMILIES. */
#ifndef SEPTUM_SIMD_SIMD_H
#define SEPTUM_SIMD_SIMD_H

#include "config.h"
#include "simd/families.h"

typedef struct sep_simd {
    const char *name; /* "generic", "avx2", "avx512", "neon" */
#define SEP_SIMD_MEMBER(family) const sep_simd_##family *family;
    SEP_SIMD_FAMILIES(SEP_SIMD_MEMBER)
#undef SEP_SIMD_MEMBER
} sep_simd;

#if SEP_HAVE_AVX512
#define SEP_TABLE_AVX512(X) X(avx512)
#else
#define SEP_TABLE_AVX512(X)
#endif
#if SEP_HAVE_AVX2
#define SEP_TABLE_AVX2(X) X(avx2)
#else
#define SEP_TABLE_AVX2(X)
#endif
#if SEP_HAVE_NEON
#define SEP_TABLE_NEON(X) X(neon)
#else
#define SEP_TABLE_NEON(X)
#endif

/* The tables of this build, best first. */
#define SEP_SIMD_TABLES(X) SEP_TABLE_AVX512(X) SEP_TABLE_AVX2(X) SEP_TABLE_NEON(X) X(generic)

#endif
