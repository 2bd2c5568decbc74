package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"mednum/internal/french"
	"mednum/internal/place"
	"mednum/internal/postgres"
	"mednum/internal/register"
)

// labels are the registers that can be read, by the name that --register takes.
var labels = []labelRegister{{
	name: "france-services", title: "Liste nationale des France Services", keeper: "Agence nationale de la cohésion des territoires", months: 12,
}}

type labelRegister struct {
	name, title, keeper string
	months              int // during which an edition holds
}

// registerEvidence is what the référentiel calls the entry in a label's register.
const registerEvidence = "registre_label"

type registerOptions struct {
	register, date, report string
	dryRun, asJSON         bool
}

func newRegister() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "register",
		Short: "Confronte les labels affichés au registre officiel",
		Args:  cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			return unknownCommand(cmd, args[0])
		},
		SuggestionsMinimumDistance: 2,
	}
	cmd.AddCommand(newRegisterImport())
	return cmd
}

func newRegisterImport() *cobra.Command {
	var o registerOptions
	cmd := &cobra.Command{
		Use:   "import FICHIER|URL|-",
		Short: "Confirme ou contredit les labels des lieux d’après une liste officielle",
		Long: `Lit la liste officielle d’un label et la compare aux lieux qui l’affichent : par
l’identifiant, l’adresse, le nom, le téléphone et la distance. Chaque verdict est
écrit avec ses raisons, et les lieux concernés sont notés de nouveau.

Ce que la liste ne tranche pas reste inconnu. Un constat plus récent que la liste
n’est jamais remplacé. Importer deux fois la même liste ne change rien.
Le compte rendu est écrit sur la sortie standard.`,
		Example: `  mednum register import liste-fs.csv --register france-services --date 2024-08-01
  mednum register import liste-fs.csv --register france-services --date 2024-08-01 --dry-run --report constats.json`,
		Args: arguments("la liste à lire (ou son adresse, ou « - » pour l’entrée standard)", 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := configure(cmd)
			which, date, faults := o.read(time.Now())
			if err = errors.Join(append(faults, err)...); err != nil {
				return usageError("%w", err)
			}
			return importRegister(cmd, c, args[0], o, which, date)
		},
	}
	cmd.Flags().StringVar(&o.register, "register", "", "quelle liste c’est : france-services")
	cmd.Flags().StringVar(&o.date, "date", "", "jour de la liste, que ses constats portent")
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "dit ce qui changerait, sans rien changer")
	cmd.Flags().StringVar(&o.report, "report", "", "écrit aussi le compte rendu dans ce fichier\n(en JSON, et alors entier, si son nom finit par .json)")
	cmd.Flags().BoolVar(&o.asJSON, "json", false, "écrit le compte rendu en JSON, entier")
	stands(cmd, "register", "NOM")
	stands(cmd, "date", "AAAA-MM-JJ")
	stands(cmd, "report", "FICHIER")
	takes(cmd, "database-url")
	return cmd
}

// read gives what the options say, and everything that is wrong with them.
func (o *registerOptions) read(now time.Time) (which labelRegister, date place.Date, faults []error) {
	var names []string
	for _, l := range labels {
		names = append(names, l.name)
		if l.name == o.register {
			which = l
		}
	}
	switch {
	case o.register == "":
		faults = append(faults, usageError("--register : dites quelle liste c’est ; écrivez --register %s", strings.Join(names, " ou ")))
	case which.name == "":
		hint := "écrivez " + strings.Join(names, " ou ")
		if near, ok := place.Nearest(o.register, names); ok {
			hint = "vouliez-vous dire « " + near + " » ?"
		}
		faults = append(faults, usageError("--register : « %s » n’est pas une liste connue ; %s", o.register, hint))
	}
	date, ok := place.ParseDate(o.date)
	switch {
	case o.date == "":
		faults = append(faults, usageError("--date : dites de quel jour est la liste, par exemple --date 2024-08-01"))
	case !ok:
		faults = append(faults, usageError("--date : « %s » n’est pas un jour ; écrivez par exemple 2024-08-01", o.date))
	case date.Time().After(now):
		faults = append(faults, usageError("--date : le %s est à venir ; écrivez le jour de la liste", o.date))
	}
	return which, date, faults
}

