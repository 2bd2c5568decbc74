package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/url"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"mednum/internal/census"
	"mednum/internal/intake"
	"mednum/internal/mapping"
	"mednum/internal/place"
	"mednum/internal/postgres"
	"mednum/internal/sheet"
	"mednum/internal/territory"
)

type importOptions struct {
	source, report, mapping, changes                string
	dryRun, partial, allowRemovals, asJSON, geocode bool
}

func newImport() *cobra.Command {
	var o importOptions
	cmd := &cobra.Command{
		Use:   "import FICHIER|URL|-",
		Short: "Fait entrer le fichier d’une source dans le recensement",
		Long: `Lit le fichier d’une source (CSV, XLSX, ODS, JSON ou GeoJSON, compressé ou non)
et le fait entrer dans le recensement : tout, ou rien du tout.

Un fichier qui a les colonnes du standard national se lit tel quel. Pour tout autre,
une correspondance dit ce que valent ses colonnes : « mednum mapping suggest »
en propose une.

Le fichier est celui de toute la source : les lieux qu’il n’a plus sont retirés,
et le compte rendu le dit. Importer deux fois le même fichier ne change rien.
Le compte rendu est écrit sur la sortie standard.`,
		Example: `  mednum import lieux.csv --source "Département de la Marne"
  mednum import lieux.csv --source "Département de la Marne" --dry-run
  mednum import annuaire.xlsx --mapping annuaire.yaml --source "Ville de Reims" --changes changements.txt
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
			if o.geocode && c.GeocoderURL == "" {
				err = errors.Join(err, usageError("--geocode : aucun service ne situe les adresses ; donnez --geocoder-url"))
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
	cmd.Flags().StringVar(&o.mapping, "mapping", "", "correspondance des colonnes du fichier avec celles du standard (YAML ou JSON)")
	cmd.Flags().StringVar(&o.changes, "changes", "", "écrit dans ce fichier chaque lieu ajouté, modifié, retiré… (en JSON si son nom finit par .json)")
	cmd.Flags().BoolVar(&o.geocode, "geocode", false, "cherche les adresses que le fichier ne situe pas (voir --geocoder-url)")
	stands(cmd, "source", "NOM")
	stands(cmd, "report", "FICHIER")
	stands(cmd, "mapping", "FICHIER")
	stands(cmd, "changes", "FICHIER")
	takes(cmd, "database-url", "geocoder-url", "geocode-imports")
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
	known := communes{territory.NewGazetteer(set), store}
	if len(set.Communes) == 0 {
		fmt.Fprintln(cmd.ErrOrStderr(), "mednum : aucune commune en base, donc aucune vérification des communes ; chargez-les d’abord : mednum territories import DOSSIER")
	}
	var m *mapping.Mapping
	if o.mapping != "" {
		if m, err = mappingFrom(o.mapping); err != nil {
			return err
		}
	}
	geocoder, err := importGeocoder(c, store, o.geocode)
	if err != nil {
		return err
	}
	in, err := open(ctx, name, cmd.InOrStdin())
	if err != nil {
		return err
	}
	defer in.close()
	if in.notice != "" {
		fmt.Fprintln(cmd.ErrOrStderr(), "mednum : "+in.notice)
	}
	bar := newProgress(cmd.ErrOrStderr(), "import", in.size, true)
	now := time.Now()
	today, _ := place.NewDate(now.Year(), now.Month(), now.Day())
	var report census.Report
	err = withChanges(o.changes, store, func(store census.Store) (err error) {
		report, err = census.Import(ctx, census.Options{
			Source: o.source, Reader: in, Name: shown(name), Today: today,
			DryRun: o.dryRun, Partial: o.partial, AllowRemovals: o.allowRemovals, Mapping: m, Geocoder: geocoder,
			Progress: func(p census.Progress) { bar.set(p.Bytes) },
		}, store, known)
		return err
	})
	bar.end()
	if interrupted(ctx, err) {
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
	if m != nil { // what is given next is read alike
		_, err := store.Intake().UpdateSource(ctx, o.source, func(s *intake.KeptSource) error {
			s.Mapping = m.JSON()
			return nil
		})
		if err != nil {
			return err
		}
	}
	_, demonstration, err := store.CountPlaces(ctx)
	if demonstration > 0 {
		fmt.Fprintf(cmd.ErrOrStderr(), "mednum : %d lieux de démonstration se montrent encore à côté des vrais ; pour les retirer : mednum demo --places 0\n", demonstration)
	}
	return err
}

// withChanges runs an import whose changes are written in a file, when one is
// wanted; a failed import leaves the file as it was.
func withChanges(name string, store census.Store, run func(census.Store) error) error {
	if name == "" {
		return run(store)
	}
	asJSON := strings.EqualFold(filepath.Ext(name), ".json")
	var failed error
	err := replaceFile(name, func(f io.Writer) error {
		w := bufio.NewWriter(f)
		n := 0
		failed = run(teller{store, func(c intake.Change) error {
			n++
			if !asJSON {
				_, err := w.WriteString(changeText(c))
				return err
			}
			text, err := json.Marshal(c)
			if err != nil {
				return err
			}
			before := ",\n"
			if n == 1 {
				before = "[\n"
			}
			_, err = w.WriteString(before + string(text))
			return err
		}})
		if failed != nil {
			return failed
		}
		end := ""
		switch {
		case asJSON && n == 0:
			end = "[]\n"
		case asJSON:
			end = "\n]\n"
		}
		if _, err := w.WriteString(end); err != nil {
			return err
		}
		return w.Flush()
	})
	if failed != nil {
		return failed
	}
	return err
}

// teller is a store whose loads tell what they do.
type teller struct {
	census.Store
	each func(intake.Change) error
}

func (t teller) Load(ctx context.Context, load place.Load, records iter.Seq2[*place.Record, error]) (place.Changes, error) {
	load.Told = func(c place.LoadChange) error { return t.each(intake.ChangeOf(c)) }
	return t.Store.Load(ctx, load, records)
}

// changeText says a change for people.
func changeText(c intake.Change) string {
	var b strings.Builder
	verb := map[string]string{
		place.LoadAdded: "ajouté", place.LoadChanged: "modifié", place.LoadWithdrawn: "retiré", place.LoadRestored: "revenu",
		place.LoadMerged: "rejoint un autre lieu", place.LoadDoubtful: "est peut-être un autre lieu",
	}[c.Kind]
	fmt.Fprintf(&b, "%s : « %s »", verb, c.Nom)
	if c.Lieu != "" {
		fmt.Fprintf(&b, " à %s", c.Lieu)
	}
	var where []string
	if c.Line > 0 {
		where = append(where, fmt.Sprintf("ligne %d", c.Line))
	}
	if c.ID != "" {
		where = append(where, c.ID)
	}
	if c.With != "" {
		where = append(where, "avec "+c.With)
	}
	if len(where) > 0 {
		fmt.Fprintf(&b, " (%s)", strings.Join(where, ", "))
	}
	b.WriteString("\n")
	for _, f := range c.Fields {
		fmt.Fprintf(&b, "    %s : %s → %s\n", f.Column, orUnknown(f.Before), orUnknown(f.After))
	}
	for _, why := range c.Why {
		fmt.Fprintf(&b, "    %s\n", why)
	}
	return b.String()
}

func orUnknown(s string) string {
	if s == "" {
		return "inconnu"
	}
	return "« " + strings.Join(strings.Fields(s), " ") + " »"
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
