package quality

import (
	"bytes"
	"encoding/json"
	"slices"
)

// runExamples tells which examples the version does not fulfil.
func (e *Engine) runExamples() Faults {
	var faults Faults
	for i := range e.ref.Exemples {
		x := &e.ref.Exemples[i]
		r := e.Evaluate(&x.Entree)
		var want, got any
		if decode(x.Attendu, &want) != nil || decode(r.Canonical(), &got) != nil {
			faults = append(faults, Fault{Where: index("exemples", i) + ".attendu", Message: "Ce n’est pas du JSON."})
			continue
		}
		differ(want, got, index("exemples", i)+".attendu", "Exemple « "+clip(x.Titre)+" »", &faults)
	}
	return faults
}

func decode(text []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return d.Decode(v)
}

// differ compares what an example gives of a result with the result: the
// members given must be equal; of lists of objects with a code, those given.
func differ(want, got any, where, title string, faults *Faults) {
	if len(*faults) >= maxFaults {
		return
	}
	tell := func(got any) {
		*faults = append(*faults, Fault{Where: where, Found: clip(sayJSON(got)),
			Message: title + " : attendu " + clip(sayJSON(want)) + ", obtenu " + clip(sayJSON(got)) + "."})
	}
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			tell(got)
			return
		}
		for _, name := range sortedKeys(w) {
			value, ok := g[name]
			if !ok && !slices.Contains([]string{"niveau", "niveau_min", "niveau_max", "en_reexamen", "expire", "conteste"}, name) {
				*faults = append(*faults, Fault{Where: join(where, name), Found: clip(name), Message: title + " : un résultat n’a pas ce nom." + suggest(name, sortedKeys(g))})
				continue
			}
			if !ok && (w[name] == false || w[name] == "") {
				continue
			}
			differ(w[name], value, join(where, name), title, faults)
		}
	case []any:
		g, ok := got.([]any)
		if !ok {
			tell(got)
			return
		}
		if byCode := codesOf(g); byCode != nil {
			for i := range w {
				x, ok := w[i].(map[string]any)
				if !ok {
					tell(got)
					return
				}
				code, _ := x["code"].(string)
				y, ok := byCode[code]
				if !ok {
					*faults = append(*faults, Fault{Where: index(where, i), Found: clip(code), Message: title + " : ce code n’est pas dans le résultat." + suggest(code, sortedKeys(byCode))})
					continue
				}
				differ(x, y, index(where, i), title, faults)
			}
			return
		}
		if len(w) != len(g) {
			tell(got)
			return
		}
		for i := range w {
			differ(w[i], g[i], index(where, i), title, faults)
		}
	case json.Number:
		g, ok := got.(json.Number)
		if !ok {
			tell(got)
			return
		}
		x, okX := parseDecimal(w.String())
		y, okY := parseDecimal(g.String())
		if !okX || !okY || x != y {
			tell(got)
		}
	default:
		if want != got {
			tell(got)
		}
	}
}

// codesOf indexes a list of objects by their code; nil when it is not one.
func codesOf(list []any) map[string]any {
	m := map[string]any{}
	for _, x := range list {
		o, ok := x.(map[string]any)
		if !ok {
			return nil
		}
		code, ok := o["code"].(string)
		if !ok {
			return nil
		}
		m[code] = x
	}
	if len(m) == 0 {
		return nil
	}
	return m
}

func sortedKeys(m map[string]any) []string {
	var list []string
	for name := range m {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

func sayJSON(v any) string {
	if v == nil {
		return "rien"
	}
	text, err := json.Marshal(v)
	if err != nil {
		return "?"
	}
	return string(text)
}
