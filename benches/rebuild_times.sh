#!/usr/bin/env bash
# Measures how long a user waits: the first build, and a build after changing one closure in a
# pipeline of twenty operators. Prints a Markdown table; fails if a time is over its limit.
#
#   benches/rebuild_times.sh [ROUNDS]
#
# Builds a crate of its own in a temporary folder, as a user has it: another workspace, with
# Thalweg by path, the versions of this Cargo.lock and the profiles of this Cargo.toml. Downloads
# come first and do not count.
set -euo pipefail

project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly project rounds=${1:-5}
readonly first_build_limit=90 dev_limit=4 release_limit=6 fast_limit=20

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
readonly job=$scratch/job
export CARGO_TARGET_DIR=$scratch/target CARGO_TERM_COLOR=never
unset RUSTFLAGS CARGO_INCREMENTAL
failed=0

write_job() {
    mkdir -p "$job/src"
    cp "$project/Cargo.lock" "$job/Cargo.lock"
    cp "$project/benches/rebuild/twenty_operators.rs" "$job/src/main.rs"
    {
        printf '[package]\nname = "job"\nversion = "0.1.0"\nedition = "2024"\n\n[workspace]\n\n'
        printf '[dependencies]\nthalweg = { path = "%s/runtime" }\n\n' "$project"
        sed -n '/^\[profile\./,$p' "$project/Cargo.toml"
    } >"$job/Cargo.toml"
}

# Changes the number in the marked closure to one it has not had yet.
edit() {
    edits=$((${edits:-1000} + 1))
    sed -i -E "/EDIT\$/s/> [0-9]+/> $edits/" "$job/src/main.rs"
    grep -q "> $edits.*EDIT\$" "$job/src/main.rs"
}

# build PROFILE : builds the job, and sets `seconds` to the time it took.
build() {
    local begin=$EPOCHREALTIME
    if ! (cd "$job" && cargo build --quiet --offline --profile "$1") >"$scratch/log" 2>&1; then
        cat "$scratch/log" >&2
        exit 1
    fi
    seconds=$(awk -v begin="$begin" -v end="$EPOCHREALTIME" 'BEGIN { printf "%.2f", end - begin }')
}

# row WHAT LIMIT SECONDS... : prints median and spread, and whether the median is within the limit.
row() {
    local what=$1 limit=$2 line verdict=yes
    shift 2
    line=$(printf '%s\n' "$@" | sort -n | awk '
        { t[NR] = $1 }
        END { printf "%.2f %.2f–%.2f", (t[int((NR + 1) / 2)] + t[int(NR / 2) + 1]) / 2, t[1], t[NR] }')
    if awk -v median="${line%% *}" -v limit="$limit" 'BEGIN { exit !(median > limit) }'; then
        verdict=NO failed=1
    fi
    printf '| %s | %s s (%s) | %s s | %s |\n' "$what" "${line%% *}" "${line#* }" "$limit" "$verdict"
}

write_job
(cd "$job" && cargo fetch --quiet)

printf '%s, %s cores, %s rounds\n\n' "$(rustc --version | cut -d' ' -f1-2)" "$(nproc)" "$rounds"
printf '| build | median (spread) | limit | within |\n|---|---|---|---|\n'
build dev
row "first, dev" "$first_build_limit" "$seconds"
for profile in dev release fast; do
    [[ $profile == dev ]] || build "$profile"
    times=()
    for _ in $(seq "$rounds"); do
        edit
        build "$profile"
        times+=("$seconds")
    done
    limit=${profile}_limit
    row "one closure changed, $profile" "${!limit}" "${times[@]}"
done
exit "$failed"
