# septum register, warp and transform: the files that come of a pair, and what can't be registered or warped. Prints
# TAP.

. tests/support.sh
needs nifticlib zlib stb jansson

# Little-endian float32 numbers at a byte of a file.
poke() # FILE OFFSET OCTAL-BYTES
{
    # shellcheck disable=SC2059 # the bytes are printf's escapes
    printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}

expect 0 "" phantom abdomen ab --cases 2 --size 48 --slices 16
a=ab/imagesTr/case0001_0000.nii.gz
b=ab/imagesTr/case0002_0000.nii.gz

# ---- a pair -------------------------------------------------------------------------------------------------------------

expect 0 "inside the moving one" register $a $b --out affine.tfm
expect 0 "voxels folded" register $a $b --transform bspline --grid 60 --jacobian-penalty 0.1 --out t.tfm \
    --warped warped.nii.gz --picture t.png --field field.nii.gz --jacobian growth.nii.gz
for file in affine.tfm t.tfm warped.nii.gz t.png field.nii.gz growth.nii.gz; do
    [ -s $file ]
    report $? "register writes $file"
done
expect 0 "" warp $b --transform t.tfm --grid $a --out again.nii.gz
cmp again.nii.gz warped.nii.gz >out 2>err
report $? "warp repeats what register wrote"
expect 0 "" warp $b --transform t.tfm --grid $a --out one.nii.gz --threads 1
SEPTUM_SIMD=generic septum warp $b --transform t.tfm --grid $a --out plain.nii.gz --threads 2 >out 2>err
cmp one.nii.gz plain.nii.gz >>out 2>>err
report $? "warp has the same bits in plain C and for any number of threads"
expect 0 "" warp $b --transform t.tfm --grid $a --interpolation cubic --out cubic.nii.gz
expect 0 "" warp --labels ab/labelsTr/case0002.nii.gz --transform t.tfm --grid $a --out labels.nii.gz
expect 0 "" warp --labels ab/labelsTr/case0002.nii.gz --labels-by linear --transform t.tfm --grid $a --out linear.nii.gz
expect 0 "" warp $a --inverse --transform t.tfm --grid $b --out back.nii.gz

expect 0 "affine after a B-spline" transform t.tfm --grid $a --field field_again.nii.gz
cmp field.nii.gz field_again.nii.gz >out 2>err
report $? "transform repeats the field that register wrote"
expect 0 "field of displacements, 48 x 48 x 16 voxels" transform field.nii.gz --grid $a
expect 0 "" warp --labels ab/labelsTr/case0002.nii.gz --transform field.nii.gz --grid $a --out by_field.nii.gz

# ---- slices -------------------------------------------------------------------------------------------------------------

expect 0 "" convert $a slice_a.png
expect 0 "" convert $b slice_b.png
expect 0 "" register slice_a_008.png slice_b_008.png --transform bspline --out flat.tfm --warped flat.png --picture view.png
expect 0 "" warp slice_b_008.png --transform flat.tfm --grid slice_a_008.png --out flat_again.png
cmp flat.png flat_again.png >out 2>err
report $? "warp repeats it of a picture"
expect 1 "a single slice can be registered to a single slice only" register $a slice_b_008.png --out no.tfm

# ---- what can't be done -------------------------------------------------------------------------------------------------

printf '%s\n' '#Insight Transform File V1.0' 'Transform: TranslationTransform_double_3_3' 'Parameters: 90000 0 0' \
    'FixedParameters:' >far.tfm
expect 0 "" warp $b --transform far.tfm --grid $a --outside 7 --out constant.nii.gz
expect 1 "constant" register $a constant.nii.gz --out no.tfm
expect 0 "" convert $b nan.nii
poke nan.nii 352 '\000\000\300\177'
expect 1 "not a number" register $a nan.nii --out no.tfm
expect 0 "" convert $b narrow.nii --spacing 0.01,0.01,0.01
expect 1 "the registration failed: too little overlap" register $a narrow.nii --out no.tfm
expect 0 "" convert $b apart.nii # 16384 mm apart: the centres bring it back
poke apart.nii 292 '\000\000\200\106'
expect 0 "inside the moving one" register $a apart.nii --out apart.tfm
expect 1 "can't be opened" register $a missing.nii.gz --out no.tfm
expect 1 "no folder" register $a $b --out nowhere/t.tfm
expect 1 "give it the suffix .tfm or .txt" register $a $b --out t.h5
expect 2 "as .png" register $a $b --out no.tfm --picture t.gif
expect 2 "as .nii.gz" register $a $b --out no.tfm --field t.tfm
expect 2 "--out is missing" register $a $b
[ ! -e no.tfm ]
report $? "a failed registration writes no file"

how="--transform affine.tfm --grid $a --out no.nii.gz"
expect 2 "are of images; label maps have --labels-by" warp --labels ab/labelsTr/case0002.nii.gz $how --interpolation cubic
expect 2 "are of images; label maps have --labels-by" warp --labels ab/labelsTr/case0002.nii.gz $how --outside 7
expect 2 "--labels-by goes with --labels" warp $b $how --labels-by linear
expect 1 "can't be opened" warp $b --transform missing.tfm --grid $a --out no.nii.gz
expect 1 "is no displacement field" warp $b --transform $a --grid $a --out no.nii.gz
expect 1 "does not start with" warp $b --transform t.png --grid $a --out no.nii.gz
expect 1 "can't be opened" warp missing.nii.gz --transform t.tfm --grid $a --out no.nii.gz
expect 1 "choose cpu, auto or opencl:N" warp $b --transform t.tfm --grid $a --out no.nii.gz --device gpu
expect 1 "whole numbers" warp --labels warped.nii.gz --transform t.tfm --grid $a --out no.nii.gz
expect 2 "--grid" transform t.tfm
expect 1 "can't be opened" transform missing.tfm --grid $a
[ ! -e no.nii.gz ]
report $? "a failed warp writes no file"

finish
