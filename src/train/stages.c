/* The steps of a method's stages. */
#include "train/stages.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- which stage ------------------------------------------------------------------------------------------------- */

/* Of a method without stages of its own: 0 in a warm start, or where there is none. */
static int behind_warm_start(const sep_train_config *config, int64_t iteration)
{
    const float done = (float)iteration / (float)config->iterations;

    return config->warm_start > 0.0f && done >= config->warm_start;
}

static sep_status stage_of(const sep_stages *stages, int64_t iteration, int *stage)
{
    const sep_method *method = stages->config->method;
    const sep_moment now = sep_step_moment(stages->config, iteration, 0);

    *stage = method->stages > 1 ? method->stage(&now) : behind_warm_start(stages->config, iteration);
    if (*stage >= 0 && *stage < stages->count)
        return SEP_OK;
    return sep_fail(SEP_ERR_ARGUMENT, "method '%s' has %d stages, but iteration %" PRId64 " is of stage %d",
                    method->name, stages->count, iteration, *stage);
}

static sep_status rewind_to_start(sep_stages *stages)
{
    stages->iteration = stages->begin = 0;
    memset(stages->steps, 0, sizeof stages->steps);
    memset(stages->students_since, 0, sizeof stages->students_since);
    memset(stages->teachers_since, 0, sizeof stages->teachers_since);
    return stage_of(stages, 0, &stages->stage);
}

static bool teachers_start_anew(const sep_stages *stages)
{
    return sep_stages_restarts(stages) || (sep_stages_begins(stages) && stages->config->method->stage_starts_from_best);
}

static sep_status advance(sep_stages *stages)
{
    const int before = stages->stage;

    stages->steps[before]++;
    stages->students_since[before]++;
    stages->teachers_since[before]++;
    stages->iteration++;
    SEP_TRY(stage_of(stages, stages->iteration, &stages->stage));
    if (stages->stage != before)
        stages->begin = stages->iteration;
    if (sep_stages_restarts(stages))
        memset(stages->students_since, 0, sizeof stages->students_since);
    if (teachers_start_anew(stages))
        memset(stages->teachers_since, 0, sizeof stages->teachers_since);
    return SEP_OK;
}

/* Before another step takes its place in the arena. */
static sep_status leave(sep_stages *stages)
{
    if (stages->ran < 0 || stages->ran_stage == stages->stage)
        return SEP_OK;
    SEP_TRY(sep_stages_check(stages));
    SEP_TRY(sep_stages_read_terms(stages));
    stages->ran = -1;
    return SEP_OK;
}

sep_status sep_stages_seek(sep_stages *stages, int64_t iteration)
{
    if (iteration < stages->iteration)
        SEP_TRY(rewind_to_start(stages));
    while (stages->iteration < iteration)
        SEP_TRY(advance(stages));
    return leave(stages);
}

bool sep_stages_begins(const sep_stages *stages)
{
    return stages->iteration > 0 && stages->steps[stages->stage] == 0;
}

bool sep_stages_restarts(const sep_stages *stages)
{
    const sep_method *method = stages->config->method;

    return sep_stages_begins(stages) && stages->stage == method->relabels && method->restarts != NULL &&
           method->restarts(&stages->config->method_options);
}

/* ---- building ---------------------------------------------------------------------------------------------------- */

/* Which of the batch's streams is the one that a stage asks for. */
static sep_status share_stream(sep_stages *stages, const sep_stream_request *request, int *index)
{
    for (*index = 0; *index < stages->streams; ++*index)
        if (sep_stream_request_equal(&stages->stream[*index], request))
            return SEP_OK;
    if (stages->streams == SEP_MAX_STREAMS)
        return sep_fail(SEP_ERR_ARGUMENT, "the stages of method '%s' ask for more than %d streams",
                        stages->config->method->name, SEP_MAX_STREAMS);
    stages->stream[stages->streams++] = *request;
    return SEP_OK;
}

static sep_status share_streams(sep_stages *stages)
{
    for (int s = 0; s < stages->count; s++)
        for (int i = 0; i < stages->graph[s].step.streams; i++)
            SEP_TRY(share_stream(stages, &stages->graph[s].stream[i], &stages->graph[s].stream_of_batch[i]));
    return SEP_OK;
}

static sep_status check_moved(const sep_stages *stages)
{
    const sep_train_config *config = stages->config;
    bool student[SEP_MAX_STUDENTS] = {false}, head[SEP_MAX_HEADS] = {false};

    for (int s = 0; s < stages->count; s++) {
        for (int i = 0; i < config->students; i++)
            student[i] = student[i] || stages->graph[s].hyper[i] != NULL;
        for (int i = 0; i < SEP_MAX_HEADS; i++)
            head[i] = head[i] || stages->graph[s].head_hyper[i] != NULL;
    }
    for (int i = 0; i < config->students; i++)
        if (!student[i])
            return sep_fail(SEP_ERR_ARGUMENT, "no stage of method '%s' trains student %d", config->method->name, i);
    for (int i = 0; config->head_name[i] != NULL; i++)
        if (!head[i])
            return sep_fail(SEP_ERR_ARGUMENT, "no stage of method '%s' trains its head '%s'", config->method->name,
                            config->head_name[i]);
    return SEP_OK;
}

sep_status sep_stages_build(const sep_train_config *config, int classes, sep_store *store, sep_stages *stages)
{
    *stages = (sep_stages){.config = config, .store = store, .ran = -1};
    for (int s = 0; s < sep_step_stages(config); s++) {
        stages->count++;
        SEP_TRY(sep_step_build_stage(config, s, classes, store, &stages->graph[s]));
    }
    SEP_TRY(check_moved(stages));
    SEP_TRY(share_streams(stages));
    return rewind_to_start(stages);
}

