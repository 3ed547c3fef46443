package demand

// Data is the value of a response's "data", as the router writes it; nil when it has none.
func Data(response []byte) []byte {
	r := reader{data: response}
	if from, to, ok := r.member("data"); ok {
		return response[from:to]
	}
	return nil
}

// Extensions is where a member can be put into a response's "extensions", as the router writes it: right behind its brace
// or, when the response has none, before the response's last brace.
func Extensions(response []byte) (at int, found bool) {
	r := reader{data: response}
	if from, _, ok := r.member("extensions"); ok {
		return from + 1, true
	}
	return max(len(response)-1, 0), false
}

// member finds a member of the object that the data is.
func (r *reader) member(name string) (from, to int, ok bool) {
	if !r.at('{') {
		return 0, 0, false
	}
	r.pos++
	for r.pos < len(r.data) && r.data[r.pos] != '}' {
		found := r.text()
		r.pos++ // :
		from = r.pos
		r.skip()
		if string(found) == name {
			return from, min(r.pos, len(r.data)), from < len(r.data)
		}
		if r.at(',') {
			r.pos++
		}
	}
	return 0, 0, false
}
