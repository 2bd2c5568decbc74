package postgres

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/singleflight"

	"mednum/internal/hours"
	"mednum/internal/place"
)

// openCache judges each distinct pair of hours and zone once a minute, whatever
// the number of places and of readers. SQL then keeps the places of the open
// pairs: there is one judge of opening hours, in internal/hours.
type openCache struct {
	flight singleflight.Group

	mu    sync.Mutex
	pairs []pair // of the table hours; rows are only ever added to it
	last  int32  // greatest hours_id in pairs
	sets  map[openKey]openSet

	counted int64         // data version of counts
	counts  map[int32]int // places by hours_id
}

type pair struct {
	id    int32
	hours *hours.Hours
	zone  hours.Zone
}

type openKey struct {
	data   int64
	minute int64
	local  bool
}

// openSet is a bit for each hours_id: 1 is open. What is unknown is not open.
type openSet struct {
	bits   []byte
	open   []int32 // the same, when few
	places int     // that are open
}

const (
	// openSets kept at once: the current minute, and links that people share.
	openSets = 64
	// fewHours open are fetched by an index, unless they are those of most places:
	// past midnight, walking past all the closed ones would take seconds. A longer
	// list would cost more to plan than to run.
	fewHours = 2000
)

func (c *Census) openAt(ctx context.Context, w *where, m place.Moment) error {
	data, _, err := c.Versions(ctx)
	if err != nil {
		return err
	}
	minute := m.Time.Truncate(time.Minute)
	set, err := c.openSet(ctx, openKey{data, minute.Unix(), m.Local}, minute)
	if err != nil {
		return fmt.Errorf("judge opening hours: %w", err)
	}
	switch {
	case w.asOf > 0:
		// How many places are open is known of today's only.
		w.many = true
		w.filter(set.among(w))
	case set.places == 0:
		w.none = true
	case set.open != nil:
		w.rare = true
		w.filter("hours_id = ANY(" + w.arg(set.open) + "::int[])")
	default:
		w.many = true
		w.filter(set.among(w))
	}
	return nil
}

// among keeps the places whose hours are in the set. get_bit fails beyond the
// last bit, where pairs younger than the set are.
func (set openSet) among(w *where) string {
	return fmt.Sprintf("CASE WHEN hours_id < %s THEN get_bit(%s::bytea, hours_id) = 1 ELSE false END", w.arg(len(set.bits)*8), w.arg(set.bits))
}

func (c *Census) openSet(ctx context.Context, key openKey, at time.Time) (openSet, error) {
	c.open.mu.Lock()
	set, ok := c.open.sets[key]
	c.open.mu.Unlock()
	if ok {
		return set, nil
	}
	// The first to ask may leave: the others still want the answer.
	result := c.open.flight.DoChan(fmt.Sprint(key), func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
		defer cancel()
		return c.judge(ctx, key, at)
	})
	select {
	case <-ctx.Done():
		return openSet{}, ctx.Err()
	case r := <-result:
		if r.Err != nil {
			return openSet{}, r.Err
		}
		return r.Val.(openSet), nil
	}
}

func (c *Census) judge(ctx context.Context, key openKey, at time.Time) (openSet, error) {
	pairs, last, err := c.hoursPairs(ctx)
	if err != nil {
		return openSet{}, err
	}
	counts, err := c.hoursCounts(ctx, key.data)
	if err != nil {
		return openSet{}, err
	}
	set := openSet{bits: make([]byte, last/8+1)}
	utc := at.UTC()
	for _, p := range pairs {
		t := at
		if key.local {
			t = time.Date(utc.Year(), utc.Month(), utc.Day(), utc.Hour(), utc.Minute(), 0, 0, p.zone.Location())
		}
		if p.hours.At(t, p.zone).State == hours.Open {
			set.bits[p.id/8] |= 1 << (p.id % 8)
			if n := counts[p.id]; n > 0 {
				set.places += n
				set.open = append(set.open, p.id)
			}
		}
	}
	if len(set.open) > fewHours || set.places > sortable {
		set.open = nil
	}
	c.open.mu.Lock()
	defer c.open.mu.Unlock()
	if len(c.open.sets) >= openSets || c.open.sets == nil {
		c.open.sets = make(map[openKey]openSet, openSets)
	}
	c.open.sets[key] = set
	return set, nil
}

// hoursPairs reads the pairs that came since the last call.
func (c *Census) hoursPairs(ctx context.Context) ([]pair, int32, error) {
	c.open.mu.Lock()
	defer c.open.mu.Unlock()
	rows, err := c.pool.Query(ctx, `SELECT hours_id, horaires, zone FROM hours WHERE hours_id > $1 ORDER BY hours_id`, c.open.last)
	if err != nil {
		return nil, 0, explain(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id int32
		var horaires, key string
		if err := rows.Scan(&id, &horaires, &key); err != nil {
			return nil, 0, err
		}
		c.open.last = id
		zone, known := hours.ZoneFromKey(key)
		h, err := hours.Parse(horaires)
		if err != nil || !known {
			continue // unknown hours are never open
		}
		c.open.pairs = append(c.open.pairs, pair{id, h, zone})
	}
	return c.open.pairs, c.open.last, explain(rows.Err())
}

// hoursCounts reads how many places have each pair of hours; 0.2 s for a
// million places, once a version.
func (c *Census) hoursCounts(ctx context.Context, data int64) (map[int32]int, error) {
	c.open.mu.Lock()
	defer c.open.mu.Unlock()
	if c.open.counted == data {
		return c.open.counts, nil
	}
	rows, err := c.pool.Query(ctx, `
		SELECT hours_id, count(*) FROM places
		WHERE shown AND hours_id IS NOT NULL GROUP BY hours_id`)
	if err != nil {
		return nil, explain(err)
	}
	counts := map[int32]int{}
	var id int32
	var n int
	if _, err := pgx.ForEachRow(rows, []any{&id, &n}, func() error { counts[id] = n; return nil }); err != nil {
		return nil, explain(err)
	}
	c.open.counts, c.open.counted = counts, data
	return counts, nil
}
