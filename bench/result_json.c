/* Results as JSON, written and read back. */
#include "bench/result.h"

#include "base/clean_text.h"

#include <stdlib.h>
#include <string.h>

/* ---- writing ------------------------------------------------------------------------------------------------------
 */

static void put(json_t *object, const char *key, double value)
{
    json_object_set_new(object, key, json_real(value));
}

/* null where there is nothing to say. */
static void put_known(json_t *object, const char *key, double value)
{
    json_object_set_new(object, key, value > 0.0 ? json_real(value) : json_null());
}

static void put_text(json_t *object, const char *key, const char *text)
{
    json_object_set_new(object, key, text[0] ? json_string(text) : json_null());
}

static json_t *row_to_json(const bench_row *row)
{
    json_t *object = json_object();

    put_text(object, "op", row->op);
    put_text(object, "shape", row->shape);
    put_text(object, "pass", row->pass);
    put_text(object, "isa", row->isa);
    json_object_set_new(object, "threads", json_integer(row->threads));
    put(object, "median_ms", 1e3 * row->ours.median);
    put(object, "iqr_ms", 1e3 * (row->ours.high - row->ours.low));
    put(object, "q1_ms", 1e3 * row->ours.low);
    put(object, "q3_ms", 1e3 * row->ours.high);
    put(object, "fastest_ms", 1e3 * row->ours.fastest);
    json_object_set_new(object, "samples", json_integer(row->ours.samples));
    put_known(object, "gflops", row->gflops);
    put_known(object, "gbytes", row->gbytes);
    put_known(object, "flops_per_byte", row->intensity);
    put_known(object, "percent_of_peak", row->percent);
    put_text(object, "limit", row->limit);
    put_known(object, "peer_median_ms", 1e3 * row->peer.median);
    put_known(object, "peer_iqr_ms", 1e3 * (row->peer.high - row->peer.low));
    put_known(object, "peer_ratio", bench_row_ratio(row));
    put_known(object, "cpu_median_ms", 1e3 * row->cpu.median);
    put_known(object, "cpu_ratio", bench_row_cpu_ratio(row));
    put_text(object, "algorithm", row->algorithm);
    put_text(object, "check", row->check);
    put_text(object, "occurs", row->occurs);
    put_known(object, "images_per_second", row->images);
    put_known(object, "planned_mib", row->planned_mib);
    put_known(object, "peak_rss_mib", row->peak_mib);
    put_known(object, "points_per_second", row->points);
    if (row->profile)
        json_object_set(object, "profile", row->profile);
    return object;
}

static json_t *peak_to_json(const bench_peak *peak)
{
    json_t *object =
        json_pack("{s:s, s:i, s:f, s:f, s:f, s:f}", "isa", peak->isa, "threads", peak->threads, "gflops", peak->gflops,
                  "gflops_low", peak->gflops_low, "gflops_high", peak->gflops_high, "gflops_end", peak->gflops_end);
    json_t *bandwidth = json_array();

    for (int i = 0; i < BENCH_SIZES; i++)
        json_array_append_new(bandwidth, json_pack("{s:f, s:f}", "bytes", peak->bytes[i], "gbytes", peak->gbytes[i]));
    json_object_set_new(object, "bandwidth", bandwidth);
    return object;
}

json_t *bench_result_to_json(const bench_result *result)
{
    const bench_machine *m = &result->machine;
    json_t *peaks = json_array(), *rows = json_array();

    for (int i = 0; i < result->peaks; i++)
        json_array_append_new(peaks, peak_to_json(&result->peak[i]));
    for (int i = 0; i < result->rows; i++)
        json_array_append_new(rows, row_to_json(&result->row[i]));
    return json_pack("{s:s, s:{s:s, s:i, s:s, s:s, s:s, s:s}, s:o, s:o}", "septum", m->version, "machine", "processor",
                     m->processor, "processors", m->processors, "system", m->system, "compiler", m->compiler, "peer",
                     m->peer, "device", m->device, "peaks", peaks, "rows", rows);
}

sep_status bench_write_json(FILE *file, size_t flags, json_t *root)
{
    char *text;

    SEP_TRY(sep_json_dump(root, flags, &text));
    fprintf(file, "%s\n", text);
    sep_free(text);
    return SEP_OK;
}

sep_status bench_print_json(FILE *file, const bench_result *result)
{
    return bench_write_json(file, BENCH_JSON_SHOWN, bench_result_to_json(result));
}

/* ---- reading ------------------------------------------------------------------------------------------------------
 */

static double number(const json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key)); /* 0 for null and where it is missing */
}

static void text(const json_t *object, const char *key, char *to, size_t size)
{
    const char *value = json_string_value(json_object_get(object, key));

    snprintf(to, size, "%s", value ? value : "");
    sep_clean_text(to); /* a result to compare with may come from anywhere, and is printed */
}

