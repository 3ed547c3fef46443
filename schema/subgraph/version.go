package subgraph

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// Version is a feature's version, "v2.3".
type Version struct{ Major, Minor int }

// Compare orders versions; it is negative when v is older than w.
func (v Version) Compare(w Version) int {
	return cmp.Or(cmp.Compare(v.Major, w.Major), cmp.Compare(v.Minor, w.Minor))
}

// AtLeast reports whether v is major.minor or later.
func (v Version) AtLeast(major, minor int) bool { return v.Compare(Version{major, minor}) >= 0 }

// String gives "v2.3", the form used in URLs.
func (v Version) String() string { return fmt.Sprintf("v%d.%d", v.Major, v.Minor) }

// IsZero reports whether there is no version.
func (v Version) IsZero() bool { return v == Version{} }

// ParseVersion reads the form used in URLs, "v2.3".
func ParseVersion(text string) (Version, bool) {
	rest, ok := strings.CutPrefix(text, "v")
	if !ok {
		return Version{}, false
	}
	major, minor, ok := strings.Cut(rest, ".")
	if !ok {
		return Version{}, false
	}
	v := Version{}
	for _, part := range []struct {
		text string
		into *int
	}{{major, &v.Major}, {minor, &v.Minor}} {
		n, err := strconv.Atoi(part.text)
		if err != nil || n < 0 || part.text[0] == '+' || part.text[0] == '-' {
			return Version{}, false
		}
		*part.into = n
	}
	return v, true
}
