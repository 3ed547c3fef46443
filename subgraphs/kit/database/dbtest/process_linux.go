package dbtest

import "syscall"

// processAttributes has the kernel end the server when the test binary dies without stopping it.
func processAttributes(account *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: account, Pdeathsig: syscall.SIGQUIT}
}
