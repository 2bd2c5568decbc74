package postgres

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"mednum/internal/history"
	"mednum/internal/place"
	"mednum/internal/quality"
)

// scoresLock makes scorings queue: each reads what the one before left, and the
// last result written comes from the last answers. It is taken after loadLock
// and territoriesLock, never before.
const scoresLock = loadLock + 16

// scoringBatch is how many places are scored at once. A scoring holds three
// times that in memory, some 10 KB each.
const scoringBatch = 500

// rules is a version of the référentiel that scores places.
type rules struct {
	version   string
	hash      []byte // of the document
	effective place.Date
	engine    *quality.Engine
}

// rulesAt gives the version in force on a day, and the next one that is
// published and will be: nil where there is none.
func (c *Census) rulesAt(ctx context.Context, tx pgx.Tx, on place.Date) (inForce, upcoming *rules, err error) {
	rows, err := tx.Query(ctx, `
		(SELECT version, hash, effective_on, false FROM referentiels
		WHERE state IN ('PUBLIEE', 'REMPLACEE') AND effective_on <= $1
		ORDER BY effective_on DESC, published_at DESC LIMIT 1)
		UNION ALL
		(SELECT version, hash, effective_on, true FROM referentiels
		WHERE state IN ('PUBLIEE', 'REMPLACEE') AND effective_on > $1
		ORDER BY effective_on, published_at DESC LIMIT 1)`, on.Time())
	if err != nil {
		return nil, nil, err
	}
	var r rules
	var effective *time.Time
	var later bool
	_, err = pgx.ForEachRow(rows, []any{&r.version, &r.hash, &effective, &later}, func() error {
		found := r
		found.effective = dateOf(effective)
		r.hash = nil
		if later {
			upcoming = &found
		} else {
			inForce = &found
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	for _, r := range []*rules{inForce, upcoming} {
		if r == nil {
			continue
		}
		if r.engine, err = c.engine(ctx, tx, r.hash); err != nil {
			return nil, nil, fmt.Errorf("référentiel %s: %w", r.version, err)
		}
	}
	return inForce, upcoming, nil
}

// engine makes the engine of a version, once: its document never changes.
func (c *Census) engine(ctx context.Context, q queryer, hash []byte) (*quality.Engine, error) {
	if e, ok := c.engines.Load(string(hash)); ok {
		return e.(*quality.Engine), nil
	}
	var document []byte
	err := q.QueryRow(ctx, `SELECT document FROM referentiels WHERE hash = $1 LIMIT 1`, hash).Scan((*text)(&document))
	if err != nil {
		return nil, err
	}
	e, err := quality.Load(document)
	if err != nil {
		return nil, err
	}
	c.engines.Store(string(hash), e)
	return e, nil
}

// rescore scores places again, in the transaction that changed what their
// scores come from. An unknown date is today. The caller bumps the data version.
func (c *Census) rescore(ctx context.Context, tx pgx.Tx, seqs []int64, date place.Date) error {
	// What is known of a record counts for the place that it turned out to be:
	// looked up once whoever merges or splits has committed.
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(scoresLock)); err != nil {
		return err
	}
	rows, err := tx.Query(ctx, `SELECT COALESCE(merged_into, seq) FROM places WHERE seq = ANY($1)`, seqs)
	if err != nil {
		return err
	}
	leads, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return err
	}
	s := scoring{census: c, tx: tx, date: date, where: "p.seq = ANY($1)", args: []any{leads}}
	return s.run(ctx)
}

// scoring is one pass over places.
type scoring struct {
	census *Census
	tx     pgx.Tx
	date   place.Date // unknown: today
	where  string     // on places p
	args   []any
	dryRun bool
	// progress, when not nil, is told how many places were scored.
	progress func(done int)

	now               time.Time
	inForce, upcoming *rules
	constantes        map[int32][]string // by source
	openings          openings

	report  RescoreReport
	written int
	levels  map[[2]string]int
	drawn   map[[2]string]int // levels, by what the derivation alone would change
}

// subject is a place on its way to its score.
type subject struct {
	seq        int64
	feature    []byte
	absent     []string
	defaults   []string // columns that say nothing of this place
	led        bool     // it speaks for several records: defaults has their constants
	recordHash []byte
	source     int32
	densite    string
	aide       string
	ecart      *int
	oldEntree  []byte // of a dry run
	oldRecord  []byte
	former     [2]former
	reponses   []quality.Declaration
	preuves    []quality.Evidence
	contestes  []string
	mesures    []quality.Mesure
	scored     [2]*scored // in force, upcoming: nil when there is nothing to write
	drawn      *drawn     // of a dry run
	fault      error
}

// former is the result that a place had.
type former struct {
	cause, outcome, essence []byte
	niveau                  string
	on                      time.Time
	there                   bool
}

// scored is a new result, as it is written.
type scored struct {
	rules                   *rules
	entree, resultat        []byte
	entreeHash, hash        []byte
	cause, outcome, essence []byte
	niveau                  string
	published               []byte
	values                  []byte // of the criteria
	score                   int16
	letter                  string
	complete                bool
	socle                   []string
	keep                    bool // the former result goes to the history
	moved                   bool // the result itself is another
}

func (s *scoring) run(ctx context.Context) error {
	if !s.date.Known() {
		s.date = dayOf(time.Now())
	}
	s.report.Date = s.date
	if !s.dryRun {
		if _, err := s.tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(scoresLock)); err != nil {
			return err
		}
	}
	var err error
	if s.inForce, s.upcoming, err = s.census.rulesAt(ctx, s.tx, s.date); err != nil {
		return err
	}
	if s.inForce != nil {
		s.report.Version = s.inForce.version
	}
	if s.upcoming != nil {
		s.report.Upcoming, s.report.EffectiveOn = s.upcoming.version, s.upcoming.effective
	}
	if s.inForce == nil && s.upcoming == nil {
		return nil // nothing says how to score: the places do without
	}
	if err := s.tx.QueryRow(ctx, `SELECT statement_timestamp()`).Scan(&s.now); err != nil {
		return err
	}
	if s.constantes, err = s.readConstantes(ctx); err != nil {
		return err
	}
	s.levels, s.drawn, s.report.Derivation.Facts = map[[2]string]int{}, map[[2]string]int{}, map[string]int{}
	s.openings.known = map[string]quality.Opening{}
	if len(s.args) > 0 {
		// Given places are all fetched: a plan that soon has the first of them would
		// walk the census in order until it meets them.
		if _, err := s.tx.Exec(ctx, `SET LOCAL cursor_tuple_fraction = 1`); err != nil {
			return err
		}
	}
	// A cursor: one plan and one picture of the census for the whole pass.
	_, err = s.tx.Exec(ctx, `
		DECLARE mednum_scoring NO SCROLL CURSOR FOR
		SELECT p.seq, f.feature, rec.absent, rec.defaults, EXISTS (SELECT FROM members m WHERE m.seq = p.seq), rec.hash, p.source_id, COALESCE(c.densite, ''),
			CASE a.active WHEN true THEN 'oui' WHEN false THEN 'non' ELSE '' END, e.metres,
			r.cause, r.outcome, r.essence, COALESCE(r.niveau, ''), r.scored_on,
			u.cause, u.outcome, u.essence, COALESCE(u.niveau, ''), u.scored_on,
			`+s.formerEntry()+`
		FROM places p
			JOIN features f USING (seq)
			JOIN records rec USING (seq)
			LEFT JOIN communes c ON c.code = p.code_insee
			LEFT JOIN aides_locales a ON a.departement = p.departement
			LEFT JOIN ecarts_commune e ON e.seq = p.seq
			LEFT JOIN results r ON r.seq = p.seq AND NOT r.upcoming
			LEFT JOIN results u ON u.seq = p.seq AND u.upcoming
		WHERE p.shown AND `+s.where+`
		ORDER BY p.seq`, s.args...)
	if err != nil {
		return err
	}
	// While some are evaluated, the server keeps those before and reads those after.
	var before []*subject
	batch, err := s.fetch(ctx)
	for err == nil && len(before)+len(batch) > 0 {
		if len(batch) > 0 {
			if err = s.answers(ctx, batch); err != nil {
				break
			}
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			s.evaluate(batch)
		}()
		var next []*subject
		if err = s.write(ctx, before); err == nil && len(batch) > 0 {
			next, err = s.fetch(ctx)
		}
		<-done
		if s.progress != nil {
			s.progress(s.report.Places)
		}
		before, batch = batch, next
	}
	if err != nil {
		return err
	}
	_, err = s.tx.Exec(ctx, `CLOSE mednum_scoring`)
	return err
}

