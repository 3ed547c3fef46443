package config

// Sharing says whose identical queries share one execution while they are under way. Sharing of the requests to subgraphs
// is subgraphs.NAME.share.
type Sharing struct {
	// Requests is "off", "anonymous" or "all".
	Requests string `yaml:"requests" doc:"Identical queries (variables, permissions and all headers that are sent on included) that are under way at the same time share one execution. off: never. anonymous: those without credentials. all: also those with credentials, each caller only with itself."`
}

func defaultSharing() Sharing { return Sharing{Requests: "anonymous"} }

func (v *validator) sharing(s Sharing) {
	v.oneOf("sharing.requests", s.Requests, "off", "anonymous", "all")
}
