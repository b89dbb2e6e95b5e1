# septum-bench: shape words, the lists of layers, what it prints, what it refuses. Speeds are not looked at.
# Prints TAP.

. tests/support.sh
measures

# Like expect, of the other program.
bench() # CODE TEXT ARGUMENT...
{
    code=$1 text=$2
    shift 2
    septum-bench "$@" >out 2>err </dev/null
    got=$?
    [ $got -eq "$code" ] && { [ -z "$text" ] || cat out err | grep -qF -- "$text"; }
    report $? "septum-bench $*: exit code $code${text:+, "$text"}"
}

# One line, and a way to go on.
refuse() # TEXT ARGUMENT...
{
    text=$1
    shift
    septum-bench "$@" >out 2>err </dev/null
    [ $? -ne 0 ] && [ "$(wc -l <err)" -eq 1 ] && [ ! -s out ] && grep -qF -- "$text" err
    report $? "refused: $* ($text)"
}

# ---- the command line
bench 0 "Usage: septum-bench" --help
bench 0 "septum-bench 0." --version
bench 2 "unknown option '--no-such-option'" --no-such-option
! septum-bench --help | grep -E '^.{81}'
report $? "--help: 80 columns"
septum-bench --man >out 2>err && grep -q '^\.SH NAME' out &&
    { ! command -v groff >/dev/null || groff -man -Tascii -ww -z out >err 2>&1; } && [ ! -s err ]
report $? "--man"

# ---- words
refuse "there is no operation 'convolution'; there are: conv depthwise" convolution n1h8w8c4o4k3
refuse "no 'k'; words look like conv n_h_w_c_o_k_[s_][p_][b]" conv n1h8w8c4o4
refuse "unknown letter 'q'" conv n1h8w8c4o4k3q2
refuse "twice 'h'" conv n1h8h8c4o4k3
refuse "no number behind 'k'" conv n1h8w8c4o4k
refuse "0 behind 'n'" conv n0h8w8c4o4k3
refuse "a number behind 'b'" conv n1h8w8c4o4k3b1
refuse "unexpected '-'" conv n1h8w8c4o4k3-1
refuse "too large a number behind 'h'" conv n1h99999999999w8c4o4k3
refuse "the numbers do not fit together" conv n1h2w8c4o4k7p0
refuse "the numbers do not fit together" max-pool n1h7w8c4
refuse "too much for this machine" linear r268435456c4096o4096
refuse "which shape?" conv
refuse "--pass: 'forward' is not one of" conv n1h8w8c4o4k3 --pass forward
refuse "has no such pass" softmax r8c4 --pass dw
refuse "--isa: 'mmx' is not one of the tables" conv n1h8w8c4o4k3 --isa mmx
refuse "--threads: 'two'" conv n1h8w8c4o4k3 --threads two
refuse "there is no network 'v-net'" net v-net
refuse "which network?" net
refuse "a network chooses for itself" net u-net --algorithm direct

# ---- lists: what the networks' own graphs say
for net in u-net att-unet swin-unet cs-unet vit r50-unet r50-att-unet trans-unet r50-vit mt-unet batformer; do
    septum-bench net $net --layers >out 2>err && cmp out "$root/bench/models/$net.txt" >err 2>&1
    report $? "bench/models/$net.txt is the list of $net's layers (septum-bench net $net --layers)"
done

# ---- steps of methods: all that a configuration has by default, contrast and registered labels included
for method in $(septum info method | cut -d ' ' -f 1); do
    bench 0 "-$method " net u-net --set base=4 --method "$method" --batch 4 --size 32 --threads 1 --seconds 0.01
done
bench 0 "u-net:base=4:upsampling=transposed-n1h32w32" net u-net --set base=4 --set upsampling=transposed --batch 1 \
    --size 32 --threads 1 --seconds 0.01
bench 0 "u-net-n1h32w32 " net u-net --classes 2 --batch 1 --size 32 --threads 1 --seconds 0.01
refuse "did you mean 'u-net.base'?" net u-net --set bass=4
septum-bench net u-net --set base=4 --method mcsc --batch 4 --size 32 --threads 1 --seconds 0.01 --profile --json >out 2>err
has out "\"contrast_dx\""

