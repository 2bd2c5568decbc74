package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"mednum/internal/access"
	"mednum/internal/consultation"
	"mednum/internal/french"
	"mednum/internal/place"
	"mednum/internal/postgres"
	"mednum/internal/quality"
	"mednum/internal/simulation"
)

func newReferentiel() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "referentiel",
		Short: "Montre et fait avancer les versions du référentiel",
		Long: `Les mêmes actes que dans les pages, pour qui n’a pas de navigateur. Ceux qui
écrivent demandent une clé : --key, ou la variable MEDNUM_KEY.`,
	}
	cmd.AddCommand(newReferentielList(), newReferentielShow(), newReferentielCheck(), newReferentielFork(), newReferentielSave(),
		newReferentielSimulate(), newReferentielAdvance(), newReferentielApprove(), newReferentielVerify())
	return cmd
}

// acting is a command on a version; with key, one that writes in its name.
func acting(cmd *cobra.Command, act func(ctx context.Context, cmd *cobra.Command, store *postgres.Census, by access.Key, args []string) error, key bool) *cobra.Command {
	var secret string
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		c, err := configure(cmd)
		if key && secret == "" {
			secret = os.Getenv("MEDNUM_KEY")
		}
		if key && secret == "" {
			err = errors.Join(usageError("--key : il faut une clé ; « mednum key create » en fait une"), err)
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
		var by access.Key
		if key {
			if by, err = store.Key(ctx, secret, time.Now()); err != nil {
				return explained(err)
			}
		}
		return explained(act(ctx, cmd, store, by, args))
	}
	if key {
		cmd.Flags().StringVar(&secret, "key", "", "clé de qui agit (variable MEDNUM_KEY, qui ne reste pas dans l’historique)")
		stands(cmd, "key", "CLÉ")
	}
	takes(cmd, "database-url")
	return cmd
}

// explained says what guards, keys and documents refuse, each reason on its line.
func explained(err error) error {
	var refusal *consultation.Refusal
	var denial *access.Denial
	var faults quality.Faults
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refusal):
		return refused(errors.New(listed("refusé", refusal.Reasons)))
	case errors.As(err, &denial):
		return refused(errors.New(denial.Reason))
	case errors.As(err, &faults):
		lines := make([]string, len(faults))
		for i, f := range faults {
			if lines[i] = f.Message; f.Where != "" {
				lines[i] = f.Where + " : " + f.Message
			}
		}
		return refused(errors.New(listed("le document est à corriger", lines)))
	case errors.Is(err, consultation.ErrNoVersion):
		return refused(errors.New("cette version n’existe pas ; « mednum referentiel list » les montre"))
	case errors.Is(err, consultation.ErrChanged):
		return refused(errors.New("quelqu’un a enregistré un autre texte entre-temps : relisez-le avec « mednum referentiel show »"))
	}
	return err
}

func listed(what string, lines []string) string {
	if len(lines) == 1 {
		return what + " : " + lines[0]
	}
	return what + " :\n- " + strings.Join(lines, "\n- ")
}

func sayVersion(w io.Writer, v consultation.Version) {
	fmt.Fprintf(w, "Version %s : %s. Empreinte %s.\n", v.Version, v.State.Label(), v.Hash)
	switch v.State {
	case consultation.EnConsultation:
		fmt.Fprintf(w, "Les remontées sont reçues jusqu’au %s inclus.\n", consultation.DayOf(v.Closes.Add(-1)))
	case consultation.SimulationValidee:
		fmt.Fprintf(w, "Votes : %s.\n", votes(v))
	case consultation.Publiee:
		fmt.Fprintf(w, "Elle prend effet le %s.\n", v.Effective)
	}
}

func votes(v consultation.Version) string {
	pour := 0
	for _, a := range v.Approvals {
		if a.Vote == consultation.Pour {
			pour++
		}
	}
	return fmt.Sprintf("%d pour, %d contre", pour, len(v.Approvals)-pour)
}

func newReferentielList() *cobra.Command {
	return acting(&cobra.Command{
		Use:   "list",
		Short: "Montre les versions et leur état",
		Args:  arguments("", 0),
	}, func(ctx context.Context, cmd *cobra.Command, store *postgres.Census, _ access.Key, _ []string) error {
		versions, err := store.ReferentielVersions(ctx)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "VERSION\tÉTAT\tPREND EFFET\tVOTES\tAUTEUR\tEMPREINTE")
		for _, v := range versions {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", v.Version, v.State.Label(), or(v.Effective.String(), "–"), votes(v), v.Author.Organisation, v.Hash[:12])
		}
		return w.Flush()
	}, false)
}

