package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"mednum/internal/access"
	"mednum/internal/history"
	"mednum/internal/place"
	"mednum/internal/quality"
)

// Scored gives the score of a place with all that it came from, or an error
// that wraps place.ErrNotFound, place.ErrGone or quality.ErrNoScore.
func (c *Census) Scored(ctx context.Context, id string) (quality.Scored, error) {
	s, err := c.scored(ctx, id)
	if err != nil {
		return quality.Scored{}, fmt.Errorf("get score of %s: %w", id, explain(err))
	}
	return s, nil
}

func (c *Census) scored(ctx context.Context, id string) (quality.Scored, error) {
	if !place.IsIdentifier(id) {
		return quality.Scored{}, place.ErrNotFound
	}
	s := quality.Scored{ID: id}
	var shown bool
	var into *int64
	var nom, version *string
	var entree, resultat, next []byte
	var from *time.Time
	err := c.pool.QueryRow(ctx, `
		SELECT p.shown, p.merged_into, rec.nom, s.name, r.version, r.entree, r.resultat, v.document, u.resultat, w.effective_on
		FROM places p
			JOIN records rec USING (seq)
			JOIN sources s USING (source_id)
			LEFT JOIN results r ON r.seq = p.seq AND NOT r.upcoming
			LEFT JOIN referentiels v ON v.version = r.version
			LEFT JOIN results u ON u.seq = p.seq AND u.upcoming
			LEFT JOIN referentiels w ON w.version = u.version
		WHERE p.identifier = $1`, id).
		Scan(&shown, &into, &nom, &s.Source, &version, (*text)(&entree), (*text)(&resultat), (*text)(&s.Document), (*text)(&next), &from)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return s, place.ErrNotFound
	case err != nil:
		return s, err
	}
	if err := whyGone(ctx, c.pool, id, standing(shown, into)); err != nil {
		return s, err
	}
	if version == nil {
		return s, quality.ErrNoScore
	}
	s.Version = *version
	if nom != nil {
		s.Nom = *nom
	}
	if err := readJSON(entree, &s.Entree); err != nil {
		return s, fmt.Errorf("stored entry: %w", err)
	}
	if err := readJSON(resultat, &s.Resultat); err != nil {
		return s, fmt.Errorf("stored result: %w", err)
	}
	if next != nil {
		s.Suivant, s.SuivantLe = new(quality.Resultat), quality.Jour{Date: dateOf(from)}
		if err := readJSON(next, s.Suivant); err != nil {
			return s, fmt.Errorf("stored result: %w", err)
		}
	}
	return s, nil
}

// PlaceTerritory tells where a live place is, as far as its record does: ""
// is unknown.
func (c *Census) PlaceTerritory(ctx context.Context, id string) (departement, codeInsee, epci string, err error) {
	var shown bool
	var into *int64
	err = c.pool.QueryRow(ctx, `
		SELECT p.shown, p.merged_into, COALESCE(p.departement, ''), COALESCE(p.code_insee, ''), COALESCE(c.epci, city.epci, '')
		FROM places p
			LEFT JOIN communes c ON c.code = p.code_insee
			LEFT JOIN communes city ON city.code = c.parent
		WHERE p.identifier = $1`, clean(id)).Scan(&shown, &into, &departement, &codeInsee, &epci)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		err = place.ErrNotFound
	case err != nil:
		err = explain(err)
	default:
		err = whyGone(ctx, c.pool, id, standing(shown, into))
	}
	if err != nil {
		return "", "", "", fmt.Errorf("locate place %s: %w", id, err)
	}
	return departement, codeInsee, epci, nil
}

// seqOf gives the number of a live place.
func seqOf(ctx context.Context, q queryer, id string) (seq int64, err error) {
	var shown bool
	var into *int64
	err = q.QueryRow(ctx, `SELECT seq, shown, merged_into FROM places WHERE identifier = $1`, clean(id)).Scan(&seq, &shown, &into)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return 0, place.ErrNotFound
	case err != nil:
		return 0, err
	}
	return seq, whyGone(ctx, q, id, standing(shown, into))
}

