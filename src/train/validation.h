/* Validation: every answer on every validation scan. */
#ifndef SEPTUM_TRAIN_VALIDATION_H
#define SEPTUM_TRAIN_VALIDATION_H

#include "model/predictor.h"
#include "septum/metrics.h"
#include "train/answers.h"

/* Refuses validation scans that all are background: their mean Dice is that of no class. */
sep_status sep_validation_check(const sep_dataset *dataset) SEP_MUST_CHECK;
/* Fills one evaluation per answer (created here, freed by the caller with sep_evaluation_free). */
sep_status sep_validate(sep_predictor *predictor, const sep_dataset *dataset, const sep_answers *answers,
                        sep_evaluation *evaluation) SEP_MUST_CHECK;
/* Writes folder/evaluation.json and the overlays of the best, median and worst scan of that answer. */
sep_status sep_validation_write(sep_predictor *predictor, const sep_dataset *dataset, sep_answer answer,
                                const sep_evaluation *evaluation, const char *folder) SEP_MUST_CHECK;

#endif
