package main

import (
	"github.com/spf13/cobra"
)

func newDemo() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Invente des lieux de démonstration, marqués comme tels",
		Args:  arguments("", 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return nil
		},
	}
	cmd.Flags().Int("places", 5000, "combien de lieux")
	takes(cmd, "database-url")
	return cmd
}