func (s *scoring) formerEntry() string {
	if s.dryRun {
		return "r.entree, r.record_hash"
	}
	return "NULL::text, NULL::bytea"
}

func (s *scoring) readConstantes(ctx context.Context) (map[int32][]string, error) {
	rows, err := s.tx.Query(ctx, `SELECT source_id, constantes FROM sources WHERE constantes <> '{}'`)
	if err != nil {
		return nil, err
	}
	all := map[int32][]string{}
	var id int32
	var list []string
	_, err = pgx.ForEachRow(rows, []any{&id, &list}, func() error {
		all[id] = list
		list = nil
		return nil
	})
	return all, err
}

// constantesOf gives the fields that tell nothing of the place itself, sorted.
func (s *scoring) constantesOf(p *subject) []string {
	all := s.constantes[p.source]
	switch {
	case p.led:
		return p.defaults
	case len(p.defaults) == 0:
		return all
	}
	all = append(slices.Clone(all), p.defaults...)
	slices.Sort(all)
	return slices.Compact(all)
}

func (s *scoring) fetch(ctx context.Context) ([]*subject, error) {
	rows, err := s.tx.Query(ctx, fmt.Sprintf(`FETCH %d FROM mednum_scoring`, scoringBatch))
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (*subject, error) {
		var p subject
		var on [2]*time.Time
		a, b := &p.former[0], &p.former[1]
		err := row.Scan(&p.seq, (*text)(&p.feature), &p.absent, &p.defaults, &p.led, &p.recordHash, &p.source, &p.densite, &p.aide, &p.ecart,
			&a.cause, &a.outcome, &a.essence, &a.niveau, &on[0], &b.cause, &b.outcome, &b.essence, &b.niveau, &on[1], (*text)(&p.oldEntree), &p.oldRecord)
		for i := range on {
			if on[i] != nil {
				p.former[i].there, p.former[i].on = true, *on[i]
			}
		}
		return &p, err
	})
}

