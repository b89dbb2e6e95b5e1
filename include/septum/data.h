/* septum: datasets and their splits, slices, the two-stream sampler, augmentation, batches, and the phantoms.
 *
 * Words: a scan is one volume with its label map (one file, or a pair). A case is what is annotated as a whole: all
 * scans whose names are equal up to the group separator ("patient099_frame01" and "patient099_frame09" are one case).
 * Splits and counts of labelled data go by case, training goes by slice, evaluation by scan. */
#ifndef SEPTUM_DATA_H
#define SEPTUM_DATA_H

#include "septum/image.h"
#include "septum/streams.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- what to load ------------------------------------------------------------------------------------------------ */

typedef enum sep_data_format {
    SEP_DATA_HDF5 = 0, /* FOLDER/volumes/NAME.h5, or FOLDER/NAME.h5 or NAME.npy.h5: datasets 'image' and 'label' */
    SEP_DATA_NNUNET,   /* FOLDER/dataset.json, imagesTr/NAME_0000.nii.gz, labelsTr/NAME.nii.gz (version 1 and 2), or the
                          files that it lists, by paths that may be absolute or, in version 2, hold $VARIABLES */
    SEP_DATA_PAIRS /* FOLDER/images/NAME.png and FOLDER/masks/NAME.png; .jpg and .jpeg too. Without a folder "images":
                      NAME.nii.gz and NAME_gt.nii.gz in FOLDER or in the folders inside it, as ACDC comes */
} sep_data_format;

/* How the voxels of one scan become numbers that a network sees: the same at training and at prediction. */
typedef enum sep_intensity_kind {
    SEP_INTENSITY_MIN_MAX = 0, /* from the scan's smallest voxel to its largest */
    SEP_INTENSITY_WINDOW,      /* clipped to [low, high] */
    SEP_INTENSITY_PERCENTILES  /* clipped to the scan's percentiles 0.5 and 99.5: its few brightest voxels, which vary
                                  most from scan to scan, don't decide how dark the others are */
} sep_intensity_kind;

typedef struct sep_intensity {
    sep_intensity_kind kind;
    float low, high; /* of a window; CT, in HU */
} sep_intensity;

/* "min-max", "window", "percentiles" */
enum { SEP_INTENSITY_KINDS = 3 };
extern const char *const sep_intensity_names[SEP_INTENSITY_KINDS];

/* Of an image's channels. */
typedef struct sep_intensities {
    int rules; /* up to 1: rule[0] is every channel's; else one for each */
    sep_intensity rule[SEP_MOST_IMAGE_CHANNELS];
} sep_intensities;

const sep_intensity *sep_intensity_of(const sep_intensities *intensities, int channel);
void sep_intensities_apply(const sep_intensities *intensities, sep_volume *volume);

/* A label map that lies elsewhere than its image (sep_space_compare) was drawn on another image, or lost its place. */
typedef enum sep_geometry_policy {
    SEP_GEOMETRY_STRICT = 0, /* an error that names the file */
    SEP_GEOMETRY_WARN        /* taken voxel by voxel; one of the dataset's warnings */
} sep_geometry_policy;

/* In which order the voxels of scans are taken: a network sees slices, so the order decides along which direction of
 * the body a scan is cut, and how a slice lies in its picture. */
typedef enum sep_orientation_policy {
    SEP_ORIENTATION_COMMON = 0, /* as most scans are stored (sep_dataset.orientation) */
    SEP_ORIENTATION_STORED      /* each as in its file; slice_axis is then for scans without geometry alone */
} sep_orientation_policy;

/* Of an intensity window the highest end, and its negative the lowest. */
#define SEP_MOST_WINDOW 1e6

/* Millimetres that sep_data_config.spacing and a model's may be. */
#define SEP_LEAST_SPACING 0.001
#define SEP_MOST_SPACING  1000.0

