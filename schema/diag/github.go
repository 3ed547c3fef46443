package diag

import (
	"bufio"
	"io"
	"strconv"
	"strings"
)

// GitHub prints diagnostics as workflow commands, which show up as annotations at the lines they are about. A diagnostic with several
// places gives one annotation at the first that has a file.
func GitHub(w io.Writer, diagnostics []Diagnostic) error {
	out := bufio.NewWriter(w)
	for _, d := range diagnostics {
		out.WriteString("::" + githubLevel(d.Severity) + " ")
		for _, l := range d.Locations {
			if l.File == "" {
				continue
			}
			out.WriteString("file=" + githubProperty(l.File))
			if l.Line > 0 {
				out.WriteString(",line=" + strconv.Itoa(l.Line) + ",col=" + strconv.Itoa(l.Column))
			}
			out.WriteByte(',')
			break
		}
		out.WriteString("title=" + githubProperty(string(d.Code)) + "::" + githubMessage(githubText(d)) + "\n")
	}
	return out.Flush()
}

// githubText is the message, with the subgraph's name where no file tells it, and the fix.
func githubText(d Diagnostic) string {
	text := d.Message
	if len(d.Locations) > 0 && d.Locations[0].File == "" {
		text = "[" + d.Locations[0].String() + "] " + text
	}
	if d.Fix != "" {
		text += "\nFix: " + d.Fix
	}
	return text
}

func githubLevel(s Severity) string {
	switch s {
	case Error:
		return "error"
	case Warn:
		return "warning"
	default:
		return "notice"
	}
}

func githubMessage(text string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(text)
}

func githubProperty(text string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(text)
}
