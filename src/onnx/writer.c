/* ONNX nodes and constants: fields of a GraphProto (onnx.proto of the ONNX project; opset 17). */
#include "onnx/writer.h"

#include <stdio.h>
#include <string.h>

/* Numbers of fields, and of kinds of attributes. */
enum { GRAPH_NODE = 1, GRAPH_CONSTANT = 5, GRAPH_INPUT = 11, GRAPH_OUTPUT = 12 };
enum { NODE_INPUT = 1, NODE_OUTPUT = 2, NODE_TYPE = 4, NODE_ATTRIBUTE = 5 };
enum { ATTRIBUTE_NAME = 1, ATTRIBUTE_FLOAT = 2, ATTRIBUTE_INT = 3, ATTRIBUTE_TEXT = 4, ATTRIBUTE_INTS = 8 };
enum { ATTRIBUTE_KIND = 20, KIND_FLOAT = 1, KIND_INT = 2, KIND_TEXT = 3, KIND_INTS = 7 };
enum { TENSOR_DIM = 1, TENSOR_TYPE = 2, TENSOR_NAME = 8, TENSOR_BYTES = 9 };

void sep_onnx_fail(sep_onnx_writer *w, sep_status status)
{
    if (w->status == SEP_OK)
        w->status = status;
}

static sep_onnx_name new_name(sep_onnx_writer *w)
{
    sep_onnx_name name;

    snprintf(name.text, sizeof name.text, "v%d", w->values++);
    return name;
}

/* ---- nodes ------------------------------------------------------------------------------------------------------- */

static void write_attribute(sep_proto *node, const sep_onnx_attribute *a)
{
    sep_proto attribute = {0};

    sep_proto_text(&attribute, ATTRIBUTE_NAME, a->name);
    if (a->kind == SEP_ONNX_INT) {
        sep_proto_int(&attribute, ATTRIBUTE_INT, a->integer);
        sep_proto_int(&attribute, ATTRIBUTE_KIND, KIND_INT);
    } else if (a->kind == SEP_ONNX_FLOAT) {
        sep_proto_float(&attribute, ATTRIBUTE_FLOAT, a->number);
        sep_proto_int(&attribute, ATTRIBUTE_KIND, KIND_FLOAT);
    } else if (a->kind == SEP_ONNX_TEXT) {
        sep_proto_text(&attribute, ATTRIBUTE_TEXT, a->text);
        sep_proto_int(&attribute, ATTRIBUTE_KIND, KIND_TEXT);
    } else {
        for (int i = 0; i < a->integer; i++)
            sep_proto_int(&attribute, ATTRIBUTE_INTS, a->integers[i]);
        sep_proto_int(&attribute, ATTRIBUTE_KIND, KIND_INTS);
    }
    sep_proto_message(node, NODE_ATTRIBUTE, &attribute);
}

static void write_node(sep_onnx_writer *w, const char *type, const sep_onnx_name *input, const char *output,
                       const sep_onnx_attribute *attribute)
{
    sep_proto node = {0};

    for (int i = 0; i < SEP_ONNX_MOST_INPUTS && input[i].text[0] != '\0'; i++)
        sep_proto_text(&node, NODE_INPUT, input[i].text);
    sep_proto_text(&node, NODE_OUTPUT, output);
    sep_proto_text(&node, NODE_TYPE, type);
    for (; attribute != NULL && attribute->name != NULL; attribute++)
        write_attribute(&node, attribute);
    sep_proto_message(&w->nodes, GRAPH_NODE, &node);
}

sep_onnx_name sep_onnx_node(sep_onnx_writer *w, const char *type, const sep_onnx_name *input,
                            const sep_onnx_attribute *attribute)
{
    sep_onnx_name name = new_name(w);

    write_node(w, type, input, name.text, attribute);
    return name;
}

sep_onnx_name sep_onnx_unary(sep_onnx_writer *w, const char *type, sep_onnx_name x)
{
    return sep_onnx_node(w, type, (sep_onnx_name[]){x, {""}}, NULL);
}

sep_onnx_name sep_onnx_binary(sep_onnx_writer *w, const char *type, sep_onnx_name a, sep_onnx_name b)
{
    return sep_onnx_node(w, type, (sep_onnx_name[]){a, b, {""}}, NULL);
}

sep_onnx_name sep_onnx_transpose(sep_onnx_writer *w, sep_onnx_name x, int rank, const int64_t *order)
{
    const sep_onnx_attribute attribute[] = {{"perm", SEP_ONNX_INTS, .integer = rank, .integers = order}, {0}};

    return sep_onnx_node(w, "Transpose", (sep_onnx_name[]){x, {""}}, attribute);
}

