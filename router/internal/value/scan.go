package value

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

const (
	everyByte = 0x0101010101010101
	highBits  = 0x8080808080808080
)

// scanString reads a string's characters from after its opening quote and gives the position after the closing one.
// Eight bytes are looked at together until one is a quote, a backslash, a control character or not ASCII.
func scanString(data []byte, pos int) (end int, flags Flags, ok bool) {
	for {
		for pos+8 <= len(data) {
			word := binary.LittleEndian.Uint64(data[pos:])
			quote := word ^ everyByte*'"'
			slash := word ^ everyByte*'\\'
			// Below a true match no byte matches falsely, and only the lowest match is used.
			special := (word | (word-everyByte*0x20)&^word | (quote-everyByte)&^quote | (slash-everyByte)&^slash) & highBits
			if special != 0 {
				pos += bits.TrailingZeros64(special) / 8
				break
			}
			pos += 8
		}
		if pos >= len(data) {
			return pos, 0, false
		}
		switch c := data[pos]; {
		case c == '"':
			return pos + 1, flags, true
		case c == '\\':
			flags |= Escaped
			n := escapeLen(data[pos:])
			if n == 0 {
				return pos, 0, false
			}
			pos += n
		case c < 0x20:
			return pos, 0, false
		case c < utf8.RuneSelf:
			pos++
		default:
			for pos < len(data) && data[pos] >= utf8.RuneSelf {
				r, size := utf8.DecodeRune(data[pos:])
				if r == utf8.RuneError && size <= 1 {
					return pos, 0, false
				}
				pos += size
			}
		}
	}
}

// escapeLen is the length of the escape sequence at the start of data, 0 when it is not one.
func escapeLen(data []byte) int {
	if len(data) < 2 {
		return 0
	}
	switch data[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if len(data) < 6 {
			return 0
		}
		for _, c := range data[2:6] {
			if hexDigit(c) < 0 {
				return 0
			}
		}
		return 6
	}
	return 0
}

func hexDigit(c byte) rune {
	switch {
	case c >= '0' && c <= '9':
		return rune(c - '0')
	case c >= 'a' && c <= 'f':
		return rune(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return rune(c-'A') + 10
	}
	return -1
}

// scanNumber reads a number by the grammar of RFC 8259 and gives the position after it.
func scanNumber(data []byte, pos int) (end int, flags Flags, ok bool) {
	if pos < len(data) && data[pos] == '-' {
		pos++
	}
	switch {
	case pos >= len(data):
		return pos, 0, false
	case data[pos] == '0':
		pos++
	case data[pos] >= '1' && data[pos] <= '9':
		pos = scanDigits(data, pos)
	default:
		return pos, 0, false
	}
	if pos < len(data) && data[pos] == '.' {
		flags = Fraction
		start := pos + 1
		if pos = scanDigits(data, start); pos == start {
			return pos, 0, false
		}
	}
	if pos < len(data) && data[pos]|0x20 == 'e' {
		flags = Fraction
		pos++
		if pos < len(data) && (data[pos] == '+' || data[pos] == '-') {
			pos++
		}
		start := pos
		if pos = scanDigits(data, start); pos == start {
			return pos, 0, false
		}
	}
	return pos, flags, true
}

func scanDigits(data []byte, pos int) int {
	for pos < len(data) && data[pos] >= '0' && data[pos] <= '9' {
		pos++
	}
	return pos
}

// skipSpace gives the position of the next byte that is not white space.
func skipSpace(data []byte, pos int) int {
	for pos < len(data) {
		switch data[pos] {
		case ' ', '\n', '\r', '\t':
			pos++
		default:
			return pos
		}
	}
	return pos
}
