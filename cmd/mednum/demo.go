package main

import (
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/spf13/cobra"

	"mednum/internal/demo"
	"mednum/internal/place"
)

// demoMaximum: beyond, it is a slip of the hand.
const demoMaximum = 5_000_000

type demoOptions struct {
	places  int
	seed    uint64
	ifEmpty bool
}

func newDemo() *cobra.Command {
	var o demoOptions
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Invente des lieux de démonstration, marqués comme tels",
		Long: `Fait entrer dans le recensement des lieux inventés, plausibles, dans de vraies
communes, et marqués comme démonstration partout où ils paraissent. La même
graine redonne les mêmes lieux. « --places 0 » les retire tous, ce qui convient
avant d’importer un vrai fichier.`,
		Example: `  mednum demo --places 20000 --seed 7
  mednum demo --places 0`,
		Args: arguments("", 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := configure(cmd)
			if err != nil {
				return err
			}
			if o.places < 0 || o.places > demoMaximum {
				return usageError("--places : %d n’est pas entre 0 et %d", o.places, demoMaximum)
			}
			return makeDemo(cmd, c, o)
		},
	}
	cmd.Flags().IntVar(&o.places, "places", 5000, "combien de lieux")
	cmd.Flags().Uint64Var(&o.seed, "seed", 1, "graine : la même redonne les mêmes lieux")
	cmd.Flags().BoolVar(&o.ifEmpty, "if-empty", false, "ne fait rien quand le recensement a déjà des lieux")
	stands(cmd, "places", "NOMBRE")
	stands(cmd, "seed", "GRAINE")
	takes(cmd, "database-url")
	return cmd
}

func makeDemo(cmd *cobra.Command, c config, o demoOptions) error {
	ctx := cmd.Context()
	store, err := openCensus(ctx, c, cmd)
	if err != nil {
		return err
	}
	defer store.Close()
	if o.ifEmpty {
		empty := true
		err := store.Find(ctx, place.Find{Limit: 1}, func(place.Hit) error { empty = false; return nil })
		if err != nil || !empty {
			return err
		}
	}
	var records iter.Seq2[*place.Record, error] = func(func(*place.Record, error) bool) {}
	if o.places > 0 {
		set, err := store.Territories(ctx)
		if err != nil {
			return err
		}
		// Places lie inside their commune where its contour is known.
		codes := make([]string, len(set.Communes))
		for i := range set.Communes {
			codes[i] = set.Communes[i].Code
		}
		contours, err := store.Contours(ctx, codes)
		if err != nil {
			return err
		}
		for i := range set.Communes {
			set.Communes[i].Contour = contours[set.Communes[i].Code]
		}
		now := time.Now()
		today, _ := place.NewDate(now.Year(), now.Month(), now.Day())
		records, err = demo.Places(set.Communes, o.places, o.seed, today)
		if errors.Is(err, demo.ErrNoPoint) {
			return refused(err)
		}
		if err != nil {
			return err
		}
	}
	bar := newProgress(cmd.ErrOrStderr(), "lieux de démonstration", int64(o.places), false)
	changes, err := store.Load(ctx, place.Load{Source: demo.Source, Demonstration: true, AllowRemovals: true},
		func(yield func(*place.Record, error) bool) {
			for r, err := range records {
				bar.add(1)
				if !yield(r, err) {
					return
				}
			}
		})
	bar.end()
	if err != nil {
		return err
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "mednum : lieux de démonstration : %d ajoutés, %d modifiés, %d inchangés, %d retirés\n",
		changes.Added+changes.Restored, changes.Changed, changes.Unchanged, changes.Withdrawn)
	return nil
}
