/* The safetensors format: round trip, conversions, and each kind of damage. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "septum/safetensors.h"
#include "support_scratch.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void assert_error_has(const char *part)
{
    if (!strstr(sep_error_text(), part))
        fail_msg("'%s' is not in '%s'", part, sep_error_text());
}

/* A file of this header and `data_size` bytes 0, 1, 2, ...; returns its size. */
static size_t make_file(unsigned char *bytes, const char *header, size_t data_size)
{
    uint64_t length = strlen(header);

    memcpy(bytes, &length, sizeof length);
    memcpy(bytes + sizeof length, header, (size_t)length);
    for (size_t i = 0; i < data_size; i++)
        bytes[sizeof length + length + i] = (unsigned char)i;
    return sizeof length + (size_t)length + data_size;
}

/* ---- round trip -------------------------------------------------------------------------------------------------- */

static const float weights[6] = {0.5f, -1.25f, 3e-30f, 0, 1e30f, -0.0f};
static const int64_t steps[1] = {12345678901};
static const uint8_t flags[3] = {1, 0, 255};
static const int32_t classes[2] = {-7, 3};

static sep_safetensors_writer *make_writer(void)
{
    sep_safetensors_writer *writer = sep_safetensors_writer_create();
    sep_shape scalar = {0};

    assert_non_null(writer);
    assert_int_equal(sep_safetensors_add(writer, "flags", SEP_STORED_U8, &SEP_SHAPE(3), flags), SEP_OK);
    assert_int_equal(sep_safetensors_add(writer, "conv.weight", SEP_STORED_F32, &SEP_SHAPE(2, 3), weights), SEP_OK);
    assert_int_equal(sep_safetensors_add(writer, "step", SEP_STORED_I64, &scalar, steps), SEP_OK);
    assert_int_equal(sep_safetensors_add(writer, "classes", SEP_STORED_I32, &SEP_SHAPE(2), classes), SEP_OK);
    assert_int_equal(sep_safetensors_add_note(writer, "config", "[train]\nname = \"\xc3\xa4\"\n"), SEP_OK);
    assert_int_equal(sep_safetensors_add_note(writer, "empty", ""), SEP_OK);
    return writer;
}

static void test_round_trip(void **state)
{
    const char *path = scratch_path("round.safetensors");
    sep_safetensors_writer *writer = make_writer();
    sep_safetensors *file;
    float read_weights[6];
    int32_t read_classes[2], read_flags[3];

    (void)state;
    assert_int_equal(sep_safetensors_write(writer, path), SEP_OK);
    sep_safetensors_writer_destroy(writer);

    assert_int_equal(sep_safetensors_open(path, &file), SEP_OK);
    assert_int_equal(sep_safetensors_read_f32(file, "conv.weight", &SEP_SHAPE(2, 3), read_weights), SEP_OK);
    assert_memory_equal(read_weights, weights, sizeof weights);
    assert_int_equal(sep_safetensors_read_i32(file, "classes", &SEP_SHAPE(2), read_classes), SEP_OK);
    assert_memory_equal(read_classes, classes, sizeof classes);
    assert_int_equal(sep_safetensors_read_i32(file, "flags", &SEP_SHAPE(3), read_flags), SEP_OK);
    assert_int_equal(read_flags[2], 255);

    const sep_stored_tensor *step = sep_safetensors_find(file, "step");
    assert_non_null(step);
    assert_int_equal(step->rank, 0);
    assert_int_equal(step->count, 1);
    assert_memory_equal(step->data, steps, sizeof steps);
    sep_safetensors_close(file);
}

