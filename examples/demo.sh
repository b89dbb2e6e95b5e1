#!/bin/sh
# The main job from start to end on data that it makes itself: demo.sh [FOLDER], by default demo/. Run from the
# repository's root; SEPTUM names another septum than build/septum.
set -eu

septum=${SEPTUM:-build/septum}
folder=${1:-demo}
start=$(date +%s)

# Shows a command as one would type it, then runs it.
run() {
    printf '\n$ septum'
    printf ' %s' "$@"
    printf '\n'
    "$septum" "$@"
}

rm -rf "$folder"
mkdir -p "$folder"

echo "Synthetic hearts: 14 cases to train on (2 of them labelled, 2 for validation), 4 held out."
run phantom cardiac "$folder/data" --cases 14 --test 4 --size 96 --seed 5 --quiet

for method in labelled-only cross-teaching; do
    run train "configs/demo-$method.ini" --set "data.folder=$folder/data" --out "$folder/$method"
    run predict "$folder/data/imagesTs" --model "$folder/$method/best.safetensors" --out "$folder/$method/predictions"
    run evaluate --prediction "$folder/$method/predictions" --reference "$folder/data/labelsTs" \
        --class-names RV,Myo,LV --json-file "$folder/$method/held-out.json"
done

run report "$folder/cross-teaching" "$folder/labelled-only" --out "$folder/report.html"

echo
echo "Done in $(($(date +%s) - start)) s. Open $folder/report.html in a browser, and the label maps in"
echo "$folder/cross-teaching/predictions in ITK-SNAP or 3D Slicer."
