package postgres

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"mednum/internal/place"
)

// Find hands every place that satisfies f to each, in order, at most f.Limit of
// them, beginning after f.After: nearest first when f.Near is known (ties by
// ID), by Seq otherwise. To know whether there is more, ask for one more than
// is shown. The hit's bytes are each's until it returns. An error of each ends
// Find, which returns it wrapped.
func (c *Census) Find(ctx context.Context, f place.Find, each func(place.Hit) error) error {
	if f.Limit <= 0 {
		return fmt.Errorf("find places: limit %d", f.Limit)
	}
	if !(f.Radius >= 0) { // or not a number
		return fmt.Errorf("find places: radius %v", f.Radius)
	}
	w := where{asOf: f.AsOf}
	if err := w.places(f); err != nil {
		return fmt.Errorf("find places: %w", err)
	}
	if f.OpenAt != nil {
		if err := c.openAt(ctx, &w, *f.OpenAt); err != nil {
			return fmt.Errorf("find places: %w", err)
		}
	}
	var err error
	switch {
	case w.none:
	case f.Near.Known():
		err = c.nearest(ctx, f, w, each)
	default:
		err = c.inOrder(ctx, f, w, each)
	}
	if err != nil {
		return fmt.Errorf("find places: %w", explain(err))
	}
	return nil
}

// inOrder pages by seq, which costs the same at the first page and the last.
func (c *Census) inOrder(ctx context.Context, f place.Find, w where, each func(place.Hit) error) error {
	sql, args := inOrderSQL(f, w)
	return c.hits(ctx, w.mode(), sql, args, func(h place.Hit, _ [][]byte) error { return each(h) })
}

func inOrderSQL(f place.Find, w where) (string, []any) {
	if f.After.Seq > 0 {
		w.after = f.After.Seq
		w.add("seq > " + w.arg(f.After.Seq))
	}
	return `
		SELECT p.seq, p.identifier, NULL::float8, f.feature, s.published
		FROM (
			SELECT seq, identifier FROM (
				` + w.from("seq, identifier", "seq", planLimit(f.Limit)) + `
			) enough LIMIT ` + w.arg(f.Limit) + `
		) p ` + w.sent("p.seq") + `
		ORDER BY p.seq`, w.args
}

// planLimit is a limit that the planner sees even in a plan made for any value,
// where it would take a parameter for a tenth of the table: n, or a little
// more, so that there are few texts of SQL.
func planLimit(n int) string {
	limit := 32
	for limit < n && limit < 1<<30 {
		limit *= 2
	}
	return strconv.Itoa(max(limit, n))
}

// hits runs a statement whose first columns are seq, identifier, metres, feature
// and the published members of the score. Nothing is allocated for a row but a share of its identifier.
func (c *Census) hits(ctx context.Context, mode pgx.QueryExecMode, sql string, args []any, each func(h place.Hit, rest [][]byte) error) error {
	rows, err := c.pool.Query(ctx, sql, append([]any{mode}, args...)...)
	if err != nil {
		return err
	}
	defer rows.Close()
	var ids arena
	for rows.Next() {
		v := rows.RawValues()
		h := place.Hit{ID: ids.keep(v[1]), Feature: v[3], Quality: v[4]}
		if len(v[0]) == 8 { // binary; or NULL
			h.Seq = int64(binary.BigEndian.Uint64(v[0]))
		}
		if len(v[2]) == 8 {
			h.Distance = math.Float64frombits(binary.BigEndian.Uint64(v[2]))
		}
		if err := each(h, v[5:]); err != nil {
			return err
		}
	}
	return rows.Err()
}

const (
	// planned makes the server plan each statement with its values: a plan made
	// for any value takes no account of how much a filter keeps.
	planned = pgx.QueryExecModeCacheDescribe
	// prepared lets the server keep a plan that suits any value, where it thinks
	// that one does: half a millisecond less.
	prepared = pgx.QueryExecModeCacheStatement
)

// arena keeps many short strings in few allocations.
type arena struct{ b strings.Builder }

func (a *arena) keep(s []byte) string {
	if a.b.Cap()-a.b.Len() < len(s) {
		a.b = strings.Builder{}
		a.b.Grow(max(512, len(s)))
	}
	from := a.b.Len()
	a.b.Write(s)
	return a.b.String()[from:]
}

