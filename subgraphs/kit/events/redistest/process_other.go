//go:build !linux

package redistest

import "syscall"

// processAttributes: only Linux can end the server when the test binary dies without stopping it.
func processAttributes() *syscall.SysProcAttr { return nil }
