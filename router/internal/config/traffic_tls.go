package config

import "time"

// TLS configures the listener for clients. Files are read again when they change.
type TLS struct {
	Certificate string `yaml:"certificate" env:"ROUTER_TLS_CERTIFICATE" doc:"PEM file with the router's certificate and its chain, or the PEM text itself. Empty: no TLS."`
	Key         string `yaml:"key" env:"ROUTER_TLS_KEY" doc:"PEM file with the certificate's key, or the PEM text itself."`
	ClientCA    string `yaml:"client_ca" doc:"PEM file with the authorities of client certificates, or the PEM text itself. Empty: clients need none."`
	// ClientAuth is "require" or "optional".
	ClientAuth string   `yaml:"client_auth" doc:"With client_ca. require: clients without a certificate are refused. optional: only one that is not valid is."`
	MinVersion string   `yaml:"min_version" doc:"Oldest version that is accepted: 1.2 or 1.3."`
	Reload     Duration `yaml:"reload" doc:"Time between two looks for changed files, also those of subgraphs. 0: they are read once."`
}

// SubgraphTLS is for https:// addresses of subgraphs.
type SubgraphTLS struct {
	CA          string `yaml:"ca" doc:"PEM file with the authorities to trust, or the PEM text itself. Empty: those of the system."`
	Certificate string `yaml:"certificate" doc:"PEM file with the certificate that the router shows, or the PEM text itself."`
	Key         string `yaml:"key" doc:"PEM file with its key, or the PEM text itself."`
	ServerName  string `yaml:"server_name" doc:"Name that the subgraph's certificate must have. Empty: the address."`
	MinVersion  string `yaml:"min_version" doc:"Oldest version that is accepted: 1.2 or 1.3."`
}

var tlsVersions = []string{"1.2", "1.3"}

func defaultTLS() TLS {
	return TLS{ClientAuth: "require", MinVersion: "1.2", Reload: Duration(10 * time.Second)}
}

func (v *validator) tls(t TLS) {
	v.pair("tls", t.Certificate, t.Key)
	if t.ClientCA != "" && t.Certificate == "" {
		v.add("tls.client_ca", "needs certificate and key: clients show certificates only over TLS")
	}
	v.oneOf("tls.client_auth", t.ClientAuth, "require", "optional")
	v.oneOf("tls.min_version", t.MinVersion, tlsVersions...)
}
