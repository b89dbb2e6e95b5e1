/* The table as plain text and as Markdown. */
#include "study/table.h"

#include <string.h>

/* Characters as a terminal shows them, of UTF-8. */
static int width_of(const char *text)
{
    int width = 0;

    for (; *text != '\0'; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

static int wider(int width, const char *text)
{
    const int other = width_of(text);

    return other > width ? other : width;
}

static void pad(sep_text *text, const char *cell, int width)
{
    sep_text_format(text, "%s%*s", cell, width - width_of(cell), "");
}

static void end_line(sep_text *text)
{
    while (text->count > 0 && text->bytes[text->count - 1] == ' ')
        text->bytes[--text->count] = '\0';
    sep_text_add(text, "\n");
}

/* ---- plain text -------------------------------------------------------------------------------------------------- */

enum { GAP = 2 };

/* The widths of the columns: [0] that of the rows' names. The last column of a group makes room for its title. */
static void measure(const sep_sheet *sheet, int *width)
{
    width[0] = 0;
    for (int row = 0; row < sheet->rows; row++)
        width[0] = wider(width[0], sheet->row[row]);
    for (int group = 0; group < sheet->groups; group++) {
        int whole = 0;
        for (int i = 0; i < sheet->per_group; i++) {
            const int column = group * sheet->per_group + i;
            width[1 + column] = width_of(sheet->head[i]);
            for (int row = 0; row < sheet->rows; row++)
                width[1 + column] = wider(width[1 + column], sheet->cell[row][column]);
            whole += width[1 + column] + (i > 0 ? GAP : 0);
        }
        const int missing = width_of(sheet->group[group]) - whole;
        width[(group + 1) * sheet->per_group] += missing > 0 ? missing : 0;
    }
}

static void put_groups(const sep_sheet *sheet, const int *width, sep_text *text)
{
    pad(text, "", width[0]);
    for (int group = 0; group < sheet->groups; group++) {
        int whole = (sheet->per_group - 1) * GAP;
        for (int i = 0; i < sheet->per_group; i++)
            whole += width[1 + group * sheet->per_group + i];
        sep_text_format(text, "%*s", GAP, "");
        pad(text, sheet->group[group], whole);
    }
    end_line(text);
}

static void put_line(const sep_sheet *sheet, const int *width, const char *name, const char *const *cell,
                     sep_text *text)
{
    pad(text, name, width[0]);
    for (int column = 0; column < sheet->groups * sheet->per_group; column++) {
        sep_text_format(text, "%*s", GAP, "");
        pad(text, cell != NULL ? cell[column] : sheet->head[column % sheet->per_group], width[1 + column]);
    }
    end_line(text);
}

static void put_sheet(const sep_sheet *sheet, sep_text *text)
{
    int width[1 + SEP_MOST_COUNTS * SEP_MOST_IN_GROUP];

    measure(sheet, width);
    sep_text_format(text, "%s\n\n", sheet->title);
    put_groups(sheet, width, text);
    put_line(sheet, width, "", NULL, text);
    for (int row = 0; row < sheet->rows; row++)
        put_line(sheet, width, sheet->row[row], sheet->cell[row], text);
    sep_text_add(text, "\n");
}

/* A note in lines of 100 characters. */
static void put_note(const char *note, sep_text *text)
{
    int column = 0;

    while (*note != '\0') {
        const size_t length = strcspn(note, " ");
        if (column > 0 && column + 1 + (int)length > 100) {
            sep_text_add(text, "\n");
            column = 0;
        }
        sep_text_format(text, "%s%.*s", column > 0 ? " " : "", (int)length, note);
        column += (column > 0) + (int)length;
        note += length + (note[length] == ' ');
    }
    sep_text_add(text, "\n");
}

sep_status sep_table_text(const sep_table *table, int sheets, sep_text *text)
{
    sep_text_format(text, "%s\n\n", table->study->title);
    return sep_table_put(table, sheets, put_sheet, put_note, text);
}

/* ---- Markdown ---------------------------------------------------------------------------------------------------- */

static void put_escaped(sep_text *text, const char *cell)
{
    for (; *cell != '\0'; cell++)
        sep_text_format(text, "%s%c", strchr("|*_\\<", *cell) != NULL ? "\\" : "", *cell);
}

static void put_markdown_sheet(const sep_sheet *sheet, sep_text *text)
{
    const int columns = sheet->groups * sheet->per_group;

    sep_text_add(text, "## ");
    put_escaped(text, sheet->title);
    sep_text_add(text, "\n\n| |");
    for (int column = 0; column < columns; column++) {
        sep_text_format(text, " %s |", column % sheet->per_group == 0 ? sheet->group[column / sheet->per_group] : "");
    }
    sep_text_add(text, "\n|---|");
    for (int column = 0; column < columns; column++)
        sep_text_add(text, "---|");
    sep_text_add(text, "\n| |");
    for (int column = 0; column < columns; column++)
        sep_text_format(text, " %s |", sheet->head[column % sheet->per_group]);
    sep_text_add(text, "\n");
    for (int row = 0; row < sheet->rows; row++) {
        sep_text_add(text, "| ");
        put_escaped(text, sheet->row[row]);
        for (int column = 0; column < columns; column++) {
            sep_text_add(text, " | ");
            put_escaped(text, sheet->cell[row][column]);
        }
        sep_text_add(text, " |\n");
    }
    sep_text_add(text, "\n");
}

static void put_markdown_note(const char *note, sep_text *text)
{
    sep_text_add(text, "- ");
    put_escaped(text, note);
    sep_text_add(text, "\n");
}

sep_status sep_table_markdown(const sep_table *table, sep_text *text)
{
    sep_text_add(text, "# ");
    put_escaped(text, table->study->title);
    sep_text_add(text, "\n\n");
    return sep_table_put(table, sep_sheet_count(table), put_markdown_sheet, put_markdown_note, text);
}
