/* What validation decided, in a checkpoint's description. */
#ifndef SEPTUM_MODEL_DECISIONS_H
#define SEPTUM_MODEL_DECISIONS_H

#include "base/json.h"
#include "septum/model.h"

/* Adds "tta", "smooth" where it is true, "components" (the classes) and, where there is one, "calibration" to the
 * description; nothing of decisions that are not known. */
void sep_decisions_to_json(const sep_decisions *decisions, json_t *root);
/* `classes` and `square` patches are those of the networks: what they can't have is damage. */
sep_status sep_decisions_from_json(const json_t *root, int classes, bool square,
                                   sep_decisions *decisions) SEP_MUST_CHECK;

#endif
