/* What weights of elsewhere are called, and which of a network's tensors they are: one table per family and network. */
#ifndef SEPTUM_PRETRAINED_FAMILIES_H
#define SEPTUM_PRETRAINED_FAMILIES_H

#include <stddef.h>

/* What the two names of a rule are. Of a layer what stands behind the last dot of ours ("weight", "gamma", ...) is
 * translated as the family's style says; a tensor has its whole name. */
typedef enum sep_pretrained_kind {
    SEP_PRETRAINED_LAYER = 0,
    SEP_PRETRAINED_FIRST, /* a layer that sees the image: its input channels are adapted */
    SEP_PRETRAINED_Q,     /* the first, second and third part of a layer that gives Q, K and V side by side */
    SEP_PRETRAINED_K,
    SEP_PRETRAINED_V,
    SEP_PRETRAINED_TENSOR,
    SEP_PRETRAINED_POSITION /* a tensor with a row for each patch, adapted to the grid */
} sep_pretrained_kind;

/* In `ours` each # stands for a number; in `theirs` {k} is the k-th of them, counted from 0, and {k+1} one more. */
typedef struct sep_pretrained_rule {
    const char *ours, *theirs;
    sep_pretrained_kind kind;
} sep_pretrained_rule;

/* How a family's files store layers: PyTorch's `weight` [O, I, k, k] or [O, I] and `bias`; of JAX a `kernel`
 * [k, k, I, O] or [I, O] as ours, `bias`, and norms' `scale`. */
typedef enum sep_pretrained_style { SEP_PRETRAINED_TORCH = 0, SEP_PRETRAINED_JAX } sep_pretrained_style;

#define SEP_PRETRAINED_LISTS 4

/* A network that takes such weights, and its rules: lists that end with {0}, NULL after the last list. */
typedef struct sep_pretrained_use {
    const char *net;
    const sep_pretrained_rule *rules[SEP_PRETRAINED_LISTS];
} sep_pretrained_use;

typedef struct sep_pretrained_family {
    const char *name; /* behind "weights of" */
    const char *sign; /* a tensor that no family further down the table has; something may stand before its name */
    sep_pretrained_style style;
    const sep_pretrained_use *uses; /* the last has no net */
    const char *advice;             /* for who lacks a tensor; may be NULL */
} sep_pretrained_family;

/* In this order families are looked for, up to a NULL. */
extern const sep_pretrained_family *const sep_pretrained_families[];

extern const sep_pretrained_family sep_pretrained_swin_timm, sep_pretrained_swin, sep_pretrained_hybrid_timm,
    sep_pretrained_hybrid_jax, sep_pretrained_vit_timm, sep_pretrained_vit_jax, sep_pretrained_resnet;

#endif
