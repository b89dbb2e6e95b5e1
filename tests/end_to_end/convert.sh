# septum convert: there and back through every format, on the small files that the fuzz targets start from. Prints TAP.

. tests/support.sh
needs nifticlib HDF5 stb
seeds=$root/tests/fuzz/seeds

convert()
{
    septum convert "$@" >out 2>err </dev/null
}

# Fails with one line that holds TEXT, and writes nothing to "refused.*".
refuse() # CODE TEXT ARGUMENT...
{
    code=$1 text=$2
    shift 2
    convert "$@"
    [ $? -eq "$code" ] && [ "$(wc -l <err)" -eq 1 ] && grep -qF -- "$text" err && ! ls refused.* >/dev/null 2>&1
    report $? "refused: $text"
}

cp "$seeds/nifti/int16_scaled.nii" scan.nii
cp "$seeds/nifti/labels.nii" seg.nii

convert scan.nii image.nii.gz && convert --labels seg.nii labels.nii.gz --like image.nii.gz && grep -qF '6x5x3 voxels of 1.5x1.5x8 mm' out
report $? "NIfTI to NIfTI says sizes and spacing"

convert image.nii.gz pair.h5 --with-labels labels.nii.gz && grep -qF 'image and labels' out &&
    convert pair.h5 image2.nii.gz --labels-out labels2.nii.gz &&
    cmp image.nii.gz image2.nii.gz && cmp labels.nii.gz labels2.nii.gz
report $? "a NIfTI pair through one HDF5 file, the same bytes"

convert pair.h5 copy.h5 && cmp pair.h5 copy.h5
report $? "HDF5 to HDF5 keeps both datasets"

convert --labels labels.nii.gz drawn.png && [ -f drawn_002.png ] && [ ! -f drawn_003.png ] &&
    convert --labels drawn.png labels3.nii.gz --like image.nii.gz && cmp labels.nii.gz labels3.nii.gz
report $? "labels through PNG slices and --like, the same bytes"

rm drawn_002.png
refuse 1 "is one of 3 slices that were written together, but 2 are here" --labels drawn.png refused.nii
rm drawn_000.png
refuse 1 "its slice 0 (drawn_000.png) is missing, but drawn_001.png is there" --labels drawn.png refused.nii

convert --labels "$seeds/png/palette.png" PALETTE.PNG && convert --labels PALETTE.PNG again.png && cmp PALETTE.PNG again.png
report $? "the indices of a palette are classes, and stay them"
refuse 1 "is coloured" --labels --threshold 128 "$seeds/png/rgb.png" refused.nii
refuse 1 "none of the 2 that stand for classes" --labels --colours 000000,ff0000 "$seeds/png/rgb.png" refused.nii
refuse 2 "'red' is no colour" --labels --colours 000000,red "$seeds/png/rgb.png" refused.nii
refuse 2 "not both" --labels --colours 000000,ff0000 --threshold 9 "$seeds/png/rgb.png" refused.nii

convert scan.nii thick.nii --spacing 1.5,1.5,10 && grep -qF '1.5x1.5x10 mm' out
report $? "--spacing"

mkdir imagesTr labelsTr
cp image.nii.gz imagesTr/case_01_0000.nii.gz
cp scan.nii imagesTr/case_02_0000.nii
cp labels.nii.gz labelsTr/case_01.nii.gz
cp labels.nii.gz labelsTr/case_02.nii.gz
echo "not an image" >imagesTr/notes.txt
convert imagesTr cases --to h5 --with-labels labelsTr && [ "$(ls cases)" = "case_01_0000.h5
case_02_0000.h5" ] && convert cases back --to nii.gz --labels-out back_labels &&
    cmp back/case_01_0000.nii.gz image.nii.gz && cmp back_labels/case_02_0000.nii.gz labels.nii.gz
report $? "folders, nnU-Net's label names"

# grey levels: class 1 as 255, and back
convert --labels labels.nii.gz white.nii.gz --values "0,$(seq -s, 1000 1253),1,2,3" && report 1 "more than 256 values"
grep -qF "more than 256 values" err
report $? "too many values are refused"
convert --labels labels.nii.gz two.nii.gz --threshold 1 &&
    convert --labels two.nii.gz white.nii.gz --values "0,$(seq -s, 1000 1253),1" &&
    convert --labels white.nii.gz two_again.nii.gz --values 0,255 && cmp two.nii.gz two_again.nii.gz
report $? "--values there and back, the same bytes"
refuse 1 "the values 0,255 are grey levels, not class indices" --labels white.nii.gz refused.nii
refuse 1 "the values 0,255 are grey levels, not class indices" image.nii.gz refused.h5 --with-labels white.nii.gz
convert --labels white.nii.gz kept.nii.gz --values 0-255 && cmp white.nii.gz kept.nii.gz
report $? "--values 0-255 keeps the values"
refuse 2 "it needs --labels, --with-labels or --labels-out" scan.nii refused.nii --values 0,255
refuse 2 "not both" --labels white.nii.gz refused.nii --values 0,255 --threshold 128

refuse 1 "can't be opened" absent.nii refused.h5
refuse 1 "JPEG is not written" scan.nii refused.jpg
refuse 1 "give it the suffix" scan.nii refused.xyz
refuse 1 "is read and would be replaced" pair.h5 pair.h5
refuse 1 "would be written to one name" pair.h5 refused.nii --labels-out refused.nii
convert scan.nii only.h5
refuse 1 "has no dataset 'label'; it has: image" scan.nii refused.h5 --with-labels only.h5
refuse 1 "a label map holds whole numbers 0 to 255" --labels scan.nii refused.nii
rm labelsTr/case_02.nii.gz
refuse 1 "has no label map for case_02_0000.nii" imagesTr half --to h5 --with-labels labelsTr --quiet
refuse 2 "say with --to" imagesTr refused.d
refuse 2 "three positive numbers" scan.nii refused.nii --spacing 1,2
refuse 2 "--with-labels needs an HDF5 file" scan.nii refused.nii --with-labels seg.nii
refuse 2 "it needs --labels or --with-labels" scan.nii refused.nii --threshold 3
head -c 400 scan.nii >cut.nii
refuse 1 "truncated" cut.nii refused.nii

finish
