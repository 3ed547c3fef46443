module github.com/tributary-gql/tributary/deploy/local

go 1.26.0