// Place gives one place by our identifier, or an error that wraps
// place.ErrNotFound or place.ErrGone, or a *place.Moved.
func (c *Census) Place(ctx context.Context, id string) (place.Hit, error) {
	if !place.IsIdentifier(id) {
		return place.Hit{}, fmt.Errorf("get place: %w", place.ErrNotFound)
	}
	var h place.Hit
	var shown bool
	var into *int64
	err := c.pool.QueryRow(ctx, `
		SELECT seq, shown, merged_into, feature, published
		FROM places JOIN features USING (seq) LEFT JOIN scores USING (seq)
		WHERE identifier = $1`, id).Scan(&h.Seq, &shown, &into, (*text)(&h.Feature), (*text)(&h.Quality))
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return place.Hit{}, fmt.Errorf("get place %s: %w", id, place.ErrNotFound)
	case err != nil:
		return place.Hit{}, fmt.Errorf("get place: %w", explain(err))
	}
	if err := whyGone(ctx, c.pool, id, standing(shown, into)); err != nil {
		return place.Hit{}, fmt.Errorf("get place %s: %w", id, err)
	}
	h.ID = id
	return h, nil
}

// text scans a text column into bytes with one copy.
type text []byte

func (t *text) ScanText(v pgtype.Text) error {
	*t = nil
	if v.Valid {
		*t = text(v.String)
	}
	return nil
}

// where is a list of conditions with their values, for one statement.
type where struct {
	conditions []string
	args       []any
	none       bool  // a condition that nothing can satisfy
	filtered   bool  // how much is kept depends on the values
	rare       bool  // little is kept, most likely
	many       bool  // one condition is known to keep much
	scored     bool  // a condition reads scores
	asOf       int64 // the census as it was after this revision; 0: as it is
	after      int64 // only places whose number is greater
}

// join adds the tables that the conditions read beside places.
func (w *where) join() string {
	if w.scored {
		return " JOIN scores USING (seq)"
	}
	return ""
}

// from selects what the conditions keep of the places, in the order of one of
// the columns, at most limit of them.
func (w *where) from(columns, order, limit string) string {
	if w.asOf > 0 {
		return w.fromPast(columns, order, limit)
	}
	return `SELECT ` + columns + ` FROM places` + w.join() + ` WHERE ` + w.sql() + ` ORDER BY ` + order + ` LIMIT ` + limit
}

// sent joins what is sent of the places whose number is seq: f.feature and
// s.published.
func (w *where) sent(seq string) string {
	if w.asOf > 0 {
		return w.sentPast(seq)
	}
	return `JOIN features f ON f.seq = ` + seq + ` LEFT JOIN scores s ON s.seq = ` + seq
}

func (w *where) arg(v any) string {
	w.args = append(w.args, v)
	return fmt.Sprintf("$%d", len(w.args))
}

func (w *where) mode() pgx.QueryExecMode {
	if w.filtered || w.asOf > 0 {
		return planned
	}
	return prepared
}

// filter adds a condition on what places say of themselves.
func (w *where) filter(condition string) {
	w.filtered = true
	w.add(condition)
}

func (w *where) add(condition string) { w.conditions = append(w.conditions, condition) }

func (w *where) sql() string { return strings.Join(w.conditions, "\n\t\t\tAND ") }

// places appends what f asks, but Near, OpenAt and After.
func (w *where) places(f place.Find) error {
	// Every index of places is partial on this.
	w.add("shown")
	if b := f.BBox; b != nil {
		w.box(*b)
	}
	if f.NoPosition {
		w.filter("position IS NULL")
	}
	w.among("code_insee", f.CodeInsee)
	w.among("code_postal", f.CodePostal)
	w.among("departement", f.Departement)
	columns := make([]string, 0, len(f.In))
	for column := range f.In {
		columns = append(columns, column)
	}
	slices.Sort(columns) // one text of SQL for one meaning
	for _, column := range columns {
		c, ok := place.ColumnNamed(column)
		if !ok || c.List == nil {
			return fmt.Errorf("%q is not a column with a list", column)
		}
		if values := f.In[column]; len(values) > 0 {
			w.filter(c.Name + " && " + w.arg(storable(values)) + "::text[]")
		}
	}
	if d := f.DateMaj.From; d.Known() {
		w.filter("date_maj >= " + w.arg(d.Time()) + "::date")
	}
	if d := f.DateMaj.To; d.Known() {
		w.filter("date_maj <= " + w.arg(d.Time()) + "::date")
	}
	w.quality(f)
	if f.Q != "" {
		words := searchWords(f.Q)
		w.none = w.none || len(words) == 0 // "%%%" is in no name
		for _, word := range words {
			w.filter("search LIKE " + w.arg(likeWord(word)))
		}
	}
	return nil
}

