# What the scripts of tests/end_to_end share: sourced from the repository's root, it moves into a scratch folder and
# prints TAP. Output of the command under test goes to `out` and `err` there.

# Skips the script where the build lacks a library, by the name that septum --version gives it.
needs() # LIBRARY...
{
    for library in "$@"; do
        case " $(septum --version) " in
        *without:*"$library"*)
            echo "ok 1 - ${0##*/} # SKIP this build lacks $library"
            exit 0
            ;;
        esac
    done
}

# Of tests of what only measures: the sanitizers' run in .ci/run leaves them out, where a measurement takes minutes.
measures()
{
    [ "${SEPTUM_TEST_MEASURES:-yes}" = yes ] && return
    echo "ok 1 - ${0##*/} # SKIP measurements are left out"
    exit 0
}

count=0
failures=0
root=$PWD
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
: >out
: >err

report() # EXIT-CODE NAME
{
    count=$((count + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $count - $2"
    else
        failures=$((failures + 1))
        echo "not ok $count - $2"
        cat out err
    fi
}

# What came of a command whose output is in `out` and `err`: its exit code and, unless it is empty, a string in them.
judge() # GOT CODE TEXT NAME
{
    [ "$1" -eq "$2" ] && { [ -z "$3" ] || cat out err | grep -qF -- "$3"; }
    report $? "$4: exit code $2${3:+, "$3"}"
}

# Runs septum and checks its exit code and, unless it is empty, a fixed string in what it prints.
expect() # CODE TEXT ARGUMENT...
{
    code=$1 text=$2
    shift 2
    septum "$@" >out 2>err </dev/null
    judge $? "$code" "$text" "septum $*"
}

has() # FILE TEXT
{
    grep -qF -- "$2" "$1"
    report $? "$1 has $2"
}

# The hash that a finished run printed.
hash_of() # FILE
{
    sed -n 's/.*hash \([0-9a-f]*\)$/\1/p' "$1"
}

# The section of a configuration that trains on the phantoms of the folder `hearts`.
hearts_data()
{
    printf '%s\n' '[data]' 'format = nnunet' 'folder = hearts' 'validation_count = 1' 'labelled_cases = 2' \
        'patch_size = 32'
}

# The closing line of TAP, and the script's exit code.
finish()
{
    echo "1..$count"
    [ $failures -eq 0 ]
    exit
}
