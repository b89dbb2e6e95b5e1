/* Networks that start from another run's checkpoint, or from weights of elsewhere. */
#include "train/initial.h"

#include "model/predictor.h"
#include "train/run_folder.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { NAME = 256 };

/* ---- the checkpoint ---------------------------------------------------------------------------------------------- */

static sep_status find_checkpoint(const char *given, char **path)
{
    const bool folder = sep_folder_exists(given);

    *path = folder ? sep_run_checkpoint(given) : sep_strdup(given);
    if (*path == NULL)
        return SEP_ERR_MEMORY;
    if (folder && !sep_file_exists(*path))
        return sep_fail(SEP_ERR_IO,
                        "train.init = %s: this folder holds neither " SEP_BEST_CHECKPOINT " nor " SEP_LAST_CHECKPOINT,
                        given);
    return SEP_OK;
}

/* Of a checkpoint's only network student 0 starts alone: two students that begin as one and see the same images stay
 * one, and have nothing to teach each other. */
static bool starts_from_it(const sep_initial *initial, int student)
{
    return student < initial->info.students;
}

static sep_status check_students(const sep_initial *initial, const sep_train_config *config)
{
    const sep_model_info *info = &initial->info;

    if (info->students > 1 && info->students < config->students)
        return sep_fail(SEP_ERR_ARGUMENT, "%s has %d students, and this run %d: student i starts from student i",
                        initial->path, info->students, config->students);
    if (config->init_average && !info->averages)
        return sep_fail(SEP_ERR_ARGUMENT,
                        "train.init_average: %s has no moving averages: it was trained without "
                        "train.ema",
                        initial->path);
    return SEP_OK;
}

/* ---- whether the networks are the same --------------------------------------------------------------------------- */

/* What follows the scope: "encoder_0.conv_0.weight". */
static const char *own_name(const char *name)
{
    const char *dot = strchr(name, '.');

    return dot != NULL ? dot + 1 : name;
}

/* Names and shapes of a network's tensors. */
static sep_status list_network(const sep_net_spec *spec, int student, sep_store **store)
{
    sep_net_spec all[SEP_MAX_STUDENTS];
    sep_network_graph network = {0};

    all[student] = *spec;
    SEP_TRY(sep_store_create(NULL, 0, store));
    sep_status status = sep_net_complete(&all[student]);
    if (status == SEP_OK)
        status = sep_network_build(*store, all, student + 1, student, 1, &network);
    sep_graph_destroy(network.graph);
    return status;
}

/* The first setting of the two that differs, in words; false: none does. */
static bool find_difference(const sep_net_spec *was, const sep_net_spec *is, char *text, size_t size)
{
    char first[SEP_SETTING_TEXT], second[SEP_SETTING_TEXT];

    if (was->net != is->net) {
        snprintf(text, size, "net is %s there, %s here", was->net->name, is->net->name);
        return true;
    }
    for (const sep_setting *s = is->net->settings; s != NULL && s->name != NULL; s++) {
        const double old = sep_setting_get(s, &was->options), new = sep_setting_get(s, &is->options);
        if (old == new)
            continue;
        snprintf(text, size, "%s is %s there, %s here", s->name, sep_setting_text(s, old, first),
                 sep_setting_text(s, new, second));
        return true;
    }
    return false;
}

static sep_status refuse_student(const sep_initial *initial, const sep_net_spec *is, int student)
{
    const sep_net_spec *was = &initial->info.spec[student];
    char why[256];

    if (!find_difference(was, is, why, sizeof why))
        snprintf(why, sizeof why, "its tensors for %dx%d pixels are of other shapes than for %dx%d", was->height,
                 was->width, is->height, is->width);
    return sep_fail(SEP_ERR_ARGUMENT, "student %d can't start from student %d of %s: %s", student, student,
                    initial->path, why);
}

static bool same_tensors(const sep_store *a, const sep_store *b)
{
    bool same = sep_store_count(a) == sep_store_count(b);

    for (int i = 0; same && i < sep_store_count(a); i++) {
        const sep_tensor *x = sep_store_tensor(a, i), *y = sep_store_tensor(b, i);
        same = strcmp(own_name(x->name), own_name(y->name)) == 0 && sep_shape_equal(&x->shape, &y->shape);
    }
    return same;
}

