/* R50+ViT-B/16: see hybrid.h. */
#include "nets/hybrid.h"

static const sep_vit_options *vit_of(const sep_net_spec *spec)
{
    const sep_hybrid_options *o = (const void *)&spec->options;

    return &o->vit;
}

sep_status sep_hybrid_check(const sep_net_spec *spec)
{
    SEP_TRY(sep_check_resnet(spec));
    return sep_vit_check(spec, vit_of(spec));
}

sep_maps sep_hybrid_encode(sep_graph *g, const sep_net_spec *spec, sep_node *x)
{
    sep_scope_push(g, "resnet");
    sep_maps maps = sep_encode_resnet(g, spec, x);
    sep_scope_pop(g);
    sep_node **last = &maps.map[maps.count - 1];
    sep_node *tokens =
        sep_conv2d(g, "embed", *last, &(sep_conv){.channels = vit_of(spec)->hidden, .kernel = 1, .bias = true});

    *last = sep_vit_encode(g, vit_of(spec), tokens);
    return maps;
}

sep_net_output sep_hybrid_decode(sep_graph *g, const sep_net_spec *spec, const sep_maps *maps)
{
    return sep_vit_decode(g, vit_of(spec), spec->classes, maps);
}
