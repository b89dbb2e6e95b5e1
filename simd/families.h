/* The families of inner kernels: one include and one row each. Table `sep_<family>_<isa>` of type sep_simd_<family>. */
#ifndef SEPTUM_SIMD_FAMILIES_H
#define SEPTUM_SIMD_FAMILIES_H

#include "simd/attention.h"
#include "simd/batch_norm.h"
#include "simd/contrast.h"
#include "simd/depthwise.h"
#include "simd/dropout.h"
#include "simd/elementwise.h"
#include "simd/layer_norm.h"
#include "simd/loss.h"
#include "simd/optimiser.h"
#include "simd/pointwise.h"
#include "simd/pooling.h"
#include "simd/random.h"
#include "simd/reduction.h"
#include "simd/registration.h"
#include "simd/softmax.h"
#include "simd/tile.h"
#include "simd/transpose.h"
#include "simd/upsampling.h"
#include "simd/warp_map.h"
#include "simd/warping.h"
#include "simd/winograd.h"

#define SEP_SIMD_FAMILIES(X)                                                                                           \
    X(tile)                                                                                                            \
    X(transpose)                                                                                                       \
    X(depthwise)                                                                                                       \
    X(attention)                                                                                                       \
    X(batch_norm)                                                                                                      \
    X(contrast)                                                                                                        \
    X(dropout)                                                                                                         \
    X(elementwise)                                                                                                     \
    X(layer_norm)                                                                                                      \
    X(loss)                                                                                                            \
    X(warp_map)                                                                                                        \
    X(optimiser)                                                                                                       \
    X(pointwise)                                                                                                       \
    X(pooling)                                                                                                         \
    X(random)                                                                                                          \
    X(reduction)                                                                                                       \
    X(registration)                                                                                                    \
    X(softmax)                                                                                                         \
    X(upsampling)                                                                                                      \
    X(warping)                                                                                                         \
    X(winograd)

#endif
