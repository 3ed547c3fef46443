package workspace

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"
	"golang.org/x/sync/errgroup"
)

// Fetcher takes SDL from where a member says it is. The zero value is not usable; see NewFetcher.
type Fetcher struct {
	client *retryablehttp.Client
}

// NewFetcher gives a Fetcher that asks a running service up to 1+retries times, with doubling waits, each try within
// timeout.
func NewFetcher(retries int, timeout time.Duration) *Fetcher {
	client := retryablehttp.NewClient()
	client.Logger = nil
	client.RetryMax = retries
	client.RetryWaitMin = 100 * time.Millisecond
	client.RetryWaitMax = 2 * time.Second
	client.HTTPClient.Timeout = timeout
	client.ErrorHandler = retryablehttp.PassthroughErrorHandler
	return &Fetcher{client: client}
}

// concurrent bounds how many services are asked at the same time.
const concurrent = 16

// All fetches every member, in the order of the workspace. The error joins those of all members that failed; the
// result then holds the others.
func (f *Fetcher) All(ctx context.Context, members []Member) ([]Subgraph, error) {
	subgraphs := make([]Subgraph, len(members))
	failures := make([]error, len(members))
	var group errgroup.Group
	group.SetLimit(concurrent)
	for i, m := range members {
		group.Go(func() error {
			subgraphs[i], failures[i] = f.One(ctx, m)
			return nil
		})
	}
	_ = group.Wait() // failures are in the slice
	var got []Subgraph
	for i := range members {
		if failures[i] == nil {
			got = append(got, subgraphs[i])
		}
	}
	return got, errors.Join(failures...)
}

// One fetches one member.
func (f *Fetcher) One(ctx context.Context, m Member) (Subgraph, error) {
	s := Subgraph{Name: m.Name, RoutingURL: m.RoutingURL, File: m.File + m.URL, SDL: m.SDL}
	var err error
	switch {
	case m.File != "":
		var text []byte
		text, err = readBounded(m.File)
		s.SDL = string(text)
	case m.URL != "":
		s.SDL, err = f.ask(ctx, m)
	}
	if err != nil {
		return Subgraph{}, fmt.Errorf("subgraph %q: %w", m.Name, err)
	}
	if strings.TrimSpace(s.SDL) == "" {
		return Subgraph{}, fmt.Errorf("subgraph %q: its schema is empty", m.Name)
	}
	return s, nil
}

const question = `{"query":"query SubgraphSDL { _service { sdl } }","operationName":"SubgraphSDL"}`

func (f *Fetcher) ask(ctx context.Context, m Member) (string, error) {
	request, err := retryablehttp.NewRequestWithContext(ctx, http.MethodPost, m.URL, []byte(question))
	if err != nil {
		return "", err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json")
	for name, value := range m.Headers {
		request.Header.Set(name, value)
	}
	response, err := f.client.Do(request)
	if err != nil {
		return "", fmt.Errorf("cannot be asked for its schema: %w", err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxFile+1))
	if err != nil {
		return "", fmt.Errorf("%s broke off its answer: %w", m.URL, err)
	}
	if len(body) > maxFile {
		return "", fmt.Errorf("%s answered with more than 64 MiB", m.URL)
	}
	var answer struct {
		Data *struct {
			Service *struct {
				SDL string `json:"sdl"`
			} `json:"_service"`
		} `json:"data"`
		Errors []struct {
			Message string `json:"message"`
		} `json:"errors"`
	}
	if err := json.Unmarshal(bytes.TrimSpace(body), &answer); err != nil {
		return "", fmt.Errorf("%s answered %s with something that is not JSON: is it a GraphQL endpoint?", m.URL, response.Status)
	}
	if answer.Data == nil || answer.Data.Service == nil {
		if len(answer.Errors) > 0 {
			return "", fmt.Errorf("%s does not tell its schema: %s", m.URL, answer.Errors[0].Message)
		}
		return "", fmt.Errorf("%s answered %s without _service { sdl }: is it a federation subgraph?", m.URL, response.Status)
	}
	return answer.Data.Service.SDL, nil
}

func readBounded(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxFile {
		return nil, fmt.Errorf("%s: is larger than 64 MiB", path)
	}
	return text, nil
}