// registerReport is what an import did, for people and for programs.
type registerReport struct {
	Register  string               `json:"registre"`
	File      string               `json:"fichier"`
	Date      string               `json:"date"`
	Until     string               `json:"valable_jusqu_au"`
	DryRun    bool                 `json:"essai"`
	Entries   int                  `json:"entrees"`
	Problems  []register.Problem   `json:"defauts"`
	Declaring int                  `json:"lieux_qui_affichent"`
	Confirmed int                  `json:"confirmes"`
	Denied    int                  `json:"contredits"`
	Undecided int                  `json:"indecis"`
	Written   map[string]int       `json:"ecrits"`
	Unchanged int                  `json:"deja_ecrits"`
	TakenBack int                  `json:"retires"`
	Newer     int                  `json:"plus_recents"`
	Rescored  int                  `json:"notes_refaites"`
	Verdicts  []register.Verdict   `json:"verdicts"`
	Unclaimed []register.Unclaimed `json:"entrees_sans_lieu"`

	stale bool
}

func importRegister(cmd *cobra.Command, c config, name string, o registerOptions, which labelRegister, date place.Date) error {
	ctx := cmd.Context()
	store, err := openCensus(ctx, c, cmd)
	if err != nil {
		return err
	}
	defer store.Close()
	in, err := open(ctx, name, cmd.InOrStdin())
	if err != nil {
		return err
	}
	defer in.close()
	bar := newProgress(cmd.ErrOrStderr(), "lecture de la liste", in.size, true)
	defer bar.end()
	list, err := register.Read(io.TeeReader(in, adder{bar}), date)
	bar.end()
	var file *register.FileError
	switch {
	case errors.As(err, &file):
		return refused(err)
	case err != nil:
		return fmt.Errorf("lecture de %s : %w", shown(name), err)
	}
	lieux, err := readLieux(ctx, store)
	if err != nil {
		return err
	}
	outcome := list.Match(lieux)
	changes, err := store.SaveRegister(ctx, which.findings(date, outcome, o.dryRun))
	if interrupted(ctx, err) {
		return fmt.Errorf("les constats sont restés comme ils étaient : %w", err)
	}
	if err != nil {
		return err
	}
	until := date.Time().AddDate(0, which.months, 0)
	report := registerReport{
		Register: which.title, File: shown(name), Date: date.String(), Until: until.Format("2006-01-02"), DryRun: o.dryRun,
		Entries: len(list.Entries), Problems: list.Problems, Declaring: len(outcome.Verdicts),
		Written: changes.Written, Unchanged: changes.Unchanged, TakenBack: changes.TakenBack, Newer: changes.Newer, Rescored: changes.Rescored,
		Verdicts: outcome.Verdicts, Unclaimed: outcome.Unclaimed, stale: until.Before(time.Now()),
	}
	if report.Problems == nil {
		report.Problems = []register.Problem{}
	}
	for _, v := range outcome.Verdicts {
		switch v.Finding {
		case register.Confirme:
			report.Confirmed++
		case register.Contredit:
			report.Denied++
		default:
			report.Undecided++
		}
	}
	return report.tell(cmd.OutOrStdout(), o)
}

// adder moves a bar as bytes go by.
type adder struct{ bar *progress }

func (a adder) Write(p []byte) (int, error) {
	a.bar.add(int64(len(p)))
	return len(p), nil
}

func readLieux(ctx context.Context, store *postgres.Census) ([]register.Lieu, error) {
	places, err := store.LabelledPlaces(ctx, register.Label, register.Label)
	if err != nil {
		return nil, err
	}
	lieux := make([]register.Lieu, len(places))
	for i, p := range places {
		lieux[i] = register.Lieu{Place: p.Place, Identifier: p.Identifier, Producteur: p.Producteur, Departement: p.Departement, Doubt: p.Doubt, Since: p.Since}
	}
	return lieux, nil
}

func (l labelRegister) findings(date place.Date, outcome register.Outcome, dryRun bool) postgres.RegisterFindings {
	f := postgres.RegisterFindings{
		Source: l.title, Organisation: l.keeper, Preuve: registerEvidence, Against: string(register.Contredit),
		Date: date, Months: l.months, DryRun: dryRun,
	}
	for _, v := range outcome.Verdicts {
		found := postgres.RegisterVerdict{Identifier: v.Identifier, Reasons: v.Reasons}
		if v.Finding != register.Indecis {
			found.Resultat = string(v.Finding)
		}
		f.Verdicts = append(f.Verdicts, found)
	}
	return f
}

