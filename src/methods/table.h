/* One word per method; each is defined in the file of its name. */
#ifndef SEPTUM_METHODS_TABLE_H
#define SEPTUM_METHODS_TABLE_H

#include "septum/methods.h"

/* clang-format off */
#define SEP_METHODS(X)                                                                                                 \
    X(supervised) X(mean_teacher) X(uamt) X(ict) X(dct) X(cct) X(cps) X(cross_teaching)                                \
    X(mcsc) X(mcsc_released) X(mcsc_v2) X(cct_r) X(deep_atlas)                                                         \
    X(copy_paste) X(weak_to_strong) X(ad_mt) X(night)
/* clang-format on */

#define SEP_DECLARE_METHOD(name) extern const sep_method sep_##name;
SEP_METHODS(SEP_DECLARE_METHOD)
#undef SEP_DECLARE_METHOD

#endif
