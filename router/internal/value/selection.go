package value

// Selection is what an answer has for an object, compiled: which slot each key goes to.
type Selection struct {
	// Width is the number of slots of the object, the header included.
	Width uint32
	// Fields in the order in which an answer is expected to have them.
	Fields []Field
	// Types numbers the runtime types; needed where a field has Typename.
	Types *TypeTable

	byKey     map[string]int32 // first field of a key, for wide selections
	ambiguous bool             // some key has several fields: the runtime type and the guards choose
}

// Field is one key of an object.
type Field struct {
	Key      string // without quotes
	Slot     uint32
	Child    *Selection // nil for leaves
	Raw      bool       // a leaf that is kept as its JSON text even when it is a list
	Typename bool       // the value is the object's runtime type
	Types    Bits       // runtime types for which it is asked
	Guard    int32      // number of the guard in the request's guard bits

	quoted string // the key as most servers write it: `"key":`
	index  int32
	next   int32 // next field with the same key, -1: none
}

// wideSelection is from how many fields on a key is looked up in a map.
const wideSelection = 12

// Prepare must be called once after Fields are complete and before the first Parse.
func (s *Selection) Prepare() {
	first := make(map[string]int32, len(s.Fields))
	last := make(map[string]int32, len(s.Fields))
	for i := range s.Fields {
		field := &s.Fields[i]
		field.quoted = `"` + field.Key + `":`
		field.index = int32(i)
		field.next = -1
		if before, ok := last[field.Key]; ok {
			s.Fields[before].next = int32(i)
			s.ambiguous = true
		} else {
			first[field.Key] = int32(i)
		}
		last[field.Key] = int32(i)
	}
	if s.ambiguous || len(s.Fields) >= wideSelection {
		s.byKey = first
	}
}

// Find is the field that a key of an object of the given type means, nil when it was not asked.
func (s *Selection) Find(key []byte, id TypeID, guards Bits) *Field {
	i := s.find(key)
	if i < 0 {
		return nil
	}
	if !s.ambiguous {
		return &s.Fields[i]
	}
	for ; i >= 0; i = s.Fields[i].next {
		if field := &s.Fields[i]; field.Applies(id, guards) {
			return field
		}
	}
	return nil
}

// Applies tells whether the field was asked for objects of a type in this request.
func (f *Field) Applies(id TypeID, guards Bits) bool {
	return (f.Types == nil || id == NoType || f.Types.HasType(id)) && guards.Has(int(f.Guard))
}

func (s *Selection) find(key []byte) int32 {
	if s.byKey != nil {
		if i, ok := s.byKey[string(key)]; ok {
			return i
		}
		return -1
	}
	for i := range s.Fields {
		if s.Fields[i].Key == string(key) {
			return int32(i)
		}
	}
	return -1
}
