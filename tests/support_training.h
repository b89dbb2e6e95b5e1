/* Runs of a method on small phantoms, and what each must hold: a run that was broken off and continued leaves the bits
 * of one that was not, on every table of kernels and on an OpenCL device, and its checkpoint predicts. */
#ifndef SEPTUM_TESTS_SUPPORT_TRAINING_H
#define SEPTUM_TESTS_SUPPORT_TRAINING_H

#include "septum/train.h"

enum { SUPPORT_CLASSES = 4, SUPPORT_STEPS = 8 };

/* Two labelled scans, two unlabelled, one to validate on. */
sep_dataset *support_phantoms(void);
/* The same, whose images have so many channels, each twice the one before it: to the bit, whatever is done to all of
 * them alike. */
sep_dataset *support_phantoms_of(int channels);

typedef struct support_training {
    const sep_dataset *dataset;
    sep_options *options; /* the configuration's strings are its; freed by the caller */
    sep_train_config config;
} support_training;

/* SUPPORT_STEPS steps of a narrow U-Net, with these settings more. */
void support_training_configure(support_training *r, const sep_dataset *dataset, const char *method,
                                const char *settings);

/* Training into `out` on one thread of a device whose calls all go through `run`, which hands them on to
 * support_plain_run or not. */
typedef sep_status support_device_run(sep_device *device, const sep_call *call, const sep_step_info *step);
support_device_run support_plain_run;
sep_status support_train_through(const support_training *r, const char *out, bool resume, support_device_run *run);

/* The hash of a run in the scratch folder `name` that is broken off after each of these steps (-1 ends the list), and
 * then goes on to its end. */
uint64_t support_train_in_pieces(const support_training *r, const char *name, const int64_t *broken_off);
/* In the scratch folder `name`: breaks off after each of these steps (-1 ends the list), goes on, and compares. */
void support_check_method(const support_training *r, const char *name, const int64_t *broken_off);

#endif
