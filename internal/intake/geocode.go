package intake

import (
	"context"
	"crypto/sha256"
	"strings"
	"time"

	"mednum/internal/census"
	"mednum/internal/place"
)

// How long an answer of the address search is believed: a street does not
// move, and what it does not know today it may learn.
const (
	locatedFor = 365 * 24 * time.Hour
	nothingFor = 30 * 24 * time.Hour
)

// Geocoder asks the address search once for each address, whatever the number
// of imports.
type Geocoder struct {
	Search census.Geocoder
	Kept   Locations
	Now    func() time.Time
}

// Locate implements census.Geocoder. With an error, the answers are those of
// the first addresses only.
func (g *Geocoder) Locate(ctx context.Context, addresses []place.Address) ([]place.Located, error) {
	now := g.Now()
	hashes := make([][]byte, len(addresses))
	for i, a := range addresses {
		h := sha256.Sum256([]byte(strings.Join([]string{place.Fold(a.Adresse), strings.TrimSpace(a.CodePostal), place.Fold(a.Commune), strings.TrimSpace(a.CodeInsee)}, "\x00")))
		hashes[i] = h[:]
	}
	known, err := g.Kept.Geocoded(ctx, hashes, now.Add(-locatedFor), now.Add(-nothingFor))
	if err != nil {
		return nil, err
	}
	var asked []place.Address
	var missing [][]byte
	for i, h := range hashes {
		if _, ok := known[string(h)]; !ok {
			known[string(h)] = place.Located{} // the same address twice is asked once
			asked, missing = append(asked, addresses[i]), append(missing, h)
		}
	}
	if len(asked) == 0 {
		return answers(hashes, known), nil
	}
	found, failed := g.Search.Locate(ctx, asked)
	found = found[:min(len(found), len(asked))]
	for i := range found {
		known[string(missing[i])] = found[i]
	}
	if len(found) > 0 {
		if err := g.Kept.SaveGeocoded(context.WithoutCancel(ctx), missing[:len(found)], found, now); err != nil {
			return nil, err
		}
	}
	if failed == nil {
		return answers(hashes, known), nil
	}
	for _, h := range missing[len(found):] {
		delete(known, string(h))
	}
	for i, h := range hashes {
		if _, ok := known[string(h)]; !ok {
			return answers(hashes[:i], known), failed
		}
	}
	return answers(hashes, known), failed
}

func answers(hashes [][]byte, known map[string]place.Located) []place.Located {
	all := make([]place.Located, len(hashes))
	for i, h := range hashes {
		all[i] = known[string(h)]
	}
	return all
}
