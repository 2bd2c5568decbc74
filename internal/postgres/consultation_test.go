package postgres_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

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
	get := func(version string) consultation.Version {
		return must[consultation.Version](t)(c.ReferentielVersion(ctx, version))
	}
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

// voted takes a new version, with its text changed by edit, to the vote of two
// organisations.
func voted(t testing.TB, c *postgres.Census, number string, edit func(r *quality.Referentiel)) consultation.Version {
	t.Helper()
	ctx := context.Background()
	base := must[consultation.Version](t)(c.ReferentielVersion(ctx, "1.0.0"))
	v := must[consultation.Version](t)(c.Fork(ctx, "1.0.0", number, editor, begun))
	v = must[consultation.Version](t)(c.SaveDraft(ctx, number, edited(t, v.Document, edit), v.Hash, editor, begun))
	must[consultation.Version](t)(c.AdvanceVersion(ctx, number, consultation.Move{To: consultation.EnConsultation}, editor, begun))
	must[consultation.Version](t)(c.AdvanceVersion(ctx, number, consultation.Move{To: consultation.Arbitrage}, editor, after(32)))
	if err := c.SaveSimulation(ctx, number, v.Hash, report(v, base), editor, after(32)); err != nil {
		t.Fatal(err)
	}
	must[consultation.Version](t)(c.AdvanceVersion(ctx, number, consultation.Move{To: consultation.SimulationValidee}, editor, after(33)))
	must[consultation.Version](t)(c.ApproveVersion(ctx, number, consultation.Pour, "", hub, after(34)))
	return must[consultation.Version](t)(c.ApproveVersion(ctx, number, consultation.Pour, "", reims, after(34)))
}

func reworded(r *quality.Referentiel) { r.Presentation += " Texte relu." }

func TestMinorVersionsChangeNoResult(t *testing.T) {
	ctx := context.Background()
	c, url := founded(t)
	if _, err := c.Load(ctx, place.Load{Source: "Reims"}, file(record(t, 1), record(t, 2), record(t, 3))); err != nil {
		t.Fatal(err)
	}
	voted(t, c, "1.0.1", reworded)
	weights := func(r *quality.Referentiel) {
		for i := range r.Criteres {
			switch r.Criteres[i].Code {
			case "CON-03":
				r.Criteres[i].Poids -= quality.Entier / 2
			case "AME-01":
				r.Criteres[i].Poids += quality.Entier / 2
			}
		}
		r.Exemples = nil
	}
	// The check of the text sees it first; the census has the last word.
	v := must[consultation.Version](t)(c.Fork(ctx, "1.0.0", "1.1.0", editor, begun))
	must[consultation.Version](t)(c.SaveDraft(ctx, "1.1.0", edited(t, v.Document, weights), v.Hash, editor, begun))
	_, err := c.AdvanceVersion(ctx, "1.1.0", consultation.Move{To: consultation.EnConsultation}, editor, begun)
	refusal(t, err, "Cette version peut changer des scores")
	first := must[consultation.Version](t)(c.ReferentielVersion(ctx, "1.0.0"))
	for name, compared := range map[string]struct {
		edit func(r *quality.Referentiel)
		want int
	}{"words": {reworded, 0}, "weights": {weights, 3}} {
		done, different, examples, err := c.Compare(ctx, first.Document, edited(t, first.Document, compared.edit))
		if err != nil || !done || different != compared.want || len(examples) != compared.want {
			t.Errorf("%s: %v, %d, %q, %v", name, done, different, examples, err)
		}
	}

	// A place without a result keeps everything from being compared.
	publish := consultation.Move{To: consultation.Publiee, Effective: dayAfter(40)}
	run(t, url, `CREATE TABLE put_aside AS SELECT * FROM results WHERE seq = 2; DELETE FROM results WHERE seq = 2`)
	_, err = c.AdvanceVersion(ctx, "1.0.1", publish, editor, after(35))
	refusal(t, err, "Des lieux n’ont pas encore de score")
	run(t, url, `INSERT INTO results SELECT * FROM put_aside`)
	if _, err := c.AdvanceVersion(ctx, "1.0.1", publish, editor, after(35)); err != nil {
		t.Fatal(err)
	}
	voted(t, c, "1.0.2", reworded)
	_, err = c.AdvanceVersion(ctx, "1.0.2", consultation.Move{To: consultation.Publiee, Effective: dayAfter(39)}, editor, after(36))
	refusal(t, err, "La version 1.0.1 prendra effet après")
	if _, err := c.AdvanceVersion(ctx, "1.0.2", publish, editor, after(36)); err != nil {
		t.Error("on the same day:", err)
	}
	if got := must[consultation.Version](t)(c.InForce(ctx, dayAfter(40))); got.Version != "1.0.2" {
		t.Errorf("%s is in force", got.Version)
	}
	sound(t, c)
}

