/* The command `septum`: finds the sub-command and hands it the rest of the command line. */
#include "cli/commands.h"
#include "cli/help.h"
#include "cli/program.h"
#include "cli/waiting.h"

#include <stdio.h>
#include <string.h>

const sep_command *const sep_commands[] = {
#define SEP_COMMAND(name) &sep_command_##name,
#include "commands.def"
#undef SEP_COMMAND
    NULL,
};

const sep_command *sep_find_command(const char *name)
{
    for (int i = 0; sep_commands[i]; i++)
        if (strcmp(sep_commands[i]->name, name) == 0)
            return sep_commands[i];
    return NULL;
}

static int unknown_command(const char *name)
{
    sep_fail(SEP_ERR_ARGUMENT, "unknown command '%s' (try 'septum --help')", name);
    fprintf(stderr, "septum: %s\n", sep_error_text());
    return SEP_EXIT_USAGE;
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
        return SEP_EXIT_USAGE;
    }
    if (strcmp(word, "--version") == 0) {
        sep_print_version("septum");
        return 0;
    }
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0)
        return print_page(topic, sep_print_help, sep_print_overview);
    if (strcmp(word, "--man") == 0)
        return print_page(topic, sep_print_man, sep_print_man_overview);

    const sep_command *command = sep_find_command(word);
    if (!command)
        return unknown_command(word);
    sep_wait_briefly(argv);
    return sep_run_command(command, argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
    return sep_close_output(run(argc, argv));
}
