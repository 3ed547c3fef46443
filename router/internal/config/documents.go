package config

import (
	"fmt"
	"time"
)

// PersistedDocuments are documents that clients have registered ahead of time, in manifest files.
type PersistedDocuments struct {
	Manifests []string `yaml:"manifests" doc:"Files with documents by identifier: Apollo's persisted query manifest, or an object of texts by id as Relay writes it."`
	// Interval between looks for a change.
	Interval Duration `yaml:"interval" doc:"Time between two looks for a change. 0: never look again."`
	// Safelist is "off", "log" or "enforce".
	Safelist  string `yaml:"safelist" doc:"Operations that are in no manifest. off: are answered. log: are answered, and logged with their hash. enforce: are refused."`
	RequireID bool   `yaml:"require_id" doc:"With safelist enforce: refuse documents that are sent as text, even if a manifest holds them."`
}

// APQ are automatic persisted queries: clients send a document once, and then its hash.
type APQ struct {
	Enabled bool     `yaml:"enabled" doc:"Remember documents by their SHA-256 hash when clients ask for it."`
	Memory  Size     `yaml:"memory" doc:"Memory for documents; the least used are forgotten."`
	Redis   Redis    `yaml:"redis" env:"ROUTER_APQ_" doc:"Where routers share documents. Without addresses each router remembers its own."`
	Prefix  string   `yaml:"prefix" doc:"Start of the keys in Redis."`
	TTL     Duration `yaml:"ttl" doc:"Time for which Redis keeps a document."`
	Timeout Duration `yaml:"timeout" doc:"Longest wait for Redis; then the client is asked for the document."`
}

func defaultPersistedDocuments() PersistedDocuments {
	return PersistedDocuments{Interval: Duration(time.Second), Safelist: "off"}
}

func defaultAPQ() APQ {
	return APQ{
		Enabled: true, Memory: 16 << 20, Prefix: "tributary:apq", TTL: Duration(24 * time.Hour), Timeout: Duration(50 * time.Millisecond),
	}
}

func (v *validator) persistedDocuments(p PersistedDocuments) {
	v.oneOf("persisted_documents.safelist", p.Safelist, "off", "log", "enforce")
	if p.Safelist != "off" && len(p.Manifests) == 0 {
		v.add("persisted_documents.safelist", "needs at least one file in manifests")
	}
	if p.RequireID && p.Safelist != "enforce" {
		v.add("persisted_documents.require_id", "goes with safelist: enforce")
	}
	for i, file := range p.Manifests {
		if file == "" {
			v.add(fmt.Sprintf("persisted_documents.manifests[%d]", i), "must name a file")
		}
	}
}

func (v *validator) apq(a APQ) {
	if !a.Enabled {
		return
	}
	if a.Memory < 64<<10 {
		v.add("apq.memory", "must be at least 64KiB")
	}
	if a.TTL == 0 || a.Timeout == 0 {
		v.add("apq", "ttl and timeout must be more than 0")
	}
	v.redis("apq.redis", a.Redis)
}