/* Zero means "not given" everywhere. Strings are borrowed for the time of the call. */
typedef struct sep_data_config {
    sep_data_format format;
    const char *folder;
    int classes; /* with background; 0 takes it from dataset.json or label_values, and is an error without them */
    /* List files: one scan a line, or one case and with it all its scans, which count once however often they are named
     * (the log says so); a line may be the name of the scan's file; looked for from here, then inside `folder`.
     * Training without a list: every scan that is not for validation, by name. Validation is one of a list, the last
     * `validation_count` cases by name, or a share of all cases drawn with `seed`; none of them means no validation. */
    const char *train_list, *validation_list;
    /* A list of scans that neither train nor validate, for the test at the end (sep_test_set): their files are not
     * read before. A case that another list names too is an error. */
    const char *test_list;
    int validation_count;
    double validation_fraction;
    /* Labelled cases: the first `labelled_cases` of the training order, or the scans of a list file; 0 and NULL label
     * every training scan that has a label map. */
    int labelled_cases;
    const char *labelled_list;
    const char *group_separator; /* a case is a name up to here; NULL stands for "_frame", "" makes every scan a case */
    bool series;                 /* pairs: frames of a series (NAME_4d.nii.gz) are scans NAME_frame01, ... without label
                                    maps, but for frames with a file of their own; false leaves series out */
    /* What the voxels of label maps stand for, what of them is ignored (nnU-Net's label 'ignore' without being asked),
     * and in which dataset of HDF5 files those of training scans lie; those of validation scans may lie in another. */
    sep_label_reading labels;
    const char *validation_label_name; /* NULL: the same */
    sep_intensities intensity;
    /* Of each image: 0 as nnU-Net's dataset.json or the first HDF5 file's axes say, else one (of pictures their grey,
     * since grey ones are often saved as colour). Fewer than dataset.json names are the first of them; 3 of pictures
     * are red, green, blue. */
    int channels;
    int shown_channel, registration_channel;
    sep_geometry_policy geometry;
    sep_orientation_policy orientation;
    sep_slice_axis slice_axis; /* that slices are cut along, of the orientation of most; without geometry, as stored */
    float spacing[2];          /* mm along x and y that the pixels of slices are resampled to; 0: as stored */
    const char *registered;    /* folder of the registered labels of unlabelled scans; NULL: none */
    const char *registrations; /* file of registrations of training scans (septum/matcher.h); NULL: none */
    bool registers;            /* data.registered = auto: whoever trains makes them (septum/propagation.h) */
    bool hashes;               /* scans get their hashes; where there are registered labels they do anyway */
    /* Where the images take more than that (0: whatever they take), they lie in the file `cache`, which is made first
     * and read from as they are needed (data.memory); NULL: in memory all the same. Of "FOLDER/", each set of scans
     * that are prepared alike has a file in the folder. */
    int memory; /* MiB */
    const char *cache;
    bool grids; /* of images their size and geometry alone: scans have no voxels, and no registered labels */
    uint64_t seed;
} sep_data_config;

/* Reads section [data]: format = hdf5|nnunet|pairs, folder, classes, train_list, validation_list, test_list,
 * validation_count, validation_fraction, labelled_cases, labelled_list, group_separator, series = skip|frames,
 * mask_threshold, label_values = 0,85,170, label_colours = 000000,ff0000, ignore = 255, label_name,
 * validation_label_name, channels = auto|1 to 16, shown_channel, registration_channel,
 * intensity = min-max|window|percentiles, window_low, window_high (a value for all channels or, "min-max, window", one
 * for each), geometry = strict|warn, orientation = common|stored, slice_axis = z|y|x, spacing = 1.5 or 1.5, 1.25,
 * registered = FOLDER|auto|no, registrations, memory = MiB. Strings belong to `options`. */
sep_status sep_data_config_read(sep_options *options, uint64_t seed, sep_data_config *config) SEP_MUST_CHECK;

