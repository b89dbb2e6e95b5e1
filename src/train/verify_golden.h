/* The published hashes of `septum verify`. Written by tests/golden/renew_hashes.sh, not by hand. */
#ifndef SEPTUM_TRAIN_VERIFY_GOLDEN_H
#define SEPTUM_TRAIN_VERIFY_GOLDEN_H

#include <stdint.h>

static const struct {
    const char *name;
    uint64_t hash;
} golden[] = {
    {"u-net", 0xa1a31d385faa5320ULL},       {"swin-unet", 0x115b2a7c21309f33ULL},
    {"cs-unet", 0x98ce70d47d537288ULL},     {"cross-teaching", 0x6c2000313864abd9ULL},
    {"u-net-128", 0x07ad09c87d12fec8ULL},   {"swin-unet-224", 0x82f3694c41f1e21bULL},
    {"cs-unet-224", 0x136019b3cb4658adULL},
};

#endif
