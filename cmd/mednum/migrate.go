package main

import (
	"context"

	"github.com/spf13/cobra"

	"mednum/internal/postgres"
)

func newMigrate() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Prépare la base, ou la met à jour",
		Long: `Crée les tables, ou les met à la version de ce programme, et donne au
recensement la première version du référentiel de qualité. Ne fait rien quand
elles y sont déjà. Plusieurs lancements simultanés s’attendent.`,
		Args: arguments("", 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := configure(cmd)
			if err != nil {
				return err
			}
			return migrate(cmd.Context(), c.DatabaseURL)
		},
	}
	takes(cmd, "database-url")
	return cmd
}

// migrate brings the tables up to date, and gives a census that has none the
// first version of the référentiel.
func migrate(ctx context.Context, url string) error {
	if err := postgres.Migrate(ctx, url); err != nil {
		return err
	}
	census, err := postgres.Open(ctx, url, postgres.Options{AppName: "mednum migrate"})
	if err != nil {
		return err
	}
	defer census.Close()
	return census.EnsureReferentiel(ctx)
}
