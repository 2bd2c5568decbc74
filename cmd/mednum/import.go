package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"mednum/internal/census"
	"mednum/internal/place"
	"mednum/internal/postgres"
	"mednum/internal/sheet"
	"mednum/internal/territory"
)

type importOptions struct {
	source, report                         string
	dryRun, partial, allowRemovals, asJSON bool
}

func newImport() *cobra.Command {
	var o importOptions
	cmd := &cobra.Command{
		Use:   "import FICHIER|URL|-",
		Short: "Fait entrer le fichier d’une source dans le recensement",
		Long: `Lit un CSV du standard national (v0 ou v1 ; encodage, séparateur et compression
sont reconnus) et le fait entrer dans le recensement : tout, ou rien du tout.

Le fichier est celui de toute la source : les lieux qu’il n’a plus sont retirés,
et le compte rendu le dit. Importer deux fois le même fichier ne change rien.
Le compte rendu est écrit sur la sortie standard.`,
		Example: `  mednum import lieux.csv --source "Département de la Marne"
  mednum import lieux.csv --source "Département de la Marne" --dry-run
  mednum import https://exemple.fr/lieux.csv.gz --source exemple --report compte-rendu.json
  cat lieux.csv | mednum import - --source exemple --partial`,
		Args: arguments("le fichier à importer (ou son adresse, ou « - » pour l’entrée standard)", 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := configure(cmd)
			if o.source = strings.TrimSpace(o.source); o.source == "" {
				missing := usageError("--source : dites qui donne ce fichier, par exemple --source \"Département de la Marne\" ; le même nom à chaque fois")
				if err != nil {
					missing = usageError("%w\n%w", missing, err)
				}
				return missing
			}
			if err != nil {
				return err
			}
			return importFile(cmd, c, args[0], o)
		},
	}
	cmd.Flags().StringVar(&o.source, "source", "", "qui donne le fichier ; le même nom à chaque fois")
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "dit ce qui changerait, sans rien changer")
	cmd.Flags().BoolVar(&o.partial, "partial", false, "le fichier n’est qu’une partie de la source : ne retire rien")
	cmd.Flags().BoolVar(&o.allowRemovals, "allow-removals", false, "accepte un fichier qui retire plus de la moitié des lieux de la source")
	cmd.Flags().StringVar(&o.report, "report", "", "écrit aussi le compte rendu dans ce fichier (en JSON si son nom finit par .json)")
	cmd.Flags().BoolVar(&o.asJSON, "json", false, "écrit le compte rendu en JSON")
	stands(cmd, "source", "NOM")
	stands(cmd, "report", "FICHIER")
	takes(cmd, "database-url")
	return cmd
}

// communes joins the gazetteer and the contours, which stay in the database.
type communes struct {
	*territory.Gazetteer
	*postgres.Census
}

func importFile(cmd *cobra.Command, c config, name string, o importOptions) error {
	ctx := cmd.Context()
	store, err := openCensus(ctx, c, cmd)
	if err != nil {
		return err
	}
	defer store.Close()
	set, err := store.Territories(ctx)
	if err != nil {
		return err
	}
	if len(set.Communes) == 0 {
		fmt.Fprintln(cmd.ErrOrStderr(), "mednum : aucune commune en base, donc aucune vérification des communes ; chargez-les d’abord : mednum territories import DOSSIER")
	}
	in, err := open(ctx, name, cmd.InOrStdin())
	if err != nil {
		return err
	}
	defer in.close()
	bar := newProgress(cmd.ErrOrStderr(), "import", in.size, true)
	now := time.Now()
	today, _ := place.NewDate(now.Year(), now.Month(), now.Day())
	report, err := census.Import(ctx, census.Options{
		Source: o.source, Reader: in, Name: shown(name), Today: today,
		DryRun: o.dryRun, Partial: o.partial, AllowRemovals: o.allowRemovals,
		Progress: func(p census.Progress) { bar.set(p.Bytes) },
	}, store, communes{territory.NewGazetteer(set), store})
	bar.end()
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return fmt.Errorf("le recensement est resté comme il était : %w", err)
	}
	if told := tell(cmd.OutOrStdout(), &report, o); told != nil && err == nil {
		return told
	}
	var file *sheet.FileError
	var removals *postgres.Removals
	switch {
	case errors.As(err, &file):
		return refused(errors.New("rien n’a été importé : le compte rendu dit pourquoi"))
	case errors.As(err, &removals):
		return refused(removals)
	}
	if err != nil || o.dryRun {
		return err
	}
	_, demonstration, err := store.CountPlaces(ctx)
	if demonstration > 0 {
		fmt.Fprintf(cmd.ErrOrStderr(), "mednum : %d lieux de démonstration se montrent encore à côté des vrais ; pour les retirer : mednum demo --places 0\n", demonstration)
	}
	return err
}

// tell writes the report where people and scripts asked for it.
func tell(w io.Writer, r *census.Report, o importOptions) error {
	write := func(asJSON bool) func(io.Writer) error {
		return func(w io.Writer) error {
			if asJSON {
				e := json.NewEncoder(w)
				e.SetEscapeHTML(false)
				e.SetIndent("", "  ")
				return e.Encode(r)
			}
			_, err := io.WriteString(w, r.Text())
			return err
		}
	}
	if err := write(o.asJSON)(w); err != nil {
		return err
	}
	if o.report == "" {
		return nil
	}
	return replaceFile(o.report, write(strings.EqualFold(filepath.Ext(o.report), ".json")))
}

// shown is a file's name for people: without the folders, nor what an address
// may hold of secrets.
func shown(name string) string {
	if name == "-" {
		return "entrée standard"
	}
	if u, err := url.Parse(name); err == nil && u.Host != "" {
		return path.Base(u.Path)
	}
	return filepath.Base(name)
}
