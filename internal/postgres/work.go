package postgres

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb"

	"mednum/internal/access"
	"mednum/internal/match"
	"mednum/internal/place"
	"mednum/internal/quality"
	"mednum/internal/territory"
)

// OnTerritory is the condition that a row of places, under that name, is on a
// territory: the one that a key's is judged by. The record may name a former
// commune, and a city holds its arrondissements. arg keeps a value and gives its
// name in the statement.
func OnTerritory(t access.Territory, places string, arg func(any) string) string {
	if t.Kind == "" {
		if len(t.Codes) > 0 {
			return "false"
		}
		return "true"
	}
	if !slices.Contains([]string{access.Commune, access.Epci, access.Departement, access.Region, access.Places}, t.Kind) {
		return "false"
	}
	codes := arg(storable(t.Codes)) + "::text[]"
	// Of the communes that a condition keeps, the codes by which records name them:
	// today's, and former ones that no commune has today.
	named := func(condition, more string) string {
		return places + `.code_insee IN (` + more + `
			SELECT c.code FROM communes c WHERE ` + condition + `
			UNION ALL
			SELECT former FROM communes c, unnest(c.anciens_codes) AS former WHERE ` + condition + ` AND NOT EXISTS (SELECT FROM communes now WHERE now.code = former))`
	}
	switch t.Kind {
	case access.Commune:
		// One list: with an OR no index would serve.
		return named("(c.code = ANY("+codes+") OR c.parent = ANY("+codes+"))", "SELECT unnest("+codes+") UNION ALL")
	case access.Epci:
		return named("c.epci = ANY("+codes+")", "")
	case access.Region:
		return named("c.region = ANY("+codes+")", "")
	case access.Departement:
		return places + ".departement = ANY(" + codes + ")"
	}
	return places + ".identifier = ANY(" + codes + ")"
}

// communesOf is the same of a row of communes; nothing for given places.
func communesOf(t access.Territory, communes string, arg func(any) string) string {
	if t.Kind == "" {
		return "true"
	}
	switch t.Kind {
	case access.Commune:
		codes := arg(storable(t.Codes)) + "::text[]"
		return "(" + communes + ".code = ANY(" + codes + ") OR " + communes + ".parent = ANY(" + codes + "))"
	case access.Epci, access.Departement, access.Region:
		return communes + "." + t.Kind + " = ANY(" + arg(storable(t.Codes)) + "::text[])"
	}
	return "false"
}

// Within reports whether a territory is a part of another: each commune of it,
// or each place.
func (c *Census) Within(ctx context.Context, part, whole access.Territory) (bool, error) {
	switch {
	case whole.Kind == "":
		return len(whole.Codes) == 0, nil
	case part.Kind == whole.Kind:
		if !slices.ContainsFunc(part.Codes, func(code string) bool { return !slices.Contains(whole.Codes, code) }) {
			return len(part.Codes) > 0, nil
		}
	}
	if part.Kind == "" || whole.Kind == access.Places {
		return false, nil
	}
	var w where
	inside, rest := "", ""
	from := "communes c"
	if part.Kind == access.Places {
		inside, rest, from = OnTerritory(part, "c", w.arg), OnTerritory(whole, "c", w.arg), "places c"
	} else {
		inside, rest = communesOf(part, "c", w.arg), communesOf(whole, "c", w.arg)
	}
	var all bool
	err := c.pool.QueryRow(ctx, `SELECT COALESCE(bool_and(COALESCE(`+rest+`, false)), false) FROM `+from+` WHERE `+inside, append([]any{planned}, w.args...)...).Scan(&all)
	if err != nil {
		return false, fmt.Errorf("compare territories: %w", explain(err))
	}
	return all, nil
}

