package gqlerr

import (
	"strconv"
	"unicode/utf8"
)

// AppendJSON appends the error as a member of a response's "errors" array: message, locations, path, extensions.
func (e *Error) AppendJSON(dst []byte) []byte {
	dst = append(dst, `{"message":`...)
	dst = AppendString(dst, e.Message)
	if len(e.Locations) > 0 {
		dst = append(dst, `,"locations":[`...)
		for i, l := range e.Locations {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(dst, `{"line":`...)
			dst = strconv.AppendInt(dst, int64(l.Line), 10)
			dst = append(dst, `,"column":`...)
			dst = strconv.AppendInt(dst, int64(l.Column), 10)
			dst = append(dst, '}')
		}
		dst = append(dst, ']')
	}
	if e.Path != nil {
		dst = append(dst, `,"path":`...)
		dst = AppendPath(dst, e.Path)
	}
	dst = e.appendExtensions(dst)
	return append(dst, '}')
}

func (e *Error) appendExtensions(dst []byte) []byte {
	start := len(dst)
	open := func(name string) {
		if len(dst) == start {
			dst = append(dst, `,"extensions":{`...)
		} else {
			dst = append(dst, ',')
		}
		dst = append(AppendString(dst, name), ':')
	}
	if e.Code != "" && !e.hasExtension("code") {
		open("code")
		dst = AppendString(dst, string(e.Code))
	}
	if e.Service != "" && !e.hasExtension("serviceName") {
		open("serviceName")
		dst = AppendString(dst, e.Service)
	}
	for _, x := range e.Extensions {
		open(x.Name)
		dst = append(dst, x.Value...)
	}
	if len(dst) > start {
		dst = append(dst, '}')
	}
	return dst
}

func (e *Error) hasExtension(name string) bool {
	for _, x := range e.Extensions {
		if x.Name == name {
			return true
		}
	}
	return false
}

// AppendJSON appends the list as a JSON array.
func (l List) AppendJSON(dst []byte) []byte {
	dst = append(dst, '[')
	for i, e := range l {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = e.AppendJSON(dst)
	}
	return append(dst, ']')
}

// AppendPath appends a response path as a JSON array.
func AppendPath(dst []byte, path []PathElement) []byte {
	dst = append(dst, '[')
	for i, p := range path {
		if i > 0 {
			dst = append(dst, ',')
		}
		if p.Name != "" {
			dst = AppendString(dst, p.Name)
		} else {
			dst = strconv.AppendInt(dst, int64(p.Index), 10)
		}
	}
	return append(dst, ']')
}

const hexDigits = "0123456789abcdef"

// AppendString appends s as a JSON string. Bytes that are not UTF-8 become U+FFFD.
func AppendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	done := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c >= ' ' && c != '"' && c != '\\' {
				i++
				continue
			}
			dst = append(dst, s[done:i]...)
			dst = appendEscape(dst, c)
			i++
			done = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			dst = append(dst, s[done:i]...)
			dst = append(dst, "\uFFFD"...)
			i++
			done = i
			continue
		}
		i += size
	}
	dst = append(dst, s[done:]...)
	return append(dst, '"')
}

func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	default:
		return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xf])
	}
}
