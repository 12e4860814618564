#!/usr/bin/env bash
# Searches for inputs that break an invariant: each target for a number of minutes, one after the other.
#
#   tests/fuzz/run.sh [-m MINUTES] [-k] [TARGET...]      default: 10 minutes, all targets
#
# -k keeps what was found: of the new inputs those that reach something new, small ones first, are
# added to the corpus. An input that breaks something is left in build/fuzz/found, with its name on
# stdout, and the exit status is 1.
set -u
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root" || exit 2

minutes=10
keep=no
while getopts m:k option; do
    case $option in
        m) minutes=$OPTARG ;;
        k) keep=yes ;;
        *) exit 2 ;;
    esac
done
shift $((OPTIND - 1))
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(code tables vmcs image assembly scenario)

{ cmake --preset fuzz && cmake --build --preset fuzz; } > build/fuzz.log 2>&1 || {
    tail -n 30 build/fuzz.log
    exit 2
}

# What the targets have in common. An input that runs for longer than the timeout hangs.
common=(-timeout=100 -rss_limit_mb=3000)
# A machine's caches are large and short-lived: not so many of them are to be kept back.
export ASAN_OPTIONS=quarantine_size_mb=16
longest() { case $1 in image | scenario) echo 4096 ;; assembly) echo 1024 ;; *) echo 512 ;; esac; }

found=build/fuzz/found
status=0
for target in "${targets[@]}"; do
    program=build/fuzz/bin/fuzz_$target
    corpus=tests/fuzz/corpus/$target
    new=build/fuzz/new/$target
    words=tests/fuzz/words/$target.dict
    mkdir -p "$found" "$new"
    options=("${common[@]}" "-max_len=$(longest "$target")" "-artifact_prefix=$found/$target-")
    [ -f "$words" ] && options+=("-dict=$words")
    log=build/fuzz/$target.log
    if "$program" "${options[@]}" "-max_total_time=$((minutes * 60))" "$new" "$corpus" > "$log" 2>&1; then
        echo "$target: clean after $minutes minutes, $(tail -n 200 "$log" | grep -E '^Done|^#.*DONE' | tr '\n' ' ')"
    else
        echo "$target: broken, see $log"
        ls -t "$found/$target-"* 2> /dev/null | head -n 1
        status=1
    fi
    if [ "$keep" = yes ]; then
        "$program" -merge=1 -use_counters=0 "${common[@]}" "$corpus" "$new" > build/fuzz/merge.log 2>&1
    fi
done
exit $status
