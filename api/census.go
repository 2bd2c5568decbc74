package api

import (
	"context"

	"mednum/internal/place"
	"mednum/internal/territory"
)

// Places is what the API asks of the census. It is safe for concurrent use,
// and a cancelled context cancels the query.
type Places interface {
	// Versions gives two numbers that only grow: data, bumped by every
	// committed change of anything that an answer may show (territories
	// included), and territories, bumped when territories were loaded.
	Versions(ctx context.Context) (data, territories int64, err error)

	// Find hands every place that satisfies f to each, in order, at most
	// f.Limit of them, beginning after f.After: nearest first when f.Near is
	// known (ties by ID, collation "C"), by Seq otherwise. The hit's bytes are
	// each's until it returns. An error of each ends Find, which returns it
	// (possibly wrapped).
	Find(ctx context.Context, f place.Find, each func(place.Hit) error) error

	// Place gives one place by our identifier, or an error that wraps
	// place.ErrNotFound or place.ErrGone.
	Place(ctx context.Context, id string) (place.Hit, error)

	// PlacesExtent gives the bounds of the known positions and the range of the
	// known date_maj; a nil box and an unknown range where there are none.
	PlacesExtent(ctx context.Context) (*place.BBox, place.DateRange, error)

	// CountPlaces gives how many places there are, withdrawn ones left out, and
	// how many of them are made up. It is asked often: the answer is kept as long
	// as the census does not change.
	CountPlaces(ctx context.Context) (all, demonstration int64, err error)

	// Ready says whether requests can be served: the database answers and its
	// migrations are those of this binary. The error is for the log.
	Ready(ctx context.Context) error
}

// Territories is what the API asks of the communes and divisions.
type Territories interface {
	// Territories gives everything but the contours: what a gazetteer needs.
	Territories(ctx context.Context) (territory.Set, error)

	// Communes hands the communes that satisfy f to each, by code, contours
	// included, at most f.Limit, beginning after the code f.After.ID. Of f only
	// BBox (meets the contour, or contains the point), CodeInsee, CodePostal
	// and Departement count.
	Communes(ctx context.Context, f place.Find, each func(territory.Commune) error) error

	// CommunesExtent gives the bounds of all communes; nil where there are none.
	CommunesExtent(ctx context.Context) (*place.BBox, error)

	// Outlines gives the départements that have a contour, by code, simplified
	// to tolerance degrees.
	Outlines(ctx context.Context, tolerance float64) ([]territory.Division, error)
}
