# Allocations that fail, one a run, over the commands that users run: no crash, exit code 0 only with the whole result,
# otherwise a text that says so and does not blame the files, and no half of a file. tests/failing_malloc.c, preloaded,
# lets them fail. Some of each command's allocations are tried, spread over the whole run; SEPTUM_FAIL_EACH=1 tries all
# (hours). HDF5 is left out: libhdf5 crashes by itself where memory is short. Prints TAP.

. tests/support.sh

skip() # REASON
{
    echo "ok 1 - failing allocations # SKIP $1"
    exit 0
}

shim=${SEPTUM_BUILD:-build}/tests/failing_malloc.so
[ -e "$shim" ] || skip "there is no $shim"
[ -z "${EMULATOR:-}" ] || skip "the command runs under an emulator"
env LD_PRELOAD="$shim" FAIL_COUNT=number septum --version >/dev/null 2>&1
[ -s number ] || skip "this build can't be given another malloc (sanitizers, or a C library that is not glibc)"
needs nifticlib

export OMP_NUM_THREADS=1 # the order of allocations is that of the run before

# Runs septum with an allocation that fails, its results in the folder `made`.
run_with() # SETTING ARGUMENT...
{
    setting=$1
    shift
    rm -rf made
    mkdir made
    env LD_PRELOAD="$shim" "$setting" septum "$@" >said 2>err </dev/null
}

without_times() # FILE
{
    sed -e 's/[0-9.]* s$//' -e 's/[0-9.]* s each//' "$1"
}

# What is wrong with a run that ended with exit code $1; "" if nothing is.
fault_of() # EXIT-CODE
{
    if [ "$1" -gt 128 ]; then
        echo "killed by signal $(($1 - 128))"
    elif [ "$1" -eq 0 ]; then
        cmp -s said.plain good.said || echo "exit code 0 with another output"
        for file in $compared; do
            cmp -s "made/$file" "good/$file" || echo "exit code 0 with another $file"
        done
    elif [ ! -s err ]; then
        echo "exit code $1 without a word"
    elif grep -E 'damaged|truncated|not JSON|not what|no NIfTI|no PNG' err; then
        echo "(memory that ran out is called damage)"
    else
        for file in $compared; do
            [ ! -e "made/$file" ] || cmp -s "made/$file" "good/$file" || echo "half of $file"
        done
    fi
    find made -name '.*.tmp'
}

# Tries TRIES allocations of a command, all where TRIES is "all"; COMPARED are the files in `made` that are the same in
# every whole run.
try() # TRIES COMPARED ARGUMENT...
{
    tries=$1 compared=$2
    shift 2
    run_with FAIL_COUNT=number "$@" || cat err
    rm -rf good
    mv made good
    without_times said >good.said
    total=$(cat number) failing=0 tried=0
    [ -z "${SEPTUM_FAIL_EACH:-}" ] || tries=all
    [ "$tries" != all ] && [ "$tries" -lt "$total" ] || tries=$total
    : >out
    while [ $tried -lt "$tries" ]; do
        at=$((tried * total / tries))
        run_with FAIL_AT=$at "$@"
        code=$?
        without_times said >said.plain
        fault=$(fault_of $code)
        [ -z "$fault" ] || echo "FAIL_AT=$at: $fault" >>out
        [ -z "$fault" ] || failing=$((failing + 1))
        tried=$((tried + 1))
    done
    [ $failing -eq 0 ] && [ "$total" -gt 0 ]
    report $? "$tried of $total allocations of septum $1"
}

hearts_data >hearts.ini
cat >>hearts.ini <<'INI'
[train]
method = cross-teaching
iterations = 2
labelled_batch = 1
unlabelled_batch = 1
[student_0]
net = u-net
base = 4
[student_1]
net = u-net
base = 4
INI
sed -i 's/labelled_cases = 2/labelled_cases = 1/' hearts.ini
septum phantom cardiac hearts --cases 3 --test 1 --size 32 --slices 4 --quiet >out 2>err
septum train hearts.ini --out run --quiet >out 2>err
set -- hearts/imagesTr/*
first=$1 second=$2
label=hearts/labelsTr/$(basename "$first" _0000.nii.gz).nii.gz
septum register "$first" "$second" --out t.tfm --samples 64 --iterations 4 >out 2>err
report $? "the inputs are there"

try 20 "" info "$first"
try 60 "" info run/last.safetensors
try 20 "" info run/last.safetensors --json
try 40 out.nii.gz predict "$first" --model run/last.safetensors --out made/out.nii.gz
try 40 "s.csv s.json" evaluate --prediction hearts/labelsTr --reference hearts/labelsTr --csv made/s.csv \
    --json-file made/s.json
try 60 "f/features.npy f/points.csv f/tsne.svg f/features.html f/features.json" features run/last.safetensors "$first" \
    --labels "$label" --points 40 --student 0 --out made/f
try 60 out.nii convert "$first" made/out.nii
try 40 "out_000.png out_001.png" convert "$label" made/out.png --labels
try 40 out.tfm register "$first" "$second" --out made/out.tfm --samples 64 --iterations 4
try 40 out.nii.gz warp "$first" --transform t.tfm --grid "$second" --out made/out.nii.gz
try 40 page.html report run --out made/page.html
try 40 "h/dataset.json h/imagesTr/patient001_frame01_0000.nii.gz" phantom cardiac made/h --cases 1 --size 16 --slices 1
try 20 "r/last.safetensors r/evaluation.json" train hearts.ini --out made/r --set train.iterations=1
try 40 "" plan hearts --labelled 1 --hours 10000 --out made/p.ini
try 20 patient003_frame01.nii.gz propagate hearts.ini --out made --samples 64 --iterations 2
finish
