/* Runs a fuzz target (LLVMFuzzerTestOneInput) where the compiler brings no libFuzzer: first each seed input as it is,
 * then random changes of them. Run k depends on the seed number, the seed inputs and k alone, so a failure repeats.
 *
 *     fuzz_NAME [--runs N] [--seconds S] [--seed NUMBER] [--only K] [FILE-OR-FOLDER...]
 *
 * Without a folder: tests/fuzz/seeds/NAME, where there is one. The target runs in a child process; when that dies or
 * hangs for HANG_SECONDS in one run, the input goes to fuzz_NAME.crash beside the executable and the exit code is 1. */
#include "septum/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LARGEST_INPUT 65536
#define HANG_SECONDS  60

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct input {
    uint8_t *bytes;
    size_t size;
} input;

typedef struct fuzzer {
    const char *program;
    sep_strings paths; /* of seed inputs */
    input *seeds;
    int64_t runs, seconds, seed, only;
    int current_file; /* holds the number of the run under way: the child writes it, the parent reads it */
} fuzzer;

static _Noreturn void give_up(const char *text)
{
    fprintf(stderr, "%s\n", text);
    exit(2);
}

/* ---- seed inputs ------------------------------------------------------------------------------------------------- */

static void check(sep_status status)
{
    if (status != SEP_OK)
        give_up(sep_error_text());
}

static void add_path(fuzzer *f, const char *path)
{
    sep_strings names = {0};

    if (!sep_folder_exists(path)) {
        check(sep_strings_add(&f->paths, path));
        return;
    }
    check(sep_list_folder(path, "", &names));
    for (int i = 0; i < names.count; i++) {
        char *inner = sep_format("%s/%s", path, names.item[i]);
        if (!inner)
            give_up("out of memory");
        check(sep_strings_add(&f->paths, inner));
        sep_free(inner);
    }
    sep_strings_free(&names);
}

static void add_default_folder(fuzzer *f)
{
    const char *slash = strrchr(f->program, '/');
    const char *name = slash ? slash + 1 : f->program;
    char *folder = sep_format("tests/fuzz/seeds/%s", strncmp(name, "fuzz_", 5) == 0 ? name + 5 : name);

    if (folder && sep_folder_exists(folder))
        add_path(f, folder);
    sep_free(folder);
}

static void load_seeds(fuzzer *f)
{
    f->seeds = sep_calloc((size_t)f->paths.count, sizeof *f->seeds);
    if (!f->seeds)
        give_up(sep_error_text());
    for (int i = 0; i < f->paths.count; i++) {
        void *bytes;
        check(sep_file_read(f->paths.item[i], &bytes, &f->seeds[i].size));
        f->seeds[i].bytes = bytes;
        if (f->seeds[i].size > LARGEST_INPUT)
            f->seeds[i].size = LARGEST_INPUT;
    }
}

static void free_seeds(fuzzer *f)
{
    for (int i = 0; i < f->paths.count; i++)
        sep_free(f->seeds[i].bytes);
    sep_free(f->seeds);
    sep_strings_free(&f->paths);
}

/* ---- changes ----------------------------------------------------------------------------------------------------- */

typedef struct dice {
    sep_random random;
    uint64_t drawn;
} dice;

/* 0 .. bound-1; 0 for bound 0. */
static size_t roll(dice *d, size_t bound)
{
    return sep_random_below(&d->random, d->drawn++, (uint32_t)bound);
}

/* Replaces `removed` bytes at `at` by `count` bytes; what would not fit is left as it is. */
static void splice(input *in, size_t at, size_t removed, const uint8_t *bytes, size_t count)
{
    if (in->size - removed + count > LARGEST_INPUT)
        return;
    memmove(in->bytes + at + count, in->bytes + at + removed, in->size - at - removed);
    memcpy(in->bytes + at, bytes, count);
    in->size = in->size - removed + count;
}

static void insert_random(input *in, dice *d)
{
    uint8_t bytes[16];
    size_t count = 1 + roll(d, sizeof bytes);

    for (size_t i = 0; i < count; i++)
        bytes[i] = (uint8_t)roll(d, 256);
    splice(in, roll(d, in->size + 1), 0, bytes, count);
}

/* A number as programs trip over it, 1 to 8 bytes wide, in either order of bytes. */
static void write_number(input *in, dice *d)
{
    static const uint64_t numbers[] = {0,
                                       1,
                                       0x7f,
                                       0x80,
                                       0xff,
                                       0x7fff,
                                       0x8000,
                                       0xffff,
                                       0x7fffffff,
                                       0x80000000,
                                       0xffffffff,
                                       0x7fffffffffffffff,
                                       0x8000000000000000,
                                       0xffffffffffffffff};
    size_t width = (size_t)1 << roll(d, 4);
    uint64_t number = numbers[roll(d, sizeof numbers / sizeof *numbers)];
    bool big_endian = roll(d, 2) == 1;

    if (width > in->size)
        return;
    uint8_t *at = in->bytes + roll(d, in->size - width + 1);
    for (size_t i = 0; i < width; i++)
        at[big_endian ? width - 1 - i : i] = (uint8_t)(number >> 8 * i);
}

static void repeat_piece(input *in, dice *d)
{
    uint8_t piece[256];
    size_t count = 1 + roll(d, in->size < sizeof piece ? in->size : sizeof piece), from = roll(d, in->size - count + 1);

    memcpy(piece, in->bytes + from, count);
    splice(in, roll(d, in->size + 1), 0, piece, count);
}

static void remove_piece(input *in, dice *d)
{
    size_t count = 1 + roll(d, in->size < 64 ? in->size : 64);

    splice(in, roll(d, in->size - count + 1), count, in->bytes, 0);
}

