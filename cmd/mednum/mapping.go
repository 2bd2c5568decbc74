package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"mednum/internal/census"
	"mednum/internal/mapping"
	"mednum/internal/place"
	"mednum/internal/sheet"
	"mednum/internal/territory"
)

// suggestedFrom is how many rows a proposal is made from: all the values of a
// list are met long before.
const suggestedFrom = 20_000

func newMapping() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "mapping",
		Short: "Propose et vérifie la correspondance d’un fichier",
		Long: `Une correspondance dit comment les colonnes d’un fichier deviennent celles du
standard. C’est un fichier YAML ou JSON, que l’on relit et que l’on corrige.`,
		Example: `  mednum mapping suggest lieux.xlsx --output lieux.yaml
  mednum mapping check lieux.yaml lieux.xlsx
  mednum import lieux.xlsx --mapping lieux.yaml --source "Département de la Marne"`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			return unknownCommand(cmd, args[0])
		},
		Args: cobra.ArbitraryArgs,
	}
	cmd.AddCommand(newMappingSuggest(), newMappingCheck(), newMappingSchema(), newMappingExamples())
	return cmd
}

// knownCommunes are those of the database, when there is one that answers: a
// proposal is made without it too, and then judges coordinates by themselves.
func knownCommunes(ctx context.Context, cmd *cobra.Command) place.Communes {
	c, err := configure(cmd)
	if err == nil && c.DatabaseURL != "" {
		store, opened := openCensus(ctx, c, cmd)
		if err = opened; err == nil {
			defer store.Close()
			var set territory.Set
			if set, err = store.Territories(ctx); err == nil && len(set.Communes) > 0 {
				return census.Communes(territory.NewGazetteer(set))
			}
		}
	}
	fmt.Fprintln(cmd.ErrOrStderr(), "mednum : sans base où lire les communes, les coordonnées sont jugées seules")
	return nil
}

// opened is a file and the first of its rows.
type opened struct {
	columns []string
	rows    [][]string
	all     bool // the file has no other row
}

func openRows(ctx context.Context, cmd *cobra.Command, name string, m *mapping.Mapping, most int) (opened, error) {
	in, err := open(ctx, name, cmd.InOrStdin())
	if err != nil {
		return opened{}, err
	}
	defer in.close()
	f, err := sheet.Open(in, shown(name), census.Reading(m))
	if err != nil {
		return opened{}, unreadable(err)
	}
	defer f.Close()
	out := opened{columns: f.Columns}
	for len(out.rows) < most {
		row, err := f.Next()
		if err == io.EOF {
			out.all = true
			return out, nil
		}
		if err != nil {
			return opened{}, unreadable(err)
		}
		if row.Aside == "" {
			out.rows = append(out.rows, append([]string(nil), row.Cells...))
		}
	}
	return out, nil
}

func unreadable(err error) error {
	var fault *sheet.FileError
	if errors.As(err, &fault) {
		return refused(fault)
	}
	return err
}

func newMappingSuggest() *cobra.Command {
	var output string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "suggest FICHIER|URL|-",
		Short: "Propose une correspondance, colonne par colonne",
		Long: `Lit un fichier (CSV, XLSX, ODS, JSON, GeoJSON, compressé ou non) et propose sa
correspondance, d’après le nom des colonnes et leurs valeurs. Chaque choix est dit,
avec sa confiance et sa raison. Ce qui n’est pas assez sûr est laissé de côté.

La correspondance est écrite sur la sortie standard, ou dans --output ; les raisons
vont sur la sortie des messages.`,
		Example: `  mednum mapping suggest lieux.xlsx --output lieux.yaml
  mednum mapping suggest https://exemple.fr/lieux.json > lieux.yaml`,
		Args: arguments("le fichier à lire (ou son adresse, ou « - » pour l’entrée standard)", 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			file, err := openRows(cmd.Context(), cmd, args[0], nil, suggestedFrom)
			if err != nil {
				return err
			}
			s := mapping.Suggest(file.columns, file.rows, knownCommunes(cmd.Context(), cmd))
			if asJSON {
				e := json.NewEncoder(cmd.OutOrStdout())
				e.SetEscapeHTML(false)
				e.SetIndent("", "  ")
				return e.Encode(s)
			}
			text := s.Mapping.YAML()
			if strings.HasSuffix(strings.ToLower(output), ".json") {
				text = s.Mapping.JSON()
			}
			if err := sayReasons(cmd.ErrOrStderr(), s.Reasons); err != nil {
				return err
			}
			if output == "" {
				_, err = cmd.OutOrStdout().Write(text)
				return err
			}
			return replaceFile(output, func(w io.Writer) error { _, err := w.Write(text); return err })
		},
	}
	cmd.Flags().StringVar(&output, "output", "", "écrit la correspondance dans ce fichier (en JSON si son nom finit par .json)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "écrit en JSON la correspondance et les raisons")
	stands(cmd, "output", "FICHIER")
	takes(cmd, "database-url")
	return cmd
}

// sayReasons shows what each column was taken for.
func sayReasons(w io.Writer, reasons []mapping.Reason) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "COLONNE\tDEVIENT\tCONFIANCE\tPOURQUOI")
	for _, r := range reasons {
		becomes, sure := "–", "–"
		if len(r.Fields) > 0 {
			becomes = strings.Join(r.Fields, ", ")
		}
		if r.Confidence > 0 {
			sure = fmt.Sprintf("%d %%", r.Confidence)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", oneLine(r.Column, 40), becomes, sure, oneLine(r.Text, 400))
	}
	return t.Flush()
}

