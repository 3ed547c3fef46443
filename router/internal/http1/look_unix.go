//go:build unix

package http1

import (
	"errors"
	"syscall"
)

// canLook tells whether hasGone and hasSent work. Where they do not, net/http serves everything.
const canLook = true

// hasGone tells whether a client has closed its connection.
func hasGone(socket syscall.RawConn) bool {
	n, err := peek(socket)
	if err == nil {
		return n == 0
	}
	return !errors.Is(err, syscall.EAGAIN) && !errors.Is(err, syscall.EINTR)
}

// hasSent tells whether a client has sent something that was not read yet.
func hasSent(socket syscall.RawConn) bool {
	n, err := peek(socket)
	return err == nil && n > 0
}

// peek looks at a socket without waiting and without taking anything from it.
func peek(socket syscall.RawConn) (n int, err error) {
	outer := socket.Read(func(fd uintptr) bool {
		var one [1]byte
		n, _, err = syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		return true
	})
	if outer != nil {
		return 0, outer
	}
	return n, err
}
