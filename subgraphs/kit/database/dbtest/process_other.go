//go:build unix && !linux

package dbtest

import "syscall"

// processAttributes: only Linux can end the server when the test binary dies without stopping it.
func processAttributes(account *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: account}
}
