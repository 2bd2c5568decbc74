package postgres_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mednum/internal/access"
	"mednum/internal/consultation"
	"mednum/internal/place"
	"mednum/internal/postgres"
	"mednum/internal/postgres/pgtest"
	"mednum/internal/quality"
)

// The first version takes effect on the day of the migration: the stories begin
// now, and go on in the days to come.
var begun = consultation.Instant(time.Now())

func after(days int) time.Time { return begun.AddDate(0, 0, days) }

func dayAfter(days int) place.Date {
	y, m, d := after(days).Date()
	return place.Date{Year: y, Month: m, Day: d}
}

// organisations by name, each with a SIREN that is valid.
var sirens = map[string]string{"ANCT": "130026032", "Marne": "225100015", "Ardennes": "220800015", "Hub": "732829320", "Reims": "200067213", "Poste": "356000000"}

func holder(role access.Role, organisation string) access.Key {
	return access.Key{ID: strings.ToLower(string(role)[:2]) + strings.ToLower(organisation), Role: role, Organisation: organisation, Siren: sirens[organisation],
		Created: begun, Expires: begun.AddDate(2, 0, 0)}
}

var (
	editor    = holder(access.Editor, "ANCT")
	marne     = holder(access.Contributor, "Marne")
	ardennes  = holder(access.Contributor, "Ardennes")
	moderator = holder(access.Moderator, "Poste")
	hub       = holder(access.Committee, "Hub")
	reims     = holder(access.Committee, "Reims")
)

// founded is a census with its first version, as of begun.
func founded(t testing.TB) (*postgres.Census, string) {
	t.Helper()
	url := pgtest.URL(t)
	c := pgtest.Open(t, url, postgres.Options{})
	if err := c.EnsureReferentiel(context.Background()); err != nil {
		t.Fatal(err)
	}
	return c, url
}

func refusal(t testing.TB, err error, want ...string) {
	t.Helper()
	var r *consultation.Refusal
	if !errors.As(err, &r) {
		t.Errorf("%v: no refusal that says %q", err, want)
		return
	}
	for _, w := range want {
		if !strings.Contains(r.Error(), w) {
			t.Errorf("%q does not say %q", r.Error(), w)
		}
	}
}

// report is what a simulation of the version says, in the part that guards read.
func report(v, base consultation.Version, alerts ...string) json.RawMessage {
	list := make([]map[string]string, len(alerts))
	for i, a := range alerts {
		list[i] = map[string]string{"phrase": a}
	}
	text, _ := json.Marshal(map[string]any{
		"avant": map[string]string{"version": base.Version, "empreinte": base.Hash}, "apres": map[string]string{"version": v.Version, "empreinte": v.Hash},
		"alertes": list, "justification_requise": len(alerts) > 0,
	})
	return text
}

// edited is the document with something changed.
func edited(t testing.TB, document []byte, edit func(r *quality.Referentiel)) []byte {
	t.Helper()
	r, err := quality.Parse(document)
	if err != nil {
		t.Fatal(err)
	}
	edit(r)
	return r.Canonical()
}

