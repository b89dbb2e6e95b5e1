/* The command `septum`: finds the sub-command, reads its options, runs it and reports what went wrong. */
#include "cli/commands.h"
#include "cli/help.h"
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_INTERRUPTED = 130 };

const sep_command *const sep_commands[] = {
#define SEP_COMMAND(name) &sep_command_##name,
#include "commands.def"
#undef SEP_COMMAND
    NULL,
};

static bool help, quiet, verbose;

const sep_option sep_common_options[] = {
    {"quiet", 'q', NULL, "print warnings only: no messages, no progress", .flag = &quiet},
    {"verbose", 'v', NULL, "print details too", .flag = &verbose},
    {"help", 'h', NULL, "print this help", .flag = &help},
    {0},
};

const sep_command *sep_find_command(const char *name)
{
    for (int i = 0; sep_commands[i]; i++)
        if (strcmp(sep_commands[i]->name, name) == 0)
            return sep_commands[i];
    return NULL;
}

static void print_log_line(void *context, sep_log_level level, const char *line)
{
    sep_log_level least = quiet ? SEP_LOG_WARNING : verbose ? SEP_LOG_DEBUG : SEP_LOG_INFO;

    (void)context;
    if (level >= least)
        fprintf(stderr, "septum: %s%s\n", level == SEP_LOG_WARNING ? "warning: " : "", line);
}

static void print_version(void)
{
    printf("septum %s for %s, %s\n", SEP_VERSION, SEP_TARGET, SEP_COMPILER);
    printf("kernels: %s\n", SEP_KERNELS);
    printf("with: %s\n", SEP_BUILT_WITH);
    printf("without: %s\n", SEP_BUILT_WITHOUT[0] ? SEP_BUILT_WITHOUT : "nothing");
}

static int unknown_command(const char *name)
{
    fprintf(stderr, "septum: unknown command '%s' (try 'septum --help')\n", name);
    return EXIT_USAGE;
}

/* What is still in the buffer of standard output may meet a full disk, and that is a failure like any other. */
static int close_output(int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    fprintf(stderr, "septum: can't write to standard output: %s\n", strerror(errno));
    return code ? code : EXIT_FAILED;
}

static int report(const sep_command *command, sep_status status)
{
    if (status == SEP_OK)
        return 0;
    if (sep_is_usage_error()) {
        fprintf(stderr, "septum %s: %s (try 'septum %s --help')\n", command->name, sep_error_text(), command->name);
        return EXIT_USAGE;
    }
    fprintf(stderr, "septum: %s\n", sep_error_text());
    return status == SEP_ERR_INTERRUPTED ? EXIT_INTERRUPTED : EXIT_FAILED;
}

static int run_command(const sep_command *command, int argc, char **argv)
{
    int count;
    char **operand;

    if (sep_asks_for_help(argc, argv)) {
        sep_print_help(stdout, command);
        return 0;
    }
    sep_status status = sep_parse_options(command, argc, argv, &count, &operand);
    if (status == SEP_OK) {
        sep_log_set_sink(print_log_line, NULL);
        sep_progress_enable(!quiet);
        status = command->run(count, operand);
        fflush(stdout);
    }
    return report(command, status);
}

/* `septum help [CMD]` and `septum --man [CMD]`: one page of that command, or the overview. */
static int print_page(const char *name, void (*page)(FILE *, const sep_command *), void (*overview)(FILE *))
{
    const sep_command *command = name ? sep_find_command(name) : NULL;

    if (name && !command)
        return unknown_command(name);
    if (command)
        page(stdout, command);
    else
        overview(stdout);
    return 0;
}

static int run(int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : NULL, *topic = argc > 2 ? argv[2] : NULL;

    if (!word) {
        sep_print_overview(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(word, "--version") == 0) {
        print_version();
        return 0;
    }
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0)
        return print_page(topic, sep_print_help, sep_print_overview);
    if (strcmp(word, "--man") == 0)
        return print_page(topic, sep_print_man, sep_print_man_overview);

    const sep_command *command = sep_find_command(word);
    return command ? run_command(command, argc - 1, argv + 1) : unknown_command(word);
}

int main(int argc, char **argv)
{
    return close_output(run(argc, argv));
}