// What the triggers refuse, to a superuser and to the owner of the tables.
var forbidden = map[string]string{
	"the text":              `UPDATE referentiels SET document = document || ' ', hash = sha256(convert_to(document || ' ', 'UTF8')) WHERE version = '1.0.0'`,
	"the hash":              `UPDATE referentiels SET hash = sha256('') WHERE version = '1.0.0'`,
	"the number":            `UPDATE referentiels SET version = '9.0.0' WHERE version = '1.0.0'`,
	"the day of effect":     `UPDATE referentiels SET effective_on = effective_on - 1 WHERE version = '1.0.0'`,
	"the author":            `UPDATE referentiels SET author_organisation = 'Autre' WHERE version = '1.0.0'`,
	"the justification":     `UPDATE referentiels SET justification = 'Autre' WHERE version = '1.0.0'`,
	"back to draft":         `UPDATE referentiels SET state = 'BROUILLON' WHERE version = '1.0.0'`,
	"back to the vote":      `UPDATE referentiels SET state = 'SIMULATION_VALIDEE' WHERE version = '1.0.0'`,
	"abandoned":             `UPDATE referentiels SET state = 'ABANDONNEE' WHERE version = '1.0.0'`,
	"taken away":            `DELETE FROM referentiels`,
	"all taken away":        `TRUNCATE referentiels CASCADE`,
	"another, published":    `INSERT INTO referentiels SELECT '9.0.0', state, document, hash, parent, author_organisation, author_siren, author_role, author_key, created_at, changed_at, NULL, NULL, published_at, effective_on FROM referentiels WHERE version = '1.0.0'`,
	"a draft, published":    `UPDATE referentiels SET state = 'PUBLIEE', published_at = now(), effective_on = now() WHERE version = '2.0.0'`,
	"a draft's origin":      `UPDATE referentiels SET parent = NULL WHERE version = '2.0.0'`,
	"a text and its state":  `UPDATE referentiels SET state = 'EN_CONSULTATION', document = '{}', hash = sha256('{}') WHERE version = '2.0.0'`,
	"an entry":              `UPDATE journal SET subject = '2.0.0' WHERE number = 1`,
	"the same entry":        `UPDATE journal SET subject = subject`,
	"an entry taken away":   `DELETE FROM journal WHERE number = 1`,
	"the log taken away":    `TRUNCATE journal`,
	"an upsert of an entry": `INSERT INTO journal SELECT * FROM journal WHERE number = 1 ON CONFLICT (number) DO UPDATE SET kind = 'autre'`,
}

func TestNoHandChangesWhatIsPublished(t *testing.T) {
	ctx := context.Background()
	c, url := founded(t)
	must[consultation.Version](t)(c.Fork(ctx, "1.0.0", "2.0.0", editor, begun))
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	owner := fmt.Sprintf("mednum_owner_%d", time.Now().UnixNano())
	for _, sql := range []string{`CREATE ROLE ` + owner, `ALTER TABLE referentiels OWNER TO ` + owner, `ALTER TABLE journal OWNER TO ` + owner,
		`ALTER TABLE approvals OWNER TO ` + owner, `ALTER TABLE simulations OWNER TO ` + owner, `ALTER TABLE remontees OWNER TO ` + owner, `ALTER TABLE contests OWNER TO ` + owner} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	defer func() {
		for _, sql := range []string{`RESET ROLE`, `SET session_replication_role = DEFAULT`, `REASSIGN OWNED BY ` + owner + ` TO CURRENT_USER`, `DROP ROLE ` + owner} {
			if _, err := conn.Exec(ctx, sql); err != nil {
				t.Error(err)
			}
		}
	}()
	for _, as := range []string{`RESET ROLE`, `SET session_replication_role = replica`, `SET session_replication_role = DEFAULT; SET ROLE ` + owner} {
		if _, err := conn.Exec(ctx, as); err != nil {
			t.Fatal(err)
		}
		for name, sql := range forbidden {
			_, err := conn.Exec(ctx, sql)
			var server *pgconn.PgError
			if !errors.As(err, &server) || server.Code != "MN001" {
				t.Errorf("%s: %s: %v", as, name, err)
			}
		}
	}
	sound(t, c)
}

