module github.com/tributary-gql/tributary/subgraphs/payments

go 1.26.0

require github.com/tributary-gql/tributary/loaders v0.0.0

replace github.com/tributary-gql/tributary/loaders => ../../loaders

require github.com/tributary-gql/tributary/subgraphs/kit v0.0.0

replace github.com/tributary-gql/tributary/subgraphs/kit => ../../subgraphs/kit

