package postgres

import (
	"context"
	"fmt"
	"sync"
	"time"

	"mednum/internal/place"
)

// extentCache keeps what takes a scan of everything (0.3 s for a million
// places), for as long as the census does not change.
type extentCache struct {
	mu     sync.Mutex
	data   int64 // version of places
	places extent

	territories int64 // version of communes
	communes    *place.BBox
}

type extent struct {
	count, made int64 // made: of the demonstration
	box         *place.BBox
	dates       place.DateRange
}

// PlacesExtent gives the bounds of the known positions and the range of the
// known date_maj; a nil box and an unknown range where there are none.
func (c *Census) PlacesExtent(ctx context.Context) (*place.BBox, place.DateRange, error) {
	e, err := c.placesExtent(ctx)
	return e.box, e.dates, err
}

// CountPlaces gives how many places there are, withdrawn ones left out, and how
// many of them are of the demonstration.
func (c *Census) CountPlaces(ctx context.Context) (all, demonstration int64, err error) {
	e, err := c.placesExtent(ctx)
	return e.count, e.made, err
}

func (c *Census) placesExtent(ctx context.Context) (extent, error) {
	data, _, err := c.Versions(ctx)
	if err != nil {
		return extent{}, err
	}
	c.extents.mu.Lock()
	defer c.extents.mu.Unlock()
	if c.extents.data == data {
		return c.extents.places, nil
	}
	var e extent
	var west, south, east, north *float64
	var from, to *time.Time
	err = c.pool.QueryRow(ctx, `
		SELECT count, made, ST_XMin(box), ST_YMin(box), ST_XMax(box), ST_YMax(box), first, last
		FROM (
			SELECT count(*), count(*) FILTER (WHERE demonstration) AS made, ST_Extent(position) AS box, min(date_maj) AS first, max(date_maj) AS last
			FROM places WHERE shown
		) AS all_places`).Scan(&e.count, &e.made, &west, &south, &east, &north, &from, &to)
	if err != nil {
		return extent{}, fmt.Errorf("read extent of places: %w", explain(err))
	}
	if west != nil {
		e.box = &place.BBox{West: *west, South: *south, East: *east, North: *north}
	}
	e.dates = place.DateRange{From: dateOf(from), To: dateOf(to)}
	c.extents.data, c.extents.places = data, e
	return e, nil
}

func dateOf(t *time.Time) place.Date {
	if t == nil {
		return place.Date{}
	}
	d, _ := place.NewDate(t.Year(), t.Month(), t.Day())
	return d
}

// CommunesExtent gives the bounds of all communes; nil where there are none.
func (c *Census) CommunesExtent(ctx context.Context) (*place.BBox, error) {
	_, territories, err := c.Versions(ctx)
	if err != nil {
		return nil, err
	}
	c.extents.mu.Lock()
	defer c.extents.mu.Unlock()
	if c.extents.territories != territories {
		var west, south, east, north *float64
		err := c.pool.QueryRow(ctx, `
			SELECT ST_XMin(box), ST_YMin(box), ST_XMax(box), ST_YMax(box)
			FROM (SELECT ST_Extent(COALESCE(contour, point)) AS box FROM communes) AS all_communes`).Scan(&west, &south, &east, &north)
		if err != nil {
			return nil, fmt.Errorf("read extent of communes: %w", explain(err))
		}
		c.extents.communes = nil
		if west != nil {
			c.extents.communes = &place.BBox{West: *west, South: *south, East: *east, North: *north}
		}
		c.extents.territories = territories
	}
	return c.extents.communes, nil
}