// answers adds what was declared, verified and contested, of whichever record
// behind the place.
func (s *scoring) answers(ctx context.Context, batch []*subject) error {
	seqs := make([]int64, len(batch))
	bySeq := make(map[int64]*subject, len(batch))
	var led []int64
	for i, p := range batch {
		seqs[i], bySeq[p.seq] = p.seq, p
		if p.led {
			led = append(led, p.seq)
		}
	}
	leads := slices.Clone(seqs) // of each of seqs
	if len(led) > 0 {
		rows, err := s.tx.Query(ctx, `SELECT seq, merged_into FROM places WHERE merged_into = ANY($1)`, led)
		if err != nil {
			return err
		}
		var seq, lead int64
		if _, err := pgx.ForEachRow(rows, []any{&seq, &lead}, func() error {
			seqs, leads = append(seqs, seq), append(leads, lead)
			return nil
		}); err != nil {
			return err
		}
	}
	var requests pgx.Batch
	var seq int64
	var a, b string
	var on, until time.Time
	day := func(t time.Time) quality.Jour { return quality.Jour{Date: dateOf(&t)} }
	requests.Queue(`
		SELECT DISTINCT ON (lead, question) lead, question, reponse, declared_on, expires_on
		FROM declarations JOIN unnest($1::bigint[], $2::bigint[]) AS m (seq, lead) USING (seq)
		ORDER BY lead, question, declaration_id DESC`, seqs, leads).Query(func(rows pgx.Rows) error {
		_, err := pgx.ForEachRow(rows, []any{&seq, &a, &b, &on, &until}, func() error {
			if b == quality.Retiree {
				return nil
			}
			p := bySeq[seq]
			p.reponses = append(p.reponses, quality.Declaration{Question: a, Reponse: b, Date: day(on), Expire: day(until)})
			return nil
		})
		return err
	})
	requests.Queue(`
		SELECT DISTINCT ON (lead, preuve) lead, preuve, resultat, found_on, expires_on
		FROM evidence JOIN unnest($1::bigint[], $2::bigint[]) AS m (seq, lead) USING (seq)
		ORDER BY lead, preuve, evidence_id DESC`, seqs, leads).Query(func(rows pgx.Rows) error {
		_, err := pgx.ForEachRow(rows, []any{&seq, &a, &b, &on, &until}, func() error {
			p := bySeq[seq]
			p.preuves = append(p.preuves, quality.Evidence{Preuve: a, Resultat: b, Date: day(on), Expire: day(until)})
			return nil
		})
		return err
	})
	requests.Queue(`
		SELECT DISTINCT lead, critere
		FROM contests JOIN unnest($1::bigint[], $2::bigint[]) AS m (seq, lead) USING (seq)
		WHERE state IN ('DEPOSEE', 'ACCUSEE', 'APPEL')
		ORDER BY lead, critere`, seqs, leads).Query(func(rows pgx.Rows) error {
		_, err := pgx.ForEachRow(rows, []any{&seq, &a}, func() error {
			p := bySeq[seq]
			p.contestes = append(p.contestes, a)
			return nil
		})
		return err
	})
	// Reports of the year past, once settled or thirty days old: those settled in
	// thirty days, of all.
	requests.Queue(`
		SELECT lead, count(*) FILTER (WHERE decided <= made_at + interval '30 days'), count(*)
		FROM (
			SELECT lead, made_at, (
				SELECT min((step->>'le')::timestamptz)
				FROM jsonb_array_elements(CASE jsonb_typeof(steps::jsonb) WHEN 'array' THEN steps::jsonb ELSE '[]' END) AS step
				WHERE step->>'etat' = 'DECIDEE'
			) AS decided
			FROM contests JOIN unnest($1::bigint[], $2::bigint[]) AS m (seq, lead) USING (seq)
			WHERE ground IN ('donnee', 'preuve')
				AND made_at < $3::date + interval '1 day' AND made_at >= $3::date - interval '1 year'
		) AS reports
		WHERE decided IS NOT NULL OR made_at < $3::date - interval '30 days'
		GROUP BY lead`, seqs, leads, s.date.Time()).Query(func(rows pgx.Rows) error {
		m := quality.Mesure{Mesure: reportsHandled}
		_, err := pgx.ForEachRow(rows, []any{&seq, &m.Numerateur, &m.Denominateur}, func() error {
			bySeq[seq].mesures = []quality.Mesure{m}
			return nil
		})
		return err
	})
	return s.tx.SendBatch(ctx, &requests).Close()
}

