package api

import (
	"encoding/base64"
	"encoding/binary"
	"hash/fnv"
	"math"
	"slices"

	"mednum/internal/place"
)

// A cursor says where a page ended: a version, the kind of order, a digest of
// the conditions it belongs to, then the last object's rank. It is no secret
// and gives no right: a forged one only begins elsewhere. Unpadded base64url,
// so that it survives being copied.
const cursorVersion = 1

const (
	orderSeq      = 's' // by arrival: Seq
	orderDistance = 'd' // nearest first: Distance and ID
	orderCode     = 'c' // communes: ID is the code
)

func (a *asked) order() byte {
	switch {
	case a.operation == communes:
		return orderCode
	case a.find.Near.Known():
		return orderDistance
	}
	return orderSeq
}

// digest of the conditions: everything in the query but how many, in which form
// and from where on. "maintenant" stays itself while pages are turned.
func (a *asked) digest() uint32 {
	h := fnv.New32a()
	names := make([]string, 0, len(a.values))
	for name := range a.values {
		if name != "limit" && name != "f" && name != "cursor" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		h.Write([]byte(name + "=" + a.values.Get(name) + "&"))
	}
	return h.Sum32()
}

// cursorAfter writes the cursor of a page that ended there.
func (a *asked) cursorAfter(last place.Cursor) string {
	b := []byte{cursorVersion, a.order()}
	b = binary.BigEndian.AppendUint32(b, a.digest())
	switch a.order() {
	case orderSeq:
		b = binary.AppendUvarint(b, uint64(last.Seq))
	case orderDistance:
		b = binary.BigEndian.AppendUint64(b, math.Float64bits(last.Distance))
		b = append(b, last.ID...)
	case orderCode:
		b = append(b, last.ID...)
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

func (a *asked) readCursor(value string) {
	if len(value) > 100 {
		a.fault("cursor", value, alien, "")
		return
	}
	a.cursor = value
}

// resume reads the cursor once every condition is known.
func (a *asked) resume() {
	after, sentence := a.parseCursor(a.cursor)
	if sentence != "" {
		a.fault("cursor", a.cursor, sentence, "")
		return
	}
	a.find.After = after
}

const alien = "Ce curseur n’est pas des nôtres : suivre le lien « next », sans le modifier."

// parseCursor gives the place of a cursor, or a French sentence.
func (a *asked) parseCursor(value string) (place.Cursor, string) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(value)
	if err != nil || len(b) < 7 {
		return place.Cursor{}, alien
	}
	if b[0] != cursorVersion {
		return place.Cursor{}, "Ce curseur vient d’une autre version de l’API : reprendre à la première page."
	}
	if b[1] != a.order() || binary.BigEndian.Uint32(b[2:]) != a.digest() {
		return place.Cursor{}, "Ce curseur appartient à une autre recherche : un curseur ne vaut qu’avec les critères de la page qui l’a donné. Reprendre à la première page."
	}
	rest := b[6:]
	switch b[1] {
	case orderSeq:
		seq, n := binary.Uvarint(rest)
		if n != len(rest) || rest[n-1] == 0 || seq > math.MaxInt64 {
			return place.Cursor{}, alien
		}
		return place.Cursor{Seq: int64(seq)}, ""
	case orderDistance:
		if len(rest) < 9 {
			return place.Cursor{}, alien
		}
		distance, id := math.Float64frombits(binary.BigEndian.Uint64(rest)), string(rest[8:])
		if !(distance >= 0 && distance <= radiusMaximum) || !place.IsIdentifier(id) {
			return place.Cursor{}, alien
		}
		return place.Cursor{Distance: distance, ID: id}, ""
	default:
		code := string(rest)
		if !codeInseePattern.MatchString(code) {
			return place.Cursor{}, alien
		}
		return place.Cursor{ID: code}, ""
	}
}
