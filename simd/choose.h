/* The tables of inner kernels that this build has and this processor runs. */
#ifndef SEPTUM_SIMD_CHOOSE_H
#define SEPTUM_SIMD_CHOOSE_H

#include "septum/base.h"
#include "simd/simd.h"

/* The names of the tables that this processor runs, best first: their number. */
int sep_simd_names(const char *names[4]);

/* The table of that name; with NULL the one that the environment's SEPTUM_SIMD names, or else the best. */
sep_status sep_simd_choose(const char *name, const sep_simd **table) SEP_MUST_CHECK;

/* The best table, whatever the environment names: for code of the host, since all tables give the same bits. */
const sep_simd *sep_simd_best(void);

#endif
