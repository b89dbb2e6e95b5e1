/* septum: the catalogue of operations, their operands, attributes and exact arithmetic. A backend implements these and
 * nothing else; docs/arithmetic.md says the same with the reasons.
 *
 * Words used below. chain: a sequence acc = fma(a, b, acc) in the stated index order, outermost index first, from the
 * stated start. rows(x): elements / last axis. Tensors are NHWC. [] marks an optional operand (left out at
 * the end: `inputs` says how many there are). "reads 0": a tap outside the image takes part as +0.
 *
 * tree sum of b[0..n-1]: while n > 1 { for i < n/2: b[i] = b[2i] + b[2i+1]; an odd last one moves down unchanged }.
 * lane sum of a row r[0..c-1]: 16 partial sums, element i goes to lane i % 16 in rising i, all from +0 (a partial sum
 *   of products is a chain); then lanes join: l[j] += l[j+8] (j < 8), l[j] += l[j+4] (j < 4), += l[j+2], += l[j+1].
 * pixel blocks: a sum over R rows (pixels, batch included) is cut in blocks of SEP_BLOCK_ROWS consecutive rows (the
 * last shorter), each a chain or a plain sum from +0 in rising row order; blocks join by tree sum.
 */
#ifndef SEPTUM_OPERATION_H
#define SEPTUM_OPERATION_H

#include "septum/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SEP_BLOCK_ROWS   256
#define SEP_LARGEST_POOL 8   /* kernel of MAX_POOL2D */
#define SEP_PANEL        256 /* length of a K panel of the linear operations */

