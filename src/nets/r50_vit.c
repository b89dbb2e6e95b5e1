/* R50-ViT: TransUNet without its skip connections, as its paper compares them. 103,765,657 parameters with 9 classes.
 */
#include "nets/hybrid.h"
#include "nets/table.h"

static const sep_setting settings[] = {SEP_HYBRID_SETTINGS, {0}};

/* Of all maps the tokens alone. */
static sep_maps encode(sep_graph *g, const sep_net_spec *spec, sep_node *x)
{
    const sep_maps maps = sep_hybrid_encode(g, spec, x);

    return (sep_maps){.count = 1, .map = {maps.map[maps.count - 1]}};
}

const sep_net sep_r50_vit = {
    .name = "r50-vit",
    .summary = "Vision Transformer on a ResNet's map, no skip connections",
    .settings = settings,
    .options_size = sizeof(sep_hybrid_options),
    .height = 224,
    .width = 224,
    .check = sep_hybrid_check,
    .encode = encode,
    .decode = sep_hybrid_decode,
};
