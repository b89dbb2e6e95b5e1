/* Plots: well-formed pictures whatever the data, and ticks that people would have chosen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/plot_axis.h"
#include "septum/report.h"
#include "support_markup.h"

#include <math.h>
#include <string.h>

enum { POINTS = 8 };

static char *draw(const sep_plot *plot)
{
    char *svg = sep_plot_svg(plot, true);
    assert_non_null(svg);
    support_assert_well_formed(svg);
    assert_null(strstr(svg, "nan"));
    assert_null(strstr(svg, "inf"));
    return svg;
}

static char *draw_values(const double *y, bool log_y)
{
    static const double x[POINTS] = {1, 2, 3, 4, 5, 6, 7, 8};
    sep_plot_series series = {.name = "a", .style = SEP_PLOT_LINE_POINTS, .count = POINTS, .x = x, .y = y};
    return draw(&(sep_plot){.title = "t", .log_y = log_y, .count = 1, .series = &series});
}

static void lines_break_where_there_is_no_number(void **state)
{
    (void)state;
    const double y[POINTS] = {1, 2, NAN, 3, 4, INFINITY, 5, 1e200};
    char *svg = draw_values(y, false);
    const char *line = strstr(svg, "class=\"line c0\" d=\"M");
    assert_non_null(line);
    const char *end = strstr(line, "/>");
    int pieces = 0;
    for (const char *at = line; at < end; at++)
        pieces += *at == 'M';
    assert_int_equal(pieces, 3);
    assert_int_equal(support_occurrences(svg, "<circle"), 5 + 1); /* one in the legend */
    sep_free(svg);
}

static void a_log_axis_leaves_out_what_is_not_positive(void **state)
{
    (void)state;
    const double y[POINTS] = {1, 0, -3, 10, 100, 1000, 1e4, 1e5};
    char *svg = draw_values(y, true);
    assert_int_equal(support_occurrences(svg, "<circle"), 6 + 1);
    sep_free(svg);
}

static void points_have_colours_and_hints_of_their_own(void **state)
{
    (void)state;
    const double x[2] = {1, 2}, y[2] = {3, 4};
    const char *const hint[2] = {"a < b", NULL};
    const uint8_t rgb[3] = {213, 94, 0};
    const sep_plot_series series = {
        .name = "s", .style = SEP_PLOT_POINTS, .rgb = rgb, .count = 2, .x = x, .y = y, .hint = hint};
    char *svg = draw(&(sep_plot){.count = 1, .series = &series});
    assert_int_equal(support_occurrences(svg, "style=\"color:#d55e00\""), 2 + 1); /* and the legend */
    assert_int_equal(support_occurrences(svg, "<title>a &lt; b</title>"), 1);
    assert_int_equal(support_occurrences(svg, "<title>"), 1);
    sep_free(svg);
}

static void data_of_every_kind_gives_a_picture(void **state)
{
    (void)state;
    const double rows[][POINTS] = {
        {0, 0, 0, 0, 0, 0, 0, 0},
        {7, 7, 7, 7, 7, 7, 7, 7},
        {NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN},
        {-1e99, 1e99, 0, 1, 2, 3, 4, 5},
        {1e-99, 2e-99, 3e-99, 1e-99, 1e-99, 1e-99, 1e-99, 1e-98},
        {1e15, 1e15 + 1, 1e15 + 2, 1e15, 1e15, 1e15, 1e15, 1e15},
        {-1e-310, 1e-310, 0, 0, 0, 0, 0, 0},
        {1e-90, 1e90, 1, 2, 3, 4, 5, 6},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        for (int log_y = 0; log_y < 2; log_y++)
            sep_free(draw_values(rows[i], log_y));
    char *empty = draw(&(sep_plot){.title = "nothing"});
    assert_non_null(strstr(empty, "nothing to show"));
    sep_free(empty);
}

static void text_is_escaped(void **state)
{
    (void)state;
    const double x[] = {1, 2}, y[] = {3, 4};
    sep_plot_series series = {.name = "a<b & \"c\"", .count = 2, .x = x, .y = y, .colour = 11};
    sep_plot plot = {.title = "</svg><script>", .x_label = "<x>", .y_label = "&y;", .count = 1, .series = &series};
    char *svg = draw(&plot);
    assert_null(strstr(svg, "<script>"));
    assert_non_null(strstr(svg, "a&lt;b &amp; &quot;c&quot;"));
    assert_non_null(strstr(svg, "c3 dashed"));
    sep_free(svg);
}

static void a_band_lies_behind_its_line(void **state)
{
    (void)state;
    const double x[] = {1, 2, 3}, y[] = {3, 4, NAN}, low[] = {2, 3, 4}, high[] = {4, 9, 6};
    sep_plot_series series = {.count = 3, .x = x, .y = y, .low = low, .high = high};
    sep_plot plot = {.count = 1, .series = &series};
    char *svg = draw(&plot);
    assert_true(strstr(svg, "class=\"band c0\"") < strstr(svg, "class=\"line c0\""));
    assert_non_null(strstr(svg, "Z\"/>"));
    sep_free(svg);
}

/* ---- ticks ------------------------------------------------------------------------------------------------------- */

/* The labels of all ticks, parted by blanks. */
static void assert_ticks(bool log, double low, double high, const char *expected)
{
    sep_axis axis = {.log = log};
    sep_text text = {0};
    sep_axis_fit(&axis, low, high, true, 5);
    for (int i = 0; i < axis.ticks; i++) {
        sep_text_add(&text, i ? " " : "");
        sep_axis_label(&axis, axis.tick[i], &text);
    }
    char *labels = sep_text_take(&text);
    assert_string_equal(labels, expected);
    sep_free(labels);
}

static void ticks_are_round(void **state)
{
    (void)state;
    assert_ticks(false, 0.31, 0.88, "0.2 0.4 0.6 0.8 1");
    assert_ticks(false, -3, 12, "-5 0 5 10 15");
    assert_ticks(false, 0, 30000,
                 "0 10\xe2\x80\x89"
                 "000 20\xe2\x80\x89"
                 "000 30\xe2\x80\x89"
                 "000");
    assert_ticks(false, 0, 5e-4, "0 10⁻⁴ 2·10⁻⁴ 3·10⁻⁴ 4·10⁻⁴ 5·10⁻⁴");
    assert_ticks(false, 0, 0, "0 0.2 0.4 0.6 0.8 1");
    assert_ticks(false, 4, 4, "3.6 3.8 4 4.2 4.4");
    assert_ticks(true, 0.03, 2.5, "0.02 0.05 0.1 0.2 0.5 1 2 5");
    assert_ticks(true, 1e-5, 1e3, "10⁻⁵ 10⁻⁴ 0.001 0.01 0.1 1 10 100 1000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_break_where_there_is_no_number),
        cmocka_unit_test(a_log_axis_leaves_out_what_is_not_positive),
        cmocka_unit_test(points_have_colours_and_hints_of_their_own),
        cmocka_unit_test(data_of_every_kind_gives_a_picture),
        cmocka_unit_test(text_is_escaped),
        cmocka_unit_test(a_band_lies_behind_its_line),
        cmocka_unit_test(ticks_are_round),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