/* X(NAME, name): the single list of operations: SEP_OP_NAME, called "name", which sep_cpu_name and sep_cl_name run. */
/* clang-format off */
#define SEP_OPERATIONS(X)                                                                                              \
    /* -- convolution: x[N,H,W,I], w[k,k,I,O], [b[O]] -> [N,P,Q,O]; attributes kernel, stride, padding.                \
     *    Chain from b (or +0) over ky, kx, i; taps outside read 0. Any k, stride; square. All three passes: or by      \
     *    Winograd's algorithm, which sep_conv_is_winograd (below) chooses by shape and defines. */                    \
    X(CONV2D, conv2d)                                                                                                  \
    /*    dy[N,P,Q,O], w -> dx[N,H,W,I]. Chain from +0 over (ky, kx, o), only taps with (h + padding - ky) a multiple  \
     *    of stride (same for kx); of these, those outside dy read 0. */                                               \
    X(CONV2D_DX, conv2d_dx)                                                                                            \
    /*    x, dy -> dw[k,k,I,O]. The image rows (n, p) are cut in blocks by sep_image_block_rows (shape only); per block\
     *    a chain from +0 over (n, p, q) in rising order, taps outside read 0; blocks join by tree sum. */             \
    X(CONV2D_DW, conv2d_dw)                                                                                            \
    /* -- transposed convolution, kernel = stride = s, no overlap: x[N,H,W,I], w[s,s,I,O], [b] -> [N,sH,sW,O].         \
     *    Chain from b over i. DX: chain from +0 over ky, kx, o. DW: like CONV2D_DW with rows (n, h). */               \
    X(CONV_TRANSPOSE2D, conv_transpose2d)                                                                              \
    X(CONV_TRANSPOSE2D_DX, conv_transpose2d_dx)                                                                        \
    X(CONV_TRANSPOSE2D_DW, conv_transpose2d_dw)                                                                        \
    /* -- depthwise convolution, stride 1, same size (padding k/2): x[N,H,W,C], w[k,k,M*C], [b[M*C]] -> [N,H,W,M*C];   \
     *    output channel j reads input channel j % C (M copies side by side: Q, K and V in one call). Chain from b over\
     *    ky, kx. DX: chain from +0 over m, ky, kx. DW: like CONV2D_DW. */                                             \
    X(DEPTHWISE, depthwise)                                                                                            \
    X(DEPTHWISE_DX, depthwise_dx)                                                                                      \
    X(DEPTHWISE_DW, depthwise_dw)                                                                                      \
    /* -- linear: x[...,K], w[K,O], [b[O]] -> [...,O]. Start from b (or +0); K in panels of SEP_PANEL: each panel a    \
     *    chain from +0, added to the sum in rising order. DX: dy, w, [x] -> dx[...,K], the same over O. DW: x, dy ->  \
     *    dw, the same over rows (panels of SEP_PANEL rows). Attribute activation (as in ACTIVATE, none by default):   \
     *    activation(x) takes the place of x, and DX, given x, multiplies its sums by activation'(x). */               \
    X(LINEAR, linear)                                                                                                  \
    X(LINEAR_DX, linear_dx)                                                                                            \
    X(LINEAR_DW, linear_dw)                                                                                            \
    /* -- sum over rows: x[...,C] -> [C] (bias gradients). Plain sums in pixel blocks, tree sum. */                    \
    X(ROW_SUM, row_sum)                                                                                                \
    /* -- batch norm. BATCH_STATS: x[...,C] -> [2,C]: mean, biased variance. Per pixel block: mean = sum / n, then     \
     *    M2 = chain of (x - mean)^2; blocks join in the tree by Chan's rule (d = mb - ma; m = fma(d, nb/n, ma);       \
     *    M2 = (M2a + M2b) + (d*d) * (na*nb/n), counts as floats, products left to right). variance = M2 / R.          \
     *    BATCH_APPLY: x, stats[2,C], gamma[C], beta[C], [keep] -> y; attributes epsilon, activation, slope, probability\
     *    (with keep, the DROPOUT_BITS of y's elements: that of the dropout; without: none): xhat = (x - mean) *       \
     *    (1 / sqrt(variance + epsilon)); u = fma(xhat, gamma, beta); y = dropout(activation(u)), dropout(v) = kept ?  \
     *    v * (1 / (1 - probability)) : +0. BATCH_REDUCE: x, stats, gamma, beta, dy, [keep] -> [2,C]: sums over rows of\
     *    du and of du * xhat (chain), du = dropout(dy) * activation'(u); pixel blocks.                                \
     *    BATCH_DX: x, stats, gamma, beta, dy, reduce[2,C], [keep] -> dx =                                             \
     *    (gamma * rstd) * ((du - reduce0 / R) - xhat * (reduce1 / R)); attribute `frozen`: (gamma * rstd) * du.       \
     *    BATCH_RUNNING: running[2,C] (in-place), stats[2,C] -> running; attributes momentum and count (R):            \
     *    r = fma(momentum, s - r, r), the variance first multiplied by count / (count - 1) (by 1 where count is 1). */\
    X(BATCH_STATS, batch_stats)                                                                                        \
    X(BATCH_APPLY, batch_apply)                                                                                        \
    X(BATCH_REDUCE, batch_reduce)                                                                                      \
    X(BATCH_DX, batch_dx)                                                                                              \
    X(BATCH_RUNNING, batch_running)                                                                                    \
    /* -- group norm: x[N,...,C], attribute groups: G runs of C / G neighbouring channels; R rows a sample. GROUP_STATS:\
     *    x -> [N,2,C]: m_c and v_c of each sample's channels by BATCH_STATS, then for each group, over its channels in\
     *    rising order from +0: mean = sum of m_c / (C/G), variance = sum of fma(d, d, v_c) / (C/G), d = m_c - mean;   \
     *    each channel has its group's. GROUP_APPLY: x, stats, gamma[C], beta[C] -> y, and GROUP_REDUCE: x, stats, gamma,\
     *    beta, dy -> [N,2,C]: BATCH_APPLY and BATCH_REDUCE of each sample by itself, without dropout. GROUP_DX: x, stats,\
     *    gamma, beta, dy, reduce -> dx = (gamma * rstd) * du + fma(xhat, -(rstd * e1), -(rstd * e0)), e_k = chain from\
     *    +0 of gamma_c * reduce_k,c over the group's channels / (float)(R * (C/G)). */                                \
    X(GROUP_STATS, group_stats)                                                                                        \
    X(GROUP_APPLY, group_apply)                                                                                        \
    X(GROUP_REDUCE, group_reduce)                                                                                      \
    X(GROUP_DX, group_dx)                                                                                              \
    /* -- layer norm: x[...,C], gamma[G,C], beta[G,C] -> y; row r uses affine row r % G. mean = lane sum / C; variance =\
     *    lane sum of (x-mean)^2 / C; rstd = 1 / sqrt(variance + epsilon); y = fma((x - mean) * rstd, gamma, beta).    \
     *    DX: x, gamma, dy -> dx = rstd * ((g - lane sum(g) / C) - xhat * (lane sum(g * xhat) / C)), g = dy * gamma.   \
     *    DPARAM: x, gamma, dy -> [2,G,C]: dgamma (chain dy * xhat), dbeta; over the rows of each affine row in pixel  \
     *    blocks (block b of affine row g: its rows b*256 .. b*256+255 in rising order). */                            \
    X(LAYER_NORM, layer_norm)                                                                                          \
    X(LAYER_NORM_DX, layer_norm_dx)                                                                                    \
    X(LAYER_NORM_DPARAM, layer_norm_dparam)                                                                            \
    /* -- elementwise. ADD: a, b -> a + b (b of a's shape, or [C]: broadcast over rows, or [1]); in-place on a.        \
     *    MUL likewise. SCALE: x -> x * factor. ACTIVATE: x -> activation(x); ACTIVATE_DX: x, dy -> dy * f'(x).        \
     *    relu: x > 0 ? x : +0, f' = x > 0 ? 1 : 0; leaky: x > 0 ? x : x * slope, f' = x > 0 ? 1 : slope; gelu: exact, \
     *    x * P, P = 0.5 * (1 + erf(x * r)), r = 1 / sqrt(2), f' = fma(x, D, P), D = x > -8 ? d * exp(-0.5 * (x * x))  \
     *    : +0, d = 1 / sqrt(2 pi); r and d rounded to float, erf and exp those of simd/elementary.h.                  \
     *    DROPOUT: x -> keep(element) ? x * (1 / (1 - p)) : +0 (p = 0: x); keep: word (element % 4) of Philox          \
     *    element / 4, as a 24-bit uniform, >= p. Its own gradient (same stream). attribute per_sample: one draw a     \
     *    sample (first axis; its number is the element): drop path. DROPOUT_BITS: -> I32[count / 32 + 2]: bit e % 32  \
     *    of word e / 32 says whether element e < count is kept, the rest are 0. FILL: -> value everywhere. */         \
    X(ADD, add)                                                                                                        \
    X(MUL, mul)                                                                                                        \
    X(SCALE, scale)                                                                                                    \
    X(ACTIVATE, activate)                                                                                              \
    X(ACTIVATE_DX, activate_dx)                                                                                        \
    X(DROPOUT, dropout)                                                                                                \
    X(DROPOUT_BITS, dropout_bits)                                                                                      \
    X(FILL, fill)                                                                                                      \
    /* -- functions of one number and of two, by attribute `function` (below, with their arithmetic). UNARY: x -> f(x).\
     *    UNARY_DX: x, dy -> dy * f'(x). BINARY: a, b -> f(a, b); b of a's shape; or a's last axes alone, repeated for \
     *    the others ([C], [1]); or a's shape with 1 for its last axes: one number a stretch ([N,H,W,1], [N,1,1,1]). */\
    X(UNARY, unary)                                                                                                    \
    X(UNARY_DX, unary_dx)                                                                                              \
    X(BINARY, binary)                                                                                                  \
    /* -- reductions of rows: x[...,C] -> [...,1]. CHANNEL_SUM: lane sum. CHANNEL_MAX: the largest; DX: x, dy[...,1] ->\
     *    dx: dy at the first largest of each row, +0 elsewhere. */                                                    \
    X(CHANNEL_SUM, channel_sum)                                                                                        \
    X(CHANNEL_MAX, channel_max)                                                                                        \
    X(CHANNEL_MAX_DX, channel_max_dx)                                                                                  \
    /* -- MUL_ROW_SUM: a, b[...,C] -> [C]: chain of a * b over rows in pixel blocks (layer-scale gradient). */         \
    X(MUL_ROW_SUM, mul_row_sum)                                                                                        \
    /* -- max pooling 2x2, stride 2: x[N,H,W,C] (H, W even) -> [N,H/2,W/2,C]. DX: x, dy, [sum] -> dx: dy to the first  \
     *    maximum in row-major order, +0 elsewhere; sum + that. */                                                     \
    X(MAX_POOL, max_pool)                                                                                              \
    X(MAX_POOL_DX, max_pool_dx)                                                                                        \
    /* -- max pooling of any kernel (the windows that hold pixels only: padding < kernel): x[N,H,W,C] -> [N,P,Q,C];    \
     *    attributes kernel (at most SEP_LARGEST_POOL), stride, padding; taps outside take no part. DX: x, dy -> dx: a plain sum from +0 over the \
     *    outputs (p, q) that read the pixel, in rising order, of dy where it is the first maximum in row-major order of\
     *    the output's taps, of +0 elsewhere. */                                                                       \
    X(MAX_POOL2D, max_pool2d)                                                                                          \
    X(MAX_POOL2D_DX, max_pool2d_dx)                                                                                    \
    /* -- upsampling: nearest x2; bilinear by a whole number, align_corners: source = o * ((in - 1) / (out - 1)), i =  \
     *    floor, f = source - i; rows first: top = fma(fx, x01 - x00, x00), bottom likewise, y = fma(fy, bottom - top, \
     *    top); neighbour i + 1 is cut to in - 1. DX: the adjoint, gathered per input pixel in rising (oy, ox) as chain\
     *    of (wy * wx) * dy from +0 over outputs that read it: w = 1 - f read as i, f as i + 1, their sum as both. */  \
    X(UPSAMPLE_BILINEAR, upsample_bilinear)                                                                            \
    X(UPSAMPLE_BILINEAR_DX, upsample_bilinear_dx)                                                                      \
    X(UPSAMPLE_NEAREST, upsample_nearest)                                                                              \
    X(UPSAMPLE_NEAREST_DX, upsample_nearest_dx)                                                                        \
    /* -- moves. CONCAT: a[...,A], b[...,B] -> [...,A+B]. SLICE: x -> channels [begin, begin + count) of the last axis.\
     *    PLACE: x -> a tensor of the output's shape, zero but for x at elements [begin, begin + elements of x)        \
     *    of the flat order (gradient of a view). WINDOW_PARTITION: x[N,H,W,C] -> [N*H/w*W/w,w,w,C] of x rolled by     \
     *    (-shift,-shift); WINDOW_REVERSE: back, rolled by (+shift,+shift), output shape given. SPACE_TO_DEPTH (block  \
     *    p): [N,H,W,C] -> [N,H/p,W/p,p*p*C], block order (row, col) or, column_major, (0,0) (1,0) (0,1) (1,1);        \
     *    DEPTH_TO_SPACE: the inverse. TRANSPOSE_MAP: x[N,A,B,C] -> [N,B,A,C]. */                                      \
    /* -- samples. CONCAT_BATCH: a, b -> a, then b. TURN: x[N,S,S,C], k[1] (0 to 3, as a float) -> k quarter turns against\
     *    the clock; attribute `back`: with it. */                                                                     \
    X(CONCAT_BATCH, concat_batch)                                                                                      \
    X(TURN, turn)                                                                                                      \
    X(CONCAT, concat)                                                                                                  \
    X(SLICE, slice)                                                                                                    \
    X(PLACE, place)                                                                                                    \
    X(WINDOW_PARTITION, window_partition)                                                                              \
    X(WINDOW_REVERSE, window_reverse)                                                                                  \
    X(SPACE_TO_DEPTH, space_to_depth)                                                                                  \
    X(DEPTH_TO_SPACE, depth_to_space)                                                                                  \
    X(TRANSPOSE_MAP, transpose_map)                                                                                    \
    /* -- window attention: qkv[B,L,3*C] (q, k, v; channel h * C/heads + d), [table[(2w-1)^2, heads]] -> [B,L,C];      \
     *    L = w*w, B = N * (grid_height/w) * (grid_width/w). s_ij = chain over d of (q_i * scale) * k_j from +0;       \
     *    s_ij += table[(yi-yj+w-1)*(2w-1) + xi-xj+w-1][head]; with shift > 0, s_ij += -100 between different regions  \
     *    of the rolled map (three bands an axis: [0,S-w), [S-w,S-shift), [S-shift,S)); softmax over j (below); out_i =\
     *    chain over j of p_ij * v_j from +0. DX: qkv, table or nothing, dout -> one flat tensor: dqkv (B*L*3*C), then \
     *    dtable when there is a table; recomputes p. dp_ij = chain over d of dout_i * v_j; D_i = lane sum_j           \
     *    (p_ij * dp_ij); ds_ij = p_ij * (dp_ij - D_i); dq_i = scale * chain over j of ds_ij * k_j; dk_j = chain over i\
     *    of ds_ij * (q_i * scale); dv_j = chain over i of p_ij * dout_i. dtable: per window sum over (i,j) of its     \
     *    offset in rising (i,j) from +0; windows join in blocks of 16 (plain sums), blocks by tree sum. */            \
    X(WINDOW_ATTENTION, window_attention)                                                                              \
    X(WINDOW_ATTENTION_DX, window_attention_dx)                                                                        \
    /* -- attention over all tokens: q[B,L,C], k[B,M,C], v[B,M,C] -> [B,L,C], by heads: channel h * C/heads + d. s_ij =\
     *    chain over d of (q_i * scale) * k_j from +0; p: softmax over j (below); out_i = chain over j of p_ij * v_j   \
     *    from +0. DX: q, k, v, dout -> one flat tensor: dq, then dk, then dv; recomputes p. dp_ij = chain over d of   \
     *    dout_i * v_j; ds: SOFTMAX_DX of p and dp; dq_i = scale * chain over j of ds_ij * k_j; dk_j = chain over i of \
     *    ds_ij * (q_i * scale); dv_j = chain over i of p_ij * dout_i. */                                              \
    X(TOKEN_ATTENTION, token_attention)                                                                                \
    X(TOKEN_ATTENTION_DX, token_attention_dx)                                                                          \
    /* -- softmax over the last axis: m = max; e_i = exp(x_i - m); p_i = e_i * (1 / lane sum(e)). DX: p, dp ->         \
     *    p * (dp - lane sum(p * dp)). LOG_SOFTMAX: (x - m) - log(lane sum(e)); DX: y, dy -> dy - exp(y) * lane        \
     *    sum(dy). ARGMAX: x[...,C] -> I32 [...], the first of equals. */                                              \
    X(SOFTMAX, softmax)                                                                                                \
    X(SOFTMAX_DX, softmax_dx)                                                                                          \
    X(LOG_SOFTMAX, log_softmax)                                                                                        \
    X(LOG_SOFTMAX_DX, log_softmax_dx)                                                                                  \
    X(ARGMAX, argmax)                                                                                                  \
    /* -- losses, all to a scalar [1]. A label outside [0, C) marks a row without one: it counts nowhere, and its      \
     *    gradient is +0. n below: how many rows have a label (a whole number, made a float at last), 1 where none has.\
     *    CROSS_ENTROPY: logits[...,C], labels I32[...] -> mean over those rows of -((x_label - m) - log(lane sum(e))),\
     *    m and e as in softmax; rows subtracted from +0 in pixel blocks, sum / n. DX: logits, labels, dloss[1] ->     \
     *    (dloss / n) * (p - onehot).                                                                                  \
     *    DICE_SUMS: p[...,C], labels -> [3,C]: per class chains of p*g and p*p, plain sum of g, over those rows, pixel\
     *    blocks.                                                                                                      \
     *    DICE: sums[3,C] -> (sum over classes in rising order of 1 - num / den) / C, num = 2*s0 + s,                  \
     *    den = (s1 + s2) + s, s = smooth. DICE_DX: p, labels, sums, dloss ->                                          \
     *    (dloss / C) * (p * ((2*num) / (den*den)) - (g ? 2 / den : +0)).                                              \
     *    MSE: a, b -> mean of (a-b)^2: rows as lane sums, plain sums of rows in pixel blocks, sum / n.                \
     *    DX: a, b, dloss -> (2*dloss / n) * (a - b).                                                                  \
     *    ONE_HOT: labels I32[...] -> [...,C]: 1 at the label, +0 elsewhere and in rows without one. */                \
    X(CROSS_ENTROPY, cross_entropy)                                                                                    \
    X(CROSS_ENTROPY_DX, cross_entropy_dx)                                                                              \
    X(DICE_SUMS, dice_sums)                                                                                            \
    X(DICE, dice)                                                                                                      \
    X(DICE_DX, dice_dx)                                                                                                \
    X(MSE, mse)                                                                                                        \
    X(MSE_DX, mse_dx)                                                                                                  \
    X(ONE_HOT, one_hot)                                                                                                \
    /* -- contrast: anchor[G,R,D], key[G,K,D], their classes I32[G,R] and I32[G,K] -> z[G,R,1], the denominators of    \
     *    contrastive losses, group by group: s_ik = chain over d of anchor_id * key_kd from +0; e_ik = exp(s_ik * t), \
     *    t = 1 / temperature, but with skip_self e_ii = +0; z_i = plain sum over k of e_ik * w_ik from +0. w_ik is +0 \
     *    where either class lies outside [0, classes) and, without own_class, where they are equal; else 1, or balanced\
     *    1 / m, m how many keys of the group have k's class, one fewer with skip_self where that is the anchor's, at  \
     *    least 1. DX: the same and dz[G,R,1] -> the gradient of anchors, keys or, where they are the same rows, both, \
     *    by attribute `part`: dx_i = chain over j of p_ij * y_j from +0, y being what x meets in the products;        \
     *    p_ij = e_ij * fma(g_j, w_ji, g_i * w_ij), g = dz * t. Without w_ij where x are keys only, w_ji where anchors.\
     *    An anchor without a class (where both: a row that is without as anchor and as key) has +0 for z or gradient, \
     *    whatever is in it; so has a key in the gradient of keys. */                                                  \
    X(CONTRAST, contrast)                                                                                              \
    X(CONTRAST_DX, contrast_dx)                                                                                        \
    /* -- optimiser. SQUARED_NORM: x -> [1]: sum of squares, in blocks of 4096 elements (lane sums), tree sum.         \
     *    CLIP_FACTOR: total[1] -> min(1, limit / (sqrt(total) + 1e-6)); limit = factor.                               \
     *    All three updates are in-place on p and return p; hyper[4] is a tensor on the device:                        \
     *    SGD: p, g, m, hyper {lr, first step ? 1 : 0, -, -}, [clip[1]]; g' = fma(decay, p, g * clip); m = first ? g' :\
     *    fma(momentum, m, g'); p = fma(-lr, m, p).                                                                    \
     *    ADAM: p, g, moments[2,...] (both updated), hyper {lr, c1 = 1 - beta1^t, c2 = 1 - beta2^t, -}, [clip[1]];     \
     *    g' = fma(decay, p, g * clip), or, decoupled, p = p * (1 - lr * decay) first and decay 0 in g';               \
     *    m = fma(beta1, m, (1 - beta1) * g'); v = fma(beta2, v, (1 - beta2) * (g' * g'));                             \
     *    p = p - (lr * (m / c1)) / (sqrt(v / c2) + epsilon).                                                          \
     *    EMA: average (in-place), p -> fma(alpha, average - p, p), alpha = hyper[0]: average, p, hyper. */            \
    X(SQUARED_NORM, squared_norm)                                                                                      \
    X(CLIP_FACTOR, clip_factor)                                                                                        \
    X(SGD, sgd)                                                                                                        \
    X(ADAM, adam)                                                                                                      \
    X(EMA, ema)                                                                                                        \
    /* -- memories. PUT: memory[S,...] (in-place), slots I32[N], x[N,...], memory and x of one element type: row n of  \
     *    x becomes row slots[n] of the memory, bit for bit, in rising n, so that of two for one slot the later stays; \
     *    where slots[n] is outside [0, S), nothing. A memory F16 takes x F32, each number as sep_half_of rounds it.   \
     *    OVERWRITE: memory (in-place), x of its shape and element type -> x, bit for bit. */                          \
    X(PUT, put)                                                                                                        \
    X(OVERWRITE, overwrite)                                                                                            \
    /* -- rows of maps, within each of `groups` parts (attribute). GATHER: x, S rows of C numbers a group, index I32[R \
     *    a group] -> index's shape + [C]: row r is row index[r] of x in the same group, bit for bit; where index[r]   \
     *    is outside [0, S): +0. x I32 (labels; C is 1): -1 there. x F16: as floats, sep_float_of_half. SCATTER, its   \
     *    adjoint: x[...,C], index as there -> S rows a group (output shape given): row s is the plain sum, from +0 and\
     *    in rising r, of those rows of x with index[r] = s. */                                                        \
    X(GATHER, gather)                                                                                                  \
    X(SCATTER, scatter)                                                                                                \
    /*    CHANNEL_RANK: x[...,C] -> of each element how many of its row come before it in falling order: those that are\
     *    larger, and of equals those of lower channels (a NaN is neither larger nor equal), as a float. */            \
    X(CHANNEL_RANK, channel_rank)                                                                                      \
    /* -- RESIZE_NEAREST: x[N,H,W,C], or I32[N,H,W], -> [N,P,Q,C], [N,P,Q]: row o is row (2 o (H - 1) + P - 1) /       \
     *    (2 (P - 1)), cut to a whole number, of x (row 0 where P is 1), bit for bit; columns likewise. */             \
    X(RESIZE_NEAREST, resize_nearest)                                                                                  \
    /* -- LARGEST_COMPONENT: labels I32[N,H,W] -> I32[N,H,W]; attribute classes C. Pixels of one sample and one label  \
     *    that touch, corners included, are connected. For each sample and each label from 1 to C - 1 by itself the    \
     *    connected pixels that are most keep it (of equally many those whose first pixel, row by row, comes first),   \
     *    and its others become 0. All other labels stay. */                                                           \
    X(LARGEST_COMPONENT, largest_component)                                                                            \
    /* -- WARP_MAP: x[N,H,W,C], move[N,H,W,2] (rows, columns) -> [N,H,W,C]: pixel (r, c) is x at (r, c) + move. On an  \
     *    axis of S pixels: p = (float)r + move, rounded; held = p > 0 ? p : 0, then held < S-1 ? held : S-1; low =    \
     *    floor(held), at most S-2, at least 0; f = held - low. Its taps are low, which weighs w = 1 - f, and where S  \
     *    > 1 low + 1, which weighs w = f. y: chain from +0 over row taps, then column taps, of (wr * wc) * x. DX,     \
     *    the adjoint: move, dy -> dx: for each pixel of x a chain from +0 of (wr * wc) * dy over the pixels that      \
     *    have it among their taps, in row-major order. DMOVE: x, move, dy -> [N,H,W,2]: chains over k from +0 of      \
     *    dy_k * d_k. By row d = fma(fc, b-a, a), fc being the column's f, a = x10 - x00, b = x11 - x01 (x at taps     \
     *    row, column; low + 1 is low where S = 1); by column d = fma(fr, b-a, a), a = x01 - x00, b = x11 - x10. +0    \
     *    on an axis where held is not p. */                                                                           \
    X(WARP_MAP, warp_map)                                                                                              \
    X(WARP_MAP_DX, warp_map_dx)                                                                                        \
    X(WARP_MAP_DMOVE, warp_map_dmove)                                                                                  \
    /* -- choosing rows. u are uniform numbers in [0, 1). cut(u, n) is floor(u * n), the product rounded to float, made\
     *    at least 0 and at most n - 1; 1 <= n <= 2^24.                                                                \
     *    DRAW: mask[...,C], u[C,N] -> I32[C,N]: numbers of rows of the mask. n rows have mask_c > 0; sorted by number \
     *    they are r_0 to r_n-1. Entry i of class c is r_k, k = cut(u_i, n); -1 where n = 0. Attribute `once`: no row  \
     *    comes twice; where n <= N, k = i, and -1 from i = n on; else k = b + cut(u_i, e - b), b = floor(i * n / N),  \
     *    e = floor((i + 1) * n / N), both exact.                                                                      \
     *    RING_*: a first-in, first-out memory of `capacity` K slots for each of C classes, slot s of class c at       \
     *    c * K + s. state I32[C]: v < K: v slots are filled, v is the next; K <= v < 2K: all are, v - K is the next.  \
     *    RING_DRAW: state, u[C,M] -> I32[C,M]: c * K + cut(u, filled); -1 where nothing is filled.                    \
     *    RING_SLOTS: state, drawn I32[C,N], N <= K -> I32[C,N]: where entry i goes, if it is no -1:                   \
     *    c * K + (next + entries >= 0 of the class before i) mod K; else -1.                                          \
     *    RING_NEXT: state, drawn -> I32[C]: v + entries >= 0 of the class, less K where that is 2K or more. */        \
    X(DRAW, draw)                                                                                                      \
    X(RING_DRAW, ring_draw)                                                                                            \
    X(RING_SLOTS, ring_slots)                                                                                          \
    X(RING_NEXT, ring_next)                                                                                            \
    /*    QUANTILE: x (n elements, at most 2^24), share[1] -> [1]. Elements in the order of their bits as sign and     \
     *    magnitude, -0 before +0. s = floor(share * 2^32), share cut to [0, 1] first; p = s * (n - 1), both in whole  \
     *    numbers; low = floor(p / 2^32), f = floor(p % 2^32 / 2^8) * 2^-24. a and b: elements low and low + 1 (at most\
     *    n - 1), from 0. Where f = 0 or b has a's bits: a; else fma(f, b - a, a). */                                  \
    X(QUANTILE, quantile)                                                                                              \
    /*    PATCH_ROWS: u[M,P] -> I32[G,M*p*p]; attributes grid_height H, grid_width W, block p, groups G <= P. M maps of\
     *    H x W pixels; patch q of a map, q < P = A * A, A * p <= H and W, has its first pixel at row q / A * p, column\
     *    q % A * p. The patch with the g-th smallest u of map m, of equals the lower patch first, is m's in group g.  \
     *    Row g: the pixels (m * H + row) * W + column of its patches, by map, row in the patch, column; attribute     \
     *    by_row: by row in the patch, map, column. */                                                                 \
    X(PATCH_ROWS, patch_rows)                                                                                          \
    /* -- windows of maps, of side w (attribute window). CHOOSE_WINDOWS: x[N,H,W,1] -> I32[N,K]; attributes stride s,  \
     *    capacity K, overlap m. A window has a place for each of H - w + 1 rows and W - w + 1 columns of its first    \
     *    pixel. Its score: for each of its rows the plain sum from +0 of x over columns, then the plain sum from +0 of\
     *    these over rows. K times the place that is left with the largest score (by bits as sign and magnitude, as in \
     *    QUANTILE; of equals the first, row by row) is taken, and all places go whose windows share more than m pixels\
     *    with that one; m < w * w, so it goes itself. Entry k: (s * row) * (s * W) + s * column of the k-th that was  \
     *    taken: its first pixel in a map s times as large; -1 where none was left.                                    \
     *    GATHER_WINDOWS: x[N,H,W,C], at I32[N,K] -> [N*K,w,w,C]: the window whose first pixel is number at[n,k] of    \
     *    sample n, bit for bit; +0 where it does not lie within the map. SCATTER_WINDOWS, its adjoint: x[N*K,w,w,C],  \
     *    at -> [N,H,W,C] (output shape given): each pixel is the plain sum, from +0 and in rising k, of what the      \
     *    windows that hold it have there; those that do not lie within the map count nowhere. */                      \
    X(CHOOSE_WINDOWS, choose_windows)                                                                                  \
    X(GATHER_WINDOWS, gather_windows)                                                                                  \
    X(SCATTER_WINDOWS, scatter_windows)

