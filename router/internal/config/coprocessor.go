package config

import (
	"fmt"
	"net/url"
	"time"
)

// Coprocessor is a service that takes part in requests, in whatever language it is written.
type Coprocessor struct {
	URL     string             `yaml:"url" doc:"Address of the service. Empty: there is none."`
	Timeout Duration           `yaml:"timeout" doc:"Longest wait for one answer of the service."`
	OnError string             `yaml:"on_error" doc:"What happens to requests while the service fails: deny or allow."`
	Stages  []CoprocessorStage `yaml:"stages" doc:"When the service is asked, and what it is told."`
}

// CoprocessorStage is a point in a request at which the service is asked.
type CoprocessorStage struct {
	On        string   `yaml:"on" doc:"request, operation, fetch (each request to a subgraph) or response."`
	Headers   []string `yaml:"headers" doc:"Names of the headers that the service is told; * for all."`
	Body      bool     `yaml:"body" doc:"Tell the body; for an operation its document and variables."`
	Context   bool     `yaml:"context" doc:"Tell the values that earlier stages of the request have set."`
	Operation bool     `yaml:"operation" doc:"Tell the operation's name and kind (operation and fetch)."`
	Claims    bool     `yaml:"claims" doc:"Tell the claims of the caller's token (operation)."`
}

func defaultCoprocessor() Coprocessor {
	return Coprocessor{Timeout: Duration(time.Second), OnError: "deny"}
}

func (v *validator) coprocessor(c Coprocessor) {
	if c.URL == "" {
		if len(c.Stages) > 0 {
			v.add("coprocessor.stages", "need coprocessor.url")
		}
		return
	}
	if u, err := url.Parse(c.URL); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		v.add("coprocessor.url", "%q is not an http:// or https:// address", c.URL)
	}
	if c.Timeout == 0 {
		v.add("coprocessor.timeout", "must be more than 0")
	}
	v.oneOf("coprocessor.on_error", c.OnError, "deny", "allow")
	if len(c.Stages) == 0 {
		v.add("coprocessor.stages", "must name at least one stage, for example on: request")
	}
	seen := map[string]bool{}
	for i, s := range c.Stages {
		path := fmt.Sprintf("coprocessor.stages[%d].on", i)
		v.oneOf(path, s.On, "request", "operation", "fetch", "response")
		if seen[s.On] {
			v.add(path, "%q is there twice; keep one", s.On)
		}
		seen[s.On] = true
	}
}
