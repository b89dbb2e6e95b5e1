/* The published hashes of `septum verify`. Written by tests/golden/renew_hashes.sh, not by hand. */
#ifndef SEPTUM_VERIFY_GOLDEN_H
#define SEPTUM_VERIFY_GOLDEN_H

#include <stdint.h>

static const struct {
    const char *name;
    uint64_t hash;
} golden[] = {
    {"u-net", 0x8326bb6f1fe261f2ULL},
    {"swin-unet", 0x8ea773c4ebe907d5ULL},
    {"cs-unet", 0x4e46fcc3b8935ffeULL},
    {"att-unet", 0x11a53e345b59d7ffULL},
    {"trans-unet", 0x63c9f2a0fb049f6aULL},
    {"mt-unet", 0xb30d4ef4cd4d9b95ULL},
    {"batformer", 0x7bff562dbc971dacULL},
    {"cross-teaching", 0xa191cdc9d37ce52dULL},
    {"mean-teacher", 0x6f66e8fdb4065873ULL},
    {"uamt", 0x4e73896dd854108fULL},
    {"ict", 0x4fc960297e5f482aULL},
    {"cct", 0x40c049bf6e8851a3ULL},
    {"dct", 0xe29e17207c77d475ULL},
    {"cps", 0x8831eaf448359929ULL},
    {"mcsc", 0x7dcc8a8137b15130ULL},
    {"mcsc-released", 0x9eaa660918f11408ULL},
    {"mcsc-v2", 0x5c7c51839ed1f2ebULL},
    {"cct-r", 0xdc6ea09c3661471aULL},
    {"deep-atlas", 0x1a6776946cb537e1ULL},
    {"copy-paste", 0x8c8a755b770d59e8ULL},
    {"weak-to-strong", 0xbeae5f6d9ce71f98ULL},
    {"ad-mt", 0x1f8c21d129748666ULL},
    {"night", 0xe237f0413e6ac402ULL},
    {"u-net-128", 0x52ac297768081952ULL},
    {"swin-unet-224", 0x7fc97a38af4831ddULL},
    {"cs-unet-224", 0x4be06a62289cfd97ULL},
};

#endif