// reportsHandled is what the référentiel calls the share of reports handled.
const reportsHandled = "signalements_traites"

// evaluate scores a batch on every core.
func (s *scoring) evaluate(batch []*subject) {
	workers := min(runtime.GOMAXPROCS(0), (len(batch)+15)/16)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for _, p := range batch[len(batch)*w/workers : len(batch)*(w+1)/workers] {
				if p.fault = s.scoreOne(p); p.fault != nil {
					p.fault = fmt.Errorf("place %s: %w", place.Identifier(p.seq), p.fault)
				}
			}
		})
	}
	wg.Wait()
}

// computed is the versions of what this program computes.
var computed = []byte("\x00" + quality.Moteur + "\x00" + quality.Derivation + "\x00")

// openings are what was read of opening hours, which many places share.
type openings struct {
	mu    sync.Mutex
	known map[string]quality.Opening
}

// hoursKept at most: memory is bounded whatever the census.
const hoursKept = 20_000

func (o *openings) of(horaires string) quality.Opening {
	o.mu.Lock()
	opening, ok := o.known[horaires]
	o.mu.Unlock()
	if ok {
		return opening
	}
	opening = quality.HoursFacts(horaires)
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.known) >= hoursKept {
		clear(o.known)
	}
	o.known[horaires] = opening
	return opening
}

func (s *scoring) scoreOne(p *subject) error {
	fields, beside, err := place.ParseFeature(p.feature)
	if err != nil {
		return err
	}
	opening := s.openings.of(fields.Horaires)
	in := quality.Entree{
		Fiche:    quality.DeriveOpening(&fields, p.absent, beside.Departement, p.ecart, opening),
		Contexte: quality.Contexte{Densite: p.densite, AideLocale: p.aide, Constantes: s.constantesOf(p)},
		Reponses: p.reponses, Preuves: p.preuves, Mesures: p.mesures, Contestes: p.contestes,
	}
	timeless := in.Canonical()
	in.Date = quality.Jour{Date: s.date}
	var entree []byte
	for i, r := range []*rules{s.inForce, s.upcoming} {
		if r == nil {
			continue
		}
		was := &p.former[i]
		cause := sha256.New()
		// Only the last one varies in length.
		cause.Write(r.hash)
		cause.Write(p.recordHash)
		cause.Write(computed)
		cause.Write(timeless)
		n := &scored{rules: r, cause: cause.Sum(nil)}
		same := was.there && string(was.cause) == string(n.cause)
		if same && was.on.Equal(s.date.Time()) {
			continue
		}
		if entree == nil {
			entree = in.Canonical()
		}
		result := r.engine.Evaluate(&in)
		n.outcome, n.essence = outcomeOf(&result), essenceOf(&result)
		n.moved = !was.there || string(was.outcome) != string(n.outcome)
		if same && !n.moved {
			continue // only days went by, and changed nothing
		}
		n.keep = was.there && n.moved && (!same || string(was.essence) != string(n.essence))
		n.entree = entree
		if n.entreeHash, err = hex.DecodeString(result.Entree); err != nil {
			return err
		}
		n.resultat = result.Canonical()
		n.hash = hashOf(n.resultat)
		n.niveau = shown(&result)
		published := result.Published()
		n.published = published.AppendMembers(nil)
		n.values = result.AppendValues(nil)
		n.score = int16(result.Score / 100)
		n.letter = result.Niveau
		n.complete = len(result.Socle.Manquantes)+len(result.Socle.Inconnues) == 0
		n.socle = result.Socle.Tenues
		p.scored[i] = n
	}
	if s.dryRun && len(p.oldEntree) > 0 && s.inForce != nil {
		p.drawn, err = s.redraw(p, &in.Fiche)
	}
	return err
}

// redraw tells what the derivation alone changes of a result: the facts are this
// program's, the rest of the entry and the day are those of then.
func (s *scoring) redraw(p *subject, fiche *quality.Fiche) (*drawn, error) {
	if string(p.oldRecord) != string(p.recordHash) {
		return nil, nil
	}
	var before quality.Entree
	if err := readJSON(p.oldEntree, &before); err != nil {
		return nil, fmt.Errorf("stored entry: %w", err)
	}
	after := before
	after.Fiche = *fiche
	after.Fiche.Faits.EcartCommune = before.Fiche.Faits.EcartCommune // the territories' doing
	if string(after.Canonical()) == string(p.oldEntree) {
		return nil, nil
	}
	was, is := s.inForce.engine.Evaluate(&before), s.inForce.engine.Evaluate(&after)
	d := &drawn{facts: differing(&before.Fiche, &after.Fiche), from: shown(&was), to: shown(&is)}
	d.moved = string(outcomeOf(&was)) != string(outcomeOf(&is))
	return d, nil
}

