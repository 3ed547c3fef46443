#!/usr/bin/env bash
# Runs the Go benchmarks of every module (best of 5, without the race detector) and prints them with allocations.
set -euo pipefail

export CGO_ENABLED=0
while read -r dir; do
	echo "bench $dir"
	(cd "$dir" && go test -run '^$' -bench . -benchmem -count 5 -timeout 30m .)
done < <(git grep -lE '^func Benchmark' -- '*_test.go' | xargs -n1 dirname | sort -u)
