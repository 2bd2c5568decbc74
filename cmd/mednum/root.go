package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const rootHelp = `mednum tient le recensement ouvert des lieux de médiation numérique,
le publie (API et pages) et le montre sur une carte.

Il ne lui faut qu’une base PostgreSQL avec PostGIS, donnée par DATABASE_URL :

  export DATABASE_URL=postgres://utilisateur:motdepasse@hote:5432/base
  mednum migrate
  mednum territories import DOSSIER
  mednum import lieux.csv --source "Ma collectivité"
  mednum serve

Codes de sortie :
  0    tout s’est bien passé
  1    échec
  2    commande ou réglage mal écrit
  3    fichier illisible, ou données refusées
  4    base de données injoignable, ou qui n’est pas prête
  130  interrompu (Ctrl-C)`

const usageTemplate = `Usage :{{if .HasAvailableSubCommands}}
  {{.CommandPath}} COMMANDE [options]

Commandes :{{range .Commands}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding}}  {{.Short}}{{end}}{{end}}{{else}}
  {{.UseLine}} [options]{{end}}{{if .HasExample}}

Exemples :
{{.Example}}{{end}}

Options :
{{options .}}{{if .HasAvailableSubCommands}}

Aide d’une commande : {{.CommandPath}} COMMANDE --help{{end}}
`

func newRoot() *cobra.Command {
	cobra.AddTemplateFunc("options", options)
	root := &cobra.Command{
		Use:           "mednum",
		Short:         "Le recensement ouvert des lieux de médiation numérique",
		Long:          rootHelp,
		Version:       version,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			return unknownCommand(cmd, args[0])
		},
		CompletionOptions:          cobra.CompletionOptions{DisableDefaultCmd: true},
		SuggestionsMinimumDistance: 2,
	}
	root.SetUsageTemplate(usageTemplate)
	root.SetHelpTemplate("{{with (or .Long .Short)}}{{. | trimTrailingWhitespaces}}\n\n{{end}}{{.UsageString}}")
	root.SetVersionTemplate("mednum {{.Version}}\n")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError("%s", flagFault(err)) })
	root.PersistentFlags().BoolP("help", "h", false, "affiche cette aide")
	root.Flags().Bool("version", false, "affiche la version")
	root.SetHelpCommand(&cobra.Command{
		Use:   "help [COMMANDE]",
		Short: "Affiche l’aide d’une commande",
		RunE: func(cmd *cobra.Command, args []string) error {
			found, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return unknownCommand(cmd.Root(), strings.Join(args, " "))
			}
			return found.Help()
		},
	})
	root.AddCommand(newServe(), newMigrate(), newImport(), newTerritories(), newDemo(), newScore(), newMapping(), newMatch(), newSource(), newRegister(), newReferentiel(), newJournal(), newKey(), newAccount(), newPermissions(), newExport(), newArchive(), newHealthcheck())
	withoutFlags(root)
	return root
}

// withoutFlags keeps cobra from ending usage lines in English.
func withoutFlags(cmd *cobra.Command) {
	cmd.DisableFlagsInUseLine = true
	for _, sub := range cmd.Commands() {
		withoutFlags(sub)
	}
}

func unknownCommand(cmd *cobra.Command, name string) error {
	near := cmd.SuggestionsFor(name)
	if len(near) == 0 {
		return usageError("la commande « %s » n’existe pas", name)
	}
	return usageError("la commande « %s » n’existe pas ; vouliez-vous dire « %s » ?", name, strings.Join(near, " », « "))
}

// arguments checks how many there are: at least one and at most max (0: no
// limit), or none when what is empty.
func arguments(what string, most int) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		switch {
		case what == "" && len(args) > 0:
			return usageError("« %s » est de trop : cette commande ne prend que des options", args[0])
		case what != "" && len(args) == 0:
			return usageError("il manque %s", what)
		case most > 0 && len(args) > most:
			return usageError("« %s » est de trop : une seule valeur est attendue (%s)", args[most], what)
		}
		return nil
	}
}

// standsFor is the annotation of a flag that holds what stands for its value in
// the help.
const standsFor = "mednum_value"

func stands(cmd *cobra.Command, flag, value string) {
	cmd.Flag(flag).Annotations = map[string][]string{standsFor: {value}}
}

// options prints a command's flags in French; pflag's own table is English.
func options(cmd *cobra.Command) string {
	var names, texts []string
	width := 0
	add := func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		usage := f.Usage
		name := "      --" + f.Name
		if f.Shorthand != "" {
			name = "  -" + f.Shorthand + ", --" + f.Name
		}
		if value := f.Annotations[standsFor]; len(value) > 0 {
			name += " " + value[0]
		}
		if f.DefValue != "" && f.DefValue != "false" && f.Value.Type() != "bool" {
			usage += fmt.Sprintf(" (par défaut : %s)", f.DefValue)
		}
		names, texts = append(names, name), append(texts, usage)
		width = max(width, len([]rune(name)))
	}
	cmd.LocalFlags().VisitAll(add)
	cmd.InheritedFlags().VisitAll(func(f *pflag.Flag) {
		if cmd.LocalFlags().Lookup(f.Name) == nil {
			add(f)
		}
	})
	var b strings.Builder
	for i, name := range names {
		if i > 0 {
			b.WriteByte('\n')
		}
		// Long lines go on under the text, not under the name.
		text := strings.ReplaceAll(texts[i], "\n", "\n"+strings.Repeat(" ", width+3))
		fmt.Fprintf(&b, "%s%s   %s", name, strings.Repeat(" ", width-len([]rune(name))), text)
	}
	return b.String()
}

// flagFault says in French what pflag says in English.
func flagFault(err error) string {
	var unknown *pflag.NotExistError
	var valueless *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	var syntax *pflag.InvalidSyntaxError
	switch {
	case errors.As(err, &unknown):
		if short := unknown.GetSpecifiedShortnames(); short != "" {
			return fmt.Sprintf("l’option « -%s » n’existe pas", unknown.GetSpecifiedName())
		}
		return fmt.Sprintf("l’option « --%s » n’existe pas", unknown.GetSpecifiedName())
	case errors.As(err, &valueless):
		return fmt.Sprintf("l’option « --%s » attend une valeur", valueless.GetFlag().Name)
	case errors.As(err, &invalid):
		expected := "une autre valeur"
		switch invalid.GetFlag().Value.Type() {
		case "int", "int64", "uint64":
			expected = "un nombre entier"
		case "bool":
			expected = "true ou false"
		}
		return fmt.Sprintf("l’option « --%s » attend %s, pas « %s »", invalid.GetFlag().Name, expected, invalid.GetValue())
	case errors.As(err, &syntax):
		return fmt.Sprintf("« %s » n’est pas une option bien écrite", syntax.GetSpecifiedFlag())
	}
	return err.Error()
}