static void test_listing(void **state)
{
    static const char *const by_width[] = {"step", "conv.weight", "classes", "flags"};
    const char *path = scratch_path("listing.safetensors"), *key, *value;
    sep_safetensors_writer *writer = make_writer();
    sep_safetensors *file;

    (void)state;
    assert_int_equal(sep_safetensors_write(writer, path), SEP_OK);
    sep_safetensors_writer_destroy(writer);
    assert_int_equal(sep_safetensors_open(path, &file), SEP_OK);
    assert_int_equal(sep_safetensors_count(file), 4);
    for (int i = 0; i < 4; i++) {
        const sep_stored_tensor *tensor = sep_safetensors_at(file, i);
        assert_string_equal(tensor->name, by_width[i]);
        assert_int_equal((uintptr_t)tensor->data % sep_stored_type_size(tensor->type), 0);
    }
    assert_int_equal(sep_safetensors_note_count(file), 2);
    sep_safetensors_note_at(file, 1, &key, &value);
    assert_string_equal(key, "empty");
    assert_string_equal(value, "");
    assert_string_equal(sep_safetensors_note(file, "config"), "[train]\nname = \"\xc3\xa4\"\n");
    assert_null(sep_safetensors_note(file, "absent"));
    sep_safetensors_close(file);
    sep_safetensors_close(NULL);
}

static void test_same_content_same_bytes(void **state)
{
    void *first, *second;
    size_t first_count, second_count;

    (void)state;
    for (int i = 0; i < 2; i++) {
        sep_safetensors_writer *writer = make_writer();
        assert_int_equal(sep_safetensors_write(writer, scratch_path(i ? "b" : "a")), SEP_OK);
        sep_safetensors_writer_destroy(writer);
    }
    assert_int_equal(sep_file_read(scratch_path("a"), &first, &first_count), SEP_OK);
    assert_int_equal(sep_file_read(scratch_path("b"), &second, &second_count), SEP_OK);
    assert_int_equal(first_count, second_count);
    assert_memory_equal(first, second, first_count);
    sep_free(first);
    sep_free(second);
}

static void test_nothing_at_all(void **state)
{
    sep_safetensors_writer *writer = sep_safetensors_writer_create();
    sep_safetensors *file;

    (void)state;
    assert_int_equal(sep_safetensors_write(writer, scratch_path("nothing")), SEP_OK);
    sep_safetensors_writer_destroy(writer);
    sep_safetensors_writer_destroy(NULL);
    assert_int_equal(sep_safetensors_open(scratch_path("nothing"), &file), SEP_OK);
    assert_int_equal(sep_safetensors_count(file), 0);
    assert_int_equal(sep_safetensors_note_count(file), 0);
    assert_null(sep_safetensors_find(file, "x"));
    sep_safetensors_close(file);
}

static void test_writer_refuses(void **state)
{
    sep_safetensors_writer *writer = make_writer();

    (void)state;
    assert_int_equal(sep_safetensors_add(writer, "flags", SEP_STORED_U8, &SEP_SHAPE(3), flags), SEP_ERR_ARGUMENT);
    assert_error_has("two tensors are named 'flags'");
    assert_int_equal(sep_safetensors_add(writer, "__metadata__", SEP_STORED_U8, &SEP_SHAPE(3), flags),
                     SEP_ERR_ARGUMENT);
    assert_int_equal(sep_safetensors_add(writer, "bad\xff", SEP_STORED_U8, &SEP_SHAPE(3), flags), SEP_ERR_ARGUMENT);
    assert_int_equal(sep_safetensors_add(writer, "none", SEP_STORED_U8, &SEP_SHAPE(3, 0), flags), SEP_ERR_SHAPE);
    assert_int_equal(sep_safetensors_add_note(writer, "config", "again"), SEP_ERR_ARGUMENT);
    assert_int_equal(sep_safetensors_add_note(writer, "bad", "\xff"), SEP_ERR_ARGUMENT);
    assert_int_equal(sep_safetensors_write(writer, scratch_path("no/such/folder")), SEP_ERR_IO);
    assert_error_has("no/such/folder");
    sep_safetensors_writer_destroy(writer);
}

/* ---- conversions ------------------------------------------------------------------------------------------------- */

/* Stored elements, two bytes each, at an odd address, and what they are as float. */
typedef struct half_case {
    uint16_t stored;
    float value;
} half_case;

