/* The sub-commands of `septum`.
 *
 * A sub-command is one file in this folder, say hello.c, that defines one constant:
 *
 *     #include "cli/commands.h"
 *     #include <stdio.h>
 *
 *     static const char *greeting = "hello";
 *
 *     static const sep_option options[] = {
 *         {"greeting", 'g', "WORD", "what to say", .string = &greeting},
 *         {0},
 *     };
 *
 *     static sep_status run(int count, char **operand)
 *     {
 *         for (int i = 0; i < count; i++)
 *             printf("%s, %s\n", greeting, operand[i]);
 *         return SEP_OK;
 *     }
 *
 *     const sep_command sep_command_hello = {
 *         .name = "hello",
 *         .operands = "NAME...",
 *         .operands_low = 1,
 *         .operands_high = -1,
 *         .summary = "greet everyone named",
 *         .description = "Prints one line for each NAME.",
 *         .examples = "septum hello -g welcome Ada Grace",
 *         .options = options,
 *         .run = run,
 *     };
 *
 * Nothing else is edited: the Makefile finds every line that starts with `const sep_command sep_command_NAME =` and
 * writes the list into build/commands.def, from which the table of main.c, the help and the man pages come.
 *
 * Results go to standard output; messages, warnings and progress to standard error. `run` returns the status of the
 * first call that failed: main prints "septum: TEXT" and leaves with 1 (2 for sep_usage_error, 130 when interrupted).
 */
#ifndef SEPTUM_CLI_COMMANDS_H
#define SEPTUM_CLI_COMMANDS_H

#include "cli/options.h"

#define SEP_COMMAND(name) extern const sep_command sep_command_##name;
#include "commands.def"
#undef SEP_COMMAND

/* The one of that name, or NULL. */
const sep_command *sep_find_command(const char *name);

#endif
