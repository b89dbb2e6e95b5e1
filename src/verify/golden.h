/* The published hashes of `septum verify`. Written by tests/golden/renew_hashes.sh, not by hand. */
#ifndef SEPTUM_VERIFY_GOLDEN_H
#define SEPTUM_VERIFY_GOLDEN_H

#include <stdint.h>

static const struct {
    const char *name;
    uint64_t hash;
} golden[] = {
    {"u-net", 0x2c2fec35b4c3257cULL},
    {"swin-unet", 0x8ea773c4ebe907d5ULL},
    {"cs-unet", 0x76823e6b013a94e5ULL},
    {"att-unet", 0x079ffd2b6e0e4692ULL},
    {"trans-unet", 0x67db1e75947273f7ULL},
    {"mt-unet", 0xb30d4ef4cd4d9b95ULL},
    {"batformer", 0xe6a0268581075235ULL},
    {"cross-teaching", 0xe7470a6a8f0d08aeULL},
    {"mean-teacher", 0xaa0004a4bbdf3202ULL},
    {"uamt", 0x5f7b0030fb0993f6ULL},
    {"ict", 0x48411db381e38864ULL},
    {"cct", 0x012605e783531d48ULL},
    {"dct", 0xaa0888a1f950f3d8ULL},
    {"cps", 0x9dc6c774f31fdc26ULL},
    {"mcsc", 0x6f66dd9a93be1741ULL},
    {"mcsc-released", 0xd9532c940da7b164ULL},
    {"mcsc-v2", 0xeb5d51b2eb539286ULL},
    {"cct-r", 0x654b44e0c4fd6039ULL},
    {"deep-atlas", 0x1e2619ff77b6efe8ULL},
    {"copy-paste", 0x663f738cecea7393ULL},
    {"weak-to-strong", 0x88cd5e271b0c4139ULL},
    {"ad-mt", 0x08d07128881a64d4ULL},
    {"night", 0xc259f3e646c4f241ULL},
    {"u-net-128", 0x27412ef826afe684ULL},
    {"swin-unet-224", 0x7fc97a38af4831ddULL},
    {"cs-unet-224", 0x4be06a62289cfd97ULL},
};

#endif