/* The names of the classes, the background's first, from nnU-Net's dataset.json (version 1 or 2). The label 'ignore' is
 * no class: *ignored is its value, -1 without one. Regions are SEP_ERR_UNSUPPORTED. The names are freed with
 * sep_strings_free. */
sep_status sep_class_names_read(const char *path, sep_strings *names, int *ignored) SEP_MUST_CHECK;

/* ---- a dataset in memory ----------------------------------------------------------------------------------------- */

typedef struct sep_scan {
    char *name; /* "patient099_frame01" */
    char *image_path;
    char *label_path;   /* the same file for HDF5; NULL where there is none */
    char *label_source; /* of registered labels: the scans that they were drawn on, a line each; else NULL */
    uint64_t label_key; /* of registered labels: sep_derivation.key */
    int group;          /* number of its case, in the order of first appearance, training first */
    bool labelled;
    sep_volume image; /* intensities applied; not to be written to, it may lie in a file */
    sep_labels label; /* read for labelled training scans and for validation, registered; data is NULL elsewhere */
    uint64_t image_hash, label_hash; /* as read, before scans are turned into one order; 0: not asked for, not there */
    sep_labels agreement;  /* with registered labels: 255 where all that voted agree; data is NULL: everywhere */
    sep_space label_space; /* of the label map in the image's space, before it was put into the image's order */
} sep_scan;

/* A scan that networks learn from with the label map that people drew. */
static inline bool sep_scan_has_labels(const sep_scan *scan)
{
    return scan->labelled && scan->label.data != NULL;
}

/* A training slice: dataset->scan[scan], plane z. */
typedef struct sep_slice {
    int scan, z;
} sep_slice;

/* Where voxels of training scans lie in others, by registration. */
typedef struct sep_matcher {
    const void *registrations; /* NULL: nothing is known */
    /* The place (x, y, z) in scan `moving` of voxel (x, y, z) of `fixed`, in voxels of each; false where the two are
     * not registered. Called by several threads. */
    bool (*find)(const void *registrations, int fixed, int moving, const double voxel[3], double place[3]);
    void (*release)(const void *registrations); /* at the data set's end */
} sep_matcher;

typedef struct sep_dataset {
    int classes;
    int channels;                    /* of each image, 1 at least */
    sep_strings channel_names;       /* as the dataset calls them; empty: it doesn't */
    int shown_channel;               /* by pictures */
    int registration_channel;        /* by which scans are registered */
    char **class_name;               /* [classes]; "class 3" where the dataset names none */
    int scans, training, validation; /* scan[0 .. training) train, the `validation` ones behind them validate */
    sep_scan *scan;
    int training_cases, labelled_cases, validation_cases;
    int slices; /* training slices in scan order: an index into `slice` is a slice id */
    sep_slice *slice;
    int labelled_slices, unlabelled_slices;
    int *labelled, *unlabelled; /* slice ids, rising */
    sep_matcher matcher;
    struct sep_scan_file *cache; /* that images lie in; NULL: all are in memory */
    sep_orientation orientation; /* of all scans but those that a warning names; not known: each is as stored, or ... */
    sep_slice_axis slice_axis;   /* ... without geometry, cut along that axis of its file; Z where it is known */
    sep_strings notes, warnings; /* a line each: what was put into another order; what is doubtful and was taken */
} sep_dataset;

/* Finds the scans, splits them, loads images and the label maps that training may see. Label maps of unlabelled scans
 * are not even read, so nothing can leak. Errors name the file and the cause: a listed name without a file, a case on
 * both sides of the split, an empty side, label values outside the classes, a label map of another shape or place.
 *
 * A label map that holds its image's voxels in another order is put into that. Where every scan has geometry, all are
 * put into the orientation in which most are stored (sep_orientation_of_most), cut along config->slice_axis of it. One
 * that lies between two orientations (sep_orientation_order) stays as it is, with a warning. Where none has, all are
 * cut along that axis of their files; a single slice can't be, nor scans of which some have geometry: SEP_ERR_ARGUMENT.
 *
 * With a spacing training scans are then resampled to it (sep_dataset_resample), and every scan must have geometry.
 * Where `registers`, they still are as stored: what registers them resamples them behind that (sep_train_register).
 *
 * Images larger than config->memory lie in config->cache: what is there and still of the same files and settings is
 * taken, the rest is made first, a few images in memory at a time, and goes on where it was stopped
 * (SEP_ERR_INTERRUPTED after sep_stop_request). Batches are the same, bit for bit. */
