module github.com/tributary-gql/tributary/loaders

go 1.26.0
