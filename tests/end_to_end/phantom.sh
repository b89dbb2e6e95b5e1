# septum phantom writes datasets that load, repeat, and are not overwritten. Prints TAP.

. tests/support.sh
needs nifticlib

phantom() # ARGUMENT...
{
    septum phantom "$@" >"$scratch/out" 2>&1 </dev/null
}

checksum_of() # FOLDER: of all voxels and descriptions, whatever zlib made of them
{
    (cd "$1" && find . -name '*.nii.gz' | LC_ALL=C sort | xargs gzip -dc && cat dataset.json) | cksum
}

phantom cardiac "$scratch/a" --cases 2 --test 1 --size 32 --slices 4 --seed 5
report $? "cardiac phantoms are written"

files=$(cd "$scratch/a" && find . -type f | LC_ALL=C sort | tr '\n' ' ')
wanted="./dataset.json ./imagesTr/patient001_frame01_0000.nii.gz ./imagesTr/patient001_frame08_0000.nii.gz \
./imagesTr/patient002_frame01_0000.nii.gz ./imagesTr/patient002_frame09_0000.nii.gz \
./imagesTs/patient003_frame01_0000.nii.gz ./imagesTs/patient003_frame10_0000.nii.gz \
./labelsTr/patient001_frame01.nii.gz ./labelsTr/patient001_frame08.nii.gz \
./labelsTr/patient002_frame01.nii.gz ./labelsTr/patient002_frame09.nii.gz \
./labelsTs/patient003_frame01.nii.gz ./labelsTs/patient003_frame10.nii.gz "
[ "$files" = "$wanted" ]
report $? "in nnU-Net's layout"

phantom cardiac "$scratch/b" --cases 2 --test 1 --size 32 --slices 4 --seed 5 &&
    [ "$(checksum_of "$scratch/a")" = "$(checksum_of "$scratch/b")" ]
report $? "the same seed gives the same scans"

phantom cardiac "$scratch/c" --cases 2 --test 1 --size 32 --slices 4 --seed 6 &&
    [ "$(checksum_of "$scratch/a")" != "$(checksum_of "$scratch/c")" ]
report $? "another seed gives others"

phantom abdomen "$scratch/d" --cases 1 --size 32
report $? "abdominal phantoms are written"

! phantom cardiac "$scratch/a" --cases 1 && grep -q "is there already" "$scratch/out"
report $? "a folder that is in use is left alone"

! phantom liver "$scratch/e" && grep -q "no phantom 'liver'" "$scratch/out" && [ ! -e "$scratch/e" ]
report $? "an unknown kind is an error"

finish
