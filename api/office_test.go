package api

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"mednum/internal/access"
	"mednum/internal/consultation"
	"mednum/internal/place"
	"mednum/internal/quality"
	"mednum/internal/simulation"
)

// office is a model of what writes: scores and consultations in memory, decided
// by the rooms that decide them. The database does the same, durably.
type office struct {
	mu       sync.Mutex
	census   *census
	versions []consultation.Version // oldest first
	keys     map[string]access.Key  // by hash
	remarks  []consultation.Remontee
	disputes []consultation.Contest
	entries  []consultation.Entry
	reports  map[string]json.RawMessage
	answers  map[string][]quality.Declaration // by place
	evidence map[string][]quality.Evidence
	unscored map[string]bool
	now      func() time.Time
	engines  map[string]*quality.Engine // by hash
	asked    []string
	before   func(ctx context.Context, question string) error
	port     *port // files, and places known by several sources
}

// newOffice has version 1.0.0 in force and scores the places of a census, but
// the third one.
func newOffice(m *census) *office {
	document, err := quality.Parse(quality.Initial())
	if err != nil {
		panic(err)
	}
	text := document.Canonical()
	o := &office{census: m, keys: map[string]access.Key{}, reports: map[string]json.RawMessage{}, answers: map[string][]quality.Declaration{}, evidence: map[string][]quality.Evidence{},
		unscored: map[string]bool{place.Identifier(3): true}, now: func() time.Time { return noon }, engines: map[string]*quality.Engine{}}
	o.versions = []consultation.Version{{Version: document.Version, State: consultation.Publiee, Hash: document.Hash(), Document: text, Author: consultation.Party{Organisation: "mednum", Role: "plateforme"},
		Created: noon.AddDate(0, -2, 0), Changed: noon.AddDate(0, -2, 0), Published: noon.AddDate(0, -2, 0), Effective: place.Date{Year: 2026, Month: time.March, Day: 1}}}
	m.quality = o.published
	o.port = newPort(m.places)
	return o
}