sep_status sep_dataset_load(const sep_data_config *config, sep_dataset **dataset) SEP_MUST_CHECK;
/* Training scans in memory (images and labels are moved, the arrays zeroed): scan i labelled where label[i].data is
 * set; validation as loaded above. Names are "scan 0", ... Each scan is a case. Voxels are taken in the order in which
 * they are. */
sep_status sep_dataset_from_memory(int classes, sep_volume *image, sep_labels *label, int training, int validation,
                                   sep_dataset **dataset) SEP_MUST_CHECK;
/* Gives every unlabelled training scan the registered labels FOLDER/NAME.h5 (septum/propagation.h): it stays
 * unlabelled, and batches show these. An error, with the dataset fit for nothing but its end, where a file is missing,
 * is of another size, was made from a scan that is not among the labelled ones, so that nothing can leak, or from
 * another image or other label maps than the dataset has. Needs the scans' hashes. */
sep_status sep_dataset_take_registered(sep_dataset *dataset, const char *folder) SEP_MUST_CHECK;
/* Resamples the slices of training scans to pixels of that size in mm along x and y (0: nothing is done): images
 * linearly, labels, registered ones and their agreement by the nearest pixel; z stays. What registration knows of their
 * voxels goes along. Scans that validate stay on their own grids, on which they are scored: prediction resamples. An
 * error names a scan without geometry. */
sep_status sep_dataset_resample(sep_dataset *dataset, const float spacing[2]) SEP_MUST_CHECK;
/* The training scan of that name, -1: none. */
int sep_dataset_find(const sep_dataset *dataset, const char *name, size_t length);
/* sep_derivation.inputs of registered labels of scan `scan`, made of these sources. */
uint64_t sep_registered_inputs(const sep_dataset *dataset, int scan, const char *sources);
/* The order in which a scan is taken from its file: as stored where it has geometry, for then all together say how it
 * lies; else cut along that axis. */
sep_order sep_taken_order(sep_slice_axis axis, const sep_volume *grid);
/* What is registered of an image: its channel data.registration_channel, without copying its voxels; and of a file that
 * is no scan of the dataset, prepared as the dataset's are. */
sep_volume sep_registration_image(const sep_dataset *dataset, const sep_volume *image);
sep_status sep_registration_image_read(const sep_data_config *config, const sep_dataset *dataset, const char *path,
                                       sep_volume *image) SEP_MUST_CHECK;
/* What the images of a dataset take in memory, and what they take on the disk in its cache (data.memory), whether it
 * has one or not. Voxels are not needed (sep_data_config.grids). */
uint64_t sep_dataset_image_bytes(const sep_dataset *dataset);
uint64_t sep_dataset_cache_bytes(const sep_dataset *dataset);
/* Whether the images are more than may be in memory (config->memory). */
bool sep_dataset_wants_cache(const sep_data_config *config, const sep_dataset *dataset);
void sep_dataset_destroy(sep_dataset *dataset);
/* "train: 70 cases, 140 scans, 1312 slices (136 labelled, of 7 cases); validation: 10 cases, 20 scans". Freed with
 * sep_free. */
char *sep_dataset_summary(const sep_dataset *dataset);

/* ---- scans for the test -------------------------------------------------------------------------------------------
 */

