/* A pass of a problem as tensors and calls, from the operands' texts in the table of families. */
#include "bench/problem.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* ---- operands -----------------------------------------------------------------------------------------------------
 */

static bench_operand read_operand(const char *text, size_t length)
{
    bench_operand operand = {.wanted_by = text[0] == '[' ? text[1] : '\0'};
    const char *name = text + (operand.wanted_by ? strlen("[b?") : 0), *colon = strchr(name, ':');
    size_t axes = strcspn(colon + 1, "#%+0=*~] ");

    snprintf(operand.name, sizeof operand.name, "%.*s", (int)(colon - name), name);
    snprintf(operand.axes, sizeof operand.axes, "%.*s", (int)axes, colon + 1);
    for (const char *mark = colon + 1 + axes; mark < text + length; mark++) {
        operand.indices |= *mark == '#';
        operand.bits |= *mark == '%';
        operand.positive |= *mark == '+';
        operand.zeros |= *mark == '0';
        operand.ones |= *mark == '=';
        operand.rewritten |= *mark == '*';
        operand.partly |= *mark == '~';
        if (*mark == '#')
            operand.below = islower((unsigned char)mark[1]) ? mark[1] : 'c';
    }
    return operand;
}

void bench_operands_read(const char *text, bench_operands *operands)
{
    bool output = false;

    *operands = (bench_operands){0};
    while (*text) {
        size_t length = strcspn(text, " ");
        if (*text == '>') {
            output = true;
        } else if (output) {
            operands->output = read_operand(text, length);
        } else {
            operands->input[operands->inputs++] = read_operand(text, length);
        }
        text += length;
        text += *text == ' ';
    }
}

bool bench_operand_is_there(const bench_operand *operand, const int *value)
{
    return !operand->wanted_by || value[(int)operand->wanted_by] > 0;
}

/* ---- tensors ------------------------------------------------------------------------------------------------------
 */

static sep_status make_shape(const bench_problem *problem, const char *axes, sep_shape *shape)
{
    *shape = (sep_shape){.rank = (int)strlen(axes)};
    for (int i = 0; i < shape->rank; i++)
        shape->dim[i] = axes[i] <= '9' ? axes[i] - '0' : problem->value[(int)axes[i]];
    return sep_shape_check(shape);
}

int bench_layout_find(const bench_layout *layout, const char *name)
{
    for (int i = 0; i < layout->tensors; i++)
        if (strcmp(layout->tensor[i].name, name) == 0)
            return i;
    return -1;
}

static int64_t bytes_of(const bench_tensor *tensor)
{
    return sep_shape_count(&tensor->shape) * (int64_t)sizeof(float);
}

/* The tensor of an operand, added if it is new. */
static sep_status add_tensor(const bench_problem *problem, const bench_operand *operand, bench_layout *layout,
                             int *index)
{
    *index = bench_layout_find(layout, operand->name);
    if (*index >= 0)
        return SEP_OK;
    bench_tensor *tensor = &layout->tensor[ *index = layout->tensors++];
    memcpy(tensor->name, operand->name, sizeof tensor->name);
    tensor->dtype = operand->indices || operand->bits ? SEP_I32 : SEP_F32;
    tensor->fill = operand->indices    ? BENCH_INDICES
                   : operand->bits     ? BENCH_BITS
                   : operand->positive ? BENCH_POSITIVE
                   : operand->zeros    ? BENCH_ZEROS
                   : operand->ones     ? BENCH_ONES
                                       : BENCH_SIGNED;
    tensor->below = operand->below;
    SEP_TRY(make_shape(problem, operand->axes, &tensor->shape));
    layout->footprint += bytes_of(tensor);
    return SEP_OK;
}

static int64_t touched(const bench_problem *problem, const bench_operand *operand, const bench_tensor *tensor)
{
    int64_t bytes = bytes_of(tensor) * (operand->rewritten ? 2 : 1);

    return operand->partly ? bytes / problem->value['s'] * problem->value['r'] : bytes;
}

static sep_operand operand_of(const bench_tensor *tensor)
{
    return (sep_operand){.shape = tensor->shape, .dtype = tensor->dtype};
}

/* ---- calls --------------------------------------------------------------------------------------------------------
 */

static sep_attributes make_attributes(const bench_problem *problem)
{
    const bench_family *family = problem->family;
    sep_attributes attributes = family->fixed;

    for (size_t i = 0; i < sizeof family->field / sizeof family->field[0] && family->field[i].letter; i++)
        memcpy((char *)&attributes + family->field[i].offset, &problem->value[(int)family->field[i].letter],
               sizeof(int));
    if (problem->value['d']) /* of batch norm */
        attributes.probability = 0.2f;
    attributes.column_major = problem->value['j'];
    attributes.by_row = problem->value['j'];
    attributes.once = problem->value['u'];
    attributes.back = problem->value['z'];
    return attributes;
}

static sep_status add_step(const bench_problem *problem, const bench_step *step, bench_layout *layout)
{
    int number = layout->steps++, index;
    sep_call *call = &layout->call[number];
    bench_operands operands;

    bench_operands_read(step->operands, &operands);
    *call = (sep_call){.op = step->op, .attributes = make_attributes(problem), .stream = 1};
    for (int i = 0; i < operands.inputs; i++) {
        if (!bench_operand_is_there(&operands.input[i], problem->value))
            continue;
        SEP_TRY(add_tensor(problem, &operands.input[i], layout, &index));
        layout->input[number][call->inputs] = index;
        call->input[call->inputs++] = operand_of(&layout->tensor[index]);
        layout->traffic += touched(problem, &operands.input[i], &layout->tensor[index]);
    }
    SEP_TRY(add_tensor(problem, &operands.output, layout, &index));
    layout->output[number] = index;
    call->output = operand_of(&layout->tensor[index]);
    layout->traffic += touched(problem, &operands.output, &layout->tensor[index]);
    return SEP_OK;
}

sep_status bench_layout_create(const bench_problem *problem, bench_pass pass, bench_layout *layout)
{
    char word[BENCH_WORD];

    *layout = (bench_layout){0};
    bench_problem_word(problem, word);
    for (int i = 0; i < BENCH_STEPS && problem->family->pass[pass][i].operands; i++) {
        sep_status status = add_step(problem, &problem->family->pass[pass][i], layout);
        if (status != SEP_OK)
            return sep_fail_within(status, "shape '%s'", word);
    }
    if (layout->steps == 0)
        return sep_fail(SEP_ERR_ARGUMENT, "%s has no pass '%s'", problem->family->name, bench_pass_names[pass]);
    return SEP_OK;
}
