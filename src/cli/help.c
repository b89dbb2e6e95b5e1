/* The text of --help, laid out for a terminal of 80 columns. */
#include "cli/help.h"

#include "cli/program.h"

#include <ctype.h>
#include <string.h>

#define WIDTH      80
#define MAX_INDENT 30 /* where the help of an option starts at the latest */

const char sep_summary[] = "train, run and benchmark medical image segmentation from few labels";

int sep_option_usage(const sep_option *option, bool align, char *text, size_t size)
{
    char letter[8] = "";

    if (option->letter)
        snprintf(letter, sizeof letter, "-%c, ", option->letter);
    return snprintf(text, size, "%*s--%s%s%s", align ? 4 : 0, letter, option->name, option->argument ? " " : "",
                    option->argument ? option->argument : "");
}

void sep_option_remark(const sep_option *option, char *text, size_t size)
{
    const char *choices = option->choices ? option->choices : "", *gap = option->choices ? "; " : "";

    text[0] = '\0';
    if (option->integer)
        snprintf(text, size, " (default: %lld)", (long long)*option->integer);
    else if (option->real)
        snprintf(text, size, " (default: %g)", *option->real);
    else if (option->string && *option->string && **option->string)
        snprintf(text, size, " (%s%sdefault: %s)", choices, gap, *option->string);
    else if (option->choices)
        snprintf(text, size, " (%s)", choices);
}

/* Prints words from column `column` on, continuing at `indent` on each new line; returns the column reached. */
static int print_words(FILE *file, const char *text, size_t length, int column, int indent)
{
    const char *end = text + length;
    bool first = true;

    while (text < end) {
        int word = 0;
        while (text + word < end && text[word] != ' ')
            word++;
        if (word && !first && column + 1 + word > WIDTH) {
            fprintf(file, "\n%*s", indent, "");
            column = indent;
        } else if (word && !first) {
            fputc(' ', file);
            column++;
        }
        if (word) {
            fprintf(file, "%.*s", word, text);
            column += word;
            first = false;
        }
        text += word;
        text += text < end; /* the blank */
    }
    return column;
}

/* Each line is a paragraph of its own; one that starts with a blank is printed as it is. */
static void print_paragraphs(FILE *file, const char *text)
{
    while (*text) {
        size_t length = strcspn(text, "\n");
        if (*text == ' ')
            fprintf(file, "%.*s", (int)length, text);
        else
            print_words(file, text, length, 0, 0);
        fputc('\n', file);
        text += length;
        text += *text == '\n';
    }
}

static int usage_width(const sep_option *option)
{
    char usage[128];
    int widest = 0;

    for (; option && option->name; option++) {
        int width = 2 + sep_option_usage(option, true, usage, sizeof usage) + 2;
        if (width > widest && width <= MAX_INDENT)
            widest = width;
    }
    return widest;
}

static void print_option(FILE *file, const sep_option *option, int indent)
{
    char usage[128], remark[256], help[768];
    int column = 2 + sep_option_usage(option, true, usage, sizeof usage);

    fprintf(file, "  %s", usage);
    if (column + 2 > indent) {
        fputc('\n', file);
        column = 0;
    }
    fprintf(file, "%*s", indent - column, "");
    sep_option_remark(option, remark, sizeof remark);
    snprintf(help, sizeof help, "%s%s", option->help, remark);
    print_words(file, help, strlen(help), indent, indent);
    fputc('\n', file);
}

static void print_options(FILE *file, const sep_command *command)
{
    const sep_option *const table[] = {command->options, command->shared, sep_common_options};
    int indent = 0;

    for (int i = 0; i < 3; i++) {
        const int width = usage_width(table[i]);
        indent = width > indent ? width : indent;
    }
    fputs("\nOptions:\n", file);
    for (int i = 0; i < 3; i++)
        for (const sep_option *option = table[i]; option && option->name; option++)
            print_option(file, option, indent);
}

static void print_examples(FILE *file, const char *examples)
{
    fputs("\nExamples:\n", file);
    while (*examples) {
        int length = (int)strcspn(examples, "\n");
        fprintf(file, "  %.*s\n", length, examples);
        examples += length;
        examples += *examples == '\n';
    }
}

/* A summary as a sentence, and an empty line. */
static void print_sentence(FILE *file, const char *summary)
{
    fprintf(file, "%c%s.\n\n", toupper((unsigned char)summary[0]), summary + 1);
}

void sep_print_help(FILE *file, const sep_command *command)
{
    char line[64];

    sep_command_line(command, line, sizeof line);
    fprintf(file, "Usage: %s [OPTION...]%s%s\n\n", line, command->operands ? " " : "",
            command->operands ? command->operands : "");
    print_sentence(file, command->summary);
    print_paragraphs(file, command->description);
    print_options(file, command);
    if (command->examples)
        print_examples(file, command->examples);
}

void sep_print_overview(FILE *file)
{
    fputs("Usage: septum COMMAND [OPTION...] [OPERAND...]\n\n", file);
    print_sentence(file, sep_summary);
    fputs("Commands:\n", file);
    for (int i = 0; sep_commands[i]; i++)
        fprintf(file, "  %-10s  %s\n", sep_commands[i]->name, sep_commands[i]->summary);
    fputs("\n'septum COMMAND --help' describes a command, 'septum --version' this build.\n", file);
}
