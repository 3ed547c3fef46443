package plancheck

// combine makes a set of bits from two of the same length, word by word: tables of truth, and sets of types.
func combine[S ~[]uint64](a, b S, word func(a, b uint64) uint64) S {
	made := make(S, len(a))
	for i := range a {
		made[i] = word(a[i], b[i])
	}
	return made
}

func both(a, b uint64) uint64      { return a & b }
func either(a, b uint64) uint64    { return a | b }
func onlyFirst(a, b uint64) uint64 { return a &^ b }
