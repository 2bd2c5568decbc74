// Package pages is all the HTML of the product: templates, what they are
// given, and how French writes numbers, dates and distances.
package pages

import (
	"io"
	"time"

	"mednum/internal/hours"
	"mednum/internal/place"
)

// Pages renders. It is safe for concurrent use.
type Pages struct{}

// Settings are the operator's choices that pages show.
type Settings struct {
	PublicURL       string // absolute, without trailing slash
	TileURL         string // template {z} {x} {y}; "" = no tiles, outlines only
	TileAttribution string
	FrameAncestors  string
	ThemeCSS        string // URL of a collectivité's own tokens; "" = ours
}

// New reads the templates and the built assets (mednum.WebMap).
func New(s Settings) (*Pages, error) { return &Pages{}, nil }

// Link is a link of the API, for "alternate" and the machine-readable footer.
type Link struct{ Href, Rel, Type, Title string }

// Head is what every page has.
type Head struct {
	Path  string // path and query of this page
	Title string
	Links []Link
}

// Card is a place in a list: decoded feature, judged now.
type Card struct {
	ID         string
	Href       string
	Place      place.Place
	Properties place.Published // what we add to the standard's columns
	Distance   float64         // metres; NaN when none was asked for
	Answer     hours.Answer
	Zone       hours.Zone
	Hours      *hours.Hours // nil when unknown or not understood
}

// Sheet is the page of one place.
type Sheet struct {
	Head
	Card
	Week [7]hours.Day
	Now  time.Time
}

// Problem is the page of an error: what happened and what to do.
type Problem struct {
	Head
	Status  int
	Message string   // French
	Details []string // French, one a fault
}

// Listing is a page of features of a collection (lieux as cards).
type Listing struct {
	Head
	Collection string
	Cards      []Card // lieux
	Rows       []Row  // communes
	Next, Prev string // href, "" when none
	Faults     []string
}

// Row is a line of a plain list.
type Row struct{ Href, Name, Detail string }

// Document is a technical page for partners: conformance, collections, the API.
type Document struct {
	Head
	Intro    string
	Sections []Section
}

// Section of a Document.
type Section struct {
	Title string
	Rows  []Row
}

func (p *Pages) Sheet(w io.Writer, v Sheet) error       { return nil }
func (p *Pages) Problem(w io.Writer, v Problem) error   { return nil }
func (p *Pages) Listing(w io.Writer, v Listing) error   { return nil }
func (p *Pages) Document(w io.Writer, v Document) error { return nil }
