/* What a network's field of displacements, in pixels down and to the right, does, and how good it is. */
#ifndef SEPTUM_METHODS_DEFORMATION_H
#define SEPTUM_METHODS_DEFORMATION_H

#include "septum/graph.h"

/* [n, H, W, 2] as a velocity that stays for a unit of time: its displacement by scaling and squaring, in 2^squarings
 * steps (Arsigny et al., MICCAI 2006). 0: the field itself. */
sep_node *sep_integrate(sep_graph *g, sep_node *velocity, int squarings);

/* 1 - r, r being the correlation of two images [n, H, W, 1] over all pixels, the mean over the samples. */
sep_node *sep_decorrelation(sep_graph *g, sep_node *a, sep_node *b);

/* The mean squared forward difference of a field along both axes. */
sep_node *sep_field_roughness(sep_graph *g, sep_node *field);
/* Of second derivatives, likewise: that by rows, that by columns, and twice the mixed one. */
sep_node *sep_field_bending(sep_graph *g, sep_node *field);

/* 1 - soft Dice of two maps of probabilities: mean over c of (2 sum p q + s) / (sum p^2 + sum q^2 + s), s = 1e-5, over
 * all pixels of the batch, background included. */
sep_node *sep_mismatch(sep_graph *g, sep_node *p, sep_node *q);

#endif
