package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"mednum/internal/french"
	"mednum/internal/postgres"
)

func newMatchRun() *cobra.Command {
	var dryRun bool
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Compare de nouveau toutes les fiches du recensement",
		Long: `Compare de nouveau toutes les fiches entre elles, comme si chacune venait
d’arriver. Chaque import compare déjà celles qu’il écrit : lancez cette commande
quand le programme change. Les décisions des personnes restent. Le recensement
se lit pendant ce temps ; les imports attendent.
Le compte rendu est écrit sur la sortie standard.`,
		Example: `  mednum match run
  mednum match run --dry-run`,
		Args: arguments("", 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := configure(cmd)
			if err != nil {
				return err
			}
			return matchRun(cmd, c, dryRun)
		},
	}
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "dit ce qui changerait, sans rien changer")
	takes(cmd, "database-url")
	return cmd
}

func matchRun(cmd *cobra.Command, c config, dryRun bool) error {
	ctx := cmd.Context()
	store, err := openCensus(ctx, c, cmd)
	if err != nil {
		return err
	}
	defer store.Close()
	var bar *progress
	label := ""
	report, err := store.MatchAll(ctx, dryRun, func(step string, done, total int64) {
		if step != label {
			if bar != nil {
				bar.end()
			}
			if total == 0 {
				total = -1 // how long is not known
			}
			bar, label = newProgress(cmd.ErrOrStderr(), step, total, false), step
		}
		bar.set(done)
	})
	if bar != nil {
		bar.end()
	}
	if interrupted(ctx, err) {
		return fmt.Errorf("le recensement est resté comme il était : %w", err)
	}
	if err != nil {
		return err
	}
	_, err = io.WriteString(cmd.OutOrStdout(), sayMatches(&report, dryRun))
	return err
}

func sayMatches(r *postgres.MatchReport, dryRun bool) string {
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	if dryRun {
		p("ESSAI : rien n’a été écrit.")
	}
	p("%s : %s.", french.Count(r.Records, "fiche comparée", "fiches comparées"), french.Count(r.Places, "lieu publié", "lieux publiés"))
	p("  %s un autre lieu.", french.Count(r.Merged, "fiche rejoint", "fiches rejoignent"))
	p("  %s à soumettre à une personne.", french.Count(r.Doubtful, "nouveau doute", "nouveaux doutes"))
	p("  %s autrement qu’avant.", french.Count(r.Changed, "fiche se montre", "fiches se montrent"))
	return b.String()
}
