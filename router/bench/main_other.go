//go:build !linux

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "bench: it needs Linux: it reads the kernel's accounting of processes and cores")
	os.Exit(1)
}
