package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"mednum/internal/access"
	"mednum/internal/french"
	"mednum/internal/history"
	"mednum/internal/postgres"
)

func newJournal() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "journal",
		Short: "Montre et vérifie le journal des changements",
		Long: `La base écrit elle-même tout changement d’un lieu, d’où qu’il vienne : ce qui
était là avant, qui, quand et pourquoi. Rien ne s’y efface.`,
	}
	cmd.AddCommand(newJournalList(), newJournalVerify())
	return cmd
}

func newJournalList() *cobra.Command {
	var before int64
	var limit int
	cmd := acting(&cobra.Command{
		Use:   "list",
		Short: "Montre les derniers changements",
		Example: `  mednum journal list
  mednum journal list --before 120 --limit 50`,
		Args: arguments("", 0),
	}, func(ctx context.Context, cmd *cobra.Command, store *postgres.Census, _ access.Key, _ []string) error {
		if limit < 1 || before < 0 {
			return usageError("« --limit » et « --before » sont des nombres, à partir de 1")
		}
		list, err := store.Revisions(ctx, before, limit)
		if err != nil {
			return err
		}
		return sayRevisions(cmd.OutOrStdout(), list)
	}, false)
	cmd.Flags().Int64Var(&before, "before", 0, "seulement les révisions d’avant celle-ci")
	cmd.Flags().IntVar(&limit, "limit", 20, "combien en montrer")
	cmd.Flag("before").DefValue = "" // none, rather than 0
	stands(cmd, "before", "RÉVISION")
	stands(cmd, "limit", "NOMBRE")
	return cmd
}

func sayRevisions(out io.Writer, list []history.Revision) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "RÉVISION\tLE\tCAUSE\tLIEUX\tPAR\tOBJET")
	for _, r := range list {
		fmt.Fprintf(w, "%d\t%s\t%s\t%d\t%s\t%s\n", r.Number, r.At.UTC().Format(time.RFC3339), r.Cause, r.Places, or(r.Organisation, "—"), or(r.Subject, "—"))
	}
	return w.Flush()
}

func newJournalVerify() *cobra.Command {
	var noted []string
	cmd := acting(&cobra.Command{
		Use:   "verify",
		Short: "Vérifie que rien n’a été changé hors du journal",
		Long: `Refait la chaîne des empreintes du journal, et compare ce qu’il dit avec ce que la
base contient, ligne par ligne. Ce qui a été changé les garde-fous ôtés est dit :
quelle révision, quelle table, quel lieu. Notez ailleurs l’empreinte donnée :
« --hash » vérifie plus tard qu’elle est toujours dans le journal.`,
		Example: `  mednum journal verify
  mednum journal verify --hash a8b33045…`,
		Args: arguments("", 0),
	}, func(ctx context.Context, cmd *cobra.Command, store *postgres.Census, _ access.Key, _ []string) error {
		a, err := store.VerifyJournal(ctx, noted...)
		if err != nil {
			return err
		}
		out := cmd.OutOrStdout()
		for _, f := range a.Findings {
			fmt.Fprintln(out, "- "+f)
		}
		if a.More > 0 {
			fmt.Fprintf(out, "… et %s.\n", french.Line(a.More, "autre écart", "autres écarts"))
		}
		fmt.Fprintf(out, "%s, %s. Empreinte de la dernière révision : %s\n",
			french.Line(int(a.Revisions), "révision", "révisions"), french.Line(int(a.Rows), "ligne comparée", "lignes comparées"), or(a.Head, "aucune"))
		return verdict(out, len(a.Findings)+a.More)
	}, false)
	takesHashes(cmd, &noted)
	return cmd
}

// takesHashes gives a command that verifies a chain its option --hash.
func takesHashes(cmd *cobra.Command, noted *[]string) {
	cmd.Flags().StringArrayVar(noted, "hash", nil, "empreinte notée autrefois, qui doit être dans le journal ; plusieurs fois au besoin")
	cmd.Flag("hash").DefValue = "" // none, rather than []
	stands(cmd, "hash", "EMPREINTE")
}

// verdict ends what verifies a chain: n things are not as they were written.
func verdict(out io.Writer, n int) error {
	if n > 0 {
		return refused(fmt.Errorf("le journal ou la base ont été changés : %s", french.Line(n, "écart", "écarts")))
	}
	fmt.Fprintln(out, "Tout est tel qu’il a été écrit.")
	return nil
}