static const half_case half_cases[] = {
    {0x0000, 0.0f},        {0x3c00, 1.0f},     {0xc000, -2.0f},       {0x7bff, 65504.0f}, {0x0001, 0x1p-24f},
    {0x83ff, -0x3ffp-24f}, {0x0400, 0x1p-14f}, {0x3555, 0x1.554p-2f}, {0x7c00, INFINITY}, {0xfc00, -INFINITY},
};
static const half_case brain_cases[] = {
    {0x0000, 0.0f}, {0x3f80, 1.0f}, {0xc000, -2.0f}, {0x3eab, 0x1.56p-2f}, {0x7f80, INFINITY}, {0x0001, 0x1p-133f},
};

static void check_halves(const char *dtype, const half_case *cases, size_t count)
{
    unsigned char bytes[400];
    char header[200];
    float values[16];
    sep_safetensors *file;

    snprintf(header, sizeof header, "{\"x\":{\"dtype\":\"%s\",\"shape\":[%zu],\"data_offsets\":[0,%zu]}}", dtype, count,
             2 * count);
    size_t size = make_file(bytes, header, 2 * count);
    for (size_t i = 0; i < count; i++)
        memcpy(bytes + size - 2 * count + 2 * i, &cases[i].stored, 2);
    assert_int_equal(sep_safetensors_parse("f", bytes, size, &file), SEP_OK);
    assert_int_equal(sep_safetensors_read_f32(file, "x", &SEP_SHAPE((int)count), values), SEP_OK);
    for (size_t i = 0; i < count; i++)
        assert_memory_equal(&values[i], &cases[i].value, sizeof(float));
    sep_safetensors_close(file);
}

static void test_narrow_floats(void **state)
{
    (void)state;
    check_halves("F16", half_cases, sizeof half_cases / sizeof *half_cases);
    check_halves("BF16", brain_cases, sizeof brain_cases / sizeof *brain_cases);
}

static void test_nan_stays(void **state)
{
    unsigned char bytes[200];
    size_t size = make_file(bytes, "{\"x\":{\"dtype\":\"F16\",\"shape\":[1],\"data_offsets\":[0,2]}}", 2);
    sep_safetensors *file;
    float value;

    (void)state;
    bytes[size - 1] = 0x7e;
    assert_int_equal(sep_safetensors_parse("f", bytes, size, &file), SEP_OK);
    assert_int_equal(sep_safetensors_read_f32(file, "x", &SEP_SHAPE(1), &value), SEP_OK);
    assert_true(isnan(value));
    sep_safetensors_close(file);
}

/* Every integer type with the bytes 0, 1, 2, ... behind one odd byte, so that nothing lies aligned. */
static void test_integers_at_odd_places(void **state)
{
    static const char header[] = "{\"a\":{\"dtype\":\"I8\",\"shape\":[1],\"data_offsets\":[0,1]},"
                                 "\"b\":{\"dtype\":\"I16\",\"shape\":[1],\"data_offsets\":[1,3]},"
                                 "\"c\":{\"dtype\":\"I32\",\"shape\":[1],\"data_offsets\":[3,7]},"
                                 "\"d\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[7,15]},"
                                 "\"e\":{\"dtype\":\"BOOL\",\"shape\":[1],\"data_offsets\":[15,16]},"
                                 "\"f\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[16,24]},"
                                 "\"g\":{\"dtype\":\"F32\",\"shape\":[0,2],\"data_offsets\":[16,16]}}";
    unsigned char bytes[1000];
    size_t size = make_file(bytes, header, 24);
    const double number = -0.1;
    sep_safetensors *file;
    int32_t value;
    float real;

    (void)state;
    memcpy(bytes + size - 8, &number, sizeof number);
    assert_int_equal(sep_safetensors_parse("f", bytes, size, &file), SEP_OK);
    assert_int_equal(sep_safetensors_read_i32(file, "a", &SEP_SHAPE(1), &value), SEP_OK);
    assert_int_equal(value, 0);
    assert_int_equal(sep_safetensors_read_i32(file, "b", &SEP_SHAPE(1), &value), SEP_OK);
    assert_int_equal(value, 0x0201);
    assert_int_equal(sep_safetensors_read_i32(file, "c", &SEP_SHAPE(1), &value), SEP_OK);
    assert_int_equal(value, 0x06050403);
    assert_int_equal(sep_safetensors_read_i32(file, "d", &SEP_SHAPE(1), &value), SEP_ERR_FORMAT);
    assert_error_has("tensor 'd': element 0 is");
    assert_int_equal(sep_safetensors_read_i32(file, "e", &SEP_SHAPE(1), &value), SEP_OK);
    assert_int_equal(value, 15);
    assert_int_equal(sep_safetensors_read_f32(file, "f", &SEP_SHAPE(1), &real), SEP_OK);
    assert_true(real >= -0.1f && real <= -0.1f);
    assert_int_equal(sep_safetensors_find(file, "g")->count, 0);
    sep_safetensors_close(file);
}

