/* One word per network; each is defined in the file of its name. */
#ifndef SEPTUM_NETS_TABLE_H
#define SEPTUM_NETS_TABLE_H

#include "septum/nets.h"

/* clang-format off */
#define SEP_NETS(X)                                                                                                    \
    X(u_net) X(att_unet) X(swin_unet) X(cs_unet) X(vit) X(r50_unet) X(r50_att_unet) X(trans_unet) X(r50_vit)           \
    X(mt_unet) X(batformer)
/* clang-format on */

#define SEP_DECLARE_NET(name) extern const sep_net sep_##name;
SEP_NETS(SEP_DECLARE_NET)
#undef SEP_DECLARE_NET

/* Whether the images' sides are multiples of `grid`. */
sep_status sep_net_check_grid(const sep_net_spec *spec, int grid);

#endif
