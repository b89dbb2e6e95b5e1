/* septum: status and error text, memory, random numbers, log, progress. Every other header stands on this one. */
#ifndef SEPTUM_BASE_H
#define SEPTUM_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define SEP_PRINTF(format_index, first) __attribute__((format(printf, format_index, first)))
#define SEP_MUST_CHECK                  __attribute__((warn_unused_result))
#else
#define SEP_PRINTF(format_index, first)
#define SEP_MUST_CHECK
#endif

/* ---- status ------------------------------------------------------------------------------------------------------ */

typedef enum sep_status {
    SEP_OK = 0,
    SEP_ERR_ARGUMENT,    /* the caller asked for something that makes no sense */
    SEP_ERR_MEMORY,      /* an allocation failed */
    SEP_ERR_IO,          /* a file can't be opened, read or written */
    SEP_ERR_FORMAT,      /* a file is there but is not what it should be */
    SEP_ERR_SHAPE,       /* shapes that do not fit together */
    SEP_ERR_UNSUPPORTED, /* valid, but this build or this device can't do it */
    SEP_ERR_DEVICE,      /* a device that failed in the middle of its work: lost, reset, out of resources */
    SEP_ERR_NUMERIC,     /* NaN or infinity where there must be none */
    SEP_ERR_INTERRUPTED  /* Ctrl-C, or the caller's request to stop */
} sep_status;

/* Records what went wrong, where and what to do (one line, no newline) for this thread, and returns `code`:
 *     return sep_fail(SEP_ERR_FORMAT, "%s: dataset 'label' is %dx%d, image is %dx%d", path, ...); */
sep_status sep_fail(sep_status code, const char *format, ...) SEP_PRINTF(2, 3);

/* Puts "prefix: " before the text of the error now held, for a caller that knows the file's name. Returns `code`. */
sep_status sep_fail_within(sep_status code, const char *format, ...) SEP_PRINTF(2, 3);

/* The text of this thread's last failure; "" if there was none. Valid until the next failure of the same thread. */
const char *sep_error_text(void);

/* `SEP_TRY(call)`: return the status of `call` unless it is SEP_OK. */
#define SEP_TRY(call)                                                                                                  \
    do {                                                                                                               \
        sep_status sep_try_status_ = (call);                                                                           \
        if (sep_try_status_ != SEP_OK)                                                                                 \
            return sep_try_status_;                                                                                    \
    } while (0)

/* ---- memory ------------------------------------------------------------------------------------------------------ */

#define SEP_ALIGNMENT 64 /* bytes: one cache line, one AVX-512 register */

/* Zeroed memory of count * size bytes, aligned to SEP_ALIGNMENT; NULL (with the error text set) when it overflows or
 * when there is none. Freed with sep_free (NULL is fine). */
void *sep_calloc(size_t count, size_t size);
/* The same memory without values, for what is filled as data arrive: the system gives pages as they are written. */
void *sep_malloc(size_t count, size_t size);
void sep_free(void *memory);
/* A larger place for an array that grows, of `count` elements so far: they are copied into zeroed memory for
 * `capacity`, and `array` is freed. NULL as of sep_calloc, with `array` as it was. */
void *sep_grown(void *array, size_t count, size_t capacity, size_t size);

/* A copy of a string, or of a printf result; NULL when there is no memory. Freed with sep_free. */
char *sep_strdup(const char *text);
char *sep_format(const char *format, ...) SEP_PRINTF(1, 2);

/* What a file may make the program allocate. A few kilobytes can claim, or unpack to, any size, so a reader asks before
 * it allocates what its file says. The limit is three quarters of the machine's memory until it is set; 0 sets that
 * again. Set it before starting threads. */
uint64_t sep_memory_limit(void);
void sep_memory_set_limit(uint64_t bytes);
/* SEP_ERR_MEMORY where `bytes` are beyond the limit; the text says both sizes, and the caller puts the file's name
 * before it (sep_fail_within). */
sep_status sep_memory_check(uint64_t bytes) SEP_MUST_CHECK;

/* Many small objects with one lifetime (graph nodes, names): allocated one by one, freed at once. */
typedef struct sep_arena sep_arena;
sep_arena *sep_arena_create(void);
void *sep_arena_alloc(sep_arena *arena, size_t size); /* zeroed, aligned to SEP_ALIGNMENT; NULL when out of memory */
char *sep_arena_format(sep_arena *arena, const char *format, ...) SEP_PRINTF(2, 3);
bool sep_arena_failed(const sep_arena *arena); /* whether one of the two has ever been out of memory */
void sep_arena_destroy(sep_arena *arena);

/* A list of strings that grows (file names, case names). Zero-initialise; NULL-safe free. */
typedef struct sep_strings {
    char **item;
    int count, capacity;
} sep_strings;
sep_status sep_strings_add(sep_strings *list, const char *text) SEP_MUST_CHECK;
/* Adds what stands between the commas of "a, b, c", without blanks around it: one more than there are commas. */
sep_status sep_strings_split(sep_strings *list, const char *text) SEP_MUST_CHECK;
void sep_strings_sort(sep_strings *list); /* by bytes */
void sep_strings_free(sep_strings *list);

