package redistest

import "syscall"

// processAttributes has the kernel end the server when the test binary dies without stopping it.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