// differing names the facts that two entries do not share; "fiche" is what is
// read of the record as it is.
func differing(a, b *quality.Fiche) []string {
	var names []string
	x, y := &a.Faits, &b.Faits
	for _, f := range []struct {
		name string
		same bool
	}{
		{"horaires", x.Horaires == y.Horaires},
		{"minutes_semaine", equal(x.MinutesSemaine, y.MinutesSemaine)},
		{"hors_bureau", equal(x.HorsBureau, y.HorsBureau)},
		{"presentation", x.Presentation == y.Presentation},
		{"pivot", x.Pivot == y.Pivot},
		{"acces_libre", x.AccesLibre == y.AccesLibre},
	} {
		if !f.same {
			names = append(names, f.name)
		}
	}
	if names == nil {
		names = []string{"fiche"}
	}
	return names
}

func equal[T comparable](a, b *T) bool {
	return a == b || a != nil && b != nil && *a == *b
}

func hashOf(text []byte) []byte {
	h := sha256.Sum256(text)
	return h[:]
}

// outcomeOf is the same for two results that differ only by their day, by what of
// their entries changed nothing, and by the program that made them.
func outcomeOf(r *quality.Resultat) []byte {
	dayless := *r
	dayless.Date, dayless.Entree, dayless.Moteur, dayless.Derivation = quality.Jour{}, "", "", ""
	return hashOf(dayless.Canonical())
}

// essenceOf leaves out what moves a little every day: confidence, and the points
// of what ages.
func essenceOf(r *quality.Resultat) []byte {
	dst := make([]byte, 0, 1024)
	text := func(s string) { dst = append(append(dst, s...), 0) }
	list := func(list []string) {
		for _, s := range list {
			text(s)
		}
		dst = append(dst, 0)
	}
	for _, s := range []string{r.Version, r.Referentiel, string(r.Etat), r.Niveau, r.NiveauMin, r.NiveauMax} {
		text(s)
	}
	dst = strconv.AppendInt(dst, int64(r.Score), 10)
	dst = strconv.AppendInt(append(dst, ' '), int64(r.Couverture), 10)
	dst = strconv.AppendBool(append(dst, ' '), r.EnReexamen)
	list(r.Socle.Tenues)
	list(r.Socle.Manquantes)
	list(r.Socle.Inconnues)
	for i := range r.Criteres {
		c := &r.Criteres[i]
		text(c.Code)
		text(string(c.Statut))
		dst = strconv.AppendBool(strconv.AppendBool(dst, c.Expire), c.Conteste)
	}
	return hashOf(dst)
}

// shown is what people see of a result: a letter, a range of letters, nothing.
func shown(r *quality.Resultat) string {
	switch r.Etat {
	case quality.Confirme:
		return r.Niveau
	case quality.Provisoire:
		return r.NiveauMin + "-" + r.NiveauMax
	}
	return ""
}

