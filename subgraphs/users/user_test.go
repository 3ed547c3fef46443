package users_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tributary-gql/tributary/subgraphs/users"
)

// codeOf is the code of an error of this domain.
func codeOf(err error) string {
	var coded *users.Error
	if errors.As(err, &coded) {
		return coded.ErrorCode()
	}
	return ""
}

func TestNormalizeEmail(t *testing.T) {
	t.Parallel()
	tests := []struct{ given, want string }{
		{"ada@example.com", "ada@example.com"},
		{"  Ada@Example.COM\n", "ada@example.com"},
		{"ada+lists@example.com", "ada+lists@example.com"},
		{"", ""},
		{"ada", ""},
		{"Ada <ada@example.com>", ""},
		{"<ada@example.com>", ""},
		{"ada@example.com, eve@example.com", ""},
		{"a da@example.com", ""},
		{`"a da"@example.com`, ""},
		{"ada@" + strings.Repeat("x", 260), ""},
	}
	for _, test := range tests {
		got, err := users.NormalizeEmail(test.given)
		if got != test.want || (test.want == "") != (codeOf(err) == users.CodeBadInput) {
			t.Errorf("NormalizeEmail(%q) = %q, %v; want %q", test.given, got, err, test.want)
		}
	}
}

func TestNormalizeName(t *testing.T) {
	t.Parallel()
	tests := []struct{ given, want string }{
		{"Ada Lovelace", "Ada Lovelace"},
		{"  Ada \t  Lovelace ", "Ada Lovelace"},
		{"张伟", "张伟"},
		{strings.Repeat("é", users.MaxName), strings.Repeat("é", users.MaxName)},
		{strings.Repeat("é", users.MaxName+1), ""},
		{" ", ""},
		{"Ada\x00", ""},
		{"Ada\x1b[31m", ""},
		{"Ada\u202Eecalevol", ""},
		{"Ada\xff", ""},
	}
	for _, test := range tests {
		got, err := users.NormalizeName(test.given)
		if got != test.want || (test.want == "") != (codeOf(err) == users.CodeBadInput) {
			t.Errorf("NormalizeName(%q) = %q, %v; want %q", test.given, got, err, test.want)
		}
	}
}

func TestCheckPassword(t *testing.T) {
	t.Parallel()
	tests := []struct {
		password string
		good     bool
	}{
		{"correct horse", true},
		{"ten chars!", true},
		{"пароль-пароль", true},
		{"nine char", false},
		{strings.Repeat("x", users.MaxPassword), true},
		{strings.Repeat("x", users.MaxPassword+1), false},
		{"ADA@example.com", false},
	}
	for _, test := range tests {
		err := users.CheckPassword(test.password, "ada@example.com")
		if test.good != (err == nil) {
			t.Errorf("CheckPassword(%q) says %v", test.password, err)
		}
		if err != nil && strings.Contains(err.Error(), test.password) {
			t.Errorf("the error repeats the password: %v", err)
		}
	}
}

func FuzzNormalize(f *testing.F) {
	f.Add("ada@example.com", "Ada Lovelace")
	f.Add("\"@\"@x", "\u00a0")
	f.Fuzz(func(t *testing.T, email, name string) {
		if once, err := users.NormalizeEmail(email); err == nil {
			if twice, err := users.NormalizeEmail(once); err != nil || twice != once {
				t.Errorf("the address %q becomes %q and then %q, %v", email, once, twice, err)
			}
		}
		if once, err := users.NormalizeName(name); err == nil {
			if twice, err := users.NormalizeName(once); err != nil || twice != once {
				t.Errorf("the name %q becomes %q and then %q, %v", name, once, twice, err)
			}
		}
	})
}