func newReferentielShow() *cobra.Command {
	return acting(&cobra.Command{
		Use:     "show VERSION",
		Short:   "Écrit le texte d’une version",
		Long:    `Écrit le texte d’une version, en JSON, sur la sortie standard.`,
		Example: `  mednum referentiel show 2.0.0 > brouillon.json`,
		Args:    arguments("le numéro de la version", 1),
	}, func(ctx context.Context, cmd *cobra.Command, store *postgres.Census, _ access.Key, args []string) error {
		v, err := store.ReferentielVersion(ctx, args[0])
		if err != nil {
			return err
		}
		sayVersion(cmd.ErrOrStderr(), v)
		var b bytes.Buffer
		if err := json.Indent(&b, v.Document, "", "  "); err != nil {
			return err
		}
		b.WriteByte('\n')
		_, err = b.WriteTo(cmd.OutOrStdout())
		return err
	}, false)
}

// document reads a file that holds a version.
func document(cmd *cobra.Command, name string) ([]byte, error) {
	in, err := open(cmd.Context(), name, cmd.InOrStdin())
	if err != nil {
		return nil, err
	}
	defer in.close()
	// One more than may be: Parse then says that it is too long.
	text, err := io.ReadAll(io.LimitReader(in, quality.MaxDocument+1))
	if err != nil {
		return nil, refused(fmt.Errorf("« %s » ne peut pas être lu : %w", shown(name), err))
	}
	return text, nil
}

func newReferentielCheck() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check FICHIER",
		Short: "Vérifie le texte d’une version",
		Long: `Dit tout ce qui manque à un texte pour être mis en consultation : ce qui bloque,
et ce qui mérite attention. Avec une base, il est comparé aux versions publiées ;
sans elle, à la version fournie avec ce programme.`,
		Example: `  mednum referentiel check brouillon.json`,
		Args:    arguments("le fichier à vérifier", 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return explained(checkDocument(cmd, args[0]))
		},
	}
	takes(cmd, "database-url")
	return cmd
}

func checkDocument(cmd *cobra.Command, name string) error {
	text, err := document(cmd, name)
	if err != nil {
		return err
	}
	draft, err := quality.Parse(text)
	if err != nil {
		return err
	}
	published, err := publishedVersions(cmd, draft.Version)
	if err != nil {
		return err
	}
	blocking := 0
	for _, f := range quality.Check(draft, published) {
		mark := "attention"
		if f.Gravite == quality.Bloquant {
			mark = "bloquant"
			blocking++
		}
		fmt.Fprintf(cmd.OutOrStdout(), "%s : %s : %s\n", mark, or(f.Ou, "ensemble"), f.Phrase)
	}
	if blocking > 0 {
		return refused(fmt.Errorf("%s : ce texte ne peut pas être mis en consultation", french.Line(blocking, "point bloque", "points bloquent")))
	}
	fmt.Fprintf(cmd.OutOrStdout(), "Version %s : rien ne bloque. Empreinte %s.\n", draft.Version, draft.Hash())
	return nil
}

// publishedVersions are those with which a draft is compared, oldest first, but
// the one that has its number.
func publishedVersions(cmd *cobra.Command, but string) ([]*quality.Referentiel, error) {
	documents := [][]byte{quality.Initial()}
	if os.Getenv("DATABASE_URL") != "" || cmd.Flags().Changed("database-url") {
		c, err := configure(cmd)
		if err != nil {
			return nil, err
		}
		store, err := openCensus(cmd.Context(), c, cmd)
		if err != nil {
			return nil, err
		}
		defer store.Close()
		versions, err := store.ReferentielVersions(cmd.Context())
		if err != nil {
			return nil, err
		}
		documents = nil
		for i := len(versions) - 1; i >= 0; i-- {
			if s := versions[i].State; s != consultation.Publiee && s != consultation.Remplacee {
				continue
			}
			v, err := store.ReferentielVersion(cmd.Context(), versions[i].Version)
			if err != nil {
				return nil, err
			}
			documents = append(documents, v.Document)
		}
	}
	var published []*quality.Referentiel
	for _, d := range documents {
		r, err := quality.Parse(d)
		if err != nil {
			return nil, err
		}
		if r.Version != but {
			published = append(published, r)
		}
	}
	return published, nil
}

func newReferentielFork() *cobra.Command {
	var number string
	cmd := acting(&cobra.Command{
		Use:     "fork VERSION",
		Short:   "Commence un brouillon à partir d’une version publiée",
		Example: `  mednum referentiel fork 1.0.0 --version 2.0.0`,
		Args:    arguments("le numéro de la version publiée", 1),
	}, func(ctx context.Context, cmd *cobra.Command, store *postgres.Census, by access.Key, args []string) error {
		v, err := store.Fork(ctx, args[0], number, by, time.Now())
		if err == nil {
			sayVersion(cmd.OutOrStdout(), v)
		}
		return err
	}, true)
	cmd.Flags().StringVar(&number, "version", "", "numéro du brouillon : 2.0.0 si des résultats changent, 1.1.0 ou 1.0.1 sinon")
	stands(cmd, "version", "NUMÉRO")
	return cmd
}

