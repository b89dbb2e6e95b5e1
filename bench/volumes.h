/* What registrations are measured on: phantoms by name, or images from files. */
#ifndef SEPTUM_BENCH_VOLUMES_H
#define SEPTUM_BENCH_VOLUMES_H

#include "bench/problem.h"
#include "septum/image.h"

/* A phantom, or where there is no phantom of that name, an image. */
typedef struct bench_volume_source {
    const char *name; /* "cardiac" or "abdomen" or "ct"; or the image's path */
    int size;         /* of a phantom, rows and columns of a slice; 0: the usual one */
} bench_volume_source;

enum { BENCH_PHANTOMS = 3 };
extern const char *const bench_phantom_names[BENCH_PHANTOMS];

bool bench_is_phantom(const char *name);
/* Phantoms of different `patient`s differ as people do; an image is the same for all. */
sep_status bench_volume_load(const bench_volume_source *source, int patient, sep_volume *volume) SEP_MUST_CHECK;
/* "abdomen-128x128x48": columns, rows, slices. */
void bench_volume_word(const bench_volume_source *source, const sep_volume *volume, char word[BENCH_WORD]);

#endif
