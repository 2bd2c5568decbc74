package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"mednum/internal/postgres"
	"mednum/internal/territory"
)

func newTerritories() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "territories",
		Short: "Charge les communes, EPCI, départements et régions",
		Args:  cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			return unknownCommand(cmd, args[0])
		},
	}
	cmd.AddCommand(newTerritoriesImport())
	return cmd
}

func newTerritoriesImport() *cobra.Command {
	var ifEmpty bool
	cmd := &cobra.Command{
		Use:   "import CHEMIN…",
		Short: "Remplace les territoires par ceux de ces dossiers ou fichiers",
		Long: `Lit les communes (codes, codes postaux, populations, contours…), EPCI,
départements et régions de ces dossiers ou fichiers, ensemble, et les met à la
place de ceux de la base. Le README dit quels fichiers sont lus et où les
télécharger.`,
		Args: arguments("un dossier ou un fichier à lire", 0),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := configure(cmd)
			if err != nil {
				return err
			}
			ctx := cmd.Context()
			census, err := openCensus(ctx, c, cmd)
			if err != nil {
				return err
			}
			defer census.Close()
			if ifEmpty {
				known, err := census.Territories(ctx)
				if err != nil || len(known.Communes) > 0 {
					return err
				}
			}
			var dirs []fs.FS
			for _, path := range args {
				info, err := os.Stat(path)
				if err != nil {
					return refused(fileFault(path, err))
				}
				if info.IsDir() {
					dirs = append(dirs, os.DirFS(path))
				} else {
					dirs = append(dirs, territory.File(os.DirFS(filepath.Dir(path)), filepath.Base(path)))
				}
			}
			fmt.Fprintln(cmd.ErrOrStderr(), "mednum : lit les territoires…")
			set, notices, err := territory.Read(dirs...)
			for _, n := range notices {
				fmt.Fprintln(cmd.ErrOrStderr(), n)
			}
			if err != nil {
				var faults territory.Faults
				if errors.As(err, &faults) || errors.Is(err, territory.ErrNoCommune) {
					return refused(err)
				}
				return refused(fmt.Errorf("les territoires ne peuvent pas être lus : %w", err))
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			changed, err := census.SaveTerritories(ctx, set)
			if err != nil {
				return err
			}
			points := 0
			for i := range set.Communes {
				if set.Communes[i].HasPoint {
					points++
				}
			}
			what := "déjà en base, rien n’a changé"
			if changed {
				what = "en base"
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "mednum : %d communes (%d situées), %d autres territoires, %s. Origine : %s\n",
				len(set.Communes), points, len(set.Divisions), what, set.Origin)
			return nil
		},
	}
	cmd.Flags().BoolVar(&ifEmpty, "if-empty", false, "ne fait rien quand la base a déjà des communes")
	takes(cmd, "database-url")
	return cmd
}

// openCensus connects for a command, and refuses a base that is not prepared.
func openCensus(ctx context.Context, c config, cmd *cobra.Command) (*postgres.Census, error) {
	census, err := postgres.Open(ctx, c.DatabaseURL, postgres.Options{AppName: "mednum " + cmd.Name()})
	if err != nil {
		return nil, err
	}
	if err := census.Ready(ctx); err != nil {
		census.Close()
		return nil, err
	}
	return census, nil
}
