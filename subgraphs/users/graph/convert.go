package graph

import (
	"context"
	"strconv"
	"time"

	"github.com/tributary-gql/tributary/subgraphs/kit/connection"
	"github.com/tributary-gql/tributary/subgraphs/kit/cursor"
	"github.com/tributary-gql/tributary/subgraphs/kit/fault"
	"github.com/tributary-gql/tributary/subgraphs/kit/identity"
	"github.com/tributary-gql/tributary/subgraphs/users"
	"github.com/tributary-gql/tributary/subgraphs/users/graph/model"
)

// userOf shows a user to whoever asks: the e-mail address only to its owner and to administrators. Nil gives nil.
func userOf(ctx context.Context, user *users.User) *model.User {
	if user == nil {
		return nil
	}
	return userFor(user, identity.From(ctx).MayActFor(user.ID))
}

func userFor(user *users.User, withEmail bool) *model.User {
	shown := &model.User{ID: user.ID, Name: user.Name, Roles: make([]model.Role, len(user.Roles)), CreatedAt: user.CreatedAt}
	for i, role := range user.Roles {
		shown.Roles[i] = model.Role(role)
	}
	if withEmail {
		shown.Email = &user.Email
	}
	return shown
}

// sessionOf shows what somebody was granted. Whoever gets it has just proved to be the user.
func sessionOf(granted *users.Granted) *model.Session {
	return &model.Session{
		AccessToken:  granted.AccessToken,
		RefreshToken: granted.RefreshToken,
		ExpiresAt:    granted.ExpiresAt,
		User:         userFor(granted.User, true),
	}
}

// positionOf reads the place after which a page begins; nil is the beginning.
func positionOf(page connection.Page) (*users.Position, error) {
	if page.After == nil {
		return nil, nil
	}
	micros, err := strconv.ParseInt(page.After[0], 10, 64)
	if err != nil {
		return nil, fault.New(fault.BadInput, "after is not a cursor of the list of users")
	}
	return &users.Position{CreatedAt: time.UnixMicro(micros).UTC(), ID: page.After[1]}, nil
}

func cursorOf(user *users.User) string {
	return cursor.Encode(listName, strconv.FormatInt(user.CreatedAt.UnixMicro(), 10), user.ID)
}

// connectionOf shows a page of users, of which one more than the page holds was asked for.
func connectionOf(ctx context.Context, found []*users.User, page connection.Page) *model.UserConnection {
	found, more := connection.Trim(found, page)
	edges, cursors := make([]*model.UserEdge, len(found)), make([]string, len(found))
	for i, user := range found {
		cursors[i] = cursorOf(user)
		edges[i] = &model.UserEdge{Cursor: cursors[i], Node: userOf(ctx, user)}
	}
	return &model.UserConnection{Edges: edges, PageInfo: connection.NewPageInfo(page, cursors, more)}
}
