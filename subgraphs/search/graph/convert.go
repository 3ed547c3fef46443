package graph

import (
	"context"
	"fmt"
	"math"
	"strconv"

	"github.com/tributary-gql/tributary/subgraphs/kit/connection"
	"github.com/tributary-gql/tributary/subgraphs/kit/cursor"
	"github.com/tributary-gql/tributary/subgraphs/kit/fault"
	"github.com/tributary-gql/tributary/subgraphs/kit/identity"
	"github.com/tributary-gql/tributary/subgraphs/search"
	"github.com/tributary-gql/tributary/subgraphs/search/graph/model"
)

// viewerOf returns who the request comes from.
func viewerOf(ctx context.Context) search.Viewer {
	caller := identity.From(ctx)
	if caller == nil {
		return search.Viewer{}
	}
	return search.Viewer{ID: caller.Subject, Admin: caller.IsAdmin()}
}

func kindsOf(kinds []model.SearchKind) []search.Kind {
	converted := make([]search.Kind, 0, len(kinds))
	for _, kind := range kinds {
		switch kind {
		case model.SearchKindUser:
			converted = append(converted, search.User)
		case model.SearchKindPayment:
			converted = append(converted, search.Payment)
		case model.SearchKindNotification:
			converted = append(converted, search.Notification)
		}
	}
	return converted
}

// The cursors of a search hold a search.Rank.
const (
	hitList      = "hits"
	hitKeyLength = 3
)

func cursorOf(rank search.Rank) string {
	return cursor.Encode(hitList, strconv.FormatFloat(rank.Score, 'f', -1, 64), strconv.FormatInt(rank.Micros, 10), rank.Key)
}

// rankOf reads the key of a cursor; nil is the first page.
func rankOf(after []string) (*search.Rank, error) {
	if after == nil {
		return nil, nil
	}
	score, err := strconv.ParseFloat(after[0], 64)
	micros, err2 := strconv.ParseInt(after[1], 10, 64)
	if err != nil || err2 != nil || math.IsNaN(score) {
		return nil, fault.New(fault.BadInput, "after is not a cursor of a search: use pageInfo.endCursor as it was given")
	}
	return &search.Rank{Score: score, Micros: micros, Key: after[2]}, nil
}

func toConnection(hits []search.Hit, page connection.Page) (*model.SearchConnection, error) {
	hits, more := connection.Trim(hits, page)
	edges := make([]*model.SearchEdge, len(hits))
	cursors := make([]string, len(hits))
	for i, hit := range hits {
		entity, err := toEntity(hit)
		if err != nil {
			return nil, err
		}
		cursors[i] = cursorOf(hit.Rank)
		edges[i] = &model.SearchEdge{
			Cursor: cursors[i], Node: &model.SearchResult{Hit: entity, Score: hit.Rank.Score, Snippet: hit.Snippet},
		}
	}
	return &model.SearchConnection{Edges: edges, PageInfo: connection.NewPageInfo(page, cursors, more)}, nil
}

// toEntity returns the reference by which the graph finds the rest of the entity.
func toEntity(hit search.Hit) (model.SearchHit, error) {
	switch hit.Kind {
	case search.User:
		return &model.User{ID: hit.ID}, nil
	case search.Payment:
		return &model.Payment{ID: hit.ID}, nil
	case search.Notification:
		return &model.Notification{ID: hit.ID}, nil
	}
	return nil, fmt.Errorf("the index holds a document of the unknown kind %q", hit.Kind)
}
