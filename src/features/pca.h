/* Principal components. */
#ifndef SEPTUM_FEATURES_PCA_H
#define SEPTUM_FEATURES_PCA_H

#include "septum/base.h"

typedef struct sep_pca {
    double *score;       /* [count, 2]: along the first two components, around the mean */
    double explained[2]; /* the share of all variance that each explains; 0 where there is none */
} sep_pca;

/* Of features [count, channels], all in double. The largest entry of a component (the first of equals) is positive. */
sep_status sep_pca_find(const float *feature, int count, int channels, sep_pca *pca) SEP_MUST_CHECK;
void sep_pca_free(sep_pca *pca);

/* Eigenvalues and eigenvectors of a symmetric matrix [size, size] by Jacobi's rotations: `matrix` becomes diagonal,
 * column k of `vectors` belongs to its entry k. Not sorted. */
void sep_eigen_symmetric(double *matrix, int size, double *vectors);

#endif
