/* Shape words: read, written, and found for the calls of a graph. */
#include "bench/problem.h"

#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define LARGEST (1 << 28) /* of any number in a word */
#define FIELDS  (sizeof((bench_family *)0)->field / sizeof((bench_family *)0)->field[0])

const char *const bench_pass_names[BENCH_PASSES] = {"fwd", "dx", "dw"};

static bool holds(const char *letters, char letter)
{
    return letters && letter && strchr(letters, letter);
}

/* ---- words --------------------------------------------------------------------------------------------------------
 */

static const bench_family *find_family(const char *name, const char *word)
{
    const bench_family *found = NULL; /* one that is told by a mark comes after the usual one */

    for (const bench_family *family = bench_families; family->name; family++)
        if (strcmp(family->name, name) == 0 && (!family->mark || holds(word, family->mark)))
            found = family;
    return found;
}

static sep_status fail_family(const char *name)
{
    char list[1024] = "";
    size_t length = 0;

    for (const bench_family *family = bench_families; family->name; family++)
        if (!family->mark)
            length += (size_t)snprintf(list + length, sizeof list - length, "%s%s", length ? " " : "", family->name);
    return sep_fail(SEP_ERR_ARGUMENT, "there is no operation '%s'; there are: %s", name, list);
}

/* How words of the family look: "conv n_h_w_c_o_k_[s_][p_][b]". */
static const char *write_pattern(const bench_family *family, char *text, size_t size)
{
    size_t length = (size_t)snprintf(text, size, "%s ", family->name);

    for (const char *letter = family->required; *letter; letter++)
        length += (size_t)snprintf(text + length, size - length, "%c_", *letter);
    for (const char *letter = family->optional; letter && *letter; letter++)
        length += (size_t)snprintf(text + length, size - length, "[%c_]", *letter);
    for (const char *letter = family->flags; letter && *letter; letter++)
        length += (size_t)snprintf(text + length, size - length, *letter == family->mark ? "%c" : "[%c]", *letter);
    return text;
}

static sep_status fail_word(const bench_family *family, const char *word, const char *what, char letter)
{
    char pattern[96];

    return sep_fail(SEP_ERR_ARGUMENT, "shape '%s': %s '%c'; words look like %s (_ stands for a whole number)", word,
                    what, letter, write_pattern(family, pattern, sizeof pattern));
}

static sep_status read_number(const bench_family *family, const char *word, const char **at, char letter, int *value)
{
    int64_t number = 0;

    if (!isdigit((unsigned char)**at))
        return fail_word(family, word, "no number behind", letter);
    for (; isdigit((unsigned char)**at); ++*at)
        if ((number = 10 * number + **at - '0') > LARGEST)
            return fail_word(family, word, "too large a number behind", letter);
    if (number == 0 && holds(family->required, letter))
        return fail_word(family, word, "0 behind", letter);
    *value = (int)number;
    return SEP_OK;
}

/* Values that were not given: -1 for numbers, 0 for flags and what is derived. */
static void clear(const bench_family *family, int *value)
{
    memset(value, 0, BENCH_LETTERS * sizeof *value);
    for (const char *letter = family->required; *letter; letter++)
        value[(int)*letter] = -1;
    for (const char *letter = family->optional; letter && *letter; letter++)
        value[(int)*letter] = -1;
    if (family->mark)
        value[(int)family->mark] = 1;
}

static bool derive(const bench_family *family, int *value)
{
    return !family->derive || family->derive(value);
}

static sep_status read_letters(const bench_family *family, const char *word, int *value)
{
    bool seen[BENCH_LETTERS] = {false};

    for (const char *at = word; *at;) {
        char letter = *at++;
        if (!islower((unsigned char)letter))
            return fail_word(family, word, "unexpected", letter);
        if (seen[(int)letter])
            return fail_word(family, word, "twice", letter);
        seen[(int)letter] = true;
        if (holds(family->flags, letter)) {
            value[(int)letter] = 1;
            if (isdigit((unsigned char)*at))
                return fail_word(family, word, "a number behind", letter);
        } else if (holds(family->required, letter) || holds(family->optional, letter)) {
            SEP_TRY(read_number(family, word, &at, letter, &value[(int)letter]));
        } else {
            return fail_word(family, word, "unknown letter", letter);
        }
    }
    return SEP_OK;
}

