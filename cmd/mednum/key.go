package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"mednum/internal/access"
	"mednum/internal/consultation"
	"mednum/internal/place"
)

// operator is who acts on the machine itself: the log says so.
var operator = consultation.Party{Organisation: "exploitant du service", Role: access.Administrator}

func newKey() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "key",
		Short: "Crée, montre et révoque les clés de l’API",
		Long: `Une clé donne un rôle à une organisation : déclarer, faire une remontée, voter…
Lire n’en demande aucune. Seule l’empreinte d’une clé est gardée.`,
	}
	cmd.AddCommand(newKeyCreate(), newKeyList(), newKeyRevoke())
	return cmd
}

type keyOptions struct{ role, organisation, siren, territory, expires string }

func newKeyCreate() *cobra.Command {
	var o keyOptions
	var roles strings.Builder
	for _, r := range access.Roles() {
		fmt.Fprintf(&roles, "\n  %-26s %s", r, abilities(r))
	}
	cmd := &cobra.Command{
		Use:   "create",
		Short: "Crée une clé, et la montre une seule fois",
		Long: `Crée une clé et l’écrit sur la sortie standard. Elle n’est montrée qu’ici : qui la
perd en demande une autre. Elle s’envoie dans l’en-tête « Authorization: Bearer ».

Rôles :` + roles.String(),
		Example: `  mednum key create --role contributeur-collectivite --organisation "Département de la Marne" --siren 225100015 --territory departement:51
  mednum key create --role contributeur-lieu --organisation "Ville de Reims" --siren 215104548 --territory lieux:0g3xkz9a
  mednum key create --role comite --organisation "Les Hubs" --siren 732829320 --expires 2027-06-30`,
		Args: arguments("", 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			now := time.Now()
			c, err := configure(cmd)
			k, faults := o.key(now)
			if err = errors.Join(append(faults, err)...); err != nil {
				return usageError("%w", err)
			}
			return createKey(cmd, c, k)
		},
	}
	cmd.Flags().StringVar(&o.role, "role", "", "ce que la clé permet : l’un des rôles ci-dessus")
	cmd.Flags().StringVar(&o.organisation, "organisation", "", "nom de l’organisation, tel qu’il sera montré")
	cmd.Flags().StringVar(&o.siren, "siren", "", "numéro SIREN de l’organisation : elle a une voix, quel que soit le nombre de ses clés")
	cmd.Flags().StringVar(&o.territory, "territory", "", "où la clé vaut : commune:…, epci:…, departement:51,52, region:… ou lieux:…")
	cmd.Flags().StringVar(&o.expires, "expires", "", "dernier jour de la clé (dans un an sans cela, dans trois au plus)")
	stands(cmd, "role", "RÔLE")
	stands(cmd, "organisation", "NOM")
	stands(cmd, "siren", "SIREN")
	stands(cmd, "territory", "TERRITOIRE")
	stands(cmd, "expires", "AAAA-MM-JJ")
	takes(cmd, "database-url")
	return cmd
}

// abilities are what a role may do, in lines under each other.
func abilities(r access.Role) string {
	var b strings.Builder
	width := 0
	for _, op := range access.Operations() {
		if !access.Allows(r, op) {
			continue
		}
		words := op.Label()
		switch {
		case width == 0:
		case width+len(words) > 55:
			b.WriteString(",\n" + strings.Repeat(" ", 29))
			width = 0
		default:
			b.WriteString(", ")
		}
		b.WriteString(words)
		width += len(words) + 2
	}
	return b.String()
}

// key is what the options ask for, and everything that is wrong with it.
func (o *keyOptions) key(now time.Time) (k access.Key, faults []error) {
	k = access.Key{
		Role: access.Role(strings.TrimSpace(o.role)), Organisation: strings.TrimSpace(o.organisation), Siren: strings.ReplaceAll(o.siren, " ", ""),
		Territory: access.ParseTerritory(o.territory), Created: now,
	}
	last := consultation.DayOf(now.AddDate(1, 0, 0))
	readable := true
	if o.expires != "" {
		last, readable = place.ParseDate(strings.TrimSpace(o.expires))
	}
	if k.Expires = consultation.EndOfDay(last); !readable {
		faults = append(faults, usageError("--expires : « %s » n’est pas un jour ; écrivez par exemple 2027-06-30", o.expires))
		k.Expires = now.AddDate(1, 0, 0)
	}
	for _, f := range k.Faults(now) {
		hint := ""
		if f.Where == "role" {
			names := make([]string, 0, len(access.Roles()))
			for _, r := range access.Roles() {
				names = append(names, string(r))
			}
			if near, ok := place.Nearest(o.role, names); ok {
				hint = " ; vouliez-vous dire « " + near + " » ?"
			}
		}
		faults = append(faults, usageError("--%s : %s%s", f.Where, f.Message, hint))
	}
	return k, faults
}

func createKey(cmd *cobra.Command, c config, k access.Key) error {
	ctx := cmd.Context()
	store, err := openCensus(ctx, c, cmd)
	if err != nil {
		return err
	}
	defer store.Close()
	secret, id, hash, err := access.NewSecret(rand.Reader)
	if err != nil {
		return err
	}
	k.ID = id
	if err := store.CreateKey(ctx, k, hash, operator); err != nil {
		return err
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "mednum : clé %s créée (%s, %s) ; elle vaut jusqu’au %s. Notez-la : elle ne sera plus montrée.\n",
		id, k.Role.Label(), k.Organisation, consultation.DayOf(k.Expires.Add(-1)))
	fmt.Fprintln(cmd.OutOrStdout(), secret)
	return nil
}

func newKeyList() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "Montre les clés, sans leurs secrets",
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
			keys, err := store.Keys(cmd.Context())
			if err != nil {
				return err
			}
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "CLÉ\tRÔLE\tORGANISATION\tSIREN\tTERRITOIRE\tÉTAT")
			for _, k := range keys {
				state := "jusqu’au " + consultation.DayOf(k.Expires.Add(-1)).String()
				switch now := time.Now(); {
				case !k.Revoked.IsZero():
					state = "révoquée le " + consultation.DayOf(k.Revoked).String()
				case !now.Before(k.Expires):
					state = "expirée le " + consultation.DayOf(k.Expires.Add(-1)).String()
				}
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", k.ID, k.Role, k.Organisation, or(k.Siren, "–"), or(k.Territory.String(), "tout le pays"), state)
			}
			return w.Flush()
		},
	}
	takes(cmd, "database-url")
	return cmd
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func newKeyRevoke() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "revoke CLÉ",
		Short:   "Met fin à une clé, pour toujours",
		Long:    `Met fin à une clé. CLÉ est son identifiant, que « mednum key list » montre : les huit signes qui suivent « mednum_ ».`,
		Example: `  mednum key revoke b9d5mpjt`,
		Args:    arguments("l’identifiant de la clé", 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := configure(cmd)
			if err != nil {
				return err
			}
			store, err := openCensus(cmd.Context(), c, cmd)
			if err != nil {
				return err
			}
			defer store.Close()
			id := strings.TrimSpace(args[0])
			if known, _, err := access.ParseSecret(id); err == nil {
				id = known // the key itself, by who has found it somewhere
			}
			k, err := store.RevokeKey(cmd.Context(), id, operator, time.Now())
			if err != nil {
				return explained(err)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "Clé %s révoquée (%s, %s).\n", k.ID, k.Role.Label(), k.Organisation)
			return nil
		},
	}
	takes(cmd, "database-url")
	return cmd
}