// write counts a batch, and keeps what is new of it.
func (s *scoring) write(ctx context.Context, batch []*subject) error {
	var seqs, past, stale []int64
	var results, first [][]any // of places that had none
	var upcoming []bool
	var versions, entrees, resultats, niveaux []string
	var referentiels, records, entreeHashes, hashes, causes, outcomes, essences [][]byte
	var inForce []int64
	var scores []int16
	var letters []*string
	var complete []bool
	var socles, published []string
	var judged []int64
	var under []string
	var values [][]byte
	for _, p := range batch {
		if p.fault != nil {
			return p.fault
		}
		s.count(p)
		if n := p.scored[0]; n != nil {
			judged, under, values = append(judged, p.seq), append(under, n.rules.version), append(values, n.values)
		}
		for i, n := range p.scored {
			if n == nil {
				continue
			}
			if !p.former[i].there {
				results = append(results, []any{p.seq, i == 1, n.rules.version, n.rules.hash, p.recordHash, string(n.entree), n.entreeHash, string(n.resultat), n.hash,
					n.niveau, n.cause, n.outcome, n.essence, quality.Moteur, quality.Derivation, s.date.Time(), s.now})
				if i == 0 {
					first = append(first, []any{p.seq, n.score, orNil(n.letter), n.complete, notNil(n.socle), string(n.published)})
				}
				continue
			}
			seqs, upcoming, versions = append(seqs, p.seq), append(upcoming, i == 1), append(versions, n.rules.version)
			referentiels, records = append(referentiels, n.rules.hash), append(records, p.recordHash)
			entrees, entreeHashes = append(entrees, string(n.entree)), append(entreeHashes, n.entreeHash)
			resultats, hashes = append(resultats, string(n.resultat)), append(hashes, n.hash)
			niveaux = append(niveaux, n.niveau)
			causes, outcomes, essences = append(causes, n.cause), append(outcomes, n.outcome), append(essences, n.essence)
			if i == 1 {
				continue
			}
			if n.keep {
				past = append(past, p.seq)
			}
			inForce, scores, complete = append(inForce, p.seq), append(scores, n.score), append(complete, n.complete)
			letters = append(letters, orNil(n.letter))
			socles = append(socles, strings.Join(n.socle, " "))
			published = append(published, string(n.published))
		}
		if s.upcoming == nil && p.former[1].there {
			stale = append(stale, p.seq) // it came into force, or was put off
		}
	}
	if s.dryRun {
		return nil
	}
	for _, to := range []struct {
		table   string
		columns []string
		rows    [][]any
	}{
		{"results", []string{"seq", "upcoming", "version", "referentiel", "record_hash", "entree", "entree_hash", "resultat", "resultat_hash",
			"niveau", "cause", "outcome", "essence", "moteur", "derivation", "scored_on", "scored_at"}, results},
		{"scores", []string{"seq", "score", "niveau", "complete", "socle", "published"}, first},
	} {
		if len(to.rows) > 0 {
			if _, err := s.tx.CopyFrom(ctx, pgx.Identifier{to.table}, to.columns, pgx.CopyFromRows(to.rows)); err != nil {
				return err
			}
		}
	}
	var requests pgx.Batch
	if len(past) > 0 {
		requests.Queue(toHistory+` WHERE seq = ANY($2) AND NOT upcoming ORDER BY seq`, s.now, past)
	}
	if len(stale) > 0 {
		requests.Queue(`DELETE FROM results WHERE seq = ANY($1) AND upcoming`, stale)
	}
	if len(seqs) > 0 {
		requests.Queue(`
			INSERT INTO results (seq, upcoming, version, referentiel, record_hash, entree, entree_hash, resultat, resultat_hash,
				niveau, cause, outcome, essence, moteur, derivation, scored_on, scored_at)
			SELECT *, $14, $15, $16, $17
			FROM unnest($1::bigint[], $2::boolean[], $3::text[], $4::bytea[], $5::bytea[], $6::text[], $7::bytea[], $8::text[], $9::bytea[],
				$10::text[], $11::bytea[], $12::bytea[], $13::bytea[])
			ON CONFLICT (seq, upcoming) DO UPDATE SET (version, referentiel, record_hash, entree, entree_hash, resultat, resultat_hash,
				niveau, cause, outcome, essence, moteur, derivation, scored_on, scored_at)
				= (EXCLUDED.version, EXCLUDED.referentiel, EXCLUDED.record_hash, EXCLUDED.entree, EXCLUDED.entree_hash, EXCLUDED.resultat, EXCLUDED.resultat_hash,
				EXCLUDED.niveau, EXCLUDED.cause, EXCLUDED.outcome, EXCLUDED.essence, EXCLUDED.moteur, EXCLUDED.derivation, EXCLUDED.scored_on, EXCLUDED.scored_at)`,
			seqs, upcoming, versions, referentiels, records, entrees, entreeHashes, resultats, hashes,
			niveaux, causes, outcomes, essences, quality.Moteur, quality.Derivation, s.date.Time(), s.now)
	}
	if len(inForce) > 0 {
		// Lists of lists must be of one length: the codes, which hold no space, come joined.
		requests.Queue(`
			INSERT INTO scores (seq, score, niveau, complete, socle, published)
			SELECT seq, score, niveau, complete, COALESCE(string_to_array(NULLIF(socle, ''), ' '), '{}'), published
			FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::boolean[], $5::text[], $6::text[]) AS n (seq, score, niveau, complete, socle, published)
			ON CONFLICT (seq) DO UPDATE SET (score, niveau, complete, socle, published)
				= (EXCLUDED.score, EXCLUDED.niveau, EXCLUDED.complete, EXCLUDED.socle, EXCLUDED.published)`,
			inForce, scores, letters, complete, socles, published)
	}
	if len(judged) > 0 {
		requests.Queue(`
			INSERT INTO criteria (seq, version, valeurs) SELECT * FROM unnest($1::bigint[], $2::text[], $3::bytea[])
			ON CONFLICT (seq) DO UPDATE SET (version, valeurs) = (EXCLUDED.version, EXCLUDED.valeurs)
			WHERE (criteria.version, criteria.valeurs) <> (EXCLUDED.version, EXCLUDED.valeurs)`, judged, under, values)
	}
	if requests.Len() == 0 {
		return nil
	}
	return s.tx.SendBatch(ctx, &requests).Close()
}

// toHistory keeps results that are in force no longer; $1 is when.
const toHistory = `
	INSERT INTO score_history (seq, version, referentiel, moteur, derivation, record_hash, entree, entree_hash, resultat, resultat_hash, scored_on, scored_at, replaced_at)
	SELECT seq, version, referentiel, moteur, derivation, record_hash, entree, entree_hash, resultat, resultat_hash, scored_on, scored_at, $1
	FROM results`

func orNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// unscore takes the scores of the touched places that are no longer shown away:
// neither a tombstone has one, nor a record that another place speaks for.
func unscore(ctx context.Context, tx pgx.Tx, now time.Time) error {
	const gone = `seq IN (SELECT seq FROM touched JOIN places USING (seq) WHERE NOT shown)`
	if _, err := tx.Exec(ctx, toHistory+` WHERE NOT upcoming AND `+gone+` ORDER BY seq`, now); err != nil {
		return err
	}
	for _, table := range []string{"results", "scores", "criteria", "ecarts_commune"} {
		if _, err := tx.Exec(ctx, `DELETE FROM `+table+` WHERE `+gone); err != nil {
			return err
		}
	}
	return nil
}

