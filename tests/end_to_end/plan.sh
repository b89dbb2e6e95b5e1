# septum plan: data sets in each format, planned and trained as planned; what looks wrong; what is refused. Prints TAP.

. tests/support.sh
needs nifticlib HDF5 stb
OMP_NUM_THREADS=1
export OMP_NUM_THREADS

# Trained as planned but for a narrow network, and registration the quick way: what takes long is not looked at here. Where
# only the reading of data is looked at, a method is asked for whose steps are quickly timed.
plan() # FOLDER OUT ARGUMENT...: plans anew, and trains a handful of iterations of it
{
    folder=$1 ini=$2
    shift 2
    expect 0 "$ini.ini" plan "$folder" --hours 8 --out "$ini.ini" --threads 1 --quiet "$@"
    expect 0 "2 iterations" train "$ini.ini" --out "runs/$ini" --threads 1 --quiet --set train.iterations=2 \
        --set train.validate_every=2 --set registration.transform=affine --set student_0.base=4
    grep -q "</html>" "$ini.html" && ! grep -q "<script" "$ini.html"
    report $? "$ini.html is a page"
}

# ---- nnU-Net --------------------------------------------------------------------------------------------------------

expect 0 "" phantom cardiac hearts --cases 7 --size 32 --slices 3 --seed 3 --quiet
plan hearts hearts
has hearts.ini "format = nnunet"
has hearts.ini "method = supervised"
has hearts.ini "ema = 0.99"
has hearts.ini "validation_list = hearts.val.list"
[ "$(tr '\n' ' ' <hearts.val.list)" = "patient007_frame01 patient007_frame14 " ]
report $? "the last case validates, by the names of its scans"

# Who validates stays when other scans get label maps; a new plan chooses anew, unless it is told to stay.
cp -r hearts growing
rm growing/labelsTr/patient007*
expect 0 "growing.val.list: who validates" plan growing --method supervised --hours 0.01 --out growing.ini --threads 1 --quiet
cp growing.val.list first.list
[ "$(cut -d _ -f 1 first.list | uniq)" = patient006 ]
report $? "of the labelled ones"
cp hearts/labelsTr/patient007* growing/labelsTr
expect 0 "(36 labelled, of 6 cases); validation: 1 cases, 2 scans" train growing.ini --out runs/growing --threads 1 --set train.iterations=2
expect 1 "growing.ini: is there already" plan growing --out growing.ini --quiet
expect 0 "" plan growing --method supervised --hours 0.01 --out growing.ini --threads 1 --quiet --force \
    --validation-list growing.val.list
has growing.ini "validation_list = growing.val.list"
cmp growing.val.list first.list
report $? "a list that is given is kept"
rm growing.ini growing.html
expect 1 "growing.val.list: is there already" plan growing --out growing.ini --quiet
has hearts.ini "right ventricle"
has hearts.ini "patch_size = 32"

# Label maps of unlabelled scans are not read, whatever is in them.
cp -r hearts few
for i in 3 4 5 6; do
    for file in few/labelsTr/patient00${i}*; do echo nothing >"$file"; done
done
plan few few --labelled 2 --seed 5
has few.ini "labelled_cases = 2"
has few.ini "method = night"
has few.ini "seed = 5"
expect 0 "" plan few --labelled 2 --hours 0.001 --out hurried.ini --threads 1 --quiet
has hurried.ini "method = supervised"
has hurried.ini "Into the hours fit"
has hurried.ini "registered_probability = 0.7"
has hurried.ini "transform = affine"
! grep -q "unlabelled_batch\|registered = yes" hurried.ini
report $? "and only their shapes are taken from them"
expect 0 "iterations" train hurried.ini --out runs/hurried --threads 1 --quiet --set train.iterations=2
expect 0 "" plan few --labelled 1 --hours 0.001 --out one-hurried.ini --threads 1 --quiet
has one-hurried.ini "method = supervised"
plan few one --labelled 1
has one.ini "method = night"
has one.ini "transform = bspline"
has one.ini "register them with all others, which takes about"
expect 0 "" plan few --labelled 2 --method night --hours 0.001 --out asked.ini --threads 1 --quiet
has asked.ini "method = night"
rm few/labelsTr/patient00[3456]*
plan few cases
has cases.ini "3 labelled cases with"
has cases.ini "No case validates"
has cases.ini "validate_every = 0"
plan few mean --method mean-teacher
has mean.ini "method = mean-teacher"
expect 1 "there is no method 'nonsense'" plan few --out none.ini --method nonsense --quiet
expect 1 "only 7 training cases have label maps" plan hearts --out none.ini --labelled 9 --quiet

