/* The page about a run whose overlays/index.json, or else config.ini, is any bytes: written, or refused with a text; no
 * mark of the page comes from what a file says. */
#include "input_file.h"
#include "septum/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A grey pixel. */
static const uint8_t picture[] = {0x89, 'P',  'N',  'G',  '\r', '\n', 0x1a, '\n', 0,    0,    0,    13,   'I',  'H',
                                  'D',  'R',  0,    0,    0,    1,    0,    0,    0,    1,    8,    0,    0,    0,
                                  0,    0x3a, 0x7e, 0x9b, 0x55, 0,    0,    0,    10,   'I',  'D',  'A',  'T',  0x78,
                                  0x9c, 0x63, 0x68, 0,    0,    0,    0x82, 0,    0x81, 0xdd, 0x43, 0x6a, 0xf4, 0,
                                  0,    0,    0,    'I',  'E',  'N',  'D',  0xae, 0x42, 0x60, 0x82};

static void expect(bool holds)
{
    if (!holds)
        abort();
}

/* Ends the program where the page has elements that no page of a run has. */
static void check_page(const char *path)
{
    static const char *const foreign[] = {"<script", "<iframe", "<object", "<a ", "<link"};
    void *bytes;
    size_t count;

    expect(sep_file_read(path, &bytes, &count) == SEP_OK);
    expect(memchr(bytes, '\0', count) == NULL);
    char *text = sep_format("%.*s", (int)count, (const char *)bytes);
    expect(text != NULL);
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        expect(strstr(text, foreign[i]) == NULL);
    sep_free(text);
    sep_free(bytes);
}

static void write_page(void)
{
    const char *const run = input_folder;
    char page[600];

    snprintf(page, sizeof page, "%s/report.html", input_folder);
    if (sep_report_write(&run, 1, page) == SEP_OK) {
        check_page(page);
        remove(page);
    } else {
        expect(sep_error_text()[0] != '\0');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const bool settings = size > 0 && data[0] != '[' && data[0] != '{';

    input_file("overlays/best.png", picture, sizeof picture);
    input_file("overlays/index.json", data, settings ? 0 : size);
    input_file("config.ini", data, settings ? size : 0);
    write_page();
    return 0;
}
