#!/bin/sh
# The main job from start to end on data that it makes itself: demo.sh [FOLDER], by default demo/. Run from the
# repository's root; SEPTUM names another septum than build/septum.
set -eu

septum=${SEPTUM:-build/septum}
folder=${1:-demo}
hours=0.02 # of training, each time: a minute and a bit, in which a thousand steps fit on two quiet cores
start=$(date +%s)

# Shows a command as one would type it, then runs it.
run() {
    printf '\n$ septum'
    printf ' %s' "$@"
    printf '\n'
    "$septum" "$@"
}

# Plans, trains, predicts, and compares with the labels that were kept.
learn() { # NAME ARGUMENT...
    name=$1
    shift
    run plan "$folder/data" --labelled 1 --hours $hours --out "$folder/$name.ini" "$@"
    run train "$folder/$name.ini" --out "$folder/$name"
    run predict "$folder/data/imagesTs" --model "$folder/$name/best.safetensors" --out "$folder/$name/predictions"
    run evaluate --prediction "$folder/$name/predictions" --reference "$folder/data/labelsTs" \
        --json-file "$folder/$name/held-out.json" --quality "$folder/$name/predictions/quality.csv" \
        --page "$folder/$name/quality.html"
}

rm -rf "$folder"
mkdir -p "$folder"

echo "Synthetic hearts: 14 cases to train on (one of them labelled, some for validation), 4 held out."
run phantom cardiac "$folder/data" --cases 14 --test 4 --size 64 --seed 5 --quiet

echo
echo "As septum plans it for one labelled case: where there is time for it, learning from the unlabelled ones too."
learn planned
echo
echo "For comparison: the labelled case alone, in the same time."
learn labelled-only --method supervised

run report "$folder/planned" "$folder/labelled-only" --out "$folder/report.html"

echo
echo "Done in $(($(date +%s) - start)) s. Open $folder/report.html in a browser (what was planned and why:"
echo "$folder/planned.ini and planned.html; how sure each prediction is: $folder/planned/quality.html), and the"
echo "label maps in $folder/planned/predictions in ITK-SNAP or 3D Slicer."
