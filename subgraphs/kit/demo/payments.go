package demo

import "time"

// PaymentCount is how many payments the demo data has; they are numbered from 1, oldest first.
const PaymentCount = 2000

// Payment is one payment of the demo data. The payments service seeds it; services that derive data of their own from payments compute the
// same list, so that what they seed is exactly what the payments' events would have made them write.
type Payment struct {
	// Number is the row's number: its id is PaymentID(Number).
	Number int
	// Payer and Payee are the numbers of two different users.
	Payer, Payee int
	// Minor is the amount in minor units of Currency.
	Minor       int64
	Currency    string
	Description string
	// Status is AUTHORIZED, CAPTURED, REFUNDED or CANCELLED.
	Status    string
	CreatedAt time.Time
}

// PaymentID is the id of payment number.
func PaymentID(number int) string { return ID("p", number) }

// PaymentAt returns payment number, 1 to [PaymentCount]. Every 25th is a coffee that Ada pays Grace, and the one after it a coffee that
// Grace pays Ada; the others are between any two users.
func PaymentAt(number int) Payment {
	p := Payment{
		Number: number, Currency: "EUR", Status: paymentStatus(number),
		CreatedAt: Epoch().Add(7*24*time.Hour + time.Duration(number)*13*time.Minute),
	}
	switch number % 25 {
	case 0:
		p.Payer, p.Payee, p.Description = 1, 2, pickText("coffee", number, coffees())
		p.Minor = 250 + 5*int64(Pick("coffee price", number, 70))
	case 1:
		p.Payer, p.Payee, p.Description = 2, 1, pickText("coffee", number, coffees())
		p.Minor = 250 + 5*int64(Pick("coffee price", number, 70))
	default:
		p.Payer = 1 + Pick("payer", number, UserCount)
		p.Payee = 1 + (p.Payer+Pick("payee", number, UserCount-1))%UserCount
		p.Description = pickText("occasion", number, occasions()) + " " + pickText("detail", number, details())
		p.Minor = 150 + int64(Pick("amount", number, 6000))
		if Pick("currency", number, 10) == 0 {
			p.Currency = "USD"
		}
	}
	return p
}

// PaymentStep is a change of a demo payment after it was created.
type PaymentStep struct {
	Status string
	At     time.Time
}

// stepDelay is the time from a demo payment's creation to its first change, and from there to the second.
const stepDelay = 5 * time.Minute

// Steps returns the changes that lead from the payment's creation, as AUTHORIZED, to its status.
func (p Payment) Steps() []PaymentStep {
	switch p.Status {
	case "AUTHORIZED":
		return nil
	case "REFUNDED":
		return []PaymentStep{{"CAPTURED", p.CreatedAt.Add(stepDelay)}, {"REFUNDED", p.CreatedAt.Add(2 * stepDelay)}}
	}
	return []PaymentStep{{p.Status, p.CreatedAt.Add(stepDelay)}}
}

func paymentStatus(number int) string {
	switch draw := Pick("status", number, 100); {
	case draw < 78:
		return "CAPTURED"
	case draw < 90:
		return "AUTHORIZED"
	case draw < 95:
		return "REFUNDED"
	}
	return "CANCELLED"
}

func pickText(purpose string, number int, texts []string) string {
	return texts[Pick(purpose, number, len(texts))]
}

func coffees() []string {
	return []string{
		"Coffee at the corner", "Two coffees and a croissant", "Coffee beans from Ethiopia", "Morning coffee",
		"Iced coffee by the river", "Coffee before the meeting", "Coffee and carrot cake", "A pound of roasted coffee",
	}
}

func occasions() []string {
	return []string{
		"Lunch", "Dinner", "Breakfast", "Concert tickets", "Train tickets", "Groceries", "Books", "Rent", "Bicycle repair",
		"Museum visit", "Birthday present", "Taxi", "Cinema", "Pottery class", "Piano lesson", "Coffee", "Flowers",
		"Garden tools", "Football match", "Camping gear",
	}
}

func details() []string {
	return []string{
		"in Lisbon", "for Saturday", "with the team", "for the flat", "from last week", "near the harbour", "in March",
		"for the children", "at the market", "on the island", "for grandmother", "after work", "in the old town",
	}
}

// NotificationCount is how many notifications the demo users and payments cause: a welcome for each user, one for each party of a new
// payment, and one for each of its later steps.
func NotificationCount() int {
	count := UserCount
	for number := 1; number <= PaymentCount; number++ {
		count += 2 + len(PaymentAt(number).Steps())
	}
	return count
}