/* clang-format on */

#define SEP_OPERATION_ENUM(NAME, name) SEP_OP_##NAME,
typedef enum sep_op { SEP_OPERATIONS(SEP_OPERATION_ENUM) SEP_OP_COUNT } sep_op;
#undef SEP_OPERATION_ENUM

const char *sep_op_name(sep_op op);

typedef enum sep_activation { SEP_LINEAR_ACTIVATION = 0, SEP_RELU, SEP_LEAKY_RELU, SEP_GELU } sep_activation;

/* X(NAME): functions of one number. exp and log are those of simd/elementary.h, each operation rounds by itself.
 *   EXP     exp(x)                       f' = exp(x)
 *   LN      log(x)                       f' = 1 / x
 *   SQRT    sqrt(x)                      f' = 0.5 / sqrt(x)
 *   SQUARE  x * x                        f' = x + x
 *   ABS     x < 0 ? 0 - x : x            f' = x < 0 ? -1 : x > 0 ? 1 : 0
 *   SIGMOID 1 / (1 + exp(0 - x))         f' = s * (1 - s), s = sigmoid(x)
 *   POWER   p(x, e), e = attribute exponent: 1 where e is 0, else x > 0 ? exp(e * log(x)) : 0; f' = e * p(x, e - 1) */
#define SEP_UNARY_FUNCTIONS(X) X(EXP) X(LN) X(SQRT) X(SQUARE) X(ABS) X(SIGMOID) X(POWER)
/* Of two. PLUS, SUBTRACT, MULTIPLY, DIVIDE; MINIMUM b > a ? a : b; MAXIMUM b > a ? b : a; LESS a < b ? 1 : 0. */
#define SEP_BINARY_FUNCTIONS(X) X(PLUS) X(SUBTRACT) X(MULTIPLY) X(DIVIDE) X(MINIMUM) X(MAXIMUM) X(LESS)

