# OpenCL drivers that fail: what is said, what is kept, and that training goes on elsewhere. tests/opencl_faults.c, which
# stands before the real driver, makes them fail. Prints TAP.

. tests/support.sh

skip() # REASON
{
    echo "ok 1 - OpenCL faults # SKIP $1"
    exit 0
}

faults=$SEPTUM_BUILD/tests/opencl_faults.so
tests=$SEPTUM_BUILD/tests/unit
[ -e "$faults" ] || skip "built without OpenCL"
env LD_PRELOAD="$faults" septum --version >/dev/null 2>&1 || skip "this build can't be given another driver (sanitizers)"
septum devices --quick | grep -q '^opencl:0' || skip "no OpenCL device (PoCL would be one: pocl-opencl-icd)"
needs nifticlib

# Runs septum with faults, as `expect` does without.
faulty() # FAULTS CODE TEXT ARGUMENT...
{
    faulty_with=$1 code=$2 text=$3
    shift 3
    # shellcheck disable=SC2086 # several settings
    eval "env LD_PRELOAD='$faults' $faulty_with septum \"\$@\"" >out 2>err </dev/null
    judge $? "$code" "$text" "$faulty_with septum $*"
}

{ hearts_data && cat; } >hearts.ini <<'INI'
[train]
method = supervised
iterations = 30
labelled_batch = 8
validate_every = 0
checkpoint_every = 2
log_every = 4
[student_0]
net = u-net
base = 4
INI
expect 0 "" phantom cardiac hearts --cases 4 --test 1 --size 40 --slices 3 --quiet

# no platform, and a platform without hardware: the processor is offered, and taken by `auto`
for nothing in "OCL_ICD_VENDORS=$scratch" CL_FAULT_DEVICES=none; do
    faulty "$nothing" 0 "kernel tables, best first" devices --quick
    ! grep -q "^opencl:" out
    report $? "no OpenCL device is listed"
    faulty "$nothing" 1 "the CPU needs none: --device cpu" info net u-net --device opencl:0
    faulty "$nothing" 0 "parameters" info net u-net --device auto
done

# two devices of one name have numbers of their own
faulty CL_FAULT_DEVICES=2 0 "opencl:1" devices --quick
faulty CL_FAULT_DEVICES=2 0 "parameters" info net u-net --device opencl:1

# a kernel that does not compile: the program is named, with the compiler's words
faulty "XDG_CACHE_HOME=one CL_FAULT_BUILD=batch_stats" 1 "batch_norm.cl: line 1: no such instruction" \
    train hearts.ini --out broken --device opencl:0

# memory: refused before anything is computed where the plan shows it, else when the driver says so
faulty CL_FAULT_MEMORY=3000000 1 "train.labelled_batch=" train hearts.ini --out large --device opencl:0
[ ! -e large/last.safetensors ]
report $? "nothing was trained"
faulty 'CL_FAULT="clCreateBuffer 20 -4"' 1 "try a smaller batch" train hearts.ini --out full --device opencl:0

# warping: the processor is offered where a volume does not fit; a failure leaves no file
scan=$(find hearts/imagesTs -name "*.nii.gz" | sort | head -n 1)
printf '%s\n' '#Insight Transform File V1.0' 'Transform: TranslationTransform_double_3_3' 'Parameters: 1 2 0' \
    'FixedParameters:' >shift.tfm
set -- warp "$scan" --transform shift.tfm --grid "$scan" --out no.nii --device opencl:0
faulty CL_FAULT_MEMORY=30000 1 "take the processor, --device cpu" "$@"
faulty 'CL_FAULT="clEnqueueNDRangeKernel 3 -5"' 1 "way: the device has run out of resources" "$@"
faulty 'CL_FAULT="clEnqueueReadBuffer 3 -5"' 1 "download: the device has run out of resources" "$@"
faulty "XDG_CACHE_HOME=one CL_FAULT_BUILD=look_up_linear" 1 "lookup.cl: line 1: no such instruction" "$@"
[ ! -e no.nii ]
report $? "nothing was written"

