/* List files: whatever the bytes, either an error or trimmed, non-empty lines without controls. */
#include "septum/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_line(const char *line)
{
    size_t length = strlen(line);

    if (length == 0 || line[0] == '#' || line[0] == ' ' || line[length - 1] == ' ' || strchr(line, '\n'))
        abort();
}

static void write_input(const char *path, const uint8_t *data, size_t size)
{
    FILE *file = fopen(path, "wb");

    if (!file || fwrite(data, 1, size, file) != size || fclose(file) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *folder = getenv("TMPDIR");
    char *path = sep_format("%s/septum-fuzz-lines.%ld", folder && folder[0] ? folder : "/tmp", (long)getpid());
    sep_strings lines = {0};

    if (!path)
        abort();
    write_input(path, data, size);
    sep_status status = sep_read_lines(path, &lines);
    if (status != SEP_OK && sep_error_text()[0] == '\0')
        abort();
    for (int i = 0; i < lines.count; i++)
        check_line(lines.item[i]);
    sep_strings_free(&lines);
    remove(path);
    sep_free(path);
    return 0;
}
