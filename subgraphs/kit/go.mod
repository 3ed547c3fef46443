module github.com/tributary-gql/tributary/subgraphs/kit

go 1.26.0

