/* From the names of a network's tensors to those of a family's files. */
#include "pretrained/pretrained.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBERS = 3 }; /* in a name, at most */

const sep_pretrained_family *const sep_pretrained_families[] = {
    &sep_pretrained_swin_timm, &sep_pretrained_swin,    &sep_pretrained_hybrid_timm, &sep_pretrained_hybrid_jax,
    &sep_pretrained_vit_timm,  &sep_pretrained_vit_jax, &sep_pretrained_resnet,      NULL};

/* ---- the family -------------------------------------------------------------------------------------------------- */

/* Whether the name is the sign, behind a prefix or not. */
static bool bears_sign(const char *name, const char *sign, char prefix[SEP_PRETRAINED_PREFIX])
{
    const size_t length = strlen(name), end = strlen(sign);

    if (length < end || length - end >= SEP_PRETRAINED_PREFIX || strcmp(name + length - end, sign) != 0)
        return false;
    snprintf(prefix, SEP_PRETRAINED_PREFIX, "%.*s", (int)(length - end), name);
    return length == end || name[length - end - 1] == '.' || name[length - end - 1] == '/';
}

static bool is_of_family(sep_pretrained *p, const sep_pretrained_family *family)
{
    p->family = family;
    for (int i = 0; i < sep_safetensors_count(p->file); i++)
        if (bears_sign(sep_safetensors_at(p->file, i)->name, family->sign, p->prefix))
            return true;
    return false;
}

sep_status sep_pretrained_recognise(const char *path, const sep_safetensors *file, sep_pretrained *pretrained)
{
    *pretrained = (sep_pretrained){.path = path, .file = file};
    for (int i = 0; sep_pretrained_families[i] != NULL; i++)
        if (is_of_family(pretrained, sep_pretrained_families[i]))
            return SEP_OK;
    pretrained->family = NULL;
    return sep_fail(
        SEP_ERR_FORMAT,
        "%s: neither a checkpoint of septum nor weights under names that it knows (of a Swin Transformer, a "
        "ResNet, a Vision Transformer or R50+ViT); its first tensor of %d is '%s'",
        path, sep_safetensors_count(file), sep_safetensors_count(file) > 0 ? sep_safetensors_at(file, 0)->name : "");
}

const sep_pretrained_use *sep_pretrained_use_of(const sep_pretrained *pretrained, const sep_net *net)
{
    const sep_pretrained_use *use = pretrained->family->uses;

    while (use->net != NULL && strcmp(use->net, net->name) != 0)
        use++;
    return use->net != NULL ? use : NULL;
}

sep_status sep_pretrained_refuse(const sep_pretrained *pretrained, const sep_net *net)
{
    const sep_pretrained_use *use = pretrained->family->uses;
    char nets[128] = "";

    for (; use->net != NULL; use++)
        snprintf(nets + strlen(nets), sizeof nets - strlen(nets), "%s%s", nets[0] != '\0' ? ", " : "", use->net);
    return sep_fail(SEP_ERR_ARGUMENT, "%s: weights of %s are for %s, not for %s", pretrained->path,
                    pretrained->family->name, nets, net->name);
}

bool sep_pretrained_is_computed(const char *name)
{
    static const char *const computed[] = {"relative_position_index", "attn_mask", "num_batches_tracked"};
    const char *dot = strrchr(name, '.');

    for (size_t i = 0; dot != NULL && i < sizeof computed / sizeof *computed; i++)
        if (strcmp(dot + 1, computed[i]) == 0)
            return true;
    return false;
}

/* ---- one name ---------------------------------------------------------------------------------------------------- */

/* Whether the first `length` characters of `name` are the pattern, and the numbers in the places of its #. */
static bool matches(const char *pattern, const char *name, size_t length, int number[NUMBERS])
{
    const char *end = name + length;
    int found = 0;

    for (; *pattern != '\0' && name < end; pattern++) {
        if (*pattern != '#' && *pattern != *name++)
            return false;
        if (*pattern != '#')
            continue;
        if (!isdigit((unsigned char)*name))
            return false;
        char *after;
        number[found++] = (int)strtol(name, &after, 10);
        name = after;
    }
    return *pattern == '\0' && name == end;
}

/* Writes a pattern's name: {0}, {1+1} are numbers. */
static void expand(const char *pattern, const int number[NUMBERS], char *text, size_t size)
{
    size_t used = 0;

    for (; *pattern != '\0' && used + 1 < size; pattern++) {
        if (*pattern != '{') {
            text[used++] = *pattern;
            continue;
        }
        const int value = number[pattern[1] - '0'] + (pattern[2] == '+' ? 1 : 0);
        used += (size_t)snprintf(text + used, size - used, "%d", value);
        pattern = strchr(pattern, '}');
    }
    text[used < size ? used : size - 1] = '\0';
}

/* What the family calls a layer's tensor that is "weight", "bias", "gamma" or "beta" here. */
static const char *suffix_of(sep_pretrained_style style, const char *ours)
{
    static const char *const name[][3] = {{"weight", ".weight", "/kernel"},
                                          {"bias", ".bias", "/bias"},
                                          {"gamma", ".weight", "/scale"},
                                          {"beta", ".bias", "/bias"}};

    for (size_t i = 0; i < sizeof name / sizeof *name; i++)
        if (strcmp(name[i][0], ours) == 0)
            return name[i][1 + style];
    return NULL;
}

static bool is_layer(sep_pretrained_kind kind)
{
    return kind != SEP_PRETRAINED_TENSOR && kind != SEP_PRETRAINED_POSITION;
}

static bool apply(const sep_pretrained *p, const sep_pretrained_rule *rule, const char *name,
                  sep_pretrained_source *source)
{
    const char *dot = strrchr(name, '.'), *suffix = "";
    size_t length = strlen(name), used;
    int number[NUMBERS] = {0};

    if (is_layer(rule->kind)) {
        suffix = dot != NULL ? suffix_of(p->family->style, dot + 1) : NULL;
        length = dot != NULL ? (size_t)(dot - name) : length;
    }
    if (suffix == NULL || !matches(rule->ours, name, length, number))
        return false;
    used = (size_t)snprintf(source->name, sizeof source->name, "%s", p->prefix);
    expand(rule->theirs, number, source->name + used, sizeof source->name - used);
    used = strlen(source->name);
    snprintf(source->name + used, sizeof source->name - used, "%s", suffix);
    source->kind = rule->kind;
    source->mirrored = strncmp(name, "decoder_", 8) == 0;
    return true;
}

bool sep_pretrained_find(const sep_pretrained *pretrained, const sep_pretrained_use *use, const char *name,
                         sep_pretrained_source *source)
{
    for (int i = 0; i < SEP_PRETRAINED_LISTS && use->rules[i] != NULL; i++)
        for (const sep_pretrained_rule *rule = use->rules[i]; rule->ours != NULL; rule++)
            if (apply(pretrained, rule, name, source))
                return true;
    return false;
}
