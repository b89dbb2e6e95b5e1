/* What every program with option tables has in common. */
#ifndef SEPTUM_CLI_PROGRAM_H
#define SEPTUM_CLI_PROGRAM_H

#include "base/json.h"
#include "cli/options.h"

enum { SEP_EXIT_FAILED = 1, SEP_EXIT_USAGE = 2, SEP_EXIT_INTERRUPTED = 130 };

/* The program's commands in alphabetical order, NULL at the end: each program defines it. */
extern const sep_command *const sep_commands[];

/* Reads the options of `command` (argv[0] is its name), prints its help when asked to, or runs it, and says on standard
 * error what failed. Returns the program's exit code. */
int sep_run_command(const sep_command *command, int argc, char **argv);

/* From here on SIGINT, SIGTERM and SIGHUP are requests to stop (sep_stop_request), for commands whose work saves and
 * leaves then. A SIGHUP that the program was started to ignore, as by nohup, stays ignored. */
void sep_stop_on_signals(void);

/* The last word of a program: writes out what standard output still holds. The exit code, which is one of failure if
 * that fails. */
int sep_close_output(int code);

/* printf to standard output of what may hold names of files or text from them: what would steer a terminal is replaced,
 * a line's end too, so that the second adds it. At most SEP_PRINT_BYTES of one call. */
enum { SEP_PRINT_BYTES = 16384 };
void sep_print(const char *format, ...) SEP_PRINTF(1, 2);
void sep_print_line(const char *format, ...) SEP_PRINTF(1, 2);

/* As text over several lines; `root` is freed. */
sep_status sep_print_json(json_t *root) SEP_MUST_CHECK;

/* NAME, version, kernels, libraries. */
void sep_print_version(const char *name);

#endif
