package api

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"hash/maphash"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"mednum/internal/place"
	"mednum/internal/ticket"
)

// meter lets whoever comes pass a few times at once, then now and then. However
// many come it takes the same memory, and nobody is forgotten because others
// came: each is counted in two places of a table, by their hash, and is refused
// only where both are full, which others alone seldom do.
type meter struct {
	mu    sync.Mutex
	seed  maphash.Seed
	until [2][meterWidth]int64 // when the place is empty again, Unix nanoseconds
	burst int                  // at once
	every time.Duration        // and one more each
}

const meterWidth = 1 << 16

func newMeter(burst int, every time.Duration) *meter {
	return &meter{seed: maphash.MakeSeed(), burst: burst, every: every}
}

// pass counts one who comes, or says that they have to wait.
func (m *meter) pass(who string, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	h, at := maphash.String(m.seed, who), now.UnixNano()
	one, other := &m.until[0][h%meterWidth], &m.until[1][(h>>32)%meterWidth]
	if least := min(max(*one, at), max(*other, at)); least-at > int64(m.burst-1)*int64(m.every) {
		return false
	}
	for _, place := range []*int64{one, other} {
		if next := max(*place, at) + int64(m.every); next-at <= int64(m.burst)*int64(m.every) {
			*place = next
		}
	}
	return true
}

// floods are the meters of what anybody may send. Those of a network refuse;
// those of a place's surroundings only say that many come at once, so that what
// comes with them is looked at last and nothing true is turned away.
type floods struct {
	reports *meter // of one address, or of one household
	wide    *meter // of the network around it
	town    *meter // about one commune: doubtful beyond
	whole   *meter // of everybody: beyond, the database is left alone
	misses  *meter // numbers that are of no report
	claims  *meter // links asked for
}

func newFloods() floods {
	return floods{
		reports: newMeter(12, 2*time.Minute),
		wide:    newMeter(60, 15*time.Second),
		town:    newMeter(30, time.Minute),
		whole:   newMeter(3000, 50*time.Millisecond),
		misses:  newMeter(30, 10*time.Second),
		claims:  newMeter(6, 10*time.Minute),
	}
}

// around is the network of an address: some hundreds of subscribers.
func around(a netip.Addr) string {
	bits := 24
	if a.Is6() {
		bits = 48
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return ""
	}
	return p.String()
}

// unreadable makes of an address what tells it from others and nothing else.
func unreadable(secret []byte, a netip.Addr) []byte {
	h := hmac.New(sha256.New, secret)
	h.Write([]byte("network\n" + a.String()))
	return h.Sum(nil)[:16]
}

const (
	formYoungest = 3 * time.Second // sooner, nobody has read it
	formOldest   = 24 * time.Hour
)

// formToken signs when a form was given, and about what: it is sent back with it.
func formToken(secret []byte, about string, at time.Time) string {
	b := binary.BigEndian.AppendUint64(nil, uint64(at.UnixMilli()))
	return base64.RawURLEncoding.EncodeToString(append(b, formSum(secret, about, b)...))
}

func formSum(secret []byte, about string, at []byte) []byte {
	h := hmac.New(sha256.New, secret)
	h.Write([]byte("form\n" + about + "\n"))
	h.Write(at)
	return h.Sum(nil)[:16]
}

// formAge says how old a form is; false when we did not give it for that.
func formAge(secret []byte, about, token string, now time.Time) (time.Duration, bool) {
	if len(token) != base64.RawURLEncoding.EncodedLen(24) {
		return 0, false
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || !hmac.Equal(b[8:], formSum(secret, about, b[:8])) {
		return 0, false
	}
	return now.Sub(time.UnixMilli(int64(binary.BigEndian.Uint64(b[:8])))), true
}

func (a *asked) readLieu(value string) {
	if !place.IsIdentifier(value) {
		a.fault("lieu", value, "Écrire l’identifiant d’un lieu, tel que dans l’adresse de sa page.", "")
		return
	}
	a.lieu = value
}

func (a *asked) readNumero(value string) { a.numero = a.short("numero", value) }

func (a *asked) readSignalement(value string) { a.report = a.short("signalement", value) }

func (a *asked) readOu(value string) { a.where = a.short("ou", value) }

func (a *asked) readNature(value string) {
	var names []string
	for _, k := range ticket.Kinds() {
		names = append(names, string(k))
	}
	a.nature = a.oneOf("nature", value, names)
}

func (a *asked) readEtat(value string) {
	var names []string
	for _, state := range ticket.States() {
		names = append(names, string(state))
	}
	a.etat = a.oneOf("etat", value, names)
}

func (a *asked) readSansAgent(value string) {
	a.orphans = a.oneOf("sans_agent", value, []string{"oui"}) != ""
}

func (a *asked) oneOf(name, value string, names []string) string {
	if !slices.Contains(names, value) {
		suggestion, _ := place.Nearest(value, names)
		a.fault(name, value, "Les valeurs sont : "+strings.Join(names, ", ")+".", suggestion)
		return ""
	}
	return value
}