septum-bench --layers --models "$root/bench/models" >out 2>err && cut -d ' ' -f 1,2 out | sort >read &&
    cat "$root"/bench/models/*.txt | cut -d ' ' -f 1,2 | sort -u >written && cmp read written >err 2>&1
report $? "every line of every list is read, and is written in its usual form"
mkdir lists
echo "conv n1h8w8c4o4k3" >lists/short.txt
refuse "short.txt: 'conv n1h8w8c4o4k3' is not 'OPERATION SHAPE COUNT'" --models lists
refuse "no lists of layers" --models "$root/bench"

# ---- results
tiny="n1h6w6c5o7k3b --threads 1,2 --seconds 0.05"
# shellcheck disable=SC2086 # words
bench 0 "" conv $tiny --json
cp out old.json
for key in op shape pass isa threads median_ms iqr_ms gflops gbytes percent_of_peak peer_ratio algorithm check machine peaks \
    gflops_end; do
    has old.json "\"$key\":"
done
[ "$(grep -c '"median_ms"' old.json)" -eq 6 ]
report $? "three passes by two thread counts are six rows"
has old.json '"shape": "n1h6w6c5o7k3b"'
! grep -q '"check": "differs"' old.json
report $? "no row differs from plain C"
# shellcheck disable=SC2086
bench 0 "op,shape,pass,isa,threads,median_ms" conv $tiny --csv
# shellcheck disable=SC2086
bench 0 "0 not in the old result" conv $tiny --compare old.json --svg roof.svg
has roof.svg "</svg>"
# shellcheck disable=SC2086

# which algorithm ran: that of the shape, or what was asked for where the shape allows it
for choice in "direct auto n1h6w6c5o7k3" "winograd winograd n1h6w6c5o7k3" "winograd auto n1h16w16c16o16k3" \
    "direct direct n1h16w16c16o16k3" "direct winograd n1h6w6c5o7k1"; do
    # shellcheck disable=SC2086
    set -- $choice
    septum-bench conv "$3" --algorithm "$2" --threads 1 --seconds 0.05 --json >out 2>err
    [ "$(grep -c "\"algorithm\": \"$1\"" out)" -eq 3 ] && ! grep -q '"check": "differs"' out
    report $? "conv $3 --algorithm $2: $1, three times, not different from plain C"
done

# twice as slow, and of no spread
sed 's/"\(median\|q1\|q3\)_ms": [^,]*/"\1_ms": 0.000001/' old.json >fast.json
# shellcheck disable=SC2086
bench 0 "0 faster, 6 slower, 0 within noise" conv $tiny --compare fast.json
echo '{"rows": [{"op": "conv"}]}' >broken.json
# shellcheck disable=SC2086
bench 1 "broken.json: row 1 lacks" conv $tiny --compare broken.json

# ---- the check against plain C
checked()
{
    septum-bench "$@" --check --threads 1,2 >out 2>err </dev/null && grep -q "all with the bits of generic" out
    report $? "septum-bench $* --check"
}
checked conv n1h9w7c5o7k3s2b
checked conv n2h4w4c5o3k2tb
checked depthwise n2h7w7c17k3m3
checked conv n2h9w7c17o19k3b --algorithm winograd
checked conv n2h16w16c16o17k3b --algorithm direct
checked linear r19c300o33b
checked linear r19c70o33a3b
checked attention n1h4w4c8m2k2s1b
checked contrast n2q33k127w5c3
checked contrast n1k35w5c3s
checked batch-norm r300c5a2d
checked group-norm n2r30c12g4a1
checked layer-norm r30c17g3
for unary in relu leaky-relu gelu dropout scale squared-norm sgd adam ema; do
    checked $unary e1003
done
for rows in softmax log-softmax argmax add mul row-sum mul-row-sum one-hot channel-rank cross-entropy dice mse; do
    checked $rows r67c5
done
checked add r67c5v
checked dropout-bits e1003
checked max-pool n2h6w4c5s
checked max-pool2d n2h7w9c5k3s2p1
for map in max-pool upsample-bilinear upsample-nearest; do
    checked $map n2h6w4c5
