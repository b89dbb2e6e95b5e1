# Prediction as validation decided it: what a run keeps with train.decide, symmetries, components, several models,
# uncertainty, and estimates of quality beside what they estimate. Prints TAP.

. tests/support.sh
needs nifticlib

# Steps are far shorter than what a thread that spins at a barrier costs on a busy machine.
OMP_WAIT_POLICY=passive
export OMP_WAIT_POLICY

cat >hearts.ini <<'INI'
[data]
format = nnunet
folder = hearts
validation_count = 2
labelled_cases = 3
patch_size = 32
augmentation = none
[train]
iterations = 60
labelled_batch = 4
validate_every = 30
[student_0]
net = u-net
base = 4
learning_rate = 0.02
INI

# The decisions of a log, without the line's end of one that was cut.
decisions() # FOLDER
{
    grep -E '"event":"(decision|calibration)"' "$1/log.jsonl"
}

expect 0 "" phantom cardiac hearts --cases 6 --test 2 --size 40 --slices 4 --quiet
expect 0 "averaging over flips and quarter turns: 0." train hearts.ini --out decided --set train.decide=yes
[ "$(decisions decided | grep -c '"event":"decision"')" -eq 6 ]
report $? "two sets of symmetries, smoothness and the components of three classes are tried"
has decided/log.jsonl '"event":"calibration","iteration":60,"scans":4'
expect 0 "estimates of Dice calibrated on 4 scans" info decided/best.safetensors
expect 0 "estimates of Dice calibrated on 4 scans" info decided/last.safetensors
expect 0 '"tta"' info decided/best.safetensors --json
smooth=$(grep -q '"what":"smooth probabilities".*"used":true' decided/log.jsonl && echo yes || echo no)
expect 0 "" predict hearts/imagesTs --model decided/best.safetensors --out as-decided --quiet
expect 0 "" predict hearts/imagesTs --model decided/best.safetensors --out as-said --smooth "$smooth" --quiet
diff -rq as-decided as-said -x "quality.*"
report $? "smoothness is as it was decided"

expect 0 "smooth probabilities: 0." train hearts.ini --out without-symmetries --set train.decide=yes \
    --set train.decide_symmetries=no
