package main

import (
	"context"

	"mednum/api"
	"mednum/internal/geocode"
)

// addresses is the operator's geocoder as the API asks it.
type addresses struct{ *geocode.Client }

func (a addresses) Search(ctx context.Context, q string, limit int) ([]api.GeocodedAddress, error) {
	found, err := a.Client.Search(ctx, q, limit)
	if err != nil {
		return nil, err
	}
	answer := make([]api.GeocodedAddress, len(found))
	for i, f := range found {
		answer[i] = api.GeocodedAddress{Label: f.Label, Position: f.Position}
	}
	return answer, nil
}

// geocoder is nil when the operator wants none.
func geocoder(c config) (api.Geocoder, error) {
	if c.GeocoderURL == "" {
		return nil, nil
	}
	client, err := geocode.New(c.GeocoderURL)
	if err != nil {
		return nil, usageError("MEDNUM_GEOCODER_URL : %w", err)
	}
	return addresses{client}, nil
}