// oneLine keeps a text to one line of a table.
func oneLine(s string, most int) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

func mappingFrom(name string) (*mapping.Mapping, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, refused(fileFault(name, err))
	}
	m, err := mapping.Parse(text)
	if err != nil {
		return nil, faulty(name, err)
	}
	return m, nil
}

// faulty tells everything that is wrong with a mapping, each on its line.
func faulty(name string, err error) error {
	var faults mapping.Faults
	if !errors.As(err, &faults) {
		return refused(fmt.Errorf("%s : %w", shown(name), err))
	}
	lines := make([]string, len(faults))
	for i, f := range faults {
		lines[i] = f.Message
		if f.Line > 0 {
			lines[i] = fmt.Sprintf("ligne %d : %s", f.Line, f.Message)
		}
	}
	return refused(errors.New(listed(shown(name)+" est à corriger", lines)))
}

func newMappingCheck() *cobra.Command {
	return &cobra.Command{
		Use:   "check CORRESPONDANCE [FICHIER]",
		Short: "Vérifie une correspondance, seule ou sur un fichier",
		Long: `Dit en une fois tout ce qui ne va pas dans une correspondance. Avec un fichier, dit
aussi ce qu’elle en fait : colonnes absentes, colonnes que rien ne lit, lignes écartées.`,
		Example: `  mednum mapping check lieux.yaml
  mednum mapping check lieux.yaml lieux.xlsx`,
		Args: arguments("la correspondance à vérifier", 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			m, err := mappingFrom(args[0])
			if err != nil {
				return err
			}
			w := cmd.OutOrStdout()
			if len(args) == 1 {
				_, err := fmt.Fprintln(w, "La correspondance est bien écrite.")
				return err
			}
			file, err := openRows(cmd.Context(), cmd, args[1], m, suggestedFrom)
			if err != nil {
				return err
			}
			mapper, err := mapping.Compile(m, file.columns)
			if err != nil {
				return faulty(args[0], err)
			}
			return sayMapped(w, mapper, file)
		},
	}
}

// sayMapped tells what a mapping makes of the rows of a file.
func sayMapped(w io.Writer, mapper *mapping.Mapper, file opened) error {
	for _, f := range mapper.Faults() {
		fmt.Fprintf(w, "À corriger : %s\n", f.Message)
	}
	filled := make([]int, len(place.Columns))
	left, reasons := map[string]int{}, []string(nil)
	kept := 0
	for _, cells := range file.rows {
		row := mapper.Row(cells)
		if row.Left != "" {
			if left[row.Left]++; left[row.Left] == 1 {
				reasons = append(reasons, row.Left)
			}
			continue
		}
		kept++
		for i, cell := range row.Cells {
			if !place.Blank(cell) {
				filled[i]++
			}
		}
	}
	rows := fmt.Sprintf("%d lignes lues", len(file.rows))
	if !file.all {
		rows = fmt.Sprintf("%d premières lignes lues", len(file.rows))
	}
	fmt.Fprintf(w, "%s, %d gardées.\n", rows, kept)
	for i, r := range reasons {
		if i == 20 {
			fmt.Fprintf(w, "  et %d autres raisons.\n", len(reasons)-i)
			break
		}
		fmt.Fprintf(w, "  %d écartées : %s\n", left[r], r)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for i := range place.Columns {
		if filled[i] > 0 {
			fmt.Fprintf(t, "  %s\tremplie %d fois\n", place.Columns[i].Name, filled[i])
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if absent := mapper.Absent(); len(absent) > 0 {
		fmt.Fprintf(w, "Colonnes du standard que rien ne donne : %s.\n", strings.Join(absent, ", "))
	}
	if unread := mapper.Unread(); len(unread) > 0 {
		fmt.Fprintf(w, "Colonnes du fichier que rien ne lit : « %s ».\n", strings.Join(unread, " », « "))
	}
	return nil
}

func newMappingSchema() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Écrit le schéma JSON des correspondances",
		Args:  arguments("", 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := cmd.OutOrStdout().Write(append([]byte(strings.TrimRight(string(mapping.Schema()), "\n")), '\n'))
			return err
		},
	}
}

func newMappingExamples() *cobra.Command {
	return &cobra.Command{
		Use:   "examples [NOM]",
		Short: "Montre des correspondances de vrais fichiers",
		Example: `  mednum mapping examples
  mednum mapping examples gironde > gironde.yaml`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			w := cmd.OutOrStdout()
			names := mapping.ExampleNames()
			if len(args) == 0 {
				t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
				for _, name := range names {
					fmt.Fprintf(t, "%s\t%s\n", name, oneLine(mapping.Examples()[name].Note, 100))
				}
				return t.Flush()
			}
			text, ok := mapping.Example(args[0])
			if !ok {
				if near, found := place.Nearest(args[0], names); found {
					return usageError("l’exemple « %s » n’existe pas ; vouliez-vous dire « %s » ?", args[0], near)
				}
				return usageError("l’exemple « %s » n’existe pas ; « mednum mapping examples » les montre", args[0])
			}
			_, err := w.Write(text)
			return err
		},
	}
}
