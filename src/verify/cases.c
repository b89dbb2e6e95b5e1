/* The runs behind `septum verify`: 20 steps of U-Net, Swin-Unet, CS-Unet and cross teaching in small, a few of each
 * other network and method, and a few in large. Between them they take every path that a shape can choose: maps from
 * one pixel to 224 x 224, channels below and above the width of the vectors, 3x3 convolutions with 16 channels and
 * more, windows of 2 and of 7 and windows that are chosen, attention over all tokens, group norm, dropout and drop
 * path, all optimisers, both kinds of upsampling, teachers and averages, one network and two that teach each other. */
#include "verify/cases.h"

#include "verify/golden.h"

#include <string.h>

const char *const sep_verify_common = "[data]\n"
                                      "folder = phantoms\n"
                                      "classes = 4\n"
                                      "loader_threads = 0\n"
                                      "[train]\n"
                                      "iterations = 20\n"
                                      "seed = 9\n";

#define NETWORK_CASE(net, patch, settings)                                                                             \
    {                                                                                                                  \
        net, SEP_VERIFY_QUICK,                                                                                         \
            "[data]\n"                                                                                                 \
            "patch_size = " patch "\n"                                                                                 \
            "[train]\n"                                                                                                \
            "iterations = 4\n"                                                                                         \
            "labelled_batch = 2\n"                                                                                     \
            "[student_0]\n"                                                                                            \
            "net = " net "\n" settings                                                                                 \
    }

/* A method's own parts take part from the first step on. */
#define METHOD_CASE_OF(method, labelled, settings)                                                                     \
    {                                                                                                                  \
        method, SEP_VERIFY_QUICK,                                                                                      \
            "[data]\n"                                                                                                 \
            "patch_size = 32\n"                                                                                        \
            "[train]\n"                                                                                                \
            "method = " method "\n"                                                                                    \
            "iterations = 6\n"                                                                                         \
            "labelled_batch = " labelled "\n"                                                                          \
            "unlabelled_batch = 2\n"                                                                                   \
            "consistency_weight = 1\n"                                                                                 \
            "ema = 0.9\n"                                                                                              \
            "[student_0]\n"                                                                                            \
            "base = 4\n" settings                                                                                      \
    }
#define METHOD_CASE(method, settings) METHOD_CASE_OF(method, "1", settings)