// With the triggers off everything can be changed, and each change is told.
func TestChangesMadeWithoutTheTriggersAreFound(t *testing.T) {
	ctx := context.Background()
	c, url := founded(t)
	if _, err := c.Load(ctx, place.Load{Source: "Reims"}, file(record(t, 1))); err != nil {
		t.Fatal(err)
	}
	k := must[access.Key](t)(newKey(t, c, access.Committee, "Hub"))
	voted(t, c, "2.0.0", reworded)
	must[consultation.Version](t)(c.AdvanceVersion(ctx, "2.0.0", consultation.Move{To: consultation.Publiee, Effective: dayAfter(40)}, editor, after(35)))
	must[consultation.Version](t)(c.Fork(ctx, "1.0.0", "3.0.0", editor, begun))
	must[consultation.Version](t)(c.AdvanceVersion(ctx, "3.0.0", consultation.Move{To: consultation.EnConsultation}, editor, begun))
	r := must[consultation.Remontee](t)(c.SubmitRemontee(ctx, consultation.Remontee{Version: "3.0.0", Kind: consultation.Commentaire, Text: "Un commentaire écrit."}, marne, after(1)))
	must[consultation.Remontee](t)(c.SubmitRemontee(ctx, consultation.Remontee{Version: "3.0.0", Kind: consultation.Soutien, About: r.Number}, ardennes, after(1)))
	must[consultation.Remontee](t)(c.AnswerRemontee(ctx, r.Number, consultation.Retenue, "Parce que c’est mieux.", moderator, after(2)))
	contest := must[consultation.Contest](t)(c.OpenContest(ctx, consultation.Contest{Lieu: place.Identifier(1), Critere: "ACC-04", Ground: consultation.Donnee, Text: "Le téléphone est bien là."}, marne, after(2)))
	must[consultation.Contest](t)(c.StepContest(ctx, contest.Number, consultation.Step{State: consultation.Accusee}, moderator, after(3)))
	must[consultation.Contest](t)(c.OpenContest(ctx, consultation.Contest{Lieu: place.Identifier(1), Critere: "ACC-04", Ground: consultation.Regle, Text: "Cette règle est trop dure."}, marne, after(2)))
	whole := sound(t, c)

	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	for _, tamper := range []struct{ sql, want string }{
		{`UPDATE referentiels SET document = replace(document, 'relu', 'revu'), hash = sha256(convert_to(replace(document, 'relu', 'revu'), 'UTF8')) WHERE version = '2.0.0'`, "version 2.0.0 : le document n’est pas celui du journal"},
		{`ALTER TABLE referentiels DROP CONSTRAINT referentiels_check1, DROP CONSTRAINT IF EXISTS referentiels_check; UPDATE referentiels SET document = replace(document, 'relu', 'revu') WHERE version = '2.0.0'`, "version 2.0.0 : le document n’a plus l’empreinte notée à côté de lui"},
		{`UPDATE referentiels SET document = '{', hash = sha256('{') WHERE version = '1.0.0'`, "version 1.0.0 : le document n’est plus lisible"},
		{`UPDATE referentiels SET state = 'SIMULATION_VALIDEE' WHERE version = '2.0.0'`, "version 2.0.0 : son état est SIMULATION_VALIDEE, le journal dit PUBLIEE"},
		{`UPDATE referentiels SET effective_on = effective_on + 1 WHERE version = '2.0.0'`, "version 2.0.0 : sa date d’effet est"},
		{`INSERT INTO referentiels SELECT '9.0.0', state, document, hash, parent, author_organisation, author_siren, author_role, author_key, created_at, changed_at, NULL, NULL, published_at, effective_on FROM referentiels WHERE version = '1.0.0'`, "version 9.0.0 : le journal ne la connaît pas"},
		{`DELETE FROM approvals WHERE siren = '` + hub.Siren + `'`, "vote (version et organisation) 2.0.0 " + hub.Siren + " : le journal en parle, la base ne l’a plus"},
		{`UPDATE approvals SET vote = 'contre'`, "version 2.0.0 : le vote de l’organisation " + reims.Siren + " n’est pas celui du journal"},
		{`INSERT INTO approvals VALUES ('2.0.0', '123456782', 'Autre', 'comite', 'x', 'pour', '', now())`, "version 2.0.0 : le vote de l’organisation 123456782 n’est pas celui du journal"},
		{`UPDATE simulations SET report = report || ' '`, "version 2.0.0 : une simulation n’est pas celle du journal"},
		{`DELETE FROM simulations`, "le journal en parle, la base ne l’a plus"},
		{`UPDATE remontees SET body = 'Autre chose, tout à fait.' WHERE number = 1`, "remontée 1 : son texte n’est pas celui du journal"},
		{`UPDATE remontees SET kind = 'opposition' WHERE number = 2`, "remontée 2 : son texte n’est pas celui du journal"},
		{`UPDATE remontees SET decision = 'non-retenue' WHERE number = 2`, "remontée 2 : sa réponse n’est pas celle du journal"},
		{`DELETE FROM remontees WHERE number = 2`, "remontée 2 : le journal en parle, la base ne l’a plus"},
		{`INSERT INTO remontees (version, kind, body, organisation, role, key_id, made_at) VALUES ('3.0.0', 'commentaire', 'Un ajout.', 'Autre', 'hub', 'x', now())`, "remontée 4 : le journal ne la connaît pas"},
		{`UPDATE contests SET state = 'CLOSE' WHERE number = 1`, "contestation 1 : elle n’est pas celle du journal"},
		{`UPDATE contests SET steps = '[]' WHERE number = 1`, "contestation 1 : elle n’est pas celle du journal"},
		{`DELETE FROM contests WHERE number = 2`, "contestation 2 : le journal en parle, la base ne l’a plus"},
		{`UPDATE access_keys SET role = 'redacteur-national'`, "clé " + k.ID + " : ses droits ne sont pas ceux du journal"},
		{`UPDATE access_keys SET expires_at = expires_at + interval '1 year'`, "clé " + k.ID + " : ses droits ne sont pas ceux du journal"},
		{`UPDATE access_keys SET revoked_at = now()`, "clé " + k.ID + " : le journal ne dit pas la même chose de sa révocation"},
		{`INSERT INTO access_keys SELECT 'zzzzzzzz', secret_hash, role, organisation, siren, territory_kind, territory_codes, created_at, expires_at FROM access_keys`, "clé zzzzzzzz : le journal ne la connaît pas"},
		{`UPDATE journal SET payload = '{}' WHERE number = 3`, "entrée n° 3 du journal : son contenu n’est plus celui qui a été écrit"},
		{`UPDATE journal SET at = at + interval '1 microsecond' WHERE number = 5`, "entrée n° 5 du journal : son contenu"},
		{`DELETE FROM journal WHERE number = 4`, "entrée n° 4 du journal : elle manque"},
		{`DELETE FROM journal WHERE number = (SELECT max(number) FROM journal)`, "contestation 2 : le journal ne la connaît pas"},
		{`ALTER TABLE journal DISABLE TRIGGER journal_guard`, "le garde-fou journal_guard de la base est désactivé ou absent"},
		{`DROP TRIGGER referentiels_guard_all ON referentiels`, "le garde-fou referentiels_guard_all de la base est désactivé ou absent"},
	} {
		tx, err := conn.Begin(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, sql := range []string{`ALTER TABLE referentiels DISABLE TRIGGER USER`, `ALTER TABLE journal DISABLE TRIGGER USER`, tamper.sql} {
			if _, err := tx.Exec(ctx, sql); err != nil {
				t.Fatalf("%s: %v", sql, err)
			}
		}
		for _, trigger := range []string{"referentiels referentiels_guard", "referentiels referentiels_guard_all", "journal journal_guard", "journal journal_guard_all"} {
			if table, name, _ := strings.Cut(trigger, " "); !strings.HasSuffix(tamper.sql, name) && !strings.Contains(tamper.sql, name+" ON") {
				if _, err := tx.Exec(ctx, `ALTER TABLE `+table+` ENABLE ALWAYS TRIGGER `+name); err != nil {
					t.Fatal(err)
				}
			}
		}
		found, err := postgres.VerifyIn(ctx, tx, whole.Head)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(found.Findings, func(f string) bool { return strings.Contains(f, tamper.want) }) {
			t.Errorf("%s:\n found %q,\n not %q", tamper.sql, found.Findings, tamper.want)
		}
		if cut := strings.Contains(tamper.sql, "max(number)"); cut != slices.ContainsFunc(found.Findings, func(f string) bool { return strings.Contains(f, "sa fin a été coupée") }) {
			t.Errorf("%s: %q", tamper.sql, found.Findings)
		}
		if err := tx.Rollback(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if v, err := c.VerifyReferentiels(ctx, whole.Head, "  "+strings.ToUpper(whole.Head)); err != nil || len(v.Findings) > 0 {
		t.Errorf("%q, %v", v.Findings, err)
	}
	if v, err := c.VerifyReferentiels(ctx, strings.Repeat("f", 64)); err != nil || len(v.Findings) != 1 {
		t.Errorf("a hash that never was: %q, %v", v.Findings, err)
	}
}

// newKey makes a key as the command does.
func newKey(t testing.TB, c *postgres.Census, role access.Role, organisation string) (access.Key, error) {
	k, _, err := keyAndSecret(t, c, role, organisation, after(400))
	return k, err
}

func keyAndSecret(t testing.TB, c *postgres.Census, role access.Role, organisation string, expires time.Time) (access.Key, string, error) {
	t.Helper()
	secret, id, hash, err := access.NewSecret(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	k := access.Key{ID: id, Role: role, Organisation: organisation, Siren: sirens[organisation], Created: begun, Expires: consultation.Instant(expires)}
	if role == access.Contributor {
		k.Territory = access.ParseTerritory("departement:51,08")
	}
	return k, secret, c.CreateKey(context.Background(), k, hash, consultation.Party{Organisation: "essai", Role: access.Administrator})
}

func TestKeysAreKeptAndEnd(t *testing.T) {
	ctx := context.Background()
	c, url := founded(t)
	k, secret, err := keyAndSecret(t, c, access.Contributor, "Marne", after(10))
	if err != nil {
		t.Fatal(err)
	}
	denied := func(secret string, at time.Time, want string) {
		t.Helper()
		_, err := c.Key(ctx, secret, at)
		var denial *access.Denial
		if !errors.As(err, &denial) || !strings.Contains(denial.Reason, want) || !errors.Is(err, access.ErrKey) {
			t.Errorf("%v, not %q", err, want)
		}
	}
	got := must[access.Key](t)(c.Key(ctx, secret, begun))
	k.Territory.Codes = []string{"51", "08"}
	if diff := cmp.Diff(k, got, cmpopts.EquateApproxTime(0)); diff != "" {
		t.Error(diff)
	}
	denied(secret, after(10), "Cette clé a expiré")
	denied(secret[:len(secret)-1], begun, "n’est pas entière")
	other, _, _, err := access.NewSecret(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	denied(other, begun, "n’est pas connue ici")
	// Another secret under a known ID.
	sameID, _, hash, _ := access.NewSecret(io.MultiReader(bytes.NewReader(firstBytes(t, k.ID)), rand.Reader))
	if id, _, _ := access.ParseSecret(sameID); id != k.ID || len(hash) == 0 {
		t.Fatalf("%s is not %s", id, k.ID)
	}
	denied(sameID, begun, "n’est pas connue ici")
	party := consultation.Party{Organisation: "essai", Role: access.Administrator}
	if _, err := c.RevokeKey(ctx, "nothing\x00", party, begun); !errors.Is(err, access.ErrKey) {
		t.Error(err)
	}
	revoked := must[access.Key](t)(c.RevokeKey(ctx, k.ID, party, after(1)))
	denied(secret, after(2), "a été révoquée")
	if again := must[access.Key](t)(c.RevokeKey(ctx, k.ID, party, after(5))); !again.Revoked.Equal(revoked.Revoked) {
		t.Errorf("revoked again: %s", again.Revoked)
	}
	if keys := must[[]access.Key](t)(c.Keys(ctx)); len(keys) != 1 || keys[0].Revoked.IsZero() {
		t.Errorf("%+v", keys)
	}
	// The secret is nowhere in the database, nor any trace of its use.
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	var rows string
	if err := conn.QueryRow(ctx, `SELECT (SELECT string_agg(k::text, ' ') FROM access_keys k) || (SELECT string_agg(j::text, ' ') FROM journal j)`).Scan(&rows); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(rows, secret[15:60]) {
		t.Error("the secret is in the database")
	}
	sound(t, c)
}

// firstBytes are the chance of which an ID was made.
func firstBytes(t testing.TB, id string) []byte {
	t.Helper()
	b, err := base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").DecodeString(id)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestWritersAtOnce(t *testing.T) {
	ctx := context.Background()
	c, _ := founded(t)
	atOnce := func(n int, do func(i int) error) (fine int, errs []error) {
		var mu sync.Mutex
		var wg sync.WaitGroup
		for i := range n {
			wg.Go(func() {
				err := do(i)
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					fine++
				} else {
					errs = append(errs, err)
				}
			})
		}
		wg.Wait()
		return fine, errs
	}
	fine, errs := atOnce(6, func(int) error {
		_, err := c.Fork(ctx, "1.0.0", "2.0.0", editor, begun)
		return err
	})
	if fine != 1 {
		t.Errorf("%d forks of one number", fine)
	}
	for _, err := range errs {
		refusal(t, err, "a déjà servi")
	}
	v := must[consultation.Version](t)(c.ReferentielVersion(ctx, "2.0.0"))
	fine, errs = atOnce(6, func(i int) error {
		_, err := c.SaveDraft(ctx, "2.0.0", edited(t, v.Document, func(r *quality.Referentiel) { r.Presentation += fmt.Sprint(" ", i) }), v.Hash, editor, begun)
		return err
	})
	if fine != 1 {
		t.Errorf("%d saved over each other", fine)
	}
	for _, err := range errs {
		if !errors.Is(err, consultation.ErrChanged) {
			t.Error(err)
		}
	}
	must[consultation.Version](t)(c.AdvanceVersion(ctx, "2.0.0", consultation.Move{To: consultation.EnConsultation}, editor, begun))
	numbers := make([]int64, 8)
	if fine, errs = atOnce(8, func(i int) error {
		kind := []consultation.Kind{consultation.Soutien, consultation.Opposition}[i%2]
		r, err := c.SubmitRemontee(ctx, consultation.Remontee{Version: "2.0.0", Kind: kind, Critere: "INF-01"}, marne, after(1))
		numbers[i] = r.Number
		return err
	}); fine != 8 {
		t.Error(errs)
	}
	if slices.Sort(numbers); len(slices.Compact(numbers)) != 1 {
		t.Errorf("one organisation has the voices %v on one criterion", numbers)
	}
	voted(t, c, "3.0.0", reworded)
	before := len(must[consultation.Version](t)(c.ReferentielVersion(ctx, "3.0.0")).Approvals)
	if fine, errs = atOnce(6, func(int) error {
		_, err := c.ApproveVersion(ctx, "3.0.0", consultation.Pour, "", hub, after(34))
		return err
	}); fine != 6 {
		t.Error(errs)
	}
	if got := len(must[consultation.Version](t)(c.ReferentielVersion(ctx, "3.0.0")).Approvals); got != before {
		t.Errorf("%d votes of one organisation", got-before+1)
	}
	fine, errs = atOnce(4, func(int) error {
		_, err := c.AdvanceVersion(ctx, "3.0.0", consultation.Move{To: consultation.Publiee, Effective: dayAfter(50)}, editor, after(35))
		return err
	})
	if fine != 1 {
		t.Errorf("published %d times", fine)
	}
	for _, err := range errs {
		refusal(t, err, "est publiée")
	}
	sound(t, c)
}

func TestContests(t *testing.T) {
	ctx := context.Background()
	c, url := founded(t)
	if _, err := c.Load(ctx, place.Load{Source: "Reims"}, file(record(t, 1), record(t, 2))); err != nil {
		t.Fatal(err)
	}
	lieu := place.Identifier(1)
	// confidence also tells whether the criterion is said to be contested.
	confidence := func(want bool) quality.Nombre {
		t.Helper()
		r := must[quality.Scored](t)(c.Scored(ctx, lieu)).Resultat
		i := slices.IndexFunc(r.Criteres, func(c quality.ResultatCritere) bool { return c.Code == "ACC-01" })
		if r.Criteres[i].Conteste != want {
			t.Errorf("contested: %v", !want)
		}
		return r.Confiance
	}
	sure := confidence(false)
	x := consultation.Contest{Lieu: lieu, Critere: "ACC-01", Ground: consultation.Donnee, Text: "Nos horaires sont bien lisibles."}
	for name, wrong := range map[string]struct {
		lieu string
		by   access.Key
		is   error
	}{
		"nowhere":           {"zzzzzzzz", marne, place.ErrNotFound},
		"no identifier":     {"1\x00", marne, place.ErrNotFound},
		"another territory": {lieu, func() access.Key { k := marne; k.Territory = access.ParseTerritory("departement:52"); return k }(), access.ErrForbidden},
		"a judge":           {lieu, moderator, access.ErrForbidden},
	} {
		y := x
		y.Lieu = wrong.lieu
		if _, err := c.OpenContest(ctx, y, wrong.by, begun); !errors.Is(err, wrong.is) {
			t.Errorf("%s: %v", name, err)
		}
	}
	there := marne
	there.Territory = access.ParseTerritory("departement:51")
	opened := must[consultation.Contest](t)(c.OpenContest(ctx, x, there, begun))
	doubted := confidence(true)
	if doubted >= sure {
		t.Errorf("confidence %s, contested %s", sure, doubted)
	}
	_, err := c.OpenContest(ctx, x, there, after(1))
	refusal(t, err, "voyez la contestation n° 1")
	library := holder(access.PlaceContributor, "Reims")
	library.Territory = access.ParseTerritory("lieux:" + lieu)
	must[consultation.Contest](t)(c.StepContest(ctx, opened.Number, consultation.Step{State: consultation.Reponse, Text: "Nous les avons corrigés hier."}, library, after(1)))
	granted := true
	decided := must[consultation.Contest](t)(c.StepContest(ctx, opened.Number, consultation.Step{State: consultation.Decidee, Granted: &granted, Text: "La fiche a été corrigée."}, moderator, after(1)))
	confidence(false)
	must[consultation.Contest](t)(c.StepContest(ctx, opened.Number, consultation.Step{State: consultation.Appel, Text: "Elle ne l’a pas été, voyez."}, there, after(2)))
	confidence(true)
	_, err = c.StepContest(ctx, opened.Number, consultation.Step{State: consultation.Close, Granted: &granted, Text: "Si, elle l’a bien été."}, moderator, after(3))
	refusal(t, err, "une autre tranche l’appel")
	must[consultation.Contest](t)(c.StepContest(ctx, opened.Number, consultation.Step{State: consultation.Close, Granted: &granted, Text: "Elle l’est à présent."}, reims, after(3)))
	confidence(false)
	if got := must[consultation.Contest](t)(c.Contest(ctx, opened.Number)); got.State != consultation.Close || len(got.Steps) != 4 || got.Lieu != lieu || len(decided.Steps) != 2 {
		t.Errorf("%+v", got)
	}
	if all := must[[]consultation.Contest](t)(c.Contests(ctx, lieu)); len(all) != 1 {
		t.Errorf("%+v", all)
	}
	if all := must[[]consultation.Contest](t)(c.Contests(ctx, place.Identifier(2))); len(all) != 0 {
		t.Errorf("%+v", all)
	}
	if _, err := c.Contest(ctx, 99); !errors.Is(err, consultation.ErrNoContest) {
		t.Error(err)
	}
	if _, err := c.Contests(ctx, "zzzzzzzz"); !errors.Is(err, place.ErrNotFound) {
		t.Error(err)
	}

	// A rule: a remontée that waits for the next draft.
	x.Ground, x.Text = consultation.Regle, "Cette règle est trop dure ici."
	rule := must[consultation.Contest](t)(c.OpenContest(ctx, x, there, after(4)))
	if confidence(false); rule.State != consultation.Close || rule.Remontee == 0 {
		t.Errorf("%+v", rule)
	}
	waiting := must[consultation.Remontee](t)(c.Remontee(ctx, rule.Remontee))
	if waiting.Version != "" || waiting.Critere != "ACC-01" || waiting.Kind != consultation.Commentaire {
		t.Errorf("%+v", waiting)
	}
	must[consultation.Version](t)(c.Fork(ctx, "1.0.0", "2.0.0", editor, after(5)))
	if got := must[[]consultation.Remontee](t)(c.Remontees(ctx, "2.0.0")); len(got) != 1 || got[0].Number != rule.Remontee {
		t.Errorf("%+v", got)
	}
	// With a draft at hand it goes there; during a consultation, to that one.
	x.Text = "Cette règle est toujours trop dure."
	if again := must[consultation.Contest](t)(c.OpenContest(ctx, x, there, after(6))); must[consultation.Remontee](t)(c.Remontee(ctx, again.Remontee)).Version != "2.0.0" {
		t.Errorf("%+v", again)
	}
	must[consultation.Version](t)(c.Fork(ctx, "1.0.0", "3.0.0", editor, after(6)))
	must[consultation.Version](t)(c.AdvanceVersion(ctx, "2.0.0", consultation.Move{To: consultation.EnConsultation}, editor, after(6)))
	x.Text = "Cette règle est encore trop dure."
	if again := must[consultation.Contest](t)(c.OpenContest(ctx, x, there, after(7))); must[consultation.Remontee](t)(c.Remontee(ctx, again.Remontee)).Version != "2.0.0" {
		t.Errorf("%+v", again)
	}
	// A withdrawn place is contested no more, and keeps what was said.
	if _, err := c.Load(ctx, place.Load{Source: "Reims", AllowRemovals: true}, file(record(t, 2))); err != nil {
		t.Fatal(err)
	}
	if _, err := c.OpenContest(ctx, x, there, after(8)); !errors.Is(err, place.ErrGone) {
		t.Error(err)
	}
	if all := must[[]consultation.Contest](t)(c.Contests(ctx, lieu)); len(all) != 4 {
		t.Errorf("%d contests of a place that is gone", len(all))
	}
	sound(t, c)

	// A server's connections are read only by default; these writes say otherwise.
	serving := pgtest.Open(t, url, postgres.Options{ReadOnly: true})
	data, _, err := serving.Versions(ctx)
	if err != nil {
		t.Fatal(err)
	}
	must[consultation.Remontee](t)(serving.SubmitRemontee(ctx, consultation.Remontee{Version: "2.0.0", Kind: consultation.Commentaire, Text: "Écrit depuis le serveur."}, marne, after(9)))
	if now, _, _ := serving.Versions(ctx); now != data+1 {
		t.Errorf("data version %d, then %d", data, now)
	}
	must[consultation.Remontee](t)(serving.SubmitRemontee(ctx, consultation.Remontee{Version: "2.0.0", Kind: consultation.Commentaire, Text: "Écrit depuis le serveur."}, marne, after(9)))
	if now, _, _ := serving.Versions(ctx); now != data+1 {
		t.Error("what changed nothing gave the census a new version")
	}
}

// Every kind of territory, by what the tables know of the place's commune.
func TestContestsStayOnTheTerritoryOfTheKey(t *testing.T) {
	ctx := context.Background()
	c, url := founded(t)
	run(t, url, `
		INSERT INTO communes (code, nom, codes_postaux, departement, region, epci, parent, anciens_codes, anciens_noms) VALUES
			('51454', 'Reims', '{51100}', '51', '44', '200067213', NULL, '{}', '{}'),
			('75056', 'Paris', '{75001}', '75', '11', '200054781', NULL, '{}', '{}'),
			('75101', 'Paris 1er Arrondissement', '{75001}', '75', '11', NULL, '75056', '{}', '{}');
		INSERT INTO divisions (kind, code, nom, region) VALUES ('departement', '08', 'Ardennes', '44')`)
	reims, paris, somewhere := record(t, 1), record(t, 2), record(t, 3)
	reims.CodeInsee = "51454"
	paris.CodeInsee, paris.CodePostal, paris.Departement = "75101", "75001", "75"
	somewhere.CodeInsee, somewhere.Departement = "", "08" // only its département is known
	if _, err := c.Load(ctx, place.Load{Source: "essai"}, file(reims, paris, somewhere)); err != nil {
		t.Fatal(err)
	}
	for territory, want := range map[string]string{
		"": "123", "commune:51454": "1", "commune:75101": "2", "commune:75056": "2", "epci:200067213": "1", "epci:200054781": "2", "departement:51": "1", "departement:75,08": "23",
		"region:44": "13", "region:11": "2", "lieux:" + place.Identifier(2): "2", "lieux:" + place.Identifier(9): "",
	} {
		k := holder(access.Hub, "Hub")
		k.Territory = access.ParseTerritory(territory)
		got := ""
		for n := int64(1); n <= 3; n++ {
			x, err := c.OpenContest(ctx, consultation.Contest{Lieu: place.Identifier(n), Critere: "ACC-01", Ground: consultation.Regle, Text: "Essai de " + territory + " ici."}, k, begun)
			switch {
			case err == nil && x.Number > 0:
				got += fmt.Sprint(n)
			case !errors.Is(err, access.ErrForbidden):
				t.Errorf("%q: %v", territory, err)
			}
		}
		if got != want {
			t.Errorf("%q holds %q, not %q", territory, got, want)
		}
	}
}

// What the publication of a MINOR or PATCH version waits for.
func BenchmarkCompare(b *testing.B) {
	ctx := context.Background()
	c := benchCensus(b)
	versions := must[[]consultation.Version](b)(c.ReferentielVersions(ctx))
	v := must[consultation.Version](b)(c.ReferentielVersion(ctx, versions[0].Version))
	after := edited(b, v.Document, reworded)
	for b.Loop() {
		if done, different, _, err := c.Compare(ctx, v.Document, after); err != nil || !done || different > 0 {
			b.Fatal(done, different, err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	ctx := context.Background()
	c, _ := founded(b)
	must[consultation.Version](b)(c.Fork(ctx, "1.0.0", "2.0.0", editor, begun))
	must[consultation.Version](b)(c.AdvanceVersion(ctx, "2.0.0", consultation.Move{To: consultation.EnConsultation}, editor, begun))
	for i := range 1000 {
		must[consultation.Remontee](b)(c.SubmitRemontee(ctx, consultation.Remontee{Version: "2.0.0", Kind: consultation.Commentaire, Text: fmt.Sprint("Le commentaire numéro ", i)}, marne, after(1)))
	}
	for b.Loop() {
		sound(b, c)
	}
	b.ReportMetric(1003, "entries")
}