# registration: the same; of a set the pairs that were finished are kept, and the processor goes on
other=$(find hearts/imagesTs -name "*.nii.gz" | sort | tail -n 1)
set -- register "$scan" "$other" --out no.tfm --device opencl:0
faulty CL_FAULT_MEMORY=30000 1 "the search for a transform needs a buffer" "$@"
faulty 'CL_FAULT="clEnqueueNDRangeKernel 40 -5"' 1 "the device has run out of resources" "$@"
faulty "XDG_CACHE_HOME=one CL_FAULT_BUILD=look_up_samples" 1 "search.cl: line 1: no such instruction" "$@"
[ ! -e no.tfm ]
report $? "nothing was written"
set -- register --all hearts.ini --labelled 1 --samples 500 --out lost.h5
faulty 'CL_FAULT="clEnqueueNDRangeKernel 1500 -5"' 1 "the device has run out of resources" "$@" --device opencl:0
expect 0 "0 failed" "$@"

# lost in mid-run: the checkpoint is whole, and the processor goes on to the same result
expect 0 "30 iterations" train hearts.ini --out straight
straight=$(hash_of out)
for fault in "clEnqueueNDRangeKernel 3000 -5" "clWaitForEvents 9 -36" "clEnqueueWriteBuffer 160 -14"; do
    rm -rf lost
    faulty "CL_FAULT='$fault'" 1 "continue with --resume" train hearts.ini --out lost --device opencl:0
    has err "opencl:0: "
    expect 0 "30 iterations" train hearts.ini --out lost --resume --device cpu
    [ "$(hash_of out)" = "$straight" ]
    report $? "it ends with the bits of a run that was not broken"
done
faulty 'CL_FAULT="clEnqueueNDRangeKernel 20 -5"' 1 "there is no checkpoint yet" \
    train hearts.ini --out early --device opencl:0

# a loss that is not finite amid an interval is seen at its end, before it is kept; the processor tells when it was
set -- --set student_0.optimiser=sgd --set student_0.learning_rate=1000 --set train.log_every=10 \
    --set train.checkpoint_every=20
faulty "" 1 "iteration 19: a loss is not finite, since now or some iterations ago" \
    train hearts.ini --out nan --device opencl:0 "$@"
expect 1 "iteration 11: a loss is not finite; the first operation" train hearts.ini --out nan --resume "$@"

# a driver without a cache of its own: septum keeps the binaries, and makes damaged ones again
XDG_CACHE_HOME=$scratch/cache
export XDG_CACHE_HOME
set -- predict hearts/imagesTs --model straight/last.safetensors --out predicted --device opencl:0
faulty CL_FAULT_PLATFORM=plain 0 "OpenCL: compiled" "$@"
faulty CL_FAULT_PLATFORM=plain 0 "" "$@"
! grep -q "OpenCL: compiled" err
report $? "a second start compiles none"
for file in "$XDG_CACHE_HOME"/septum/opencl/*; do echo rubbish >"$file"; done
faulty CL_FAULT_PLATFORM=plain 0 "OpenCL: compiled" "$@"

# small devices: every operation with 16 KiB of local memory and groups of 64
for test in "$tests"/test_device_*; do
    SEPTUM_TEST_OPENCL='' LD_PRELOAD=$faults CL_FAULT_LOCAL=16384 CL_FAULT_GROUP=64 "$test" >out 2>err
    report $? "${test##*/} with 16 KiB of local memory and groups of 64"
done

# arithmetic that is not the processor's is said, with how far it leads
faulty "XDG_CACHE_HOME=two 'CL_FAULT_TEXT=#define fma(a, b, c) ((a) * (b) + (c))
'" 1 "no fused multiply-add" \
    verify u-net --device opencl:0
has err "largest difference in that run"
faulty "XDG_CACHE_HOME=three CL_FAULT_OPTIONS=-cl-denorms-are-zero" 0 "subnormal numbers are flushed to 0" \
    info net u-net --device opencl:0

finish