// sound tells what the check of the log finds.
func sound(t testing.TB, c *postgres.Census) postgres.Verification {
	t.Helper()
	v, err := c.VerifyReferentiels(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if len(v.Findings) > 0 {
		t.Errorf("found %q", v.Findings)
	}
	return v
}

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestTheFirstVersion(t *testing.T) {
	ctx := context.Background()
	c, _ := founded(t)
	if err := c.EnsureReferentiel(ctx); err != nil {
		t.Fatal("a second time:", err)
	}
	now := time.Now().UTC()
	v := must[consultation.Version](t)(c.InForce(ctx, place.Date{Year: now.Year(), Month: now.Month(), Day: now.Day()}))
	r, err := quality.Parse(v.Document)
	if err != nil {
		t.Fatal(err)
	}
	if v.Version != "1.0.0" || v.State != consultation.Publiee || v.Hash != r.Hash() {
		t.Errorf("%s, %s, %s", v.Version, v.State, v.Hash)
	}
	entries := must[[]consultation.Entry](t)(c.Log(ctx, 0, 10))
	if len(entries) != 1 || entries[0].Kind != consultation.LogVersion || entries[0].Subject != "1.0.0" {
		t.Errorf("%+v", entries)
	}
	yesterday := now.AddDate(0, 0, -1)
	if _, err := c.InForce(ctx, place.Date{Year: yesterday.Year(), Month: yesterday.Month(), Day: yesterday.Day()}); !errors.Is(err, consultation.ErrNoVersion) {
		t.Errorf("in force before the beginning: %v", err)
	}
	if _, err := c.ReferentielVersion(ctx, "1.0.0\x00"); !errors.Is(err, consultation.ErrNoVersion) {
		t.Error(err)
	}
	sound(t, c)
}

// The whole story of a version, every guard on its way, and what is kept of it.
func TestTheLifeOfAVersion(t *testing.T) {
	ctx := context.Background()
	c, _ := founded(t)
	get := func(version string) consultation.Version { return must[consultation.Version](t)(c.ReferentielVersion(ctx, version)) }
	advance := func(to consultation.State, at time.Time, m consultation.Move, by access.Key) error {
		m.To = to
		_, err := c.AdvanceVersion(ctx, "2.0.0", m, by, at)
		return err
	}
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}

	_, err := c.Fork(ctx, "1.0.0", "2.0.0", marne, begun)
	if !errors.Is(err, access.ErrForbidden) {
		t.Errorf("a collectivité forks: %v", err)
	}
	_, err = c.Fork(ctx, "1.0.0", "0.9.0", editor, begun)
	refusal(t, err, "ne vient pas après 1.0.0")
	_, err = c.Fork(ctx, "7.0.0", "8.0.0", editor, begun)
	if !errors.Is(err, consultation.ErrNoVersion) {
		t.Error(err)
	}
	first := get("1.0.0")
	v := must[consultation.Version](t)(c.Fork(ctx, "1.0.0", "2.0.0", editor, begun))
	if v.State != consultation.Brouillon || v.Parent != "1.0.0" || v.Hash == first.Hash {
		t.Errorf("%+v", v)
	}
	_, err = c.Fork(ctx, "2.0.0", "3.0.0", editor, begun)
	refusal(t, err, "part d’une version publiée")

	// Drafting.
	heavier := func(from, to string, points quality.Nombre) func(r *quality.Referentiel) {
		return func(r *quality.Referentiel) {
			for i := range r.Criteres {
				switch r.Criteres[i].Code {
				case from:
					r.Criteres[i].Poids -= points * quality.Entier
				case to:
					r.Criteres[i].Poids += points * quality.Entier
				}
			}
			r.Exemples = nil
			r.Residus = append(r.Residus, quality.Residu{Champ: "horaires", Critere: "ACC-02", Pourquoi: "À corriger."}, quality.Residu{Champ: "horaires", Critere: "ACC-03", Pourquoi: "À corriger."}) // XXX
		}
	}
	document := edited(t, v.Document, heavier("CON-03", "AME-01", 1))
	_, err = c.SaveDraft(ctx, "2.0.0", document, v.Hash, marne, begun)
	if !errors.Is(err, access.ErrForbidden) {
		t.Error(err)
	}
	var faults quality.Faults
	if _, err = c.SaveDraft(ctx, "2.0.0", []byte(`{"version": "2.0.0", "poids": 3`), v.Hash, editor, begun); !errors.As(err, &faults) {
		t.Errorf("half a document: %v", err)
	}
	if _, err = c.SaveDraft(ctx, "2.0.0", edited(t, v.Document, func(r *quality.Referentiel) { r.Version = "2.0.1" }), v.Hash, editor, begun); !errors.As(err, &faults) || faults[0].Where != "version" {
		t.Errorf("another number: %v", err)
	}
	saved := must[consultation.Version](t)(c.SaveDraft(ctx, "2.0.0", document, v.Hash, editor, begun))
	if _, err = c.SaveDraft(ctx, "2.0.0", edited(t, v.Document, heavier("COM-03", "AME-01", 1)), v.Hash, editor, begun); !errors.Is(err, consultation.ErrChanged) {
		t.Errorf("over another's text: %v", err)
	}
	if got := get("2.0.0"); got.Hash != saved.Hash || string(got.Document) != string(document) {
		t.Error("the draft is not what was saved")
	}
	if err := advance(consultation.Publiee, begun, consultation.Move{Effective: dayAfter(10)}, editor); err == nil {
		t.Error("a draft was published")
	} else {
		refusal(t, err, "La version 2.0.0 est en brouillon : elle ne peut devenir que en consultation ou abandonnée.")
	}
	_, err = c.SubmitRemontee(ctx, consultation.Remontee{Version: "2.0.0", Kind: consultation.Commentaire, Text: "Trop tôt pour parler."}, marne, begun)
	refusal(t, err, "les remontées se font pendant la consultation")

	// Consultation.
	refusal(t, advance(consultation.EnConsultation, begun, consultation.Move{Closes: after(29)}, editor), "au moins 30 jours")
	ok(advance(consultation.EnConsultation, begun, consultation.Move{}, editor))
	if v = get("2.0.0"); v.Closes.Before(after(30)) || v.Closes.After(after(31)) {
		t.Errorf("closes on %s", v.Closes)
	}
	_, err = c.SaveDraft(ctx, "2.0.0", document, "", editor, after(1))
	refusal(t, err, "son texte ne change pas")
	comment := must[consultation.Remontee](t)(c.SubmitRemontee(ctx, consultation.Remontee{
		Version: "2.0.0", Kind: consultation.ProposeParametre, Critere: "ACC-04", Text: "Ce poids devrait être plus fort encore.",
		Proposal: json.RawMessage(`{"valeur": 7, "chemin": "poids"}`),
	}, marne, after(2)))
	voice := consultation.Remontee{Version: "2.0.0", Kind: consultation.Soutien, About: comment.Number}
	_, err = c.SubmitRemontee(ctx, voice, marne, after(2))
	refusal(t, err, "est de votre organisation")
	voiced := must[consultation.Remontee](t)(c.SubmitRemontee(ctx, voice, ardennes, after(3)))
	again := must[consultation.Remontee](t)(c.SubmitRemontee(ctx, voice, ardennes, after(4)))
	if again.Number != voiced.Number || !again.At.Equal(voiced.At) {
		t.Errorf("the same voice twice: %+v", again)
	}
	if got := must[consultation.Remontee](t)(c.Remontee(ctx, comment.Number)); got.For != 1 || got.Against != 0 || string(got.Proposal) != `{"chemin":"poids","valeur":7}` {
		t.Errorf("%+v", got)
	}
	voice.Kind, voice.Text = consultation.Opposition, "Après réflexion, non."
	changed := must[consultation.Remontee](t)(c.SubmitRemontee(ctx, voice, ardennes, after(5)))
	if got := must[consultation.Remontee](t)(c.Remontee(ctx, comment.Number)); changed.Number != voiced.Number || got.For != 0 || got.Against != 1 {
		t.Errorf("a voice that changed: %+v, %+v", changed, got)
	}
	must[consultation.Remontee](t)(c.SubmitRemontee(ctx, consultation.Remontee{Version: "2.0.0", Kind: consultation.EffetTerritorial, Territory: "08", Text: "Les lieux itinérants y perdent."}, ardennes, after(6)))
	refusal(t, advance(consultation.Arbitrage, after(20), consultation.Move{}, editor), "La consultation est ouverte jusqu’au")

	// Arbitration.
	ok(advance(consultation.Arbitrage, after(32), consultation.Move{}, editor))
	_, err = c.SubmitRemontee(ctx, consultation.Remontee{Version: "2.0.0", Kind: consultation.Commentaire, Text: "Trop tard pour parler."}, marne, after(32))
	refusal(t, err, "les remontées se font pendant la consultation")
	refusal(t, advance(consultation.SimulationValidee, after(32), consultation.Move{}, editor),
		"3 remontées attendent leur réponse motivée : n° 1, n° 2, n° 3.", "Aucune simulation n’a été faite sur le texte actuel")
	_, err = c.AnswerRemontee(ctx, comment.Number, "oui", " ", moderator, after(33))
	if !errors.As(err, &faults) || len(faults) != 2 {
		t.Errorf("an answer without words: %v", err)
	}
	must[consultation.Remontee](t)(c.AnswerRemontee(ctx, comment.Number, consultation.Partielle, "Un point de plus, pas deux.", moderator, after(33)))
	if got := must[consultation.Remontee](t)(c.Remontee(ctx, changed.Number)); got.Decision != consultation.Partielle || got.Decider == nil || got.Decider.Organisation != "Poste" {
		t.Errorf("a voice has the answer of what it is about: %+v", got)
	}
	_, err = c.AnswerRemontee(ctx, changed.Number, consultation.Retenue, "Oui, bien entendu.", moderator, after(33))
	refusal(t, err, "répondez à celle-ci")
	must[consultation.Remontee](t)(c.AnswerRemontee(ctx, 3, consultation.NonRetenue, "L’effet mesuré est nul.", editor, after(33)))
	if _, err = c.AnswerRemontee(ctx, 99, consultation.Retenue, "Il n’y en a pas tant.", editor, after(33)); !errors.Is(err, consultation.ErrNoRemontee) {
		t.Error(err)
	}
	v = get("2.0.0")
	ok(c.SaveSimulation(ctx, "2.0.0", v.Hash, report(v, first, "12 % des lieux changent de niveau."), editor, after(34)))
	v = must[consultation.Version](t)(c.SaveDraft(ctx, "2.0.0", edited(t, v.Document, heavier("AME-01", "COM-03", 1)), v.Hash, editor, after(35)))
	refusal(t, advance(consultation.SimulationValidee, after(35), consultation.Move{}, editor), "Aucune simulation n’a été faite sur le texte actuel")
	if err := c.SaveSimulation(ctx, "2.0.0", saved.Hash, report(saved, first), editor, after(35)); !errors.Is(err, consultation.ErrChanged) {
		t.Errorf("a simulation of a former text: %v", err)
	}
	ok(c.SaveSimulation(ctx, "2.0.0", v.Hash, report(v, first, "12 % des lieux changent de niveau."), editor, after(35)))
	refusal(t, advance(consultation.SimulationValidee, after(35), consultation.Move{Reason: "parce que"}, editor), "écrivez une justification", "12 % des lieux changent de niveau.")
	ok(advance(consultation.SimulationValidee, after(36), consultation.Move{Reason: "Le chemin sans internet compte plus que le reste."}, editor))
	if err := c.SaveSimulation(ctx, "2.0.0", v.Hash, report(v, first), editor, after(36)); err == nil {
		t.Error("a simulation after it was validated")
	}

	// Votes and publication.
	publish := consultation.Move{Effective: dayAfter(60)}
	refusal(t, advance(consultation.Publiee, after(37), publish, editor), "Il faut l’accord d’au moins deux organisations du comité ; il y en a 0.", "plus de votes pour que de votes contre")
	_, err = c.ApproveVersion(ctx, "2.0.0", consultation.Pour, "", editor, after(37))
	if !errors.Is(err, access.ErrForbidden) {
		t.Errorf("an editor votes: %v", err)
	}
	must[consultation.Version](t)(c.ApproveVersion(ctx, "2.0.0", consultation.Pour, "", hub, after(37)))
	must[consultation.Version](t)(c.ApproveVersion(ctx, "2.0.0", consultation.Contre, "Nous ne sommes pas prêts.", reims, after(37)))
	refusal(t, advance(consultation.Publiee, after(38), publish, editor), "il y en a 1.", "il y a 1 pour et 1 contre")
	must[consultation.Version](t)(c.ApproveVersion(ctx, "2.0.0", consultation.Pour, "", reims, after(38)))
	refusal(t, advance(consultation.Publiee, after(38), consultation.Move{Effective: dayAfter(38)}, editor), "doit être après aujourd’hui")
	ok(advance(consultation.Publiee, after(38), publish, editor))
	v = get("2.0.0")
	if v.State != consultation.Publiee || v.Effective != dayAfter(60) || len(v.Approvals) != 2 || v.Justification == "" {
		t.Errorf("%+v", v)
	}
	if _, err = c.SaveDraft(ctx, "2.0.0", document, "", editor, after(39)); err == nil {
		t.Error("a published version was saved")
	}
	refusal(t, advance(consultation.Abandonnee, after(39), consultation.Move{Reason: "Nous avons changé d’avis."}, editor), "son état ne change plus")

	// Both are published until the day on which the second takes effect.
	if got := must[consultation.Version](t)(c.InForce(ctx, dayAfter(59))); got.Version != "1.0.0" {
		t.Errorf("on the eve: %s", got.Version)
	}
	if got := must[consultation.Version](t)(c.InForce(ctx, dayAfter(60))); got.Version != "2.0.0" {
		t.Errorf("on the day: %s", got.Version)
	}
	_, err = c.Fork(ctx, "1.0.0", "3.0.0", editor, after(61))
	refusal(t, err, "La version 1.0.0 est remplacée")
	must[consultation.Version](t)(c.Fork(ctx, "2.0.0", "3.0.0", editor, after(61)))
	if got := get("1.0.0"); got.State != consultation.Remplacee {
		t.Errorf("1.0.0 is %s", got.State)
	}
	var kinds []string
	for _, e := range must[[]consultation.Entry](t)(c.Log(ctx, 0, 100)) {
		kinds = append(kinds, e.Kind+" "+e.Subject)
	}
	want := []string{
		"version-creee 1.0.0", "version-creee 2.0.0", "texte-modifie 2.0.0", "etat-change 2.0.0", "remontee-deposee remontée 1", "remontee-deposee remontée 2",
		"voix-changee remontée 2", "remontee-deposee remontée 3", "etat-change 2.0.0", "remontee-repondue remontée 1", "remontee-repondue remontée 3",
		"simulation-enregistree 2.0.0", "texte-modifie 2.0.0", "simulation-enregistree 2.0.0", "etat-change 2.0.0", "vote 2.0.0", "vote 2.0.0", "vote 2.0.0",
		"etat-change 2.0.0", "etat-change 1.0.0", "version-creee 3.0.0",
	}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Error(diff)
	}
	if got := sound(t, c); got.Entries != int64(len(want)) || got.Versions != 3 {
		t.Errorf("%+v", got)
	}
}
