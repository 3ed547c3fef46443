package app

import "github.com/tributary-gql/tributary/router/internal/server"

// shareRequests are the values of sharing.requests.
var shareRequests = map[string]server.ShareRequests{
	"off": server.ShareNone, "anonymous": server.ShareAnonymous, "all": server.ShareAll,
}
