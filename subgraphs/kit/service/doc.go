// Package service is the chassis of a service: its log, its HTTP server, health and readiness, background tasks and an orderly stop.
//
// A service hands [Run] its GraphQL handler, what must work for it to be ready, and its background tasks:
//
//	err := service.Run(ctx, service.Options{
//		Name: "payments", Config: settings.Config, Logger: logger,
//		GraphQL: graphqlserver.New(schema, graphqlserver.Options{Logger: logger, MaxBodyBytes: settings.MaxBodyBytes}),
//		Verifier: verifier,
//		Checks: []service.Check{{Name: "database", Run: db.PingContext}, {Name: "jwks", Run: keys.Ready}},
//		Tasks:  []service.Task{{Name: "relay", Run: relay.Run}, {Name: "consumer", Run: consumer.Run}},
//	})
//
// Run serves POST /graphql, GET /health (200 while the process lives) and GET /ready (200 when every check passes, 503 otherwise and
// from the moment the service begins to stop), and on Config.AdminListen /metrics and /debug/pprof/. It writes the one line
//
//	listening on http://HOST:PORT
//
// to Options.Output when it takes connections; the log goes to the standard error.
//
// When ctx ends, Run turns /ready to 503, keeps serving for Config.DrainDelay, lets the requests under way finish for at most
// Config.ShutdownTimeout, then ends the tasks and returns. A task that ends with an error, or panics, ends the service too.
//
// [Main] is the body of a service's main function.
package service
