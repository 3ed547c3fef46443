package main

import (
	"fmt"
	"net"
	"os"
	"runtime"
	"syscall"
	"time"
	"unsafe"
)

// poller waits for many sockets in one thread, without the scheduler between the kernel and the work: what the load costs
// the router's core never sees, but it bounds how fast the router can be asked.
type poller struct {
	fd     int
	events [256]syscall.EpollEvent
}

// newPoller makes a poller and ties the goroutine to its thread.
func newPoller() (*poller, error) {
	runtime.LockOSThread()
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	return &poller{fd: fd}, nil
}

func (p *poller) add(fd int) error {
	event := syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(fd)}
	return os.NewSyscallError("epoll_ctl", syscall.EpollCtl(p.fd, syscall.EPOLL_CTL_ADD, fd, &event))
}

// watchWrites adds or ends the wait for room to write.
func (p *poller) watchWrites(fd int, on bool) {
	event := syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(fd)}
	if on {
		event.Events |= syscall.EPOLLOUT
	}
	_ = syscall.EpollCtl(p.fd, syscall.EPOLL_CTL_MOD, fd, &event) // the socket is there: it was added
}

// epollPwait2 is epoll_wait with a time-out in nanoseconds; it has the same number on every architecture.
const epollPwait2 = 441

// wait gives the sockets that are ready. A negative timeout waits for ever.
func (p *poller) wait(timeout time.Duration) ([]syscall.EpollEvent, error) {
	var at *syscall.Timespec
	if timeout >= 0 {
		t := syscall.NsecToTimespec(timeout.Nanoseconds())
		at = &t
	}
	n, _, errno := syscall.Syscall6(epollPwait2, uintptr(p.fd), uintptr(unsafe.Pointer(&p.events[0])),
		uintptr(len(p.events)), uintptr(unsafe.Pointer(at)), 0, 0)
	if errno == syscall.EINTR {
		return nil, nil
	}
	if errno != 0 {
		return nil, os.NewSyscallError("epoll_pwait2", errno)
	}
	return p.events[:n], nil
}

// readNow reads what is there; 0 bytes and no error mean the end, EAGAIN that nothing is there.
func readNow(fd int, into []byte) (int, error) {
	n, _, errno := syscall.RawSyscall(syscall.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(into))), uintptr(len(into)))
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

// dropNow is readNow for bytes that nobody looks at.
func dropNow(fd, length int) (int, error) {
	n, _, errno := syscall.RawSyscall6(syscall.SYS_RECVFROM, uintptr(fd), 0, uintptr(length), syscall.MSG_TRUNC, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

// writeNow writes as much as fits; EAGAIN counts as nothing written.
func writeNow(fd int, from []byte) (int, error) {
	n, _, errno := syscall.RawSyscall(syscall.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(from))), uintptr(len(from)))
	if errno == syscall.EAGAIN {
		return 0, nil
	}
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

func setNoDelay(fd int) {
	_ = syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1) // only slower without
}

// listenLoopback opens a listening socket on a free port.
func listenLoopback() (fd int, address string, err error) {
	fd, err = syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, "", os.NewSyscallError("socket", err)
	}
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return 0, "", os.NewSyscallError("bind", err)
	}
	if err := syscall.Listen(fd, 4096); err != nil {
		return 0, "", os.NewSyscallError("listen", err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		return 0, "", os.NewSyscallError("getsockname", err)
	}
	return fd, fmt.Sprintf("127.0.0.1:%d", name.(*syscall.SockaddrInet4).Port), nil
}

// connectLoopback opens a connection that does not block.
func connectLoopback(address string) (int, error) {
	to, err := net.ResolveTCPAddr("tcp4", address)
	if err != nil {
		return 0, err
	}
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, os.NewSyscallError("socket", err)
	}
	name := &syscall.SockaddrInet4{Port: to.Port}
	copy(name.Addr[:], to.IP.To4())
	if err := syscall.Connect(fd, name); err != nil {
		return 0, os.NewSyscallError("connect", err)
	}
	setNoDelay(fd)
	return fd, os.NewSyscallError("fcntl", syscall.SetNonblock(fd, true))
}
