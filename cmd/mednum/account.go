package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"mednum/internal/access"
	"mednum/internal/consultation"
	"mednum/internal/postgres"
)

// operatorKey is who acts on accounts from the machine itself.
func operatorKey(now time.Time) access.Key {
	return access.Key{ID: "exploitant", Role: access.Administrator, Organisation: operator.Organisation, Created: now, Expires: now.Add(time.Hour)}
}

func newAccount() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "account",
		Short: "Donne et retire les rôles des personnes",
		Long: `Un compte est une personne qui entre par ProConnect ou par un lien reçu par
courriel. Elle agit au nom d’une organisation : son nom n’est jamais public.
Les administrateurs font la même chose sur la page /comptes.`,
	}
	cmd.AddCommand(newAccountCreate(), newAccountList(), newAccountGrant(), newAccountRevoke(), newAccountDisable(), newAccountEnable(), newAccountErase())
	return cmd
}

// onAccount runs do on the account that args[0] names: an address, or a number.
func onAccount(cmd *cobra.Command, who string, do func(ctx context.Context, store *postgres.Census, account int64, now time.Time) error) error {
	c, err := configure(cmd)
	if err != nil {
		return err
	}
	store, err := openCensus(cmd.Context(), c, cmd)
	if err != nil {
		return err
	}
	defer store.Close()
	account, err := strconv.ParseInt(strings.TrimPrefix(strings.TrimSpace(who), "compte-"), 10, 64)
	if err != nil {
		address, ok := access.ParseMail(who)
		if !ok {
			return usageError("« %s » n’est ni une adresse de courriel ni le numéro d’un compte", who)
		}
		account, err = store.AccountOfMail(cmd.Context(), address)
	}
	if err == nil {
		err = do(cmd.Context(), store, account, time.Now())
	}
	return accountFault(err)
}

// accountFault says in French what the store refuses.
func accountFault(err error) error {
	var refusal *consultation.Refusal
	switch {
	case errors.Is(err, access.ErrNoAccount):
		return refused(errors.New("aucun compte n’a cette adresse ou ce numéro ; « mednum account list » les montre"))
	case errors.As(err, &refusal):
		return refused(errors.New(strings.Join(refusal.Reasons, " ")))
	}
	return err
}

func (o *keyOptions) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.role, "role", "", "ce que la personne peut faire : voir « mednum key create --help »")
	cmd.Flags().StringVar(&o.organisation, "organisation", "", "nom de l’organisation pour laquelle elle agit, tel qu’il sera montré")
	cmd.Flags().StringVar(&o.siren, "siren", "", "numéro SIREN de l’organisation")
	cmd.Flags().StringVar(&o.territory, "territory", "", "où le rôle vaut : commune:…, epci:…, departement:51,52, region:… ou lieux:…")
	cmd.Flags().StringVar(&o.expires, "expires", "", "dernier jour du rôle (dans un an sans cela, dans trois au plus)")
	stands(cmd, "role", "RÔLE")
	stands(cmd, "organisation", "NOM")
	stands(cmd, "siren", "SIREN")
	stands(cmd, "territory", "TERRITOIRE")
	stands(cmd, "expires", "AAAA-MM-JJ")
	takes(cmd, "database-url")
}

func newAccountCreate() *cobra.Command {
	var o keyOptions
	cmd := &cobra.Command{
		Use:   "create ADRESSE",
		Short: "Ouvre un compte à qui tient une adresse, avec un rôle",
		Long: `Ouvre un compte et lui donne un rôle. La personne entre ensuite par la page
/connexion, avec cette adresse. Aucun courriel ne part d’ici : prévenez-la.`,
		Example: `  mednum account create camille@marne.fr --role administrateur-technique --organisation "Département de la Marne"`,
		Args:    arguments("l’adresse de la personne", 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			now := time.Now()
			c, err := configure(cmd)
			k, faults := o.key(now)
			address, ok := access.ParseMail(args[0])
			if !ok {
				faults = append(faults, usageError("« %s » n’est pas une adresse de courriel", args[0]))
			}
			if err = errors.Join(append(faults, err)...); err != nil {
				return usageError("%w", err)
			}
			store, err := openCensus(cmd.Context(), c, cmd)
			if err != nil {
				return err
			}
			defer store.Close()
			account, err := store.Invite(cmd.Context(), address, k, operatorKey(now), now)
			if err != nil {
				return accountFault(err)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "compte-%d : %s, %s, jusqu’au %s.\n", account, k.Role.Label(), k.Organisation, consultation.DayOf(k.Expires.Add(-1)))
			return nil
		},
	}
	o.flags(cmd)
	return cmd
}

