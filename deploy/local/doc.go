// Command local runs the whole of Tributary on one machine: an in-process Redis server, the four services on SQLite, and
// the router in front of them. It starts the built binaries as a person would and imports nothing of theirs.
//
// It builds nothing; `make run` builds the binaries and then starts it.
package main
