/* A trained model as an ONNX file: a ModelProto of one graph. */
#include "septum/onnx.h"

#include "model/model_parts.h"
#include "onnx/metadata.h"
#include "onnx/slices.h"
#include "onnx/writer.h"

enum { IR_VERSION = 8, OPSET = 17 };
enum { MODEL_IR_VERSION = 1, MODEL_PRODUCER = 2, MODEL_GRAPH = 7, MODEL_OPSET = 8, OPSET_VERSION = 2, GRAPH_NAME = 2 };

/* ---- the graph --------------------------------------------------------------------------------------------------- */

static sep_status walk_network(sep_onnx_writer *w, const sep_model *m, int network, sep_onnx_name patch,
                               sep_onnx_name *logits)
{
    sep_network_graph built;
    sep_status status = sep_network_build(m->store, m->info.spec, m->info.students, network, 1, &built);

    if (status == SEP_OK)
        status = sep_onnx_walk(w, built.graph, built.output.logits, patch, logits);
    if (built.graph != NULL)
        sep_graph_destroy(built.graph);
    return status;
}

/* The mean of the logits of those that answer. */
static sep_status walk_networks(sep_onnx_writer *w, const sep_model *m, sep_answer answer, sep_onnx_name patch,
                                sep_onnx_name *logits)
{
    const bool all = answer.student == SEP_ALL_STUDENTS;
    const int first = all ? 0 : answer.student, last = all ? m->info.students - 1 : answer.student;
    sep_onnx_name one;

    for (int i = first; i <= last; i++) {
        SEP_TRY(walk_network(w, m, answer.average ? m->info.students + i : i, patch, &one));
        *logits = i == first ? one : sep_onnx_binary(w, "Add", *logits, one);
    }
    if (last > first)
        *logits = sep_onnx_binary(w, "Div", *logits, sep_onnx_float(w, (float)(last - first + 1)));
    return SEP_OK;
}

static sep_status write_patches(sep_onnx_writer *w, const sep_model *m, const sep_onnx_options *options)
{
    const sep_net_spec *spec = &m->info.spec[0];
    const int64_t in[] = {-1, spec->height, spec->width, spec->channels};
    const int64_t out[] = {-1, spec->height, spec->width, spec->classes};
    const sep_onnx_name patch = sep_onnx_input(w, "patch", 4, in);
    sep_onnx_name logits;

    SEP_TRY(walk_networks(w, m, options->answer, patch, &logits));
    sep_onnx_rename(w, logits, "logits");
    sep_onnx_output(w, "logits", SEP_ONNX_FLOAT32, 4, out);
    return SEP_OK;
}

static sep_status write_slices(sep_onnx_writer *w, const sep_model *m, const sep_onnx_options *options)
{
    sep_onnx_name logits;

    SEP_TRY(walk_networks(w, m, options->answer, sep_onnx_slices_in(w, &m->info, options), &logits));
    sep_onnx_slices_out(w, &m->info, options, logits);
    return SEP_OK;
}

/* ---- the file ---------------------------------------------------------------------------------------------------- */

static sep_status join(sep_onnx_writer *w, sep_proto *graph)
{
    sep_proto_join(graph, &w->nodes);
    sep_proto_text(graph, GRAPH_NAME, "septum");
    sep_proto_join(graph, &w->constants);
    sep_proto_join(graph, &w->inputs);
    sep_proto_join(graph, &w->outputs);
    return graph->failed ? sep_fail(SEP_ERR_MEMORY, "no memory for an ONNX graph") : SEP_OK;
}

static sep_status write_file(const char *path, const sep_model_info *info, sep_answer answer, sep_proto *graph)
{
    sep_proto model = {0}, opset = {0};
    sep_atomic_file *file;

    sep_proto_int(&model, MODEL_IR_VERSION, IR_VERSION);
    sep_proto_text(&model, MODEL_PRODUCER, "septum");
    sep_proto_int(&opset, OPSET_VERSION, OPSET);
    sep_proto_message(&model, MODEL_OPSET, &opset);
    sep_onnx_metadata(&model, info, answer);
    sep_proto_header(&model, MODEL_GRAPH, graph->count);
    sep_status status =
        model.failed ? sep_fail(SEP_ERR_MEMORY, "no memory for an ONNX file") : sep_atomic_begin(path, &file);
    if (status == SEP_OK) {
        sep_atomic_write(file, model.bytes, model.count);
        sep_atomic_write(file, graph->bytes, graph->count);
        status = sep_atomic_commit(file);
    }
    sep_proto_free(&model);
    return status;
}

static sep_status check(const sep_model_info *info, const sep_onnx_options *options)
{
    SEP_TRY(sep_answer_check(options->answer, info->students, info->averages));
    if (options->height == 0)
        return SEP_OK;
    if (info->view == SEP_PATCH_WINDOW)
        return sep_fail(SEP_ERR_UNSUPPORTED, "the model sees windows of slices, not whole ones: export it for patches");
    if (info->spacing[0] > 0.0f)
        return sep_fail(SEP_ERR_UNSUPPORTED,
                        "the model sees slices resampled to pixels of %g x %g mm, which depends on "
                        "the scan: export it for patches",
                        (double)info->spacing[0], (double)info->spacing[1]);
    return SEP_OK;
}

static void release(sep_onnx_writer *w)
{
    sep_proto_free(&w->nodes);
    sep_proto_free(&w->constants);
    sep_proto_free(&w->inputs);
    sep_proto_free(&w->outputs);
}

sep_status sep_model_export_onnx(const sep_model *model, const char *path, const sep_onnx_options *options)
{
    sep_onnx_writer w = {.store = model->store};
    sep_proto graph = {0};

    SEP_TRY(check(&model->info, options));
    sep_status status = options->height > 0 ? write_slices(&w, model, options) : write_patches(&w, model, options);
    if (status == SEP_OK)
        status = w.status;
    if (status == SEP_OK)
        status = join(&w, &graph);
    if (status == SEP_OK)
        status = write_file(path, &model->info, options->answer, &graph);
    release(&w);
    sep_proto_free(&graph);
    return status;
}

static sep_status check_rows(const sep_graph *graph, const sep_node *output)
{
    bool *wanted = sep_calloc((size_t)graph->nodes, sizeof *wanted);
    sep_status status = wanted != NULL ? SEP_OK : SEP_ERR_MEMORY;

    if (wanted != NULL)
        sep_onnx_mark(graph, output, wanted);
    for (int i = 0; status == SEP_OK && i < graph->nodes; i++) {
        const sep_node *node = graph->node[i];
        if (wanted[i] && node->kind == SEP_NODE_OPERATION && sep_onnx_recipe_of(node->op) == NULL)
            status = sep_onnx_unsupported(node);
    }
    sep_free(wanted);
    return status;
}

sep_status sep_onnx_check(const sep_net_spec *spec)
{
    sep_store *store;
    sep_network_graph built;

    SEP_TRY(sep_store_create(NULL, 0, &store));
    sep_status status = sep_network_build(store, spec, 1, 0, 1, &built);
    if (status == SEP_OK)
        status = check_rows(built.graph, built.output.logits);
    if (built.graph != NULL)
        sep_graph_destroy(built.graph);
    sep_store_destroy(store);
    return status;
}
