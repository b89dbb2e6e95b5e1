/* What `septum verify` found, in JSON and in words. */
#include "septum/verify.h"

#include "base/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static json_t *hash_to_json(uint64_t hash)
{
    return json_sprintf("%016" PRIx64, hash);
}

static const char *verdict(bool equal)
{
    return equal ? "equal" : "differs";
}

static json_t *cases_to_json(const sep_verify_report *report, const sep_verify_hashes *hashes)
{
    json_t *cases = json_object();

    for (int i = 0; i < report->cases; i++)
        json_object_set_new(cases, report->name[i], hash_to_json(hashes->of_case[i]));
    return cases;
}

/* ---- tables ------------------------------------------------------------------------------------------------------ */

static json_t *device_to_json(const sep_verify_report *report, const sep_verify_device *d)
{
    return json_pack("{s:i, s:o, s:s, s:f, s:o}", "threads", d->threads, "hash", hash_to_json(d->computed.all),
                     "verdict", verdict(d->computed.all == report->published.all), "seconds", d->seconds, "cases",
                     cases_to_json(report, &d->computed));
}

/* A table's own hash is that of all its runs, or of the first that is not the published one. */
static uint64_t table_hash(const sep_verify_report *report, const char *table)
{
    for (int i = 0; i < report->devices; i++) {
        uint64_t hash = report->device[i].computed.all;
        if (strcmp(report->device[i].table, table) == 0 && hash != report->published.all)
            return hash;
    }
    return report->published.all;
}

static json_t *tables_to_json(const sep_verify_report *report)
{
    json_t *tables = json_object();

    for (int i = 0; i < report->devices; i++) {
        const sep_verify_device *d = &report->device[i];
        json_t *table = json_object_get(tables, d->table);
        if (table == NULL) {
            uint64_t hash = table_hash(report, d->table);
            table = json_pack("{s:o, s:s, s:[]}", "hash", hash_to_json(hash), "verdict",
                              verdict(hash == report->published.all), "runs");
            json_object_set_new(tables, d->table, table);
        }
        json_array_append_new(json_object_get(table, "runs"), device_to_json(report, d));
    }
    return tables;
}

/* ---- the first difference ---------------------------------------------------------------------------------------- */

static json_t *side_to_json(const sep_verify_device *d, uint32_t bits)
{
    return json_pack("{s:s, s:i, s:o}", "table", d->table, "threads", d->threads, "bits", json_sprintf("%08x", bits));
}

static json_t *difference_to_json(const sep_verify_report *report)
{
    const sep_difference *f = &report->difference;
    char shape[SEP_SHAPE_TEXT];

    if (!f->found)
        return json_null();
    return json_pack(
        "{s:s, s:i, s:I, s:s, s:s, s:i, s:I, s:[o, o], s:o, s:o}", "case", report->name[report->differing_case],
        "iteration", (int)f->iteration, "call", (json_int_t)f->call, "operation", f->operation, "shape",
        sep_shape_text(&f->shape, shape), "input", f->input, "element", (json_int_t)f->element, "bits",
        side_to_json(&report->device[report->differing_device], f->bits[0]),
        side_to_json(&report->device[report->other_device], f->bits[1]), "largest_loss_difference",
        report->measured ? json_real(report->loss_distance) : json_null(), "largest_probability_difference",
        report->measured ? json_real(report->probability_distance) : json_null());
}

char *sep_verify_json(const sep_verify_report *report)
{
    json_t *root =
        json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "verdict", verdict(report->equal), "hash",
                  hash_to_json(report->device[0].computed.all), "published", hash_to_json(report->published.all),
                  "published_cases", cases_to_json(report, &report->published), "tables", tables_to_json(report),
                  "first_difference", difference_to_json(report));
    char *text;

    return sep_json_dump(root, JSON_INDENT(2) | JSON_REAL_PRECISION(4), &text) == SEP_OK ? text : NULL;
}

static float as_float(uint32_t bits)
{
    float value;

    memcpy(&value, &bits, sizeof value);
    return value;
}

static char *describe_difference(const sep_verify_report *report)
{
    const sep_difference *f = &report->difference;
    const sep_verify_device *a = &report->device[report->differing_device], *b = &report->device[report->other_device];
    char shape[SEP_SHAPE_TEXT], place[32] = "output", distance[160] = "";

    if (f->input >= 0)
        snprintf(place, sizeof place, "updated input %d", f->input);
    if (report->measured)
        snprintf(distance, sizeof distance,
                 "; largest difference in that run: %.2g of a loss, %.2g of a probability after the last step",
                 report->loss_distance, report->probability_distance);
    return sep_format("first difference: %s, iteration %u, operation %" PRId64 ": %s, element %" PRId64
                      " of its %s (%s): %08x (%.9g) with %s, %d threads; %08x (%.9g) with %s, %d threads%s",
                      report->name[report->differing_case], f->iteration, f->call, f->operation, f->element, place,
                      sep_shape_text(&f->shape, shape), f->bits[0], (double)as_float(f->bits[0]), a->table, a->threads,
                      f->bits[1], (double)as_float(f->bits[1]), b->table, b->threads, distance);
}

char *sep_verify_difference(const sep_verify_report *report)
{
    if (report->equal)
        return sep_strdup("");
    if (report->difference.found)
        return describe_difference(report);
    const char *name = report->name[report->differing_case];
    if (report->other_device < 0)
        return sep_format("all kernels of this machine agree with each other in %s, but not with the published hash: "
                          "look at the compiler and its flags (septum --version)",
                          name);
    return sep_format("%s differed in one run and not in the next: look at the machine (memory, overclocking)", name);
}