func newReferentielSave() *cobra.Command {
	var hash string
	cmd := acting(&cobra.Command{
		Use:     "save VERSION FICHIER",
		Short:   "Remplace le texte d’un brouillon",
		Example: `  mednum referentiel save 2.0.0 brouillon.json`,
		Args:    two("le numéro de la version et le fichier de son texte"),
	}, func(ctx context.Context, cmd *cobra.Command, store *postgres.Census, by access.Key, args []string) error {
		text, err := document(cmd, args[1])
		if err != nil {
			return err
		}
		v, err := store.SaveDraft(ctx, args[0], text, strings.ToLower(strings.TrimSpace(hash)), by, time.Now())
		if err == nil {
			sayVersion(cmd.OutOrStdout(), v)
		}
		return err
	}, true)
	cmd.Flags().StringVar(&hash, "if-hash", "", "n’enregistre que si le texte actuel a cette empreinte")
	stands(cmd, "if-hash", "EMPREINTE")
	return cmd
}

// two checks that there are two arguments.
func two(what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		switch {
		case len(args) < 2:
			return usageError("il manque %s", what)
		case len(args) > 2:
			return usageError("« %s » est de trop : deux valeurs sont attendues (%s)", args[2], what)
		}
		return nil
	}
}

func newReferentielSimulate() *cobra.Command {
	return acting(&cobra.Command{
		Use:   "simulate VERSION",
		Short: "Simule une version sur tout le recensement, et garde le rapport",
		Long: `Compare, pour chaque lieu noté, la version et celle qui est en vigueur. Le résumé
est écrit sur la sortie standard ; le rapport entier se lit dans les pages.`,
		Example: `  mednum referentiel simulate 2.0.0`,
		Args:    arguments("le numéro de la version", 1),
	}, func(ctx context.Context, cmd *cobra.Command, store *postgres.Census, by access.Key, args []string) error {
		if err := by.Check(access.Simulate, time.Now()); err != nil {
			return err
		}
		v, err := store.ReferentielVersion(ctx, args[0])
		if err != nil {
			return err
		}
		now := time.Now().UTC()
		base, err := store.InForce(ctx, place.Date{Year: now.Year(), Month: now.Month(), Day: now.Day()})
		if err != nil {
			return err
		}
		before, err := quality.Load(base.Document)
		if err != nil {
			return err
		}
		draft, err := quality.Parse(v.Document)
		if err != nil {
			return err
		}
		after, err := quality.Compile(draft)
		if err != nil {
			return err
		}
		places, err := store.Population(ctx, 0)
		if err != nil {
			return err
		}
		found, err := simulation.Run(ctx, before, after, places, simulation.Options{})
		if err != nil {
			return err
		}
		text, err := json.Marshal(found)
		if err != nil {
			return err
		}
		if err := store.SaveSimulation(ctx, v.Version, v.Hash, text, by, time.Now()); err != nil {
			return err
		}
		for _, sentence := range found.Summary {
			fmt.Fprintln(cmd.OutOrStdout(), sentence)
		}
		for _, alert := range found.Alerts {
			fmt.Fprintln(cmd.OutOrStdout(), "alerte : "+alert.Text)
		}
		return nil
	}, true)
}

// steps are the states as one types them.
var steps = map[string]consultation.State{
	"consultation": consultation.EnConsultation,
	"arbitrage":    consultation.Arbitrage,
	"vote":         consultation.SimulationValidee,
	"publication":  consultation.Publiee,
	"abandon":      consultation.Abandonnee,
}

func newReferentielAdvance() *cobra.Command {
	var to, reason, closes, effective string
	cmd := acting(&cobra.Command{
		Use:   "advance VERSION",
		Short: "Fait passer une version à l’étape suivante",
		Long: `Fait passer une version à une autre étape, ou dit tout ce qui lui manque :
  consultation   le texte est vérifié ; elle dure 30 jours au moins
  arbitrage      après la clôture de la consultation
  vote           chaque remontée a sa réponse, et le texte sa simulation
  publication    le comité a approuvé ; elle prend effet un autre jour
  abandon        avant la publication`,
		Example: `  mednum referentiel advance 2.0.0 --to consultation --closes 2027-03-31
  mednum referentiel advance 2.0.0 --to vote --reason "Les lieux itinérants étaient mal jugés, et le sont mieux."
  mednum referentiel advance 2.0.0 --to publication --effective 2027-06-01`,
		Args: arguments("le numéro de la version", 1),
	}, func(ctx context.Context, cmd *cobra.Command, store *postgres.Census, by access.Key, args []string) error {
		m, err := readMove(to, reason, closes, effective)
		if err != nil {
			return err
		}
		v, err := store.AdvanceVersion(ctx, args[0], m, by, time.Now())
		if err == nil {
			sayVersion(cmd.OutOrStdout(), v)
		}
		return err
	}, true)
	cmd.Flags().StringVar(&to, "to", "", "l’étape : consultation, arbitrage, vote, publication ou abandon")
	cmd.Flags().StringVar(&reason, "reason", "", "motif public : d’un abandon, ou d’une version dont la simulation dépasse les seuils")
	cmd.Flags().StringVar(&closes, "closes", "", "dernier jour de la consultation (le trentième sans cela)")
	cmd.Flags().StringVar(&effective, "effective", "", "jour où la version publiée prend effet")
	stands(cmd, "to", "ÉTAPE")
	stands(cmd, "reason", "TEXTE")
	stands(cmd, "closes", "AAAA-MM-JJ")
	stands(cmd, "effective", "AAAA-MM-JJ")
	return cmd
}

