/* Parameters of programs: the sizes of tiles and groups, which show in no result. Defaults stand in SEP_CL_PROGRAMS; a
 * database has what was measured to be faster on a device.
 *
 *     parameters.c   the text "GROUP=64 STEPS=16", its values and what they may be
 *     database.c     lines for a device: those that septum brings, and the user's own
 *     trial.c        do tuned kernels give the bits of the default ones? */
#ifndef SEPTUM_DEVICE_OPENCL_TUNING_H
#define SEPTUM_DEVICE_OPENCL_TUNING_H

#include "device/opencl/opencl.h"

const char *sep_cl_program_name(sep_cl_program program);
const char *sep_cl_default_parameters(sep_cl_program program); /* "" where there are none */
bool sep_cl_is_tuned(const sep_cl *cl, sep_cl_program program);
/* Gives the program other parameters and drops what was compiled with the old ones. Refused (SEP_ERR_ARGUMENT): other
 * names than the default's, values that the sources do not know, and what the device's limits do not allow. */
sep_status sep_cl_set_parameters(sep_cl *cl, sep_cl_program program, const char *text) SEP_MUST_CHECK;
/* The values that a parameter may have, 0 at the end; NULL: no such parameter. */
const int *sep_cl_choices(const char *parameter);
/* The value of a parameter in a text, or 0. */
int sep_cl_value_in(const char *parameters, const char *name);

/* Reads the database for the device. What does not fit is said in the log and left out. */
void sep_cl_read_tuning(sep_cl *cl);
/* Puts the parameters of all tuned programs into the user's file, in place of the device's lines of them; gives the
 * file's name (sep_free). */
sep_status sep_cl_write_tuning(const sep_cl *cl, char **path) SEP_MUST_CHECK;

/* Runs small calls with the program as it is and with its defaults. SEP_ERR_NUMERIC where the bits differ. */
sep_status sep_cl_try_tuned(sep_cl *cl, sep_cl_program program) SEP_MUST_CHECK;

#endif