#define TEXT(object, key, to) text(object, key, to, sizeof(to))

static bench_row row_from_json(const json_t *object)
{
    bench_row row = {.threads = (int)number(object, "threads"),
                     .gflops = number(object, "gflops"),
                     .gbytes = number(object, "gbytes"),
                     .intensity = number(object, "flops_per_byte"),
                     .percent = number(object, "percent_of_peak"),
                     .images = number(object, "images_per_second"),
                     .planned_mib = number(object, "planned_mib"),
                     .peak_mib = number(object, "peak_rss_mib"),
                     .points = number(object, "points_per_second"),
                     .profile = json_incref(json_object_get(object, "profile"))};

    TEXT(object, "op", row.op);
    TEXT(object, "shape", row.shape);
    TEXT(object, "pass", row.pass);
    TEXT(object, "isa", row.isa);
    TEXT(object, "limit", row.limit);
    TEXT(object, "algorithm", row.algorithm);
    TEXT(object, "check", row.check);
    TEXT(object, "occurs", row.occurs);
    row.ours = (bench_timing){.median = 1e-3 * number(object, "median_ms"),
                              .low = 1e-3 * number(object, "q1_ms"),
                              .high = 1e-3 * number(object, "q3_ms"),
                              .fastest = 1e-3 * number(object, "fastest_ms"),
                              .samples = (int)number(object, "samples")};
    row.peer.median = 1e-3 * number(object, "peer_median_ms");
    row.peer.high = 1e-3 * number(object, "peer_iqr_ms"); /* only the difference of the quartiles is kept */
    row.peer.samples = row.peer.median > 0.0 ? row.ours.samples : 0;
    row.cpu.median = 1e-3 * number(object, "cpu_median_ms");
    row.cpu.samples = row.cpu.median > 0.0 ? row.ours.samples : 0;
    return row;
}

static bench_peak peak_from_json(const json_t *object)
{
    const json_t *bandwidth = json_object_get(object, "bandwidth");
    bench_peak peak = {.threads = (int)number(object, "threads"),
                       .gflops = number(object, "gflops"),
                       .gflops_low = number(object, "gflops_low"),
                       .gflops_high = number(object, "gflops_high"),
                       .gflops_end = number(object, "gflops_end")};

    TEXT(object, "isa", peak.isa);
    for (size_t i = 0; i < BENCH_SIZES; i++) {
        peak.bytes[i] = number(json_array_get(bandwidth, i), "bytes");
        peak.gbytes[i] = number(json_array_get(bandwidth, i), "gbytes");
    }
    return peak;
}

static bool is_row(const json_t *object)
{
    static const char *const texts[] = {"op", "shape", "pass", "isa"};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (!json_is_string(json_object_get(object, texts[i])))
            return false;
    return json_is_integer(json_object_get(object, "threads")) && number(object, "median_ms") > 0.0;
}

sep_status bench_result_from_json(const json_t *root, const char *name, bench_result *result)
{
    const json_t *rows = json_object_get(root, "rows"), *machine = json_object_get(root, "machine"), *object;
    size_t i;

    if (!json_is_array(rows))
        return sep_fail(SEP_ERR_FORMAT, "%s: no \"rows\": this is no result of the benchmark", name);
    TEXT(root, "septum", result->machine.version);
    TEXT(machine, "processor", result->machine.processor);
    TEXT(machine, "system", result->machine.system);
    TEXT(machine, "compiler", result->machine.compiler);
    TEXT(machine, "peer", result->machine.peer);
    TEXT(machine, "device", result->machine.device);
    result->machine.processors = (int)number(machine, "processors");
    json_array_foreach(json_object_get(root, "peaks"), i, object)
    {
        bench_peak peak = peak_from_json(object);
        SEP_TRY(bench_result_add_peak(result, &peak));
    }
    json_array_foreach(rows, i, object)
    {
        if (!is_row(object))
            return sep_fail(SEP_ERR_FORMAT, "%s: row %zu lacks op, shape, pass, isa, threads or median_ms", name,
                            i + 1);
        bench_row row = row_from_json(object);
        SEP_TRY(bench_result_add_row(result, &row));
    }
    return SEP_OK;
}

sep_status bench_result_load(const char *path, bench_result *result)
{
    json_t *root;
    void *bytes;
    size_t count;

    SEP_TRY(sep_file_read(path, &bytes, &count));
    sep_status status = sep_json_load(bytes, count, 0, NULL, &root);
    sep_free(bytes);
    if (status != SEP_OK)
        return sep_fail_within(status, "%s", path);
    status = bench_result_from_json(root, path, result);
    json_decref(root);
    return status;
}
