package config

// Memory bounds the router's memory. The environment variables GOMEMLIMIT and GOGC win over it.
type Memory struct {
	Limit     Size `yaml:"limit" doc:"Memory that the garbage collector tries to stay below. 0: nine tenths of the container's limit; without one there is no limit."`
	GCPercent int  `yaml:"gc_percent" doc:"Growth of the heap, in percent of what is alive, until memory is collected: more costs memory, less costs processor time."`
	Reserve   Size `yaml:"gc_reserve" doc:"Memory that counts as alive although nothing takes it, so that a router with little to keep does not collect all the time."`
}

func defaultMemory() Memory { return Memory{GCPercent: 100, Reserve: 8 << 20} }

func (v *validator) memory(m Memory) {
	if m.GCPercent < 10 {
		v.add("memory.gc_percent", "must be at least 10")
	}
}