[ "$(decisions without-symmetries | grep -c '"what":"averaging')" -eq 0 ] &&
    [ "$(decisions without-symmetries | grep -c '"event":"decision"')" -eq 4 ]
report $? "symmetries can be left out"

# What a run decides after it was stopped at its end is what it decides at once, and is decided once.
expect 0 "60 iterations" train hearts.ini --out later
[ -z "$(decisions later)" ]
report $? "nothing is decided without train.decide"
expect 0 "largest component of myocardium" train hearts.ini --out later --resume --set train.decide=yes
[ "$(decisions later)" = "$(decisions decided)" ]
report $? "a run that goes on from its end decides the same"
cp later/best.safetensors once.safetensors
expect 0 "" train hearts.ini --out later --resume --set train.decide=yes
[ "$(decisions later)" = "$(decisions decided)" ] && cmp -s later/best.safetensors once.safetensors
report $? "and does not decide again"
expect 0 "64 iterations" train hearts.ini --out later --resume --set train.iterations=64 --change train.iterations
expect 0 "after 64 iterations" info later/last.safetensors
! grep -q "decided:" out
report $? "a longer run has not decided yet"

expect 0 "" predict hearts/imagesTs --model decided/best.safetensors --out one --tta all --components yes --uncertainty
ls one/*_uncertainty.nii.gz >/dev/null && ! ls one/*_disagreement.nii.gz >/dev/null 2>&1
report $? "one model has an uncertainty and no disagreement"
head -n 1 one/quality.csv | grep -qx "case,estimate,flag,calibrated,right ventricle,myocardium,left ventricle" &&
    [ "$(grep -cE ',(ok|doubtful),yes,' one/quality.csv)" -eq "$(ls hearts/imagesTs | wc -l)" ]
report $? "quality.csv has a calibrated row for each case"
worst=$(tail -n +2 one/quality.csv | sort -t, -k2,2n | head -n 1 | cut -d, -f1)
grep -m 1 -A 1 "<tbody>" one/quality.html | grep -q "$worst" && ! grep -q "<svg" one/quality.html
report $? "quality.html begins with the worst estimate, and has no plot without references"
expect 0 "0 of 4 cases are doubtful" predict hearts/imagesTs --model decided/best.safetensors --out sure --doubt 0
expect 0 "4 of 4 cases are doubtful (estimated Dice below 1)" predict hearts/imagesTs \
    --model decided/best.safetensors --out unsure --doubt 1
has unsure/quality.html "<b>4 of 4 cases</b> should be looked at"
expect 0 "mean absolute error 0." evaluate -p one -r hearts/labelsTs --quality one/quality.csv
expect 0 "estimates of 4 cases" evaluate -p one -r hearts/labelsTs --quality one/quality.csv --json
expect 0 "" evaluate -p one -r hearts/labelsTs --quality one/quality.csv --page one.html --csv one.csv
dice=$(awk -F, -v name="$worst" '$1 == name && $2 == "myocardium" { printf "%.3f", $5 }' one.csv)
[ "$(grep -c "<svg" one.html)" -eq 2 ] && grep "$worst" one.html | grep -q "<i>$dice</i>"
report $? "the page of evaluate has estimates beside Dice, and two plots"
sed "1s/right ventricle,myocardium,left ventricle/flag,case,calibrated/" one/quality.csv >named.csv
expect 0 "estimates of 4 cases" evaluate -p one -r hearts/labelsTs --quality named.csv --json \
    --class-names flag,case,calibrated
expect 2 "--quality, which is missing" evaluate -p one -r hearts/labelsTs --page one.html
expect 1 "it is no quality.csv" evaluate -p one -r hearts/labelsTs --quality hearts.ini

# Averaging over flips by either name, and what is the model's own choice where nothing else is said.
expect 0 "" predict hearts/imagesTs --model later/best.safetensors --out plain --tta none
expect 0 "" predict hearts/imagesTs --model later/best.safetensors --out flips --tta flips --components no
expect 0 "" predict hearts/imagesTs --model later/best.safetensors --out mirror --mirror --components no
cmp -s flips/quality.csv mirror/quality.csv && ! cmp -s plain/quality.csv flips/quality.csv
report $? "--mirror is --tta flips"
expect 2 "--mirror is --tta flips" predict hearts/imagesTs --model later/best.safetensors --out x --mirror --tta all

expect 0 "" predict hearts/imagesTs --model decided/best.safetensors --model later/last.safetensors --out both \
    --uncertainty
ls both/*_disagreement.nii.gz >/dev/null
report $? "two models disagree"
grep -qE ',(ok|doubtful),no,' both/quality.csv
report $? "estimates are not calibrated where one of the models is not"
expect 0 "4 cases" evaluate -p both -r hearts/labelsTs

# Without validation scans: label maps say what is one piece, and estimates are calibrated on training scans, augmented.
expect 0 "calibrated on 18 augmented training scans" train hearts.ini --out blind --set data.validation_count=0 \
    --set train.decide=yes --set train.ema=0.9
[ "$(decisions blind | grep -c '"what":"largest component of .*"share":1.0,"used":true')" -eq 3 ]
report $? "hearts are of one piece"
expect 0 "" train hearts.ini --out torn --set data.validation_count=0 --set train.decide=yes \
    --set data.ignore=3 --set train.iterations=1
! decisions torn | grep -q component
report $? "label maps with ignored voxels don't say"
expect 0 "" predict hearts/imagesTs --model blind/last.safetensors --out blindly
grep -qE ',(ok|doubtful),augmented,' blindly/quality.csv
report $? "and the table says so"
expect 0 "" predict hearts/imagesTs --model blind/last.safetensors --out average --student 0 --average
expect 0 "" predict hearts/imagesTs --model blind/last.safetensors --out itself --student 0
cmp -s blindly/quality.csv average/quality.csv && ! cmp -s blindly/quality.csv itself/quality.csv
report $? "the moving average answers where nothing validated"

# Folders with more than scans: what can't be read is left out and said, and so are label maps of an earlier call.
mkdir mixed
for scan in hearts/imagesTs/*; do cp "$scan" "mixed/${scan##*/}"; done
first=$(ls mixed | head -n 1)
echo rubbish >mixed/aaa.nii.gz
expect 1 "1 of 5 images could not be read" predict mixed --model decided/best.safetensors --out made
has err "left out: mixed/aaa.nii.gz"
[ "$(wc -l <made/quality.csv)" -eq 5 ]
report $? "all others have a row"
rm mixed/aaa.nii.gz
expect 0 "" predict "mixed/$first" --model decided/best.safetensors
cp "mixed/$first" "mixed/${first%_0000.nii.gz}_gt.nii.gz"
expect 0 "mixed: 2 files are left out" predict mixed --model decided/best.safetensors --out again
has err "named as label maps of the images beside them"
diff -rq made again -x quality.html
report $? "with and without them the same is made"

cp -r hearts lungs
sed -i 's/"left ventricle"/"lobe"/' lungs/dataset.json
expect 0 "" train hearts.ini --out other --set data.folder=lungs --set train.iterations=1 --quiet
expect 1 "class 3 is 'lobe' in other/last.safetensors" predict hearts/imagesTs --model decided/best.safetensors \
    --model other/last.safetensors --out x
expect 0 "" train hearts.ini --out wide --set data.patch_width=64 --set train.iterations=1 --quiet
expect 1 "quarter turns need square patches" predict hearts/imagesTs --model wide/last.safetensors --out x --tta all

finish