done
checked concat r9c3o5
checked slice r9c7o3p2
checked gather s211r67c5
checked gather s4r67c17g3
checked put s9r67c5
checked concat-batch e1003o7
checked turn n2s7c5z
checked resize-nearest n2h7w5c3p4q11
checked window n1h6w6c5k3s1
checked space-to-depth n1h6w4c3k2j

# ---- whole networks, as small as they come
bench 0 '"shape": "u-net-n1h16w16"' net u-net --batch 1 --size 16 --seconds 0.1 --threads 1 --json
has out '"planned_mib":'
has out '"peak_rss_mib":'
bench 0 "images/s" net u-net --batch 1 --size 16 --seconds 0.1 --pass infer --threads 1
bench 0 "shape and pass" net u-net --batch 1 --size 16 --seconds 0.1 --threads 1 --profile
bench 0 '"followers":' net u-net --batch 1 --size 16 --seconds 0.1 --threads 1 --profile --json
for key in operations parts shapes; do
    has out "\"$key\": ["
done
has out '"name": "conv2d + batch_stats"'

# ---- an OpenCL device, where there is one
refuse "--device: cpu or opencl:N, not 'gpu'" conv n1h8w8c4o4k3 --device gpu
refuse "opencl:99" conv n1h8w8c4o4k3 --device opencl:99
refuse "give one table" conv n1h8w8c4o4k3 --device opencl:0 --threads 1,2
refuse "exclude each other" conv n1h8w8c4o4k3 --device opencl:0 --fast --reproducible
bench 0 "cpu: best table" --list
if ! grep -q '^opencl:0' out; then
    echo "ok $((count + 1)) - a device # SKIP no OpenCL device (PoCL would be one: pocl-opencl-icd)"
    count=$((count + 1))
    finish
fi
device="--device opencl:0 --threads 1 --seconds 0.1"
# shellcheck disable=SC2086
bench 0 "" linear r67c33o17b $device --json
for key in cpu_median_ms cpu_ratio gflops_end '"isa": "opencl:0"' '"device": "opencl:0'; do
    has out "$key"
done
[ "$(grep -c '"median_ms"' out)" -eq 3 ] && ! grep -q -e '"check": "differs"' -e '"check": "not as peer"' out
report $? "three passes, none with other bits than the processor's"
cp out device.json
# shellcheck disable=SC2086
bench 0 "the old result is of another device" linear r67c33o17b $device --fast --compare device.json
grep -q "near" out
report $? "fast mode is near"
bench 0 "all with the bits of generic" conv n1h9w7c5o7k3s2b --check --device opencl:0
# shellcheck disable=SC2086
bench 0 '"shape": "u-net-n1h16w16"' net u-net --batch 1 --size 16 --pass infer $device --json
grep -q '"cpu_ratio": [0-9]' out
report $? "the row of the device has the ratio to the processor's"

# ---- tuning: lines of others stay, what can't be is left out, what is there is used
XDG_CONFIG_HOME=$scratch/config
export XDG_CONFIG_HOME
mkdir -p config/septum
line="another | device | 1.0 | product | SIDE=16 ITEM_ROWS=4 ITEM_COLUMNS=4 STEPS=8"
echo "$line" >config/septum/tuning.txt
bench 0 "written to $scratch/config/septum/tuning.txt" tune --minutes 0.05
grep -qxF "$line" config/septum/tuning.txt
report $? "lines of other devices are kept"
for family in product narrow_product convolution narrow_convolution outer narrow_outer winograd attention reduction; do
    [ "$(grep -c "| $family |" config/septum/tuning.txt)" -ge 1 ]
    report $? "tuned: $family"
done
sed -i 's/| narrow_outer | SIDE=[0-9]*/| narrow_outer | SIDE=7/' config/septum/tuning.txt
bench 0 "unknown value of SIDE" conv n1h9w7c5o7k3s2b --check --device opencl:0
sed -i -e '/narrow_outer/d' -e 's/\(.*\)| convolution |.*/&\n\1| narrow_outer | SIDE=16 ITEM_ROWS=4 ITEM_COLUMNS=1 STEPS=8/' \
    config/septum/tuning.txt
bench 0 "all with the bits of generic" conv n1h9w7c5o7k3s2b --check --device opencl:0
refuse "CLBlast, which has tuners" tune --fast

finish