// tell writes the report where people and scripts asked for it.
func (r *registerReport) tell(w io.Writer, o registerOptions) error {
	write := func(asJSON bool) func(io.Writer) error {
		return func(w io.Writer) error {
			if asJSON {
				e := json.NewEncoder(w)
				e.SetEscapeHTML(false)
				e.SetIndent("", "  ")
				return e.Encode(r)
			}
			_, err := io.WriteString(w, r.text())
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

// told is how many lines of each kind a person reads; the JSON has them all.
const told = 20

func (r *registerReport) text() string {
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	more := func(n int) {
		if n > told {
			p("  … et %s (le compte rendu JSON les dit tous).", french.Line(n-told, "autre", "autres"))
		}
	}
	if r.DryRun {
		p("ESSAI : rien n’a été écrit.")
	}
	p("%s du %s : %s.", r.Register, r.Date, french.Line(r.Entries, "entrée lue", "entrées lues"))
	if r.stale {
		p("ATTENTION : ses constats valaient jusqu’au %s. Ils sont périmés et ne comptent plus.", r.Until)
	} else {
		p("Ses constats valent jusqu’au %s.", r.Until)
	}
	if n := len(r.Problems); n > 0 {
		p("")
		p("%s dans la liste :", french.Line(n, "défaut", "défauts"))
		for _, x := range r.Problems[:min(n, told)] {
			where := fmt.Sprintf("ligne %d", x.Line)
			if x.Column != "" {
				where += ", " + x.Column
			}
			if x.Found != "" {
				where += " « " + x.Found + " »"
			}
			p("  %s : %s", where, x.Message)
		}
		more(n)
	}
	p("")
	p("%s le label : %s, %s, %s.", french.Line(r.Declaring, "lieu affiche", "lieux affichent"),
		french.Line(r.Confirmed, "confirmé", "confirmés"), french.Line(r.Denied, "contredit", "contredits"), french.Line(r.Undecided, "que la liste ne tranche pas", "que la liste ne tranche pas"))
	written := 0
	for _, n := range r.Written {
		written += n
	}
	p("  %s, %s.", french.Line(written, "constat nouveau ou changé", "constats nouveaux ou changés"), french.Line(r.Unchanged, "déjà écrit", "déjà écrits"))
	if r.TakenBack > 0 {
		p("  %s : cette liste ne le dit plus.", french.Line(r.TakenBack, "constat retiré", "constats retirés"))
	}
	if r.Newer > 0 {
		p("  %s : quelqu’un a constaté plus récemment que cette liste.", french.Line(r.Newer, "laissé tel quel", "laissés tels quels"))
	}
	verb := french.Line(r.Rescored, "note refaite", "notes refaites")
	if r.DryRun {
		verb = french.Line(r.Rescored, "note serait refaite", "notes seraient refaites")
	}
	p("  %s.", verb)
	for _, kind := range []struct {
		finding register.Finding
		title   string
		n       int
	}{{register.Contredit, "Contredits", r.Denied}, {register.Indecis, "À vérifier par une personne", r.Undecided}} {
		if kind.n == 0 {
			continue
		}
		p("")
		p("%s :", kind.title)
		left := told
		for _, v := range r.Verdicts {
			if v.Finding == kind.finding && left > 0 {
				left--
				p("  %s %s\n      %s", v.Identifier, v.Nom, strings.Join(v.Reasons, " "))
			}
		}
		more(kind.n)
	}
	if n := len(r.Unclaimed); n > 0 {
		p("")
		p("%s de la liste sans lieu au recensement :", french.Line(n, "entrée", "entrées"))
		for _, u := range r.Unclaimed[:min(n, told)] {
			p("  n° %s, %s, %s %s", u.ID, u.Entry.Nom, u.CodePostal, u.Commune)
			if u.Lieu != "" {
				p("      Semble être %s « %s », qui n’affiche pas le label.", u.Lieu, u.Nom)
			}
		}
		more(n)
	}
	return b.String()
}
