/* The letters of operation families: values[letter] is a size or an attribute, -1 where it was not given. */
#ifndef SEPTUM_BENCH_FAMILY_LETTERS_H
#define SEPTUM_BENCH_FAMILY_LETTERS_H

#include "bench/problem.h"

/* Fills defaults and what follows from the other letters; false: there is no such problem. */
typedef bool bench_derivation(int *values);
bench_derivation bench_derive_conv, bench_derive_transposed, bench_derive_depthwise, bench_derive_linear;
bench_derivation bench_derive_batch_norm, bench_derive_bits, bench_derive_group_norm, bench_derive_window_pool;
bench_derivation bench_derive_layer_norm, bench_derive_binary, bench_derive_unary, bench_derive_function;
bench_derivation bench_derive_pool, bench_derive_doubled, bench_derive_upsample, bench_derive_concat;
bench_derivation bench_derive_batches, bench_derive_slice, bench_derive_window, bench_derive_blocks;
bench_derivation bench_derive_gather, bench_derive_attention, bench_derive_patches, bench_derive_token_attention;
bench_derivation bench_derive_places, bench_derive_windows;

/* Fills what a call shows beyond its operands' shapes and its attributes; false: the family has no such problem. */
typedef bool bench_observation(const sep_call *call, int *values);
bench_observation bench_observe_batch_norm, bench_observe_group_norm, bench_observe_whole, bench_observe_binary,
    bench_observe_function;
bench_observation bench_observe_window, bench_observe_blocks, bench_observe_upsample, bench_observe_draw;
bench_observation bench_observe_patches, bench_observe_attention, bench_observe_batches, bench_observe_turn;
bench_observation bench_observe_put, bench_observe_resizing, bench_observe_gather, bench_observe_contrast;

#endif