static void test_wide_integers_in_range(void **state)
{
    unsigned char bytes[200];
    size_t size = make_file(bytes, "{\"x\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[0,8]}}", 8);
    sep_safetensors *file;
    int32_t value;

    (void)state;
    memcpy(bytes + size - 8, &(int64_t){INT32_MIN}, 8);
    assert_int_equal(sep_safetensors_parse("f", bytes, size, &file), SEP_OK);
    assert_int_equal(sep_safetensors_read_i32(file, "x", &SEP_SHAPE(1), &value), SEP_OK);
    assert_int_equal(value, INT32_MIN);
    sep_safetensors_close(file);
}

/* ---- use of what is not there ------------------------------------------------------------------------------------ */

static sep_status half_a_source(void *context, size_t offset, size_t count, void *bytes)
{
    (void)offset;
    memset(bytes, 7, count);
    return *(bool *)context ? SEP_OK : sep_fail(SEP_ERR_DEVICE, "lost");
}

/* A tensor that is not all there when the file is written leaves the file before. */
static void test_source_that_fails(void **state)
{
    const char *path = scratch_path("source.safetensors");
    sep_safetensors_writer *writer = sep_safetensors_writer_create();
    bool whole = true;
    sep_safetensors *file;

    (void)state;
    assert_int_equal(sep_safetensors_add_source(writer, "t", SEP_STORED_U8, &SEP_SHAPE(5 << 20), half_a_source, &whole),
                     SEP_OK);
    assert_int_equal(sep_safetensors_write(writer, path), SEP_OK);
    whole = false;
    assert_int_equal(sep_safetensors_write(writer, path), SEP_ERR_DEVICE);
    assert_int_equal(sep_safetensors_open(path, &file), SEP_OK);
    const sep_stored_tensor *t = sep_safetensors_find(file, "t");
    assert_int_equal(t->count, 5 << 20);
    assert_int_equal(((const uint8_t *)t->data)[(5 << 20) - 1], 7);
    sep_safetensors_close(file);
    sep_safetensors_writer_destroy(writer);
}

static void test_wrong_use(void **state)
{
    static const char header[] = "{\"x\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]},"
                                 "\"deep\":{\"dtype\":\"U8\",\"shape\":[1,1,1,1,1,2],\"data_offsets\":[24,26]}}";
    unsigned char bytes[400];
    size_t size = make_file(bytes, header, 26);
    sep_safetensors *file;
    float values[6];
    int32_t wholes[6];

    (void)state;
    assert_int_equal(sep_safetensors_parse("net.safetensors", bytes, size, &file), SEP_OK);
    assert_int_equal(sep_safetensors_read_f32(file, "y", &SEP_SHAPE(2, 3), values), SEP_ERR_FORMAT);
    assert_string_equal(sep_error_text(), "net.safetensors: there is no tensor 'y'");
    assert_int_equal(sep_safetensors_read_f32(file, "x", &SEP_SHAPE(3, 2), values), SEP_ERR_SHAPE);
    assert_error_has("net.safetensors: tensor 'x' is 2x3, 3x2 was expected");
    assert_int_equal(sep_safetensors_read_i32(file, "x", &SEP_SHAPE(2, 3), wholes), SEP_ERR_FORMAT);
    assert_error_has("net.safetensors: tensor 'x' is of dtype F32, whole numbers were expected");
    assert_int_equal(sep_safetensors_find(file, "deep")->rank, 6);
    assert_int_equal(sep_safetensors_read_i32(file, "deep", &SEP_SHAPE(2), wholes), SEP_ERR_UNSUPPORTED);
    assert_error_has("tensor 'deep' has 6 axes");
    sep_safetensors_close(file);
}

