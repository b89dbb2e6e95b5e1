/* septum: everything at once. */
#ifndef SEPTUM_H
#define SEPTUM_H

#include "septum/augment.h"
#include "septum/base.h"
#include "septum/data.h"
#include "septum/device.h"
#include "septum/graph.h"
#include "septum/image.h"
#include "septum/losses.h"
#include "septum/matcher.h"
#include "septum/methods.h"
#include "septum/metrics.h"
#include "septum/model.h"
#include "septum/nets.h"
#include "septum/operation.h"
#include "septum/ops.h"
#include "septum/plan.h"
#include "septum/process.h"
#include "septum/propagation.h"
#include "septum/quality.h"
#include "septum/registered.h"
#include "septum/registration.h"
#include "septum/registration_pairs.h"
#include "septum/report.h"
#include "septum/safetensors.h"
#include "septum/settings.h"
#include "septum/streams.h"
#include "septum/tensor.h"
#include "septum/train.h"
#include "septum/verify.h"

#endif
