package main

import (
	"github.com/spf13/cobra"

	"mednum/internal/postgres"
)

func newMigrate() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Prépare la base, ou la met à jour",
		Long: `Crée les tables, ou les met à la version de ce programme. Ne fait rien quand
elles y sont déjà. Plusieurs lancements simultanés s’attendent.`,
		Args: arguments("", 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := configure(cmd)
			if err != nil {
				return err
			}
			return postgres.Migrate(cmd.Context(), c.DatabaseURL)
		},
	}
	takes(cmd, "database-url")
	return cmd
}
