package subgraph

import (
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/vektah/gqlparser/v2/ast"
)

// lineIndex maps offsets in runes, which is what the parser's positions carry reliably, to lines, columns and bytes: the
// parser's own columns are off after "\r\n", and its lines after block strings.
type lineIndex struct {
	runes []int // offset of each line's first character
	bytes []int // the same in bytes
}

func newLineIndex(text string) lineIndex {
	lines := 1 + strings.Count(text, "\n") + strings.Count(text, "\r")
	x := lineIndex{runes: append(make([]int, 0, lines), 0), bytes: append(make([]int, 0, lines), 0)}
	offset := 0
	for i := 0; i < len(text); {
		r, size := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(text[i:])
		}
		i += size
		offset++
		if r == '\n' || r == '\r' && (i == len(text) || text[i] != '\n') {
			x.runes = append(x.runes, offset)
			x.bytes = append(x.bytes, i)
		}
	}
	return x
}

// lineColumn returns the place of the rune at offset; both count from 1.
func (x lineIndex) lineColumn(offset int) (line, column int) {
	if len(x.runes) == 0 {
		return 0, 0
	}
	line = max(sort.SearchInts(x.runes, offset+1), 1)
	return line, offset - x.runes[line-1] + 1
}

// byteOffset returns where in text the rune at offset starts.
func (x lineIndex) byteOffset(text string, offset int) int {
	line, column := x.lineColumn(offset)
	i := x.bytes[line-1]
	for ; column > 1 && i < len(text); column-- {
		_, size := utf8.DecodeRuneInString(text[i:])
		i += size
	}
	return i
}

// before orders positions of one SDL text; nil sorts last.
func before(a, b *ast.Position) bool {
	if a == nil || b == nil {
		return a != nil
	}
	return a.Start < b.Start
}

// atSign is the position of the "@" before a directive's name, which is where the parser puts it.
func atSign(pos *ast.Position) *ast.Position {
	if pos == nil || pos.Start == 0 {
		return pos
	}
	at := *pos
	at.Start--
	return &at
}

// inString returns the position in the SDL of the character at offset (in runes) of a string value's content.
func (s *Subgraph) inString(v *ast.Value, offset int) *ast.Position {
	if v == nil || v.Position == nil || v.Kind != ast.StringValue && v.Kind != ast.BlockValue {
		if v == nil {
			return nil
		}
		return v.Position
	}
	text := s.source.Input
	start := s.lines.byteOffset(text, v.Position.Start)
	if start >= len(text) || text[start] != '"' {
		return v.Position // a value that the upgrade made a string
	}
	at := *v.Position
	if v.Kind == ast.StringValue {
		at.Start += stringOffset(text[start:], offset)
	} else {
		at.Start += blockOffset(text[start:], offset)
	}
	return &at
}

// stringOffset returns how many runes lie between the opening quote at the start of text and the offset-th character of
// the string's value; an escape sequence is one character of the value.
func stringOffset(text string, offset int) int {
	runes := 1
	for i := 1; i < len(text) && text[i] != '"' && offset > 0; offset-- {
		_, size := utf8.DecodeRuneInString(text[i:])
		if text[i] == '\\' {
			size = escapeLength(text[i:])
			runes += size
		} else {
			runes++
		}
		i += size
	}
	return runes
}

// escapeLength returns the length of the escape sequence at the start of text; a surrogate pair counts as one.
func escapeLength(text string) int {
	if len(text) < 2 || text[1] != 'u' {
		return 2
	}
	if len(text) > 2 && text[2] == '{' {
		for i := 3; i < len(text); i++ {
			if text[i] == '}' {
				return i + 1
			}
		}
		return len(text)
	}
	if len(text) >= 12 && text[6] == '\\' && text[7] == 'u' && (text[2] == 'd' || text[2] == 'D') && text[3] >= '8' {
		return 12
	}
	return min(6, len(text))
}

// blockOffset is stringOffset for a block string, whose value leaves out the common indentation, and the blank lines at both
// ends.
func blockOffset(text string, offset int) int {
	lines := blockLines(text)
	indent := -1
	for _, line := range lines {
		if n := line.indent(); n < len(line.runes) && (indent < 0 || n < indent) {
			indent = n
		}
	}
	first := true
	for i, line := range lines {
		if line.indent() == len(line.runes) && first {
			continue // blank lines at the start are not part of the value
		}
		first = false
		skip := 0
		if i > 0 && indent > 0 {
			skip = min(indent, len(line.runes))
		}
		content := line.offsets[skip:]
		if offset < len(content) {
			return content[offset]
		}
		offset -= len(content) + 1 // the line break
		if offset < 0 {
			return line.end
		}
	}
	return 3
}

// blockLine is one raw line of a block string: its characters, and where each stands after the opening quotes.
type blockLine struct {
	runes   []rune
	offsets []int
	end     int
}

func (l blockLine) indent() int {
	for i, r := range l.runes {
		if r != ' ' && r != '\t' {
			return i
		}
	}
	return len(l.runes)
}

func blockLines(text string) []blockLine {
	var lines []blockLine
	var line blockLine
	runes := 3
	for i := 3; i < len(text); {
		switch {
		case len(text) >= i+3 && text[i:i+3] == `"""`:
			line.end = runes
			return append(lines, line)
		case len(text) >= i+4 && text[i:i+4] == `\"""`:
			for range 3 {
				line.runes = append(line.runes, '"')
				line.offsets = append(line.offsets, runes)
			}
			i, runes = i+4, runes+4
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		if r == '\n' || r == '\r' {
			line.end = runes
			lines, line = append(lines, line), blockLine{}
			if r == '\r' && len(text) > i+1 && text[i+1] == '\n' {
				size, runes = 2, runes+1
			}
		} else {
			line.runes = append(line.runes, r)
			line.offsets = append(line.offsets, runes)
		}
		i, runes = i+size, runes+1
	}
	return append(lines, line)
}
