/* Matrix products through CLBlast: fast mode, where its order of sums is allowed. */
#ifndef SEPTUM_DEVICE_OPENCL_BLAS_H
#define SEPTUM_DEVICE_OPENCL_BLAS_H

#include "device/opencl/product.h"

/* In fast mode: opens CLBlast, if this build knows it and it is installed. */
void sep_cl_blas_open(sep_cl *cl);
/* Whether linear layers go there. Winograd's products stay: many of them are
 * narrow, where CLBlast pads. */
bool sep_cl_has_blas(const sep_cl *cl);
/* One product of a linear layer. */
sep_status sep_cl_blas_multiply(sep_cl *cl, const sep_cl_product *product) SEP_MUST_CHECK;
/* A linear layer's weight gradient, in one product. */
sep_status sep_cl_blas_linear_dw(sep_cl *cl, const sep_call *call) SEP_MUST_CHECK;
/* Bytes of workspace where a linear layer applies its activation to input 0 before the product; else 0. */
size_t sep_cl_blas_room(const sep_cl *cl, const sep_call *call);

#endif
