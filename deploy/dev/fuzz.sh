#!/usr/bin/env bash
# Runs every native fuzz target of every module for the time given ($1), one for each processor at a time.
# A target that found something leaves its input in the package's testdata/fuzz, to be committed with the fix.
set -euo pipefail

export CGO_ENABLED=0 FUZZ_TIME=${1:-30s}
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
export FUZZ_LOGS=$logs

# fuzz takes file:target. The Go tool may report its own deadline as a failure; only what has a failing input is one.
fuzz() {
	local dir target log
	dir=$(dirname "${1%%:*}")
	target=${1##*:}
	log=$FUZZ_LOGS/${dir//\//_}-$target
	if (cd "$dir" && go test -run '^$' -fuzz "^$target\$" -fuzztime "$FUZZ_TIME" -fuzzminimizetime 2s -parallel 1 .) >"$log" 2>&1; then
		echo "fuzz ok    $dir $target: $(grep -oE 'execs: [0-9]+' "$log" | tail -n1)"
	elif grep -q 'context deadline exceeded' "$log" && ! grep -qE 'Failing input|panic|build failed' "$log"; then
		echo "fuzz ok    $dir $target: ended by its deadline"
	else
		echo "fuzz FAIL  $dir $target"
		cat "$log"
		return 1
	fi
}
export -f fuzz

git grep -oE '^func Fuzz[A-Za-z0-9_]+' -- '*_test.go' | sed 's|func ||' | sort |
	xargs -P "$(nproc)" -I{} bash -c 'fuzz {}'
