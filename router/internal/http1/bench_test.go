package http1

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"

	"github.com/tributary-gql/tributary/router/internal/lifetime"
)

const benchHeader = "POST /graphql HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: 2\r\nAccept: */*\r\n" +
	"User-Agent: bench\r\nAuthorization: bench-%06d\r\n\r\n"

// BenchmarkHeader is the reading of a header, the same one again and always another one.
func BenchmarkHeader(b *testing.B) {
	headers := [2][]byte{fmt.Appendf(nil, benchHeader, 1), fmt.Appendf(nil, benchHeader, 2)}
	for step, name := range []string{"same", "other"} {
		b.Run(name, func(b *testing.B) {
			var h head
			b.ReportAllocs()
			for i := 0; b.Loop(); i += step {
				if !h.read(headers[i%2]) {
					b.Fatal("not plain")
				}
			}
		})
	}
}

// BenchmarkRequest is a request over a connection, here and on net/http.
func BenchmarkRequest(b *testing.B) {
	answer := []byte(`{"data":{"other":"x"}}`)
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body [2]byte
		if _, err := io.ReadFull(r.Body, body[:]); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Header()["Content-Type"] = []string{"application/json"}
		w.Header()["Content-Length"] = []string{"22"}
		_, _ = w.Write(answer)
		lifetime.Release(r.Context())
	})
	plain := New(Options{Handler: handler, Takes: func(string) bool { return true }, Logger: slog.New(slog.DiscardHandler)})
	standard := &http.Server{Handler: handler} //nolint:gosec // no time-outs: the client is the benchmark
	for _, c := range []struct {
		name  string
		serve func(net.Listener) error
		close func()
	}{
		{"http1", plain.Serve, plain.Close},
		{"net-http", standard.Serve, func() { _ = standard.Close() }},
	} {
		b.Run(c.name, func(b *testing.B) {
			listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
			if err != nil {
				b.Fatal(err)
			}
			served := make(chan error, 1)
			go func() { served <- c.serve(listener) }()
			defer func() {
				c.close()
				<-served
			}()
			client, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", listener.Addr().String())
			if err != nil {
				b.Fatal(err)
			}
			defer client.Close()
			request, response := append(fmt.Appendf(nil, benchHeader, 1), "{}"...), make([]byte, 4<<10)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := client.Write(request); err != nil {
					b.Fatal(err)
				}
				if _, err := client.Read(response); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
