package token

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
)

// The first byte of a stored key says what follows.
const (
	formPlain  = 0 // the private key
	formSealed = 1 // a nonce, and the private key encrypted by AES-256-GCM
)

// MinSecret is the least length of a secret in bytes.
const MinSecret = 32

// Sealer protects private keys in the database. The zero Sealer stores them as they are, and reads only such.
type Sealer struct {
	aead cipher.AEAD
}

// NewSealer returns a sealer with a secret of at least 32 random bytes, or the zero Sealer for "".
func NewSealer(secret string) (Sealer, error) {
	if secret == "" {
		return Sealer{}, nil
	}
	if len(secret) < MinSecret {
		return Sealer{}, fmt.Errorf("the secret for signing keys must have at least %d bytes, and has %d", MinSecret, len(secret))
	}
	key := sha256.Sum256([]byte(secret))
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return Sealer{}, err
	}
	aead, err := cipher.NewGCM(block)
	return Sealer{aead: aead}, err
}

// seal returns what is stored. KeyID is bound to it: the keys of two rows cannot be swapped.
func (s Sealer) seal(keyID string, private []byte) []byte {
	if s.aead == nil {
		return append([]byte{formPlain}, private...)
	}
	nonce := make([]byte, s.aead.NonceSize())
	_, _ = rand.Read(nonce) // never fails
	sealed := append([]byte{formSealed}, nonce...)
	return s.aead.Seal(sealed, nonce, private, []byte(keyID))
}

// open is the inverse of seal. A sealer with a secret also reads keys from before there was one.
func (s Sealer) open(keyID string, stored []byte) ([]byte, error) {
	switch {
	case len(stored) == 0:
		return nil, errors.New("it is empty")
	case stored[0] == formPlain:
		return stored[1:], nil
	case stored[0] != formSealed:
		return nil, fmt.Errorf("its form %d is not known", stored[0])
	case s.aead == nil:
		return nil, errors.New("it is encrypted: set the secret that it was encrypted with (--key-secret)")
	}
	size := 1 + s.aead.NonceSize()
	if len(stored) < size {
		return nil, errors.New("it is cut off")
	}
	private, err := s.aead.Open(nil, stored[1:size], stored[size:], []byte(keyID))
	if err != nil {
		return nil, errors.New("it was encrypted with another secret (--key-secret)")
	}
	return private, nil
}
