/* ResNets of bottlenecks (He et al. 2016; ResNet-50 and deeper) as torchvision and timm name them, for networks on the
 * hybrid ResNet (nets/resnet.h). Its first three stages are theirs but for the norms: a batch norm's scale and shift
 * become a group norm's, its running statistics have no place there. */
#include "pretrained/families.h"

static const sep_pretrained_rule encoder[] = {
    {"resnet.root.conv", "conv1", SEP_PRETRAINED_FIRST},
    {"resnet.root.norm", "bn1", 0},
    {"resnet.stage_#.block_#.conv_#", "layer{0+1}.{1}.conv{2+1}", 0},
    {"resnet.stage_#.block_#.norm_#", "layer{0+1}.{1}.bn{2+1}", 0},
    {"resnet.stage_#.block_#.project", "layer{0+1}.{1}.downsample.0", 0},
    {"resnet.stage_#.block_#.project_norm", "layer{0+1}.{1}.downsample.1", 0},
    {0},
};

static const sep_pretrained_use uses[] = {
    {"r50-unet", {encoder}}, {"r50-att-unet", {encoder}}, {"trans-unet", {encoder}}, {"r50-vit", {encoder}}, {0}};

const sep_pretrained_family sep_pretrained_resnet = {
    .name = "a ResNet",
    .sign = "layer1.0.conv1.weight",
    .uses = uses,
    .advice = "a ResNet-50 has 6 blocks in its third stage: blocks_2 = 6",
};
