package diag

import (
	"encoding/json"
	"fmt"
	"strings"
)

// jsonDiagnostic is the form that scripts depend on: see the contract of "fed compose --format json".
type jsonDiagnostic struct {
	Code      Code       `json:"code"`
	Severity  string     `json:"severity"`
	Message   string     `json:"message"`
	Fix       string     `json:"fix,omitempty"`
	Locations []Location `json:"locations"`
}

// MarshalJSON writes code, severity, message, fix and locations; locations is a list even when it is empty.
func (d Diagnostic) MarshalJSON() ([]byte, error) {
	out := jsonDiagnostic{d.Code, d.Severity.String(), d.Message, d.Fix, d.Locations}
	if out.Locations == nil {
		out.Locations = []Location{}
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (d *Diagnostic) UnmarshalJSON(data []byte) error {
	var in jsonDiagnostic
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	severity, err := parseSeverity(in.Severity)
	if err != nil {
		return err
	}
	*d = Diagnostic{Code: in.Code, Severity: severity, Message: in.Message, Fix: in.Fix, Locations: in.Locations}
	return nil
}

func parseSeverity(name string) (Severity, error) {
	for _, s := range []Severity{Error, Warn, Info, Debug} {
		if strings.EqualFold(name, s.String()) {
			return s, nil
		}
	}
	return Error, fmt.Errorf("diag: %q is no severity", name)
}
