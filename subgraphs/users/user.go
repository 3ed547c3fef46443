package users

import (
	"net/mail"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Role is what a user may do beside what everybody may.
type Role string

// The roles. Everybody has RoleUser.
const (
	RoleUser  Role = "USER"
	RoleAdmin Role = "ADMIN"
)

// User is somebody with an account.
type User struct {
	ID   string
	Name string
	// Email is normalized by [NormalizeEmail].
	Email     string
	Roles     []Role
	CreatedAt time.Time
}

// Limits of what a user chooses, in characters, except for the address, which is in bytes (RFC 5321).
const (
	MinPassword = 10
	MaxPassword = 200
	MaxName     = 100
	MaxEmail    = 254
)

// NormalizeEmail returns the form of an address under which it is stored and compared: without space around it, in lower case.
func NormalizeEmail(email string) (string, error) {
	email = strings.ToLower(strings.TrimSpace(email))
	if len(email) > MaxEmail {
		return "", badInput("email must have at most %d bytes, and has %d", MaxEmail, len(email))
	}
	parsed, err := mail.ParseAddress(email)
	if err != nil || parsed.Address != email || strings.ContainsFunc(email, unicode.IsSpace) {
		return "", badInput("email must be an address such as ada@example.com")
	}
	return email, nil
}

// NormalizeName returns a name without space around it and with single spaces inside.
func NormalizeName(name string) (string, error) {
	if !utf8.ValidString(name) || strings.ContainsFunc(name, isControl) {
		return "", badInput("name must be text without control characters")
	}
	name = strings.Join(strings.Fields(name), " ")
	switch length := utf8.RuneCountInString(name); {
	case length == 0:
		return "", badInput("name must not be empty")
	case length > MaxName:
		return "", badInput("name must have at most %d characters, and has %d", MaxName, length)
	}
	return name, nil
}

// isControl finds what could forge lines in a log or turn text around: control and format characters other than plain white space.
func isControl(r rune) bool {
	return (unicode.IsControl(r) && !unicode.IsSpace(r)) || unicode.Is(unicode.Cf, r)
}

// CheckPassword says what is wrong with a new password for the account with a normalized address.
func CheckPassword(password, email string) error {
	switch length := utf8.RuneCountInString(password); {
	case length < MinPassword:
		return badInput("password must have at least %d characters", MinPassword)
	case length > MaxPassword:
		return badInput("password must have at most %d characters", MaxPassword)
	case strings.EqualFold(password, email):
		return badInput("password must not be the e-mail address")
	}
	return nil
}