/* The scans of data.test_list; where there is no such list, those that validate. */
typedef struct sep_test_set {
    bool validates; /* no list names scans for the test: these are the validation's */
    int classes, channels;
    sep_strings class_names;  /* with the background's */
    sep_label_reading labels; /* as the validation's are read */
    sep_strings name, image_path, label_path;
    int *group; /* of each scan: a number of its case */
} sep_test_set;

/* Finds them; no scan is read. The caller frees in any case. SEP_ERR_ARGUMENT where there is none. */
sep_status sep_test_set_find(const sep_data_config *config, sep_test_set *set) SEP_MUST_CHECK;
/* One scan: the image as it is in its file (sep_model_segment takes it so), the label map in the image's order. */
sep_status sep_test_set_load(const sep_data_config *config, const sep_test_set *set, int index, sep_volume *image,
                             sep_labels *label) SEP_MUST_CHECK;
void sep_test_set_free(sep_test_set *set);

/* ---- what training is not told ----------------------------------------------------------------------------------- */

/* Unlabelled training scans, read once more with the label maps that training must not see, to say how good a network's
 * labels of them are. The dataset knows nothing of these. */
typedef struct sep_withheld {
    int cases, scans;
    sep_scan *scan; /* as validation scans are read, in training order */
} sep_withheld;

/* The unlabelled scans of at most `cases` cases (0: of all), spread evenly over those cases, in training order, that
 * have label maps for unlabelled scans; scans without one are left out. `config` is what `dataset` was loaded by. None
 * where the dataset has no unlabelled scan; SEP_ERR_ARGUMENT where it has, and no label map for any. The caller frees
 * in any case. */
sep_status sep_withheld_load(const sep_data_config *config, const sep_dataset *dataset, int cases,
                             sep_withheld *withheld) SEP_MUST_CHECK;
void sep_withheld_free(sep_withheld *withheld);

/* ---- the two-stream sampler -------------------------------------------------------------------------------------- */

/* Which slices make the batch of an iteration: a pure function of (seed, iteration), so a resumed run needs no state.
 * Labelled: epoch e is one permutation of the labelled slices cut into batches, the incomplete last one dropped; with
 * fewer slices than a batch takes, permutations follow each other without a gap. Unlabelled: permutations one behind
 * the other for ever, never in step with the epochs. */
typedef struct sep_sampler {
    const sep_dataset *dataset;
    int labelled_batch, unlabelled_batch;
    uint64_t seed;
} sep_sampler;

/* Checks that both streams can be filled. */
sep_status sep_sampler_create(const sep_dataset *dataset, int labelled_batch, int unlabelled_batch, uint64_t seed,
                              sep_sampler *sampler) SEP_MUST_CHECK;
int sep_sampler_epoch_iterations(const sep_sampler *sampler); /* 1 at least */
sep_status sep_sampler_batch(const sep_sampler *sampler, uint32_t iteration, int *labelled,
                             int *unlabelled) SEP_MUST_CHECK;

/* ---- batches ----------------------------------------------------------------------------------------------------- */

typedef enum sep_zoom { SEP_ZOOM_NEAREST = 0, SEP_ZOOM_CUBIC, SEP_ZOOM_LINEAR } sep_zoom; /* scipy's orders 0, 3, 1 */

/* A slice resized to the patch, channel by channel: values [channels, height * width]. */
sep_status sep_patch_from_slice(const sep_volume *volume, int z, sep_zoom zoom, int height, int width,
                                float *patch) SEP_MUST_CHECK;
/* A label map of the patch (nearest) resized back into plane z of `labels`, whose size decides. */
void sep_slice_from_patch(const uint8_t *patch, int height, int width, sep_labels *labels, int z);

/* What a patch shows of a slice. */
typedef enum sep_patch_view {
    SEP_PATCH_WHOLE = 0, /* all of it, resized */
    SEP_PATCH_WINDOW     /* as many of its pixels as the patch has, wherever that is; 0 and background beyond it */
} sep_patch_view;

