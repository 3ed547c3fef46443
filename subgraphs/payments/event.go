package payments

// The events that tell other services about payments. Each carries the payment as it is afterwards.
const (
	EventCreated   = "payment.created"
	EventCaptured  = "payment.captured"
	EventRefunded  = "payment.refunded"
	EventCancelled = "payment.cancelled"
)

// EventOf returns the event that a payment's new status makes.
func EventOf(status Status) string {
	switch status {
	case Captured:
		return EventCaptured
	case Refunded:
		return EventRefunded
	case Cancelled:
		return EventCancelled
	}
	return EventCreated
}
