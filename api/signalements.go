package api

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/labstack/echo/v4"
	"golang.org/x/sync/singleflight"

	"mednum/api/pages"
	"mednum/internal/access"
	"mednum/internal/history"
	"mednum/internal/hours"
	"mednum/internal/mail"
	"mednum/internal/place"
	"mednum/internal/ticket"
)

// Tickets is what the API asks of the reports of people. Errors: ticket.ErrNone,
// ticket.ErrFull, ticket.ErrClaim, ticket.ErrClaims, *ticket.Refusal,
// access.ErrForbidden, those of places.
type Tickets interface {
	TicketSecret(ctx context.Context) ([]byte, error)
	// Report keeps what somebody sends. fresh: nobody had said so.
	Report(ctx context.Context, r ticket.Report) (t ticket.Ticket, fresh bool, err error)
	Ticket(ctx context.Context, number ticket.Number) (ticket.Ticket, error)
	Tickets(ctx context.Context, q ticket.Query) ([]ticket.Ticket, ticket.Counts, error)
	MoveTicket(ctx context.Context, number ticket.Number, m ticket.Move, of ticket.Number, by access.Key, at time.Time) (ticket.Ticket, error)
	DropTickets(ctx context.Context, numbers []ticket.Number, reason string, by access.Key, at time.Time) error

	// Answers to send, held back for a while once they are given.
	DueTicketMails(ctx context.Context, at time.Time, limit int) ([]ticket.Mail, error)
	TicketMailSent(ctx context.Context, m ticket.Mail) error
	ForgetTickets(ctx context.Context, at time.Time) error

	// Links to claim a place, kept by their hash.
	OpenClaim(ctx context.Context, id, mail string, hash []byte, at time.Time) error
	Claimed(ctx context.Context, hash []byte, at time.Time) (id, mail string, err error)
	// UseClaim gives the role to the account of the link's address.
	UseClaim(ctx context.Context, hash []byte, k access.Key, at time.Time) (account int64, err error)
	// Keepers gives the places that their own people keep.
	Keepers(ctx context.Context, at time.Time) (map[string]ticket.Keeper, error)
}

var (
	errNoTickets = errors.New("reports are not taken here")
	errFlooded   = errors.New("too many reports at once")
)

// reporting is what the rooms of reports share.
type reporting struct {
	floods floods
	mu     sync.Mutex
	secret []byte
	nudge  chan struct{} // an answer is to be sent

	keepers map[string]ticket.Keeper
	kept    int64 // version of the data that they are of
	flight  singleflight.Group
}