# ---- CT, sides, another axis ----------------------------------------------------------------------------------------

expect 0 "" phantom abdomen bellies --cases 3 --size 32 --quiet
plan bellies bellies
has bellies.ini "intensity = window"
has bellies.ini "tell left from right by their names"
has bellies.ini "mirror = none"

# Two channels, of which the second is the CT: each has the rule that is its own, and steps are timed with both.
cp -r bellies both
for label in both/labelsTr/*; do
    name=$(basename "$label" .nii.gz)
    mv "both/imagesTr/${name}_0000.nii.gz" "both/imagesTr/${name}_0001.nii.gz"
    cp "$label" "both/imagesTr/${name}_0000.nii.gz"
done
tr -d "\n" <bellies/dataset.json | sed 's/"channel_names": *{[^}]*}/"channel_names": {"0": "truth", "1": "CT"}/' \
    >both/dataset.json
plan both both
has both.ini "channels = 2"
has both.ini "intensity = min-max, window"
has both.ini "window_low = 0, -"
has both.ini "; CT: Values far below 0"
has both.html "Intensities, channel 1 (CT)"
mib() { sed -n 's/.*memory: all scans<\/th><td class="n">\([0-9.]*\).*/\1/p' "$1"; }
awk "BEGIN {exit !($(mib both.html) > 1.2 * $(mib bellies.html))}"
report $? "scans of two channels take $(mib both.html) MiB, of one $(mib bellies.html)"
expect 0 "" predict both/imagesTr --model runs/both/last.safetensors --out both_maps --quiet
expect 0 "mean" evaluate --prediction both_maps --reference both/labelsTr
mv "$(ls both/imagesTr/*_0001.nii.gz | tail -n 1)" away.nii.gz
expect 1 "is missing: channel 1 of the 2" plan both --out none.ini --quiet

expect 0 "" phantom cardiac small --cases 3 --size 32 --slices 3 --seed 9 --quiet
for name in patient001_frame01 patient001_frame08; do
    septum convert "small/imagesTr/${name}_0000.nii.gz" "small/imagesTr/${name}_0000.nii.gz" --spacing 8,8,9 >out 2>err
    septum convert "small/labelsTr/$name.nii.gz" "small/labelsTr/$name.nii.gz" --labels --spacing 8,8,9 >out 2>err
done
plan small small --labelled 2 --method supervised
has small.ini "spacing = "
has small.ini "all slices are brought to the median"

# ---- HDF5 -----------------------------------------------------------------------------------------------------------

mkdir -p packed/volumes
for file in hearts/labelsTr/*; do
    name=${file##*/}
    name=${name%.nii.gz}
    septum convert "hearts/imagesTr/${name}_0000.nii.gz" "packed/volumes/$name.h5" --with-labels "$file" >out
done
for i in 1 2 3 4 5; do echo "patient00$i"; done >packed/train.list
printf '%s\n' patient006 >packed/val.list
plan packed packed --labelled 3 --method supervised
has packed.ini "format = hdf5"
has packed.ini "train_list = packed/train.list"
has packed.ini "classes = 4"
has packed.html "in no list"
cp packed/val.list other.list
plan packed listed --validation-list other.list --method supervised
has listed.ini "validation_list = other.list"
expect 1 "is in both" plan packed --out none.ini --validation-list packed/train.list --quiet

