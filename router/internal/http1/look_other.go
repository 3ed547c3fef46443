//go:build !unix

package http1

import "syscall"

const canLook = false

func hasGone(syscall.RawConn) bool { return false }

func hasSent(syscall.RawConn) bool { return false }
