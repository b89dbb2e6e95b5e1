#include "support_command.h"
#include "support.h"
#include "support_scratch.h"

#include "septum/base.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

static char output[1 << 16];

void expect(int code, const char *text, const char *arguments)
{
    char *command = sep_format("cd '%s' && septum %s 2>&1 </dev/null", scratch_path("."), arguments);
    FILE *pipe = popen(command, "r");

    assert_non_null(pipe);
    output[fread(output, 1, sizeof output - 1, pipe)] = '\0';
    const int got = WEXITSTATUS(pclose(pipe));
    if (got != code || strstr(output, text) == NULL)
        fail_msg("septum %s: exit code %d instead of %d, or no '%s' in: %s", arguments, got, code, text, output);
    sep_free(command);
}

const char *printed(void)
{
    return output;
}

void assert_silent_about(const char *text)
{
    if (strstr(output, text) != NULL)
        fail_msg("'%s' is in: %s", text, output);
}

void hash_of_run(char hash[17])
{
    const char *at = strstr(output, "hash ");

    assert_non_null(at);
    memcpy(hash, at + 5, 16);
    hash[16] = '\0';
}