# Files without a label map are unlabelled, wherever they stand.
mkdir partly
cp packed/volumes/patient00[12]* partly/
for file in hearts/imagesTr/patient00[34]*; do
    name=${file##*/}
    septum convert "$file" "partly/${name%_0000.nii.gz}.h5" >out
done
mv partly/patient003_frame01.h5 partly/patient000_frame01.h5
plan partly partly --method supervised
has partly.ini "2 labelled cases"

# A case of which some scans have no label map does not validate.
cp -r hearts frames && rm frames/labelsTr/*_frame0[89]* frames/labelsTr/*_frame1*
plan frames frames --method supervised
has frames.ini "No case validates"
cp hearts/labelsTr/patient00[1256]* frames/labelsTr/
expect 0 "1 that validate" plan frames --method supervised --hours 0.1 --out complete.ini --threads 1

# Slices are their patient's, however many there are.
mkdir slices
for patient in 1 2 3; do
    for slice in 01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17; do
        cp packed/volumes/patient001_frame01.h5 "slices/case000${patient}_slice0$slice.h5"
    done
done
expect 0 "3 labelled cases" plan slices --method supervised --hours 0.1 --out slices.ini --threads 1
has slices.ini "group_separator = _"

# ---- pairs ----------------------------------------------------------------------------------------------------------

expect 0 "" phantom cardiac flat --cases 4 --size 32 --slices 1 --quiet
mkdir -p pairs/images pairs/masks
for file in flat/labelsTr/*; do
    name=${file##*/}
    name=${name%.nii.gz}
    septum convert "flat/imagesTr/${name}_0000.nii.gz" "pairs/images/$name.png" >out
    septum convert "$file" "pairs/masks/$name.png" --labels >out
done
plan pairs pairs --labelled 2 --method supervised
has pairs.ini "format = pairs"
has pairs.ini "classes = 4"

# White masks, and one that was corrected as class indices: it is not read as empty, nor 255 as what nobody annotated.
mkdir -p white/masks mask
cp -r pairs/images white
septum convert pairs/masks mask --labels --to png --threshold 1 --quiet >out 2>err
septum convert mask white/masks --labels --to png --values "0,$(seq -s, 301 554),1" --quiet >out 2>err
expect 0 "" plan white --method supervised --hours 0.1 --out white.ini --threads 1 --quiet
has white.ini "mask_threshold = 128"
corrected=$(ls mask | head -n 1)
cp "mask/$corrected" white/masks
expect 1 "masks/$corrected: its largest value is 1, below data.mask_threshold = 128" info white.ini
expect 1 "masks/$corrected: holds class indices (1 of the label maps do)" plan white --out none.ini --quiet

# Colours that stand for classes are said, and so are values; the configuration has them.
mkdir -p drawn/images drawn/masks
base64 -d >drawn/masks/a.png <<'PNG'
iVBORw0KGgoAAAANSUhEUgAAAB4AAAAUCAIAAAAVyRqTAAAAJUlEQVR4nGNgGIqAEc76T7xS4gATqW4ZNXrU6JFt9CgYBcMRAAC86QEUF9RW4AAA
AABJRU5ErkJggg==
PNG
cp drawn/masks/a.png drawn/images
expect 1 "--colours RRGGBB" plan drawn --out drawn.ini --quiet
plan drawn drawn --method supervised --colours 000000,ff0000
has drawn.ini "label_colours = 000000,ff0000"
has drawn.ini "classes = 2"
plan pairs said --method supervised --labelled 2 --values 0,3,2,1
has said.ini "label_values = 0,3,2,1"
expect 2 "not both" plan pairs --out none.ini --values 0,1 --threshold 128

# ---- what looks wrong -----------------------------------------------------------------------------------------------

