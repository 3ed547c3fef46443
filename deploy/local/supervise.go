package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// process is one program that is kept running.
type process struct {
	name string
	path string
	args []string
	env  []string
}

// Restart waits: the first, and the longest that doubling leads to. A program that ran for longer than the longest wait
// is taken as healthy, and its next restart waits the first again.
const (
	firstRestart = 3 * time.Second
	maxRestart   = 30 * time.Second
	// stopGrace is how long a program may take to stop before it is killed; all stop at the same time.
	stopGrace = 4 * time.Second
)

// supervisor keeps processes running until its context ends, then stops them.
type supervisor struct {
	out     *prefixer
	waiting sync.WaitGroup
	// exited is told of each end of a process before its restart.
	exited func(name string, err error)
}

// start keeps p running in the background until ctx ends.
func (s *supervisor) start(ctx context.Context, p process) {
	s.waiting.Add(1)
	go func() {
		defer s.waiting.Done()
		s.keep(ctx, p)
	}()
}

// wait blocks until every process has stopped.
func (s *supervisor) wait() { s.waiting.Wait() }

func (s *supervisor) keep(ctx context.Context, p process) {
	wait := firstRestart
	for ctx.Err() == nil {
		began := time.Now()
		err := s.runOnce(ctx, p)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > maxRestart {
			wait = firstRestart
		}
		s.exited(p.name, err)
		s.out.say("%s stopped (%s); starting it again in %v", p.name, describe(err), wait)
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		wait = min(2*wait, maxRestart)
	}
}

// runOnce runs p until it ends or ctx does; then it is asked to stop, and killed after stopGrace.
func (s *supervisor) runOnce(ctx context.Context, p process) error {
	cmd := exec.CommandContext(ctx, p.path, p.args...)
	cmd.Env = append(os.Environ(), p.env...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = stopGrace
	// A group of its own: Ctrl-C reaches the supervisor alone, which then stops everything in order.
	cmd.SysProcAttr = processGroup()
	stdout := s.out.writer(p.name)
	defer stdout.Close()
	cmd.Stdout, cmd.Stderr = stdout, stdout
	return cmd.Run()
}

func describe(err error) string {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return "exit status 0"
	case errors.As(err, &exit):
		return exit.ProcessState.String()
	default:
		return err.Error()
	}
}

// prefixer writes lines of many programs to one place, each with its program's name.
type prefixer struct {
	mu    sync.Mutex
	out   io.Writer
	width int
}

// say writes a line of the supervisor itself.
func (p *prefixer) say(format string, args ...any) {
	p.line("local", fmt.Sprintf(format, args...))
}

func (p *prefixer) line(name, text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintf(p.out, "%-*s │ %s\n", p.width, name, text)
}

// maxLine bounds a line of a program's log; longer ones are cut into several.
const maxLine = 64 << 10

// writer gives a program's standard output; Close waits until all of it is written.
func (p *prefixer) writer(name string) io.WriteCloser {
	reader, writer := io.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		lines := bufio.NewReaderSize(reader, maxLine)
		for {
			line, _, err := lines.ReadLine()
			if err != nil {
				return
			}
			p.line(name, string(line))
		}
	}()
	return &lineWriter{PipeWriter: writer, done: done}
}

type lineWriter struct {
	*io.PipeWriter
	done chan struct{}
}

func (w *lineWriter) Close() error {
	err := w.PipeWriter.Close()
	<-w.done
	return err
}