sep_status bench_problem_parse(const char *name, const char *word, bench_problem *problem)
{
    const bench_family *family = find_family(name, word);
    char pattern[96];

    if (!family)
        return fail_family(name);
    problem->family = family;
    clear(family, problem->value);
    SEP_TRY(read_letters(family, word, problem->value));
    for (const char *letter = family->required; *letter; letter++)
        if (problem->value[(int)*letter] < 0)
            return fail_word(family, word, "no", *letter);
    if (!derive(family, problem->value))
        return sep_fail(SEP_ERR_SHAPE, "shape '%s': the numbers do not fit together (%s)", word,
                        write_pattern(family, pattern, sizeof pattern));
    for (int pass = 0; pass < BENCH_PASSES; pass++) {
        bench_layout layout;
        if (bench_problem_has_pass(problem, (bench_pass)pass))
            SEP_TRY(bench_layout_create(problem, (bench_pass)pass, &layout));
    }
    return SEP_OK;
}

void bench_problem_word(const bench_problem *problem, char word[BENCH_WORD])
{
    const bench_family *family = problem->family;
    int usual[BENCH_LETTERS];
    size_t length = 0;

    memcpy(usual, problem->value, sizeof usual);
    for (const char *letter = family->optional; letter && *letter; letter++)
        usual[(int)*letter] = -1;
    bool fits = derive(family, usual); /* where the usual values make no sense every letter is written */
    word[0] = '\0';
    for (const char *letter = family->required; *letter; letter++)
        length += (size_t)snprintf(word + length, BENCH_WORD - length, "%c%d", *letter, problem->value[(int)*letter]);
    for (const char *letter = family->optional; letter && *letter; letter++)
        if (!fits || problem->value[(int)*letter] != usual[(int)*letter])
            length +=
                (size_t)snprintf(word + length, BENCH_WORD - length, "%c%d", *letter, problem->value[(int)*letter]);
    for (const char *letter = family->flags; letter && *letter; letter++)
        if (problem->value[(int)*letter])
            length += (size_t)snprintf(word + length, BENCH_WORD - length, "%c", *letter);
}

bool bench_problem_has_pass(const bench_problem *problem, bench_pass pass)
{
    return problem->family->pass[pass][0].operands != NULL;
}

double bench_problem_work(const bench_problem *problem, bench_pass pass)
{
    const bench_family *family = problem->family;
    double product = family->work_factor[pass] ? family->work_factor[pass] : 1.0;

    if (!family->work)
        return 0.0;
    for (const char *axis = family->work; *axis; axis++)
        product *= problem->value[(int)*axis];
    return product;
}

bool bench_problem_is_winograd(const bench_problem *problem, const sep_call *call)
{
    const int *v = problem->value;

    return (call->op == SEP_OP_CONV2D || call->op == SEP_OP_CONV2D_DX || call->op == SEP_OP_CONV2D_DW) &&
           sep_conv_is_winograd(&call->attributes, v['h'], v['w'], v['c'], v['o']);
}

/* ---- the word of a call -------------------------------------------------------------------------------------------
 */

static int *field_of(sep_attributes *attributes, size_t offset)
{
    return (int *)(void *)((char *)attributes + offset);
}

static void read_fields(const bench_family *family, const sep_call *call, int *value)
{
    sep_attributes attributes = call->attributes;

    for (size_t i = 0; i < FIELDS && family->field[i].letter; i++)
        if (islower((unsigned char)family->field[i].letter))
            value[(int)family->field[i].letter] = *field_of(&attributes, family->field[i].offset);
}

static void read_axes(const bench_operand *operand, const sep_shape *shape, int *value)
{
    const char *axes = operand->axes;
    int count = (int)strlen(axes), last = sep_shape_last(shape);

    if (axes[0] == 'e')
        value['e'] = (int)sep_shape_count(shape);
    else if (axes[0] == 'r')
        value['r'] = (int)(count == 1 ? sep_shape_count(shape) : sep_shape_count(shape) / last);
    if (count != shape->rank) {
        if (islower((unsigned char)axes[count - 1]) && axes[count - 1] != 'e' && axes[count - 1] != 'r')
            value[(int)axes[count - 1]] = last;
        return;
    }
    for (int i = axes[0] == 'r' || axes[0] == 'e'; i < count; i++)
        if (islower((unsigned char)axes[i]))
            value[(int)axes[i]] = shape->dim[i];
}

