package config

// Memory bounds the router's memory. The environment variables GOMEMLIMIT and GOGC win over it.
type Memory struct {
	Limit Size `yaml:"limit" doc:"Memory that the garbage collector tries to stay below. 0: nine tenths of the container's limit; without a container limit there is none."`
	// GCPercent is how much the heap may grow between two collections.
	GCPercent int `yaml:"gc_percent" doc:"Growth of the heap, in percent of what is in use, until memory is collected: more costs memory, less costs processor time."`
}

func defaultMemory() Memory { return Memory{GCPercent: 100} }

func (v *validator) memory(m Memory) {
	if m.GCPercent < 10 {
		v.add("memory.gc_percent", "must be at least 10")
	}
}