// measureEcarts measures again how far the places that where keeps (of places p)
// are from the contour of their declared commune.
func measureEcarts(ctx context.Context, tx pgx.Tx, where string, args ...any) error {
	_, err := tx.Exec(ctx, `DELETE FROM ecarts_commune e USING places p WHERE p.seq = e.seq AND `+where, args...)
	if err != nil {
		return err
	}
	// An arrondissement has the contour of its city. By commune, for PostGIS then
	// prepares each contour once. ST_Distance is a thousand times slower than
	// ST_Covers, and few are outside.
	_, err = tx.Exec(ctx, `
		INSERT INTO ecarts_commune (seq, metres)
		SELECT p.seq, CASE WHEN ST_Covers(c.contour, p.position) THEN 0
			ELSE greatest(1, round(ST_Distance(p.position::geography, c.contour::geography))::int) END
		FROM places p JOIN (
			SELECT d.code, COALESCE(city.contour, d.contour) AS contour
			FROM communes d LEFT JOIN communes city ON city.code = d.parent
		) c ON c.code = p.code_insee
		WHERE p.shown AND p.position IS NOT NULL AND p.position_precision <> 'commune' AND c.contour IS NOT NULL AND `+where+`
		ORDER BY p.code_insee`, args...)
	return err
}

// constantMinimum is from how many places on a value that never changes tells
// nothing of any of them.
const constantMinimum = 20

