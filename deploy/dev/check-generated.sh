#!/usr/bin/env bash
# Regenerates each service's GraphQL code in a copy of the tree's state and fails if that changes anything.
set -euo pipefail

for service in "$@"; do
	dir=subgraphs/$service
	before=$(find "$dir/graph" -name '*.go' -exec sha256sum {} + | sort)
	(cd "$dir" && go tool gqlgen generate --config ../../gqlgen.yml)
	after=$(find "$dir/graph" -name '*.go' -exec sha256sum {} + | sort)
	if [ "$before" != "$after" ]; then
		echo "The generated code of $service was not up to date; it is now: commit the change." >&2
		diff <(echo "$before") <(echo "$after") >&2 || true
		exit 1
	fi
done