// Declare records answers of a place to questions of the version in force, and
// scores it again, in one transaction. Every answer stays; the last one of each
// question counts. All wrong answers are told at once (quality.Faults). Whether
// the key may speak for the place is the caller's to check.
func (c *Census) Declare(ctx context.Context, id string, answers []quality.Declaration, by access.Key, at time.Time) error {
	ctx = signed(ctx, history.By(by, history.Scoring, ""))
	err := c.tell(ctx, id, at, func(tx pgx.Tx, seq int64, r *quality.Referentiel) error {
		answers, faults := checkAnswers(r, answers, at)
		if len(faults) > 0 {
			return faults
		}
		var requests pgx.Batch
		for _, a := range answers {
			// Nothing is taken back where nothing was said.
			requests.Queue(`
				INSERT INTO declarations (seq, question, reponse, declared_on, expires_on, organisation, siren, key_id, created_at)
				SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9
				WHERE $3 <> '`+quality.Retiree+`' OR EXISTS (SELECT FROM declarations WHERE seq = $1 AND question = $2)`,
				seq, a.Question, a.Reponse, a.Date.Time(), a.Expire.Time(), clean(by.Organisation), unknown(clean(by.Siren)), unknown(clean(by.ID)), at)
		}
		return tx.SendBatch(ctx, &requests).Close()
	})
	if err != nil {
		return fmt.Errorf("declare for %s: %w", id, explain(err))
	}
	return nil
}

// Verify records what a verification found, with its reasons in French, and
// scores the place again, in one transaction.
func (c *Census) Verify(ctx context.Context, id string, found quality.Evidence, source string, reasons []string, by access.Key, at time.Time) error {
	ctx = signed(ctx, history.By(by, history.Scoring, ""))
	err := c.tell(ctx, id, at, func(tx pgx.Tx, seq int64, r *quality.Referentiel) error {
		found, faults := checkEvidence(r, found, at)
		if source = strings.TrimSpace(clean(source)); source == "" {
			faults = append(faults, quality.Fault{Where: "source", Message: "dites d’où vient la preuve : un registre et sa date, ou qui a visité le lieu"})
		}
		if len(faults) > 0 {
			return faults
		}
		_, err := tx.Exec(ctx, `
			INSERT INTO evidence (seq, preuve, resultat, found_on, expires_on, source, reasons, organisation, siren, key_id, created_at)
			VALUES ($1, $2, $3, $4, $5, $6, to_jsonb($7::text[]), $8, $9, $10, $11)`,
			seq, found.Preuve, found.Resultat, found.Date.Time(), found.Expire.Time(), source, cleanList(reasons),
			clean(by.Organisation), unknown(clean(by.Siren)), unknown(clean(by.ID)), at)
		return err
	})
	if err != nil {
		return fmt.Errorf("verify %s: %w", id, explain(err))
	}
	return nil
}

// tell runs what adds to what is known of a live place, then scores it again as
// of the day of at.
func (c *Census) tell(ctx context.Context, id string, at time.Time, add func(tx pgx.Tx, seq int64, r *quality.Referentiel) error) error {
	tx, err := c.pool.Begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback(context.WithoutCancel(ctx))
	if err := sign(signed(ctx, history.Author{Cause: history.Scoring}), tx); err != nil {
		return err
	}
	seq, err := seqOf(ctx, tx, id)
	if err != nil {
		return err
	}
	on := dayOf(at)
	inForce, _, err := c.rulesAt(ctx, tx, on)
	if err != nil {
		return err
	}
	if inForce == nil {
		return quality.Faults{{Message: "aucune version du référentiel n’est en vigueur : il n’y a encore rien à déclarer"}}
	}
	if err := add(tx, seq, inForce.engine.Referentiel()); err != nil {
		return err
	}
	if err := c.rescore(ctx, tx, []int64{seq}, on); err != nil {
		return err
	}
	if err := bump(ctx, tx, false); err != nil {
		return err
	}
	return tx.Commit(ctx)
}

func dayOf(at time.Time) place.Date {
	at = at.UTC()
	d, _ := place.NewDate(at.Year(), at.Month(), at.Day())
	return d
}

