package coerce

import (
	"fmt"
	"unicode/utf8"
)

// maxJSONDepth bounds how deep variables may nest.
const maxJSONDepth = 200

// jsonScanner reads JSON strictly (RFC 8259, UTF-8 only) and copies nothing.
type jsonScanner struct {
	data  []byte
	at    int
	depth int
}

// jsonError is a mistake in the JSON itself.
type jsonError struct {
	offset  int
	problem string
}

func (e *jsonError) Error() string {
	return fmt.Sprintf("not valid JSON at byte %d: %s", e.offset, e.problem)
}

func (s *jsonScanner) fail(problem string) error { return &jsonError{offset: s.at, problem: problem} }

func (s *jsonScanner) space() {
	for s.at < len(s.data) {
		switch s.data[s.at] {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return
		}
	}
}

// peek is the byte that starts the next token, 0 at the end.
func (s *jsonScanner) peek() byte {
	s.space()
	if s.at == len(s.data) {
		return 0
	}
	return s.data[s.at]
}

// end demands that nothing follows.
func (s *jsonScanner) end() error {
	if s.peek() != 0 || s.at < len(s.data) {
		return s.fail("more after the value")
	}
	return nil
}

func (s *jsonScanner) enter() error {
	s.at++
	if s.depth++; s.depth > maxJSONDepth {
		return s.fail(fmt.Sprintf("nested deeper than %d", maxJSONDepth))
	}
	return nil
}

func (s *jsonScanner) leave() {
	s.at++
	s.depth--
}

// skip reads one value of any kind and returns its bytes.
func (s *jsonScanner) skip() ([]byte, error) {
	first := s.peek()
	start := s.at
	var err error
	switch {
	case first == '{':
		err = s.object(func([]byte, bool) error { return s.ignore() })
	case first == '[':
		err = s.array(func(int) error { return s.ignore() })
	case first == '"':
		_, _, err = s.text()
	case first == '-' || '0' <= first && first <= '9':
		_, _, err = s.number()
	case first == 't':
		err = s.word("true")
	case first == 'f':
		err = s.word("false")
	case first == 'n':
		err = s.word("null")
	default:
		err = s.fail("a value is missing")
	}
	return s.data[start:s.at], err
}

func (s *jsonScanner) ignore() error {
	_, err := s.skip()
	return err
}

// object reads an object; member is called before each value and must read it. Its name is as written, without quotes.
func (s *jsonScanner) object(member func(name []byte, escaped bool) error) error {
	if err := s.enter(); err != nil {
		return err
	}
	if s.peek() == '}' {
		s.leave()
		return nil
	}
	for {
		if s.peek() != '"' {
			return s.fail("a member's name is missing")
		}
		name, escaped, err := s.text()
		if err != nil {
			return err
		}
		if s.peek() != ':' {
			return s.fail("':' is missing")
		}
		s.at++
		if err := member(name, escaped); err != nil {
			return err
		}
		switch s.peek() {
		case ',':
			s.at++
		case '}':
			s.leave()
			return nil
		default:
			return s.fail("',' or '}' is missing")
		}
	}
}

// array reads an array; item is called before each value and must read it.
func (s *jsonScanner) array(item func(index int) error) error {
	if err := s.enter(); err != nil {
		return err
	}
	if s.peek() == ']' {
		s.leave()
		return nil
	}
	for index := 0; ; index++ {
		if err := item(index); err != nil {
			return err
		}
		switch s.peek() {
		case ',':
			s.at++
		case ']':
			s.leave()
			return nil
		default:
			return s.fail("',' or ']' is missing")
		}
	}
}

// text reads a string and returns what is between its quotes, and whether an escape is in it.
func (s *jsonScanner) text() (raw []byte, escaped bool, err error) {
	s.at++
	start := s.at
	for s.at < len(s.data) {
		switch c := s.data[s.at]; {
		case c == '"':
			raw = s.data[start:s.at]
			s.at++
			return raw, escaped, nil
		case c == '\\':
			escaped = true
			if err := s.escape(); err != nil {
				return nil, false, err
			}
		case c < ' ':
			return nil, false, s.fail("a control character in a string")
		case c < utf8.RuneSelf:
			s.at++
		default:
			r, size := utf8.DecodeRune(s.data[s.at:])
			if r == utf8.RuneError && size == 1 {
				return nil, false, s.fail("a string that is not UTF-8")
			}
			s.at += size
		}
	}
	return nil, false, s.fail("a string that does not end")
}

func (s *jsonScanner) escape() error {
	s.at++
	if s.at == len(s.data) {
		return s.fail("a string that does not end")
	}
	switch s.data[s.at] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		s.at++
		return nil
	case 'u':
		s.at++
		for range 4 {
			if s.at == len(s.data) || !isHexDigit(s.data[s.at]) {
				return s.fail(`\u needs four hexadecimal digits`)
			}
			s.at++
		}
		return nil
	default:
		return s.fail("an escape that JSON does not have")
	}
}

func isHexDigit(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// number reads a number and tells whether it is written as an integer.
func (s *jsonScanner) number() (raw []byte, integer bool, err error) {
	start := s.at
	integer = true
	if s.data[s.at] == '-' {
		s.at++
	}
	if s.digit() && s.data[s.at] == '0' {
		s.at++
	} else if !s.digits() {
		return nil, false, s.fail("a number without digits")
	}
	if s.at < len(s.data) && s.data[s.at] == '.' {
		integer = false
		s.at++
		if !s.digits() {
			return nil, false, s.fail("a number without digits after '.'")
		}
	}
	if s.at < len(s.data) && s.data[s.at]|0x20 == 'e' {
		integer = false
		s.at++
		if s.at < len(s.data) && (s.data[s.at] == '+' || s.data[s.at] == '-') {
			s.at++
		}
		if !s.digits() {
			return nil, false, s.fail("a number without digits in its exponent")
		}
	}
	return s.data[start:s.at], integer, nil
}

func (s *jsonScanner) digit() bool {
	return s.at < len(s.data) && '0' <= s.data[s.at] && s.data[s.at] <= '9'
}

func (s *jsonScanner) digits() bool {
	start := s.at
	for s.digit() {
		s.at++
	}
	return s.at > start
}

func (s *jsonScanner) word(word string) error {
	if len(s.data)-s.at < len(word) || string(s.data[s.at:s.at+len(word)]) != word {
		return s.fail("a word that JSON does not have")
	}
	s.at += len(word)
	return nil
}
