package config

import "slices"

// DemandControl bounds what one operation may cost: @cost and @listSize in the supergraph say what fields and lists cost,
// and everything else has a default.
type DemandControl struct {
	// Mode is "off", "measure" or "enforce".
	Mode string `yaml:"mode" doc:"off: costs are not looked at. measure: they are counted and reported. enforce: operations that are estimated to cost more than max are refused."`
	// Max is in the unit of @cost: an object that is returned costs 1.
	Max      int  `yaml:"max" doc:"Highest estimated cost of an operation. An object costs 1, a scalar 0, a mutation 10, unless @cost says otherwise. 0: no limit."`
	ListSize int  `yaml:"list_size" doc:"Items that a list is taken to have when no @listSize says it."`
	Actual   bool `yaml:"actual" doc:"Also count what responses really cost, for metrics and logs, and to give back to rate limits by cost what was not used."`
	// Expose is "none", "headers" or "extensions".
	Expose string `yaml:"expose" doc:"Tell clients what operations cost. none, headers (X-Cost-Estimated, X-Cost-Max) or extensions (extensions.cost of responses)."`
}

func defaultDemandControl() DemandControl {
	return DemandControl{Mode: "enforce", Max: 10_000_000, ListSize: 10, Expose: "none"}
}

func (v *validator) demandControl(d DemandControl, limits RateLimits) {
	v.oneOf("demand_control.mode", d.Mode, "off", "measure", "enforce")
	v.oneOf("demand_control.expose", d.Expose, "none", "headers", "extensions")
	if d.Mode == "off" && slices.ContainsFunc(limits.Rules, func(r RateLimit) bool { return r.By == "cost" }) {
		v.add("demand_control.mode", "cannot be off while a rate limit goes by cost")
	}
	if d.Max < 0 || d.ListSize < 0 {
		v.add("demand_control", "max and list_size cannot be negative")
	}
	if d.Mode == "enforce" && d.Max == 0 {
		v.add("demand_control.max", "must be more than 0 with mode: enforce; use mode: measure to refuse nothing")
	}
}