// readMove reads a step as it was typed; everything wrong is told.
func readMove(to, reason, closes, effective string) (m consultation.Move, err error) {
	names := []string{"consultation", "arbitrage", "vote", "publication", "abandon"}
	var faults []error
	m.Reason = reason
	m.To = steps[place.Fold(strings.TrimSpace(to))]
	for _, state := range steps {
		if strings.EqualFold(strings.TrimSpace(to), string(state)) {
			m.To = state // as programs write it
		}
	}
	if m.To == "" {
		hint := ""
		if near, ok := place.Nearest(to, names); ok {
			hint = " ; vouliez-vous dire « " + near + " » ?"
		}
		faults = append(faults, usageError("--to : « %s » n’est pas une étape ; écrivez l’une de : %s%s", to, strings.Join(names, ", "), hint))
	}
	day := func(flag, value string) place.Date {
		d, ok := place.ParseDate(strings.TrimSpace(value))
		if value != "" && !ok {
			faults = append(faults, usageError("--%s : « %s » n’est pas un jour ; écrivez par exemple 2027-06-30", flag, value))
		}
		return d
	}
	if d := day("closes", closes); d.Known() {
		m.Closes = consultation.EndOfDay(d)
	}
	m.Effective = day("effective", effective)
	if len(faults) > 0 {
		return m, usageError("%w", errors.Join(faults...))
	}
	return m, nil
}

func newReferentielApprove() *cobra.Command {
	var vote, note string
	cmd := acting(&cobra.Command{
		Use:   "approve VERSION",
		Short: "Vote sur une version, au nom d’une organisation du comité",
		Example: `  mednum referentiel approve 2.0.0 --vote pour
  mednum referentiel approve 2.0.0 --vote contre --reason "Les seuils ruraux restent trop hauts."`,
		Args: arguments("le numéro de la version", 1),
	}, func(ctx context.Context, cmd *cobra.Command, store *postgres.Census, by access.Key, args []string) error {
		v, err := store.ApproveVersion(ctx, args[0], strings.ToLower(vote), note, by, time.Now())
		if err == nil {
			sayVersion(cmd.OutOrStdout(), v)
		}
		return err
	}, true)
	cmd.Flags().StringVar(&vote, "vote", "", "pour ou contre")
	cmd.Flags().StringVar(&note, "reason", "", "motif public ; un vote contre en a un")
	stands(cmd, "vote", "VOTE")
	stands(cmd, "reason", "TEXTE")
	return cmd
}

func newReferentielVerify() *cobra.Command {
	var noted []string
	cmd := acting(&cobra.Command{
		Use:   "verify",
		Short: "Vérifie que rien n’a été changé après coup",
		Long: `Relit tout le journal, refait la chaîne de ses empreintes, et compare ce qu’il dit
avec les versions, les votes, les simulations, les remontées, les contestations et
les clés de la base. Notez ailleurs l’empreinte qu’il donne : « --hash » vérifie
plus tard qu’elle est toujours dans le journal.`,
		Example: `  mednum referentiel verify
  mednum referentiel verify --hash a8b33045…`,
		Args: arguments("", 0),
	}, func(ctx context.Context, cmd *cobra.Command, store *postgres.Census, _ access.Key, _ []string) error {
		v, err := store.VerifyReferentiels(ctx, noted...)
		if err != nil {
			return err
		}
		out := cmd.OutOrStdout()
		for _, f := range v.Findings {
			fmt.Fprintln(out, "- "+f)
		}
		fmt.Fprintf(out, "%s, %s du référentiel. Empreinte de la dernière entrée : %s\n",
			french.Line(int(v.Entries), "entrée", "entrées"), french.Line(v.Versions, "version", "versions"), or(v.Head, "aucune"))
		return verdict(out, len(v.Findings))
	}, false)
	takesHashes(cmd, &noted)
	return cmd
}