/* ---- numbers in order -------------------------------------------------------------------------------------------- */

/* In place, rising; NaN is not among them. */
void sep_sort_doubles(double *values, size_t count);
void sep_sort_floats(float *values, size_t count);
/* The value that is number `place` (from 0) of `count` when they are sorted; in three passes, without memory. NaN is
 * not among them. */
float sep_sorted_float(const float *values, size_t count, size_t place);

/* ---- random numbers ---------------------------------------------------------------------------------------------- */

/* Philox4x32-10 (Salmon et al. 2011): four 32-bit words as a function of a key and a counter, never of order. The key
 * is the run's seed; the counter is (element, iteration, stream), so the same element of the same stream and iteration
 * draws the same bits on every device and for any number of threads. */
typedef struct sep_random {
    uint64_t seed;
    uint32_t stream;    /* what the numbers are for: sep_stream("augmentation"), a node's number, ... */
    uint32_t iteration; /* 0 where nothing iterates */
} sep_random;

/* FNV-1a of a name: a stream number that does not depend on anything else in the program. */
uint32_t sep_stream(const char *name);

/* The four words of element `index` (counter = {index low, index high, iteration, stream}). */
void sep_random_words(const sep_random *random, uint64_t index, uint32_t words[4]);

/* One number of element `index`: uniform in [0, 1) with 24 bits; an integer in [0, bound) by multiply-shift;
 * a standard normal by Box-Muller on words 0 and 1 (own log and cosine: same bits everywhere). */
float sep_random_uniform(const sep_random *random, uint64_t index);
uint32_t sep_random_below(const sep_random *random, uint64_t index, uint32_t bound);
float sep_random_normal(const sep_random *random, uint64_t index);

/* cos(2 pi turns / 2^24), the same bits everywhere. */
float sep_cosine_of_turn(uint32_t turns);

/* A permutation of 0 .. count-1 by Fisher-Yates with element i drawing from index i. */
void sep_random_permutation(const sep_random *random, int *permutation, int count);

/* ---- log and progress -------------------------------------------------------------------------------------------- */

typedef enum sep_log_level { SEP_LOG_DEBUG, SEP_LOG_INFO, SEP_LOG_WARNING } sep_log_level;

/* The library says nothing unasked: without a sink, sep_log does nothing. The command installs one that prints. */
typedef void (*sep_log_sink)(void *context, sep_log_level level, const char *line);
void sep_log_set_sink(sep_log_sink sink, void *context);
void sep_log(sep_log_level level, const char *format, ...) SEP_PRINTF(2, 3);

/* Progress of long work on standard error: a line redrawn in place on a terminal, a plain line every 10 seconds
 * elsewhere, with time left estimated from the rate so far. `note` is free text (losses, file name); NULL is none.
 * Nothing is drawn before sep_progress_enable(true): the command asks for it, other programs may. Starting can't fail:
 * NULL comes back where progress is off or there is no memory, and the other two calls take it. */
typedef struct sep_progress sep_progress;
void sep_progress_enable(bool enabled);
sep_progress *sep_progress_start(const char *title, int64_t total, int64_t done_before);
void sep_progress_update(sep_progress *progress, int64_t done, const char *note);
void sep_progress_finish(sep_progress *progress); /* shows the last state, ends the line and frees */

/* Seconds on a clock that only goes forward; and how people say so many: "1 h 20 min", "3 min 4 s", "12 s", or "-" of
 * what is no duration. Returns `text`. */
double sep_seconds(void);
#define SEP_DURATION_TEXT 48 /* bytes */
const char *sep_duration_text(double seconds, char text[SEP_DURATION_TEXT]);

/* Threads to work with: as many as are asked for, or for 0 as many as OpenMP takes. */
int sep_thread_count(int asked);

/* ---- small tools shared by the rooms ----------------------------------------------------------------------------- */

/* FNV-1a, 64 bits, over bytes; start from SEP_HASH_START and feed the result back in for more. */
#define SEP_HASH_START 0xcbf29ce484222325ULL
uint64_t sep_hash(uint64_t hash, const void *bytes, size_t count);

/* Files. Writes go to a new file in the same folder, ".NAME.septum-PROCESS-NUMBER.tmp", are flushed to the disk and
 * renamed: a reader sees the old file or the new one, never half of one, and a full disk leaves the old file untouched.
 * Of two writers at once the last wins. Where `path` is a symbolic link the link is replaced, what it points to is not
 * touched; a device, a pipe or a folder is refused. What a killed process left goes with the next file that is written
 * into the folder; whatever else lies there is never touched. */
sep_status sep_file_read(const char *path, void **bytes,
                         size_t *count) SEP_MUST_CHECK; /* a zero byte follows the end */
