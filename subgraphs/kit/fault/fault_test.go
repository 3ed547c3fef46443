package fault_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/tributary-gql/tributary/subgraphs/kit/fault"
)

func TestCode(t *testing.T) {
	t.Parallel()
	err := fault.New(fault.NotFound, "there is no %s", "payment")
	if err.Error() != "there is no payment" || fault.Code(err) != fault.NotFound || fault.Code(fmt.Errorf("loading: %w", err)) != fault.NotFound {
		t.Errorf("the error is %v with %q", err, fault.Code(err))
	}
	if code := fault.Code(errors.New("plain")); code != "" {
		t.Errorf("a plain error has the code %q", code)
	}
}

func TestWriteResponse(t *testing.T) {
	t.Parallel()
	recorder := httptest.NewRecorder()
	fault.WriteResponse(recorder, http.StatusUnauthorized, fault.Unauthenticated, `say "please"`)
	const want = `{"errors":[{"message":"say \"please\"","extensions":{"code":"UNAUTHENTICATED"}}]}`
	if recorder.Code != http.StatusUnauthorized || recorder.Body.String() != want || recorder.Header().Get("Content-Type") != "application/json" {
		t.Errorf("status %d, %s, %v", recorder.Code, recorder.Body, recorder.Header())
	}
}
