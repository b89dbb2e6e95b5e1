/* What networks of five levels share, each with half of the one before along either axis. */
#ifndef SEPTUM_NETS_LEVELS_H
#define SEPTUM_NETS_LEVELS_H

#include "septum/nets.h"

#define SEP_LEVELS 5

/* A level on its way down, after the pooling: x is the image, or the level above made smaller. */
typedef sep_node *sep_level_down(sep_graph *g, const sep_net_spec *spec, sep_node *x, int level);
/* On its way up: `low` is the level below, `skip` the encoder's map. */
typedef sep_node *sep_level_up(sep_graph *g, const sep_net_spec *spec, sep_node *low, sep_node *skip, int level);

/* Sides in multiples of 16. */
sep_status sep_check_levels(const sep_net_spec *spec);
/* In the scopes encoder_0, encoder_1, ... */
sep_maps sep_encode_levels(sep_graph *g, const sep_net_spec *spec, sep_node *x, sep_level_down *down);
/* In the scopes decoder_3, ..., decoder_0: level[i], of which the last is the encoder's. */
void sep_decode_all_levels(sep_graph *g, const sep_net_spec *spec, const sep_maps *maps, sep_level_up *up,
                           sep_node *level[SEP_LEVELS]);
/* The same; all but the logits. */
sep_net_output sep_decode_levels(sep_graph *g, const sep_net_spec *spec, const sep_maps *maps, sep_level_up *up);

#endif