cp -r hearts wrong
cp wrong/imagesTr/patient001_frame01_0000.nii.gz wrong/imagesTr/patient002_frame01_0000.nii.gz
cp wrong/labelsTr/patient001_frame01.nii.gz wrong/labelsTr/patient002_frame01.nii.gz
expect 0 "image is there twice" plan wrong --method supervised --threads 1 --hours 0.1 --out wrong.ini --quiet
has wrong.ini "patient002_frame01"
cp hearts/imagesTr/patient003_frame01_0000.nii.gz wrong/imagesTr/patient002_frame01_0000.nii.gz
expect 1 "lies elsewhere than its image" plan wrong --out refused.ini --quiet
cp hearts/imagesTr/patient002_frame01_0000.nii.gz wrong/imagesTr/
cp hearts/labelsTr/patient002_frame01.nii.gz wrong/labelsTr/
expect 0 "" phantom cardiac larger --cases 1 --size 40 --slices 3 --quiet
cp larger/labelsTr/patient001_frame01.nii.gz wrong/labelsTr/
expect 1 "of another size than its image" plan wrong --out refused.ini --force --quiet
[ ! -e refused.ini ] && grep -q "Training refuses this" refused.html
report $? "data that training refuses get a page and no configuration"

# ---- what is refused ------------------------------------------------------------------------------------------------

refuse() # TEXT ARGUMENT...
{
    text=$1
    shift
    expect 1 "$text" plan "$@" --out none.ini --quiet
    [ ! -e none.ini ] && [ ! -e none.html ] && [ "$(wc -l <err)" -eq 1 ]
    report $? "one line, and nothing is written"
}

mkdir empty
refuse "there is no such folder" nowhere
refuse "empty: holds no data set" empty
expect 1 "hearts: holds no checkpoint (last.safetensors), so it is no run; of a data set septum info takes" info hearts
cp -r hearts naked && rm -r naked/labelsTr
refuse "no training scan has a label map, which lies in labelsTr under the case's name" naked
mkdir -p single/images && cp pairs/images/* single/images
refuse "no training scan has a label map, which lies in masks under its image's name in images, or" single
cp -r hearts lonely && rm lonely/imagesTr/patient004_frame01*
sed -i '/numTraining/d' lonely/dataset.json
refuse "patient004_frame01.nii.gz: is a label map without an image" lonely
mkdir -p masked/masks && cp pairs/masks/* masked/masks/
refuse "no folder images" masked
cp -r hearts mixed
for part in images labels; do
    for file in flat/${part}Tr/patient001*; do cp "$file" "mixed/${part}Tr/"; done
done
refuse "single slices and volumes side by side" mixed
cp -r hearts damaged
head -c 90 hearts/imagesTr/patient005_frame01_0000.nii.gz >damaged/imagesTr/patient005_frame01_0000.nii.gz
refuse "damaged/imagesTr/patient005_frame01_0000.nii.gz" damaged

# One labelled slice is little, and is said to be.
mkdir -p single/images single/masks
cp pairs/images/*.png single/images/
cp pairs/masks/patient001_frame01.png single/masks/
expect 0 "slice in all has a class" plan single --method supervised --threads 1 --hours 0.1 --out single.ini --quiet

# ---- outputs --------------------------------------------------------------------------------------------------------

expect 1 "hearts.ini: is there already" plan hearts --out hearts.ini --quiet
rm single.ini
expect 1 "single.html: is there already" plan single --out single.ini --quiet
expect 0 "" plan hearts --method supervised --threads 1 --hours 0.1 --out hearts.ini --force --quiet
(trap "" XFSZ; ulimit -f 2; septum plan single --method supervised --threads 1 --hours 0.1 --out full.ini --quiet >out 2>err </dev/null)
judge $? 1 "full." "a full disk"
[ ! -e full.ini ] && [ ! -e full.html ]
report $? "a full disk leaves nothing"
expect 2 "" plan

finish
