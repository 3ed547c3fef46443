package auth

// Cached is how many verified tokens are kept at the moment, and at most.
func (v *Verifier) Cached() (now, most int) {
	v.cache.CleanUp()
	return v.cache.EstimatedSize(), int(v.cache.GetMaximum())
}

// Refresh fetches all key sets.
func (v *Verifier) Refresh() {
	for _, set := range v.sets {
		f, _ := set.begin(func() bool { return true })
		<-f.done
	}
}
