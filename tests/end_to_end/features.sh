# septum features: the files and their bits, where its points lie, what they are coloured by, and what it refuses.
# Prints TAP.

. tests/support.sh
needs nifticlib HDF5

hearts_data >hearts.ini
cat >>hearts.ini <<'INI'
[train]
method = cross-teaching
iterations = 20
labelled_batch = 2
unlabelled_batch = 2
ema = 0.9
[student_0]
net = u-net
base = 4
[student_1]
net = u-net
base = 4
upsampling = transposed
INI
expect 0 "" phantom cardiac hearts --cases 4 --test 1 --size 48 --slices 4 --quiet
expect 0 "" train hearts.ini --out run --quiet
model=run/best.safetensors
first=$(ls hearts/labelsTs | head -n 1)
name=${first%.nii.gz}
scan=hearts/imagesTs/${name}_0000.nii.gz

# a file that numpy would read: its magic word, its shape, its size
array() # FILE SHAPE BYTES
{
    [ "$(head -c 6 "$1" | tail -c 5)" = NUMPY ] && head -c 128 "$1" | grep -aqF "'shape': ($2), }" &&
        [ "$(wc -c <"$1")" -eq $((128 + $3)) ]
    report $? "$1 is an array of shape ($2)"
}

# ---- the files --------------------------------------------------------------------------------------------------------

expect 0 "features/features.html" features $model hearts.ini --points 200 --student 0
has out "all                           200"
array features/features.npy "200, 4" 3200
array features/labels.npy "200," 200
array features/predictions.npy "200," 200
[ "$(wc -l <features/points.csv)" -eq 201 ]
report $? "a row a point"
[ "$(tail -n +2 features/points.csv | cut -d, -f5 | sort | uniq -c | tr -s ' ' | tr '\n' ';')" = " 50 0; 50 1; 50 2; 50 3;" ]
report $? "as many of each class"
[ "$(grep -o '<title>' features/features.html | wc -l)" -eq 401 ]
report $? "both pictures say where each point lies"
for file in pca.svg tsne.svg; do
    has features/$file "left ventricle</text>"
done
has features/features.json '"divergence": 0.'
has features/features.json '"labels": "reference"'

# labels.npy holds the labels of points.csv, and a point's label is that of the label map there
tail -n +2 features/points.csv | cut -d, -f5 | tr -d '\n' >listed
tail -c 200 features/labels.npy | tr '\000\001\002\003' 0123 | cmp -s - listed
report $? "points.csv has the labels of labels.npy"
expect 0 "" features $model "$scan" --labels "hearts/labelsTs/$first" --points 40 --student 0 --out one
mkdir beside
cp "$scan" "beside/$name.nii.gz"
cp "hearts/labelsTs/$first" "beside/${name}_gt.nii.gz"
expect 0 "" features $model beside --labels beside --points 40 --student 0 --out two
cmp one/labels.npy two/labels.npy
report $? "the label map of a folder of both is NAME_gt"
septum convert "hearts/labelsTs/$first" label.png --labels --quiet >out 2>err || report 1 "convert"
septum predict --model $model "$scan" --student 0 --out predicted.png --quiet >out 2>err || report 1 "predict"
# pixels as bytes behind the header of a label map of 8 bits without compression
septum convert label.png label.nii --labels --quiet >out 2>err || report 1 "convert"
septum convert predicted.png predicted.nii --labels --quiet >out 2>err || report 1 "convert"
at() # FILE SLICE ROW COLUMN
{
    od -An -tu1 -j $((352 + ($2 * 48 + $3) * 48 + $4)) -N 1 "$1" | tr -d ' '
}
wrong=0
while IFS=, read -r _ slice row column label predicted; do
    [ "$(at label.nii "$slice" "$row" "$column")" = "$label" ] &&
        [ "$(at predicted.nii "$slice" "$row" "$column")" = "$predicted" ] || wrong=$((wrong + 1))
done <<CSV
$(tail -n +2 one/points.csv)
CSV
[ $wrong -eq 0 ]
report $? "labels and predictions are those of the label maps at each point ($wrong are not)"

# ---- the same bits ----------------------------------------------------------------------------------------------------

same() # FOLDER NAME
{
    for file in features.npy labels.npy predictions.npy points.csv pca.svg tsne.svg; do
        cmp -s "features/$file" "$1/$file" || return 1
    done
}
expect 0 "" features $model hearts.ini --points 200 --student 0 --threads 1 --out again
same again
report $? "one thread gives the same bits"
SEPTUM_SIMD=generic septum features $model hearts.ini --points 200 --student 0 --threads 2 --out generic >out 2>err
same generic
report $? "plain C gives the same bits"
expect 0 "" features $model hearts.ini --points 200 --student 0 --seed 2 --out seed
! cmp -s features/points.csv seed/points.csv
report $? "another seed draws others"

# ---- choices ----------------------------------------------------------------------------------------------------------

expect 0 "" features $model hearts.ini --points 200 --student 0 --map quarter --out quarter
array quarter/features.npy "200, 16" 12800
cmp -s features/points.csv quarter/points.csv
report $? "the same points of another map"
expect 0 "" features $model hearts.ini --points 80 --student 1 --average --map eighth --out eighth
array eighth/features.npy "80, 32" 10240
has eighth/features.json '"average": true'
expect 0 "" features $model hearts/imagesTs --labels hearts/labelsTs --points 80 --student 0 --out folder
cut -d, -f1 folder/points.csv | sort -u | grep -q "$name"
report $? "scans of a folder go by the names of their label maps"
expect 0 "" features $model "$scan" --labels prediction --points 20 --student 0 --out predicted
[ -z "$(tail -n +2 predicted/points.csv | awk -F, '$5 != $6')" ]
report $? "without label maps the prediction is the label"
has predicted/features.json '"labels": "prediction"'

# fewer voxels than points
expect 0 "not every class has as many voxels" features $model "$scan" --labels "hearts/labelsTs/$first" --points 1200 \
    --student 0 --out few
[ "$(wc -l <few/points.csv)" -lt 1201 ]
report $? "then all of them are taken"

# ---- what is refused --------------------------------------------------------------------------------------------------

expect 2 "--labels is missing" features $model "$scan"
expect 2 "is one label map for" features $model hearts/imagesTs --labels "hearts/labelsTs/$first"
expect 1 "holds no file for case $name" features $model "$scan" --labels hearts/labelsTr
expect 2 "says itself where its label maps are" features $model hearts.ini --labels hearts/labelsTs
expect 2 "--student all is the mean of 2 networks" features $model hearts.ini --student all
expect 2 "the model has students 0 to 1" features $model hearts.ini --student 2
mkdir links && ln -s ../hearts.ini links/points.csv
expect 1 "is read and would be replaced" features $model hearts.ini --student 0 --out links
expect 1 "fewer than the 4 classes" features $model hearts.ini --student 0 --points 3
septum phantom abdomen belly --cases 2 --size 48 --slices 4 --quiet >out 2>err || report 1 "phantom"
expect 1 "and the model has classes 0 to 3" features $model belly/imagesTr --labels belly/labelsTr --student 0
sed 's/folder = hearts/folder = belly/; s/labelled_cases = 2/labelled_cases = 1/' hearts.ini >belly.ini
expect 1 "belly.ini has 9 classes, and the model has 4" features $model belly.ini --student 0
expect 1 "voxels" features $model "$scan" --labels "belly/labelsTr/$(ls belly/labelsTr | head -n 1)" --student 0
finish
