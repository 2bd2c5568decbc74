package territory

import (
	"slices"
	"strings"
	"time"

	"mednum/internal/place"
)

// Reach is how far, in metres as the crow flies, a place still is within reach
// of those who live in a commune.
const Reach = 10_000

// Lately is how many days back a place is told to have come, or to be gone.
const Lately = 30

// Ages are those, in months, from which a place is worth looking at again, the
// youngest first.
var Ages = [...]int{6, 12, 18}

// Work is what there is to do on a territory on a day. Unknown is never counted
// as old, as empty or as bad: each has its own number.
type Work struct {
	Day    place.Date
	Places int

	New     int            // of Places, since Lately days
	Gone    int            // shown no longer, since Lately days: withdrawn or closed
	Stale   [len(Ages)]int // whose date_maj is older than each of Ages
	Undated int            // which never said of when they are

	Unplaced int // without a position
	Doubtful int // whose position is doubtful, or only the middle of their commune
	NoHours  int
	NoPhone  int

	Doubles      int  // pairs that may be one place, of which one is here
	Reports      *int // to handle; nil: reports are not taken here
	Contradicted *int // corrections that a source contradicts; nil: nothing is corrected here

	Quality Quality
	Lacks   []Lack // what brings most first
	Cover   Cover
}

// Quality is what scores say of a territory. Places without one are counted
// nowhere but in Work.Places.
type Quality struct {
	Version  string // in force; "" none
	Scored   int
	Median   *int           // of scores, in hundredths of a point; nil: none is scored
	Levels   map[string]int // places by letter; "" has no letter of its own
	Complete int            // every essential guarantee that applies holds
	Socle    map[string]int // places by guarantee that holds
}

// Lack is a criterion of the référentiel of which places do not say enough, and
// what they would gain by saying it.
type Lack struct {
	Critere string // code
	Places  int
	Unknown int   // of them, those of which nothing is known about it
	Gain    int64 // of all, in hundredths of a point of score
}

// Cover is how far those who live on a territory are from a place.
type Cover struct {
	Communes  int   // with inhabitants
	People    int   // who live there
	Nowhere   int   // communes with inhabitants of which we do not know where they are
	Metres    *int  // mean distance of a person to the nearest place, from the middle of their commune; nil: no place, or nobody
	Far       []Far // communes that have no place and none within Reach, those of most people first
	FarPeople int
}

// Far is a commune with no place within reach.
type Far struct {
	Code, Nom  string
	Population int
	Metres     *int   // to the nearest place; nil: there is none in the whole census
	Nearest    string // identifier of that place
}

// List is a line of the agent's page: places that ask for something.
type List string

// Lists of places.
const (
	All          List = "tous"
	Recent       List = "nouveaux"
	Stale        List = "perimes" // of an age
	Undated      List = "sans-date"
	Unplaced     List = "sans-position"
	Doubtful     List = "position-douteuse"
	NoHours      List = "sans-horaires"
	NoPhone      List = "sans-telephone"
	Lacking      List = "a-completer" // of a criterion
	Incomplete   List = "socle-incomplet"
	Contradicted List = "contredits"
	Gone         List = "disparus" // shown no longer
)

// Order of a list.
type Order string

// Orders of a list; those of which it is not known come last, ties by number.
const (
	ByDate  Order = "date"  // the oldest first
	ByScore Order = "score" // the lowest first
	ByName  Order = "nom"
	ByTown  Order = "commune"
)

// Ask is a page of a list.
type Ask struct {
	List    List
	Months  int    // of Stale
	Critere string // of Lacking
	Q       string // words that the name, the address or the commune all have; "": any
	Order   Order
	After   int // places before the page
	Limit   int
}

// Item is a place of a list.
type Item struct {
	ID, Nom, Commune, CodeInsee string

	DateMaj place.Date
	Source  string
	State   string    // "publie", "retire", "ferme"
	Since   time.Time // when it came, or was gone
	Score   *int      // hundredths of a point
	Niveau  string    // "" none of its own
	Gain    int64     // of Lacking: hundredths of a point
	Why     string    // French: what the list is about, of this place; ""
}

// Divisions gives those of a kind, by code.
func (g *Gazetteer) Divisions(kind string) []Division {
	var all []Division
	for key, d := range g.divisions {
		if key[0] == kind {
			all = append(all, *d)
		}
	}
	slices.SortFunc(all, func(a, b Division) int { return strings.Compare(a.Code, b.Code) })
	return all
}
