// Package kit is the root of the chassis that the four services share. It has no code of its own:
//
//   - config: settings from flags, environment and secret files
//   - database: SQLite or PostgreSQL, migrations, transactions (dbtest: both, for tests)
//   - identity: who a request comes from (identitytest: a stand-in for the users service)
//   - events: outbox, relay and consumers over Redis streams (redistest: a real Redis, for tests); redisclient opens Redis
//   - graphqlserver: a gqlgen schema as an http.Handler (graphqlservertest: checks and a client, for tests)
//   - entity, connection, cursor, scalar: what resolvers have in common
//   - fault: errors that clients see
//   - service: log, HTTP server, health, tasks, an orderly stop
//   - demo: the demo data's scheme
//
// The kit knows nothing of any service, and imports no other module of Tributary.
package kit
