/* The table for LaTeX: tables of booktabs, one a sheet, to \input where they are wanted. */
#include "study/table.h"

#include <string.h>

static void put_escaped(sep_text *text, const char *raw)
{
    static const struct {
        char byte;
        const char *latex;
    } escapes[] = {{'\\', "\\textbackslash{}"},
                   {'&', "\\&"},
                   {'%', "\\%"},
                   {'$', "\\$"},
                   {'#', "\\#"},
                   {'_', "\\_"},
                   {'{', "\\{"},
                   {'}', "\\}"},
                   {'~', "\\textasciitilde{}"},
                   {'^', "\\textasciicircum{}"},
                   {'<', "\\textless{}"},
                   {'>', "\\textgreater{}"},
                   {'|', "\\textbar{}"}};

    for (; *raw != '\0'; raw++) {
        const char *latex = NULL;
        for (size_t i = 0; i < sizeof escapes / sizeof *escapes; i++)
            if (*raw == escapes[i].byte)
                latex = escapes[i].latex;
        if (latex != NULL)
            sep_text_add(text, latex);
        else
            sep_text_bytes(text, raw, 1);
    }
}

/* " & a & b \\" */
static void put_cells(const sep_sheet *sheet, const char *const *cell, sep_text *text)
{
    for (int column = 0; column < sheet->groups * sheet->per_group; column++) {
        sep_text_add(text, " & ");
        put_escaped(text, cell != NULL ? cell[column] : sheet->head[column % sheet->per_group]);
    }
    sep_text_add(text, " \\\\\n");
}

static void put_groups(const sep_sheet *sheet, sep_text *text)
{
    for (int group = 0; group < sheet->groups; group++) {
        sep_text_format(text, " & \\multicolumn{%d}{c}{", sheet->per_group);
        put_escaped(text, sheet->group[group]);
        sep_text_add(text, "}");
    }
    sep_text_add(text, " \\\\\n");
    for (int group = 0; group < sheet->groups; group++)
        sep_text_format(text, "\\cmidrule(lr){%d-%d}", 2 + group * sheet->per_group,
                        1 + (group + 1) * sheet->per_group);
    sep_text_add(text, "\n");
}

static void put_sheet(const sep_sheet *sheet, sep_text *text)
{
    sep_text_add(text, "\\begin{table}\n\\centering\\small\n\\caption{");
    put_escaped(text, sheet->title);
    sep_text_add(text, "}\n\\begin{tabular}{l");
    for (int column = 0; column < sheet->groups * sheet->per_group; column++)
        sep_text_add(text, "l");
    sep_text_add(text, "}\n\\toprule\n");
    put_groups(sheet, text);
    put_cells(sheet, NULL, text);
    sep_text_add(text, "\\midrule\n");
    for (int row = 0; row < sheet->rows; row++) {
        sep_text_add(text, "{}"); /* "[" behind \\ would begin a length */
        put_escaped(text, sheet->row[row]);
        put_cells(sheet, sheet->cell[row], text);
    }
    sep_text_add(text, "\\bottomrule\n\\end{tabular}\n\\end{table}\n\n");
}

static void put_note(const char *note, sep_text *text)
{
    sep_text_add(text, "% ");
    sep_text_add(text, note);
    sep_text_add(text, "\n");
}

sep_status sep_table_latex(const sep_table *table, sep_text *text)
{
    sep_text_add(text, "% needs \\usepackage{booktabs}\n");
    return sep_table_put(table, sep_sheet_count(table), put_sheet, put_note, text);
}
