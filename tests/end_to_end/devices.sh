# OpenCL devices through the command: listing, training with the CPU's bits, the cache of kernels, going on elsewhere.
# Prints TAP. Needs an OpenCL driver for most of it; PoCL is one for processors.

. tests/support.sh

XDG_CACHE_HOME=$scratch/cache
POCL_CACHE_DIR=$scratch/pocl
export XDG_CACHE_HOME POCL_CACHE_DIR
mkdir -p "$XDG_CACHE_HOME" "$POCL_CACHE_DIR"

{ hearts_data && cat; } >hearts.ini <<'INI'
[train]
method = supervised
iterations = 8
labelled_batch = 2
validate_every = 4
checkpoint_every = 2
log_every = 2
[student_0]
net = u-net
base = 4
INI

expect 0 "kernel tables, best first" devices --quick
expect 0 '"device": "cpu"' devices --quick --json
expect 1 "choose cpu, auto or opencl:N" info net u-net --device gpu
expect 1 "opencl:99" info net u-net --device opencl:99

case " $(septum --version) " in
*without:*nifticlib*)
    echo "ok $((count + 1)) - training on a device # SKIP this build lacks nifticlib"
    count=$((count + 1))
    finish
    ;;
esac
if ! septum devices --quick | grep -q '^opencl:0'; then
    echo "ok $((count + 1)) - training on a device # SKIP no OpenCL device (PoCL would be one: pocl-opencl-icd)"
    count=$((count + 1))
    finish
fi

# In septum's cache and in PoCL's, which leaves temporary files there too.
compiled_files()
{
    find "$scratch/cache" "$scratch/pocl" -type f ! -name "tempfile*" | sort
}

expect 0 "" phantom cardiac hearts --cases 4 --test 1 --size 40 --slices 3 --quiet
expect 0 "8 iterations" train hearts.ini --out cpu
whole=$(hash_of out)
expect 0 "8 iterations" train hearts.ini --out device --device opencl:0
[ "$(hash_of out)" = "$whole" ]
report $? "the device trains to the CPU's bits ($whole)"
grep -q "OpenCL: compiled" err
report $? "the first start compiles kernels"

expect 0 "" predict hearts/imagesTs --model cpu/last.safetensors --out on-cpu --quiet
expect 0 "" predict hearts/imagesTs --model cpu/last.safetensors --out on-device --device opencl:0
compiled_files >before
expect 0 "" predict hearts/imagesTs --model cpu/last.safetensors --out again --device opencl:0
compiled_files | cmp - before
report $? "a second start compiles nothing"
for file in on-cpu/*.nii.gz; do
    gzip -dc "$file" >a && gzip -dc "on-device/${file##*/}" >b && cmp a b
    report $? "predictions are the CPU's"
done

# several channels: a step takes them as one map
cp -r hearts two
for file in two/images*/*_0000.nii.gz; do
    cp "$file" "${file%_0000.nii.gz}_0001.nii.gz"
done
tr -d "\n" <hearts/dataset.json | sed 's/"channel_names": *{[^}]*}/"channel_names": {"0": "a", "1": "b"}/' >two/dataset.json
sed 's/^folder = .*/folder = two/' hearts.ini >two.ini
expect 0 "8 iterations" train two.ini --out two-cpu --set train.validate_every=0
both=$(hash_of out)
expect 0 "8 iterations" train two.ini --out two-device --set train.validate_every=0 --device opencl:0
[ "$(hash_of out)" = "$both" ]
report $? "two channels: the device trains to the CPU's bits ($both)"

# warping: a transform that turns and shears
scan=$(find hearts/imagesTs -name "*.nii.gz" | sort | head -n 1)
printf '%s\n' '#Insight Transform File V1.0' 'Transform: AffineTransform_double_3_3' \
    'Parameters: 0.9 0.1 0 -0.1 1.05 0.02 0.01 0 1 1.5 -2.25 0.75' 'FixedParameters: 0 0 0' >turn.tfm
for way in "--interpolation linear" "--interpolation cubic" --inverse; do
    # shellcheck disable=SC2086 # an option and its value
    expect 0 "" warp "$scan" --transform turn.tfm --grid "$scan" --out by-cpu.nii $way
    # shellcheck disable=SC2086
    expect 0 "" warp "$scan" --transform turn.tfm --grid "$scan" --out by-device.nii --device opencl:0 $way
    cmp by-cpu.nii by-device.nii >out 2>err
    report $? "warp $way has the CPU's bits"
done
# registration: the search on the device, then the warping
other=$(find hearts/imagesTr -name "*.nii.gz" | sort | head -n 1)
for how in "--metric ncc" "--metric mi" "--transform bspline --metric lncc --grid 20"; do
    for device in cpu opencl:0; do
        # shellcheck disable=SC2086 # options and their values
        expect 0 "inside the moving one" register "$scan" "$other" $how --samples 4000 --bspline-samples 2000 \
            --out $device.tfm --warped $device.nii --device $device
    done
    cmp cpu.tfm opencl:0.tfm >out 2>err && cmp cpu.nii opencl:0.nii >>out 2>>err
    report $? "register $how has the CPU's bits"
done
for device in cpu opencl:0; do
    expect 0 "label maps" propagate hearts.ini --labelled 2 --samples 500 --out by-$device --device $device
done
diff -r by-cpu by-opencl:0 >out 2>err
report $? "propagate has the CPU's bits"
expect 1 "opencl:99" register "$scan" "$other" --out no.tfm --device opencl:99

expect 1 "opencl:99" warp "$scan" --transform turn.tfm --grid "$scan" --out no.nii --device opencl:99

# the fast mode, and the CPU, which has none
expect 0 "changes nothing here" train hearts.ini --out fast-cpu --fast
[ "$(hash_of out)" = "$whole" ]
report $? "--fast changes nothing on the CPU"
expect 0 "8 iterations" train hearts.ini --out fast --fast --device opencl:0
grep -q "fast mode: linear layers by" err
report $? "--fast says what it does"
expect 0 "" predict hearts/imagesTs --model fast/last.safetensors --out on-fast --device opencl:0 --fast
expect 2 "exclude each other" train hearts.ini --out fast --fast --reproducible

# killed on the device, continued on the CPU
set -- --set train.iterations=60 --set train.validate_every=0
septum train hearts.ini --out stopped --device opencl:0 "$@" >out 2>err </dev/null &
child=$!
until [ -e stopped/last.safetensors ] || ! kill -0 $child 2>/dev/null; do sleep 0.05; done
kill -KILL $child
wait $child 2>/dev/null
report $((! $?)) "a run on the device is killed"
expect 0 "60 iterations" train hearts.ini --out stopped --resume "$@"
stopped=$(hash_of out)
expect 0 "60 iterations" train hearts.ini --out straight "$@"
[ "$(hash_of out)" = "$stopped" ]
report $? "it ends on the CPU with the bits of one that was not ($stopped)"

finish
