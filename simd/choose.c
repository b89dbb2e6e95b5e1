/* Puts the tables of all families together and chooses among them. */
#include "simd/choose.h"

#include <stdlib.h>
#include <string.h>

#define DEFINE_TABLE(isa)         static const sep_simd table_##isa = {.name = #isa, SEP_SIMD_FAMILIES(FAMILY_OF_##isa)};
#define FAMILY_OF_generic(family) .family = &sep_##family##_generic,
#define FAMILY_OF_avx2(family)    .family = &sep_##family##_avx2,
#define FAMILY_OF_avx512(family)  .family = &sep_##family##_avx512,
#define FAMILY_OF_neon(family)    .family = &sep_##family##_neon,
SEP_SIMD_TABLES(DEFINE_TABLE)

static bool runs_generic(void)
{
    return true;
}

#if SEP_HAVE_AVX2 || SEP_HAVE_AVX512
/* The compiler's test asks the operating system too, whether it saves the wide registers. */
static bool runs_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
#endif

#if SEP_HAVE_AVX512
static bool runs_avx512(void)
{
    return runs_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}
#endif

#if SEP_HAVE_NEON
static bool runs_neon(void)
{
    return true; /* part of the base architecture */
}
#endif

static const struct {
    const sep_simd *table;
    bool (*runs)(void);
} tables[] = {
#define TABLE_ROW(isa) {&table_##isa, runs_##isa},
    SEP_SIMD_TABLES(TABLE_ROW)};

#define TABLES ((int)(sizeof tables / sizeof tables[0]))

int sep_simd_names(const char *names[4])
{
    int count = 0;

    for (int i = 0; i < TABLES; i++)
        if (tables[i].runs())
            names[count++] = tables[i].table->name;
    return count;
}

const sep_simd *sep_simd_best(void)
{
    int i = 0;

    while (!tables[i].runs()) /* the last one, generic, always does */
        i++;
    return tables[i].table;
}

sep_status sep_simd_choose(const char *name, const sep_simd **table)
{
    name = name ? name : getenv("SEPTUM_SIMD");
    for (int i = 0; i < TABLES; i++) {
        if (name && strcmp(name, tables[i].table->name) != 0)
            continue;
        if (tables[i].runs()) {
            *table = tables[i].table;
            return SEP_OK;
        }
        if (name)
            return sep_fail(SEP_ERR_UNSUPPORTED, "SIMD table '%s': this processor lacks it; leave the choice open",
                            name);
    }
    return sep_fail(SEP_ERR_ARGUMENT, "SIMD table '%s': not in this build; choose generic, avx2, avx512 or neon", name);
}