/* For as many classes they must be one. */
static sep_status check_student(const sep_initial *initial, const sep_step *step, int student)
{
    const sep_net_spec *was = &initial->info.spec[student];
    sep_net_spec is = step->spec[student];
    sep_store *there = NULL, *here = NULL;

    is.classes = was->classes;
    sep_status status = list_network(was, student, &there);
    if (status == SEP_OK)
        status = list_network(&is, student, &here);
    if (status == SEP_OK && !same_tensors(there, here))
        status = refuse_student(initial, &is, student);
    sep_store_destroy(there);
    sep_store_destroy(here);
    return status;
}

static sep_status open_checkpoint(sep_initial *initial, const sep_train_config *config, const sep_step *step)
{
    SEP_TRY(sep_checkpoint_describe(initial->path, initial->file, &initial->info));
    SEP_TRY(check_students(initial, config));
    for (int i = 0; i < config->students && starts_from_it(initial, i); i++)
        SEP_TRY(check_student(initial, step, i));
    return SEP_OK;
}

/* ---- weights of elsewhere ---------------------------------------------------------------------------------------- */

static sep_status check_pretrained_network(const sep_pretrained *pretrained, const sep_net_spec *spec, int student)
{
    sep_store *network;
    sep_status status = list_network(spec, student, &network);

    for (int i = 0; status == SEP_OK && i < sep_store_count(network); i++) {
        const sep_tensor *tensor = sep_store_tensor(network, i);
        status = sep_pretrained_check(pretrained, spec, own_name(tensor->name), tensor);
    }
    sep_store_destroy(network);
    return status;
}

static sep_status open_pretrained(sep_initial *initial, const sep_train_config *config, const sep_step *step)
{
    sep_pretrained *pretrained = &initial->pretrained;
    int taking = 0;

    SEP_TRY(sep_pretrained_recognise(initial->path, initial->file, pretrained));
    if (config->init_average)
        return sep_fail(SEP_ERR_ARGUMENT, "train.init_average: %s, weights of %s, has no moving averages",
                        initial->path, pretrained->family->name);
    for (int i = 0; i < config->students; i++) {
        if (sep_pretrained_use_of(pretrained, step->spec[i].net) == NULL)
            continue;
        SEP_TRY(check_pretrained_network(pretrained, &step->spec[i], i));
        taking++;
    }
    return taking > 0 ? SEP_OK : sep_pretrained_refuse(pretrained, step->spec[0].net);
}

sep_status sep_initial_open(const sep_train_config *config, const sep_stages *stages, sep_initial *initial)
{
    *initial = (sep_initial){0};
    SEP_TRY(find_checkpoint(config->init, &initial->path));
    SEP_TRY(sep_safetensors_open(initial->path, &initial->file));
    return (sep_checkpoint_is(initial->file) ? open_checkpoint : open_pretrained)(initial, config,
                                                                                  &stages->graph[0].step);
}

void sep_initial_close(sep_initial *initial)
{
    sep_safetensors_close(initial->file);
    sep_model_info_free(&initial->info);
    sep_free(initial->path);
    *initial = (sep_initial){0};
}

/* ---- copying ----------------------------------------------------------------------------------------------------- */

/* Whether a tensor's name begins with this scope and its dot. */
static bool is_in_scope(const char *name, const char *scope)
{
    const size_t length = strlen(scope);

    return length > 0 && strncmp(name, scope, length) == 0 && name[length] == '.';
}

static bool is_of_network(const char *name, const char *kind, int student)
{
    char scope[32];

    snprintf(scope, sizeof scope, "%s_%d", kind, student);
    return is_in_scope(name, scope);
}

/* The student that a tensor is of, by itself, its average or a teacher of any stage; -1: of none. */
static int student_of(const sep_stages *stages, const char *name)
{
    for (int i = 0; i < stages->config->students; i++)
        if (is_of_network(name, "student", i) || is_of_network(name, "average", i))
            return i;
    for (int s = 0; s < stages->count; s++)
        for (int i = 0; i < SEP_MAX_TEACHERS; i++)
            if (is_in_scope(name, stages->graph[s].step.teacher[i].name))
                return stages->graph[s].step.teacher[i].student;
    return -1;
}

