package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// ticksPerSecond is the unit of times in /proc; Linux has shown them in hundredths on every machine since 2.6.
const ticksPerSecond = 100

// processTime is the processor time that a process has used, from /proc/PID/stat.
func processTime(pid int) (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// The name of the program, in brackets, may hold anything.
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(fields) < 13 {
		return 0, fmt.Errorf("/proc/%d/stat has %d fields", pid, len(fields))
	}
	user, err1 := strconv.ParseInt(fields[11], 10, 64)
	system, err2 := strconv.ParseInt(fields[12], 10, 64)
	if err1 != nil || err2 != nil {
		return 0, fmt.Errorf("/proc/%d/stat is not readable", pid)
	}
	return time.Duration(user+system) * time.Second / ticksPerSecond, nil
}

// resetPeak makes peakMemory count from now.
func resetPeak(pid int) error {
	return os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte("5"), 0)
}

// peakMemory is the most memory that a process has had resident, in bytes.
func peakMemory(pid int) (int64, error) { return statusBytes(pid, "VmHWM:") }

// residentMemory is the memory that a process has resident, in bytes.
func residentMemory(pid int) (int64, error) { return statusBytes(pid, "VmRSS:") }

func megabytes(bytes int64) float64 { return float64(bytes) / (1 << 20) }

func statusBytes(pid int, name string) (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, name); ok {
			kilobytes, err := strconv.ParseInt(strings.Fields(value)[0], 10, 64)
			return kilobytes << 10, err
		}
	}
	return 0, fmt.Errorf("/proc/%d/status has no %s", pid, name)
}

// coreTimes are the times of one core in ticks, from /proc/stat.
//
// Stolen is what the machine below took while the core had work; it counts as an interrupt too.
type coreTimes struct{ total, idle, interrupts, stolen int64 }

func readCore(core string) (coreTimes, error) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return coreTimes{}, err
	}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) < 9 || fields[0] != "cpu"+core {
			continue
		}
		// user nice system idle iowait irq softirq steal; what follows is counted in user already.
		var times coreTimes
		for i, field := range fields[1:9] {
			n, err := strconv.ParseInt(field, 10, 64)
			if err != nil {
				return coreTimes{}, fmt.Errorf("/proc/stat: %w", err)
			}
			times.total += n
			switch i {
			case 3, 4:
				times.idle += n
			case 5, 6, 7:
				times.interrupts += n
			}
			if i == 7 {
				times.stolen = n
			}
		}
		return times, nil
	}
	return coreTimes{}, fmt.Errorf("/proc/stat has no core %s", core)
}

// usage is how a round used the machine.
type usage struct {
	busy     float64 // share of the time in which the router's core worked
	others   float64 // share that it worked for other programs
	loadIdle float64 // share of the time in which the load's core had nothing to do
	stolen   float64 // share of both cores' time that the machine below took
	cpu      time.Duration
}

// meter measures usage between two times.
type meter struct {
	pid                  int
	routerCore, loadCore string
	router, load         coreTimes
	process              time.Duration
}

func startMeter(pid int, routerCore, loadCore string) (*meter, error) {
	m := &meter{pid: pid, routerCore: routerCore, loadCore: loadCore}
	var err error
	if m.process, err = processTime(pid); err != nil {
		return nil, err
	}
	if m.router, err = readCore(routerCore); err != nil {
		return nil, err
	}
	m.load, err = readCore(loadCore)
	return m, err
}

func (m *meter) read() (usage, error) {
	now, err := startMeter(m.pid, m.routerCore, m.loadCore)
	if err != nil {
		return usage{}, err
	}
	u := usage{cpu: now.process - m.process}
	if total := float64(now.router.total - m.router.total); total > 0 {
		u.busy = 1 - float64(now.router.idle-m.router.idle)/total
		own := u.cpu.Seconds() * ticksPerSecond / total
		u.others = max(0, u.busy-own-float64(now.router.interrupts-m.router.interrupts)/total)
	}
	if total := float64(now.load.total - m.load.total); total > 0 {
		u.loadIdle = float64(now.load.idle-m.load.idle) / total
	}
	if total := float64(now.router.total - m.router.total + now.load.total - m.load.total); total > 0 {
		u.stolen = float64(now.router.stolen-m.router.stolen+now.load.stolen-m.load.stolen) / total
	}
	return u, nil
}
