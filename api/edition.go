package api

import (
	"bytes"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"mednum/api/pages"
	"mednum/internal/consultation"
	"mednum/internal/quality"
)

// The form of a draft sends its settings under their own names; what else it
// may hold is below.
const (
	fieldGesture = "geste"   // what the button does: see gestures
	fieldHash    = "hash"    // of the text that the page was made of
	fieldCode    = "critere" // retirer
	fieldKeep    = "garder"  // equilibrer: the weights that stay, a checkbox each
)

// gestures are what a button of the form does, the settings being saved first.
var gestures = map[string]func(r *quality.Referentiel, form url.Values) (*quality.Referentiel, quality.Faults){
	"enregistrer": func(r *quality.Referentiel, _ url.Values) (*quality.Referentiel, quality.Faults) { return r, nil },
	"equilibrer": func(r *quality.Referentiel, form url.Values) (*quality.Referentiel, quality.Faults) {
		return quality.Rebalance(r, form[fieldKeep]...)
	},
	"retirer": func(r *quality.Referentiel, form url.Values) (*quality.Referentiel, quality.Faults) {
		return quality.Withdraw(r, strings.TrimSpace(form.Get(fieldCode)))
	},
	"ajouter": func(r *quality.Referentiel, form url.Values) (*quality.Referentiel, quality.Faults) {
		m, faults := readModele(form)
		if len(faults) > 0 {
			return nil, faults
		}
		out, _, faults := quality.AddCritere(r, m)
		return out, faults
	},
}

// newFields are those of a criterion to add.
var newFields = []string{"genre", "dimension", "libelle", "question", "poids", "essentiel", "demande", "reponses", "valeurs_reponses", "champ", "valeurs"}

// readModele reads a criterion to add: its answers are lists, a field each.
func readModele(form url.Values) (quality.Modele, quality.Faults) {
	m := quality.Modele{Genre: quality.Genre(form.Get("genre")), Dimension: strings.TrimSpace(form.Get("dimension")), Libelle: form.Get("libelle"), Question: form.Get("question"),
		Essentiel: form.Get("essentiel") != "", Demande: form.Get("demande"), Champ: strings.TrimSpace(form.Get("champ"))}
	var faults quality.Faults
	decimal := func(name, text string) quality.Nombre {
		var n quality.Nombre
		if err := n.UnmarshalJSON([]byte(strings.ReplaceAll(strings.TrimSpace(text), ",", "."))); err != nil {
			faults = append(faults, quality.Fault{Where: name, Found: shown(text), Message: "Écrivez un nombre, comme 2 ou 2,5."})
		}
		return n
	}
	m.Poids = decimal("poids", form.Get("poids"))
	for i, label := range form["reponses"] {
		if strings.TrimSpace(label) == "" {
			continue // a line of the form left empty
		}
		value := ""
		if values := form["valeurs_reponses"]; i < len(values) {
			value = values[i]
		}
		m.Reponses = append(m.Reponses, quality.ReponseModele{Libelle: label, Valeur: decimal("valeurs_reponses", value)})
	}
	for _, v := range form["valeurs"] {
		for line := range strings.Lines(v) {
			if line = strings.TrimSpace(line); line != "" {
				m.Valeurs = append(m.Valeurs, line)
			}
		}
	}
	return m, faults
}

// readEdition gives the text that a form asks for, of the one it was made of.
func readEdition(r *quality.Referentiel, form url.Values) (*quality.Referentiel, error) {
	gesture := form.Get(fieldGesture)
	if gesture == "" {
		gesture = "enregistrer"
	}
	do, ok := gestures[gesture]
	if !ok {
		return nil, quality.Faults{{Where: fieldGesture, Found: shown(gesture), Message: "Ce bouton n’existe pas ici."}}
	}
	var typed []quality.Saisie
	for name, values := range form {
		if slices.Contains([]string{fieldGesture, fieldHash, fieldCode, fieldKeep}, name) || gesture == "ajouter" && slices.Contains(newFields, name) {
			continue
		}
		// A box that is ticked sends its value after that of the box left empty.
		typed = append(typed, quality.Saisie{Chemin: name, Valeur: strings.TrimSpace(strings.ReplaceAll(values[len(values)-1], "\r\n", "\n"))})
	}
	slices.SortFunc(typed, func(a, b quality.Saisie) int { return strings.Compare(a.Chemin, b.Chemin) })
	out, faults := quality.Edit(r, typed)
	if len(faults) > 0 {
		return nil, faults
	}
	if out, faults = do(out, form); len(faults) > 0 {
		return nil, faults
	}
	return withExamples(out, r.Exemples), nil
}

