package subgraph

import (
	"errors"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/lexer"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/tributary-gql/tributary/schema/diag"
)

// maxSyntaxErrors bounds what is told about text that is perhaps no SDL at all.
const maxSyntaxErrors = 20

// syntaxErrors words what is wrong with text that does not parse. The parser stops at the first error; so each definition is parsed
// again by itself, and each can tell one.
func (s *Subgraph) syntaxErrors(first error) []diag.Diagnostic {
	var found []diag.Diagnostic
	for _, part := range definitions(s.source.Input) {
		source := &ast.Source{Name: s.File, Input: part.text}
		if _, err := parser.ParseSchema(source); err != nil {
			found = append(found, s.syntaxError(source, part.offset, err))
		}
		if len(found) == maxSyntaxErrors {
			break
		}
	}
	if len(found) == 0 { // only the parts fit
		found = append(found, s.syntaxError(s.source, 0, first))
	}
	return found
}

// syntaxError words the parser's error about a part of the SDL that begins at the offset, in runes.
func (s *Subgraph) syntaxError(source *ast.Source, offset int, err error) diag.Diagnostic {
	d := diag.Diagnostic{
		Code: diag.InvalidGraphQL, Severity: diag.Error, Message: "Syntax error: " + err.Error() + ".",
		Locations: []diag.Location{{Subgraph: s.Name, File: s.File}},
	}
	var located *gqlerror.Error
	if !errors.As(err, &located) || len(located.Locations) == 0 {
		return d
	}
	at, message := findToken(source, located)
	message = strings.TrimSuffix(message, ".")
	d.Message = "Syntax error: " + strings.ToLower(message[:min(1, len(message))]) + message[min(1, len(message)):] + "."
	d.Locations[0] = s.Location(&ast.Position{Start: at + offset})
	return d
}

// findToken reads the text again up to the token that the parser complains about, and returns its offset. The parser gives its place as
// line and column only, which are not to be relied on (see lineIndex), and hides why a token is none.
func findToken(source *ast.Source, complaint *gqlerror.Error) (offset int, message string) {
	line, column := complaint.Locations[0].Line, complaint.Locations[0].Column
	lex := lexer.New(source)
	for {
		token, err := lex.ReadToken()
		var invalid *gqlerror.Error
		if errors.As(err, &invalid) {
			return token.Pos.End, invalid.Message
		}
		if token.Kind == lexer.EOF || token.Pos.Line == line && token.Pos.Column == column {
			return token.Pos.Start, complaint.Message
		}
	}
}

// textPart is a part of the SDL, and the offset, in runes, where it begins.
type textPart struct {
	text   string
	offset int
}

// definitions cuts SDL before each keyword that can only begin a definition: at the start of a line, followed by what the definition
// needs next, and outside of braces or not indented. A description belongs to what follows it.
func definitions(sdl string) []textPart {
	c := cutter{sdl: sdl}
	for c.position < len(sdl) {
		c.cutTokens()
	}
	c.cut(len(sdl), c.runesAt(len(sdl)))
	return c.parts
}

// cutter collects the parts. position and runes name the same place, in bytes and in runes: where the tokens that are read begin.
type cutter struct {
	sdl             string
	position, runes int
	start           int // of the part at hand, in bytes
	startRunes      int
	parts           []textPart
}

// cut ends the part at hand.
func (c *cutter) cut(at, runes int) {
	if text := c.sdl[c.start:at]; strings.TrimSpace(text) != "" {
		c.parts = append(c.parts, textPart{text, c.startRunes})
	}
	c.start, c.startRunes = at, runes
}

// runesAt is the offset in runes of a byte offset that is not before position.
func (c *cutter) runesAt(at int) int { return c.runes + utf8.RuneCountInString(c.sdl[c.position:at]) }

// cutTokens reads tokens up to the end, or up to one that is none, and goes on after that with the next line that looks like a
// definition.
func (c *cutter) cutTokens() {
	open := 0              // braces
	var before, last lexed // the two tokens before the one at hand
	lex := lexer.New(&ast.Source{Input: c.sdl[c.position:]})
	at, atRunes := c.position, 0 // how far offsets in runes were turned into bytes
	for {
		token, err := lex.ReadToken()
		for ; atRunes < token.Pos.Start && at < len(c.sdl); atRunes++ {
			_, size := utf8.DecodeRuneInString(c.sdl[at:])
			at += size
		}
		begin := last
		if before.Kind == lexer.String || before.Kind == lexer.BlockString {
			begin = before
		}
		if begins(last.Token, token) && startsLine(c.sdl, begin.offset) && (open == 0 || isFirstColumn(c.sdl, begin.offset)) {
			c.cut(begin.offset, begin.runes)
			open = 0
		}
		if err != nil || token.Kind == lexer.EOF {
			c.skip(at, err == nil)
			return
		}
		switch token.Kind {
		case lexer.BraceL:
			open++
		case lexer.BraceR:
			open = max(open-1, 0)
		}
		if last.Kind == lexer.Name && last.Value == "extend" {
			last.Token = token // "extend type" begins where "extend" does
			continue
		}
		before, last = last, lexed{token, at, c.runes + atRunes}
	}
}

// lexed is a token and where it begins in the SDL, in bytes and in runes.
type lexed struct {
	lexer.Token
	offset, runes int
}

var looksLikeDefinition = regexp.MustCompile(`\n(?:extend[ \t]+)?(?:schema|type|interface|union|enum|input|scalar|directive)\b`)

// skip goes to where tokens are read next: nowhere at the end, else the next definition that is not indented.
func (c *cutter) skip(offset int, isEnd bool) {
	next := len(c.sdl)
	if !isEnd {
		if found := looksLikeDefinition.FindStringIndex(c.sdl[offset:]); found != nil {
			next = offset + found[0] + 1
		}
	}
	runes := c.runesAt(next)
	c.position, c.runes = next, runes
	if !isEnd {
		c.cut(next, runes)
	}
}

// begins tells whether two tokens begin a definition.
func begins(first, second lexer.Token) bool {
	if first.Kind != lexer.Name {
		return false
	}
	switch first.Value {
	case "type", "interface", "union", "enum", "input", "scalar":
		return second.Kind == lexer.Name
	case "directive":
		return second.Kind == lexer.At
	case "schema":
		return second.Kind == lexer.BraceL || second.Kind == lexer.At
	}
	return false
}

// startsLine tells whether there is nothing but white space before the offset in its line.
func startsLine(text string, offset int) bool {
	return strings.TrimSpace(text[strings.LastIndexByte(text[:offset], '\n')+1:offset]) == ""
}

func isFirstColumn(text string, offset int) bool { return offset == 0 || text[offset-1] == '\n' }