// quality appends what f asks of the score in force; a place without one is
// then left out.
func (w *where) quality(f place.Find) {
	ask := func(condition string) {
		w.scored = true
		w.filter(condition)
	}
	if len(f.Niveau) > 0 {
		if niveaux := storable(f.Niveau); len(niveaux) == 1 {
			ask("niveau = " + w.arg(niveaux[0])) // keeps the order of (niveau, seq)
		} else {
			ask("niveau = ANY(" + w.arg(niveaux) + "::text[])")
		}
	}
	if f.ScoreMin > 0 {
		ask("score >= " + w.arg(min(f.ScoreMin, math.MaxInt16)) + "::smallint")
	}
	if f.Socle.Complete {
		ask("complete")
	}
	if len(f.Socle.Codes) > 0 {
		codes := storable(f.Socle.Codes)
		w.none = w.none || len(codes) < len(f.Socle.Codes) // one of them is held nowhere
		ask("socle @> " + w.arg(codes) + "::text[]")
	}
}

func (w *where) among(column string, values []string) {
	if len(values) == 0 {
		return
	}
	w.rare = w.rare || column != "departement"
	if values = storable(values); len(values) == 1 {
		// One value keeps the order of (column, seq); several do not.
		w.filter(column + " = " + w.arg(values[0]))
		return
	}
	w.filter(column + " = ANY(" + w.arg(values) + "::text[])")
}

// box keeps the positions inside, edges included. && is the index's; it
// compares boxes in single precision, half a metre too wide: the coordinates
// have the last word. In a CASE, for the planner knows nothing of ST_X, and would
// think that they keep one place in 40,000.
func (w *where) box(b place.BBox) {
	w.filtered = true // a plan for any box fetches and sorts all that a large one holds
	if math.IsNaN(b.West) || math.IsNaN(b.South) || math.IsNaN(b.East) || math.IsNaN(b.North) {
		w.none = true
		return
	}
	// PostGIS makes no box of infinities.
	bound := func(x float64) string { return w.arg(min(max(x, -1e6), 1e6)) }
	south, north := bound(b.South), bound(b.North)
	part := func(west, east string) string {
		return fmt.Sprintf(`position && ST_MakeEnvelope(%[1]s, %[2]s, %[3]s, %[4]s, 4326)
			AND CASE WHEN ST_X(position) BETWEEN %[1]s AND %[3]s AND ST_Y(position) BETWEEN %[2]s AND %[4]s THEN true ELSE false END`, west, south, east, north)
	}
	west, east := bound(b.West), bound(b.East)
	if b.West <= b.East {
		w.add(part(west, east))
	} else {
		w.add("(" + part(west, "180") + " OR " + part("-180", east) + ")")
	}
}

// storable drops the values that PostgreSQL cannot hold, and so holds nowhere.
func storable(values []string) []string {
	kept := make([]string, 0, len(values))
	for _, v := range values {
		if utf8.ValidString(v) && !strings.ContainsRune(v, 0) {
			kept = append(kept, v)
		}
	}
	return kept
}

// searchWords are what a text is searched by: folded, and without the signs
// that people put or forget ("Saint-Denis", "l'Espace"). No word holds a sign
// that LIKE would read as something else.
func searchWords(s string) []string {
	words := splitWords(s)
	slices.Sort(words)
	return slices.Compact(words)
}

// likeWord finds a word in that column. The index knows three signs at least: a
// short one is looked for at the beginning of a word, with the space before it.
func likeWord(word string) string {
	if utf8.RuneCountInString(word) < 3 {
		word = " " + word
	}
	return "%" + word + "%"
}

// searchText is the column that q looks into: each word after a space, so that
// the beginning of a word can be looked for, and none is found across two.
func searchText(p *place.Place) string {
	var b strings.Builder
	for _, s := range []string{p.Nom, p.Commune, p.Adresse} {
		for _, word := range splitWords(s) {
			b.WriteByte(' ')
			b.WriteString(word)
		}
	}
	return b.String()
}

func splitWords(s string) []string {
	return strings.FieldsFunc(place.Fold(strings.ToValidUTF8(s, " ")), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
}
