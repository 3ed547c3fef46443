package database

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations
var kitMigrations embed.FS

const (
	// The version tables. Each set of migrations counts its own versions.
	kitVersions     = "kit_schema_version"
	serviceVersions = "schema_version"
)

// migrate applies the kit's migrations and then the service's.
func (db *DB) migrate(ctx context.Context, service fs.FS) error {
	if err := db.apply(ctx, kitMigrations, kitVersions); err != nil {
		return fmt.Errorf("migrating the kit's tables: %w", err)
	}
	if service == nil {
		return nil
	}
	if err := db.apply(ctx, service, serviceVersions); err != nil {
		return fmt.Errorf("migrating the service's tables: %w", err)
	}
	return nil
}

// apply brings one set of migrations up to date. On PostgreSQL an advisory lock lets replicas start side by side.
func (db *DB) apply(ctx context.Context, set fs.FS, versions string) error {
	files, err := fs.Sub(set, path.Join("migrations", string(db.Dialect)))
	if err != nil {
		return err
	}
	options := []goose.ProviderOption{goose.WithTableName(versions), goose.WithDisableGlobalRegistry(true)}
	dialect := goose.DialectSQLite3
	if db.Dialect == PostgreSQL {
		dialect = goose.DialectPostgres
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 60)) // tries once a second, for a minute
		if err != nil {
			return err
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	provider, err := goose.NewProvider(dialect, db.writer.DB, files, options...)
	if errors.Is(err, goose.ErrNoMigrations) {
		return fmt.Errorf("there are none in migrations/%s", db.Dialect)
	}
	if err != nil {
		return err
	}
	_, err = provider.Up(ctx)
	return err
}
