package pages

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"mednum/internal/quality"
	"mednum/internal/simulation"
)

// simulationView is Simulation with its report read and its plots measured.
// Every plot stands in the row of a table, beside the number that it draws: it
// adds nothing that a reader who does not see it would miss.
type simulationView struct {
	Simulation
	R *simulation.Report
}

// Simulation writes the report for a committee.
func (p *Pages) Simulation(w io.Writer, v Simulation) error {
	view := simulationView{Simulation: v}
	if len(v.Report) > 0 {
		view.R = new(simulation.Report)
		if err := json.Unmarshal(v.Report, view.R); err != nil {
			return fmt.Errorf("read report: %w", err)
		}
	}
	return p.professional(w, "simulation", &view.Head, view)
}

// heatCell is a cell of the matrix. Heat goes from 0 to 5.
type heatCell struct {
	Count int
	Heat  int
	Same  bool
	Way   string // what happens to these places, for who does not see the table
}

type heatRow struct {
	Class simulation.Class
	Cells []heatCell
	Sum   int
}

// heat shades each cell by its share of the row: what becomes of the places of
// one level is what a committee asks, and levels are of very unequal sizes.
func heat(m simulation.Matrix) []heatRow {
	rows := make([]heatRow, 0, len(m.Classes))
	for i, class := range m.Classes {
		if i >= len(m.Counts) || i >= len(m.Before) || len(m.Counts[i]) != len(m.Classes) {
			break // a report of another engine: half a table would lie
		}
		row := heatRow{Class: class, Sum: m.Before[i]}
		for j, n := range m.Counts[i] {
			cell := heatCell{Count: n, Same: i == j}
			if n > 0 && row.Sum > 0 {
				cell.Heat = 1 + min(4, n*5/row.Sum)
			}
			row.Cells = append(row.Cells, cell)
		}
		rows = append(rows, row)
	}
	return rows
}

// Levels and Ranges are the two tables of transitions.
func (v simulationView) Levels() []heatRow { return heat(v.R.Levels) }

// Ranges is of the places shown by a range in both versions; nil when there is
// nothing to say.
func (v simulationView) Ranges() []heatRow {
	for _, n := range v.R.Ranges.Before {
		if n > 0 {
			return heat(v.R.Ranges)
		}
	}
	return nil
}

// plotRow is a group of an axis and where its dot stands.
type plotRow struct {
	simulation.Group
	Known bool
	X     int // of the dot
	From  int // of the line from zero to the dot
	Wide  int
	Over  bool // beyond the threshold
}

// plotted is an axis with its scale. Plots are 200 wide, zero is at 100.
type plotted struct {
	simulation.Axis
	Rows        []plotRow
	Edge        quality.Nombre // what the ends of the axis stand for
	Low, High   int            // of the threshold's two lines; 0 when outside
	Long        bool           // shown folded
	LargestName string
	Largest     quality.Nombre
}

// Axes measures every axis on one scale, so that they compare at a glance.
func (v simulationView) Axes() []plotted {
	limit := v.Document.Parametres.Alertes.MedianeGroupe
	edge := 2 * quality.Entier
	if limit > 0 {
		edge = limit + limit/5
	}
	for _, a := range v.R.Axes {
		for _, g := range a.Groups {
			if g.MedianMove != nil {
				edge = max(edge, magnitude(*g.MedianMove))
			}
		}
	}
	at := func(n quality.Nombre) int { return 100 + int(int64(n)*92/int64(edge)) }
	var out []plotted
	for _, a := range v.R.Axes {
		p := plotted{Axis: a, Edge: edge, Long: len(a.Groups) > 14}
		if limit > 0 && limit <= edge {
			p.Low, p.High = at(-limit), at(limit)
		}
		for _, g := range a.Groups {
			if name := v.Departements[g.Code]; name != "" && a.Code == "departement" {
				g.Label = name + " (" + g.Code + ")"
			}
			row := plotRow{Group: g, X: 100}
			if g.MedianMove != nil {
				row.Known, row.X = true, at(*g.MedianMove)
				row.From, row.Wide = min(100, row.X), max(row.X, 200-row.X)-100
				row.Over = limit > 0 && magnitude(*g.MedianMove) > limit
				if magnitude(*g.MedianMove) > magnitude(p.Largest) {
					p.Largest, p.LargestName = *g.MedianMove, g.Label
				}
			}
			p.Rows = append(p.Rows, row)
		}
		out = append(out, p)
	}
	return out
}

func magnitude(n quality.Nombre) quality.Nombre {
	if n < 0 {
		return -n
	}
	return n
}

// Influences are what the letter owes to each choice, most first.
type influence struct {
	Label string
	Share quality.Nombre
}

// Influences of a band; nil when the letter never varies.
func (v simulationView) Influences() []influence {
	x := v.R.Sensitivity.Overall.Variance
	if x == nil {
		return nil
	}
	out := []influence{
		{"La façon de compter l’inconnu (ρ)", x.Rho},
		{"Tous les poids ensemble", x.Weights},
		{"Les seuils des niveaux", x.Thresholds},
		{"La façon d’additionner les dimensions", x.Aggregation},
	}
	if x.HeaviestCode != "" {
		out = append(out, influence{"Le poids le plus sensible, " + x.HeaviestCode + ", seul", x.HeaviestValue})
	}
	slices.SortStableFunc(out, func(a, b influence) int { return int(b.Share - a.Share) })
	return out
}

// Without are the criteria of which leaving one out changes most letters first.
func (v simulationView) Without() []simulation.Without {
	out := slices.Clone(v.R.Without)
	slices.SortStableFunc(out, func(a, b simulation.Without) int { return int(b.ChangeShare - a.ChangeShare) })
	return out
}

// Bands are the stability overall, then by coverage.
func (v simulationView) Bands() []simulation.Stability {
	return append([]simulation.Stability{v.R.Sensitivity.Overall}, v.R.Sensitivity.Bands...)
}

// Gains are the fields of which emptying would raise a score.
func (v simulationView) Gains() []simulation.Hiding {
	var out []simulation.Hiding
	for _, h := range v.R.Hiding {
		if h.Gain > 0 {
			out = append(out, h)
		}
	}
	return out
}

// Otherwise reports whether some change without rising nor falling.
func (v simulationView) Otherwise() bool {
	m := v.R.Moves
	return m.ChangeLevel > m.Raised+m.Lowered
}

// Open reports whether a simulation may be run now.
func (v simulationView) Open() bool { return v.Version.Simulable() }

// Ready says what is left to do with this report, in French.
func (v simulationView) Ready() string {
	switch {
	case v.R == nil:
		return ""
	case v.Stale:
		return "Le brouillon a changé depuis. Refaites la simulation avant de décider."
	case v.R.JustificationRequired && v.Version.Justification == "":
		return "Un seuil est dépassé. Une justification écrite est demandée avant d’aller plus loin."
	case v.R.JustificationRequired:
		return "Un seuil est dépassé. La justification écrite est plus bas."
	}
	return "Aucun seuil n’est dépassé. Aucune justification n’est demandée."
}
