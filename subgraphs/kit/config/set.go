package config

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"
)

// ErrHelp is returned by [Set.Parse] when --help was given; [Set.Usage] then has the text to show.
var ErrHelp = flag.ErrHelp

// maxFileSize bounds what is read from a NAME_FILE, in bytes.
const maxFileSize = 64 << 10

// LookupEnv finds a variable of the environment; os.LookupEnv is one.
type LookupEnv func(name string) (value string, found bool)

// Set is the declared settings of one program. Declare them all, then call [Set.Parse] once.
type Set struct {
	program string
	summary string
	flags   *flag.FlagSet
	names   []string // in the order of declaration
	checks  []func() error
}

// NewSet returns an empty set for a program; summary is one sentence for its usage text.
func NewSet(program, summary string) *Set {
	flags := flag.NewFlagSet(program, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Usage = func() {}
	return &Set{program: program, summary: summary, flags: flags}
}

// String declares a text setting.
func (s *Set) String(target *string, name, def, usage string) {
	s.flags.StringVar(target, name, def, usage)
	s.names = append(s.names, name)
}

// Bool declares an on-off setting; the environment takes true and false, 1 and 0.
func (s *Set) Bool(target *bool, name string, def bool, usage string) {
	s.flags.BoolVar(target, name, def, usage)
	s.names = append(s.names, name)
}

// Int declares a whole number that must lie from low to high.
func (s *Set) Int(target *int, name string, def, low, high int, usage string) {
	s.flags.IntVar(target, name, def, fmt.Sprintf("%s (%d to %d)", usage, low, high))
	s.names = append(s.names, name)
	s.Check(func() error {
		if *target < low || *target > high {
			return fmt.Errorf("--%s must be from %d to %d, and is %d", name, low, high, *target)
		}
		return nil
	})
}

// Duration declares a span of time, such as 15m, that must be positive.
func (s *Set) Duration(target *time.Duration, name string, def time.Duration, usage string) {
	s.flags.DurationVar(target, name, def, usage)
	s.names = append(s.names, name)
	s.Check(func() error {
		if *target <= 0 {
			return fmt.Errorf("--%s must be a positive duration such as 30s, and is %v", name, *target)
		}
		return nil
	})
}

// LogLevel declares a log level: debug, info, warn or error.
func (s *Set) LogLevel(target *slog.Level, name string, def slog.Level, usage string) {
	s.flags.TextVar(target, name, def, usage)
	s.names = append(s.names, name)
}

// OneOf declares a setting that must be one of the choices.
func (s *Set) OneOf(target *string, name, def string, choices []string, usage string) {
	s.String(target, name, def, usage+": "+strings.Join(choices, " or "))
	s.Check(func() error {
		for _, choice := range choices {
			if *target == choice {
				return nil
			}
		}
		return fmt.Errorf("--%s must be %s, and is %q", name, strings.Join(choices, " or "), *target)
	})
}

// Check adds a rule over the values; it runs when all could be read.
func (s *Set) Check(rule func() error) { s.checks = append(s.checks, rule) }

// Parse reads the settings: first the environment, then the arguments. It returns [ErrHelp], or all problems joined, each
// naming the flag or variable that it is about. No message shows the value of a setting that came from a file.
func (s *Set) Parse(arguments []string, environment LookupEnv) error {
	problems := s.readEnvironment(environment)
	switch err := s.flags.Parse(arguments); {
	case errors.Is(err, flag.ErrHelp):
		return ErrHelp
	case err != nil:
		problems = append(problems, fmt.Errorf("%w (--help lists the flags)", err))
	case s.flags.NArg() > 0:
		problems = append(problems, fmt.Errorf("unexpected argument %q: every setting is a flag (--help lists them)", s.flags.Arg(0)))
	}
	if len(problems) == 0 {
		for _, check := range s.checks {
			if err := check(); err != nil {
				problems = append(problems, err)
			}
		}
	}
	return errors.Join(problems...)
}

func (s *Set) readEnvironment(environment LookupEnv) (problems []error) {
	for _, name := range s.names {
		variable := Variable(name)
		value, found := environment(variable)
		path, fromFile := environment(variable + "_FILE")
		switch {
		case found && fromFile:
			problems = append(problems, fmt.Errorf("%s and %s_FILE are both set: keep one", variable, variable))
			continue
		case fromFile:
			text, err := readSecret(path)
			if err != nil {
				problems = append(problems, fmt.Errorf("%s_FILE: %w", variable, err))
				continue
			}
			value = text
		case !found:
			continue
		}
		if err := s.flags.Set(name, value); err != nil {
			if fromFile {
				err = errors.New("the file's text is not a value of the right kind")
			}
			problems = append(problems, fmt.Errorf("%s: %w", variable, err))
		}
	}
	return problems
}

func readSecret(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxFileSize+1))
	if err != nil {
		return "", err
	}
	if len(text) > maxFileSize {
		return "", fmt.Errorf("%s is larger than %d bytes", path, maxFileSize)
	}
	return strings.TrimRight(string(text), "\r\n"), nil
}

// Variable is the environment variable of a flag: "database-url" is read from DATABASE_URL.
func Variable(name string) string { return strings.ToUpper(strings.ReplaceAll(name, "-", "_")) }

// Usage is the text for --help.
func (s *Set) Usage() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s\n\nUsage: %s [flags]\n\nEach flag can also be set by the environment variable in brackets, or by a file\nwhose path is in that variable with _FILE after its name.\n\n", s.summary, s.program)
	for _, name := range s.names {
		declared := s.flags.Lookup(name)
		fmt.Fprintf(&text, "  --%s  [%s]\n        %s", name, Variable(name), declared.Usage)
		if declared.DefValue != "" {
			fmt.Fprintf(&text, " (default %s)", declared.DefValue)
		}
		text.WriteByte('\n')
	}
	return text.String()
}