// findConstantes tells to which fields a source gives one value everywhere,
// keeps the answer, and reports whether it is another than before.
func findConstantes(ctx context.Context, tx pgx.Tx, source int32) (changed bool, err error) {
	// What the first ones share is what all may share: one difference, met soon as
	// a rule, settles the others.
	var columns, names []string
	for i := range place.Columns {
		if c := &place.Columns[i]; c.Kind != place.Latitude && c.Kind != place.Longitude {
			columns = append(columns, c.Name)
		}
	}
	some := make([]string, len(columns))
	for i, name := range columns {
		some[i] = "CASE WHEN count(" + name + ") = count(*) AND min(" + name + ") = max(" + name + ") THEN min(" + name + ")::text END"
	}
	// A row that speaks for several records has its own among the members.
	own := strings.Join(columns, ", ")
	live := ` FROM (
		SELECT ` + own + ` FROM places p JOIN records USING (seq)
		WHERE source_id = $1 AND withdrawn_at IS NULL AND NOT EXISTS (SELECT FROM members m WHERE m.seq = p.seq)
		UNION ALL
		SELECT ` + strings.Join(qualified("m", columns), ", ") + ` FROM members m JOIN places p USING (seq) WHERE p.source_id = $1 AND p.withdrawn_at IS NULL
	) AS live`
	values := make([]*string, len(columns))
	targets := make([]any, len(columns)+1)
	var n int
	targets[0] = &n
	for i := range values {
		targets[i+1] = &values[i]
	}
	err = tx.QueryRow(ctx, fmt.Sprintf(`SELECT count(*), %s FROM (SELECT *%s LIMIT %d) AS first`, strings.Join(some, ", "), live, constantMinimum), source).Scan(targets...)
	if err != nil {
		return false, err
	}
	if n == constantMinimum {
		for i, name := range columns {
			if values[i] == nil || *values[i] == "{}" {
				continue
			}
			var differs bool
			err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT`+live+` WHERE `+name+`::text IS DISTINCT FROM $2)`, source, *values[i]).Scan(&differs)
			if err != nil {
				return false, err
			}
			if !differs {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	if names == nil {
		names = []string{}
	}
	tag, err := tx.Exec(ctx, `UPDATE sources SET constantes = $2 WHERE source_id = $1 AND constantes <> $2`, source, names)
	return tag.RowsAffected() > 0, err
}

// RescoreOptions says how all places are scored again.
type RescoreOptions struct {
	Date   place.Date // of reference; unknown: today
	DryRun bool       // tell what would change, change nothing
	// Progress, when not nil, is told now and then how far it is.
	Progress func(done, total int)
}

// RescoreReport is what a new scoring changed, or would change.
type RescoreReport struct {
	Date        place.Date
	Version     string     // in force on that day; "": none, and nothing is scored
	Upcoming    string     // published and not yet in force; "": none
	EffectiveOn place.Date // of Upcoming
	Places      int
	New         int // never scored before
	Changed     int // the result is another than it was
	Next        int // results under Upcoming that are new or other
	Levels      []Transition
	Derivation  Derivation // only of a dry run
}

// Transition counts places by what is shown of them: a letter, a range ("D-B"),
// or "" when no level is attributed.
type Transition struct {
	From, To string
	Places   int
}

// Derivation is what this program draws from records otherwise than the one that
// scored them: all else is as it was then, the day too.
type Derivation struct {
	Places   int            // whose facts are others, their record being the same
	Results  int            // whose result would be another
	Facts    map[string]int // places, by fact
	Levels   []Transition
	Examples []string // identifiers of the first ones
}

// drawn is what the derivation changes of a place.
type drawn struct {
	facts    []string
	moved    bool
	from, to string
}

// Rescore scores every place again, in one transaction: when a version takes
// effect, or simply because days went by.
func (c *Census) Rescore(ctx context.Context, o RescoreOptions) (RescoreReport, error) {
	report, err := c.rescoreAll(ctx, o)
	if err != nil {
		return RescoreReport{}, fmt.Errorf("score places: %w", explain(err))
	}
	return report, nil
}

func (c *Census) rescoreAll(ctx context.Context, o RescoreOptions) (RescoreReport, error) {
	mode := pgx.TxOptions{}
	if o.DryRun {
		mode = pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	}
	tx, err := c.pool.BeginTx(ctx, mode)
	if err != nil {
		return RescoreReport{}, err
	}
	defer tx.Rollback(context.WithoutCancel(ctx))
	if _, err := tx.Exec(ctx, `SET LOCAL statement_timeout = 0`); err != nil {
		return RescoreReport{}, err
	}
	if !o.DryRun {
		if err := sign(signed(ctx, history.Author{Cause: history.Scoring}), tx); err != nil {
			return RescoreReport{}, err
		}
		// Loads wait: they score too.
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(loadLock)); err != nil {
			return RescoreReport{}, err
		}
	}
	var total int
	if err := tx.QueryRow(ctx, `SELECT count(*) FROM places WHERE shown`).Scan(&total); err != nil {
		return RescoreReport{}, err
	}
	s := scoring{census: c, tx: tx, date: o.Date, where: "true", dryRun: o.DryRun}
	if o.Progress != nil {
		o.Progress(0, total)
		s.progress = func(done int) { o.Progress(done, total) }
	}
	if err := s.run(ctx); err != nil {
		return RescoreReport{}, err
	}
	s.report.Levels, s.report.Derivation.Levels = transitions(s.levels), transitions(s.drawn)
	if o.DryRun || s.written == 0 {
		return s.report, nil
	}
	if err := settleScores(ctx, tx); err != nil {
		return RescoreReport{}, err
	}
	if err := bump(ctx, tx, false); err != nil {
		return RescoreReport{}, err
	}
	return s.report, tx.Commit(ctx)
}

// count takes a place into the report.
func (s *scoring) count(p *subject) {
	s.report.Places++
	for i, n := range p.scored {
		if n == nil {
			continue
		}
		s.written++
		was := p.former[i].there
		switch {
		case i == 1 && n.moved:
			s.report.Next++
		case i == 1 || !n.moved:
		case was:
			s.report.Changed++
			if p.former[i].niveau != n.niveau {
				s.levels[[2]string{p.former[i].niveau, n.niveau}]++
			}
		default:
			s.report.New++
		}
	}
	if d := p.drawn; d != nil {
		r := &s.report.Derivation
		r.Places++
		for _, fact := range d.facts {
			r.Facts[fact]++
		}
		if d.moved {
			r.Results++
		}
		if d.from != d.to {
			s.drawn[[2]string{d.from, d.to}]++
		}
		if len(r.Examples) < 10 {
			r.Examples = append(r.Examples, place.Identifier(p.seq))
		}
	}
}

func transitions(counts map[[2]string]int) []Transition {
	all := make([]Transition, 0, len(counts))
	for k, n := range counts {
		all = append(all, Transition{k[0], k[1], n})
	}
	slices.SortFunc(all, func(a, b Transition) int {
		return cmp.Or(b.Places-a.Places, strings.Compare(a.From, b.From), strings.Compare(a.To, b.To))
	})
	return all
}

// ScoresDue reports whether some place has no result under the version that is
// in force on a day, or under the one that is published for later: somebody has
// to Rescore.
func (c *Census) ScoresDue(ctx context.Context, on place.Date) (bool, error) {
	var due bool
	err := pgx.BeginTxFunc(ctx, c.pool, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		inForce, upcoming, err := c.rulesAt(ctx, tx, on)
		for i, r := range []*rules{inForce, upcoming} {
			if err != nil || due || r == nil {
				continue
			}
			err = tx.QueryRow(ctx, `
				SELECT EXISTS (
					SELECT FROM places p LEFT JOIN results r ON r.seq = p.seq AND r.upcoming = $1 AND r.referentiel = $2
					WHERE p.shown AND r.seq IS NULL
				)`, i == 1, r.hash).Scan(&due)
		}
		return err
	})
	if err != nil {
		return false, fmt.Errorf("look for places to score: %w", explain(err))
	}
	return due, nil
}

// scoresRead are the tables of scores, without what no search looks at.
const scoresRead = "criteria (seq), scores (seq, score, niveau, complete, socle), results (seq, upcoming, referentiel)"

// settleScores leaves the tables of a large scoring fit for searches: what came
// in is in a list that every search would read until a vacuum sorts it in.
func settleScores(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `SELECT gin_clean_pending_list('scores_socle')`)
	if err == nil {
		_, err = tx.Exec(ctx, `ANALYZE `+scoresRead)
	}
	return err
}