const sep_verify_case sep_verify_cases[] = {
    {"u-net", SEP_VERIFY_QUICK,
     "[data]\n"
     "patch_size = 32\n"
     "[train]\n"
     "labelled_batch = 2\n"
     "[student_0]\n"
     "net = u-net\n"
     "optimiser = sgd\n"
     "learning_rate = 0.01\n"
     "clip = 1\n"},
    {"swin-unet", SEP_VERIFY_QUICK,
     "[data]\n"
     "patch_size = 64\n"
     "[train]\n"
     "labelled_batch = 2\n"
     "[student_0]\n"
     "net = swin-unet\n"
     "base = 16\n"
     "window = 2\n"
     "head_channels = 8\n"
     "optimiser = adamw\n"
     "warm_up = 5\n"},
    {"cs-unet", SEP_VERIFY_QUICK,
     "[data]\n"
     "patch_size = 64\n"
     "[train]\n"
     "labelled_batch = 1\n"
     "[student_0]\n"
     "net = cs-unet\n"
     "base = 16\n"
     "window = 2\n"
     "head_channels = 8\n"
     "optimiser = adam\n"},
    NETWORK_CASE("att-unet", "32", "base = 4\n"),
    NETWORK_CASE("trans-unet", "32",
                 "base = 32\n"
                 "heads = 4\n"
                 "layers = 1\n"
                 "mlp = 64\n"
                 "decoder = 32\n"),
    NETWORK_CASE("mt-unet", "64",
                 "base = 16\n"
                 "blocks = 1\n"
                 "heads = 2\n"
                 "slots = 8\n"),
    NETWORK_CASE("batformer", "64",
                 "base = 4\n"
                 "window = 8\n"
                 "windows = 5\n"),
    {"cross-teaching", SEP_VERIFY_QUICK,
     "[data]\n"
     "patch_size = 64\n"
     "image_zoom = cubic\n"
     "[train]\n"
     "method = cross-teaching\n"
     "labelled_batch = 1\n"
     "unlabelled_batch = 1\n"
     "batch_statistics = separate\n"
     "[student_0]\n"
     "net = u-net\n"
     "base = 4\n"
     "upsampling = transposed\n"
     "[student_1]\n"
     "net = swin-unet\n"
     "base = 8\n"
     "window = 2\n"
     "head_channels = 4\n"
     "optimiser = sgd\n"},
    METHOD_CASE("mean-teacher", "[mean-teacher]\n"
                                "silent = 0\n"),
    METHOD_CASE("uamt", "[uamt]\n"
                        "passes = 2\n"
                        "limit = 0.9\n"),
    METHOD_CASE("ict", ""),
    METHOD_CASE("cct", ""),
    METHOD_CASE("dct", ""),
    METHOD_CASE("cps", "[student_1]\n"
                       "base = 2\n"),
    METHOD_CASE("mcsc", "[mcsc]\n"
                        "hidden = 32\n"
                        "features = 24\n"
                        "full_patch = 7\n"
                        "groups = 10\n"
                        "eighth_patch = 2\n"),
    METHOD_CASE("mcsc-released", "[train]\n"
                                 "faithful = yes\n"
                                 "[mcsc-released]\n"
                                 "frozen_from = 2\n"
                                 "labelled_until = 4\n"
                                 "[mcsc]\n"
                                 "hidden = 32\n"
                                 "features = 24\n"
                                 "full_patch = 7\n"
                                 "groups = 10\n"
                                 "eighth_patch = 2\n"),
    METHOD_CASE("mcsc-v2", "[mcsc-v2]\n"
                           "hidden = 32\n"
                           "features = 24\n"
                           "anchors = 100\n"
                           "keys = 50\n"
                           "memory = 300\n"
                           "pushed = 0.25\n"
                           "confidence = 0.4\n"),
    METHOD_CASE("cct-r", "[registered]\n"
                         "fade = yes\n"
                         "[cct-r]\n"
                         "hidden = 32\n"
                         "features = 24\n"
                         "anchors = 100\n"
                         "keys = 60\n"
                         "eighth = yes\n"
                         "partners = 2\n"
                         "slices = 6\n"),
    METHOD_CASE("deep-atlas", "[deep-atlas]\n"
                              "base = 4\n"
                              "scale = 4\n"
                              "squarings = 1\n"),
    METHOD_CASE_OF("copy-paste", "2",
                   "[copy-paste]\n"
                   "pretraining = 0.4\n"),
    METHOD_CASE("weak-to-strong", "[weak-to-strong]\n"
                                  "warm_up = 0\n"
                                  "images = 2\n"
                                  "threshold = 0.4\n"),
    METHOD_CASE("ad-mt", "[ad-mt]\n"
                         "longest = 3\n"
                         "threshold = 0.4\n"),
    METHOD_CASE_OF("night", "2",
                   "[night]\n"
                   "warm_up = 0.3\n"
                   "rise = 0.3\n"
                   "threshold = 0.5\n"
                   "lowest = 0.3\n"),
    {"u-net-128", SEP_VERIFY_FULL,
     "[data]\n"
     "patch_size = 128\n"
     "[train]\n"
     "iterations = 4\n"
     "labelled_batch = 1\n"
     "[student_0]\n"
     "net = u-net\n"
     "upsampling = transposed\n"},
    {"swin-unet-224", SEP_VERIFY_FULL,
     "[data]\n"
     "patch_size = 224\n"
     "[train]\n"
     "iterations = 4\n"
     "labelled_batch = 1\n"
     "[student_0]\n"
     "net = swin-unet\n"
     "base = 24\n"
     "head_channels = 12\n"
     "clip = 0.5\n"},
    {"cs-unet-224", SEP_VERIFY_FULL,
     "[data]\n"
     "patch_size = 224\n"
     "[train]\n"
     "iterations = 4\n"
     "labelled_batch = 1\n"
     "[student_0]\n"
     "net = cs-unet\n"
     "base = 24\n"
     "head_channels = 12\n"},
};

_Static_assert(sizeof sep_verify_cases / sizeof sep_verify_cases[0] <= SEP_VERIFY_CASES, "reports have room for all");
const int sep_verify_case_count = (int)(sizeof sep_verify_cases / sizeof sep_verify_cases[0]);

uint64_t sep_verify_published(const char *name)
{
    for (size_t i = 0; i < sizeof golden / sizeof golden[0]; i++)
        if (strcmp(golden[i].name, name) == 0)
            return golden[i].hash;
    return 0;
}
