package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"mednum/internal/consultation"
	"mednum/internal/history"
	"mednum/internal/place"
	"mednum/internal/postgres"
)

type exportOptions struct {
	format, output, source, producteur, territoire, asOf string
}

func newExport() *cobra.Command {
	var o exportOptions
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Écrit les lieux dans un fichier : CSV du standard, ou GeoJSON",
		Long: `Écrit tous les lieux, ou les fiches d’une source. Le CSV a les 32 colonnes du
standard ; sa colonne « id » est notre identifiant, ou celui du producteur quand
--source est donné : ce fichier peut alors être réimporté sous la même source.

Sans --output, écrit sur la sortie standard ; sur un terminal, dans un fichier
nommé comme le standard le demande. Un fichier n’est remplacé qu’une fois le
nouveau complet.`,
		Example: `  mednum export --output lieux.csv
  mednum export --format geojson > lieux.geojson
  mednum export --as-of 2026-06-30 --output juin.csv
  mednum export --source "Ma collectivité" --producteur 13002526500013 --territoire marne`,
		Args: arguments("", 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := configure(cmd)
			if err != nil {
				return err
			}
			if strings.ContainsFunc(o.producteur, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
				return usageError("--producteur : « %s » n’est ni un SIRET ni un RNA ; écrivez-le sans espaces", o.producteur)
			}
			if o.format != "csv" && o.format != "geojson" {
				return usageError("--format : « %s » n’est pas une forme connue ; écrivez csv ou geojson", o.format)
			}
			if o.asOf != "" && o.source != "" {
				return usageError("--as-of et --source ne vont pas ensemble : les fiches d’une source sont celles d’aujourd’hui")
			}
			return export(cmd, c, o)
		},
	}
	cmd.Flags().StringVar(&o.format, "format", "csv", "csv ou geojson")
	cmd.Flags().StringVarP(&o.output, "output", "o", "", "où écrire ; « - » : la sortie standard")
	cmd.Flags().StringVar(&o.source, "source", "", "seulement les fiches de cette source, telles qu’elle les donne")
	cmd.Flags().StringVar(&o.asOf, "as-of", "", "les lieux tels qu’ils étaient ce jour-là le soir, ou à cet instant : 2026-06-30T09:30:00+02:00")
	cmd.Flags().StringVar(&o.producteur, "producteur", "", "SIRET ou RNA de qui publie, pour le nom du fichier")
	cmd.Flags().StringVar(&o.territoire, "territoire", "france", "pour le nom du fichier")
	stands(cmd, "format", "FORME")
	stands(cmd, "output", "FICHIER")
	stands(cmd, "source", "NOM")
	stands(cmd, "as-of", "JOUR")
	stands(cmd, "producteur", "NUMÉRO")
	stands(cmd, "territoire", "NOM")
	takes(cmd, "database-url")
	return cmd
}

