package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"mednum/internal/french"
	"mednum/internal/place"
	"mednum/internal/postgres"
	"mednum/internal/territory"
)

type scoreOptions struct {
	date           string
	dryRun, verify bool
	aides          []string
}

func newScore() *cobra.Command {
	var o scoreOptions
	cmd := &cobra.Command{
		Use:   "score",
		Short: "Note de nouveau tous les lieux, ou vérifie les notes",
		Long: `Note tous les lieux selon la version du référentiel en vigueur, et selon celle
qui est publiée pour plus tard. Chaque import note déjà les lieux qu’il écrit :
lancez cette commande quand une version prend effet, quand le programme change,
et une fois par jour, car les fiches vieillissent.

« --dry-run » montre ce qui changerait sans rien écrire, et ce que ce programme
lit autrement des mêmes fiches (les horaires, par exemple). « --verify » rejoue
chaque note gardée, passées comprises, et compare les empreintes.
Le compte rendu est écrit sur la sortie standard.`,
		Example: `  mednum score
  mednum score --dry-run
  mednum score --date 2027-01-01 --dry-run
  mednum score --aide-locale 51=oui --aide-locale 02=non
  mednum score --verify`,
		Args: arguments("", 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := configure(cmd)
			date, helps, faults := o.read()
			if err = errors.Join(append(faults, err)...); err != nil {
				return usageError("%w", err)
			}
			return score(cmd, c, o, date, helps)
		},
	}
	cmd.Flags().StringVar(&o.date, "date", "", "jour de référence des notes (aujourd’hui sans cela)")
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "dit ce qui changerait, sans rien changer")
	cmd.Flags().BoolVar(&o.verify, "verify", false, "rejoue les notes gardées au lieu de noter")
	cmd.Flags().StringArrayVar(&o.aides, "aide-locale", nil, "dit si un pass ou une aide locale est actif dans un département\n(oui, non ou inconnu), puis note ses lieux ; plusieurs fois au besoin")
	cmd.Flag("aide-locale").DefValue = "" // none, rather than []
	stands(cmd, "date", "AAAA-MM-JJ")
	stands(cmd, "aide-locale", "DÉPARTEMENT=oui")
	takes(cmd, "database-url")
	return cmd
}

// read gives what the options say, and everything that is wrong with them.
func (o *scoreOptions) read() (date place.Date, helps map[string]*bool, faults []error) {
	if o.date != "" {
		var ok bool
		if date, ok = place.ParseDate(o.date); !ok {
			faults = append(faults, usageError("--date : « %s » n’est pas un jour ; écrivez par exemple 2027-01-31", o.date))
		}
	}
	if o.verify && (o.dryRun || o.date != "" || len(o.aides) > 0) {
		faults = append(faults, usageError("--verify ne se combine pas : chaque note est rejouée à sa date, sans rien écrire"))
	}
	if o.dryRun && len(o.aides) > 0 {
		faults = append(faults, usageError("--aide-locale écrit : ôtez --dry-run"))
	}
	helps = map[string]*bool{}
	for _, s := range o.aides {
		departement, word, found := strings.Cut(s, "=")
		departement, word = strings.ToUpper(strings.TrimSpace(departement)), place.Fold(strings.TrimSpace(word))
		if len(departement) == 1 {
			departement = "0" + departement
		}
		yes, no := true, false
		switch {
		case !found:
			faults = append(faults, usageError("--aide-locale : « %s » ne dit pas si l’aide est active ; écrivez 51=oui, 51=non ou 51=inconnu", s))
			continue
		case departement == "" || territory.DepartementOf((departement + "001")[:min(5, len(departement)+3)]) != departement:
			faults = append(faults, usageError("--aide-locale : « %s » n’est pas le code d’un département ; écrivez par exemple 51, 2A ou 974", departement))
			continue
		case word == "oui":
			helps[departement] = &yes
		case word == "non":
			helps[departement] = &no
		case word == "inconnu":
			helps[departement] = nil
		default:
			faults = append(faults, usageError("--aide-locale : « %s » : écrivez %s=oui, %s=non ou %s=inconnu", s, departement, departement, departement))
		}
	}
	return date, helps, faults
}

func score(cmd *cobra.Command, c config, o scoreOptions, date place.Date, helps map[string]*bool) error {
	ctx := cmd.Context()
	store, err := openCensus(ctx, c, cmd)
	if err != nil {
		return err
	}
	defer store.Close()
	if o.verify {
		return verifyScores(ctx, cmd, store)
	}
	if err := store.SetAidesLocales(ctx, helps, date); err != nil {
		return err
	}
	bar := &counted{w: cmd.ErrOrStderr(), label: "notes"}
	report, err := store.Rescore(ctx, postgres.RescoreOptions{Date: date, DryRun: o.dryRun, Progress: bar.set})
	bar.end()
	if interrupted(ctx, err) {
		return fmt.Errorf("les notes sont restées comme elles étaient : %w", err)
	}
	if err != nil {
		return err
	}
	_, err = io.WriteString(cmd.OutOrStdout(), sayScores(&report, o.dryRun))
	return err
}

