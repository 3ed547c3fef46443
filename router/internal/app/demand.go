package app

import (
	"github.com/tributary-gql/tributary/router/internal/config"
	"github.com/tributary-gql/tributary/router/internal/demand"
	"github.com/tributary-gql/tributary/router/internal/server"
	"github.com/tributary-gql/tributary/router/internal/telemetry"
)

// demandOptions are nil when costs are not looked at.
func demandOptions(c *config.Config) *demand.Options {
	if c.Demand.Mode == "off" {
		return nil
	}
	return &demand.Options{ListSize: c.Demand.ListSize, Actual: c.Demand.Actual}
}

func (a *App) costOptions(c *config.Config) server.CostOptions {
	o := server.CostOptions{Enforce: c.Demand.Mode == "enforce", Max: float64(c.Demand.Max)}
	if c.Demand.Expose != "none" {
		o.Expose = server.ExposeCost(c.Demand.Expose)
	}
	if metrics := a.watch.Metrics(); metrics != nil {
		o.Observe = func(_ float64, result string) { metrics.Add(telemetry.CostResults, 1, result) }
		o.Counted = func(actual float64) { metrics.Record(telemetry.ActualCost, actual) }
	}
	return o
}
