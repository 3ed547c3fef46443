#!/usr/bin/env bash
# Runs every native fuzz target of every module for the time given ($1), one after the other.
set -euo pipefail

time=${1:-30s}
export CGO_ENABLED=0
failed=0
while IFS=: read -r file target; do
	dir=$(dirname "$file")
	echo "fuzz $dir $target ($time)"
	if ! (cd "$dir" && go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" .); then
		failed=1
	fi
done < <(git grep -oE '^func Fuzz[A-Za-z0-9_]+' -- '*_test.go' | sed 's|func ||' | sort)
exit $failed
