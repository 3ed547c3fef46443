package subgraph

import (
	"sort"
	"unicode/utf8"

	"github.com/vektah/gqlparser/v2/ast"
)

// lineIndex maps offsets in runes, which is what the parser's positions carry reliably, to lines and columns: the
// parser's own columns are off after "\r\n", and its lines after block strings.
type lineIndex struct {
	starts []int // rune offset of each line's first character
}

func newLineIndex(text string) lineIndex {
	starts := []int{0}
	offset := 0
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		i += size
		offset++
		if r == '\n' || r == '\r' && (i == len(text) || text[i] != '\n') {
			starts = append(starts, offset)
		}
	}
	return lineIndex{starts}
}

// lineColumn returns the place of the rune at offset; both count from 1.
func (x lineIndex) lineColumn(offset int) (line, column int) {
	if len(x.starts) == 0 {
		return 0, 0
	}
	line = sort.SearchInts(x.starts, offset+1)
	return line, offset - x.starts[line-1] + 1
}

// before orders positions of one SDL text; nil sorts last.
func before(a, b *ast.Position) bool {
	if a == nil || b == nil {
		return a != nil
	}
	return a.Start < b.Start
}
