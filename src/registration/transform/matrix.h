/* 3 x 4 matrices: an affine map (x, y, z, 1) -> three coordinates, in double. */
#ifndef SEPTUM_REGISTRATION_MATRIX_H
#define SEPTUM_REGISTRATION_MATRIX_H

#include <stdbool.h>

typedef double sep_map[3][4];

void sep_map_identity(sep_map map);
double sep_map_determinant(const sep_map map);
/* out may be in. */
void sep_map_point(const sep_map map, const double in[3], double out[3]);
/* second(first(x)); out may be either. */
void sep_map_compose(const sep_map second, const sep_map first, sep_map out);
/* False, with `out` untouched, where the determinant is 0 or not finite. out may be map. */
bool sep_map_invert(const sep_map map, sep_map out);

#endif