// checkAnswers completes answers with their dates, and tells all that is wrong.
func checkAnswers(r *quality.Referentiel, answers []quality.Declaration, at time.Time) ([]quality.Declaration, quality.Faults) {
	var faults quality.Faults
	if len(answers) == 0 {
		faults = append(faults, quality.Fault{Where: "reponses", Message: "aucune réponse : répondez à une question au moins"})
	}
	var questions []string
	for i := range r.Questions {
		questions = append(questions, r.Questions[i].Code)
	}
	answers = slices.Clone(answers)
	given := map[string]bool{}
	for i := range answers {
		a := &answers[i]
		where := fmt.Sprintf("reponses[%d]", i)
		q := slices.IndexFunc(r.Questions, func(q quality.Question) bool { return q.Code == a.Question })
		if q < 0 {
			faults = append(faults, quality.Fault{Where: where + ".question", Found: a.Question, Message: "cette question n’est pas dans la version " + r.Version + oneOf(a.Question, questions)})
			continue
		}
		if given[a.Question] {
			faults = append(faults, quality.Fault{Where: where + ".question", Found: a.Question, Message: "cette question a déjà une réponse dans cet envoi : n’en gardez qu’une"})
		}
		given[a.Question] = true
		question := &r.Questions[q]
		if codes := codesOf(question.Reponses); a.Reponse != quality.Retiree && !slices.Contains(codes, a.Reponse) {
			faults = append(faults, quality.Fault{Where: where + ".reponse", Found: a.Reponse, Message: "cette réponse n’est pas prévue par la question" + oneOf(a.Reponse, codes)})
		}
		a.Date, a.Expire, faults = checkDates(faults, where, a.Date, a.Expire, question.ValiditeMois, at)
	}
	return answers, faults
}

func checkEvidence(r *quality.Referentiel, e quality.Evidence, at time.Time) (quality.Evidence, quality.Faults) {
	var faults quality.Faults
	var known []string
	for i := range r.Preuves {
		known = append(known, r.Preuves[i].Code)
	}
	i := slices.Index(known, e.Preuve)
	if i < 0 {
		return e, append(faults, quality.Fault{Where: "preuve", Found: e.Preuve, Message: "cette preuve n’est pas dans la version " + r.Version + oneOf(e.Preuve, known)})
	}
	if codes := codesOf(r.Preuves[i].Resultats); !slices.Contains(codes, e.Resultat) {
		faults = append(faults, quality.Fault{Where: "resultat", Found: e.Resultat, Message: "ce résultat n’est pas prévu par la preuve" + oneOf(e.Resultat, codes)})
	}
	e.Date, e.Expire, faults = checkDates(faults, "", e.Date, e.Expire, r.Preuves[i].ValiditeMois, at)
	return e, faults
}

// checkDates completes the two days: that of the write, and the last day that
// the version allows.
func checkDates(faults quality.Faults, where string, date, expire quality.Jour, months int, at time.Time) (quality.Jour, quality.Jour, quality.Faults) {
	if where != "" {
		where += "."
	}
	now := dayOf(at)
	if !date.Known() {
		date.Date = now
	}
	if date.Compare(now) > 0 {
		faults = append(faults, quality.Fault{Where: where + "date", Found: date.String(), Message: "cette date est à venir : écrivez le jour du constat, au plus tard " + now.String()})
	}
	last := dateAfter(date.Date, months)
	switch {
	case !expire.Known():
		expire.Date = last
	case expire.Compare(date.Date) <= 0:
		faults = append(faults, quality.Fault{Where: where + "expire", Found: expire.String(), Message: "la fin de validité précède le constat : écrivez une date après " + date.String()})
	case expire.Compare(last) > 0:
		faults = append(faults, quality.Fault{Where: where + "expire", Found: expire.String(), Message: fmt.Sprintf("la version ne le tient pour valable que %d mois : écrivez au plus tard %s", months, last)})
	}
	return date, expire, faults
}

// dateAfter is the same day some months later, or the month's last.
func dateAfter(d place.Date, months int) place.Date {
	first := time.Date(d.Year, d.Month+time.Month(months), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	after, ok := place.NewDate(first.Year(), first.Month(), min(d.Day, last))
	if !ok {
		return place.Date{Year: 9999, Month: time.December, Day: 31}
	}
	return after
}

func codesOf(list []quality.Reponse) []string {
	codes := make([]string, len(list))
	for i := range list {
		codes[i] = list[i].Code
	}
	return codes
}

// oneOf says what could have been written.
func oneOf(found string, codes []string) string {
	if near, ok := place.Nearest(found, codes); ok {
		return " ; vouliez-vous dire « " + near + " » ?"
	}
	return " ; écrivez : " + strings.Join(codes, ", ")
}
