package demo

import (
	"fmt"
	"hash/fnv"
	"strings"
	"time"
)

const (
	// UserCount is how many users the demo data has; they are numbered from 1.
	UserCount = 240
	// Password opens each of the fixed accounts. It is public: demo data is never seeded unless it is asked for.
	Password = "tributary-demo"
)

// Account is one of the fixed accounts that scripts and the documentation log in with.
type Account struct {
	// Number is the user's number: its id is UserID(Number).
	Number int
	Email  string
	Name   string
	// Admin says that the account has the role ADMIN beside USER.
	Admin bool
}

// Accounts returns the accounts that can log in with [Password], by their number.
func Accounts() []Account {
	return []Account{
		{Number: 1, Email: "ada@example.com", Name: "Ada Lovelace"},
		{Number: 2, Email: "grace@example.com", Name: "Grace Hopper"},
		{Number: 3, Email: "admin@example.com", Name: "Annie Easley", Admin: true},
	}
}

// Epoch is the moment at which the demo data begins; every seeded time is counted from it.
func Epoch() time.Time { return time.Date(2026, time.January, 5, 8, 0, 0, 0, time.UTC) }

// ID is the id of row number of a kind: ID("p", 42) is "p-0042".
func ID(prefix string, number int) string { return fmt.Sprintf("%s-%04d", prefix, number) }

// UserID is the id of user number, 1 to [UserCount].
func UserID(number int) string { return ID("u", number) }

// UserName is the full name of user number. The fixed accounts have their own; every other name is unique too.
func UserName(number int) string {
	for _, account := range Accounts() {
		if account.Number == number {
			return account.Name
		}
	}
	first, last := nameParts(number)
	return first + " " + last
}

// UserEmail is the e-mail address of user number.
func UserEmail(number int) string {
	for _, account := range Accounts() {
		if account.Number == number {
			return account.Email
		}
	}
	first, last := nameParts(number)
	return strings.ToLower(first+"."+last) + "@example.com"
}

// UserCreatedAt is when user number signed up: one every 37 minutes from [Epoch].
func UserCreatedAt(number int) time.Time {
	return Epoch().Add(time.Duration(number) * 37 * time.Minute)
}

// Pick chooses a number from 0 to n-1 that depends only on the arguments: purpose keeps independent choices for the same
// number apart, so that the payee of a payment says nothing about its amount. It panics when n is not positive.
func Pick(purpose string, number, n int) int {
	if n <= 0 {
		panic(fmt.Sprintf("demo.Pick(%q, %d, %d): there is nothing to choose from", purpose, number, n))
	}
	hash := fnv.New64a()
	fmt.Fprintf(hash, "%s/%d", purpose, number)
	sum := hash.Sum64()
	// FNV mixes its low bits poorly for inputs that differ in the last byte alone; fold the high half in.
	return int((sum ^ sum>>32) % uint64(n))
}

// nameParts walks first and last names in step so that every pair comes once before any is repeated: the two lists'
// lengths have no common divisor.
func nameParts(number int) (first, last string) {
	firsts, lasts := firstNames(), lastNames()
	return firsts[number%len(firsts)], lasts[number%len(lasts)]
}

func firstNames() []string {
	return []string{
		"Amara", "Bruno", "Chiara", "Dmitri", "Elif", "Farid", "Greta", "Hiro", "Ines", "Jonas", "Kavya", "Liam",
		"Mei", "Nadia", "Omar", "Paula", "Quinn", "Rosa", "Sven", "Tara", "Umut", "Vera", "Wanda", "Xavier",
		"Yuki", "Zeno", "Alma", "Boris", "Celia",
	}
}

func lastNames() []string {
	return []string{
		"Abara", "Bianchi", "Castro", "Dahl", "Eriksen", "Fontaine", "Garcia", "Haddad", "Ivanov", "Jensen", "Kimura",
		"Laurent", "Moreau", "Novak", "Okafor", "Petrov", "Quispe", "Rossi", "Sato", "Tanaka", "Ueda", "Vargas",
		"Weber", "Xu", "Yilmaz", "Zhang", "Andersen", "Bauer", "Costa", "Dubois", "Engel",
	}
}
