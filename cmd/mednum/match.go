package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"mednum/internal/census"
	"mednum/internal/french"
	"mednum/internal/match"
	"mednum/internal/place"
	"mednum/internal/sheet"
)

func newMatch() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "match",
		Short: "Rapproche les fiches d’un même lieu, et juge ce rapprochement",
		Args:  cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			return unknownCommand(cmd, args[0])
		},
		SuggestionsMinimumDistance: 2,
	}
	cmd.AddCommand(newMatchEvaluate(), newMatchRun())
	return cmd
}

func newMatchEvaluate() *cobra.Command {
	var list string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "evaluate PAIRES",
		Short: "Compare le rapprochement à des paires jugées par des personnes",
		Long: `Dit, pour chaque paire d’un fichier, si ce programme y voit un seul lieu, deux
lieux, ou un doute ; puis combien de fois il a raison. Aucune base n’est requise.

Le fichier des paires a les colonnes source_a, id_a, source_b, id_b et
is_duplicate (1 : un seul lieu ; 0 : deux lieux). Les fiches sont cherchées dans
le recensement, un fichier aux colonnes du standard, par leur source et leur id.
Tous les champs du recensement servent d’indices.`,
		Example: `  mednum match evaluate paires.csv --census recensement.csv
  mednum match evaluate paires.csv --census recensement.csv --json > verdicts.json`,
		Args: arguments("le fichier des paires jugées", 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if list == "" {
				return usageError("--census : dites dans quel fichier sont les fiches des paires")
			}
			if list == "-" && args[0] == "-" {
				return usageError("l’entrée standard ne peut donner qu’un des deux fichiers")
			}
			return evaluateMatching(cmd, args[0], list, asJSON)
		},
	}
	cmd.Flags().StringVar(&list, "census", "", "recensement où sont les fiches des paires")
	cmd.Flags().BoolVar(&asJSON, "json", false, "écrit tout en JSON, chaque verdict avec ses indices")
	stands(cmd, "census", "FICHIER")
	return cmd
}

func evaluateMatching(cmd *cobra.Command, pairs, list string, asJSON bool) error {
	judged, errPairs := readPairs(cmd.Context(), pairs, cmd.InOrStdin())
	records, errCensus := readCensus(cmd.Context(), list, cmd.InOrStdin())
	if err := errors.Join(errPairs, errCensus); err != nil {
		return refused(err)
	}
	e := match.Evaluate(judged, records)
	if asJSON {
		out := json.NewEncoder(cmd.OutOrStdout())
		out.SetEscapeHTML(false)
		out.SetIndent("", "  ")
		if err := out.Encode(&e); err != nil {
			return err
		}
	} else if err := sayEvaluation(cmd.OutOrStdout(), &e); err != nil {
		return err
	}
	if e.Pairs == 0 {
		return refused(errors.New("aucune paire n’a pu être comparée"))
	}
	return nil
}

// rowsOf reads a table whole, whatever it was saved as.
func rowsOf(ctx context.Context, name string, stdin io.Reader, o sheet.Options, each func(row sheet.Row) error) ([]string, error) {
	in, err := open(ctx, name, stdin)
	if err != nil {
		return nil, err
	}
	defer in.close()
	f, err := sheet.Open(in, name, o)
	if err != nil {
		return nil, fmt.Errorf("%s : %w", shown(name), err)
	}
	defer f.Close()
	for {
		row, err := f.Next()
		switch {
		case err == io.EOF:
			return f.Columns, nil
		case err != nil:
			return nil, fmt.Errorf("%s : %w", shown(name), err)
		case ctx.Err() != nil:
			return nil, ctx.Err()
		}
		if row.Aside != "" {
			continue
		}
		if err := each(row); err != nil {
			return nil, err
		}
	}
}

func readPairs(ctx context.Context, name string, stdin io.Reader) ([]match.Judged, error) {
	columns := []string{"source_a", "id_a", "source_b", "id_b", "is_duplicate"}
	var rows [][]string
	var lines []int
	header, err := rowsOf(ctx, name, stdin, sheet.Options{Known: func(cells []string) int {
		n := 0
		for _, c := range cells {
			if slices.Contains(columns, strings.ToLower(strings.TrimSpace(c))) {
				n++
			}
		}
		return n
	}}, func(row sheet.Row) error {
		rows, lines = append(rows, row.Cells), append(lines, row.Line)
		return nil
	})
	if err != nil {
		return nil, err
	}
	judged, err := match.ReadJudged(header, rows, lines)
	if err != nil {
		return nil, fmt.Errorf("%s :\n%w", shown(name), err)
	}
	return judged, nil
}

