package config

import (
	"cmp"
	"maps"
	"slices"
)

// Errors says what clients learn of errors. The code and the subgraph's name always pass.
type Errors struct {
	// Mode is "development" or "production".
	Mode      string               `yaml:"mode" env:"ROUTER_ERRORS" enum:"development,production" doc:"development: messages and extensions of subgraphs pass. production: messages of errors without a code of their own are masked, and extensions do not pass. What is masked is in the log, with the reference that the client gets."`
	All       ErrorRule            `yaml:"all" doc:"What passes, where it differs from the mode."`
	Subgraphs map[string]ErrorRule `yaml:"subgraphs" doc:"What passes of single subgraphs; what is not said here is as in all."`
}

// ErrorRule says what passes of subgraphs' errors. Unset values are the mode's.
type ErrorRule struct {
	Messages   string   `yaml:"messages" enum:"pass,coded,mask" doc:"pass: all messages. coded: those of errors with a code of their own. mask: none but those of codes."`
	Codes      []string `yaml:"codes" doc:"Codes whose messages pass in any case."`
	Extensions []string `yaml:"extensions" doc:"Extensions that pass beside the code; * and ? match any text and one character."`
}

// ErrorRuleFor gives what holds for a subgraph: its own settings, then those of all, then the mode's. "" gives those of all.
func (e *Errors) ErrorRuleFor(subgraph string) ErrorRule {
	own := e.Subgraphs[subgraph]
	out := ErrorRule{Messages: cmp.Or(own.Messages, e.All.Messages), Codes: own.Codes, Extensions: own.Extensions}
	if out.Codes == nil {
		out.Codes = e.All.Codes
	}
	if out.Extensions == nil {
		out.Extensions = e.All.Extensions
	}
	if e.Mode == "production" {
		out.Messages = cmp.Or(out.Messages, "coded")
		return out
	}
	out.Messages = cmp.Or(out.Messages, "pass")
	if out.Extensions == nil {
		out.Extensions = []string{"*"}
	}
	return out
}

func (v *validator) errors(e Errors) {
	v.oneOf("errors.mode", e.Mode, "development", "production")
	v.errorRule("errors.all", e.All)
	for _, name := range slices.Sorted(maps.Keys(e.Subgraphs)) {
		v.errorRule("errors.subgraphs."+name, e.Subgraphs[name])
	}
}

func (v *validator) errorRule(path string, r ErrorRule) {
	if r.Messages != "" {
		v.oneOf(path+".messages", r.Messages, "pass", "coded", "mask")
	}
}