func (o *office) begin(ctx context.Context, question string) error {
	o.mu.Lock()
	o.asked = append(o.asked, question)
	before := o.before
	o.mu.Unlock()
	if before != nil {
		if err := before(ctx, question); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// changed logs a fact and gives the data a new version.
func (o *office) changed(at time.Time, kind, subject string, by consultation.Party, payload any) {
	text, err := consultation.Canonical(payload)
	if err != nil {
		panic(err)
	}
	var last consultation.Entry
	if len(o.entries) > 0 {
		last = o.entries[len(o.entries)-1]
	}
	e, err := consultation.Chain(last, consultation.Entry{At: at, Kind: kind, Subject: subject, By: by, Key: by.Key, Payload: text})
	if err != nil {
		panic(err)
	}
	o.entries = append(o.entries, e)
	o.census.mu.Lock()
	o.census.version++
	o.census.mu.Unlock()
}

// key makes a key of a role, whose territory suits it.
func (o *office) key(t testing.TB, role access.Role, siren, territory string) (secret string) {
	t.Helper()
	secret, id, hash, err := access.NewSecret(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	k := access.Key{ID: id, Role: role, Organisation: "Organisation " + siren, Siren: siren, Territory: access.ParseTerritory(territory), Created: noon.AddDate(0, -1, 0), Expires: noon.AddDate(1, 0, 0)}
	o.keys[string(hash)] = k
	return secret
}

func (o *office) Key(ctx context.Context, secret string, at time.Time) (access.Key, error) {
	if err := o.begin(ctx, "Key"); err != nil {
		return access.Key{}, err
	}
	_, hash, err := access.ParseSecret(secret)
	if err != nil {
		return access.Key{}, err
	}
	k, ok := o.keys[string(hash)]
	if !ok {
		return access.Key{}, &access.Denial{Reason: "Cette clé n’est pas connue.", Err: access.ErrKey}
	}
	return k, k.Valid(at)
}

func (o *office) version(number string) *consultation.Version {
	for i := range o.versions {
		if o.versions[i].Version == number {
			return &o.versions[i]
		}
	}
	return nil
}

func (o *office) standing(on place.Date) string {
	_, inForce := consultation.Standing(o.versions, on)
	return inForce
}

// engine is the one of a version; nil for "".
func (o *office) engine(number string) *quality.Engine {
	v := o.version(number)
	if v == nil {
		return nil
	}
	e, ok := o.engines[v.Hash]
	if !ok {
		var err error
		if e, err = quality.Load(v.Document); err != nil {
			panic(err)
		}
		o.engines[v.Hash] = e
	}
	return e
}

func dayOf(t time.Time) place.Date {
	t = t.UTC()
	return place.Date{Year: t.Year(), Month: t.Month(), Day: t.Day()}
}

func (o *office) entree(m modelPlace, on place.Date) quality.Entree {
	id := m.published.ID
	in := quality.Entree{Fiche: quality.Derive(&m.place, nil, m.published.Departement, nil), Reponses: slices.Clone(o.answers[id]), Preuves: slices.Clone(o.evidence[id]), Date: quality.Jour{Date: on}}
	for _, c := range o.disputes {
		if c.Lieu == id && c.UnderReview() && !slices.Contains(in.Contestes, c.Critere) {
			in.Contestes = append(in.Contestes, c.Critere)
		}
	}
	slices.Sort(in.Contestes)
	slices.SortFunc(in.Reponses, func(a, b quality.Declaration) int { return strings.Compare(a.Question, b.Question) })
	slices.SortFunc(in.Preuves, func(a, b quality.Evidence) int { return strings.Compare(a.Preuve, b.Preuve) })
	return in
}

// published is the fragment of a place's feature.
func (o *office) published(m modelPlace) []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.fragment(m)
}

func (o *office) fragment(m modelPlace) []byte {
	if o.unscored[m.published.ID] {
		return nil
	}
	in := o.entree(m, dayOf(o.now()))
	result := o.engine(o.standing(dayOf(o.now()))).Evaluate(&in)
	p := result.Published()
	return p.AppendMembers(nil)
}

var initialEngine = sync.OnceValue(func() *quality.Engine {
	e, err := quality.Load(quality.Initial())
	if err != nil {
		panic(err)
	}
	return e
})

func (o *office) place(id string) (modelPlace, error) {
	for _, m := range o.census.places {
		if m.published.ID == id {
			if m.withdrawn {
				return m, place.ErrGone
			}
			return m, nil
		}
	}
	return modelPlace{}, place.ErrNotFound
}

func (o *office) Scored(ctx context.Context, id string) (s quality.Scored, err error) {
	if err := o.begin(ctx, "Scored"); err != nil {
		return s, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	m, err := o.place(id)
	if err != nil {
		return s, err
	}
	if o.unscored[id] {
		return s, quality.ErrNoScore
	}
	in := o.entree(m, dayOf(o.now()))
	number := o.standing(dayOf(o.now()))
	s = quality.Scored{ID: id, Nom: m.place.Nom, Source: m.published.Producteur, Entree: in, Version: number, Document: o.version(number).Document, Resultat: o.engine(number).Evaluate(&in)}
	for _, v := range o.versions {
		if v.State == consultation.Publiee && v.Effective.Compare(dayOf(o.now())) > 0 {
			next := o.engine(v.Version).Evaluate(&in)
			s.Suivant, s.SuivantLe = &next, quality.Jour{Date: v.Effective}
		}
	}
	return s, nil
}

func (o *office) Declare(ctx context.Context, id string, answers []quality.Declaration, by access.Key, at time.Time) error {
	if err := o.begin(ctx, "Declare"); err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if _, err := o.place(id); err != nil {
		return err
	}
	if err := by.Check(access.Declare, at); err != nil {
		return err
	}
	for _, a := range answers {
		o.answers[id] = append(slices.DeleteFunc(o.answers[id], func(b quality.Declaration) bool { return b.Question == a.Question }), a)
	}
	delete(o.unscored, id)
	o.changed(at, "declaration", "lieu "+id, consultation.PartyOf(by), answers)
	return nil
}

func (o *office) Verify(ctx context.Context, id string, found quality.Evidence, source string, reasons []string, by access.Key, at time.Time) error {
	if err := o.begin(ctx, "Verify"); err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := by.Check(access.Verify, at); err != nil {
		return err
	}
	o.evidence[id] = append(slices.DeleteFunc(o.evidence[id], func(b quality.Evidence) bool { return b.Preuve == found.Preuve }), found)
	delete(o.unscored, id)
	o.changed(at, "preuve", "lieu "+id, consultation.PartyOf(by), map[string]any{"preuve": found, "source": source, "motifs": reasons})
	return nil
}

func (o *office) Population(ctx context.Context, _ int) (out []simulation.Place, err error) {
	if err := o.begin(ctx, "Population"); err != nil {
		return nil, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, m := range o.census.places {
		if !m.withdrawn {
			out = append(out, simulation.Place{ID: m.published.ID, Entree: o.entree(m, dayOf(o.now())), Departement: m.published.Departement, Porteur: "association", Source: m.published.Producteur})
		}
	}
	return out, nil
}

func (o *office) ReferentielVersions(ctx context.Context) (out []consultation.Version, err error) {
	if err := o.begin(ctx, "ReferentielVersions"); err != nil {
		return nil, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, v := range slices.Backward(o.versions) {
		v.Document = nil
		out = append(out, v)
	}
	return out, nil
}

func (o *office) ReferentielVersion(ctx context.Context, number string) (consultation.Version, error) {
	if err := o.begin(ctx, "ReferentielVersion"); err != nil {
		return consultation.Version{}, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if v := o.version(number); v != nil {
		return *v, nil
	}
	return consultation.Version{}, consultation.ErrNoVersion
}

func (o *office) InForce(ctx context.Context, on place.Date) (consultation.Version, error) {
	if err := o.begin(ctx, "InForce"); err != nil {
		return consultation.Version{}, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if v := o.version(o.standing(on)); v != nil {
		return *v, nil
	}
	return consultation.Version{}, consultation.ErrNoVersion
}

func (o *office) Fork(ctx context.Context, from, number string, by access.Key, at time.Time) (consultation.Version, error) {
	if err := o.begin(ctx, "Fork"); err != nil {
		return consultation.Version{}, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	parent := o.version(from)
	if parent == nil {
		return consultation.Version{}, consultation.ErrNoVersion
	}
	var numbers []string
	for _, v := range o.versions {
		numbers = append(numbers, v.Version)
	}
	draft, err := parent.Fork(number, numbers, by, at)
	if err != nil {
		return draft, err
	}
	document, err := quality.Parse(parent.Document)
	if err != nil {
		return draft, err
	}
	document.Version = number
	draft.Document, draft.Hash = document.Canonical(), document.Hash()
	o.versions = append(o.versions, draft)
	o.changed(at, consultation.LogVersion, number, draft.Author, map[string]string{"hash": draft.Hash})
	return draft, nil
}

func (o *office) SaveDraft(ctx context.Context, number string, document []byte, ifHash string, by access.Key, at time.Time) (consultation.Version, error) {
	if err := o.begin(ctx, "SaveDraft"); err != nil {
		return consultation.Version{}, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	v := o.version(number)
	if v == nil {
		return consultation.Version{}, consultation.ErrNoVersion
	}
	if err := v.Edit(by, at); err != nil {
		return *v, err
	}
	after, err := quality.Parse(document)
	if err != nil {
		return *v, err
	}
	if ifHash != "" && ifHash != v.Hash {
		return *v, consultation.ErrChanged
	}
	v.Document, v.Hash, v.Changed = after.Canonical(), after.Hash(), at
	o.changed(at, consultation.LogText, number, consultation.PartyOf(by), map[string]string{"hash": v.Hash})
	return *v, nil
}

func (o *office) known(v *consultation.Version) consultation.Known {
	var k consultation.Known
	for i := range o.versions {
		if o.versions[i].State == consultation.Publiee {
			k.Published = append(k.Published, o.versions[i].Hash)
		}
	}
	for _, r := range o.remarks {
		if r.Version == v.Version {
			k.Remontees = append(k.Remontees, r)
		}
	}
	if s, ok := consultation.ReadSimulation(o.reports[v.Version]); ok {
		k.Simulation = &s
	}
	return k
}

func (o *office) AdvanceVersion(ctx context.Context, number string, m consultation.Move, by access.Key, at time.Time) (consultation.Version, error) {
	if err := o.begin(ctx, "AdvanceVersion"); err != nil {
		return consultation.Version{}, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	v := o.version(number)
	if v == nil {
		return consultation.Version{}, consultation.ErrNoVersion
	}
	next, err := v.Advance(m, by, at, o.known(v))
	if err != nil {
		return *v, err
	}
	*v = next
	o.changed(at, consultation.LogState, number, consultation.PartyOf(by), map[string]string{"etat": string(v.State)})
	return *v, nil
}

func (o *office) ApproveVersion(ctx context.Context, number, vote, note string, by access.Key, at time.Time) (consultation.Version, error) {
	if err := o.begin(ctx, "ApproveVersion"); err != nil {
		return consultation.Version{}, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	v := o.version(number)
	if v == nil {
		return consultation.Version{}, consultation.ErrNoVersion
	}
	next, err := v.Approve(vote, note, by, at)
	if err != nil {
		return *v, err
	}
	*v = next
	o.changed(at, consultation.LogVote, number, consultation.PartyOf(by), map[string]string{"vote": vote})
	return *v, nil
}

func (o *office) Simulation(ctx context.Context, number string) (json.RawMessage, error) {
	if err := o.begin(ctx, "Simulation"); err != nil {
		return nil, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.version(number) == nil {
		return nil, consultation.ErrNoVersion
	}
	if report := o.reports[number]; report != nil {
		return report, nil
	}
	return nil, consultation.ErrNoSimulation
}

func (o *office) SaveSimulation(ctx context.Context, number, hash string, report json.RawMessage, by access.Key, at time.Time) error {
	if err := o.begin(ctx, "SaveSimulation"); err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if v := o.version(number); v == nil || v.Hash != hash {
		return consultation.ErrChanged
	}
	o.reports[number] = bytes.Clone(report)
	o.changed(at, consultation.LogSimulation, number, consultation.PartyOf(by), map[string]string{"hash": hash})
	return nil
}

func (o *office) Remontees(ctx context.Context, number string) (out []consultation.Remontee, err error) {
	if err := o.begin(ctx, "Remontees"); err != nil {
		return nil, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, r := range o.remarks {
		if r.Version == number {
			out = append(out, o.counted(r))
		}
	}
	return out, nil
}

func (o *office) counted(r consultation.Remontee) consultation.Remontee {
	r.For, r.Against = 0, 0
	for _, voice := range o.remarks {
		if voice.About == r.Number && voice.Kind == consultation.Soutien {
			r.For++
		} else if voice.About == r.Number && voice.Kind == consultation.Opposition {
			r.Against++
		}
	}
	return r
}

func (o *office) Remontee(ctx context.Context, number int64) (consultation.Remontee, error) {
	if err := o.begin(ctx, "Remontee"); err != nil {
		return consultation.Remontee{}, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if number < 1 || number > int64(len(o.remarks)) {
		return consultation.Remontee{}, consultation.ErrNoRemontee
	}
	return o.counted(o.remarks[number-1]), nil
}

func (o *office) SubmitRemontee(ctx context.Context, r consultation.Remontee, by access.Key, at time.Time) (consultation.Remontee, error) {
	if err := o.begin(ctx, "SubmitRemontee"); err != nil {
		return r, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	v := o.version(r.Version)
	if v == nil {
		return r, consultation.ErrNoVersion
	}
	var about *consultation.Remontee
	if r.About > 0 && r.About <= int64(len(o.remarks)) {
		about = &o.remarks[r.About-1]
	}
	document, err := quality.Parse(v.Document)
	if err != nil {
		return r, err
	}
	var codes []string
	for _, c := range document.Criteres {
		codes = append(codes, c.Code)
	}
	if r, err = v.Submit(r, codes, about, by, at); err != nil {
		return r, err
	}
	for i := range o.remarks {
		if r.ReplacesVoice(&o.remarks[i]) {
			r.Number = o.remarks[i].Number
			o.remarks[i] = r
		}
	}
	if r.Number == 0 {
		r.Number = int64(len(o.remarks) + 1)
		o.remarks = append(o.remarks, r)
	}
	o.changed(at, consultation.LogRemontee, fmt.Sprintf("remontée %d", r.Number), r.By, r)
	return r, nil
}

func (o *office) AnswerRemontee(ctx context.Context, number int64, d consultation.Decision, reason string, by access.Key, at time.Time) (consultation.Remontee, error) {
	if err := o.begin(ctx, "AnswerRemontee"); err != nil {
		return consultation.Remontee{}, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if number < 1 || number > int64(len(o.remarks)) {
		return consultation.Remontee{}, consultation.ErrNoRemontee
	}
	r := &o.remarks[number-1]
	next, err := r.Answer(*o.version(r.Version), d, reason, by, at)
	if err != nil {
		return *r, err
	}
	*r = next
	for i := range o.remarks {
		if voice := &o.remarks[i]; voice.About == number {
			voice.Decision, voice.Reason, voice.Decided, voice.Decider = r.Decision, r.Reason, r.Decided, r.Decider
		}
	}
	o.changed(at, consultation.LogAnswer, fmt.Sprintf("remontée %d", number), *r.Decider, map[string]string{"decision": string(d)})
	return *r, nil
}

func (o *office) Contests(ctx context.Context, lieu string) (out []consultation.Contest, err error) {
	if err := o.begin(ctx, "Contests"); err != nil {
		return nil, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, c := range o.disputes {
		if c.Lieu == lieu {
			out = append(out, c)
		}
	}
	return out, nil
}

func (o *office) Contest(ctx context.Context, number int64) (consultation.Contest, error) {
	if err := o.begin(ctx, "Contest"); err != nil {
		return consultation.Contest{}, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if number < 1 || number > int64(len(o.disputes)) {
		return consultation.Contest{}, consultation.ErrNoContest
	}
	return o.disputes[number-1], nil
}

func (o *office) held(id string, by access.Key) bool {
	m, err := o.place(id)
	return err == nil && by.Territory.Holds(id, m.place.CodeInsee, "", m.published.Departement, "")
}

func (o *office) OpenContest(ctx context.Context, c consultation.Contest, by access.Key, at time.Time) (consultation.Contest, error) {
	if err := o.begin(ctx, "OpenContest"); err != nil {
		return c, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	var codes []string
	for _, one := range o.engine(o.standing(dayOf(at))).Referentiel().Criteres {
		codes = append(codes, one.Code)
	}
	c, err := consultation.Open(c, codes, o.held(c.Lieu, by), by, at)
	if err != nil {
		return c, err
	}
	c.Number = int64(len(o.disputes) + 1)
	o.disputes = append(o.disputes, c)
	o.changed(at, consultation.LogContest, fmt.Sprintf("contestation %d", c.Number), c.By, c)
	return c, nil
}

func (o *office) StepContest(ctx context.Context, number int64, s consultation.Step, by access.Key, at time.Time) (consultation.Contest, error) {
	if err := o.begin(ctx, "StepContest"); err != nil {
		return consultation.Contest{}, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if number < 1 || number > int64(len(o.disputes)) {
		return consultation.Contest{}, consultation.ErrNoContest
	}
	c := &o.disputes[number-1]
	next, err := c.Step(s, o.held(c.Lieu, by), by, at)
	if err != nil {
		return *c, err
	}
	*c = next
	o.changed(at, consultation.LogContestStep, fmt.Sprintf("contestation %d", number), consultation.PartyOf(by), s)
	return *c, nil
}

func (o *office) Log(ctx context.Context, after int64, limit int) ([]consultation.Entry, error) {
	if err := o.begin(ctx, "Log"); err != nil {
		return nil, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	from := min(after, int64(len(o.entries)))
	return slices.Clone(o.entries[from:min(int(from)+limit, len(o.entries))]), nil
}

// officeOf is a server on a census and an office.
func officeOf(t testing.TB, change ...func(*Config)) (*Server, *office) {
	t.Helper()
	m := newCensus()
	o := newOffice(m)
	return serverOf(t, m, append([]func(*Config){func(c *Config) {
		p := &porter{office: o}
		c.Scores, c.Consultations, c.Sessions, c.Mail = o, o, p, p
		c.Deposits, c.Duplicates = o.port, o.port
	}}, change...)...), o
}
