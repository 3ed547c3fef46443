module github.com/tributary-gql/tributary/subgraphs/payments

go 1.26.0

require (
	github.com/tributary-gql/tributary/loaders v0.0.0
	github.com/tributary-gql/tributary/subgraphs/kit v0.0.0
)

replace (
	github.com/tributary-gql/tributary/loaders => ../../loaders
	github.com/tributary-gql/tributary/subgraphs/kit => ../kit
)
