//go:build unix

package http1

import "syscall"

// canLook tells whether hasGone works. Where it does not, net/http serves everything.
const canLook = true

// hasGone looks at a socket without waiting and without taking anything from it.
func hasGone(socket syscall.RawConn) bool {
	isGone := false
	err := socket.Read(func(fd uintptr) bool {
		var one [1]byte
		n, _, err := syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		isGone = err == nil && n == 0 || err != nil && err != syscall.EAGAIN && err != syscall.EWOULDBLOCK && err != syscall.EINTR
		return true
	})
	return isGone || err != nil
}