/* The tensor of the checkpoint that one of the store starts from; NULL: it starts as it would without. */
static const sep_stored_tensor *find_source(const sep_initial *initial, const sep_stages *stages, int student,
                                            const sep_tensor *tensor)
{
    char name[NAME];

    snprintf(name, sizeof name, "%s_%d.%s", stages->config->init_average ? "average" : "student", student,
             own_name(tensor->name));
    return sep_safetensors_find(initial->file, name);
}

/* That shapes differ has been found to come of the number of classes alone. */
static sep_status copy_stored(const sep_initial *initial, sep_store *store, const sep_stored_tensor *source,
                              sep_tensor *tensor)
{
    if (source == NULL || !sep_shape_equal(&source->shape, &tensor->shape))
        return SEP_OK;
    return sep_checkpoint_restore_tensor(initial->path, initial->file, source->name, store, tensor);
}

static sep_status copy_tensor(const sep_initial *initial, const sep_stages *stages, sep_tensor *tensor)
{
    const int student = student_of(stages, tensor->name);

    if (student < 0 || (tensor->role != SEP_ROLE_PARAMETER && tensor->role != SEP_ROLE_STATE))
        return SEP_OK;
    if (initial->pretrained.family != NULL)
        return sep_pretrained_copy(&initial->pretrained, &stages->graph[0].step.spec[student], own_name(tensor->name),
                                   stages->store, tensor);
    return copy_stored(initial, stages->store, find_source(initial, stages, student, tensor), tensor);
}

/* Settings that leave the tensors as they are: some are of training alone (dropout), some make another function of
 * them. */
static void say_differences(const sep_initial *initial, const sep_step *step)
{
    char what[256];

    for (int i = 0; i < step->students && starts_from_it(initial, i); i++)
        if (find_difference(&initial->info.spec[i], &step->spec[i], what, sizeof what))
            sep_log(SEP_LOG_WARNING, "student %d starts from a network of other settings: %s", i, what);
}

static void say_start(const sep_initial *initial, const sep_stages *stages)
{
    const sep_model_info *info = &initial->info;
    const bool alone = info->students == 1 && stages->config->students > 1;
    const int classes = stages->graph[0].step.spec[0].classes;

    sep_log(SEP_LOG_INFO, "networks start from %s, iteration %" PRId64 ": student %s with running statistics%s%s",
            initial->path, info->iteration, alone ? "0 from its only one" : "i from student i",
            stages->config->init_average ? ", by the moving averages" : "",
            alone ? "; the others as the seed says, for students that begin as one would stay one" : "");
    say_differences(initial, &stages->graph[0].step);
    if (info->spec[0].classes != classes)
        sep_log(SEP_LOG_INFO, "%s tells %d classes apart, this run %d: the head is left as it starts", initial->path,
                info->spec[0].classes, classes);
}

static sep_status say_pretrained(const sep_initial *initial, const sep_stages *stages)
{
    for (int i = 0; i < stages->config->students; i++)
        SEP_TRY(sep_pretrained_log(&initial->pretrained, &stages->graph[0].step.spec[i], stages->store, i));
    return SEP_OK;
}

sep_status sep_initial_copy(const sep_initial *initial, const sep_stages *stages)
{
    for (int i = 0; i < sep_store_count(stages->store); i++)
        SEP_TRY(copy_tensor(initial, stages, sep_store_tensor(stages->store, i)));
    if (initial->pretrained.family != NULL)
        return say_pretrained(initial, stages);
    say_start(initial, stages);
    return SEP_OK;
}

sep_run_origin sep_initial_origin(const sep_initial *initial, const sep_train_config *config)
{
    return (sep_run_origin){.known = true,
                            .hash = sep_checkpoint_hash(initial->file),
                            .iteration = initial->info.iteration,
                            .averages = config->init_average,
                            .imported = initial->pretrained.family != NULL};
}