sep_status sep_file_write_atomic(const char *path, const void *bytes, size_t count) SEP_MUST_CHECK;

/* The same in pieces, for a file that is never whole in memory. The first failure sticks: later writes do nothing and
 * commit reports it, so a writer may check only there. Commit and abort both free; abort (NULL is fine) leaves the old
 * file as it was. */
typedef struct sep_atomic_file sep_atomic_file;
sep_status sep_atomic_begin(const char *path, sep_atomic_file **file) SEP_MUST_CHECK;
sep_status sep_atomic_write(sep_atomic_file *file, const void *bytes, size_t count);
sep_status sep_atomic_print(sep_atomic_file *file, const char *format, ...) SEP_PRINTF(2, 3);
sep_status sep_atomic_commit(sep_atomic_file *file) SEP_MUST_CHECK;
void sep_atomic_abort(sep_atomic_file *file);

sep_status sep_make_folders(const char *path) SEP_MUST_CHECK; /* like mkdir -p */
const char *sep_file_name(const char *path);                  /* what follows the last '/': a pointer into `path` */
char *sep_folder_name(const char *path); /* the same without slashes at the end, "run" of "runs/run/"; to be freed */
bool sep_file_exists(const char *path);  /* a file or a folder */
bool sep_folder_exists(const char *path);
/* Both exist and are one, whatever their names; of "FILE#3", where there is no such file, FILE counts. */
bool sep_same_file(const char *a, const char *b);
/* Names (not paths) in a folder that end in `suffix` (in upper or lower case; "" = all), sorted, without "." files. */
sep_status sep_list_folder(const char *folder, const char *suffix, sep_strings *names) SEP_MUST_CHECK;
/* How many bytes at the start of a text are the mark that some editors put before UTF-8: 3 or 0. */
size_t sep_mark_length(const char *text, size_t count);
/* One trimmed, non-empty, non-# line per item. Bytes that no text has (controls) are an error that names the line. */
sep_status sep_read_lines(const char *path, sep_strings *lines) SEP_MUST_CHECK;
/* Says in the log which lines of a list name what an earlier line names already, so that they count once. */
void sep_warn_repeated(const char *list, const sep_strings *lines);

/* Text. The whole of `text` must be the number, with a decimal point whatever the locale; no NaN, no infinity. */
bool sep_has_suffix(const char *text, const char *suffix); /* in upper or lower case */
bool sep_parse_int(const char *text, int64_t *value) SEP_MUST_CHECK;
bool sep_parse_float(const char *text, double *value) SEP_MUST_CHECK;

/* ---- option files ------------------------------------------------------------------------------------------------ */

/* An INI file (through inih) as section.key = value pairs, with the file and line of each for error texts. Every key
 * stands under a [section]; an empty value, a key twice in one file and a line that is neither are errors. What is
 * loaded or set later replaces what was there. Values stay valid until the options are destroyed. */
typedef struct sep_options sep_options;
sep_options *sep_options_create(void);
sep_status sep_options_load(sep_options *options, const char *path) SEP_MUST_CHECK;
/* The same from memory (a zero byte ends it); `name` stands for the file in error texts. */
sep_status sep_options_load_text(sep_options *options, const char *name, const char *text) SEP_MUST_CHECK;
sep_status sep_options_set(sep_options *options, const char *assignment) SEP_MUST_CHECK; /* "section.key=value" */
/* Typed look-ups: the default where the key is missing, an error that names file, line and key where the value is not
 * of the type or outside [low, high]. Each look-up marks its key as known. A fallback of NULL, or outside [low, high],
 * stands for "not set" and is handed back as it is. */
sep_status sep_options_string(sep_options *options, const char *key, const char *fallback, const char **value);
sep_status sep_options_int(sep_options *options, const char *key, int64_t fallback, int64_t low, int64_t high,
                           int64_t *value) SEP_MUST_CHECK;
sep_status sep_options_float(sep_options *options, const char *key, double fallback, double low, double high,
                             double *value) SEP_MUST_CHECK;
sep_status sep_options_bool(sep_options *options, const char *key, bool fallback, bool *value) SEP_MUST_CHECK;
/* One of `count` names; *value is its index. */
sep_status sep_options_choice(sep_options *options, const char *key, const char *fallback, const char *const *names,
                              int count, int *value) SEP_MUST_CHECK;
/* Fails on the first key that no look-up asked for: a typing error in a config must not pass in silence. */
sep_status sep_options_check_unknown(const sep_options *options) SEP_MUST_CHECK;
/* The whole as INI text that sep_options_load_text reads back: what was loaded and set, and the defaults that look-ups
 * fell back on, so that a run records every setting it used. NULL without memory. Freed with sep_free. */
char *sep_options_text(const sep_options *options);
/* The next key and its value in order of appearance; *place is NULL before the first. False behind the last. */
bool sep_options_next(const sep_options *options, const void **place, const char **key, const char **value);
void sep_options_destroy(sep_options *options);

#ifdef __cplusplus
}
#endif
#endif