typedef struct sep_batch_config {
    int height, width; /* of the patch */
    int channels;      /* that networks are built for; 0: one. A loader refuses a dataset of other images */
    sep_patch_view view;
    int labelled_batch, unlabelled_batch;
    sep_augmentation augmentation;
    sep_strong_settings strong;
    sep_zoom image_zoom; /* of slices that strong augmentation does not resample */
    int threads;         /* that prepare batches ahead; 0 prepares each one when it is asked for */
    uint64_t seed;
    bool strong_given; /* the settings have a section [augmentation] */
    int streams;       /* that batches bring, SEP_MAX_STREAMS at most; the array outlives the loader */
    const sep_stream_request *stream;
} sep_batch_config;

/* Reads from section [data]: patch_size (or patch_height, patch_width), view = whole|window, augmentation =
 * thesis|flips|none|strong, image_zoom = nearest|cubic|linear (linear by default with strong augmentation, whose own
 * resampling is linear), loader_threads; and section [augmentation], for strong augmentation and strong views. Batch
 * sizes and streams are the caller's. */
sep_status sep_batch_config_read(sep_options *options, uint64_t seed, sep_batch_config *config) SEP_MUST_CHECK;

/* Labelled samples first. image is float32 [count, height, width, channels]; label is int32 [count, height, width], -1
 * where a label map ignores; in unlabelled samples zero, or the registered labels under the sample's own transform. */
typedef struct sep_batch {
    uint32_t iteration;
    int count, labelled, height, width, channels;
    int *slice_id; /* [count] */
    float *image;
    int32_t *label;
    sep_sample *sample;            /* [count] */
    void *stream[SEP_MAX_STREAMS]; /* in the order of the configuration's */
} sep_batch;

/* Hands out the batches of first_iteration, first_iteration + 1, ... Contents depend on the dataset, the seed and the
 * iteration, never on the number of threads. */
typedef struct sep_loader sep_loader;
sep_status sep_loader_create(const sep_dataset *dataset, const sep_batch_config *config, uint32_t first_iteration,
                             sep_loader **loader) SEP_MUST_CHECK;
/* The next batch, valid until the next call or the loader's end. One thread calls it. */
sep_status sep_loader_next(sep_loader *loader, const sep_batch **batch) SEP_MUST_CHECK;
void sep_loader_destroy(sep_loader *loader);
int sep_loader_epoch_iterations(const sep_loader *loader);

/* ---- phantoms: synthetic scans with exact labels, the same bits everywhere --------------------------------------- */

#define SEP_PHANTOM_CARDIAC_CLASSES 4 /* background, right ventricle, myocardium, left ventricle */
#define SEP_PHANTOM_ABDOMEN_CLASSES                                                                                    \
    9 /* background, aorta, gallbladder, left and right kidney, liver, pancreas, spleen, stomach */

extern const char *const sep_phantom_cardiac_names[SEP_PHANTOM_CARDIAC_CLASSES];
extern const char *const sep_phantom_abdomen_names[SEP_PHANTOM_ABDOMEN_CLASSES];

typedef enum sep_phase { SEP_END_DIASTOLE = 0, SEP_END_SYSTOLE } sep_phase;

typedef struct sep_phantom_config {
    int size;   /* rows and columns */
    int slices; /* 0: cardiac draws 8 to 12 a case, abdomen takes 3/8 of `size` */
    uint64_t seed;
} sep_phantom_config;

/* Scan of case `index`. Cardiac: cine-like intensities, short axis, 1.3 to 1.6 mm at 224 pixels (a field of view that
 * the size does not change), slices 8 to 10 mm apart from base to apex. Abdomen: HU, axial, from hip to diaphragm. Both
 * have geometry. */
sep_status sep_phantom_cardiac(const sep_phantom_config *config, int index, sep_phase phase, sep_volume *volume,
                               sep_labels *labels) SEP_MUST_CHECK;
sep_status sep_phantom_abdomen(const sep_phantom_config *config, int index, sep_volume *volume,
                               sep_labels *labels) SEP_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
