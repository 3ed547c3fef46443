package payments_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tributary-gql/tributary/subgraphs/payments"
)

func TestParseMoney(t *testing.T) {
	t.Parallel()
	cases := []struct {
		amount   string
		currency payments.Currency
		minor    int64
		code     payments.Code
	}{
		{"4.20", "EUR", 420, ""},
		{"4.2", "EUR", 420, ""},
		{"4", "EUR", 400, ""},
		{"0.01", "EUR", 1, ""},
		{"007.50", "EUR", 750, ""},
		{"1200", "JPY", 1200, ""},
		{"0.001", "KWD", 1, ""},
		{"1000000000000.00", "EUR", payments.MaxAmount, ""},
		{"1000000000000.01", "EUR", 0, payments.CodeAmountTooLarge},
		{"100000000000001", "JPY", 0, payments.CodeAmountTooLarge},
		{"9223372036854775808", "EUR", 0, payments.CodeAmountTooLarge},
		{strings.Repeat("9", 5000), "EUR", 0, payments.CodeAmountTooLarge},
		{"0", "EUR", 0, payments.CodeAmountNotPositive},
		{"0.00", "EUR", 0, payments.CodeAmountNotPositive},
		{"-0", "EUR", 0, payments.CodeAmountNotPositive},
		{"-4.20", "EUR", 0, payments.CodeAmountNotPositive},
		{"4.205", "EUR", 0, payments.CodeAmountTooPrecise},
		{"1.5", "JPY", 0, payments.CodeAmountTooPrecise},
		{"", "EUR", 0, payments.CodeInvalidAmount},
		{"-", "EUR", 0, payments.CodeInvalidAmount},
		{".", "EUR", 0, payments.CodeInvalidAmount},
		{"4.", "EUR", 0, payments.CodeInvalidAmount},
		{".5", "EUR", 0, payments.CodeInvalidAmount},
		{"+4", "EUR", 0, payments.CodeInvalidAmount},
		{"1e3", "EUR", 0, payments.CodeInvalidAmount},
		{"1,000.00", "EUR", 0, payments.CodeInvalidAmount},
		{" 4", "EUR", 0, payments.CodeInvalidAmount},
		{"4.2.0", "EUR", 0, payments.CodeInvalidAmount},
		{"٤", "EUR", 0, payments.CodeInvalidAmount},
		{"NaN", "EUR", 0, payments.CodeInvalidAmount},
		{"4.20", "XYZ", 0, payments.CodeUnknownCurrency},
		{"4.20", "", 0, payments.CodeUnknownCurrency},
	}
	for _, c := range cases {
		got, err := payments.ParseMoney(c.amount, c.currency)
		if c.code == "" {
			if err != nil || got != (payments.Money{Minor: c.minor, Currency: c.currency}) {
				t.Errorf("ParseMoney(%q, %s) = %v, %v; want %d minor units", c.amount, c.currency, got, err, c.minor)
			}
			continue
		}
		if !errors.Is(err, &payments.Error{Code: c.code}) {
			t.Errorf("ParseMoney(%.40q, %s) = %v, %v; want %s", c.amount, c.currency, got, err, c.code)
		} else if len(err.Error()) > 200 {
			t.Errorf("ParseMoney(%.40q…): the message has %d bytes", c.amount, len(err.Error()))
		}
	}
}

func TestMoneyPrintsExactly(t *testing.T) {
	t.Parallel()
	cases := []struct {
		money payments.Money
		want  string
	}{
		{payments.Money{Minor: 0, Currency: "EUR"}, "0.00 EUR"},
		{payments.Money{Minor: 5, Currency: "EUR"}, "0.05 EUR"},
		{payments.Money{Minor: -5, Currency: "EUR"}, "-0.05 EUR"},
		{payments.Money{Minor: 123456, Currency: "EUR"}, "1234.56 EUR"},
		{payments.Money{Minor: -1200, Currency: "JPY"}, "-1200 JPY"},
		{payments.Money{Minor: 7, Currency: "KWD"}, "0.007 KWD"},
		{payments.Money{Minor: -1 << 63, Currency: "EUR"}, "-92233720368547758.08 EUR"},
	}
	for _, c := range cases {
		if got := c.money.String(); got != c.want {
			t.Errorf("%d minor units of %s print as %q, want %q", c.money.Minor, c.money.Currency, got, c.want)
		}
	}
}

// FuzzParseMoney: whatever is accepted prints back to the same value, and lies within the bounds.
func FuzzParseMoney(f *testing.F) {
	for _, seed := range []string{"4.20", "0.01", "-1", "1e9", "99999999999999999999", "00.10", "1.", "\x00"} {
		for _, currency := range payments.Currencies() {
			f.Add(seed, string(currency))
		}
	}
	f.Fuzz(func(t *testing.T, amount, currency string) {
		m, err := payments.ParseMoney(amount, payments.Currency(currency))
		if err != nil {
			var coded *payments.Error
			if !errors.As(err, &coded) {
				t.Fatalf("ParseMoney(%q, %q): %v is not coded", amount, currency, err)
			}
			return
		}
		if m.Minor <= 0 || m.Minor > payments.MaxAmount {
			t.Fatalf("ParseMoney(%q, %q) = %d minor units", amount, currency, m.Minor)
		}
		again, err := payments.ParseMoney(m.Amount(), m.Currency)
		if err != nil || again != m {
			t.Fatalf("ParseMoney(%q) = %v, %v; want %v", m.Amount(), again, err, m)
		}
	})
}