// withExamples brings the results of a draft's examples to what it now gives:
// whoever edits by form changes weights, and cannot compute. That they changed
// is told among the differences. Those that no longer suit the draft go.
func withExamples(edited *quality.Referentiel, examples []quality.Exemple) *quality.Referentiel {
	bare := *edited
	bare.Exemples = nil
	e, err := quality.Compile(&bare)
	if err != nil {
		return &bare // saving it tells why
	}
	kept := bare
	kept.Exemples = []quality.Exemple{}
	for _, x := range examples {
		if x.Attendu, err = expected(e, x); err == nil {
			kept.Exemples = append(kept.Exemples, x)
		}
	}
	if _, err := quality.Load(kept.Canonical()); err == nil {
		return &kept
	}
	kept.Exemples = slices.DeleteFunc(kept.Exemples, func(x quality.Exemple) bool {
		alone := bare
		alone.Exemples = []quality.Exemple{x}
		_, err := quality.Load(alone.Canonical())
		return err != nil // it answers a question that was withdrawn, say
	})
	return &kept
}

// expected gives what an example gives now, of the members that it tells. The
// hash of its version changes with each text: it is not told.
func expected(e *quality.Engine, x quality.Exemple) (json.RawMessage, error) {
	var told, found map[string]json.RawMessage
	if err := json.Unmarshal(x.Attendu, &told); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(encode(e.Evaluate(&x.Entree)), &found); err != nil {
		return nil, err
	}
	for name := range told {
		now, ok := found[name]
		if !ok || name == "referentiel" {
			delete(told, name) // a level that is no longer given
			continue
		}
		told[name] = now
	}
	return json.RawMessage(bytes.TrimSpace(encode(told))), nil
}

// edition is the page that edits a draft, for who does not program.
func (s *Server) edition(c echo.Context) error {
	c.Set(keyForm, formHTML.name)
	a, err := s.understand(c.Request().Context(), drafting, c.Request().URL.RawQuery)
	if err != nil {
		return err
	}
	if s.config.Consultations == nil {
		return errClosed
	}
	v, err := s.versionNamed(c)
	if err != nil {
		return err
	}
	unpublished(c, v)
	view, err := s.editionView(c, v)
	if err != nil {
		return err
	}
	view.Saved = a.fait != ""
	// It holds the hash that it will be saved over: an old copy would be refused.
	c.Response().Header().Set("Cache-Control", "private, no-store")
	return s.page(c, func(w *bytes.Buffer) error { return s.pages.Edition(w, view) })
}

func (s *Server) editionView(c echo.Context, v consultation.Version) (pages.Edition, error) {
	view := pages.Edition{Version: v, Head: s.headFor(c, "")}
	document, err := readDocument(v.Document)
	if err != nil {
		return view, err
	}
	view.Document = *document
	all, err := s.versionsOf(c.Request().Context())
	if err != nil {
		return view, err
	}
	if v.Editable() {
		view.Checks, err = s.checks(c.Request().Context(), v, document, all)
	}
	return view, err
}

// edit saves what the form of a draft says.
func (s *Server) edit(c echo.Context) error {
	c.Set(keyForm, formHTML.name)
	w, err := s.writes(c)
	if err != nil {
		return err
	}
	if !w.body.form {
		return errMediaType
	}
	v, err := s.versionNamed(c)
	if err != nil {
		return err
	}
	view, err := s.editionView(c, v)
	if err != nil {
		return err
	}
	form := w.body.values
	if err = v.Edit(w.key, w.at); err == nil && form.Get(fieldHash) == "" {
		err = quality.Faults{{Where: fieldHash, Message: "Il manque l’empreinte du texte modifié. Ouvrez de nouveau la page."}}
	}
	var edited *quality.Referentiel
	if err == nil {
		edited, err = readEdition(&view.Document, form)
	}
	if err == nil {
		err = s.save(c, w, v.Version, edited.Canonical(), ifMatch(form.Get(fieldHash)))
	}
	if err != nil {
		view.Asked, view.Faults = form, told(err)
		return w.again(err, func(b *bytes.Buffer) error { return s.pages.Edition(b, view) })
	}
	return s.seeOther(c, "/referentiels/"+v.Version+"/edition?fait=enregistre")
}
