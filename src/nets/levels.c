/* What networks of five levels share. */
#include "nets/levels.h"

#include "nets/table.h"
#include "septum/ops.h"

sep_status sep_check_levels(const sep_net_spec *spec)
{
    return sep_net_check_grid(spec, 1 << (SEP_LEVELS - 1));
}

sep_maps sep_encode_levels(sep_graph *g, const sep_net_spec *spec, sep_node *x, sep_level_down *down)
{
    sep_maps maps = {.count = SEP_LEVELS};

    for (int i = 0; i < SEP_LEVELS; i++) {
        sep_scope_push(g, "encoder_%d", i);
        maps.map[i] = x = down(g, spec, i > 0 ? sep_max_pool(g, x) : x, i);
        sep_scope_pop(g);
    }
    return maps;
}

void sep_decode_all_levels(sep_graph *g, const sep_net_spec *spec, const sep_maps *maps, sep_level_up *up,
                           sep_node *level[SEP_LEVELS])
{
    level[SEP_LEVELS - 1] = maps->map[SEP_LEVELS - 1];
    for (int i = SEP_LEVELS - 2; i >= 0; i--) {
        sep_scope_push(g, "decoder_%d", i);
        level[i] = up(g, spec, level[i + 1], maps->map[i], i);
        sep_scope_pop(g);
    }
}

sep_net_output sep_decode_levels(sep_graph *g, const sep_net_spec *spec, const sep_maps *maps, sep_level_up *up)
{
    sep_node *level[SEP_LEVELS];

    sep_decode_all_levels(g, spec, maps, up, level);
    return (sep_net_output){.full = level[0], .quarter = level[2], .eighth = level[3]};
}
