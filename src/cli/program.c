/* What every program with option tables has in common: reads the options, runs the command, reports what went wrong. */
#include "cli/program.h"

#include "base/clean_text.h"
#include "cli/help.h"
#include "config.h"

#include "septum/process.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *program = "septum"; /* in front of messages */
static bool help, quiet, verbose;
static double memory_limit;

const sep_option sep_common_options[] = {
    {"quiet", 'q', NULL, "print warnings only: no messages, no progress", .flag = &quiet},
    {"verbose", 'v', NULL, "print details too", .flag = &verbose},
    {"memory-limit", 0, "GIB", "refuse files that would take more memory; 0: three quarters of the machine's",
     .real = &memory_limit, .low = 0, .high = 1 << 20},
    {"help", 'h', NULL, "print this help", .flag = &help},
    {0},
};

static void print_log_line(void *context, sep_log_level level, const char *line)
{
    sep_log_level least = quiet ? SEP_LOG_WARNING : verbose ? SEP_LOG_DEBUG : SEP_LOG_INFO;

    (void)context;
    if (level >= least)
        fprintf(stderr, "%s: %s%s\n", program, level == SEP_LOG_WARNING ? "warning: " : "", line);
}

static void print_clean(const char *format, va_list arguments)
{
    char text[SEP_PRINT_BYTES];

    vsnprintf(text, sizeof text, format, arguments);
    sep_clean_text(text);
    fputs(text, stdout);
}

void sep_print(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    print_clean(format, arguments);
    va_end(arguments);
}

void sep_print_line(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    print_clean(format, arguments);
    va_end(arguments);
    putchar('\n');
}

void sep_print_version(const char *name)
{
    printf("%s %s for %s, %s\n", name, SEP_VERSION, SEP_TARGET, SEP_COMPILER);
    printf("kernels: %s\n", SEP_KERNELS);
    printf("with: %s\n", SEP_BUILT_WITH);
    printf("without: %s\n", SEP_BUILT_WITHOUT[0] ? SEP_BUILT_WITHOUT : "nothing");
}

/* What is still in the buffer of standard output may meet a full disk, and that is a failure like any other. */
int sep_close_output(int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    fprintf(stderr, "%s: can't write to standard output: %s\n", program, strerror(errno));
    return code ? code : SEP_EXIT_FAILED;
}

static void on_signal(int number)
{
    (void)number;
    sep_stop_request();
}

void sep_stop_on_signals(void)
{
    struct sigaction before, stop = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

    sigemptyset(&stop.sa_mask);
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGTERM, &stop, NULL);
    if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
        sigaction(SIGHUP, &stop, NULL);
}

static int report(const sep_command *command, sep_status status)
{
    char line[64];

    if (status == SEP_OK)
        return 0;
    if (sep_is_usage_error()) {
        sep_command_line(command, line, sizeof line);
        fprintf(stderr, "%s: %s (try '%s --help')\n", line, sep_error_text(), line);
        return SEP_EXIT_USAGE;
    }
    fprintf(stderr, "%s: %s\n", program, sep_error_text());
    return status == SEP_ERR_INTERRUPTED ? SEP_EXIT_INTERRUPTED : SEP_EXIT_FAILED;
}

int sep_run_command(const sep_command *command, int argc, char **argv)
{
    int count;
    char **operand;

    program = command->program ? command->program : "septum";
    if (sep_asks_for_help(argc, argv)) {
        sep_print_help(stdout, command);
        return 0;
    }
    sep_status status = sep_parse_options(command, argc, argv, &count, &operand);
    if (status == SEP_OK) {
        sep_log_set_sink(print_log_line, NULL);
        sep_memory_set_limit((uint64_t)(memory_limit * (1 << 30)));
        sep_progress_enable(!quiet);
        status = command->run(count, operand);
        fflush(stdout);
    }
    return report(command, status);
}

sep_status sep_print_json(json_t *root)
{
    char *text;

    SEP_TRY(sep_json_dump(root, JSON_INDENT(2) | JSON_REAL_PRECISION(9), &text));
    puts(text);
    sep_free(text);
    return SEP_OK;
}
