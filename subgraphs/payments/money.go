package payments

import (
	"math"
	"strconv"
	"strings"
)

// Currency is an ISO 4217 code, one of Currencies.
type Currency string

// Currencies lists what the service can hold, in the order in which they are shown.
func Currencies() []Currency { return []Currency{"EUR", "USD", "GBP", "CHF", "JPY", "KWD"} }

// Decimals is the number of digits after the decimal point (the ISO 4217 exponent), and false when the currency is unknown.
func (c Currency) Decimals() (int, bool) {
	switch c {
	case "EUR", "USD", "GBP", "CHF":
		return 2, true
	case "JPY":
		return 0, true
	case "KWD":
		return 3, true
	}
	return 0, false
}

// MaxAmount is the largest single amount, in minor units: a trillion euros. It leaves room for 90,000 such amounts in one balance, so that
// adding an allowed amount to an allowed balance cannot overflow 64 bits.
const MaxAmount int64 = 100_000_000_000_000

// MaxBalance bounds every account on both sides, in minor units.
const MaxBalance int64 = math.MaxInt64 - MaxAmount

// Money is an exact amount: whole minor units (cents, yen, fils) of one currency. It is never held as a float.
type Money struct {
	Minor    int64
	Currency Currency
}

// Amount prints the value as a plain decimal with exactly the currency's decimals, for example "-0.05" or "1200".
func (m Money) Amount() string {
	decimals, _ := m.Currency.Decimals()
	digits := strconv.FormatInt(m.Minor, 10)
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	if decimals == 0 {
		return sign + digits
	}
	if missing := decimals + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	point := len(digits) - decimals
	return sign + digits[:point] + "." + digits[point:]
}

// String prints amount and currency, for example "4.20 EUR".
func (m Money) String() string { return m.Amount() + " " + string(m.Currency) }

// ParseMoney reads an amount that someone wants to pay: a plain decimal such as "4.20", greater than zero, with no more decimals than the
// currency has and no larger than MaxAmount. Signs other than a minus, exponents, spaces and separators are refused. Failures are *Error.
func ParseMoney(amount string, currency Currency) (Money, error) {
	decimals, known := currency.Decimals()
	if !known {
		return Money{}, newError(CodeUnknownCurrency, "currency %q is not supported; use one of %s", currency, joinCurrencies())
	}
	unsigned, negative := strings.CutPrefix(amount, "-")
	whole, fraction, hasPoint := strings.Cut(unsigned, ".")
	if !isDigits(whole) || (hasPoint && !isDigits(fraction)) {
		return Money{}, newError(CodeInvalidAmount, "amount %s is not a decimal number; write it like \"4.20\"", quoteShort(amount))
	}
	if negative {
		return Money{}, newError(CodeAmountNotPositive, "amount %s is negative; a payment's amount must be greater than zero", quoteShort(amount))
	}
	if len(fraction) > decimals {
		return Money{}, newError(CodeAmountTooPrecise, "amount %s has %d decimals; %s has at most %d", quoteShort(amount), len(fraction), currency, decimals)
	}
	digits := strings.TrimLeft(whole+fraction+strings.Repeat("0", decimals-len(fraction)), "0")
	if digits == "" {
		return Money{}, newError(CodeAmountNotPositive, "amount %s is zero; a payment's amount must be greater than zero", quoteShort(amount))
	}
	minor, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || minor > MaxAmount {
		return Money{}, newError(CodeAmountTooLarge, "amount %s is too large; the most is %s", quoteShort(amount), Money{MaxAmount, currency})
	}
	return Money{Minor: minor, Currency: currency}, nil
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// quoteShort keeps a hostile megabyte of digits out of the error message.
func quoteShort(s string) string {
	const most = 40
	if len(s) > most {
		return strconv.Quote(strings.ToValidUTF8(s[:most], "")) + "…"
	}
	return strconv.Quote(s)
}

func joinCurrencies() string {
	names := make([]string, 0, 6)
	for _, c := range Currencies() {
		names = append(names, string(c))
	}
	return strings.Join(names, ", ")
}
