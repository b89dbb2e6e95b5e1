/* Affine maps about a centre as vectors of parameters, and how they move with them. */
#ifndef SEPTUM_REGISTRATION_PARAMETERS_H
#define SEPTUM_REGISTRATION_PARAMETERS_H

#include "registration/transform/matrix.h"
#include "septum/registration.h"

#define SEP_MAX_PARAMETERS 12

/* y = L (x - centre) + centre + t. Rigid: three numbers g, then t. L is Cayley's rotation
 * I + 2 / (1 + g.g) ([g] + [g]^2), whose axis is along g and whose angle a has tan(a / 2) = |g|: no trigonometry, so
 * the same bits everywhere. Similarity: and the scale s, last; L is s times the rotation. Affine: L row by row, then t.
 */
int sep_parameter_count(sep_transform_kind kind);
void sep_parameters_identity(sep_transform_kind kind, double *parameter);
void sep_parameters_map(sep_transform_kind kind, const double *parameter, const double centre[3], sep_map map);
/* jacobian[k]: derivative of the map by parameter k. */
void sep_parameters_jacobian(sep_transform_kind kind, const double *parameter, const double centre[3],
                             sep_map jacobian[SEP_MAX_PARAMETERS]);

#endif
