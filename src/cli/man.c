/* The manual pages, written from the same tables as the help. No date in them: the same sources give the same page. */
#include "cli/help.h"

#include "cli/program.h"
#include "config.h"

#include <ctype.h>
#include <string.h>

/* Text as roff must see it: a backslash and a hyphen are escaped, a control character at the start of a line is hidden.
 */
static void print_text(FILE *file, const char *text, size_t length)
{
    if (length && (text[0] == '.' || text[0] == '\''))
        fputs("\\&", file);
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\\')
            fputs("\\e", file);
        else if (text[i] == '-')
            fputs("\\-", file);
        else
            fputc(text[i], file);
    }
}

static void print_string(FILE *file, const char *text)
{
    print_text(file, text, strlen(text));
}

static void print_title(FILE *file, const char *name)
{
    fputs(".TH \"", file);
    for (; *name; name++)
        fputc(toupper((unsigned char)*name), file);
    fputs("\" 1 \"\" \"septum " SEP_VERSION "\" \"User Commands\"\n", file);
}

/* A run of lines without fill, as examples and tables want it. */
static const char *print_verbatim(FILE *file, const char *text, bool (*belongs)(const char *line))
{
    fputs(".PP\n.nf\n", file);
    while (*text && belongs(text)) {
        size_t length = strcspn(text, "\n");
        print_text(file, text, length);
        fputc('\n', file);
        text += length;
        text += *text == '\n';
    }
    fputs(".fi\n", file);
    return text;
}

static bool starts_with_blank(const char *line)
{
    return *line == ' ';
}

static bool any_line(const char *line)
{
    (void)line;
    return true;
}

static void print_paragraphs(FILE *file, const char *text)
{
    while (*text) {
        size_t length = strcspn(text, "\n");
        if (*text == ' ') {
            text = print_verbatim(file, text, starts_with_blank);
            continue;
        }
        fputs(length ? "" : ".PP", file);
        print_text(file, text, length);
        fputc('\n', file);
        text += length;
        text += *text == '\n';
    }
}

static void print_options(FILE *file, const sep_option *option)
{
    char usage[128], remark[256];

    for (; option && option->name; option++) {
        sep_option_usage(option, false, usage, sizeof usage);
        sep_option_remark(option, remark, sizeof remark);
        fputs(".TP\n.B ", file);
        print_string(file, usage);
        fputc('\n', file);
        print_string(file, option->help);
        print_string(file, remark);
        fputc('\n', file);
    }
}

static void print_exit_status(FILE *file)
{
    fputs(
        ".SH EXIT STATUS\n0 on success, 1 on failure, 2 when the command line makes no sense, 130 when interrupted.\n",
        file);
}

void sep_print_man(FILE *file, const sep_command *command)
{
    char name[64], line[64];

    snprintf(name, sizeof name, "septum-%s", command->name);
    sep_command_line(command, line, sizeof line);
    print_title(file, name);
    fputs(".SH NAME\n", file);
    print_string(file, name);
    fputs(" \\- ", file);
    print_string(file, command->summary);
    fprintf(file, "\n.SH SYNOPSIS\n.B %s\n[OPTION...] ", line);
    print_string(file, command->operands ? command->operands : "");
    fputs("\n.SH DESCRIPTION\n", file);
    print_paragraphs(file, command->description);
    fputs(".SH OPTIONS\n", file);
    print_options(file, command->options);
    print_options(file, command->shared);
    print_options(file, sep_common_options);
    if (command->examples) {
        fputs(".SH EXAMPLES\n", file);
        print_verbatim(file, command->examples, any_line);
    }
    print_exit_status(file);
    fputs(".SH SEE ALSO\n.BR septum (1)\n", file);
}

void sep_print_man_overview(FILE *file)
{
    print_title(file, "septum");
    fputs(".SH NAME\nseptum \\- ", file);
    print_string(file, sep_summary);
    fputs("\n.SH SYNOPSIS\n.B septum\nCOMMAND [OPTION...] [OPERAND...]\n", file);
    fputs(".PP\n.B septum\n\\-\\-version | \\-\\-help\n.SH COMMANDS\n", file);
    for (int i = 0; sep_commands[i]; i++) {
        fprintf(file, ".TP\n.BR septum\\-%s (1)\n", sep_commands[i]->name);
        print_string(file, sep_commands[i]->summary);
        fputc('\n', file);
    }
    fputs(".SH ENVIRONMENT\n", file);
    fputs(
        ".TP\n.B SEPTUM_SIMD\nthe kernel table to use: generic, avx2, avx512 or neon (the best one that the processor "
        "has)\n",
        file);
    fputs(".TP\n.B OMP_NUM_THREADS\nthe number of threads (all processors); the results do not depend on it\n", file);
    print_exit_status(file);
}