#define SEP_FUNCTION_ENUM(name) SEP_##name,
typedef enum sep_function {
    SEP_UNARY_FUNCTIONS(SEP_FUNCTION_ENUM) SEP_BINARY_FUNCTIONS(SEP_FUNCTION_ENUM) SEP_FUNCTION_COUNT
} sep_function;
#undef SEP_FUNCTION_ENUM

/* Whether BINARY's b has one number for each stretch of a (else its elements are repeated). */
bool sep_is_each(const sep_shape *a, const sep_shape *b);

/* How CONV2D and its gradients compute. BY_SHAPE is what sep_conv_is_winograd says; the others are for measurements. */
typedef enum sep_algorithm { SEP_BY_SHAPE = 0, SEP_DIRECT, SEP_WINOGRAD } sep_algorithm;

/* Whose gradient CONTRAST_DX is. */
typedef enum sep_contrast_part { SEP_OF_ANCHORS = 0, SEP_OF_KEYS, SEP_OF_BOTH } sep_contrast_part;

/* Everything an operation needs to know besides its operands; each reads its own fields, the rest are 0. */
typedef struct sep_attributes {
    int kernel, stride, padding;
    sep_algorithm algorithm; /* of CONV2D and its gradients */
    sep_activation activation;
    float slope; /* of leaky ReLU */
    sep_function function;
    float exponent;    /* of POWER */
    float probability; /* of dropout or drop path */
    float epsilon, momentum, factor, value;
    int begin, count;
    int groups;   /* of GATHER, SCATTER and group norm; at least 1 */
    int block;    /* space_to_depth, depth_to_space, patch_rows */
    int capacity; /* of a ring: slots a class; of CHOOSE_WINDOWS */
    int overlap;  /* of CHOOSE_WINDOWS */
    int window, shift, heads, grid_height, grid_width;
    float scale;
    float decay, beta1, beta2, smooth;
    bool per_sample, column_major, frozen, decoupled, back, once, by_row;
    int classes;       /* of CONTRAST, its gradient and LARGEST_COMPONENT */
    float temperature; /* of CONTRAST and its gradient, and what follows */
    bool balanced, own_class, skip_self;
    sep_contrast_part part;
} sep_attributes;

