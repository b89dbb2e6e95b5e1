# The Python package beside the command: the same label map, scores, transform and warped image. The Python that has
# numpy is python3, or what PYTHON names. Prints TAP.

. tests/support.sh
needs nifticlib

python=${PYTHON:-python3}
skip() # REASON
{
    echo "ok 1 - Python # SKIP $1"
    echo "1..1"
    exit 0
}

[ -e "$SEPTUM_BUILD/libseptum.so" ] || skip "there is no shared library in this build"
"$python" -c 'import numpy' 2>/dev/null || skip "$python has no numpy"
SEPTUM_LIBRARY=$SEPTUM_BUILD/libseptum.so PYTHONPATH=$root/python "$python" -c 'import septum' 2>/dev/null ||
    skip "this build can't be loaded by Python (sanitizers)"

{ hearts_data && cat; } >hearts.ini <<'INI'
[train]
method = supervised
iterations = 20
labelled_batch = 4
validate_every = 0
[student_0]
net = u-net
base = 4
learning_rate = 0.02
INI
expect 0 "" phantom cardiac hearts --cases 4 --test 2 --size 40 --slices 4 --quiet
expect 0 "20 iterations" train hearts.ini --out run --threads 1
scans=$(find hearts/imagesTs -name '*.nii.gz' | sort)
first=$(echo "$scans" | head -n 1)
expect 0 "" convert "$first" image.nii --quiet
expect 0 "" convert "$(echo "$scans" | tail -n 1)" other.nii --quiet
expect 0 "" convert "$(find hearts/labelsTs -name '*.nii.gz' | sort | head -n 1)" reference.nii --labels --quiet
expect 0 "" predict image.nii --model run/last.safetensors --out predicted.nii --quiet
expect 0 "" evaluate --prediction predicted.nii --reference reference.nii --classes 4 --json-file scores.json --quiet
expect 0 "" register image.nii other.nii --out transform.tfm --quiet
expect 0 "" warp other.nii --transform transform.tfm --grid image.nii --out warped.nii --quiet

SEPTUM_LIBRARY=$SEPTUM_BUILD/libseptum.so PYTHONPATH=$root/python "$python" "$root/tests/reference/check_python.py" . \
    >checks 2>&1
grep -q "a run's log" checks
report $? "the package works: $(tail -n 1 checks)"
while read -r line; do
    case $line in
    "ok "*) report 0 "${line#ok }" ;;
    "not ok "*) report 1 "${line#not ok }" ;;
    esac
done <checks
finish
