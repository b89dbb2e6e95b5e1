/* What the tables of a sub-command become: the text of --help and a manual page. */
#ifndef SEPTUM_CLI_HELP_H
#define SEPTUM_CLI_HELP_H

#include "cli/options.h"

#include <stdio.h>

/* `septum CMD --help` and `septum --help`, for a terminal of 80 columns. */
void sep_print_help(FILE *file, const sep_command *command);
void sep_print_overview(FILE *file);

/* septum-CMD.1 and septum.1 in the man macros of roff. */
void sep_print_man(FILE *file, const sep_command *command);
void sep_print_man_overview(FILE *file);

/* "--output FOLDER", with "-o, " before it (or blanks where `align` is set and there is no letter). Returns the number
 * of characters, like snprintf. */
int sep_option_usage(const sep_option *option, bool align, char *text, size_t size);

/* " (default: run)", or what else the table knows about the values; "" when there is nothing to add. */
void sep_option_remark(const sep_option *option, char *text, size_t size);

/* What `septum` is, in one line. */
extern const char sep_summary[];

#endif
