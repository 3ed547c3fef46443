package redisclient_test

import (
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/tributary-gql/tributary/subgraphs/kit/redisclient"
)

func TestOpen(t *testing.T) {
	t.Parallel()
	tests := map[string]func(redis.UniversalClient) bool{
		"":                             func(client redis.UniversalClient) bool { return client == nil },
		"redis://127.0.0.1:1/3":        isA[*redis.Client],
		"rediss://127.0.0.1:1":         isA[*redis.Client],
		"redis+cluster://a:1?addr=b:2": isA[*redis.ClusterClient],
		"redis+sentinel://a:1/0?master_name=m&addr=b:2": isA[*redis.Client],
	}
	for url, fits := range tests {
		client, err := redisclient.Open(url)
		if err != nil || !fits(client) {
			t.Errorf("%q opens a %T, %v", url, client, err)
		}
		if client != nil {
			if err := client.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

func isA[Client any](client redis.UniversalClient) bool {
	_, ok := client.(Client)
	return ok
}

func TestOpenShowsNoPassword(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"127.0.0.1:6379", "http://127.0.0.1", "redis://user:secret@127.0.0.1:port", "redis://user:secret@127.0.0.1:1/many",
		"redis+cluster://user:secret@127.0.0.1:1?nonsense=1", "redis+sentinel://user:secret@%zz",
	} {
		client, err := redisclient.Open(url)
		if err == nil || client != nil || !strings.HasPrefix(err.Error(), "redis URL: ") || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q gives %v", url, err)
		}
	}
}