/* Image rows (n, y) in one block of a convolution's weight gradient: a function of the shape alone. `image_rows` is
 * N * P, `row_pixels` Q, `weights` the elements of dw. Enough blocks to share among many cores (up to 256)
 * while the partial gradients stay below 16 MiB, at least SEP_BLOCK_ROWS pixels a block. */
int sep_image_block_rows(int image_rows, int row_pixels, int64_t weights);

/* Whether CONV2D, CONV2D_DX and CONV2D_DW compute by Winograd's algorithm F(4x4, 3x3). By shape: kernel 3, stride 1,
 * padding 1, at least 16 channels in and out and 4 tiles an image. The batch does not count, so what an image gives
 * does not depend on how many there are.
 *
 * Each image is cut into tiles of 4x4 outputs from its top left corner, numbered over (n, row, column). A tile's inputs
 * are the 6x6 pixels around it. Pixels outside the image read +0 and are not written. For each tile and channel, where
 * [L x] is line L (below) applied down every column of x and then along every row of what that gave,
 *
 *   CONV2D     v_i = [BT x_i], u_io = [G w_io]; each of the 36 elements of m_o is a chain from +0 of v_i * u_io over i;
 *              y_o = [AT m_o], then, where there is a bias, y_o + b_o.
 *
 *   CONV2D_DX  the same of dy; tap (ky, kx) of the weight from o to i is w[2 - ky][2 - kx][i][o].
 *
 *   CONV2D_DW  v_i = [BT x_i], z_o = [A dy_o]. The tiles are cut in blocks of sep_image_block_rows(tiles, 1, 9 I O).
 *              Per block each of the 36 elements of s_io is a chain from +0 of v_i * z_o over its tiles in rising
 *              order, and dw_io = [GT s_io]; blocks join by tree sum.
 *
 * The lines interpolate at 0, +-5/8, +-3/2 and infinity. A fraction stands for the float nearest to it.
 *
 *   BT  v0 = fma(225/256, d0, fma(-169/64, d2, d4)), v5 = fma(225/256, d1, fma(-169/64, d3, d5));
 *       e = fma(-9/4, d2, d4), f = fma(-9/4, d1, d3): v1 = fma(5/8, f, e), v2 = fma(-5/8, f, e);
 *       e = fma(-25/64, d2, d4), f = fma(-25/64, d1, d3): v3 = fma(3/2, f, e), v4 = fma(-3/2, f, e).
 *
 *   AT  s = m1 + m2, t = m1 - m2, e = m3 + m4, f = m3 - m4: y0 = (m0 + s) + e, y1 = fma(3/2, f, 5/8 * t),
 *       y2 = fma(9/4, e, 25/64 * s), y3 = fma(27/8, f, fma(125/512, t, m5)).
 *
 *   A   z0 = y0, z5 = y3; e = fma(25/64, y2, y0), f = fma(125/512, y3, 5/8 * y1): z1 = e + f, z2 = e - f;
 *       e = fma(9/4, y2, y0), f = fma(27/8, y3, 3/2 * y1): z3 = e + f, z4 = e - f.
 *
 *   G   u0 = 256/225 * g0, u5 = g2; e = fma(-32/119, g2, -2048/2975 * g0), f = -256/595 * g1: u1 = e + f, u2 = e - f;
 *       e = fma(32/119, g2, 128/1071 * g0), f = 64/357 * g1: u3 = e + f, u4 = e - f.
 *
 *   GT  s = s1 + s2, t = s1 - s2, e = s3 + s4, f = s3 - s4: g1 = fma(-256/595, t, 64/357 * f),
 *       g0 = fma(256/225, s0, fma(-2048/2975, s, 128/1071 * e)), g2 = fma(-32/119, s, fma(32/119, e, s5)). */
bool sep_conv_is_winograd(const sep_attributes *attributes, int height, int width, int in, int out);

#ifdef __cplusplus
}
#endif
#endif
