// Package remote asks services outside of the router that have a say in requests. A question is posted as JSON, and the
// answer is JSON: bounded in time and size, and from the configured address alone.
package remote

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Options say where a service is.
type Options struct {
	URL     string
	Timeout time.Duration // of one question
	// IdleConnections is how many connections are kept while nobody asks.
	IdleConnections int
}

// Service is one that can be asked. It is safe for concurrent use.
type Service struct {
	options Options
	client  *http.Client
}

// maxAnswer bounds what is read of an answer.
const maxAnswer = 1 << 20

// New makes a Service.
func New(o Options) *Service {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = o.IdleConnections
	// An answer from elsewhere than the configured address is not the service's.
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Service{options: o, client: &http.Client{Transport: transport, CheckRedirect: stay}}
}

// Ask gives the status and the body of the answer to a question. Any status that is not among those given is an error, as
// are an answer of more than 1 MiB and one that takes too long.
func (s *Service) Ask(ctx context.Context, question []byte, statuses ...int) (status int, answer []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.options.Timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.options.URL, bytes.NewReader(question))
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json")
	response, err := s.client.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	answer, err = io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	switch {
	case err != nil:
		return 0, nil, err
	case !slices.Contains(statuses, response.StatusCode):
		return 0, nil, fmt.Errorf("answered %s, want %s", response.Status, list(statuses))
	case len(answer) > maxAnswer:
		return 0, nil, errors.New("the answer is larger than 1 MiB")
	}
	return response.StatusCode, answer, nil
}

func list(statuses []int) string {
	texts := make([]string, len(statuses))
	for i, status := range statuses {
		texts[i] = strconv.Itoa(status)
	}
	return strings.Join(texts, " or ")
}
