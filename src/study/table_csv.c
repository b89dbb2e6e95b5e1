/* The table for spreadsheets and programs: a line for each number with all that belongs to it. */
#include "study/table.h"

enum { DECIMALS = 4 };

static void put_number(sep_text *text, double value)
{
    sep_text_add(text, ",");
    if (value == value)
        sep_text_fixed(text, value, DECIMALS);
}

static void put_line(const sep_table *table, sep_kept kept, sep_measure measure, int class_index, int row, int count,
                     sep_text *text)
{
    static const char *const measures[SEP_MEASURES] = {"dice_percent", "hd95", "medpy_dice_percent",
                                                       "medpy_hd95_voxels"};
    const sep_table_cell *cell = sep_table_at(table, kept, measure, class_index, row, count);
    const sep_study *study = table->study;

    sep_text_format(text, "%s,%s%s,", sep_kept_name(kept), measures[measure],
                    measure != SEP_MEASURE_HD95 ? ""
                    : table->scores->mm         ? "_mm"
                                                : "_voxels");
    sep_text_csv(text, class_index == 0 ? "mean" : table->scores->class_names.item[class_index - 1]);
    sep_text_format(text, ",%s,", study->row[row].name);
    if (study->count[count] == SEP_ALL_CASES)
        sep_text_add(text, "all");
    else
        sep_text_format(text, "%d", study->count[count]);
    sep_text_format(text, ",%d", cell->seeds);
    const double numbers[] = {cell->mean,           cell->low, cell->high, cell->difference, cell->difference_low,
                              cell->difference_high};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        put_number(text, numbers[i]);
    sep_text_format(text, ",%d", cell->difference_seeds);
    put_number(text, cell->published);
    sep_text_add(text, "\n");
}

sep_status sep_table_csv(const sep_table *table, sep_text *text)
{
    sep_text_add(text, "checkpoint,measure,class,row,labelled_cases,seeds,mean,lowest_seed,highest_seed,difference,"
                       "difference_low,difference_high,difference_seeds,published\n");
    for (sep_kept kept = 0; kept < SEP_KEPT_KINDS; kept++)
        for (sep_measure measure = 0; measure < SEP_MEASURES; measure++)
            for (int k = 0; k <= table->scores->class_names.count; k++)
                for (int row = 0; row < table->study->rows; row++)
                    for (int count = 0; count < table->study->counts; count++)
                        if (table->scores->evaluated[kept] > 0)
                            put_line(table, kept, measure, k, row, count, text);
    return SEP_OK;
}