// counted is a bar whose length is known once the work has begun.
type counted struct {
	w     io.Writer
	label string
	bar   *progress
}

func (c *counted) set(done, total int) {
	if c.bar == nil {
		c.bar = newProgress(c.w, c.label, int64(total), false)
	}
	c.bar.set(int64(done))
}

func (c *counted) end() {
	if c.bar != nil {
		c.bar.end()
	}
}

func sayScores(r *postgres.RescoreReport, dryRun bool) string {
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	if r.Version == "" && r.Upcoming == "" {
		p("Aucune version du référentiel n’est en vigueur le %s : rien à noter.", r.Date)
		return b.String()
	}
	if dryRun {
		p("ESSAI : rien n’a été écrit.")
	}
	if r.Version != "" {
		p("Référentiel %s, au %s : %s.", r.Version, r.Date, french.Line(r.Places, "lieu noté", "lieux notés"))
		p("  %s, %s.", french.Line(r.New, "première note", "premières notes"), french.Line(r.Changed, "résultat changé", "résultats changés"))
		sayLevels(p, r.Levels)
	}
	if r.Upcoming != "" {
		p("Référentiel %s, à venir le %s : %s.", r.Upcoming, r.EffectiveOn, french.Line(r.Next, "résultat nouveau ou changé", "résultats nouveaux ou changés"))
	}
	if !dryRun || r.Version == "" {
		return b.String()
	}
	d := &r.Derivation
	if d.Places == 0 {
		p("Ce programme lit les fiches comme celui qui les a notées.")
		return b.String()
	}
	p("CE PROGRAMME LIT AUTREMENT %s, sans que rien ait changé dans les fiches :", strings.ToUpper(french.Line(d.Places, "lieu", "lieux")))
	facts := make([]string, 0, len(d.Facts))
	for fact := range d.Facts {
		facts = append(facts, fact)
	}
	slices.Sort(facts)
	for _, fact := range facts {
		p("  %s : %s", fact, french.Line(d.Facts[fact], "lieu", "lieux"))
	}
	p("  De ce seul fait, %s.", french.Line(d.Results, "résultat change", "résultats changent"))
	sayLevels(p, d.Levels)
	p("  Par exemple : %s", strings.Join(d.Examples, ", "))
	return b.String()
}

func sayLevels(p func(string, ...any), levels []postgres.Transition) {
	total := 0
	for _, t := range levels {
		total += t.Places
	}
	if total == 0 {
		p("  Aucun niveau ne change.")
		return
	}
	p("  %s :", french.Line(total, "niveau change", "niveaux changent"))
	for _, t := range levels {
		p("    %s → %s : %s", sayLevel(t.From), sayLevel(t.To), french.Line(t.Places, "lieu", "lieux"))
	}
}

// sayLevel writes what is shown of a place: a letter, a range, nothing.
func sayLevel(level string) string {
	if level == "" {
		return "non attribué"
	}
	if from, to, ok := strings.Cut(level, "-"); ok && from == to {
		return from + " provisoire"
	} else if ok {
		return "entre " + from + " et " + to
	}
	return level
}

func verifyScores(ctx context.Context, cmd *cobra.Command, store *postgres.Census) error {
	bar := &counted{w: cmd.ErrOrStderr(), label: "vérification"}
	r, err := store.VerifyScores(ctx, bar.set)
	bar.end()
	if err != nil {
		return err
	}
	w := cmd.OutOrStdout()
	fmt.Fprintf(w, "%s en vigueur ou à venir, %s.\n", french.Line(r.Results, "note", "notes"), french.Line(r.History, "note passée", "notes passées"))
	if r.OtherCore > 0 {
		fmt.Fprintf(w, "%s par une autre version du moteur : ce programme ne peut pas les rejouer.\n", french.Line(r.OtherCore, "note donnée", "notes données"))
	}
	for _, d := range r.First {
		past := ""
		if d.Past {
			past = ", note passée"
		}
		fmt.Fprintf(w, "  %s, référentiel %s, %s%s : %s.\n", d.ID, d.Version, d.Day, past, d.Reason)
	}
	if more := r.Different - len(r.First); more > 0 {
		fmt.Fprintf(w, "  … et %s.\n", french.Line(more, "autre", "autres"))
	}
	if r.Different > 0 {
		return fmt.Errorf("%s : elles ne sont pas ce que leurs entrées donnent", french.Line(r.Different, "note ne se rejoue pas", "notes ne se rejouent pas"))
	}
	fmt.Fprintln(w, "Toutes se rejouent à l’identique.")
	return nil
}
