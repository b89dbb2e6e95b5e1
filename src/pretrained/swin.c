/* Swin Transformers (Liu et al. 2021) as Microsoft's files, and timm's up to 0.8, name them, and as timm has since,
 * where the merging of patches belongs to the stage that it leads to.
 *
 * Swin-Unet's encoder is such a network. Each stage's blocks are taken for the decoder's stage of the same width, too,
 * as the released code has it (encoder stage k for decoder entry 3 - k; of patch expanding there is nothing in the
 * files). CS-Unet has no linear projections for attention: its norms, merging and the perceptrons of DSF blocks remain.
 */
#include "pretrained/families.h"

#define SWIN_UNET_BLOCKS(half)                                                                                         \
    {half "_#.block_#.norm_0", "layers.{0}.blocks.{1}.norm1", 0},                                                      \
        {half "_#.block_#.attention.qkv", "layers.{0}.blocks.{1}.attn.qkv", 0},                                        \
        {half "_#.block_#.attention.table", "layers.{0}.blocks.{1}.attn.relative_position_bias_table",                 \
         SEP_PRETRAINED_TENSOR},                                                                                       \
        {half "_#.block_#.attention.project", "layers.{0}.blocks.{1}.attn.proj", 0},                                   \
        {half "_#.block_#.norm_1", "layers.{0}.blocks.{1}.norm2", 0},                                                  \
        {half "_#.block_#.mlp.expand", "layers.{0}.blocks.{1}.mlp.fc1", 0},                                            \
    {                                                                                                                  \
        half "_#.block_#.mlp.reduce", "layers.{0}.blocks.{1}.mlp.fc2", 0                                               \
    }

static const sep_pretrained_rule swin_unet[] = {
    {"embed.conv", "patch_embed.proj", SEP_PRETRAINED_FIRST},
    {"embed.norm", "patch_embed.norm", 0},
    {"norm", "norm", 0},
    SWIN_UNET_BLOCKS("encoder"),
    SWIN_UNET_BLOCKS("decoder"),
    {0},
};

#define CS_UNET_BLOCKS(half)                                                                                           \
    {half "_#.block_#.norm", "layers.{0}.blocks.{1}.norm1", 0},                                                        \
        {half "_#.block_#.dsf.norm", "layers.{0}.blocks.{1}.norm2", 0},                                                \
        {half "_#.block_#.dsf.expand", "layers.{0}.blocks.{1}.mlp.fc1", 0},                                            \
    {                                                                                                                  \
        half "_#.block_#.dsf.reduce", "layers.{0}.blocks.{1}.mlp.fc2", 0                                               \
    }

static const sep_pretrained_rule cs_unet[] = {
    {"norm", "norm", 0},
    CS_UNET_BLOCKS("encoder"),
    CS_UNET_BLOCKS("decoder"),
    {0},
};

static const sep_pretrained_rule merging[] = {
    {"encoder_#.merge.norm", "layers.{0}.downsample.norm", 0},
    {"encoder_#.merge.reduce", "layers.{0}.downsample.reduction", 0},
    {0},
};

static const sep_pretrained_rule merging_of_timm[] = {
    {"encoder_#.merge.norm", "layers.{0+1}.downsample.norm", 0},
    {"encoder_#.merge.reduce", "layers.{0+1}.downsample.reduction", 0},
    {0},
};

static const sep_pretrained_use uses[] = {{"swin-unet", {swin_unet, merging}}, {"cs-unet", {cs_unet, merging}}, {0}};
static const sep_pretrained_use uses_of_timm[] = {
    {"swin-unet", {swin_unet, merging_of_timm}}, {"cs-unet", {cs_unet, merging_of_timm}}, {0}};

const sep_pretrained_family sep_pretrained_swin_timm = {
    .name = "a Swin Transformer",
    .sign = "layers.3.downsample.reduction.weight",
    .uses = uses_of_timm,
};

const sep_pretrained_family sep_pretrained_swin = {
    .name = "a Swin Transformer",
    .sign = "layers.0.blocks.0.attn.qkv.weight",
    .uses = uses,
};
