package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"mednum/internal/access"
)

func newArchive() *cobra.Command {
	var territoire, output string
	cmd := &cobra.Command{
		Use:   "archive",
		Short: "Écrit tout un territoire dans une archive ZIP",
		Long: `Écrit ce qui est public d’un territoire, tel qu’à un même instant : ses lieux en
CSV et en GeoJSON, la fiche de chaque source, l’historique, les signalements, les
fermetures et les décisions sur les doublons. Le fichier lisez-moi.txt dit ce
qu’est chaque colonne. Aucune personne n’y est nommée.

Sans --territory, toute la France. Un fichier n’est remplacé qu’une fois le
nouveau complet.`,
		Example: `  mednum archive --territory departement:51
  mednum archive --territory commune:51454,51055 --output reims.zip
  mednum archive > france.zip`,
		Args: arguments("", 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := configure(cmd)
			if err != nil {
				return err
			}
			on := access.ParseTerritory(territoire)
			if on.Kind == access.Places {
				return usageError("--territory : une archive est celle d’un territoire ; écrivez par exemple departement:51")
			}
			// A key of a role of any reach: only what is wrong in the territory is told.
			for _, f := range (access.Key{Role: access.Hub, Territory: on}).Faults(time.Now()) {
				if f.Where == "territory" {
					return usageError("--territory : %s", f.Message)
				}
			}
			return archive(cmd, c, on, output)
		},
	}
	cmd.Flags().StringVar(&territoire, "territory", "", "commune:51454, epci:200067213, departement:51 ou region:44, avec un ou des codes")
	cmd.Flags().StringVarP(&output, "output", "o", "", "où écrire ; « - » : la sortie standard")
	stands(cmd, "territory", "SORTE:CODES")
	stands(cmd, "output", "FICHIER")
	takes(cmd, "database-url")
	return cmd
}

func archive(cmd *cobra.Command, c config, on access.Territory, output string) error {
	ctx := cmd.Context()
	census, err := openCensus(ctx, c, cmd)
	if err != nil {
		return err
	}
	defer census.Close()
	if stdout, ok := cmd.OutOrStdout().(*os.File); ok && output == "" && term.IsTerminal(int(stdout.Fd())) {
		name := strings.NewReplacer(":", "-", ",", "-").Replace(on.String())
		if name == "" {
			name = "france"
		}
		output = time.Now().Format(time.DateOnly) + "_" + name + "_mediation-numerique.zip"
	}
	write := func(w io.Writer) error {
		buffered := bufio.NewWriterSize(w, 1<<16)
		if err := census.Archive(ctx, on, buffered); err != nil {
			return err
		}
		return buffered.Flush()
	}
	if output == "" || output == "-" {
		return write(cmd.OutOrStdout())
	}
	if err := replaceFile(output, write); err != nil {
		return err
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "mednum : archive écrite dans %s\n", output)
	return nil
}
