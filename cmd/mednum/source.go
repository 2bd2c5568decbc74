package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"mednum/internal/census"
	"mednum/internal/fetch"
	"mednum/internal/geocode"
	"mednum/internal/intake"
	"mednum/internal/place"
	"mednum/internal/postgres"
	"mednum/internal/territory"
)

func newSource() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "source",
		Short: "Règle les sources, et va chercher leurs fichiers",
		Args:  cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			return unknownCommand(cmd, args[0])
		},
	}
	cmd.AddCommand(newSourceList(), newSourceSet(), newSourcePull())
	return cmd
}

// intakeOffice joins what a deposit needs. The gazetteer is read when somebody first
// asks for it, and again when the territories changed.
func intakeOffice(c config, store *postgres.Census, log *slog.Logger, private bool) (*intake.Office, error) {
	geocoder, err := importGeocoder(c, store, false)
	if err != nil {
		return nil, err
	}
	atlas := &atlas{census: store}
	return intake.New(intake.Config{
		Store: store.Intake(), Census: store, Territories: atlas.territories, Geocoder: geocoder, Maximum: c.UploadMaximum, Log: log,
		Fetch: fetch.New(fetch.Options{Private: private, Maximum: max(c.UploadMaximum, 200<<20), Agent: "mednum/" + version}),
	}), nil
}

type atlas struct {
	census  *postgres.Census
	mu      sync.Mutex
	version int64
	known   *communes
}

func (a *atlas) territories(ctx context.Context) (census.Territories, error) {
	_, version, err := a.census.Versions(ctx)
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.known == nil || a.version != version {
		set, err := a.census.Territories(ctx)
		if err != nil {
			return nil, err
		}
		a.known, a.version = &communes{territory.NewGazetteer(set), a.census}, version
	}
	return *a.known, nil
}

// importGeocoder is nil unless the operator wants addresses to be searched.
func importGeocoder(c config, store *postgres.Census, wanted bool) (census.Geocoder, error) {
	if c.GeocoderURL == "" || !c.GeocodeImports && !wanted {
		return nil, nil
	}
	client, err := geocode.New(c.GeocoderURL)
	if err != nil {
		return nil, usageError("MEDNUM_GEOCODER_URL : %w", err)
	}
	return &intake.Geocoder{Search: client, Kept: store.Intake(), Now: time.Now}, nil
}

// sourceNamed finds a source, or says which one may be meant.
func sourceNamed(ctx context.Context, store *postgres.Census, name string) (intake.KeptSource, error) {
	s, err := store.Intake().SourceNamed(ctx, name)
	if !errors.Is(err, intake.ErrNoSource) {
		return s, err
	}
	all, err := store.Intake().Sources(ctx, "")
	if err != nil {
		return s, err
	}
	names := make([]string, len(all))
	for i := range all {
		names[i] = all[i].Name
	}
	hint := ""
	if near, ok := place.Nearest(name, names); ok {
		hint = " ; vouliez-vous dire « " + near + " » ?"
	}
	return s, refused(fmt.Errorf("aucune source ne s’appelle « %s »%s", name, hint))
}

func newSourceList() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "Liste les sources, et ce qu’a donné leur dernier rafraîchissement",
		Args:  arguments("", 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := configure(cmd)
			if err != nil {
				return err
			}
			store, err := openCensus(cmd.Context(), c, cmd)
			if err != nil {
				return err
			}
			defer store.Close()
			all, err := store.Intake().Sources(cmd.Context(), "")
			if err != nil {
				return err
			}
			if asJSON {
				return writeSources(cmd.OutOrStdout(), all)
			}
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "SOURCE\tLIEUX\tRANG\tRYTHME\tDERNIER TIRAGE\tÉTAT")
			for _, s := range all {
				fmt.Fprintf(w, "%s\t%d\t%d\t%s\t%s\t%s\n", s.Name, s.Places, s.Precedence, rhythm(s.Every), instant(s.LastPull), s.LastState)
			}
			return w.Flush()
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "écrit la liste en JSON, entière")
	takes(cmd, "database-url")
	return cmd
}