// Work tells what there is to do on a territory on a day; who handles reports
// counts them.
func (c *Census) Work(ctx context.Context, t access.Territory, on place.Date) (territory.Work, error) {
	k := territory.Work{Day: on}
	err := c.reading(ctx, func(tx pgx.Tx) error {
		for _, part := range []func(context.Context, pgx.Tx, access.Territory, *territory.Work) error{
			workPlaces, workRecords, workGone, c.workScores, workDoubles, c.workContradicted, workCover,
		} {
			if err := part(ctx, tx, t, &k); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return territory.Work{}, fmt.Errorf("count the work of %q: %w", t, explain(err))
	}
	return k, nil
}

// reading runs do on one picture of the census.
func (c *Census) reading(ctx context.Context, do func(pgx.Tx) error) error {
	return pgx.BeginTxFunc(ctx, c.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, do)
}

// conditions of the lists on a row p of places; those of records read rec.
func staleSince(on place.Date, months int) time.Time { return on.Time().AddDate(0, -months, 0) }

func recentSince(on place.Date) time.Time { return on.Time().AddDate(0, 0, -territory.Lately) }

func workPlaces(ctx context.Context, tx pgx.Tx, t access.Territory, k *territory.Work) error {
	var w where
	here := OnTerritory(t, "p", w.arg)
	sql := `SELECT count(*), count(*) FILTER (WHERE created_at >= ` + w.arg(recentSince(k.Day)) + `), count(*) FILTER (WHERE date_maj IS NULL),
		count(*) FILTER (WHERE position IS NULL), count(*) FILTER (WHERE hours_id IS NULL)`
	into := []any{&k.Places, &k.New, &k.Undated, &k.Unplaced, &k.NoHours}
	for i, months := range territory.Ages {
		sql += `, count(*) FILTER (WHERE date_maj < ` + w.arg(staleSince(k.Day, months)) + `::date)`
		into = append(into, &k.Stale[i])
	}
	return tx.QueryRow(ctx, sql+` FROM places p WHERE shown AND `+here, append([]any{planned}, w.args...)...).Scan(into...)
}

// doubtfulPosition is told by what the loads kept, and by what located it.
const doubtfulPosition = `(rec.position_doute IS NOT NULL AND p.position IS NOT NULL OR p.position_precision = 'commune')`

func workRecords(ctx context.Context, tx pgx.Tx, t access.Territory, k *territory.Work) error {
	var w where
	here := OnTerritory(t, "p", w.arg)
	args := append([]any{planned}, w.args...)
	err := tx.QueryRow(ctx, `SELECT count(*) FROM records rec JOIN places p USING (seq) WHERE rec.telephone IS NULL AND p.shown AND `+here, args...).Scan(&k.NoPhone)
	if err != nil {
		return err
	}
	return tx.QueryRow(ctx, `
		SELECT (SELECT count(*) FROM records rec JOIN places p USING (seq) WHERE rec.position_doute IS NOT NULL AND p.position IS NOT NULL AND p.position_precision IS DISTINCT FROM 'commune' AND p.shown AND `+here+`)
			+ (SELECT count(*) FROM places p WHERE p.position_precision = 'commune' AND p.shown AND `+here+`)`, args...).Scan(&k.Doubtful)
}

// gone joins to a row p of places that is shown no longer when it ceased to be:
// when somebody closed it, or when the last record behind it was withdrawn.
const gone = `
	CROSS JOIN LATERAL (SELECT max(m.withdrawn_at) AS withdrawn FROM places m WHERE m.seq = p.seq OR m.merged_into = p.seq) AS source
	LEFT JOIN LATERAL (
		SELECT k.closed, k.made_at FROM closures k JOIN places m USING (seq) WHERE m.seq = p.seq OR m.merged_into = p.seq ORDER BY k.closure_id DESC LIMIT 1
	) AS word ON true`

const (
	goneAt    = `CASE WHEN word.closed THEN word.made_at ELSE source.withdrawn END`
	goneState = `CASE WHEN word.closed THEN 'ferme' ELSE 'retire' END`
)

func workGone(ctx context.Context, tx pgx.Tx, t access.Territory, k *territory.Work) error {
	var w where
	here, since := OnTerritory(t, "p", w.arg), w.arg(recentSince(k.Day))
	return tx.QueryRow(ctx, `SELECT count(*) FROM places p`+gone+` WHERE NOT p.shown AND p.merged_into IS NULL AND `+goneAt+` >= `+since+` AND `+here,
		append([]any{planned}, w.args...)...).Scan(&k.Gone)
}

// workScores adds up scores, and what each criterion would bring: one pass over
// what was kept of each place. Of places that an older version scored, the day
// after a new one took effect, only scores and guarantees count.
func (c *Census) workScores(ctx context.Context, tx pgx.Tx, t access.Territory, k *territory.Work) error {
	q := &k.Quality
	q.Levels, q.Socle = map[string]int{}, map[string]int{}
	inForce, _, err := c.rulesAt(ctx, tx, k.Day)
	if err != nil {
		return err
	}
	var criteria []quality.Critere
	var partiel quality.Valeur
	if inForce != nil {
		q.Version = inForce.version
		criteria, partiel = inForce.engine.Referentiel().Criteres, quality.Valeur(inForce.engine.Referentiel().Parametres.Partiel)
	}
	var w where
	version := w.arg(q.Version)
	rows, err := tx.Query(ctx, `
		SELECT s.score, s.complete, s.niveau, CASE WHEN v.version = `+version+` THEN v.valeurs END, CASE WHEN v.version IS DISTINCT FROM `+version+` THEN array_to_string(s.socle, ' ') END
		FROM places p JOIN scores s USING (seq) LEFT JOIN criteria v USING (seq) WHERE p.shown AND `+OnTerritory(t, "p", w.arg), append([]any{planned}, w.args...)...)
	if err != nil {
		return err
	}
	defer rows.Close()
	lacks, held := make([]territory.Lack, len(criteria)), make([]int, len(criteria))
	values, gains := make([]quality.Valeur, 0, len(criteria)), make([]quality.Nombre, 0, len(criteria))
	var scores [10_001]int // places by score
	for rows.Next() {
		// Nothing is allocated for a place.
		v := rows.RawValues()
		q.Scored++
		scores[binary.BigEndian.Uint16(v[0])]++
		if v[1][0] == 1 {
			q.Complete++
		}
		q.Levels[string(v[2])]++
		for code := range strings.FieldsSeq(string(v[4])) {
			q.Socle[code]++
		}
		if values = quality.ReadValues(v[3], values); len(values) != len(criteria) {
			continue
		}
		gains = inForce.engine.Worth(values, gains)
		for i, v := range values {
			if criteria[i].Essentiel && v >= partiel {
				held[i]++
			}
			if inForce.engine.Silent(i, v) {
				lacks[i].Places++
				lacks[i].Gain += int64(gains[i]) / 100
				if v < 0 {
					lacks[i].Unknown++
				}
			}
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	// The one in the middle, the lower of two.
	left := (q.Scored + 1) / 2
	for score, n := range scores {
		if left > 0 && left <= n {
			q.Median = &score
		}
		left -= n
	}
	for i := range criteria {
		lacks[i].Critere = criteria[i].Code
		if held[i] > 0 {
			q.Socle[criteria[i].Code] += held[i]
		}
	}
	k.Lacks = slices.DeleteFunc(lacks, func(l territory.Lack) bool { return l.Places == 0 })
	slices.SortStableFunc(k.Lacks, func(a, b territory.Lack) int { return cmp.Or(cmp.Compare(b.Gain, a.Gain), b.Places-a.Places) })
	return nil
}

// workDoubles counts what Doubtful lists, beginning with the places: a territory
// has few of the pairs of a country. LIMIT 1: each place is fetched by its number,
// where the planner would read them all.
func workDoubles(ctx context.Context, tx pgx.Tx, t access.Territory, k *territory.Work) error {
	if t.Kind == "" {
		var err error
		_, k.Doubles, err = doubtful(ctx, tx, "", 0, 0, t)
		return err
	}
	var w where
	return tx.QueryRow(ctx, `
		WITH lead AS MATERIALIZED (
			SELECT p.seq FROM places p WHERE p.shown AND `+OnTerritory(t, "p", w.arg)+`
		), here AS MATERIALIZED (
			SELECT seq FROM lead UNION ALL SELECT r.seq FROM lead JOIN places r ON r.merged_into = lead.seq
		), pair AS (
			SELECT q.number, q.a, q.b, q.outcome, q.decision FROM here JOIN match_pairs q ON q.a = here.seq
			UNION
			SELECT q.number, q.a, q.b, q.outcome, q.decision FROM here JOIN match_pairs q ON q.b = here.seq
		), met AS (
			SELECT a.seq AS x, b.seq AS y, COALESCE(q.decision = 'different', false) AS apart, q.outcome = 'a_decider' AND q.decision IS NULL AND a.live AND b.live AS asked
			FROM pair q
				CROSS JOIN LATERAL (SELECT a.seq, a.shown AND ra.withdrawn_at IS NULL AS live FROM places ra JOIN places a ON a.seq = COALESCE(ra.merged_into, ra.seq) WHERE ra.seq = q.a LIMIT 1) AS a
				CROSS JOIN LATERAL (SELECT b.seq, b.shown AND rb.withdrawn_at IS NULL AS live FROM places rb JOIN places b ON b.seq = COALESCE(rb.merged_into, rb.seq) WHERE rb.seq = q.b LIMIT 1) AS b
			WHERE a.seq <> b.seq
		)
		SELECT count(*) FROM (
			SELECT FROM met GROUP BY least(x, y), greatest(x, y) HAVING bool_or(asked) AND NOT bool_or(apart)
		) AS pairs`, append([]any{planned}, w.args...)...).Scan(&k.Doubles)
}

// halo is how far around a territory places are looked for at first, in degrees:
// hardly anybody lives farther from one.
const halo = 0.5

// workCover measures from the middle of each commune with inhabitants to the
// nearest place, wherever it is. A commune and its arrondissements are not
// counted twice.
func workCover(ctx context.Context, tx pgx.Tx, t access.Territory, k *territory.Work) error {
	var w where
	rows, err := tx.Query(ctx, `
		SELECT c.code, c.nom, c.population, ST_X(at.point), ST_Y(at.point),
			EXISTS (SELECT FROM places p WHERE p.shown AND p.code_insee = ANY(c.code || c.anciens_codes))
		FROM communes c CROSS JOIN LATERAL (SELECT COALESCE(c.point, ST_PointOnSurface(c.contour)) AS point) AS at
		WHERE `+communesOf(t, "c", w.arg)+` AND c.population > 0
			AND NOT EXISTS (SELECT FROM communes city WHERE city.code = c.parent AND `+communesOf(t, "city", w.arg)+`)
		ORDER BY c.population DESC, c.code`, append([]any{planned}, w.args...)...)
	if err != nil {
		return err
	}
	type commune struct {
		territory.Far
		at           orb.Point
		located, own bool
	}
	var all []commune
	var one commune
	var x, y *float64
	box := orb.Bound{Min: orb.Point{math.Inf(1), math.Inf(1)}, Max: orb.Point{math.Inf(-1), math.Inf(-1)}}
	_, err = pgx.ForEachRow(rows, []any{&one.Code, &one.Nom, &one.Population, &x, &y, &one.own}, func() error {
		if one.located = x != nil; one.located {
			one.at = orb.Point{*x, *y}
			box = box.Extend(one.at)
		}
		all = append(all, one)
		x, y = nil, nil
		return nil
	})
	if err != nil {
		return err
	}
	cover := &k.Cover
	cover.Communes, cover.Far = len(all), []territory.Far{}
	if len(all) == 0 {
		return nil
	}
	whole := t.Kind == ""
	seqs, near, err := placesIn(ctx, tx, box, whole)
	if err != nil {
		return err
	}
	var weighed float64
	people := 0
	for i := 0; i < len(all); i++ {
		c := &all[i]
		cover.People += c.Population
		if !c.located {
			cover.Nowhere++
			continue
		}
		at, metres, ok := near.Nearest(c.at)
		if !whole && (!ok || metres > territory.Within(c.at, halo)) {
			// One may be nearer outside: look again, everywhere.
			if seqs, near, err = placesIn(ctx, tx, box, true); err != nil {
				return err
			}
			whole = true
			at, metres, ok = near.Nearest(c.at)
		}
		if ok {
			n := int(metres + 0.5)
			c.Metres, c.Nearest = &n, place.Identifier(seqs[at])
			weighed += metres * float64(c.Population)
			people += c.Population
		}
		if !c.own && (!ok || metres > territory.Reach) {
			cover.Far = append(cover.Far, c.Far)
			cover.FarPeople += c.Population
		}
	}
	if people > 0 {
		mean := int(weighed/float64(people) + 0.5)
		cover.Metres = &mean
	}
	return nil
}

// placesIn gives where the shown places are, in a box and around it or everywhere.
func placesIn(ctx context.Context, tx pgx.Tx, box orb.Bound, everywhere bool) (seqs []int64, near *territory.Near, err error) {
	sql, args := `SELECT seq, ST_X(position), ST_Y(position) FROM places WHERE shown AND position IS NOT NULL`, []any{planned}
	if !everywhere {
		if box.Min[0] > box.Max[0] {
			return nil, territory.NewNear(nil), nil // nobody knows where these communes are
		}
		box = box.Pad(halo)
		sql += ` AND position && ST_MakeEnvelope($1, $2, $3, $4, 4326)`
		args = append(args, box.Min[0], box.Min[1], box.Max[0], box.Max[1])
	}
	rows, err := tx.Query(ctx, sql+` ORDER BY seq`, args...)
	if err != nil {
		return nil, nil, err
	}
	var points []orb.Point
	var seq int64
	var p orb.Point
	_, err = pgx.ForEachRow(rows, []any{&seq, &p[0], &p[1]}, func() error {
		seqs, points = append(seqs, seq), append(points, p)
		return nil
	})
	return seqs, territory.NewNear(points), err
}

var errList = errors.New("no such list")

// listing is a list on its way to its places: what it keeps of places p, of
// their records rec, of their scores s and criteria v.
type listing struct {
	where
	from      string // what is joined beside
	since     string // when the place came, or was gone
	state     string
	inForce   *rules // of Lacking
	criterion int    // the same; -1
	why       map[int64]string
}

func (c *Census) listed(ctx context.Context, tx pgx.Tx, t access.Territory, ask territory.Ask, on place.Date) (*listing, error) {
	l := &listing{since: "p.created_at", state: "'publie'", criterion: -1}
	l.add(OnTerritory(t, "p", l.arg))
	if ask.Q != "" {
		words := searchWords(ask.Q)
		if len(words) == 0 {
			l.add("false")
		}
		for _, word := range words {
			l.add("p.search LIKE " + l.arg(likeWord(word)))
		}
	}
	if ask.List == territory.Gone {
		l.from, l.since, l.state = gone, goneAt, goneState
		l.add("NOT p.shown AND p.merged_into IS NULL AND " + goneAt + " >= " + l.arg(recentSince(on)))
		return l, nil
	}
	l.add("p.shown")
	switch ask.List {
	case territory.All:
	case territory.Recent:
		l.add("p.created_at >= " + l.arg(recentSince(on)))
	case territory.Stale:
		l.add("p.date_maj < " + l.arg(staleSince(on, ask.Months)) + "::date")
	case territory.Undated:
		l.add("p.date_maj IS NULL")
	case territory.Unplaced:
		l.add("p.position IS NULL")
	case territory.Doubtful:
		l.add(doubtfulPosition)
	case territory.NoHours:
		l.add("p.hours_id IS NULL")
	case territory.NoPhone:
		l.add("rec.telephone IS NULL")
	case territory.Incomplete:
		l.add("s.complete IS FALSE")
	case territory.Contradicted:
		var err error
		if l.why, err = c.contradicted(ctx, tx, t); err != nil {
			return nil, err
		}
		l.add("p.seq = ANY(" + l.arg(slices.Collect(maps.Keys(l.why))) + "::bigint[])")
	case territory.Lacking:
		var err error
		if l.inForce, _, err = c.rulesAt(ctx, tx, on); err != nil {
			return nil, err
		}
		if l.inForce == nil {
			l.add("false")
			return l, nil
		}
		criteria := l.inForce.engine.Referentiel().Criteres
		l.criterion = slices.IndexFunc(criteria, func(k quality.Critere) bool { return k.Code == ask.Critere })
		if l.criterion < 0 {
			return nil, fmt.Errorf("criterion %q: %w", ask.Critere, errList)
		}
		value := "substring(v.valeurs FROM " + strconv.Itoa(2*l.criterion+1) + " FOR 2)"
		condition := value + ` = '\xffff'`
		if criteria[l.criterion].SiAbsent == quality.Zero {
			condition = value + ` NOT IN ('\x2710', '\xfffe')`
		}
		l.add("v.version = " + l.arg(l.inForce.version) + " AND octet_length(v.valeurs) = " + strconv.Itoa(2*len(criteria)) + " AND " + condition)
	default:
		return nil, fmt.Errorf("list %q: %w", ask.List, errList)
	}
	return l, nil
}

func (c *Census) workContradicted(ctx context.Context, tx pgx.Tx, t access.Territory, k *territory.Work) error {
	all, err := c.contradicted(ctx, tx, t)
	n := len(all)
	k.Contradicted = &n
	return err
}

// contradictedBatch bounds what is in memory: some 10 KB a record.
const contradictedBatch = 500

// contradicted tells the places of which a source now says otherwise than when
// somebody corrected them, and of what. What a place only confirmed, its date,
// gives way by itself.
func (c *Census) contradicted(ctx context.Context, tx pgx.Tx, t access.Territory) (map[int64]string, error) {
	var w where
	rows, err := tx.Query(ctx, `
		SELECT DISTINCT p.seq FROM corrections k JOIN places o USING (seq) JOIN places p ON p.seq = COALESCE(o.merged_into, o.seq)
		WHERE k.field <> 'date_maj' AND p.shown AND `+OnTerritory(t, "p", w.arg), append([]any{planned}, w.args...)...)
	if err != nil {
		return nil, err
	}
	leads, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, err
	}
	found := map[int64]string{}
	for some := range slices.Chunk(leads, contradictedBatch) {
		rows, err := tx.Query(ctx, `SELECT COALESCE(merged_into, seq), seq FROM places WHERE seq = ANY($1) OR merged_into = ANY($1) ORDER BY seq`, some)
		if err != nil {
			return nil, err
		}
		clusters := map[int64][]int64{}
		var seqs []int64
		var lead, seq int64
		if _, err := pgx.ForEachRow(rows, []any{&lead, &seq}, func() error {
			clusters[lead], seqs = append(clusters[lead], seq), append(seqs, seq)
			return nil
		}); err != nil {
			return nil, err
		}
		own, err := ownRecords(ctx, tx, seqs)
		if err != nil {
			return nil, err
		}
		if err := readAmended(ctx, tx, own); err != nil {
			return nil, err
		}
		for lead, cluster := range clusters {
			members := make([]match.Member, len(cluster))
			for i, seq := range cluster {
				o := own[seq]
				members[i] = o.member()
			}
			merged := match.Merge(members)
			merged.Amend(members, amendedOf(cluster, own).corrections, c.communesIn(ctx, tx))
			var columns []string
			for _, p := range merged.Provenance {
				if column, ok := place.ColumnNamed(p.Column); ok && p.Corrected != nil && p.Corrected.Anew {
					columns = append(columns, column.Title+" : une source dit « "+cmp.Or(p.Corrected.Said, "rien")+" », vous dites « "+cmp.Or(p.Corrected.Value, "rien")+" ».")
				}
			}
			if len(columns) > 0 {
				found[lead] = capitalized(strings.Join(columns, " "))
			}
		}
	}
	return found, nil
}

// orders of a list: what is unknown comes last.
var orders = map[territory.Order]string{
	territory.ByDate:  "p.date_maj NULLS LAST, p.seq",
	territory.ByScore: "s.score NULLS LAST, p.seq",
	territory.ByName:  "rec.nom NULLS LAST, p.seq",
	territory.ByTown:  "rec.commune NULLS LAST, rec.nom NULLS LAST, p.seq",
}

// WorkList hands the places of a list to each, in order, and tells how many
// there are on the whole.
func (c *Census) WorkList(ctx context.Context, t access.Territory, ask territory.Ask, on place.Date, each func(territory.Item) error) (total int, err error) {
	order, ok := orders[ask.Order]
	if !ok || ask.Limit <= 0 || ask.After < 0 {
		return 0, fmt.Errorf("list places: order %q, limit %d, after %d: %w", ask.Order, ask.Limit, ask.After, errList)
	}
	err = c.reading(ctx, func(tx pgx.Tx) error {
		l, err := c.listed(ctx, tx, t, ask, on)
		if err != nil {
			return err
		}
		from := ` FROM places p JOIN records rec USING (seq) LEFT JOIN scores s USING (seq) LEFT JOIN criteria v USING (seq)` + l.from
		if err := tx.QueryRow(ctx, `SELECT count(*)`+from+` WHERE `+l.sql(), append([]any{planned}, l.args...)...).Scan(&total); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `
			SELECT p.seq, p.identifier, COALESCE(rec.nom, ''), COALESCE(rec.commune, ''), COALESCE(p.code_insee, ''), p.date_maj, src.name, `+l.state+`, `+l.since+`,
				s.score, COALESCE(s.niveau, ''), v.valeurs, COALESCE(rec.position_doute, ''), COALESCE(p.position_precision, '')
			`+from+` JOIN sources src ON src.source_id = p.source_id WHERE `+l.sql()+`
			ORDER BY `+order+` OFFSET `+l.arg(ask.After)+` LIMIT `+l.arg(ask.Limit), append([]any{planned}, l.args...)...)
		if err != nil {
			return err
		}
		var one territory.Item
		var seq int64
		var dated *time.Time
		var score *int
		var valeurs []byte
		var doubt, precision string
		var values []quality.Valeur
		var gains []quality.Nombre
		_, err = pgx.ForEachRow(rows, []any{&seq, &one.ID, &one.Nom, &one.Commune, &one.CodeInsee, &dated, &one.Source, &one.State, &one.Since, &score, &one.Niveau, &valeurs, &doubt, &precision}, func() error {
			one.DateMaj, one.Score, one.Gain, one.Why = dateOf(dated), score, 0, l.why[seq]
			if ask.List == territory.Doubtful {
				if one.Why = doubt; one.Why == "" {
					one.Why = "Le point est au milieu de la commune, faute d’une adresse trouvée."
				}
			}
			if l.criterion >= 0 {
				values = quality.ReadValues(valeurs, values)
				gains = l.inForce.engine.Worth(values, gains)
				one.Gain = int64(gains[l.criterion]) / 100
			}
			dated, score, valeurs = nil, nil, nil
			return each(one)
		})
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("list places: %w", explain(err))
	}
	return total, nil
}
