/* `septum info method|loss|contrast`: what there is to choose from, and what each lets one set. */
#include "cli/info_kinds.h"

#include "base/json.h"
#include "cli/info_settings.h"
#include "cli/program.h"
#include "septum/methods.h"

#include <string.h>

/* One of a kind. */
typedef struct entry {
    const char *name, *summary;
    const sep_setting *settings;
    const void *self;
} entry;

/* A kind of things that settings choose by name. */
typedef struct kind {
    const char *name, *plural;
    bool (*at)(int i, entry *e);      /* false after the last */
    void (*describe)(const entry *e); /* what there is to say besides the settings */
    void (*add_to_json)(const entry *e, json_t *to);
    void (*more_settings)(const entry *e);   /* of the same section; NULL: none */
    void (*sections_beside)(const entry *e); /* NULL: none */
} kind;

/* ---- methods ----------------------------------------------------------------------------------------------------- */

static bool method_at(int i, entry *e)
{
    const sep_method *m = sep_methods[i];

    *e = m != NULL ? (entry){m->name, m->summary, m->settings, m} : (entry){0};
    return m != NULL;
}

static bool takes_registered(const sep_method *m)
{
    return m->compares || m->takes_registered;
}

static void describe_method(const entry *e)
{
    const sep_method *m = e->self;
    const char *unlabelled = m->uses_unlabelled ? "yes" : "no";

    if (m->students_low == m->students_high)
        sep_print_line("networks: %d ([student_0] ...); unlabelled slices: %s", m->students_low, unlabelled);
    else
        sep_print_line("networks: %d to %d ([student_0] ...); unlabelled slices: %s", m->students_low, m->students_high,
                       unlabelled);
    if (m->compares)
        sep_print_line("contrast: %s by default (train.contrast; `septum info contrast` lists them)",
                       m->contrast != NULL ? m->contrast->name : "none");
    if (takes_registered(m))
        sep_print_line("registered labels: %s by default (train.registered)", m->registered ? "yes" : "no");
    if (sep_method_takes_warm_start(m))
        sep_print_line("warm start: none by default (train.warm_start: the share of the run that learns from labelled "
                       "images alone)");
}

static void method_to_json(const entry *e, json_t *to)
{
    const sep_method *m = e->self;

    json_object_set_new(to, "students_low", json_integer(m->students_low));
    json_object_set_new(to, "students_high", json_integer(m->students_high));
    json_object_set_new(to, "uses_unlabelled", json_boolean(m->uses_unlabelled));
    json_object_set_new(to, "takes_contrast", json_boolean(m->compares));
    json_object_set_new(to, "takes_registered_labels", json_boolean(takes_registered(m)));
    json_object_set_new(to, "takes_warm_start", json_boolean(sep_method_takes_warm_start(m)));
}

/* Those that methods share. */
static void sections_beside_method(const entry *e)
{
    if (!takes_registered(e->self))
        return;
    sep_print_line("[registered]");
    sep_print_settings(sep_registered_table, NULL);
}

/* ---- losses ------------------------------------------------------------------------------------------------------ */

static bool loss_at(int i, entry *e)
{
    const sep_loss *l = sep_losses[i];

    *e = l != NULL ? (entry){l->name, l->summary, l->settings, l} : (entry){0};
    return l != NULL;
}

static void describe_loss(const entry *e)
{
    sep_print_line("train.loss = %s", e->name);
}

static void loss_to_json(const entry *e, json_t *to)
{
    json_object_set_new(to, "weighs_classes", json_boolean(((const sep_loss *)e->self)->weighs_classes));
}

static void settings_of_loss(const entry *e)
{
    if (((const sep_loss *)e->self)->weighs_classes)
        sep_print_line("  weights = 1   ; one for all classes, or one each: 0.1, 1, 1, 1 (0 to %.0f)",
                       SEP_LARGEST_CLASS_WEIGHT);
}

/* ---- contrasts --------------------------------------------------------------------------------------------------- */

static bool contrast_at(int i, entry *e)
{
    const sep_contrast *c = sep_contrasts[i];

    *e = c != NULL ? (entry){c->name, c->summary, c->settings, c} : (entry){0};
    return c != NULL;
}

static void describe_contrast(const entry *e)
{
    sep_print_line("train.contrast = %s; the optimiser of its projector: section [" SEP_PROJECTOR "]", e->name);
}

/* The scales that are compared where the settings do not say otherwise. */
static void contrast_to_json(const entry *e, json_t *to)
{
    json_t *scales = json_array();

    for (const sep_setting *setting = e->settings; setting->name != NULL; setting++)
        for (int scale = 0; scale < SEP_SCALES; scale++)
            if (setting->fallback != 0.0 && strcmp(setting->name, sep_scale_names[scale]) == 0)
                json_array_append_new(scales, json_string(setting->name));
    json_object_set_new(to, "scales", scales);
}

/* ---- printing ---------------------------------------------------------------------------------------------------- */

static const kind kinds[] = {
    {"method", "methods", method_at, describe_method, method_to_json, NULL, sections_beside_method},
    {"loss", "losses", loss_at, describe_loss, loss_to_json, settings_of_loss, NULL},
    {"contrast", "contrasts", contrast_at, describe_contrast, contrast_to_json, NULL, NULL},
};

static const kind *find_kind(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}

bool sep_is_kind(const char *name)
{
    return find_kind(name) != NULL;
}

static json_t *to_json(const kind *k, const entry *e)
{
    json_t *object = json_pack("{s:s, s:s}", "name", e->name, "summary", e->summary);

    k->add_to_json(e, object);
    json_object_set_new(object, "settings", sep_setting_table_to_json(e->settings));
    return object;
}

sep_status sep_print_kind(const char *name, bool json)
{
    const kind *k = find_kind(name);
    json_t *all = json ? json_array() : NULL;
    entry e;

    for (int i = 0; k->at(i, &e); i++)
        if (json)
            json_array_append_new(all, to_json(k, &e));
        else
            sep_print_line("%-22s %s", e.name, e.summary);
    return json ? sep_print_json(all) : SEP_OK;
}

static sep_status print_entry(const kind *k, const entry *e, bool json)
{
    if (json)
        return sep_print_json(to_json(k, e));
    sep_print_line("%s: %s", e->name, e->summary);
    k->describe(e);
    if (e->settings != NULL || k->more_settings != NULL)
        sep_print_line("[%s]", e->name);
    sep_print_settings(e->settings, NULL);
    if (k->more_settings != NULL)
        k->more_settings(e);
    if (k->sections_beside != NULL)
        k->sections_beside(e);
    return SEP_OK;
}

sep_status sep_print_one_of_kind(const char *kind_name, const char *name, bool json)
{
    const kind *k = find_kind(kind_name);
    entry e;

    for (int i = 0; k->at(i, &e); i++)
        if (strcmp(e.name, name) == 0)
            return print_entry(k, &e, json);
    return sep_usage_error("info %s: there is none called '%s'; `septum info %s` lists the %s", k->name, name, k->name,
                           k->plural);
}
