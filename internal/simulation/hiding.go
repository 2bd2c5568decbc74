package simulation

import (
	"slices"

	"mednum/internal/quality"
)

// field is a column that could be emptied to gain.
type field struct{ name string }

// fieldsOf are the columns that the version reads, in the order in which it does.
func fieldsOf(r *quality.Referentiel) []field {
	var out []field
	add := func(names []string) {
		for _, name := range names {
			if !slices.Contains(out, field{name}) {
				out = append(out, field{name})
			}
		}
	}
	for i := range r.Criteres {
		c := &r.Criteres[i]
		add(c.Regle.ChampsLus())
		if c.ApplicableSi != nil {
			add(c.ApplicableSi.ChampsLus())
		}
	}
	return out
}

// emptied is the entry as it would be, had the place left a field empty: the
// facts that come of it are then those of an empty field.
func emptied(in *quality.Entree, name string) (quality.Entree, bool) {
	f := in.Fiche
	if !slices.Contains(f.Presents, name) && len(f.Listes[name]) == 0 {
		return quality.Entree{}, false
	}
	out := *in
	out.Fiche.Presents = slices.DeleteFunc(slices.Clone(f.Presents), func(s string) bool { return s == name })
	if _, ok := f.Listes[name]; ok {
		out.Fiche.Listes = make(map[string][]string, len(f.Listes))
		for k, list := range f.Listes {
			if k != name {
				out.Fiche.Listes[k] = list
			}
		}
	}
	x := &out.Fiche.Faits
	switch name {
	case "horaires":
		x.Horaires, x.MinutesSemaine, x.HorsBureau = "", nil, nil
	case "latitude", "longitude":
		x.EcartCommune = nil
	case "commune":
		// The code still says which commune; and a name still gives the code.
		if !slices.Contains(out.Fiche.Presents, "code_insee") {
			x.EcartCommune = nil
		}
	case "presentation_resume", "presentation_detail":
		// What each holds is not kept; emptying either leaves at least nothing.
		x.Presentation = 0
	case "pivot":
		x.Pivot = ""
	case "fiche_acces_libre":
		x.AccesLibre = false
	case "date_maj":
		out.Fiche.DateMaj = quality.Jour{}
	}
	return out, true
}

// hide looks, field by field, at what the place would gain by emptying it.
func (w *worker) hide(i int, now *quality.Total) {
	score := now.Score(scoreDecimals)
	for k := range w.fields {
		in, ok := emptied(&w.places[i].Entree, w.fields[k].name)
		if !ok {
			continue
		}
		x := &w.sum.hiding[k]
		x.filled++
		w.hidden = w.after.engine.Values(&in, w.hidden)
		t := w.after.model.Aggregate(w.hidden, nil)
		if gain := t.Score(scoreDecimals) - score; gain > 0 {
			x.gain++
			if id := w.places[i].ID; x.example == "" || gain > x.most || gain == x.most && id < x.example {
				x.most, x.example = gain, id
			}
		}
	}
}