/* ---- damage ------------------------------------------------------------------------------------------------------ */

typedef struct damage {
    const char *header;
    size_t data_size;
    const char *error;
} damage;

#define ENTRY(dtype, shape, begin, end) "{\"dtype\":" dtype ",\"shape\":" shape ",\"data_offsets\":[" begin "," end "]}"
#define ONE(dtype, shape, begin, end)   "{\"x\":" ENTRY(dtype, shape, begin, end) "}"
#define F32                             "\"F32\""

static const damage damages[] = {
    {"{\"x\":", 0, "the header is not JSON"},
    {"[1,2]", 0, "the header is not a JSON object"},
    {"{} {}", 0, "the header is not JSON"},
    {"{\"x\":1}", 0, "tensor 'x': its entry in the header is not an object"},
    {"{\"x\":{}}", 0, "tensor 'x': the header has no dtype"},
    {"{\"x\":{\"dtype\":\"F32\"}}", 0, "tensor 'x': the header has no shape"},
    {"{\"x\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, "no pair of whole numbers as data_offsets"},
    {"{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4,8]}}", 4, "no pair of whole numbers"},
    {"{\"x\":1,\"x\":2}", 0, "duplicate object key"},
    {"{\"a\\nb\":1}", 0, "tensor 'a?b'"},
    {ONE("7", "[1]", "0", "4"), 4, "the header has no dtype"},
    {ONE("\"F8_E5M2\"", "[1]", "0", "1"), 1, "tensor 'x': its dtype 'F8_E5M2' is unknown"},
    {ONE(F32, "[1.5]", "0", "4"), 4, "axis 0 of its shape"},
    {ONE(F32, "[1,-1]", "0", "4"), 4, "axis 1 of its shape"},
    {ONE(F32, "[4294967297]", "0", "4"), 4, "axis 0 of its shape"},
    {ONE(F32, "[99999999999999999999]", "0", "4"), 4, "the header is not JSON"},
    {ONE(F32, "[2147483647,2147483647,2147483647]", "0", "4"), 4, "more elements than any file"},
    {ONE(F32,
         "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,"
         "1,1,1,1,1,1,1,1,1,1,1,1,1]",
         "0", "4"),
     4, "66 axes"},
    {ONE(F32, "[2]", "0", "8"), 7, "data_offsets 0 to 8 are out of range: the file holds 7 bytes of data"},
    {ONE(F32, "[2]", "-8", "0"), 8, "out of range"},
    {ONE(F32, "[2]", "8", "0"), 8, "out of range"},
    {ONE(F32, "[2]", "0", "9223372036854775807"), 8, "out of range"},
    {ONE(F32, "[2]", "0", "4"), 8, "span 4 bytes, its shape and dtype need 8"},
    {ONE(F32, "[2]", "0.0", "8"), 8, "no pair of whole numbers"},
    {ONE(F32, "[2]", "0", "8"), 9, "1 bytes after the last tensor belong to no tensor"},
    {ONE(F32, "[1]", "4", "8"), 8, "4 bytes before its data belong to no tensor"},
    {"{\"x\":" ENTRY(F32, "[2]", "0", "8") ",\"y\":" ENTRY(F32, "[2]", "4", "12") "}", 12,
     "tensor 'y': its data overlaps that of 'x'"},
    {"{\"x\":" ENTRY(F32, "[2]", "0", "8") ",\"y\":" ENTRY(F32, "[2]", "0", "8") "}", 8, "overlaps"},
    {"{\"__metadata__\":7}", 0, "__metadata__ is not a map of strings"},
    {"{\"__metadata__\":{\"a\":7}}", 0, "__metadata__: 'a' is not a string"},
};

static void test_damage(void **state)
{
    unsigned char bytes[1000];
    sep_safetensors *file;

    (void)state;
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        size_t size = make_file(bytes, damages[i].header, damages[i].data_size);
        if (sep_safetensors_parse("bad.safetensors", bytes, size, &file) != SEP_ERR_FORMAT)
            fail_msg("%s was taken", damages[i].header);
        assert_null(file);
        assert_error_has("bad.safetensors: ");
        assert_error_has(damages[i].error);
    }
}

