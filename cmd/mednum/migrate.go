package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"mednum/internal/place"
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
	return keepScores(ctx, census)
}

// keepScores makes the scores those of the version in force: a version may have
// taken effect, or a census have come before any.
func keepScores(ctx context.Context, census *postgres.Census) error {
	if err := census.EnsureReferentiel(ctx); err != nil {
		return err
	}
	now := time.Now().UTC()
	today, _ := place.NewDate(now.Year(), now.Month(), now.Day())
	due, err := census.ScoresDue(ctx, today)
	if err != nil || !due {
		return err
	}
	_, err = census.Rescore(ctx, postgres.RescoreOptions{Date: today})
	return err
}
