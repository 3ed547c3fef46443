// Package password hashes passwords with argon2id (RFC 9106), in the PHC string format:
//
//	$argon2id$v=19$m=19456,t=2,p=1$SALT$HASH
//
// Each hash costs 19 MiB for its time, so only a few are made side by side, and only so many wait.
package password

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"

	"golang.org/x/crypto/argon2"
	"golang.org/x/sync/semaphore"

	"github.com/tributary-gql/tributary/subgraphs/users"
)

const (
	saltLength = 16
	hashLength = 32
	// maxWaiting is how many may wait for their turn: at 25 ms each that is a second or two, which people wait for.
	maxWaiting = 64
)

// Parameters are argon2id's: what one hash costs.
type Parameters struct {
	// Memory is in KiB.
	Memory uint32
	// Time is the number of passes over the memory.
	Time uint32
	// Threads is the degree of parallelism.
	Threads uint8
}

// The bounds of parameters in a stored hash: more would let a row of the database stop the service.
const (
	maxMemory  = 256 << 10
	maxTime    = 16
	maxThreads = 16
)

// Default returns the parameters that OWASP's password storage page gives as its minimum for argon2id.
func Default() Parameters { return Parameters{Memory: 19 << 10, Time: 2, Threads: 1} }

// Hasher implements users.Passwords. It is safe for concurrent use.
type Hasher struct {
	parameters Parameters
	turns      *semaphore.Weighted
	waiting    atomic.Int64
	// decoy is verified when there is no hash, so that an unknown address takes as long as a wrong password.
	decoy stored
}

// New returns a hasher that makes new hashes with parameters, as many side by side as there are processors.
func New(parameters Parameters) *Hasher {
	return &Hasher{
		parameters: parameters,
		turns:      semaphore.NewWeighted(int64(runtime.GOMAXPROCS(0))),
		decoy:      stored{parameters: parameters, salt: make([]byte, saltLength), hash: make([]byte, hashLength)},
	}
}

// stored is a hash in its parts.
type stored struct {
	parameters Parameters
	salt, hash []byte
}

// Hash implements users.Passwords.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	s := stored{parameters: h.parameters, salt: make([]byte, saltLength)}
	_, _ = rand.Read(s.salt) // never fails
	hash, err := h.derive(ctx, password, s, hashLength)
	if err != nil {
		return "", err
	}
	s.hash = hash
	return s.String(), nil
}

// Verify implements users.Passwords.
func (h *Hasher) Verify(ctx context.Context, password, hash string) (ok, outdated bool, err error) {
	s, usable := h.decoy, false
	if hash != "" {
		if s, err = parse(hash); err != nil {
			return false, false, err
		}
		usable = true
	}
	derived, err := h.derive(ctx, password, s, len(s.hash))
	if err != nil {
		return false, false, err
	}
	same := subtle.ConstantTimeCompare(derived, s.hash) == 1
	return same && usable, s.parameters != h.parameters, nil
}

// derive computes a hash when it is this caller's turn.
func (h *Hasher) derive(ctx context.Context, password string, s stored, length int) ([]byte, error) {
	if h.waiting.Add(1) > maxWaiting {
		h.waiting.Add(-1)
		return nil, users.ErrBusy
	}
	defer h.waiting.Add(-1)
	if err := h.turns.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	defer h.turns.Release(1)
	return argon2.IDKey([]byte(password), s.salt, s.parameters.Time, s.parameters.Memory, s.parameters.Threads, uint32(length)), nil
}

// String is the PHC string.
func (s stored) String() string {
	encode := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s",
		argon2.Version, s.parameters.Memory, s.parameters.Time, s.parameters.Threads, encode(s.salt), encode(s.hash))
}

// errNotAHash does not repeat the text: it may be a secret.
var errNotAHash = errors.New("the stored password hash is not an argon2id PHC string that we accept")

// parse is the inverse of String.
func parse(text string) (stored, error) {
	parts := strings.Split(text, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return stored{}, errNotAHash
	}
	var s stored
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &s.parameters.Memory, &s.parameters.Time, &s.parameters.Threads); err != nil {
		return stored{}, errNotAHash
	}
	p := s.parameters
	if p.Memory == 0 || p.Memory > maxMemory || p.Time == 0 || p.Time > maxTime || p.Threads == 0 || p.Threads > maxThreads {
		return stored{}, errNotAHash
	}
	var err error
	if s.salt, err = base64.RawStdEncoding.Strict().DecodeString(parts[4]); err != nil || len(s.salt) < 8 || len(s.salt) > 64 {
		return stored{}, errNotAHash
	}
	if s.hash, err = base64.RawStdEncoding.Strict().DecodeString(parts[5]); err != nil || len(s.hash) < 16 || len(s.hash) > 64 {
		return stored{}, errNotAHash
	}
	if s.String() != text { // "m=1,t=1,p=1 and more"
		return stored{}, errNotAHash
	}
	return s, nil
}