static void read_shapes(const bench_operands *operands, const sep_call *call, int *value)
{
    int input = 0;

    for (int i = 0; i < operands->inputs; i++)
        if (bench_operand_is_there(&operands->input[i], value))
            read_axes(&operands->input[i], &call->input[input++].shape, value);
    read_axes(&operands->output, &call->output.shape, value);
}

/* Whether the problem, laid out, is that call. */
static bool gives_back(const bench_problem *problem, bench_pass pass, const sep_call *call)
{
    bench_layout layout;

    if (bench_layout_create(problem, pass, &layout) != SEP_OK)
        return false;
    const sep_call *own = &layout.call[layout.steps - 1];
    bool same =
        own->inputs == call->inputs && sep_shape_count(&own->output.shape) == sep_shape_count(&call->output.shape);
    for (int i = 0; same && i < call->inputs; i++)
        same = sep_shape_count(&own->input[i].shape) == sep_shape_count(&call->input[i].shape);
    return same;
}

static bool has_field(const bench_family *family, size_t offset)
{
    for (size_t i = 0; i < FIELDS && family->field[i].letter; i++)
        if (family->field[i].offset == offset)
            return true;
    return false;
}

bool bench_pass_shows(const bench_family *family, bench_pass pass, char letter)
{
    const char bracket[] = {'[', letter, '?', '\0'};

    for (int i = 0; i < BENCH_STEPS && family->pass[pass][i].operands; i++)
        if (strstr(family->pass[pass][i].operands, bracket))
            return true;
    return false;
}

static bool brings_operand(const bench_family *family, char letter)
{
    bool brings = false;

    for (int pass = 0; pass < BENCH_PASSES; pass++)
        brings = brings || bench_pass_shows(family, (bench_pass)pass, letter);
    return brings;
}

/* Flags that bring an operand. One that only other passes show is taken to be set, as it is for most layers. */
static void read_flags(const bench_family *family, const bench_operands *operands, const sep_call *call, int *value)
{
    for (const char *flag = family->flags; flag && *flag; flag++)
        if (brings_operand(family, *flag))
            value[(int)*flag] = 1;
    for (int i = 0; i < operands->inputs; i++)
        if (holds(family->flags, operands->input[i].wanted_by))
            value[(int)operands->input[i].wanted_by] = call->inputs == operands->inputs;
}

static int count_inputs(const bench_operands *operands, const int *value)
{
    int inputs = 0;

    for (int i = 0; i < operands->inputs; i++)
        inputs += bench_operand_is_there(&operands->input[i], value);
    return inputs;
}

static bool read_call(const bench_family *family, bench_pass pass, const sep_call *call, bench_problem *problem)
{
    const bench_step *steps = family->pass[pass], *step = &steps[steps[1].operands != NULL];
    bench_operands operands;
    int *value = problem->value;

    if (step->operands == NULL || step->op != call->op)
        return false;
    if (!has_field(family, offsetof(sep_attributes, activation)) &&
        family->fixed.activation != call->attributes.activation)
        return false;
    bench_operands_read(step->operands, &operands);
    problem->family = family;
    clear(family, value);
    read_fields(family, call, value);
    read_flags(family, &operands, call, value);
    if (call->inputs != count_inputs(&operands, value))
        return false;
    read_shapes(&operands, call, value);
    return (!family->observe || family->observe(call, value)) && derive(family, value) &&
           gives_back(problem, pass, call);
}

bool bench_problem_of_call(const sep_call *call, bench_problem *problem, bench_pass *pass)
{
    for (const bench_family *family = bench_families; family->name; family++)
        for (int p = 0; p < BENCH_PASSES; p++)
            if (read_call(family, (bench_pass)p, call, problem)) {
                *pass = (bench_pass)p;
                return true;
            }
    return false;
}
