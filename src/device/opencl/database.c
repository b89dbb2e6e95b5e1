/* The database of tuned parameters: lines "vendor | device | driver | family | parameters". What septum brings comes
 * first, then the user's file; of the lines of a family that fit the device the last one counts, and those of the same
 * driver before those of others. Files of several users may be put one behind the other. */
#include "device/opencl/tuning.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VENDOR, DEVICE, DRIVER, FAMILY, PARAMETERS, FIELDS };

/* ---- lines ------------------------------------------------------------------------------------------------------- */

static char *trim(char *text)
{
    char *end = text + strlen(text);

    while (*text == ' ' || *text == '\t')
        text++;
    while (end > text && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
        *--end = '\0';
    return text;
}

/* False for comments and what is no line of a database. Cuts `line` into pieces. */
static bool read_fields(char *line, char *field[FIELDS])
{
    int count = 0;

    for (char *at = line; at != NULL && count < FIELDS; count++) {
        char *bar = strchr(at, '|');
        if (bar)
            *bar = '\0';
        field[count] = trim(at);
        at = bar ? bar + 1 : NULL;
    }
    return count == FIELDS && field[VENDOR][0] != '#';
}

static sep_cl_program find_family(const char *name)
{
    for (int p = 0; p < SEP_CL_PROGRAM_COUNT; p++)
        if (sep_cl_default_parameters((sep_cl_program)p)[0] &&
            strcmp(sep_cl_program_name((sep_cl_program)p), name) == 0)
            return (sep_cl_program)p;
    return SEP_CL_PROGRAM_COUNT;
}

static bool is_device(const sep_cl *cl, char *const field[FIELDS])
{
    return strcmp(field[VENDOR], cl->vendor) == 0 && strcmp(field[DEVICE], cl->name) == 0;
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

/* `same_driver`: lines of the device's driver alone, else of all others. */
static void apply_line(sep_cl *cl, const char *text, bool same_driver)
{
    char *line = sep_strdup(text), *field[FIELDS];

    if (line && read_fields(line, field) && is_device(cl, field) &&
        (strcmp(field[DRIVER], cl->driver) == 0) == same_driver) {
        sep_cl_program program = find_family(field[FAMILY]);
        if (program == SEP_CL_PROGRAM_COUNT)
            sep_log(SEP_LOG_WARNING, "tuning: there is no family '%s' to tune", field[FAMILY]);
        else if (sep_cl_set_parameters(cl, program, field[PARAMETERS]) != SEP_OK)
            sep_log(SEP_LOG_WARNING, "tuning: %s; left out", sep_error_text());
    }
    sep_free(line);
}

static char *user_path(void)
{
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

    return config && config[0] ? sep_format("%s/septum/tuning.txt", config)
           : home && home[0]   ? sep_format("%s/.config/septum/tuning.txt", home)
                               : NULL;
}

static sep_status add_lines_of_text(const char *text, sep_strings *lines)
{
    while (*text) {
        size_t length = strcspn(text, "\n");
        char *line = sep_format("%.*s", (int)length, text);
        sep_status status = line ? sep_strings_add(lines, line) : SEP_ERR_MEMORY;
        sep_free(line);
        SEP_TRY(status);
        text += length + (text[length] == '\n');
    }
    return SEP_OK;
}

/* A file that is not there has no lines. */
static sep_status add_lines_of_user(const char *path, sep_strings *lines)
{
    void *bytes = NULL;
    size_t count;

    if (path == NULL || !sep_file_exists(path))
        return SEP_OK;
    SEP_TRY(sep_file_read(path, &bytes, &count));
    char *text = sep_format("%.*s", (int)count, (const char *)bytes);
    sep_free(bytes);
    sep_status status = text ? add_lines_of_text(text, lines) : SEP_ERR_MEMORY;
    sep_free(text);
    return status;
}

void sep_cl_read_tuning(sep_cl *cl)
{
    sep_strings lines = {0};
    char *path = user_path();
    sep_status status = add_lines_of_text(sep_cl_source("tuning"), &lines);

    if (status == SEP_OK)
        status = add_lines_of_user(path, &lines);
    if (status != SEP_OK)
        sep_log(SEP_LOG_WARNING, "tuning: %s", sep_error_text());
    for (int same_driver = 0; same_driver < 2; same_driver++)
        for (int i = 0; i < lines.count; i++)
            apply_line(cl, lines.item[i], same_driver);
    sep_strings_free(&lines);
    sep_free(path);
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

/* A line that what is written now stands for: same device, same driver. */
static bool is_replaced(const sep_cl *cl, const char *text)
{
    char *line = sep_strdup(text), *field[FIELDS];
    bool replaced = line && read_fields(line, field) && is_device(cl, field) && strcmp(field[DRIVER], cl->driver) == 0;

    sep_free(line);
    return replaced;
}

/* *text grows by a line; NULL when memory runs out. */
static void append(char **text, const char *line)
{
    char *longer = *text ? sep_format("%s%s\n", *text, line) : NULL;

    sep_free(*text);
    *text = longer;
}

static void append_program(char **text, const sep_cl *cl, sep_cl_program program)
{
    char *line = sep_format("%s | %s | %s | %s | %s", cl->vendor, cl->name, cl->driver, sep_cl_program_name(program),
                            cl->parameters[program]);

    append(text, line ? line : "");
    sep_free(line);
}

static char *new_text(const sep_cl *cl, const sep_strings *old)
{
    char *text = sep_strdup("");

    if (old->count == 0)
        append(&text, "# vendor | device | driver | family | parameters: septum-bench tune");
    for (int i = 0; i < old->count; i++)
        if (!is_replaced(cl, old->item[i]))
            append(&text, old->item[i]);
    for (int p = 0; p < SEP_CL_PROGRAM_COUNT; p++) /* defaults too: they overrule older lines */
        if (sep_cl_default_parameters((sep_cl_program)p)[0])
            append_program(&text, cl, (sep_cl_program)p);
    return text;
}

static sep_status write_file(const char *path, const char *text)
{
    char *folder = sep_format("%.*s", (int)(sep_file_name(path) - path - 1), path);
    sep_status status = folder ? sep_make_folders(folder) : SEP_ERR_MEMORY;

    sep_free(folder);
    return status == SEP_OK ? sep_file_write_atomic(path, text, strlen(text)) : status;
}

sep_status sep_cl_write_tuning(const sep_cl *cl, char **path)
{
    sep_strings old = {0};

    *path = user_path();
    if (*path == NULL)
        return sep_fail(SEP_ERR_IO, "neither XDG_CONFIG_HOME nor HOME says where to keep tuning.txt");
    sep_status status = add_lines_of_user(*path, &old);
    char *text = status == SEP_OK ? new_text(cl, &old) : NULL;
    if (status == SEP_OK)
        status = text ? write_file(*path, text) : SEP_ERR_MEMORY;
    sep_free(text);
    sep_strings_free(&old);
    return status;
}
