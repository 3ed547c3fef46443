package main

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"
)

//go:embed router.yml.tmpl
var routerConfig string

//go:embed supergraph.yaml.tmpl
var supergraphConfig string

// account is a demo account; the users service seeds them.
type account struct{ Email, Password string }

const demoPassword = "tributary-demo"

var accounts = []account{
	{"ada@example.com", demoPassword},
	{"grace@example.com", demoPassword},
	{"admin@example.com", demoPassword},
}

// configData is what the templates see.
type configData struct {
	Listen, AdminListen, Supergraph, JWKSURL string
	Accounts                                 []account
	Services                                 []serviceData
}

type serviceData struct{ Name, URL, SDL string }

// writeConfig writes the router's configuration and the list of subgraphs to the data folder.
func writeConfig(o *options) (routerFile string, err error) {
	data := configData{
		Listen: o.listen, AdminListen: o.admin, Supergraph: filepath.Join(o.data, "supergraph.yaml"),
		JWKSURL: "http://" + reachable(o.services[0].listen) + "/.well-known/jwks.json", Accounts: accounts,
	}
	for _, s := range o.services {
		data.Services = append(data.Services, serviceData{
			Name: s.name, URL: "http://" + reachable(s.listen) + "/graphql",
			SDL: filepath.Join(o.root, "subgraphs", s.name, "graph", "schema.graphqls"),
		})
	}
	routerFile = filepath.Join(o.data, "router.yml")
	for _, file := range []struct{ path, text string }{{routerFile, routerConfig}, {data.Supergraph, supergraphConfig}} {
		t, err := template.New(filepath.Base(file.path)).Option("missingkey=error").Parse(file.text)
		if err != nil {
			return "", err
		}
		var b strings.Builder
		if err := t.Execute(&b, data); err != nil {
			return "", err
		}
		if err := os.WriteFile(file.path, []byte(b.String()), 0o644); err != nil {
			return "", fmt.Errorf("--data: %w", err)
		}
	}
	return routerFile, nil
}

// reachable turns an address to listen on into one to connect to.
func reachable(listen string) string {
	if port, ok := strings.CutPrefix(listen, ":"); ok {
		return "127.0.0.1:" + port
	}
	return strings.Replace(listen, "0.0.0.0:", "127.0.0.1:", 1)
}
