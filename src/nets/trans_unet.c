/* TransUNet (Chen et al. 2021): R50+ViT-B/16, and a decoder that joins the ResNet's maps. 105,277,081 parameters with 9
 * classes. */
#include "nets/hybrid.h"
#include "nets/table.h"

static const sep_setting settings[] = {SEP_HYBRID_SETTINGS, {0}};

const sep_net sep_trans_unet = {
    .name = "trans-unet",
    .summary = "Vision Transformer on a ResNet's map, skip connections",
    .settings = settings,
    .options_size = sizeof(sep_hybrid_options),
    .height = 224,
    .width = 224,
    .check = sep_hybrid_check,
    .encode = sep_hybrid_encode,
    .decode = sep_hybrid_decode,
};