// standardName is the file name that the standard asks for; without the
// producer's number where nobody gave it.
func standardName(o exportOptions, now time.Time) string {
	parts := []string{now.Format(time.DateOnly)}
	if o.producteur != "" {
		parts = append(parts, o.producteur)
	}
	words := strings.FieldsFunc(place.Fold(o.territoire), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	parts = append(parts, "lieux-de-mediation-numerique", strings.Join(words, "-"))
	return strings.Join(parts, "_") + "." + o.format
}

func export(cmd *cobra.Command, c config, o exportOptions) error {
	ctx := cmd.Context()
	census, err := openCensus(ctx, c, cmd)
	if err != nil {
		return err
	}
	defer census.Close()

	if stdout, ok := cmd.OutOrStdout().(*os.File); ok && o.output == "" && term.IsTerminal(int(stdout.Fd())) {
		o.output = standardName(o, time.Now())
	}
	find := place.Find{Limit: math.MaxInt32}
	if o.asOf != "" {
		if find.AsOf, err = revisionAt(ctx, census, o.asOf); err != nil {
			return err
		}
	}
	bar := newProgress(cmd.ErrOrStderr(), "export", -1, false)
	defer bar.end()
	n := 0
	write := func(w io.Writer) error {
		buffered := bufio.NewWriterSize(w, 1<<16)
		var records writer = &geojsonWriter{w: buffered}
		if o.format == "csv" {
			records = &csvWriter{w: buffered, theirIDs: o.source != ""}
		}
		if err := records.begin(); err != nil {
			return err
		}
		each := func(h place.Hit) error {
			p, _, err := place.ParseFeature(h.Feature)
			if err != nil {
				return fmt.Errorf("read place %s: %w", h.ID, err)
			}
			n++
			bar.add(1)
			return records.place(h, &p)
		}
		var err error
		if o.source != "" {
			err = census.OwnRecords(ctx, o.source, each) // not what others say of the same places
		} else {
			err = census.Find(ctx, find, each)
		}
		if err != nil {
			return err
		}
		if err := records.end(); err != nil {
			return err
		}
		return buffered.Flush()
	}
	if o.output == "" || o.output == "-" {
		err = write(cmd.OutOrStdout())
	} else {
		err = replaceFile(o.output, write)
	}
	if err != nil {
		return err
	}
	bar.end()
	where := ""
	if o.output != "" && o.output != "-" {
		where = " dans " + o.output
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "mednum : %d lieux écrits%s\n", n, where)
	if n == 0 && o.source != "" {
		return &failure{exitRefused, fmt.Errorf("aucun lieu ne vient d’une source nommée « %s »", o.source)}
	}
	return nil
}

// revisionAt finds the last revision of a day in Paris, or of an instant.
func revisionAt(ctx context.Context, census *postgres.Census, text string) (int64, error) {
	at, err := time.Parse(time.RFC3339Nano, text)
	if day, ok := place.ParseDate(text); ok {
		at, err = consultation.EndOfDay(day).Add(-time.Microsecond), nil
		if now := time.Now(); at.After(now) && !now.Before(consultation.EndOfDay(place.Date{Year: day.Year, Month: day.Month, Day: day.Day - 1})) {
			at = now // today
		}
	}
	if err != nil {
		return 0, usageError("--as-of : « %s » n’est ni un jour ni un instant ; écrivez 2026-06-30, ou 2026-06-30T09:30:00+02:00", text)
	}
	r, err := census.Instant(ctx, at)
	var outside *history.Outside
	switch {
	case errors.As(err, &outside) && at.Before(outside.From):
		return 0, &failure{exitRefused, fmt.Errorf("le journal commence le %s : ce qui précède n’est pas connu", outside.From.Format(time.RFC3339))}
	case errors.Is(err, history.ErrInstant):
		return 0, &failure{exitRefused, fmt.Errorf("« %s » est à venir", text)}
	}
	return r.Number, err
}

// replaceFile puts a whole file in the place of name, or leaves name as it was.
func replaceFile(name string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(name), ".mednum-*")
	if err != nil {
		return fmt.Errorf("impossible d’écrire dans le dossier de « %s » : %w", name, errors.Unwrap(err))
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if err := write(f); err != nil {
		return err
	}
	// A temporary file is its owner's only; this one is to be given away.
	if err := f.Chmod(0o644); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

type writer interface {
	begin() error
	place(place.Hit, *place.Place) error
	end() error
}

type csvWriter struct {
	w        *bufio.Writer
	row      []byte
	theirIDs bool
}

func (w *csvWriter) begin() error {
	_, err := w.w.Write(place.AppendCSVHeader(nil))
	return err
}

func (w *csvWriter) place(h place.Hit, p *place.Place) error {
	if !w.theirIDs {
		p.ID = h.ID
	}
	w.row = place.AppendCSV(w.row[:0], p)
	_, err := w.w.Write(w.row)
	return err
}

func (w *csvWriter) end() error { return nil }

type geojsonWriter struct {
	w     *bufio.Writer
	after bool
}

func (w *geojsonWriter) begin() error {
	_, err := w.w.WriteString(`{"type":"FeatureCollection","features":[`)
	return err
}

func (w *geojsonWriter) place(h place.Hit, _ *place.Place) error {
	separator := "\n"
	if w.after {
		separator = ",\n"
	}
	w.after = true
	if _, err := w.w.WriteString(separator); err != nil {
		return err
	}
	_, err := w.w.Write(h.Feature)
	return err
}

func (w *geojsonWriter) end() error {
	_, err := w.w.WriteString("\n]}\n")
	return err
}
