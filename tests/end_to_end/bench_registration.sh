# septum-bench registration and recovery: what they print, what they refuse, and that known transforms are found again
# to 0.3 voxel. Speeds are not looked at. Prints TAP.

. tests/support.sh
measures

bench() # CODE TEXT ARGUMENT...
{
    code=$1 text=$2
    shift 2
    septum-bench "$@" >out 2>err </dev/null
    judge $? "$code" "$text" "septum-bench $*"
}

# ---- refusals
bench 2 "give a phantom (cardiac, abdomen, ct), or two images" registration liver
bench 2 "give a phantom (cardiac, abdomen, ct), or two images" registration a.nii b.nii c.nii
bench 2 "a registration has 'affine' or 'bspline', not 'dx'" registration --pass dx
bench 2 "every table and number of threads finds the same" recovery --threads 1,2
bench 2 "--up-to 0.1: all perturbations are larger" recovery --up-to 0.1
bench 2 "no speeds for --svg and --compare" recovery --compare old.json
bench 2 "16 to 1024 rows" recovery --size 8
bench 2 "measured on the processor" recovery --device opencl:0
bench 1 "none.nii" recovery none.nii
bench 1 "none.nii" registration none.nii none.nii

# ---- speed
rows="registration cardiac --size 32 --seconds 0.01"
# shellcheck disable=SC2086 # words
bench 0 "" $rows --threads 1,2 --json
cp out old.json
for op in prepare register search jacobian warp-linear warp-cubic look-up; do
    has old.json "\"op\": \"$op\""
done
[ "$(grep -c '"median_ms"' old.json)" -eq 18 ] && [ "$(grep -c '"peak_rss_mib": [1-9]' old.json)" -eq 18 ] &&
    [ "$(grep -c '"points_per_second": [1-9]' old.json)" -eq 10 ]
report $? "nine rows for each of two numbers of threads, each with its memory; rates where there are points"
# shellcheck disable=SC2086
bench 0 "not in the old result" $rows --pass affine --threads 1 --compare old.json
# shellcheck disable=SC2086
bench 0 "warp-cubic" $rows --pass affine --threads 1
! grep -q bspline out
report $? "--pass affine: no B-spline"

# ---- recovery: a heart in 64 x 64 x 9 voxels
small="recovery cardiac --size 64 --trials 2 --up-to 2 --bspline-samples 8000 --grid 32"
# shellcheck disable=SC2086
bench 0 "" $small --json
for key in '"recovery": [' '"capture_ranges": [' '"kind": "bspline"' '"unit": "voxels"' '"median_error"'; do
    has out "$key"
done
[ "$(grep -c '"trials": 2' out)" -eq 5 ] && [ "$(grep -c '"recovered": 2' out)" -ge 4 ] &&
    [ "$(grep -c '"recovered": [12]' out)" -eq 5 ]
report $? "translations, all together, and B-splines up to 1 voxel: every trial below 0.3 voxel, at 2 voxels one of two"
errors() # JSON-FILE
{
    sed '/"machine"/,/}/d; /"seconds"/d' "$1"
}
# shellcheck disable=SC2086
bench 0 "" $small --pass affine --json --threads 2
errors out >two.json
# shellcheck disable=SC2086
bench 0 "" $small --pass affine --json --threads 1
errors out | cmp - two.json
report $? "the errors do not depend on threads"

# an image, without noise and with more than can be borne
septum phantom cardiac hearts --cases 1 --size 32 >out 2>err
image=hearts/imagesTr/patient001_frame01_0000.nii.gz
bench 0 "patient001_frame01_0000-32x32x" recovery $image --trials 1 --up-to 2 --pass affine
bench 0 '"worst_error": null' recovery $image --trials 3 --pass affine --json
bench 0 "body,kind,size,unit,trials,recovered" recovery $image --trials 1 --up-to 2 --pass affine --noise 0 --csv
bench 0 "translation: 100 % of the trials at no size tried" recovery $image --trials 2 --up-to 2 --pass affine \
    --noise 100

finish
