package gqlerr

import (
	"context"
	"crypto/rand"
	"log/slog"
)

// Mask turns err into what a client may see. Errors made for clients pass. Anything else becomes one
// INTERNAL_SERVER_ERROR whose message holds an opaque reference; the reference and err are logged together.
func Mask(ctx context.Context, log *slog.Logger, err error) List {
	if list, ok := From(err); ok {
		return list
	}
	return List{Hide(ctx, log, err)}
}

// Hide masks err whatever it is: for errors of subgraphs whose messages are configured not to reach clients.
func Hide(ctx context.Context, log *slog.Logger, err error) *Error {
	reference := rand.Text()
	log.ErrorContext(ctx, "masked error", slog.String("reference", reference), slog.Any("error", err))
	hidden := Wrap(err, InternalServerError, "Internal server error (reference %s)", reference)
	hidden.Extensions = []Extension{{Name: "reference", Value: AppendString(nil, reference)}}
	return hidden
}