func writeSources(w io.Writer, all []intake.KeptSource) error {
	type row struct {
		intake.Source
		Every string     `json:"rythme,omitempty"`
		Last  *time.Time `json:"dernier_tirage_le,omitempty"`
		Next  *time.Time `json:"prochain_tirage_le,omitempty"`
	}
	rows := make([]row, len(all))
	for i, s := range all {
		rows[i] = row{Source: s.Source}
		if s.Every > 0 {
			rows[i].Every = s.Every.String()
		}
		if !s.LastPull.IsZero() {
			rows[i].Last = &s.LastPull
		}
		if !s.NextPull.IsZero() {
			rows[i].Next = &s.NextPull
		}
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(rows)
}

func instant(t time.Time) string {
	if t.IsZero() {
		return "jamais"
	}
	return t.Local().Format("02/01/2006 15:04")
}

func rhythm(d time.Duration) string {
	day := 24 * time.Hour
	switch {
	case d == 0:
		return "à la main"
	case d%day == 0:
		return strconv.Itoa(int(d/day)) + " j"
	case d%time.Hour == 0:
		return strconv.Itoa(int(d/time.Hour)) + " h"
	}
	return strconv.Itoa(int(d/time.Minute)) + " min"
}

// parseRhythm reads "15 min", "6h", "1 j", "jamais".
func parseRhythm(s string) (time.Duration, bool) {
	s = strings.ToLower(strings.Join(strings.Fields(s), ""))
	if s == "jamais" {
		return 0, true
	}
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	n, err := strconv.Atoi(s[:i])
	unit, ok := map[string]time.Duration{
		"min": time.Minute, "h": time.Hour, "heure": time.Hour, "heures": time.Hour, "j": 24 * time.Hour, "jour": 24 * time.Hour, "jours": 24 * time.Hour,
	}[s[i:]]
	if err != nil || !ok || n == 0 || n > 100_000 {
		return 0, false
	}
	return time.Duration(n) * unit, true
}

func newSourceSet() *cobra.Command {
	var address, every, mappingName, siren string
	var precedence int
	cmd := &cobra.Command{
		Use:   "set NOM",
		Short: "Règle une source : son adresse, son rythme, sa correspondance, son rang",
		Long: `Règle une source, ou la crée. Ce qui n’est pas donné reste comme il était.

Avec une adresse et un rythme, « mednum serve » va chercher le fichier de lui-même.
Il publie ce qui a changé ; il retient, pour qu’une personne regarde, un fichier qui
perd ou déplace trop de lieux, ou dont les colonnes ont changé.`,
		Example: `  mednum source set "Réseau des médiathèques" --url https://exemple.fr/lieux.csv --every "1 j"
  mednum source set "Réseau des médiathèques" --mapping mediatheques.yaml --precedence 10
  mednum source set "Réseau des médiathèques" --every jamais`,
		Args: arguments("le nom de la source", 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := configure(cmd)
			var d time.Duration
			if cmd.Flags().Changed("every") {
				var ok bool
				if d, ok = parseRhythm(every); !ok {
					err = errors.Join(err, usageError("--every : « %s » n’est pas un rythme ; écrivez par exemple 6h, « 1 j » ou jamais", every))
				}
			}
			if err != nil {
				return usageError("%w", err)
			}
			ctx := cmd.Context()
			store, err := openCensus(ctx, c, cmd)
			if err != nil {
				return err
			}
			defer store.Close()
			kept, err := store.Intake().SourceNamed(ctx, strings.Join(strings.Fields(args[0]), " "))
			if err != nil && !errors.Is(err, intake.ErrNoSource) {
				return err
			}
			s := kept.Source
			s.Name = args[0]
			if kept.Number != 0 {
				s.Name = kept.Name
			}
			changed := cmd.Flags().Changed
			if changed("url") {
				s.URL = address
			}
			if changed("every") {
				s.Every = d
			}
			if changed("precedence") {
				s.Precedence = precedence
			}
			if changed("siren") {
				s.Siren = siren
			}
			if changed("mapping") {
				s.Mapping = nil
				if mappingName != none {
					m, err := mappingFrom(mappingName)
					if err != nil {
						return err
					}
					s.Mapping = m.JSON()
				}
			}
			o, err := intakeOffice(c, store, c.logger(cmd.ErrOrStderr()), true)
			if err != nil {
				return err
			}
			if s, err = o.SaveSource(ctx, s, intake.Operator, time.Now()); err != nil {
				return refusedByOffice(err)
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "mednum : « %s » est réglée ; rythme : %s, rang : %d\n", s.Name, rhythm(s.Every), s.Precedence)
			return nil
		},
	}
	cmd.Flags().StringVar(&address, "url", "", "adresse du fichier, ou de la première page d’une API")
	cmd.Flags().StringVar(&every, "every", "", "rythme du rafraîchissement : 6h, « 1 j », jamais")
	cmd.Flags().StringVar(&mappingName, "mapping", "", "correspondance des colonnes (YAML ou JSON) ; « aucun » : celles du standard")
	cmd.Flags().IntVar(&precedence, "precedence", 0, "qui l’emporte quand plusieurs sources disent autrement : 0, 10 vérifiée, 20 déclarée par les lieux")
	cmd.Flags().StringVar(&siren, "siren", "", "organisation qui peut publier cette source ; vide : la première qui publie")
	stands(cmd, "url", "URL")
	stands(cmd, "every", "RYTHME")
	stands(cmd, "mapping", "FICHIER")
	stands(cmd, "precedence", "N")
	stands(cmd, "siren", "SIREN")
	takes(cmd, "database-url")
	return cmd
}

// refusedByOffice gives what a person has to correct its exit code.
func refusedByOffice(err error) error {
	var refusal *intake.Refusal
	if errors.As(err, &refusal) {
		return refused(errors.New(strings.Join(refusal.Reasons, "\n")))
	}
	return err
}

func newSourcePull() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "pull NOM",
		Short: "Va chercher le fichier d’une source, maintenant",
		Long: `Va chercher le fichier d’une source à son adresse. S’il a changé, le lit et le
publie ; s’il faut qu’une personne regarde, le retient et dit pourquoi (code 3).
Le compte rendu est écrit sur la sortie standard.`,
		Example: `  mednum source pull "Réseau des médiathèques"`,
		Args:    arguments("le nom de la source", 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := configure(cmd)
			if err != nil {
				return err
			}
			return pullSource(cmd, c, args[0], asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "écrit le compte rendu en JSON")
	takes(cmd, "database-url", "geocoder-url", "geocode-imports", "upload-maximum")
	return cmd
}

func pullSource(cmd *cobra.Command, c config, name string, asJSON bool) error {
	ctx := cmd.Context()
	store, err := postgres.Open(ctx, c.DatabaseURL, postgres.Options{MaxConns: intakeConns, AppName: "mednum source pull"})
	if err != nil {
		return err
	}
	defer store.Close()
	if err := store.Ready(ctx); err != nil {
		return err
	}
	s, err := sourceNamed(ctx, store, name)
	if err != nil {
		return err
	}
	o, err := intakeOffice(c, store, c.logger(cmd.ErrOrStderr()), true)
	if err != nil {
		return err
	}
	d, err := o.PullSource(ctx, s.Number, intake.Operator, time.Now())
	if err != nil {
		return refusedByOffice(err)
	}
	for d.Busy { // here, or in a server that was quicker
		if _, err := o.Work(ctx, d.Number); err != nil {
			return err
		}
		if d, err = o.GetDeposit(ctx, d.Number, intake.Operator); err != nil {
			return err
		}
		if d.Busy {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(200 * time.Millisecond):
			}
		}
	}
	if d.Report != nil {
		if err := tell(cmd.OutOrStdout(), d.Report, importOptions{asJSON: asJSON}); err != nil {
			return err
		}
	}
	switch d.State {
	case intake.Published, intake.Abandoned:
		if n := len(d.Steps); n > 0 {
			fmt.Fprintf(cmd.ErrOrStderr(), "mednum : dépôt %d. %s\n", d.Number, d.Steps[n-1].Note)
		}
		return nil
	case intake.Refused:
		return refused(errors.New(d.Fault))
	}
	return refused(fmt.Errorf("le dépôt %d est retenu, à regarder : %s", d.Number, strings.Join(d.Reasons, " ")))
}
