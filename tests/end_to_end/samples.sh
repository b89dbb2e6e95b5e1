# septum info --samples: the page of a batch has each sample, is a function of seed and iteration, and is written only
# where it may be. Prints TAP.

. tests/support.sh
needs nifticlib

{ hearts_data && cat; } >hearts.ini <<'INI'
[train]
method = mean-teacher
iterations = 30
labelled_batch = 2
unlabelled_batch = 3
[student_0]
net = u-net
base = 4
INI
expect 0 "" phantom cardiac hearts --cases 5 --test 1 --size 48 --slices 4 --quiet

pictures() # PAGE
{
    grep -o 'data:image/png;base64,' "$1" | wc -l
}

expect 0 "page.html" info hearts.ini --samples page.html
has page.html "</html>"
has page.html "2 labelled and 3 unlabelled samples of 32 x 32 pixels"
[ "$(pictures page.html)" -eq 7 ]
report $? "five images, and the labels of two"
[ "$(grep -c '<section class="card">' page.html)" -eq 5 ]
report $? "a card each"
sed -n 's/.*base64,\([^"]*\)".*/\1/p' page.html | head -n 1 | base64 -d >first.png
expect 0 "1 slices of 192 rows x 192 columns" info first.png

expect 0 "" info hearts.ini --samples again.html
cmp -s page.html again.html
report $? "the same seed and iteration give the same bytes"
expect 0 "" info hearts.ini --samples threads.html --set data.loader_threads=2
cmp -s page.html threads.html
report $? "whatever the loader's threads"
expect 0 "" info hearts.ini --samples later.html --iteration 1
expect 0 "" info hearts.ini --samples seed.html --set train.seed=2
! cmp -s page.html later.html && ! cmp -s page.html seed.html
report $? "another iteration and another seed give others"

expect 0 "registered label maps" propagate hearts.ini --unlabelled --out registered --registrations pairs.h5
for method in $(septum info method | cut -d' ' -f1); do
    networks=$(septum info method "$method" | sed -n 's/^networks: \([0-9]\).*/\1/p')
    unlabelled=$(septum info method "$method" | grep -q 'unlabelled slices: yes' && echo 2 || echo 0)
    registered=$(septum info method "$method" | grep -q 'registered labels: yes' &&
        printf 'registered = registered\nregistrations = pairs.h5\n')
    { hearts_data && printf '%s\n' 'augmentation = strong' "$registered" '[train]' "method = $method" 'iterations = 30' \
        'labelled_batch = 2' "unlabelled_batch = $unlabelled"; } >"$method.ini"
    for i in $(seq 0 $((networks - 1))); do
        printf '%s\n' "[student_$i]" 'net = u-net' 'base = 4' >>"$method.ini"
    done
    expect 0 "" info "$method.ini" --samples "$method.html"
    [ "$(grep -c '<section class="card">' "$method.html")" -eq $((2 + unlabelled)) ] &&
        [ "$(grep -c 'of the height and width' "$method.html")" -eq $((2 + unlabelled)) ]
    report $? "$method: a card for each sample, which says what was drawn"
done
for augmentation in none flips thesis; do
    expect 0 "" info hearts.ini --samples page.html --set data.augmentation=$augmentation
    has page.html "augmentation $augmentation"
done
sed '/validation_count/d' hearts.ini >'a<b>&.ini'
expect 0 "" info 'a<b>&.ini' --samples page.html
has page.html "<h1>a&lt;b&gt;&amp;.ini</h1>"

cp hearts.ini before
expect 1 "is read and would be replaced" info hearts.ini --samples ./hearts.ini
expect 1 "is read and would be replaced" info hearts.ini --samples hearts/dataset.json
cmp -s hearts.ini before
report $? "the configuration is as it was"
expect 1 "nowhere/page.html" info hearts.ini --samples nowhere/page.html
expect 2 "--samples FILE" info hearts.ini --samples page.html --memory
expect 2 "--samples FILE" info net u-net --samples page.html
finish
