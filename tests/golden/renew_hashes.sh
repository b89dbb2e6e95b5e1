#!/bin/sh
# Renews the published hashes after a change that is meant to change bits: runs `septum verify` on all tables of this
# machine and, if they agree with each other, writes src/verify/golden.h and the table in docs/arithmetic.md.
# Run from the root of the repository after make; then make check-bits, which adds NEON. Takes the report of an earlier
# `septum verify --json` instead of running it where one is given.

set -eu
header=src/verify/golden.h
page=docs/arithmetic.md
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

if [ $# -gt 0 ]; then
    cp "$1" "$scratch/report.json"
else
    build/septum verify --json >"$scratch/report.json" || true
fi
runs=$(grep -c '"threads"' "$scratch/report.json")
hashes=$(awk '/"hash"/ { sub(/,/, ""); print $2 }' "$scratch/report.json" | sort -u | wc -l)
if [ "$runs" -lt 2 ] || [ "$hashes" -ne 1 ]; then
    echo "renew_hashes: the tables of this machine do not agree with each other: nothing is renewed" >&2
    exit 1
fi
awk '/"cases"/ { inside = 1; next } inside && /}/ { exit } inside { gsub(/[",:]/, ""); print $1, $2 }' \
    "$scratch/report.json" >"$scratch/cases"

{
    sed '/golden\[\] = {/q' "$header"
    awk '{ printf "    {\"%s\", 0x%sULL},\n", $1, $2 }' "$scratch/cases"
    sed -n '/^};/,$p' "$header"
} >"$scratch/header"
{
    sed '/^| run | hash |/q' "$page"
    echo '|---|---|'
    awk '{ printf "| `%s` | `%s` |\n", $1, $2 }' "$scratch/cases"
    awk '/^\| run \| hash \|/ { table = 1 } table && !/^\|/ { rest = 1 } rest' "$page"
} >"$scratch/page"
cp "$scratch/header" "$header"
cp "$scratch/page" "$page"
cat "$scratch/cases"