void sep_stages_free(sep_stages *stages)
{
    for (int s = 0; s < stages->count; s++)
        sep_step_free(&stages->graph[s]);
    *stages = (sep_stages){0};
}

sep_status sep_stages_compile(sep_stages *stages)
{
    sep_graph *graph[SEP_MAX_STAGES];

    for (int s = 0; s < stages->count; s++)
        graph[s] = stages->graph[s].step.graph;
    return sep_graphs_compile(graph, stages->count);
}

/* The figures of the largest step, with the inputs of all. */
sep_status sep_stages_plan(sep_stages *stages, sep_memory_plan *plan)
{
    size_t inputs = 0;

    *plan = (sep_memory_plan){0};
    for (int s = 0; s < stages->count; s++) {
        sep_memory_plan own;
        SEP_TRY(sep_graph_plan(stages->graph[s].step.graph, &own));
        inputs += own.inputs;
        if (own.activations >= plan->activations)
            *plan = own;
    }
    plan->total += inputs - plan->inputs;
    plan->inputs = inputs;
    return SEP_OK;
}

sep_status sep_stages_batches(const sep_stages *stages, sep_batch_config *batches)
{
    return sep_batches_with(stages->config, stages->stream, stages->streams, batches);
}

/* ---- teachers that start ----------------------------------------------------------------------------------------- */

static bool has_teacher(const sep_step_graph *graph, int teacher)
{
    return graph->step.teacher[teacher].name[0] != '\0';
}

static bool had_teacher(const sep_stages *stages, int teacher)
{
    for (int s = 0; s < stages->count; s++)
        if (stages->steps[s] > 0 && has_teacher(&stages->graph[s], teacher))
            return true;
    return false;
}

static sep_status copy_tensor(sep_store *store, const sep_tensor *from, sep_tensor *to)
{
    void *values = sep_malloc(sep_tensor_bytes(from), 1);
    sep_status status = values != NULL ? sep_tensor_read(store, from, values) : SEP_ERR_MEMORY;

    if (status == SEP_OK)
        status = sep_tensor_write(store, to, values);
    sep_free(values);
    return status;
}

static sep_status copy_student(sep_store *store, const sep_teacher_use *use)
{
    char teacher[40], name[256];
    const int length = snprintf(teacher, sizeof teacher, "%s.", use->name);

    for (int i = 0; i < sep_store_count(store); i++) {
        sep_tensor *tensor = sep_store_tensor(store, i);
        if (strncmp(tensor->name, teacher, (size_t)length) != 0)
            continue;
        snprintf(name, sizeof name, "student_%d.%s", use->student, tensor->name + length);
        const sep_tensor *from = sep_store_find(store, name);
        if (from != NULL)
            SEP_TRY(copy_tensor(store, from, tensor));
    }
    return SEP_OK;
}

static sep_status start_teachers(sep_stages *stages)
{
    const bool anew = teachers_start_anew(stages);
    const sep_step_graph *graph = &stages->graph[stages->stage];

    for (int i = 0; i < SEP_MAX_TEACHERS; i++)
        if (has_teacher(graph, i) && (anew || !had_teacher(stages, i)))
            SEP_TRY(copy_student(stages->store, &graph->step.teacher[i]));
    return SEP_OK;
}

/* ---- running ----------------------------------------------------------------------------------------------------- */

static void find_past(const sep_stages *stages, sep_step_past *past)
{
    *past = (sep_step_past){.stage_begin = stages->begin};
    for (int i = 0; i < SEP_MAX_STUDENTS; i++)
        past->idle[i] = stages->iteration;
    for (int i = 0; i < SEP_MAX_TEACHERS; i++)
        past->teacher_idle[i] = stages->iteration;
    for (int i = 0; i < SEP_MAX_HEADS; i++)
        past->head_idle[i] = stages->iteration;
    for (int s = 0; s < stages->count; s++) {
        for (int i = 0; i < SEP_MAX_STUDENTS; i++)
            past->idle[i] -= stages->graph[s].hyper[i] != NULL ? stages->students_since[s] : 0;
        for (int i = 0; i < SEP_MAX_TEACHERS; i++)
            past->teacher_idle[i] -= stages->graph[s].keep[i] != NULL ? stages->teachers_since[s] : 0;
        for (int i = 0; i < SEP_MAX_HEADS; i++)
            past->head_idle[i] -= stages->graph[s].head_hyper[i] != NULL ? stages->students_since[s] : 0;
    }
}

sep_status sep_stages_run(sep_stages *stages, const sep_batch *batch, int64_t iteration, double *rates)
{
    SEP_TRY(sep_stages_seek(stages, iteration));
    if (sep_stages_begins(stages))
        SEP_TRY(start_teachers(stages));
    sep_step_graph *graph = &stages->graph[stages->stage];
    find_past(stages, &graph->past);
    SEP_TRY(sep_step_run(stages->config, graph, batch, iteration, rates));
    stages->ran = iteration;
    stages->ran_stage = stages->stage;
    return SEP_OK;
}

sep_status sep_stages_check(sep_stages *stages)
{
    return stages->ran < 0 ? SEP_OK : sep_step_check(stages->config, &stages->graph[stages->ran_stage], stages->ran);
}

sep_status sep_stages_read_terms(sep_stages *stages)
{
    const int s = stages->ran_stage;

    stages->has_terms[s] = true;
    return sep_step_terms(&stages->graph[s], stages->terms[s]);
}

void sep_stages_forget_terms(sep_stages *stages)
{
    memset(stages->has_terms, 0, sizeof stages->has_terms);
}