static void test_no_such_file(void **state)
{
    sep_safetensors *file;

    (void)state;
    assert_int_equal(sep_safetensors_open(scratch_path("absent.safetensors"), &file), SEP_ERR_IO);
    assert_null(file);
    assert_error_has("absent.safetensors");
}

static void test_bad_lengths(void **state)
{
    unsigned char bytes[64] = {0};
    sep_safetensors *file;

    (void)state;
    assert_int_equal(sep_safetensors_parse("f", bytes, 0, &file), SEP_ERR_FORMAT);
    assert_error_has("f: is 0 bytes long");
    assert_int_equal(sep_safetensors_parse("f", bytes, 7, &file), SEP_ERR_FORMAT);
    assert_int_equal(sep_safetensors_parse("f", bytes, 8, &file), SEP_ERR_FORMAT);
    assert_error_has("f: the header is not JSON");
    memset(bytes, 0xff, 8);
    assert_int_equal(sep_safetensors_parse("f", bytes, sizeof bytes, &file), SEP_ERR_FORMAT);
    assert_error_has("f: the header should be 18446744073709551615 bytes long, the file has 56 after its length");
    memset(bytes, 0, 8);
    bytes[0] = 57;
    assert_int_equal(sep_safetensors_parse("f", bytes, sizeof bytes, &file), SEP_ERR_FORMAT);
    assert_error_has("truncated");
}

/* A good file cut anywhere is refused, and so is one with a byte more. */
static void test_every_truncation(void **state)
{
    const char *path = scratch_path("whole.safetensors");
    sep_safetensors_writer *writer = make_writer();
    sep_safetensors *file;
    void *bytes;
    size_t count;

    (void)state;
    assert_int_equal(sep_safetensors_write(writer, path), SEP_OK);
    sep_safetensors_writer_destroy(writer);
    assert_int_equal(sep_file_read(path, &bytes, &count), SEP_OK);
    for (size_t kept = 0; kept < count; kept++)
        assert_int_equal(sep_safetensors_parse("cut", bytes, kept, &file), SEP_ERR_FORMAT);
    assert_int_equal(sep_safetensors_parse("longer", bytes, count + 1, &file),
                     SEP_ERR_FORMAT); /* the zero that follows */
    assert_int_equal(sep_safetensors_parse("whole", bytes, count, &file), SEP_OK);
    sep_safetensors_close(file);
    sep_free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_listing),
        cmocka_unit_test(test_same_content_same_bytes),
        cmocka_unit_test(test_nothing_at_all),
        cmocka_unit_test(test_writer_refuses),
        cmocka_unit_test(test_narrow_floats),
        cmocka_unit_test(test_nan_stays),
        cmocka_unit_test(test_integers_at_odd_places),
        cmocka_unit_test(test_wide_integers_in_range),
        cmocka_unit_test(test_source_that_fails),
        cmocka_unit_test(test_wrong_use),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_no_such_file),
        cmocka_unit_test(test_bad_lengths),
        cmocka_unit_test(test_every_truncation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
