/* Vision Transformers (Dosovitskiy et al. 2021), on patches and on the hybrid ResNet, as timm names them and as the
 * original .npz files do. The class token, which segmentation has no use for, stays in the file. */
#include "pretrained/families.h"

/* ---- timm -------------------------------------------------------------------------------------------------------- */

static const sep_pretrained_rule blocks_of_timm[] = {
    {"vit.position", "pos_embed", SEP_PRETRAINED_POSITION},
    {"vit.block_#.norm_0", "blocks.{0}.norm1", 0},
    {"vit.block_#.attention.q", "blocks.{0}.attn.qkv", SEP_PRETRAINED_Q},
    {"vit.block_#.attention.k", "blocks.{0}.attn.qkv", SEP_PRETRAINED_K},
    {"vit.block_#.attention.v", "blocks.{0}.attn.qkv", SEP_PRETRAINED_V},
    {"vit.block_#.attention.project", "blocks.{0}.attn.proj", 0},
    {"vit.block_#.norm_1", "blocks.{0}.norm2", 0},
    {"vit.block_#.mlp.expand", "blocks.{0}.mlp.fc1", 0},
    {"vit.block_#.mlp.reduce", "blocks.{0}.mlp.fc2", 0},
    {"vit.norm", "norm", 0},
    {0},
};

static const sep_pretrained_rule patches_of_timm[] = {{"embed", "patch_embed.proj", SEP_PRETRAINED_FIRST}, {0}};
static const sep_pretrained_rule map_of_timm[] = {{"embed", "patch_embed.proj", 0}, {0}};

static const sep_pretrained_rule resnet_of_timm[] = {
    {"resnet.root.conv", "patch_embed.backbone.stem.conv", SEP_PRETRAINED_FIRST},
    {"resnet.root.norm", "patch_embed.backbone.stem.norm", 0},
    {"resnet.stage_#.block_#.conv_#", "patch_embed.backbone.stages.{0}.blocks.{1}.conv{2+1}", 0},
    {"resnet.stage_#.block_#.norm_#", "patch_embed.backbone.stages.{0}.blocks.{1}.norm{2+1}", 0},
    {"resnet.stage_#.block_#.project", "patch_embed.backbone.stages.{0}.blocks.{1}.downsample.conv", 0},
    {"resnet.stage_#.block_#.project_norm", "patch_embed.backbone.stages.{0}.blocks.{1}.downsample.norm", 0},
    {0},
};

static const sep_pretrained_use vit_timm[] = {{"vit", {patches_of_timm, blocks_of_timm}}, {0}};
static const sep_pretrained_use hybrid_timm[] = {{"r50-unet", {resnet_of_timm}},
                                                 {"r50-att-unet", {resnet_of_timm}},
                                                 {"trans-unet", {resnet_of_timm, map_of_timm, blocks_of_timm}},
                                                 {"r50-vit", {resnet_of_timm, map_of_timm, blocks_of_timm}},
                                                 {0}};

const sep_pretrained_family sep_pretrained_vit_timm = {
    .name = "a Vision Transformer",
    .sign = "blocks.0.attn.qkv.weight",
    .uses = vit_timm,
};

const sep_pretrained_family sep_pretrained_hybrid_timm = {
    .name = "R50+ViT",
    .sign = "patch_embed.backbone.stem.conv.weight",
    .uses = hybrid_timm,
};

/* ---- the original names ------------------------------------------------------------------------------------------ */

#define BLOCK     "Transformer/encoderblock_{0}/"
#define ATTENTION BLOCK "MultiHeadDotProductAttention_1/"

static const sep_pretrained_rule blocks_of_jax[] = {
    {"vit.position", "Transformer/posembed_input/pos_embedding", SEP_PRETRAINED_POSITION},
    {"vit.block_#.norm_0", BLOCK "LayerNorm_0", 0},
    {"vit.block_#.attention.q", ATTENTION "query", 0},
    {"vit.block_#.attention.k", ATTENTION "key", 0},
    {"vit.block_#.attention.v", ATTENTION "value", 0},
    {"vit.block_#.attention.project", ATTENTION "out", 0},
    {"vit.block_#.norm_1", BLOCK "LayerNorm_2", 0},
    {"vit.block_#.mlp.expand", BLOCK "MlpBlock_3/Dense_0", 0},
    {"vit.block_#.mlp.reduce", BLOCK "MlpBlock_3/Dense_1", 0},
    {"vit.norm", "Transformer/encoder_norm", 0},
    {0},
};

static const sep_pretrained_rule patches_of_jax[] = {{"embed", "embedding", SEP_PRETRAINED_FIRST}, {0}};
static const sep_pretrained_rule map_of_jax[] = {{"embed", "embedding", 0}, {0}};

static const sep_pretrained_rule resnet_of_jax[] = {
    {"resnet.root.conv", "conv_root", SEP_PRETRAINED_FIRST},
    {"resnet.root.norm", "gn_root", 0},
    {"resnet.stage_#.block_#.conv_#", "block{0+1}/unit{1+1}/conv{2+1}", 0},
    {"resnet.stage_#.block_#.norm_#", "block{0+1}/unit{1+1}/gn{2+1}", 0},
    {"resnet.stage_#.block_#.project", "block{0+1}/unit{1+1}/conv_proj", 0},
    {"resnet.stage_#.block_#.project_norm", "block{0+1}/unit{1+1}/gn_proj", 0},
    {0},
};

static const sep_pretrained_use vit_jax[] = {{"vit", {patches_of_jax, blocks_of_jax}}, {0}};
static const sep_pretrained_use hybrid_jax[] = {{"r50-unet", {resnet_of_jax}},
                                                {"r50-att-unet", {resnet_of_jax}},
                                                {"trans-unet", {resnet_of_jax, map_of_jax, blocks_of_jax}},
                                                {"r50-vit", {resnet_of_jax, map_of_jax, blocks_of_jax}},
                                                {0}};

const sep_pretrained_family sep_pretrained_vit_jax = {
    .name = "a Vision Transformer",
    .sign = "Transformer/encoderblock_0/LayerNorm_0/scale",
    .style = SEP_PRETRAINED_JAX,
    .uses = vit_jax,
};

const sep_pretrained_family sep_pretrained_hybrid_jax = {
    .name = "R50+ViT",
    .sign = "conv_root/kernel",
    .style = SEP_PRETRAINED_JAX,
    .uses = hybrid_jax,
};
