/* The parameters of programs, as text. */
#include "device/opencl/tuning.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name, *parameters;
} programs[] = {
#define PARAMETER_ROW(name, file, parameters) {#name, parameters},
    SEP_CL_PROGRAMS(PARAMETER_ROW)};

#define MAX_CHOICES 6

/* What the sources know. */
static const struct {
    const char *name;
    int value[MAX_CHOICES];
} choices[] = {
    {"GROUP", {32, 64, 128, 256}},  {"SIDE", {8, 16}},      {"ITEM_ROWS", {4, 8}},
    {"ITEM_COLUMNS", {1, 2, 4, 8}}, {"STEPS", {8, 16, 32}},
};

const char *sep_cl_program_name(sep_cl_program program)
{
    return programs[program].name;
}

const char *sep_cl_default_parameters(sep_cl_program program)
{
    return programs[program].parameters;
}

const int *sep_cl_choices(const char *parameter)
{
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++)
        if (strcmp(choices[i].name, parameter) == 0)
            return choices[i].value;
    return NULL;
}

/* ---- values ------------------------------------------------------------------------------------------------------ */

int sep_cl_value_in(const char *parameters, const char *name)
{
    size_t length = strlen(name);

    for (const char *at = parameters; (at = strstr(at, name)) != NULL; at += length)
        if ((at == parameters || at[-1] == ' ') && at[length] == '=')
            return atoi(at + length + 1);
    return 0;
}

int sep_cl_parameter(const sep_cl *cl, sep_cl_program program, const char *name)
{
    return sep_cl_value_in(cl->parameters[program], name);
}

bool sep_cl_is_tuned(const sep_cl *cl, sep_cl_program program)
{
    return strcmp(cl->parameters[program], programs[program].parameters) != 0;
}

/* ---- setting ----------------------------------------------------------------------------------------------------- */

static bool is_choice(const char *name, int value)
{
    const int *list = sep_cl_choices(name);

    for (int i = 0; list && i < MAX_CHOICES && list[i] > 0; i++)
        if (list[i] == value)
            return true;
    return false;
}

/* Takes the values of the program's own parameters from `text`, in the default's order. */
static sep_status normalise(sep_cl_program program, const char *text, char own[SEP_CL_PARAMETERS])
{
    const char *at = programs[program].parameters;
    char name[24];
    int used = 0, end, value, count = 0, given = 0;

    own[0] = '\0';
    for (; sscanf(at, " %23[A-Z_]=%d%n", name, &value, &end) == 2; at += end, count++) {
        value = sep_cl_value_in(text, name);
        if (!is_choice(name, value))
            return sep_fail(SEP_ERR_ARGUMENT, "%s: no or an unknown value of %s in '%s'", programs[program].name, name,
                            text);
        used += snprintf(own + used, (size_t)(SEP_CL_PARAMETERS - used), "%s%s=%d", used ? " " : "", name, value);
    }
    for (const char *sign = text; (sign = strchr(sign, '=')) != NULL; sign++)
        given++;
    if (given != count || count == 0)
        return sep_fail(SEP_ERR_ARGUMENT, "%s: its parameters are like '%s', not '%s'", programs[program].name,
                        programs[program].parameters, text);
    return SEP_OK;
}

/* Bytes of local memory that tiles take, with what convolutions keep beside them; work-items of a group. */
static sep_status check_limits(const sep_cl *cl, sep_cl_program program, const char *text)
{
    int side = sep_cl_value_in(text, "SIDE"), steps = sep_cl_value_in(text, "STEPS");
    int rows = side * sep_cl_value_in(text, "ITEM_ROWS"), columns = side * sep_cl_value_in(text, "ITEM_COLUMNS");
    size_t group = (size_t)(side > 0 ? side * side : sep_cl_value_in(text, "GROUP"));
    size_t bytes = (size_t)(4 * steps * (rows + columns + 2) + 16 * rows + 24 * steps);

    if (group > cl->largest_group || (side > 0 && bytes > cl->local_bytes))
        return sep_fail(SEP_ERR_ARGUMENT, "%s: '%s' is beyond the device's limits", programs[program].name, text);
    return SEP_OK;
}

sep_status sep_cl_set_parameters(sep_cl *cl, sep_cl_program program, const char *text)
{
    char own[SEP_CL_PARAMETERS];

    SEP_TRY(normalise(program, text, own));
    if (strcmp(own, programs[program].parameters) != 0)
        SEP_TRY(check_limits(cl, program, own));
    sep_cl_drop_program(cl, program);
    memcpy(cl->parameters[program], own, sizeof own);
    return SEP_OK;
}