// keeper says since when the people of a place keep it. They are all read at once,
// when the data changed: the page of a place waits for none of those who write,
// and says what was known before rather than nothing.
func (s *Server) keeper(ctx context.Context, id string, data int64) ticket.Keeper {
	r := &s.tickets
	r.mu.Lock()
	known := r.keepers != nil && r.kept >= data
	r.mu.Unlock()
	if !known {
		_, err, _ := r.flight.Do("", func() (any, error) {
			return nil, s.desk.ask(context.WithoutCancel(ctx), func(ctx context.Context) error {
				all, err := s.config.Tickets.Keepers(ctx, s.config.Now())
				if err != nil {
					return err
				}
				r.mu.Lock()
				defer r.mu.Unlock()
				r.keepers, r.kept = all, data
				return nil
			})
		})
		if err != nil {
			s.log.Warn("read who keeps places", "error", err)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.keepers[id]
}

// ticketSecret is read once.
func (s *Server) ticketSecret(ctx context.Context) ([]byte, error) {
	s.tickets.mu.Lock()
	known := s.tickets.secret
	s.tickets.mu.Unlock()
	if known != nil {
		return known, nil
	}
	var secret []byte
	err := s.desk.ask(ctx, func(ctx context.Context) (err error) {
		secret, err = s.config.Tickets.TicketSecret(ctx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the secret of forms: %w", err)
	}
	s.tickets.mu.Lock()
	defer s.tickets.mu.Unlock()
	s.tickets.secret = secret
	return secret, nil
}

// ticketNumbered finds the report of an address. Whoever tries numbers by the
// dozen has to wait.
func (s *Server) ticketNumbered(c echo.Context, text string) (t ticket.Ticket, err error) {
	from := s.caller(c.Request()).String()
	n, ok := ticket.ParseNumber(text)
	if !ok {
		return t, fmt.Errorf("report %q: %w", shown(text), ticket.ErrNone)
	}
	err = s.desk.ask(c.Request().Context(), func(ctx context.Context) error {
		t, err = s.config.Tickets.Ticket(ctx, n)
		return err
	})
	if errors.Is(err, ticket.ErrNone) && !s.tickets.floods.misses.pass(from, s.config.Now()) {
		return t, errFlooded
	}
	if err != nil {
		return t, fmt.Errorf("read report: %w", err)
	}
	return t, nil
}

// theirs says who signed in, if that can be known: anybody may report.
func (s *Server) theirs(c echo.Context) (access.Key, error) {
	if c.Request().Header.Get("Authorization") == "" && s.viewer(c) == nil {
		return access.Key{}, nil
	}
	key, err := s.who(c)
	if errors.Is(err, errNoKey) || errors.Is(err, access.ErrKey) && c.Request().Header.Get("Authorization") == "" {
		return access.Key{}, nil // a session that ended while they wrote
	}
	return key, err
}

// placeCalled is the place that a report is about, with what it publishes.
func (s *Server) placeCalled(ctx context.Context, id string) (t target, cells map[string]string, version int64, err error) {
	if t.id = id; !place.IsIdentifier(id) {
		return t, nil, 0, fmt.Errorf("place %q: %w", shown(id), place.ErrNotFound)
	}
	hit, err := s.census.place(ctx, id)
	var moved *place.Moved
	if errors.As(err, &moved) { // what is said of it is said of the place that it joined
		t.id = moved.ID
		hit, err = s.census.place(ctx, moved.ID)
	}
	if err != nil {
		return t, nil, 0, fmt.Errorf("find place: %w", err)
	}
	if t.place, t.published, err = place.ParseFeature(hit.Feature); err != nil {
		return t, nil, 0, err
	}
	atlas, err := s.atlas(ctx)
	if err != nil {
		return t, nil, 0, fmt.Errorf("load territories: %w", err)
	}
	if known, ok := atlas.gazetteer.Commune(t.place.CodeInsee); ok {
		t.commune = *known
	}
	if version, _, err = s.version(ctx); err != nil {
		return t, nil, 0, fmt.Errorf("read version: %w", err)
	}
	cells = map[string]string{}
	for i := range place.Columns {
		if column := &place.Columns[i]; ticket.Proposable(column.Name) {
			cells[column.Name] = column.Said(&t.place)
		}
	}
	return t, cells, version, nil
}

// reportForm is the page where somebody reports.
func (s *Server) reportForm(c echo.Context) error {
	c.Set(keyForm, formHTML.name)
	if s.config.Tickets == nil {
		return errNoTickets
	}
	a, err := s.understand(c.Request().Context(), reportingOf, c.Request().URL.RawQuery)
	if err != nil {
		return err
	}
	view, err := s.signalerView(c, a.lieu, url.Values{})
	if err != nil {
		return err
	}
	view.Kind = ticket.Kind(a.nature)
	if a.lieu == "" && a.where != "" {
		view.Asked.Set("valeur_commune", a.where)
	}
	c.Response().Header().Set("Cache-Control", "private, no-store")
	c.Response().Header().Set("X-Robots-Tag", "noindex")
	return s.page(c, func(w *bytes.Buffer) error { return s.pages.Signaler(w, view) })
}

func (s *Server) signalerView(c echo.Context, id string, asked url.Values) (view pages.Signaler, err error) {
	ctx := c.Request().Context()
	secret, err := s.ticketSecret(ctx)
	if err != nil {
		return view, err
	}
	view = pages.Signaler{Head: s.headFor(c, ""), ID: id, Asked: asked, Now: s.config.Now()}
	if id != "" {
		t, cells, version, err := s.placeCalled(ctx, id)
		if err != nil {
			return view, err
		}
		id = t.id
		view.ID, view.Nom, view.Commune, view.Cells, view.Version = t.id, t.place.Nom, t.place.Commune, cells, version
		view.Zone = hours.ZoneOf(t.published.Departement)
	}
	view.Token = formToken(secret, id, view.Now)
	return view, nil
}

// readReport reads what somebody sends, in a form or as a program.
func (s *Server) readReport(ctx context.Context, b *message) (r ticket.Report, err error) {
	r.Place = b.line("lieu", 20, optional)
	var kinds []string
	for _, k := range ticket.Kinds() {
		if k != ticket.Claim {
			kinds = append(kinds, string(k))
		}
	}
	r.Kind = ticket.Kind(b.choice("nature", kinds, optional))
	r.Text = b.prose("texte", ticket.TextMaximum, optional)
	if given := b.line("courriel", 300, optional); given != "" {
		var ok bool
		if r.Mail, ok = access.ParseMail(given); !ok {
			b.fault("courriel", given, "Cette adresse n’en est pas une. Écrivez-la comme nom@exemple.fr, ou laissez le champ vide.", "")
		}
	}
	r.Base = b.integer("version")
	r.Cells = readCells(b)
	if r.Kind == "" && len(b.faults) == 0 {
		switch {
		case r.Place == "":
			r.Kind = ticket.New
		case len(r.Cells) > 0:
			r.Kind = ticket.Change
		}
	}
	if r.Place == "" {
		err = s.whereOf(ctx, &r)
		return r, err
	}
	t, cells, version, err := s.placeCalled(ctx, r.Place)
	if err != nil {
		return r, err
	}
	r.Place, r.Nom, r.Where.Commune = t.id, t.place.Nom, t.place.Commune
	r.Where.CodeInsee, r.Where.Epci, r.Where.Departement, r.Where.Region = t.place.CodeInsee, t.commune.Epci, t.published.Departement, t.commune.Region
	if r.Base == 0 || r.Base > version {
		r.Base = version
	}
	// A form sends every field: those that say what is known propose nothing.
	maps.DeleteFunc(r.Cells, func(column, v string) bool {
		known, ok := cells[column]
		return ok && (strings.TrimSpace(v) == known || b.form && strings.TrimSpace(v) == pages.Known(column, known))
	})
	return r, nil
}

// cellPrefix begins the names of fields that propose a value.
const cellPrefix = "valeur_"

// readCells reads proposed values: of a program an object, of a form a field each.
func readCells(b *message) map[string]string {
	cells := map[string]string{}
	keep := func(column, v string) {
		v = strings.TrimSpace(strings.ReplaceAll(v, "\r\n", "\n"))
		switch n := utf8.RuneCountInString(v); {
		case n > ticket.CellMaximum:
			b.fault("valeurs."+shown(column), v, fmt.Sprintf("Cette valeur a %d signes : %d au plus.", n, ticket.CellMaximum), "")
		case strings.ContainsFunc(v, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' || r == utf8.RuneError }):
			b.fault("valeurs."+shown(column), v, "Cette valeur contient des signes illisibles.", "")
		default:
			cells[column] = v
		}
	}
	if b.form {
		for _, name := range slices.Sorted(maps.Keys(b.values)) {
			column, ok := strings.CutPrefix(name, cellPrefix)
			if !ok || !ticket.Proposable(column) {
				continue
			}
			b.known = append(b.known, name)
			given := slices.DeleteFunc(slices.Clone(b.values[name]), func(v string) bool { return strings.TrimSpace(v) == "" })
			if v := strings.Join(given, "|"); v != "" { // an empty field says nothing
				keep(column, v)
			}
		}
		return cells
	}
	raw := b.raw("valeurs")
	if raw == nil {
		return cells
	}
	var given map[string]*string
	if err := json.Unmarshal(raw, &given); err != nil {
		b.fault("valeurs", string(raw), "Écrire un objet, un texte pour chaque colonne : {\"telephone\": \"03 26 00 00 00\"}.", "")
		return cells
	}
	if len(given) > 2*len(place.Columns) {
		b.fault("valeurs", fmt.Sprint(len(given)), fmt.Sprintf("Le standard n’a que %d colonnes.", len(place.Columns)), "")
		return cells
	}
	for _, column := range slices.Sorted(maps.Keys(given)) {
		if v := given[column]; v != nil {
			keep(column, *v)
		} else {
			keep(column, "")
		}
	}
	return cells
}

// whereOf finds the commune of a place that nobody knows yet.
func (s *Server) whereOf(ctx context.Context, r *ticket.Report) error {
	r.Nom, r.Where.Commune = r.Cells["nom"], r.Cells["commune"]
	atlas, err := s.atlas(ctx)
	if err != nil {
		return fmt.Errorf("load territories: %w", err)
	}
	if known, ok := atlas.gazetteer.Commune(r.Cells["code_insee"]); ok {
		r.Where.CodeInsee, r.Where.Commune = known.Code, known.Nom
		return nil
	}
	if asked := strings.TrimSpace(r.Cells["code_postal"] + " " + r.Where.Commune); r.Where.Commune != "" && utf8.RuneCountInString(asked) <= textMaximum {
		found := atlas.gazetteer.Search(asked, 2)
		// Of two communes of one name nobody chooses: its agents are not known.
		if len(found) > 0 && (len(found) == 1 || r.Cells["code_postal"] != "" || exactly(found[0], r.Where.Commune) && !exactly(found[1], r.Where.Commune)) {
			r.Where.CodeInsee, r.Where.Commune = found[0].Code, found[0].Nom
			return nil
		}
	}
	latitude, okLat := place.ReadNumber(r.Cells["latitude"])
	longitude, okLon := place.ReadNumber(r.Cells["longitude"])
	if at, _ := place.NewPosition(latitude, longitude); !okLat || !okLon || !at.Known() {
		return nil
	}
	if near, metres, ok := atlas.gazetteer.Nearest(longitude, latitude); ok && metres < 15_000 {
		r.Where.CodeInsee, r.Where.Commune = near.Code, near.Nom
	}
	return nil
}

// trap notes what a person does not do: fill the field that is hidden from them,
// send a form that was never given or that nobody can have read.
func trap(b *message, secret []byte, about string, now time.Time) {
	hidden, token := b.line("site", 2000, optional), b.line("jeton", 100, optional)
	if !b.form {
		return // a program needs no form: it is only counted
	}
	age, ours := formAge(secret, about, token, now)
	switch {
	case hidden != "":
		b.fault("site", hidden, "Laissez ce champ vide, puis envoyez de nouveau.", "")
	case !ours || age > formOldest || age < 0:
		b.fault("jeton", "", "Cette page était ouverte depuis longtemps. Relisez, puis envoyez de nouveau.", "")
	case age < formYoungest:
		b.fault("jeton", "", "C’était très rapide. Relisez, puis envoyez de nouveau.", "")
	}
}

// submitReport keeps what somebody reports.
func (s *Server) submitReport(c echo.Context) error {
	if s.config.Tickets == nil {
		return errNoTickets
	}
	if err := s.fromHere(c); err != nil {
		return err
	}
	b, err := s.posted(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	secret, err := s.ticketSecret(ctx)
	if err != nil {
		return err
	}
	key, err := s.theirs(c)
	if err != nil {
		return err
	}
	w := &written{key: key, body: b, at: s.config.Now()}
	if err := w.seal(c, sha256.Sum256(b.text)); err != nil {
		return err
	}
	from := s.caller(c.Request())
	// Of nobody in particular, the same words from elsewhere are said once more.
	digest := sha256.Sum256([]byte(w.mark + from.String()))
	w.mark = string(digest[:])
	r, err := s.readReport(ctx, b)
	if err != nil {
		return err
	}
	trap(b, secret, r.Place, w.at)
	for _, f := range r.Faults() {
		b.fault(fieldOf(b, f.Where), f.Found, f.Message, "")
	}
	number := ""
	if err = b.end(); err == nil {
		r.At, r.Network = w.at, unreadable(secret, from)
		trusted := s.reviewed(w, &r)
		r.Own = key.ID != "" && key.Role == access.PlaceContributor && trusted
		if trusted {
			if _, err = s.apply(ctx, r.Kind, &history.Edit{ID: r.Place, Base: r.Base, Cells: r.Cells, DryRun: true}, ticket.Number(""), w, r.Text, s.today()); err != nil {
				return s.reportAgain(c, w, r.Place, err)
			}
		}
		number, err = s.once(c, w, repeatKept, func(ctx context.Context) (string, error) {
			t, err := s.keepReport(ctx, c, &r, key)
			if err != nil {
				return "", err
			}
			if trusted {
				err = s.publishAtOnce(ctx, t, &r, w)
			}
			return string(t.Number), err
		})
	}
	if err != nil {
		return s.reportAgain(c, w, r.Place, err)
	}
	t, err := s.ticketNumbered(c, number)
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Cache-Control", "no-store")
	if !b.form {
		return s.result(c, w, http.StatusCreated, ticketPath(t.Number), "", ticketOf(t, s.ticketLinks(c, t, formJSON)))
	}
	// Once, and to who wrote it: their own words, and the number to keep.
	h.Set(echo.HeaderLocation, s.base(c.Request())+ticketPath(t.Number))
	h.Set(echo.HeaderContentType, typeHTML)
	view := pages.Signalement{Head: s.headFor(c, ""), Ticket: t, Sent: &r, Now: w.at}
	view.Path = ticketPath(t.Number)
	var page bytes.Buffer
	if err := s.pages.Signalement(&page, view); err != nil {
		return err
	}
	return s.send(c, http.StatusCreated, page.Bytes())
}

// fieldOf is the name of a field in a form, of a member in JSON.
func fieldOf(b *message, where string) string {
	if column, ok := strings.CutPrefix(where, "valeurs."); ok && b.form {
		return cellPrefix + column
	}
	return where
}

// reportAgain shows a form with everything that was written in it, whatever was
// wrong: a new signature is given with it.
func (s *Server) reportAgain(c echo.Context, w *written, id string, err error) error {
	if !w.body.form {
		return err
	}
	view, failed := s.signalerView(c, id, w.body.values)
	if failed != nil {
		return err
	}
	view.Kind, view.Faults = ticket.Kind(w.body.values.Get("nature")), saidOf(err)
	return shownAgain{err, func(b *bytes.Buffer) error { return s.pages.Signaler(b, view) }}
}

// keepReport counts who comes, then keeps what they say.
func (s *Server) keepReport(ctx context.Context, c echo.Context, r *ticket.Report, key access.Key) (t ticket.Ticket, err error) {
	from, f := s.caller(c.Request()), &s.tickets.floods
	if key.ID == "" {
		if !f.reports.pass(from.String(), r.At) || !f.wide.pass(around(from), r.At) || !f.whole.pass("", r.At) {
			return t, errFlooded
		}
		r.Doubtful = !f.town.pass(cmp.Or(r.Where.CodeInsee, r.Where.Departement, place.Fold(r.Where.Commune)), r.At)
	}
	err = s.desk.ask(ctx, func(ctx context.Context) error {
		t, _, err = s.config.Tickets.Report(ctx, *r)
		return err
	})
	return t, err
}

// reviewed reports whether who signed in may change the place by themselves: what
// they report needs nobody's review.
func (s *Server) reviewed(w *written, r *ticket.Report) bool {
	if s.config.Edits == nil || w.key.Check(access.Amend, w.at) != nil || w.key.ID == "" {
		return false
	}
	if r.Kind != ticket.Closed && len(r.Cells) == 0 || r.Kind == ticket.New && w.key.Role == access.PlaceContributor {
		return false
	}
	return r.Where.On(w.key.Territory, r.Place)
}

// publishAtOnce makes the change of somebody trusted, and answers their report.
func (s *Server) publishAtOnce(ctx context.Context, t ticket.Ticket, r *ticket.Report, w *written) error {
	made, err := s.apply(ctx, r.Kind, &history.Edit{ID: r.Place, Base: r.Base, Cells: r.Cells}, t.Number, w, r.Text, s.today())
	if err != nil {
		return err
	}
	return s.desk.ask(ctx, func(ctx context.Context) error {
		_, err := s.config.Tickets.MoveTicket(ctx, t.Number, ticket.Move{Act: ticket.Publish, Words: "Corrigé par " + w.key.Organisation + ".", Place: made.ID, Trusted: true}, "", w.key, w.at)
		return err
	})
}

// apply makes the change that a report asks for, signed with its number.
func (s *Server) apply(ctx context.Context, kind ticket.Kind, e *history.Edit, number ticket.Number, w *written, reason string, since place.Date) (made history.Edited, err error) {
	cause := history.Correction
	switch kind {
	case ticket.Closed:
		cause = history.Closing
	case ticket.New:
		cause = history.Creation
	}
	author := history.By(w.key, cause, reason)
	author.Subject = subjectOf(number)
	e.On = s.today()
	ctx = history.With(ctx, author)
	err = s.desk.within(ctx, previewTimeout, func(ctx context.Context) error {
		switch {
		case kind == ticket.Closed && len(e.Cells) == 0 && e.DryRun:
			made.ID = e.ID
		case kind == ticket.Closed && len(e.Cells) == 0:
			made, err = s.config.Edits.ClosePlace(ctx, e.ID, e.Base, history.Closure{Since: since, Reason: reason})
		case kind == ticket.New:
			made, err = s.config.Edits.Create(ctx, *e)
		default:
			made, err = s.config.Edits.Edit(ctx, *e)
		}
		return err
	})
	if err != nil {
		return made, fmt.Errorf("apply report %s: %w", number, err)
	}
	return made, nil
}

// ticketWire is a report as anybody reads it: nothing that somebody wrote, but
// the answer.
type ticketWire struct {
	Number   ticket.Number  `json:"numero"`
	Kind     ticket.Kind    `json:"nature"`
	State    ticket.State   `json:"etat"`
	Place    *string        `json:"lieu"`
	Nom      *string        `json:"nom"`
	Commune  string         `json:"commune"`
	Made     time.Time      `json:"recu_le"`
	Last     time.Time      `json:"dernier_le"`
	Voices   int            `json:"voix"`
	Answer   *string        `json:"reponse"`
	Closed   *time.Time     `json:"repondu_le"`
	By       *string        `json:"par"`
	Of       *ticket.Number `json:"doublon_de"`
	Handling *handlingWire  `json:"traitement,omitempty"`
	Links    []link         `json:"links,omitempty"`
}

// handlingWire is what agents see besides.
type handlingWire struct {
	Said     []ticket.Voice    `json:"messages,omitempty"` // of one report, not of a list
	Cells    map[string]string `json:"valeurs"`
	Base     int64             `json:"version"`
	Urgent   bool              `json:"urgent"`
	Doubtful bool              `json:"afflux"`
	Orphan   bool              `json:"sans_agent"`
	Mails    int               `json:"reponses_attendues"`
	Steps    []ticket.Step     `json:"etapes,omitempty"` // the same
}

func ticketOf(t ticket.Ticket, links []link) ticketWire {
	w := ticketWire{Number: t.Number, Kind: t.Kind, State: t.State, Commune: t.Where.Commune, Made: t.Made.UTC(), Last: t.Last.UTC(), Voices: t.Voices, Links: links}
	if t.Place != "" {
		w.Place, w.Nom = &t.Place, &t.Nom
	} else if t.Where.CodeInsee == "" {
		w.Commune = "" // somebody wrote it
	}
	if !t.State.Open() {
		at := t.Closed.UTC()
		w.Answer, w.Closed, w.By = &t.Answer, &at, &t.By.Organisation
	}
	if t.Of != "" {
		w.Of = &t.Of
	}
	return w
}

func handlingOf(t ticket.Ticket, links []link) ticketWire {
	w := ticketOf(t, links)
	if t.Place == "" {
		w.Nom, w.Commune = &t.Nom, t.Where.Commune
	}
	if t.By.Organisation != "" {
		w.By = &t.By.Organisation
	}
	w.Handling = &handlingWire{Said: t.Said, Cells: t.Cells, Base: t.Base, Urgent: t.Urgent(), Doubtful: t.Doubtful, Orphan: t.Orphan, Mails: t.Mails, Steps: t.Steps}
	if t.Cells == nil {
		w.Handling.Cells = map[string]string{}
	}
	return w
}

func ticketPath(n ticket.Number) string { return "/signalements/" + n.String() }

func (s *Server) ticketLinks(c echo.Context, t ticket.Ticket, chosen form) []link {
	base := s.base(c.Request())
	links := views(base, ticketPath(t.Number), nil, chosen, documentForms)
	if t.Place != "" {
		links = append(links, link{base + "/collections/lieux/items/" + t.Place, "related", typeGeoJSON, "Le lieu"})
	}
	return links
}

// handles reports whether who looks answers this report.
func handles(key access.Key, t *ticket.Ticket, now time.Time) bool {
	return key.ID != "" && key.Check(access.Handle, now) == nil && t.On(key.Territory)
}

// ticketPage is the page of a report: its state to anybody, all of it to its
// agents.
func (s *Server) ticketPage(c echo.Context) error {
	if s.config.Tickets == nil {
		return errNoTickets
	}
	a, err := s.understand(c.Request().Context(), answered, c.Request().URL.RawQuery)
	if err != nil {
		return err
	}
	chosen, err := s.choose(c, a.format, documentForms)
	if err != nil {
		return err
	}
	t, err := s.ticketNumbered(c, c.Param("numero"))
	if err != nil {
		return err
	}
	key, err := s.theirs(c)
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Vary", "Accept, Accept-Encoding, Authorization, Cookie")
	h.Set("Cache-Control", "private, no-store")
	h.Set("X-Robots-Tag", "noindex")
	links := s.ticketLinks(c, t, chosen)
	if chosen.name != formHTML.name {
		if handles(key, &t, a.now) {
			return s.value(c, handlingOf(t, links))
		}
		return s.value(c, ticketOf(t, links))
	}
	view, err := s.ticketView(c, t, key, links...)
	if err != nil {
		return err
	}
	view.Saved = a.fait
	return s.page(c, func(w *bytes.Buffer) error { return s.pages.Signalement(w, view) })
}

// ticketView is the page of a report for who looks at it.
func (s *Server) ticketView(c echo.Context, t ticket.Ticket, key access.Key, links ...link) (view pages.Signalement, err error) {
	ctx := c.Request().Context()
	view = pages.Signalement{Head: s.headFor(c, "", links...), Ticket: t, Now: s.config.Now()}
	if !handles(key, &t, view.Now) {
		return view, nil
	}
	view.Agent, view.Held, view.Mine = true, t.HeldBy(key.ID, view.Now), t.State == ticket.Taken && t.By.Key == key.ID
	view.Edits = s.config.Edits != nil
	if t.Place != "" {
		found, cells, version, err := s.placeCalled(ctx, t.Place)
		switch {
		case errors.Is(err, place.ErrGone), errors.Is(err, place.ErrNotFound):
			view.Gone = true
			return view, nil
		case err != nil:
			return view, err
		}
		view.Version = version
		one := pages.Card{ID: t.Place, Href: "/collections/lieux/items/" + t.Place, Place: found.place, Properties: found.published, Zone: hours.ZoneOf(found.published.Departement), Now: view.Now}
		view.Card = &one
		for i := range place.Columns {
			name := place.Columns[i].Name
			if v, ok := t.Cells[name]; ok {
				view.Changes = append(view.Changes, place.FieldChange{Column: name, Before: cells[name], After: v})
			}
		}
	} else {
		for i := range place.Columns {
			if v := t.Cells[place.Columns[i].Name]; v != "" {
				view.Changes = append(view.Changes, place.FieldChange{Column: place.Columns[i].Name, After: v})
			}
		}
	}
	if s.config.Edits == nil || len(t.Cells) == 0 || !t.State.Open() {
		return view, nil
	}
	// What they wrote, as it would be published, with what is odd in it.
	made, err := s.apply(ctx, dryKind(t.Kind), &history.Edit{ID: t.Place, Cells: t.Cells, Apart: true, DryRun: true}, t.Number, &written{key: key, at: view.Now}, "", s.today())
	var refused *history.Refused
	switch {
	case errors.As(err, &refused):
		view.Findings = refused.Findings
		view.Blocked = true
	case err != nil:
		s.log.Warn("dry run of a report", "report", string(t.Number), "error", err)
	default:
		view.Findings, view.Twins = made.Findings, made.Twins
		if len(made.Changes) > 0 {
			view.Changes = made.Changes
		}
	}
	return view, nil
}

// dryKind: that a place is closed is not what its proposed values say.
func dryKind(k ticket.Kind) ticket.Kind {
	if k == ticket.New {
		return k
	}
	return ticket.Change
}

// followTicket is where somebody types the number that they kept.
func (s *Server) followTicket(c echo.Context) error {
	c.Set(keyForm, formHTML.name)
	if s.config.Tickets == nil {
		return errNoTickets
	}
	values := c.QueryParams()
	if strings.Join(values["numero"], "") == "" {
		values.Del("numero")
	}
	a, err := s.read(c.Request().Context(), following, values)
	if err != nil {
		return err
	}
	view := pages.Signalement{Head: s.headFor(c, ""), Now: a.now}
	if a.numero != "" {
		t, err := s.ticketNumbered(c, a.numero)
		switch {
		case err == nil:
			return s.seeOther(c, ticketPath(t.Number))
		case !errors.Is(err, ticket.ErrNone):
			return err
		}
		view.Looked = a.numero
	}
	c.Response().Header().Set("Cache-Control", "private, no-store")
	return s.page(c, func(w *bytes.Buffer) error { return s.pages.Signalement(w, view) })
}

func actNames() (out []string) {
	for _, a := range ticket.Acts() {
		out = append(out, string(a))
	}
	return out
}

// stepTicket makes a move of a report.
func (s *Server) stepTicket(c echo.Context) error {
	w, err := s.writes(c)
	if err != nil {
		return err
	}
	if s.config.Tickets == nil {
		return errNoTickets
	}
	t, err := s.ticketNumbered(c, c.Param("numero"))
	if err != nil {
		return err
	}
	if !handles(w.key, &t, w.at) {
		return forbidden{fmt.Errorf("report %s: %w", t.Number, access.ErrForbidden), "Ce signalement est d’un autre territoire que le vôtre."}
	}
	b := w.body
	m := ticket.Move{Act: ticket.Act(b.choice("etape", actNames(), necessary)), Words: b.prose("texte", ticket.AnswerMaximum, optional)}
	since := b.day("depuis", optional)
	future(b, "depuis", since, s.today())
	done := b.yes("corrige")     // the agent corrected the place by other ways
	apart := b.yes("autre_lieu") // a new place is none of those that it resembles
	base := b.integer("version")
	var of ticket.Number
	if given := b.line("doublon_de", 60, optional); given != "" {
		var ok bool
		if of, ok = ticket.ParseNumber(given); !ok {
			b.fault("doublon_de", given, "Ce numéro ne se lit pas. Il a sept signes, comme K7QF-2M9.", "")
		}
	}
	fait := ""
	if err = b.end(); err == nil {
		fait, err = s.once(c, w, clickKept, func(ctx context.Context) (string, error) {
			if m.Act == ticket.Publish && (done == nil || !*done) {
				if err := s.publishTicket(ctx, t, &m, history.Edit{Base: base, Apart: apart != nil && *apart}, since, w); err != nil {
					return "", err
				}
			}
			return string(m.Act), s.desk.ask(ctx, func(ctx context.Context) (err error) {
				t, err = s.config.Tickets.MoveTicket(ctx, t.Number, m, of, w.key, w.at)
				return err
			})
		})
	}
	if err != nil {
		if !b.form {
			return err
		}
		again, failed := s.ticketNumbered(c, c.Param("numero"))
		if failed != nil {
			return err
		}
		view, failed := s.ticketView(c, again, w.key)
		if failed != nil {
			return err
		}
		view.Asked, view.Faults = b.values, saidOf(err)
		return shownAgain{err, func(b *bytes.Buffer) error { return s.pages.Signalement(b, view) }}
	}
	s.answerDue()
	if t, err = s.ticketNumbered(c, c.Param("numero")); err != nil {
		return err
	}
	return s.result(c, w, http.StatusOK, ticketPath(t.Number), fait, handlingOf(t, s.ticketLinks(c, t, formJSON)))
}

// publishTicket changes the place as a report asks. The agent has the report from
// before the change on: nobody else makes the same one.
func (s *Server) publishTicket(ctx context.Context, t ticket.Ticket, m *ticket.Move, e history.Edit, since place.Date, w *written) error {
	if !t.State.Open() {
		return nil // its move says so
	}
	if !t.Publishes() {
		return &ticket.Refusal{Reasons: []string{"Ce signalement ne propose aucune valeur. Corrigez d’abord la fiche, puis dites que c’est fait."}}
	}
	if s.config.Edits == nil {
		return &ticket.Refusal{Reasons: []string{"Ce serveur ne corrige pas les fiches."}}
	}
	if err := w.may(access.Amend); err != nil {
		return err
	}
	err := s.desk.ask(ctx, func(ctx context.Context) error {
		_, err := s.config.Tickets.MoveTicket(ctx, t.Number, ticket.Move{Act: ticket.Take}, "", w.key, w.at)
		return err
	})
	if err != nil {
		return err
	}
	if !since.Known() {
		since = dayIn(t.Made)
	}
	e.ID, e.Cells = t.Place, t.Cells
	made, err := s.apply(ctx, t.Kind, &e, t.Number, w, cmp.Or(m.Words, "Signalé par une personne."), since)
	if err != nil {
		return err
	}
	if t.Place == "" {
		m.Place = made.ID
	}
	return nil
}

// dayIn is the day of an instant in Paris.
func dayIn(t time.Time) place.Date {
	local := t.In(hours.ZoneOf("75").Location())
	d, _ := place.NewDate(local.Year(), local.Month(), local.Day())
	return d
}

// subjectOf names a report in a revision.
func subjectOf(number ticket.Number) string {
	if number == "" {
		return ""
	}
	return "signalement:" + number.String()
}

// proposalOf is what a report about a place, or about a new one, proposes to who
// answers it: the form of the place is filled in with it. answers is "" when there
// is none, or none of theirs that is open.
func (s *Server) proposalOf(c echo.Context, number, id string, key access.Key) (answers ticket.Number, proposed map[string]string, err error) {
	if number == "" || s.config.Tickets == nil {
		return "", nil, nil
	}
	t, err := s.ticketNumbered(c, number)
	if err != nil {
		return "", nil, err
	}
	if !handles(key, &t, s.config.Now()) || t.Place != id || !t.State.Open() {
		return "", nil, nil
	}
	return t.Number, t.Cells, nil
}

// filledWith is a form of a place with what somebody proposes in it.
func filledWith(cells, proposed map[string]string, data int64) url.Values {
	form := editForm(cells, data)
	if len(proposed) == 0 {
		return form
	}
	all := maps.Clone(cells)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, proposed)
	filled := editForm(all, data)
	filled.Set(pages.EditBefore, form.Get(pages.EditBefore)) // what the place says, not what they propose
	return filled
}

// queue is the reports that wait for an agent.
func (s *Server) queue(c echo.Context) error {
	a, chosen, w, err := s.ticketing(c)
	if err != nil {
		return err
	}
	view, err := s.queueView(c, a, w)
	if err != nil {
		return err
	}
	base := s.base(c.Request())
	links := views(base, "/signalements", a.values, chosen, documentForms)
	if view.Next != "" {
		links = append(links, link{base + view.Next, "next", mediaType(chosen), "La suite"})
	}
	if chosen.name == formHTML.name {
		view.Head, view.Saved = s.headFor(c, "", links...), a.fait
		return s.page(c, func(w *bytes.Buffer) error { return s.pages.Signalements(w, view) })
	}
	all := []ticketWire{}
	for _, t := range view.Tickets {
		all = append(all, handlingOf(t, nil))
	}
	return s.value(c, struct {
		Total        int                  `json:"total"`
		Etats        map[ticket.State]int `json:"etats"`
		Natures      map[ticket.Kind]int  `json:"natures"`
		Orphan       int                  `json:"sans_agent"`
		Signalements []ticketWire         `json:"signalements"`
		Links        []link               `json:"links"`
	}{view.Counts.Found, view.Counts.States, view.Counts.Kinds, view.Counts.Orphan, all, links})
}

// ticketing begins what only those who handle reports may read.
func (s *Server) ticketing(c echo.Context) (a *asked, chosen form, w *written, err error) {
	if s.config.Tickets == nil {
		return nil, form{}, nil, errNoTickets
	}
	if a, err = s.understand(c.Request().Context(), handling, c.Request().URL.RawQuery); err != nil {
		return nil, form{}, nil, err
	}
	if chosen, err = s.choose(c, a.format, documentForms); err != nil {
		return nil, form{}, nil, err
	}
	w, err = s.enters(c)
	return a, chosen, w, err
}

func (s *Server) queueView(c echo.Context, a *asked, w *written) (view pages.Signalements, err error) {
	q := ticket.Query{State: ticket.State(a.etat), Kind: ticket.Kind(a.nature), Orphans: a.orphans, On: w.key.Territory, At: w.at, After: int(a.after), Limit: a.find.Limit}
	q.Communes = a.find.CodeInsee
	err = s.desk.ask(c.Request().Context(), func(ctx context.Context) error {
		view.Tickets, view.Counts, err = s.config.Tickets.Tickets(ctx, q)
		return err
	})
	if err != nil {
		return view, fmt.Errorf("list reports: %w", err)
	}
	view.State, view.Kind, view.Commune, view.Orphans, view.After, view.Now = q.State, q.Kind, a.values.Get("code_insee"), q.Orphans, q.After, w.at
	view.Territory, view.Moderator = w.key.Territory, w.key.Territory.Kind == ""
	if end := q.After + len(view.Tickets); len(view.Tickets) > 0 && end < view.Counts.Found {
		view.Next = address("", "/signalements", a.values, "apres", fmt.Sprint(end))
	}
	return view, nil
}

// dropTickets does not keep many reports at once.
func (s *Server) dropTickets(c echo.Context) error {
	w, err := s.writes(c)
	if err != nil {
		return err
	}
	if s.config.Tickets == nil {
		return errNoTickets
	}
	b := w.body
	var numbers []ticket.Number
	for _, text := range readNumbers(b) {
		n, ok := ticket.ParseNumber(text)
		if !ok {
			b.fault("numeros", text, "Ce numéro ne se lit pas. Il a sept signes, comme K7QF-2M9.", "")
			continue
		}
		numbers = append(numbers, n)
	}
	reason := b.prose("texte", ticket.AnswerMaximum, necessary)
	if len(numbers) == 0 && len(b.faults) == 0 {
		b.fault("numeros", "", "Cochez au moins un signalement.", "")
	}
	if err = b.end(); err == nil {
		_, err = s.once(c, w, clickKept, func(ctx context.Context) (string, error) {
			return "", s.desk.within(ctx, previewTimeout, func(ctx context.Context) error {
				return s.config.Tickets.DropTickets(ctx, numbers, reason, w.key, w.at)
			})
		})
	}
	if err != nil {
		if !b.form {
			return err
		}
		a, failed := s.read(c.Request().Context(), handling, url.Values{})
		if failed != nil {
			return err
		}
		view, failed := s.queueView(c, a, w)
		if failed != nil {
			return err
		}
		view.Head, view.Asked, view.Faults = s.headFor(c, ""), b.values, saidOf(err)
		return shownAgain{err, func(b *bytes.Buffer) error { return s.pages.Signalements(b, view) }}
	}
	s.answerDue()
	return s.result(c, w, http.StatusOK, "/signalements", fmt.Sprintf("ecartes-%d", len(numbers)), struct {
		Dropped int `json:"ecartes"`
	}{len(numbers)})
}

const numbersMaximum = 500

// readNumbers reads a list of numbers: an array, or boxes that were ticked.
func readNumbers(b *message) []string {
	if !b.form {
		return b.lines("numeros", numbersMaximum, 60)
	}
	b.known = append(b.known, "numeros")
	given := b.values["numeros"]
	if len(given) > numbersMaximum {
		b.fault("numeros", fmt.Sprint(len(given)), fmt.Sprintf("%d signalements au plus à la fois.", numbersMaximum), "")
		return nil
	}
	return given
}

// answerDue says that an answer may be to send.
func (s *Server) answerDue() {
	select {
	case s.tickets.nudge <- struct{}{}:
	default:
	}
}

const (
	answersEvery = time.Minute
	answersAtOne = 20
)

// Keep sends the answers of reports to those who asked for them, and forgets what
// was kept for a time, until ctx is done.
func (s *Server) Keep(ctx context.Context) {
	if s.config.Tickets == nil {
		return
	}
	for ctx.Err() == nil {
		if err := s.sendAnswers(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("send answers of reports", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-s.tickets.nudge:
		case <-time.After(answersEvery):
		}
	}
}

func (s *Server) sendAnswers(ctx context.Context) error {
	now := s.config.Now()
	err := s.desk.ask(ctx, func(ctx context.Context) error { return s.config.Tickets.ForgetTickets(ctx, now) })
	if err != nil || s.config.Mail == nil {
		return err
	}
	for {
		var due []ticket.Mail
		err := s.desk.ask(ctx, func(ctx context.Context) (err error) {
			due, err = s.config.Tickets.DueTicketMails(ctx, now, answersAtOne)
			return err
		})
		if err != nil || len(due) == 0 {
			return err
		}
		for _, m := range due {
			if err := s.sendAnswer(ctx, m); err != nil {
				s.log.Warn("send the answer of a report", "report", string(m.Number), "error", err)
			}
		}
	}
}

func (s *Server) sendAnswer(ctx context.Context, m ticket.Mail) error {
	var t ticket.Ticket
	err := s.desk.ask(ctx, func(ctx context.Context) (err error) {
		t, err = s.config.Tickets.Ticket(ctx, m.Number)
		return err
	})
	if err != nil {
		return err
	}
	address := ""
	if s.config.PublicURL != "" {
		address = s.config.PublicURL + ticketPath(t.Number)
	}
	subject, body := t.Letter(address)
	if err := s.config.Mail.Send(ctx, mail.Message{To: m.To, Subject: subject, Text: body}); err != nil {
		return err
	}
	return s.desk.ask(ctx, func(ctx context.Context) error { return s.config.Tickets.TicketMailSent(ctx, m) })
}