func newAccountGrant() *cobra.Command {
	var o keyOptions
	cmd := &cobra.Command{
		Use:     "grant COMPTE",
		Short:   "Donne un rôle de plus à un compte",
		Example: `  mednum account grant camille@marne.fr --role moderateur --organisation "Département de la Marne" --siren 225100015`,
		Args:    arguments("le compte (adresse ou numéro)", 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			k, faults := o.key(time.Now())
			if err := errors.Join(faults...); err != nil {
				return usageError("%w", err)
			}
			return onAccount(cmd, args[0], func(ctx context.Context, store *postgres.Census, account int64, now time.Time) error {
				if err := store.GiveRole(ctx, account, k, operatorKey(now), now); err != nil {
					return err
				}
				fmt.Fprintf(cmd.OutOrStdout(), "compte-%d : %s, %s, jusqu’au %s.\n", account, k.Role.Label(), k.Organisation, consultation.DayOf(k.Expires.Add(-1)))
				return nil
			})
		},
	}
	o.flags(cmd)
	return cmd
}

func newAccountRevoke() *cobra.Command {
	var role, reason string
	cmd := &cobra.Command{
		Use:     "revoke COMPTE",
		Short:   "Retire un rôle à un compte, tout de suite",
		Example: `  mednum account revoke camille@marne.fr --role moderateur --reason "A changé de service"`,
		Args:    arguments("le compte (adresse ou numéro)", 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return onAccount(cmd, args[0], func(ctx context.Context, store *postgres.Census, account int64, now time.Time) error {
				a, err := store.Account(ctx, account)
				if err != nil {
					return err
				}
				taken := 0
				for _, g := range a.Grants {
					if string(g.Role) != role || g.Valid(now) != nil {
						continue
					}
					if err := store.WithdrawRole(ctx, account, g.Number, reason, operatorKey(now), now); err != nil {
						return err
					}
					fmt.Fprintf(cmd.OutOrStdout(), "compte-%d : %s, %s, retiré.\n", account, g.Role.Label(), g.Organisation)
					taken++
				}
				if taken == 0 {
					return refused(fmt.Errorf("compte-%d n’a pas le rôle « %s » ; « mednum account list » montre ceux de chacun", account, role))
				}
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&role, "role", "", "le rôle à retirer")
	cmd.Flags().StringVar(&reason, "reason", "", "pourquoi : ce motif est public")
	stands(cmd, "role", "RÔLE")
	stands(cmd, "reason", "MOTIF")
	takes(cmd, "database-url")
	return cmd
}

func newAccountDisable() *cobra.Command {
	return accountSwitch("disable", "Ferme un compte et toutes ses sessions", "fermé", func(ctx context.Context, store *postgres.Census, account int64, now time.Time) error {
		return store.Disable(ctx, account, true, operatorKey(now), now)
	})
}

func newAccountEnable() *cobra.Command {
	return accountSwitch("enable", "Rouvre un compte fermé", "rouvert", func(ctx context.Context, store *postgres.Census, account int64, now time.Time) error {
		return store.Disable(ctx, account, false, operatorKey(now), now)
	})
}

func newAccountErase() *cobra.Command {
	cmd := accountSwitch("erase", "Efface le nom et l’adresse d’une personne, pour toujours", "effacé", func(ctx context.Context, store *postgres.Census, account int64, now time.Time) error {
		return store.Erase(ctx, account, operatorKey(now), now)
	})
	cmd.Long = `Efface tout ce qui dit qui est la personne : nom, adresse, identité, sessions,
motifs de ses demandes. Ce qu’elle a fait reste, sous le numéro de son compte.`
	return cmd
}

func accountSwitch(verb, short, done string, do func(context.Context, *postgres.Census, int64, time.Time) error) *cobra.Command {
	cmd := &cobra.Command{
		Use:   verb + " COMPTE",
		Short: short,
		Args:  arguments("le compte (adresse ou numéro)", 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return onAccount(cmd, args[0], func(ctx context.Context, store *postgres.Census, account int64, now time.Time) error {
				if err := do(ctx, store, account, now); err != nil {
					return err
				}
				fmt.Fprintf(cmd.OutOrStdout(), "compte-%d : %s.\n", account, done)
				return nil
			})
		},
	}
	takes(cmd, "database-url")
	return cmd
}

func newAccountList() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list [MOT]",
		Short: "Montre les comptes et leurs rôles",
		Args:  cobra.MaximumNArgs(1),
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
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "COMPTE\tADRESSE\tRÔLE\tORGANISATION\tTERRITOIRE\tÉTAT")
			now, before := time.Now(), int64(0)
			for {
				list, err := store.Accounts(cmd.Context(), strings.Join(args, " "), before, 200)
				if err != nil {
					return err
				}
				for _, a := range list {
					before = a.Number
					state := "ouvert"
					if !a.Erased.IsZero() {
						state = "effacé"
					} else if !a.Disabled.IsZero() {
						state = "fermé"
					}
					shown := false
					for _, g := range a.Grants {
						if g.Valid(now) == nil {
							fmt.Fprintf(w, "compte-%d\t%s\t%s\t%s\t%s\t%s\n", a.Number, or(a.Mail, "–"), g.Role, g.Organisation, or(g.Territory.String(), "tout le pays"), state)
							shown = true
						}
					}
					if !shown {
						fmt.Fprintf(w, "compte-%d\t%s\t–\t–\t–\t%s\n", a.Number, or(a.Mail, "–"), state)
					}
				}
				if len(list) < 200 {
					return w.Flush()
				}
			}
		},
	}
	takes(cmd, "database-url")
	return cmd
}