sep_onnx_name sep_onnx_reshape(sep_onnx_writer *w, sep_onnx_name x, int rank, const int64_t *shape)
{
    return sep_onnx_binary(w, "Reshape", x, sep_onnx_integers(w, rank, shape));
}

sep_onnx_name sep_onnx_cut(sep_onnx_writer *w, sep_onnx_name x, int axis, int64_t begin, int64_t end)
{
    sep_onnx_name from = sep_onnx_integers(w, 1, &begin), to = sep_onnx_integers(w, 1, &end);
    sep_onnx_name along = sep_onnx_integers(w, 1, &(int64_t){axis});

    return sep_onnx_node(w, "Slice", (sep_onnx_name[]){x, from, to, along, {""}}, NULL);
}

sep_onnx_name sep_onnx_concat(sep_onnx_writer *w, sep_onnx_name a, sep_onnx_name b, int axis)
{
    const sep_onnx_attribute attribute[] = {{"axis", SEP_ONNX_INT, .integer = axis}, {0}};

    return sep_onnx_node(w, "Concat", (sep_onnx_name[]){a, b, {""}}, attribute);
}

void sep_onnx_rename(sep_onnx_writer *w, sep_onnx_name from, const char *to)
{
    write_node(w, "Identity", (sep_onnx_name[]){from, {""}}, to, NULL);
}

/* ---- constants --------------------------------------------------------------------------------------------------- */

static sep_onnx_name constant(sep_onnx_writer *w, sep_onnx_type type, size_t element, int rank, const int64_t *shape,
                              const void *values)
{
    sep_onnx_name name = new_name(w);
    sep_proto tensor = {0};
    size_t count = element;

    for (int i = 0; i < rank; i++) {
        sep_proto_int(&tensor, TENSOR_DIM, shape[i]);
        count *= (size_t)shape[i];
    }
    sep_proto_int(&tensor, TENSOR_TYPE, type);
    sep_proto_text(&tensor, TENSOR_NAME, name.text);
    if (values != NULL)
        sep_proto_bytes(&tensor, TENSOR_BYTES, values, count);
    sep_proto_message(&w->constants, GRAPH_CONSTANT, &tensor);
    return name;
}

sep_onnx_name sep_onnx_floats(sep_onnx_writer *w, int rank, const int64_t *shape, const float *values)
{
    return constant(w, SEP_ONNX_FLOAT32, sizeof *values, rank, shape, values);
}

sep_onnx_name sep_onnx_float(sep_onnx_writer *w, float value)
{
    return sep_onnx_floats(w, 0, NULL, &value);
}

sep_onnx_name sep_onnx_integers(sep_onnx_writer *w, int count, const int64_t *values)
{
    return constant(w, SEP_ONNX_INT64, sizeof *values, 1, &(int64_t){count}, values);
}

float *sep_onnx_tensor(sep_onnx_writer *w, const sep_node *node)
{
    float *values = sep_calloc((size_t)sep_shape_count(&node->shape), sizeof *values);
    sep_status status = values != NULL ? sep_tensor_read(w->store, node->tensor, values) : SEP_ERR_MEMORY;

    if (status == SEP_OK)
        return values;
    sep_onnx_fail(w, status);
    sep_free(values);
    return NULL;
}

/* ---- inputs and outputs ------------------------------------------------------------------------------------------ */

/* A ValueInfoProto: name = 1, type = 2 { tensor_type = 1 { elem_type = 1, shape = 2 { dim = 1 { value = 1, or a name
 * = 2 } } } }. */
static void value_info(sep_proto *to, int field, const char *name, sep_onnx_type type, int rank, const int64_t *axis)
{
    sep_proto info = {0}, kind = {0}, tensor = {0}, shape = {0};

    for (int i = 0; i < rank; i++) {
        sep_proto dim = {0};
        if (axis[i] < 0)
            sep_proto_text(&dim, 2, "slices");
        else
            sep_proto_int(&dim, 1, axis[i]);
        sep_proto_message(&shape, 1, &dim);
    }
    sep_proto_int(&tensor, 1, type);
    sep_proto_message(&tensor, 2, &shape);
    sep_proto_message(&kind, 1, &tensor);
    sep_proto_text(&info, 1, name);
    sep_proto_message(&info, 2, &kind);
    sep_proto_message(to, field, &info);
}

sep_onnx_name sep_onnx_input(sep_onnx_writer *w, const char *name, int rank, const int64_t *shape)
{
    sep_onnx_name given;

    snprintf(given.text, sizeof given.text, "%s", name);
    value_info(&w->inputs, GRAPH_INPUT, name, SEP_ONNX_FLOAT32, rank, shape);
    return given;
}

void sep_onnx_output(sep_onnx_writer *w, const char *name, sep_onnx_type type, int rank, const int64_t *shape)
{
    value_info(&w->outputs, GRAPH_OUTPUT, name, type, rank, shape);
}
