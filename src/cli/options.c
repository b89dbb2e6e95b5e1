/* The command line, read by getopt_long through the option tables. */
#include "cli/options.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_OPTIONS 64
#define LONG_OPTION 256 /* getopt's code of the first option of a table: above every letter */

static bool usage_error;

sep_status sep_usage_error(const char *format, ...)
{
    char text[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    usage_error = true;
    return sep_fail(SEP_ERR_ARGUMENT, "%s", text);
}

bool sep_is_usage_error(void)
{
    return usage_error;
}

void sep_command_line(const sep_command *command, char *text, size_t size)
{
    if (command->program)
        snprintf(text, size, "%s", command->program);
    else
        snprintf(text, size, "septum %s", command->name);
}

bool sep_asks_for_help(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

/* ---- values ------------------------------------------------------------------------------------------------------ */

static bool has_range(const sep_option *option)
{
    return option->low != 0 || option->high != 0;
}

static sep_status store_integer(const sep_option *option, const char *text)
{
    char *end;

    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (end == text || *end || errno)
        return sep_usage_error("--%s: '%s' is not a whole number", option->name, text);
    if (has_range(option) && ((double)value < option->low || (double)value > option->high))
        return sep_usage_error("--%s: %s is not within %.0f to %.0f", option->name, text, option->low, option->high);
    *option->integer = value;
    return SEP_OK;
}

static sep_status store_real(const sep_option *option, const char *text)
{
    char *end;
    double value = strtod(text, &end);

    if (end == text || *end || !isfinite(value))
        return sep_usage_error("--%s: '%s' is not a number", option->name, text);
    if (has_range(option) && (value < option->low || value > option->high))
        return sep_usage_error("--%s: %s is not within %g to %g", option->name, text, option->low, option->high);
    *option->real = value;
    return SEP_OK;
}

/* Whether `text` is one of the words of "a|b|c". */
static bool is_choice(const char *choices, const char *text)
{
    size_t length = strlen(text);

    for (const char *word = choices; word; word = strchr(word, '|')) {
        word += *word == '|';
        if (strcspn(word, "|") == length && strncmp(word, text, length) == 0)
            return true;
    }
    return false;
}

static sep_status store_string(const sep_option *option, const char *text)
{
    if (option->choices && !is_choice(option->choices, text))
        return sep_usage_error("--%s: '%s' is not one of %s", option->name, text, option->choices);
    *option->string = text;
    return SEP_OK;
}

static sep_status store(const sep_option *option, const char *text)
{
    if (option->flag)
        *option->flag = true;
    else if (option->integer)
        return store_integer(option, text);
    else if (option->real)
        return store_real(option, text);
    else if (option->list)
        return sep_strings_add(option->list, text);
    else
        return store_string(option, text);
    return SEP_OK;
}

/* ---- getopt ------------------------------------------------------------------------------------------------------ */

/* The tables in getopt's terms; option i answers to its letter and to the code LONG_OPTION + i. */
typedef struct getopt_tables {
    const sep_option *option[MAX_OPTIONS];
    struct option names[MAX_OPTIONS + 1];
    char letters[2 * MAX_OPTIONS + 2];
    int count;
} getopt_tables;

static void add_table(getopt_tables *tables, const sep_option *option)
{
    char *letter = tables->letters + strlen(tables->letters);

    for (; option && option->name && tables->count < MAX_OPTIONS; option++) {
        int i = tables->count++;
        tables->option[i] = option;
        tables->names[i] = (struct option){
            .name = option->name,
            .has_arg = option->flag ? no_argument : required_argument,
            .val = LONG_OPTION + i,
        };
        if (option->letter) {
            *letter++ = option->letter;
            if (!option->flag)
                *letter++ = ':';
        }
    }
}

/* The option behind a code that getopt_long returned; NULL if it found none. */
static const sep_option *find_option(const getopt_tables *tables, int code)
{
    if (code >= LONG_OPTION && code < LONG_OPTION + tables->count)
        return tables->option[code - LONG_OPTION];
    for (int i = 0; i < tables->count; i++)
        if (tables->option[i]->letter && tables->option[i]->letter == code)
            return tables->option[i];
    return NULL;
}

/* getopt has left in optopt what it choked on: 0 for an unknown --name, a letter, or the code of a flag with a value.
 */
static sep_status explain(const getopt_tables *tables, int code, const char *word)
{
    const sep_option *option = find_option(tables, optopt);

    if (code == ':')
        return sep_usage_error("option '--%s' needs a value: %s", option->name, option->argument);
    if (option && option->flag)
        return sep_usage_error("option '--%s' takes no value", option->name);
    if (optopt)
        return sep_usage_error("unknown option '-%c'", optopt);
    return sep_usage_error("unknown option '%s'", word);
}

static sep_status check_operands(const sep_command *command, int count, char **operand)
{
    char line[64];

    sep_command_line(command, line, sizeof line);
    if (count < command->operands_low)
        return sep_usage_error("%s missing: %s [OPTION...] %s", count ? "operand" : "operands", line,
                               command->operands);
    if (command->operands_high >= 0 && count > command->operands_high)
        return sep_usage_error("one operand too many: '%s'", operand[command->operands_high]);
    return SEP_OK;
}

sep_status sep_parse_options(const sep_command *command, int argc, char **argv, int *count, char ***operand)
{
    getopt_tables tables = {.letters = ":"};
    int code;

    add_table(&tables, command->options);
    add_table(&tables, command->shared);
    add_table(&tables, sep_common_options);
    opterr = 0;
    optind = 1;
    while ((code = getopt_long(argc, argv, tables.letters, tables.names, NULL)) != -1) {
        if (code == '?' || code == ':')
            return explain(&tables, code, argv[optind - 1]);
        SEP_TRY(store(find_option(&tables, code), optarg));
    }
    *count = argc - optind;
    *operand = argv + optind;
    return check_operands(command, *count, *operand);
}
