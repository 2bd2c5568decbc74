package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"mednum/api"
	"mednum/internal/access"
)

// permission is a line of the table, with the roles that it lets pass.
type permission struct {
	Method     string   `json:"methode"`
	Path       string   `json:"adresse"`
	Operations []string `json:"operations"` // empty: anybody
	Roles      []string `json:"roles"`
	Where      string   `json:"ou"`
}

func newPermissions() *cobra.Command {
	var asJSON, all bool
	cmd := &cobra.Command{
		Use:   "permissions",
		Short: "Montre qui peut faire quoi, adresse par adresse",
		Long: `Écrit la table des droits que le serveur applique : chaque adresse, les rôles qui
passent, et ce que leur territoire doit contenir. Ce qui n’est pas montré est
ouvert à tous, en lecture (--all le montre aussi).`,
		Args: arguments("", 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			var list []permission
			for _, p := range api.Permissions() {
				one := permission{Method: p.Method, Path: p.Path, Operations: []string{}, Roles: []string{}}
				for _, op := range p.May {
					one.Operations = append(one.Operations, string(op))
				}
				for _, role := range access.Roles() {
					if slices.ContainsFunc(p.May, func(op access.Operation) bool { return access.Allows(role, op) }) {
						one.Roles = append(one.Roles, string(role))
					}
				}
				switch {
				case len(p.May) == 0:
					one.Where = "tous"
				case p.Place:
					one.Where = "le lieu est de leur territoire"
				case p.Territory:
					one.Where = "ce qui est de leur territoire ou de leur organisation"
				default:
					one.Where = "partout"
				}
				if all || len(p.May) > 0 {
					list = append(list, one)
				}
			}
			out := cmd.OutOrStdout()
			if asJSON {
				e := json.NewEncoder(out)
				e.SetIndent("", "  ")
				return e.Encode(list)
			}
			w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "ADRESSE\tRÔLES\tOÙ")
			for _, p := range list {
				fmt.Fprintf(w, "%s %s\t%s\t%s\n", p.Method, p.Path, strings.Join(p.Roles, ", "), p.Where)
			}
			return w.Flush()
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "écrit la table en JSON")
	cmd.Flags().BoolVar(&all, "all", false, "montre aussi ce qui est ouvert à tous")
	return cmd
}
