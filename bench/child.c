/* A part of the work in a process of its own, which hands back its results as JSON through a pipe. */
#include "bench/job.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The child's whole life. What it has to say is a result, or {"error": TEXT}. */
static void live(bench_child *run, const void *context, int fd)
{
    bench_result result = {0};
    FILE *pipe = fdopen(fd, "w");
    int code = EXIT_FAILURE;

    if (pipe) {
        bench_machine_read(&result.machine);
        sep_status status = run(context, &result);
        json_t *root = status == SEP_OK ? bench_result_to_json(&result) : json_pack("{s:s}", "error", sep_error_text());
        code = bench_write_json(pipe, JSON_COMPACT, root) == SEP_OK && fclose(pipe) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    _exit(code);
}

static sep_status take_results(const char *text, size_t length, bench_result *result)
{
    json_t *root;

    SEP_TRY(sep_json_load(text, length, 0, NULL, &root));
    const char *error = json_string_value(json_object_get(root, "error"));
    sep_status status = error ? sep_fail(SEP_ERR_UNSUPPORTED, "%s", error)
                              : bench_result_from_json(root, "the measuring process", result);
    json_decref(root);
    return status;
}

static sep_status listen(int fd, pid_t child, bench_result *result)
{
    FILE *pipe = fdopen(fd, "r");
    int state = 0;
    char *text = NULL;
    size_t room = 0;
    ssize_t length = pipe ? getdelim(&text, &room, '\0', pipe) : -1;

    if (pipe)
        fclose(pipe);
    while (waitpid(child, &state, 0) < 0 && errno == EINTR)
        continue;
    sep_status status = length > 0 && WIFEXITED(state) && WEXITSTATUS(state) == EXIT_SUCCESS
                            ? take_results(text, (size_t)length, result)
                            : sep_fail(SEP_ERR_UNSUPPORTED, "the measuring process broke off");
    free(text);
    return status;
}

sep_status bench_in_child(bench_child *run, const void *context, bench_result *result)
{
    int ends[2];

    fflush(NULL);
    if (pipe(ends) != 0)
        return sep_fail(SEP_ERR_IO, "can't make a pipe: %s", strerror(errno));
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        live(run, context, ends[1]);
    }
    close(ends[1]);
    if (child < 0) {
        close(ends[0]);
        return sep_fail(SEP_ERR_IO, "can't start a process: %s", strerror(errno));
    }
    return listen(ends[0], child, result);
}