func readCensus(ctx context.Context, name string, stdin io.Reader) ([]match.Listed, error) {
	var rows []sheet.Row
	header, err := rowsOf(ctx, name, stdin, census.Reading(nil), func(row sheet.Row) error {
		rows = append(rows, row)
		return nil
	})
	if err != nil {
		return nil, err
	}
	schema, findings := place.ReadHeader(header, 1)
	var faults []string
	for _, f := range findings {
		if f.Severity == place.Blocking {
			faults = append(faults, f.Message)
		}
	}
	if faults != nil {
		return nil, fmt.Errorf("%s : %s", shown(name), strings.Join(faults, " "))
	}
	records := make([]match.Listed, 0, len(rows))
	for _, row := range rows {
		r := schema.Read(row.Cells, row.Line, place.Context{})
		source := r.Source
		if source == "" {
			source, _, _ = strings.Cut(r.ID, ":") // as identifiers of several sources are mostly told apart
		}
		records = append(records, match.Listed{Source: source, ID: r.ID, Nom: r.Nom, Profile: match.NewProfile(&r.Place, source, r.Departement)})
	}
	return records, nil
}

var outcomes = []struct {
	outcome match.Outcome
	title   string
}{{match.Same, "même"}, {match.Undecided, "à décider"}, {match.Different, "différents"}}

func sayEvaluation(out io.Writer, e *match.Evaluation) error {
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	p("%s, %s au recensement.", french.Count(e.Pairs, "paire comparée", "paires comparées"), french.Count(e.Records, "fiche", "fiches"))
	for _, u := range e.Unknown {
		p("  %s", u)
	}
	p("")
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "jugées\t")
	for _, o := range outcomes {
		fmt.Fprintf(w, "%s\t", o.title)
	}
	fmt.Fprintln(w)
	for truth, title := range []string{"deux lieux", "un seul lieu"} {
		fmt.Fprintf(w, "%s\t", title)
		for _, o := range outcomes {
			fmt.Fprintf(w, "%d\t", e.Counts[truth][o.outcome])
		}
		fmt.Fprintln(w)
	}
	w.Flush()
	p("")
	p("Précision : %s des « même » sont justes.", percent(e.Precision()))
	p("Rappel : %s des doublons sortent « même ».", percent(e.Recall()))
	p("Rappel, doutes compris : %s des doublons sortent « même » ou « à décider ».", percent(e.Kept()))
	p("Dérangement : %s des lieux distincts sortent « à décider ».", percent(e.Bother()))
	if e.Missed > 0 {
		p("%s que rien ne rapproche : jamais comparés, donc « différents ».", french.Count(e.Missed, "doublon", "doublons"))
	}
	if len(e.Guards) > 0 {
		p("")
		p("Gardes, et ce que les personnes avaient jugé :")
		for _, name := range slices.Sorted(maps.Keys(e.Guards)) {
			p("  %s : %d deux lieux, %d un seul lieu", name, e.Guards[name][0], e.Guards[name][1])
		}
	}
	wrong := 0
	for i := range e.Verdicts {
		v := &e.Verdicts[i]
		if !v.Wrong() {
			continue
		}
		if wrong++; wrong == 1 {
			p("")
			p("Erreurs :")
		}
		judged, found := "deux lieux", "un seul lieu"
		if v.Duplicate {
			judged, found = found, judged
		}
		p("  ligne %d : « %s » (%s) et « %s » (%s)", v.Line, v.NomA, v.IDA, v.NomB, v.IDB)
		p("    jugées %s%s ; ce programme dit %s (%+d).", judged, because(v.Why), found, v.Comparison.Score)
		if !v.Blocked {
			p("    Rien ne les rapproche : ni adresse, ni nom, ni contact, ni distance.")
		}
		for _, x := range v.Comparison.Evidence {
			if x.Kind == "garde" {
				p("      garde %s", x.Text)
			} else {
				p("      %+5d %s", x.Weight, x.Text)
			}
		}
	}
	if wrong == 0 && e.Pairs > 0 {
		p("")
		p("Aucune erreur.")
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func because(why string) string {
	if why == "" {
		return ""
	}
	return " (" + why + ")"
}

// percent says a part, and when there was nothing to count.
func percent(f float64) string {
	if math.IsNaN(f) {
		return "(rien à compter)"
	}
	return strings.Replace(fmt.Sprintf("%.1f", 100*f), ".", ",", 1) + french.Space + "%"
}