/* The start of this input and the end of a seed. */
static void cross(const fuzzer *f, input *in, dice *d)
{
    const input *other = &f->seeds[roll(d, (size_t)f->paths.count)];
    size_t kept = roll(d, in->size + 1), from = roll(d, other->size + 1);

    splice(in, kept, in->size - kept, other->bytes + from, other->size - from);
}

static void change_once(const fuzzer *f, input *in, dice *d)
{
    static const char signs[] = "0123456789-+.,:;=#[]{}\"\\/ \t\r\n";

    if (in->size == 0) {
        insert_random(in, d);
        return;
    }
    switch (roll(d, 8)) {
    case 0:
        in->bytes[roll(d, in->size)] ^= (uint8_t)(1U << roll(d, 8));
        break;
    case 1:
        in->bytes[roll(d, in->size)] = (uint8_t)roll(d, 256);
        break;
    case 2:
        in->bytes[roll(d, in->size)] = (uint8_t)signs[roll(d, sizeof signs - 1)];
        break;
    case 3:
        insert_random(in, d);
        break;
    case 4:
        write_number(in, d);
        break;
    case 5:
        repeat_piece(in, d);
        break;
    case 6:
        remove_piece(in, d);
        break;
    default:
        if (f->paths.count > 0)
            cross(f, in, d);
        break;
    }
}

/* The input of run `k`, into `in`, which has LARGEST_INPUT bytes. */
static void make_input(const fuzzer *f, int64_t k, input *in)
{
    dice d = {.random = {.seed = (uint64_t)f->seed, .stream = (uint32_t)k, .iteration = (uint32_t)(k >> 32)}};
    size_t count = (size_t)f->paths.count;
    const input *seed = count == 0 ? NULL : k < f->paths.count ? &f->seeds[k] : &f->seeds[roll(&d, count)];

    in->size = seed ? seed->size : 0;
    if (seed)
        memcpy(in->bytes, seed->bytes, seed->size);
    if (k < f->paths.count)
        return;
    for (size_t left = (size_t)1 << roll(&d, 5); left > 0; left--)
        change_once(f, in, &d);
}

/* ---- runs -------------------------------------------------------------------------------------------------------- */

/* The target gets a copy of the exact size, so that a sanitizer sees a step beyond its end. */
static void run_once(const fuzzer *f, int64_t k, input *in)
{
    make_input(f, k, in);
    uint8_t *exact = malloc(in->size ? in->size : 1);
    if (!exact)
        give_up("out of memory");
    memcpy(exact, in->bytes, in->size);
    LLVMFuzzerTestOneInput(exact, in->size);
    free(exact);
}

static void run_all(const fuzzer *f, input *in)
{
    double start = sep_seconds();

    for (int64_t k = 0; k < f->runs; k++) {
        if (f->seconds > 0 && sep_seconds() - start > (double)f->seconds)
            break;
        if (pwrite(f->current_file, &k, sizeof k, 0) != sizeof k)
            give_up("the number of the run can't be noted");
        alarm(HANG_SECONDS);
        run_once(f, k, in);
    }
    alarm(0);
}

static void report(const fuzzer *f, int status, input *in)
{
    int64_t k = 0;
    char *path = sep_format("%s.crash", f->program);

    if (pread(f->current_file, &k, sizeof k, 0) != sizeof k || !path)
        give_up("the number of the run can't be read");
    make_input(f, k, in);
    check(sep_file_write_atomic(path, in->bytes, in->size));
    if (WIFSIGNALED(status))
        fprintf(stderr, "%s: run %lld ended by signal %d", f->program, (long long)k, WTERMSIG(status));
    else
        fprintf(stderr, "%s: run %lld ended with exit code %d", f->program, (long long)k, WEXITSTATUS(status));
    fprintf(stderr, "; its input is in %s; --seed %lld --only %lld repeats it\n", path, (long long)f->seed,
            (long long)k);
    sep_free(path);
}

/* 0 when all runs came back. */
static int run_in_child(const fuzzer *f, input *in)
{
    int status;
    pid_t child = fork();

    if (child < 0)
        give_up("no child process can be started");
    if (child == 0) {
        run_all(f, in);
        exit(0);
    }
    if (waitpid(child, &status, 0) != child)
        give_up("the child process is lost");
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    report(f, status, in);
    return 1;
}

static void parse_arguments(fuzzer *f, int count, char **arguments)
{
    const struct {
        const char *name;
        int64_t *value;
    } numbers[] = {{"--runs", &f->runs}, {"--seconds", &f->seconds}, {"--seed", &f->seed}, {"--only", &f->only}};
    const int options = sizeof numbers / sizeof *numbers;

    for (int i = 1; i < count; i++) {
        int option = 0;
        while (option < options && strcmp(arguments[i], numbers[option].name) != 0)
            option++;
        if (option == options)
            add_path(f, arguments[i]);
        else if (i + 1 == count || !sep_parse_int(arguments[++i], numbers[option].value))
            give_up("an option lacks its number: [--runs N] [--seconds S] [--seed NUMBER] [--only K] [SEEDS...]");
    }
    if (f->paths.count == 0)
        add_default_folder(f);
}

int main(int count, char **arguments)
{
    fuzzer f = {.program = arguments[0], .runs = 10000, .seed = 1, .only = -1};
    input in = {.bytes = sep_calloc(LARGEST_INPUT, 1)};
    FILE *shared = tmpfile();
    int result = 0;

    if (!in.bytes || !shared)
        give_up("no memory or no temporary file");
    f.current_file = fileno(shared);
    parse_arguments(&f, count, arguments);
    load_seeds(&f);
    if (f.only >= 0)
        run_once(&f, f.only, &in);
    else
        result = run_in_child(&f, &in);
    free_seeds(&f);
    fclose(shared);
    sep_free(in.bytes);
    return result;
}
