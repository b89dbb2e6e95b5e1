/* The page about a run whose evaluation.json is any bytes: written, or refused with a text. */
#include "input_file.h"
#include "septum/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char page[600];

    input_file("evaluation.json", data, size);
    const char *const run = input_folder;
    snprintf(page, sizeof page, "%s/report.html", input_folder);
    if (sep_report_write(&run, 1, page) == SEP_OK)
        remove(page);
    else if (sep_error_text()[0] == '\0')
        abort();
    return 0;
}
