package graphqlserver

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"runtime/debug"
	"strconv"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/tributary-gql/tributary/subgraphs/kit/fault"
)

// referenceLength is the number of base32 characters by which a logged error is found: 60 bits.
const referenceLength = 12

// reporter decides what a client is told about an error, and logs the rest.
type reporter struct {
	logger *slog.Logger
}

// present implements graphql.ErrorPresenterFunc.
func (r *reporter) present(ctx context.Context, err error) *gqlerror.Error {
	var shown *gqlerror.Error
	if !errors.As(err, &shown) {
		shown = &gqlerror.Error{Err: err, Message: err.Error(), Path: graphql.GetPath(ctx)}
	}
	var (
		coded  fault.Coded
		known  *loggedError
		number *graphql.IntegerError
		parsed *strconv.NumError
	)
	switch {
	case errors.As(err, &coded):
		return rewrite(shown, coded.ErrorCode(), coded.Error())
	case errors.As(err, &known):
		return rewrite(shown, fault.Internal, known.Error())
	case errors.As(err, &number), errors.As(err, &parsed):
		// What gqlgen's own scalars say about a number that does not fit.
		return rewrite(shown, fault.BadInput, err.Error())
	case shown.Unwrap() == nil:
		return shown // GraphQL's own: parsing, validation, nulls where none may be
	case errors.Is(err, context.DeadlineExceeded):
		return rewrite(shown, fault.Timeout, "the request's time was over before this field was ready")
	case errors.Is(err, context.Canceled):
		return rewrite(shown, fault.Timeout, "the request was given up before this field was ready")
	}
	logged := newLoggedError()
	r.logger.ErrorContext(ctx, "a field failed", "reference", logged.reference, "path", shown.Path.String(),
		"operation", operationName(ctx), "error", err)
	return rewrite(shown, fault.Internal, logged.Error())
}

// recovered implements graphql.RecoverFunc.
func (r *reporter) recovered(ctx context.Context, panicked any) error {
	logged := newLoggedError()
	r.logger.ErrorContext(ctx, "a field panicked", "reference", logged.reference, "path", graphql.GetPath(ctx).String(),
		"operation", operationName(ctx), "panic", panicked, "stack", string(debug.Stack()))
	return logged
}

// rewrite returns a copy of err, with its path and locations, that says only code and message.
func rewrite(err *gqlerror.Error, code, message string) *gqlerror.Error {
	return &gqlerror.Error{
		Message:    message,
		Path:       err.Path,
		Locations:  err.Locations,
		Extensions: map[string]any{"code": code},
	}
}

// loggedError stands for an error that is in the log.
type loggedError struct{ reference string }

func newLoggedError() *loggedError { return &loggedError{reference: rand.Text()[:referenceLength]} }

func (e *loggedError) Error() string {
	return "an unexpected error happened; the service's log has it under the reference " + e.reference
}

func operationName(ctx context.Context) string {
	if !graphql.HasOperationContext(ctx) {
		return ""
	}
	return graphql.GetOperationContext(ctx).OperationName
}
