package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geo"
	"github.com/paulmach/orb/planar"

	"mednum/api/pages"
	"mednum/internal/access"
	"mednum/internal/french"
	"mednum/internal/history"
	"mednum/internal/hours"
	"mednum/internal/place"
	"mednum/internal/quality"
	"mednum/internal/territory"
	"mednum/internal/ticket"
)

// publicReason is how long a reason is that everybody reads, in letters.
const publicReason = 300

// formDoors are the pages in which a place is edited, added, looked back at.
func (s *Server) formDoors() []door {
	const lieu = "/collections/lieux/items/:featureId"
	return []door{
		reads(lieu+"/modification", s.modification).to(access.Amend).about(thisPlace),
		posts(lieu+"/modification", s.modify).to(access.Amend).about(thisPlace),
		reads("/lieux/ajout", s.addition).to(access.Create).about(inHandler),
		posts("/lieux/ajout", s.add).to(access.Create).about(inHandler),
		reads(lieu+"/historique", s.history),
	}
}

// errNoEdits: places are not edited here.
var errNoEdits = errors.New("places are not edited here")

// editForm fills the form of a place with its cells.
func editForm(cells map[string]string, data int64) url.Values {
	form := url.Values{}
	for i := range place.Columns {
		c := &place.Columns[i]
		cell := cells[c.Name]
		switch kind := pages.EditField(c.Name); {
		case c.Kind == place.Hours:
			fillHours(form, cell)
		case kind == "publics":
			way := ""
			switch cell {
			case "":
			case place.Everybody:
				way = "tous"
			default:
				way = "certains"
				form[c.Name] = strings.Split(cell, "|")
			}
			form.Set(pages.EditPublics, way)
		case kind == "lignes", kind == "cases", kind == "choix":
			if cell != "" {
				form[c.Name] = strings.Split(cell, "|")
			}
		case c.Kind == place.Phone:
			form.Set(c.Name, pages.EditPhone(cell))
		case kind == "ligne", kind == "texte", c.Kind == place.Latitude, c.Kind == place.Longitude:
			form.Set(c.Name, cell)
		}
	}
	kept := map[string]string{}
	for name, cell := range cells {
		if cell != "" {
			kept[name] = cell
		}
	}
	form.Set(pages.EditBefore, strings.TrimSpace(string(encode(kept))))
	if data > 0 {
		form.Set(pages.EditVersion, strconv.FormatInt(data, 10))
	}
	return form
}

// fillHours fills the table of hours from a text; a text that cannot be read
// leaves it empty.
func fillHours(form url.Values, text string) {
	for name := range form {
		if strings.HasPrefix(name, "h.") {
			form.Del(name)
		}
	}
	form.Set(pages.EditShown, text)
	form.Set(pages.EditText, text)
	table, err := hours.TableOf(text)
	if err != nil {
		table = hours.Table{}
	}
	fill := func(day string, d *hours.TableDay) {
		form.Set(pages.EditDay(day, "etat"), pages.DayState(d))
		if d.Note != "" && d.Note != pages.Appointment {
			form.Set(pages.EditDay(day, "note"), d.Note)
		}
		for i, slot := range d.Slots {
			form.Set(pages.EditSlot(day, i, "de"), hours.Clock(slot.From))
			form.Set(pages.EditSlot(day, i, "a"), hours.Clock(slot.To))
			if slot.Note != "" {
				form.Set(pages.EditSlot(day, i, "note"), slot.Note)
			}
		}
	}
	for i, day := range pages.EditDays[:7] {
		fill(day, &table.Days[i])
	}
	fill(pages.HolidayDay, &table.Public)
	if table.School {
		form.Set(pages.EditSchool, pages.DayClosed)
	}
	if table.Otherwise != "" {
		form.Set(pages.EditSinon, table.Otherwise)
	}
	form.Set(pages.EditRest, table.Rest)
}

// editing is a form of a place, understood so far.
type editing struct {
	form     url.Values
	before   map[string]string // cells that it was made of
	findings []place.Finding   // what must be corrected in the form itself
	hours    string            // as the form has it
}

func (e *editing) wrong(column, found, message string) {
	e.findings = append(e.findings, place.Finding{Severity: place.Blocking, Code: "formulaire", Field: column, Found: shown(found), Message: message})
}

// normal is a text as it is compared: browsers end lines in two signs.
func normal(s string) string {
	return strings.TrimSpace(strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n"))
}

// readEditing reads the form: the cells that it asks for, column by column.
func readEditing(form url.Values) (*editing, error) {
	e := &editing{form: form, before: map[string]string{}}
	if given := form.Get(pages.EditBefore); given != "" {
		if err := json.Unmarshal([]byte(given), &e.before); err != nil {
			return nil, unprocessable{faults{{Parameter: pages.EditBefore, Detail: "Ce formulaire est abîmé. Ouvrez de nouveau la page."}}}
		}
	}
	e.hours = e.readHours()
	return e, nil
}

// base is the version of the data that the form was made of; 0 unknown.
func (e *editing) base() int64 {
	n, err := strconv.ParseInt(e.form.Get(pages.EditVersion), 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// changed are the cells that the form has otherwise than the place had.
func (e *editing) changed() map[string]string {
	out := map[string]string{}
	for i := range place.Columns {
		c := &place.Columns[i]
		before := normal(e.before[c.Name])
		after, ok := e.cell(c, before)
		if ok && normal(after) != before {
			out[c.Name] = normal(after)
		}
	}
	return out
}

// cell is a column as the form has it; false when it is not in it.
func (e *editing) cell(c *place.Column, before string) (string, bool) {
	switch kind := pages.EditField(c.Name); {
	case c.Kind == place.Hours:
		return e.hours, true
	case kind == "publics":
		switch e.form.Get(pages.EditPublics) {
		case "tous":
			return place.Everybody, true
		case "certains":
			return e.list(c.Name, before), true
		}
		return "", true
	case kind == "lignes", kind == "cases", kind == "choix":
		return e.list(c.Name, before), true
	case c.Kind == place.Phone && normal(e.form.Get(c.Name)) == normal(pages.EditPhone(before)):
		return before, true
	case kind == "ligne", kind == "texte", c.Kind == place.Latitude, c.Kind == place.Longitude:
		return e.form.Get(c.Name), true
	}
	return "", false
}

// list joins the values of a list. Their order says nothing: what stays keeps
// that of the place, so that a list sent back as it was has not changed.
func (e *editing) list(name, before string) string {
	var values, out []string
	for _, v := range e.form[name] {
		if v = normal(v); v != "" && !slices.Contains(values, v) {
			values = append(values, v)
		}
	}
	for _, v := range strings.Split(before, "|") {
		if slices.Contains(values, v) && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	for _, v := range values {
		if !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return strings.Join(out, "|")
}

// dayWords name the days of the form in a sentence.
var dayWords = map[string]string{"0": "lundi", "1": "mardi", "2": "mercredi", "3": "jeudi", "4": "vendredi", "5": "samedi", "6": "dimanche", pages.HolidayDay: "jour férié"}

// readHours gives the hours that the form asks for: those that it showed where
// nobody touched them, else those of the table or of the text.
func (e *editing) readHours() string {
	before := normal(e.form.Get(pages.EditShown))
	text := before
	if e.form.Has(pages.EditText) {
		text = normal(e.form.Get(pages.EditText))
	}
	was, err := hours.TableOf(before)
	if err != nil {
		was = hours.Table{}
	}
	table, ok := e.table(&was)
	if !ok {
		return text // what is wrong in the table was told
	}
	if table.Equal(&was) {
		return text
	}
	made, err := table.OSM()
	var syntax *hours.SyntaxError
	switch {
	case errors.Is(err, hours.ErrOverlap):
		e.wrong("horaires", "", "Deux plages d’horaires se chevauchent. Corrigez leurs heures.")
		return text
	case errors.As(err, &syntax):
		e.wrong("horaires", table.Rest, "« Ce que le tableau ne dit pas » ne se lit pas : "+syntax.Message+".")
		return text
	case text != before && text != made:
		e.wrong("horaires", text, "Vous avez changé le tableau et le texte, qui ne disent plus la même chose. Gardez l’un des deux.")
		return made
	}
	return made
}

// table reads the table of the form; was is the one that it showed.
func (e *editing) table(was *hours.Table) (t hours.Table, ok bool) {
	wrongs := len(e.findings)
	for i, day := range pages.EditDays {
		before, into := &was.Public, &t.Public
		if i < 7 {
			before, into = &was.Days[i], &t.Days[i]
		}
		*into = e.day(day, before)
	}
	t.School = e.form.Get(pages.EditSchool) == pages.DayClosed
	t.Otherwise = strings.Join(strings.Fields(e.form.Get(pages.EditSinon)), " ")
	t.Rest = normal(e.form.Get(pages.EditRest))
	return t, len(e.findings) == wrongs
}

func (e *editing) day(day string, was *hours.TableDay) (d hours.TableDay) {
	slots, filled := e.slots(day)
	state, before := e.form.Get(pages.EditDay(day, "etat")), pages.DayState(was)
	// Somebody who writes hours on a day that was closed opens it, and who closes
	// a day does not have to rub its hours out.
	if filled && state == before && !slices.Equal(slots, was.Slots) {
		state = pages.DayOpen
	}
	switch state {
	case pages.DayClosed:
		d.Closed = true
	case pages.DayAsked:
		d.Note = pages.Appointment
	case pages.DayOtherwise:
		d.Note = strings.Join(strings.Fields(e.form.Get(pages.EditDay(day, "note"))), " ")
	case pages.DayOpen:
		if d.Slots = slots; !filled {
			e.wrong("horaires", "", french.Capital(dayWords[day])+" : écrivez les heures, ou choisissez « Fermé ».")
		}
	}
	return d
}

// slots are the openings of a day, in order; filled says whether anything is
// written there.
func (e *editing) slots(day string) (out []hours.Slot, filled bool) {
	for i := range hours.SlotsMaximum {
		from, to := normal(e.form.Get(pages.EditSlot(day, i, "de"))), normal(e.form.Get(pages.EditSlot(day, i, "a")))
		if from == "" && to == "" {
			continue
		}
		filled = true
		begin, okFrom := hours.ParseClock(from)
		end, okTo := hours.ParseClock(to)
		switch {
		case from == "" || to == "":
			e.wrong("horaires", from+to, french.Capital(dayWords[day])+" : il manque une heure. Écrivez les deux, ou aucune.")
			continue
		case !okFrom || !okTo:
			found := from
			if okFrom {
				found = to
			}
			e.wrong("horaires", found, french.Capital(dayWords[day])+" : « "+shown(found)+" » n’est pas une heure. Écrivez par exemple 09:00.")
			continue
		}
		if begin == 24*60 {
			begin = 0
		}
		if end <= begin {
			end += 24 * 60 // past midnight
		}
		out = append(out, hours.Slot{From: begin, To: end, Note: strings.Join(strings.Fields(e.form.Get(pages.EditSlot(day, i, "note"))), " ")})
	}
	slices.SortFunc(out, func(a, b hours.Slot) int { return a.From - b.From })
	for i := 1; i < len(out); i++ {
		if out[i].From < out[i-1].To {
			e.wrong("horaires", "", french.Capital(dayWords[day])+" : deux plages se chevauchent. Corrigez leurs heures.")
			break
		}
	}
	return out, filled
}

// reason is why, in their words.
func (e *editing) reason() string {
	r := strings.Join(strings.Fields(e.form.Get(pages.EditReason)), " ")
	if utf8.RuneCountInString(r) > publicReason {
		e.wrong("", r, fmt.Sprintf("La raison est trop longue : %d lettres au plus.", publicReason))
	}
	return r
}

// cellsOf asks for the cells of a place and the version of the data.
func (s *Server) cellsOf(ctx context.Context, id string) (cells map[string]string, data int64, err error) {
	if s.config.Edits == nil {
		return nil, 0, errNoEdits
	}
	err = s.desk.ask(ctx, func(ctx context.Context) error {
		cells, data, err = s.config.Edits.Cells(ctx, id)
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("read cells of %s: %w", id, err)
	}
	return cells, data, nil
}

// formPage begins a page of the form: its parameters, and that it is a page.
func (s *Server) formPage(c echo.Context) (*asked, error) {
	c.Set(keyForm, formHTML.name)
	a, err := s.understand(c.Request().Context(), amending, c.Request().URL.RawQuery)
	if err == nil && s.config.Edits == nil {
		err = errNoEdits
	}
	return a, err
}

// modification is the form of a place.
func (s *Server) modification(c echo.Context) error {
	a, err := s.formPage(c)
	if err != nil {
		return err
	}
	w, err := s.enters(c)
	if err != nil {
		return err
	}
	cells, data, err := s.cellsOf(c.Request().Context(), w.target.id)
	if err != nil {
		return err
	}
	answers, proposed, err := s.proposalOf(c, a.report, w.target.id, w.key)
	if err != nil {
		return err
	}
	e := &editing{form: filledWith(cells, proposed, data), before: cells, hours: cells["horaires"]}
	e.form.Set(pages.EditReport, answers.String())
	view := s.editView(c, w, e)
	view.Saved = a.fait
	return s.page(c, func(w *bytes.Buffer) error { return s.pages.Modification(w, view) })
}

// addition is the form of a new place.
func (s *Server) addition(c echo.Context) error {
	a, err := s.formPage(c)
	if err != nil {
		return err
	}
	w, err := s.enters(c)
	if err == nil {
		err = w.mayAdd()
	}
	if err != nil {
		return err
	}
	answers, proposed, err := s.proposalOf(c, a.report, "", w.key)
	if err != nil {
		return err
	}
	e := &editing{form: filledWith(nil, proposed, 0), before: map[string]string{}}
	e.form.Set(pages.EditReport, answers.String())
	view := s.editView(c, w, e)
	view.Saved = a.fait
	return s.page(c, func(w *bytes.Buffer) error { return s.pages.Modification(w, view) })
}

// editView is the page of a form as it was filled in.
func (s *Server) editView(c echo.Context, w *written, e *editing) pages.Modification {
	v := pages.Modification{Head: s.headFor(c, ""), ID: w.target.id, Nom: w.target.place.Nom, Commune: w.target.place.Commune, Given: e.before,
		Asked: e.form, Findings: slices.Clone(e.findings), Geocoder: s.config.Geocoder != nil}
	if v.ID == "" {
		v.Nom, v.Commune = normal(e.form.Get("nom")), normal(e.form.Get("commune"))
	}
	if h, err := hours.Parse(e.hours); err == nil {
		v.Hours = h.Describe()
	} else if osm, ok := hours.FromFrench(e.hours); ok {
		if h, err := hours.Parse(osm); err == nil {
			v.Hours = h.Describe()
		}
	}
	v.Where, v.Near = s.where(c.Request().Context(), e), w.target.published.Approximate
	return v
}

// modify does what a button of the form asks.
func (s *Server) modify(c echo.Context) error { return s.edited(c, false) }

// add is modify for a new place.
func (s *Server) add(c echo.Context) error { return s.edited(c, true) }

func (s *Server) edited(c echo.Context, create bool) error {
	c.Set(keyForm, formHTML.name)
	if s.config.Edits == nil {
		return errNoEdits
	}
	w, err := s.writes(c)
	if err != nil {
		return err
	}
	if !w.body.form {
		return errMediaType
	}
	e, err := readEditing(w.body.values)
	if err != nil {
		return err
	}
	if create {
		if err := w.mayAdd(); err != nil {
			return err
		}
		e.before = map[string]string{}
	}
	reason := e.reason()
	if e.form.Get(pages.EditTry) != "" {
		return s.tried(c, w, e, create)
	}
	again := func(open string, located []pages.Choice) error {
		view := s.editView(c, w, e)
		view.Findings, view.Open, view.Located = nil, open, located
		return s.page(c, func(w *bytes.Buffer) error { return s.pages.Modification(w, view) })
	}
	gesture, argument, _ := strings.Cut(e.form.Get(pages.EditGesture), ":")
	switch gesture {
	case "modifier":
		return again("", nil)
	case "plage":
		e.addSlot(argument)
		return again("horaires", nil)
	case "copier":
		e.copyMonday()
		return again("horaires", nil)
	case "texte":
		text := normal(e.form.Get(pages.EditText))
		if osm, ok := hours.FromFrench(text); ok {
			text = osm
		}
		fillHours(e.form, text)
		e.hours = text
		return again("horaires", nil)
	case "situer", "point":
		located := s.locateForm(c.Request().Context(), e, argument)
		return again("adresse", located)
	case "relire":
		view := s.editView(c, w, e)
		view.Open = "horaires"
		return s.page(c, func(w *bytes.Buffer) error { return s.pages.Modification(w, view) })
	case "", "verifier", "publier":
	default:
		return unprocessable{faults{{Parameter: pages.EditGesture, Value: shown(gesture), Detail: "Ce bouton n’existe pas ici."}}}
	}
	done, err := s.rehearse(c.Request().Context(), w, e, create)
	if err == nil && gesture == "publier" && len(done.Changes) > 0 {
		var id string
		var answers ticket.Number
		if answers, _, err = s.proposalOf(c, e.form.Get(pages.EditReport), w.target.id, w.key); err == nil {
			id, err = s.publishEdit(c, w, e, create, reason, answers)
		}
		if err == nil {
			if answers != "" {
				s.answerDue()
				return s.seeOther(c, ticketPath(answers)+"?fait="+string(ticket.Publish))
			}
			fait := "publie"
			if create {
				fait = "ajoute"
			}
			return s.seeOther(c, "/collections/lieux/items/"+id+"/historique?fait="+fait)
		}
	}
	if err != nil {
		return s.editAgain(c, w, e, err)
	}
	view := s.editView(c, w, e)
	view.Findings = s.notes(done)
	view.Confirm = s.confirmation(c.Request().Context(), w, e, done)
	return s.page(c, func(w *bytes.Buffer) error { return s.pages.Modification(w, view) })
}

// notes are the findings about what changes; the others were there before.
func (s *Server) notes(done history.Edited) (out []place.Finding) {
	for _, f := range done.Findings {
		if f.Code == "telephone_format" || f.Code == "decimal_comma" {
			continue // written as people do
		}
		if slices.ContainsFunc(done.Changes, func(x place.FieldChange) bool {
			return x.Column == f.Field || slices.Contains(place.Together(x.Column), f.Field)
		}) {
			out = append(out, f)
		}
	}
	return out
}

// asEdit is what a form asks of the store.
func (e *editing) asEdit(w *written, on place.Date, dry bool) history.Edit {
	return history.Edit{ID: w.target.id, Base: e.base(), Cells: e.changed(), On: on, DryRun: dry, Apart: e.form.Get(pages.EditApart) != ""}
}

// rehearse tells what a form would change, or all that is wrong with it.
func (s *Server) rehearse(ctx context.Context, w *written, e *editing, create bool) (done history.Edited, err error) {
	err = s.desk.within(ctx, previewTimeout, func(ctx context.Context) error {
		done, err = s.storeEdit(ctx, create, e.asEdit(w, s.today(), true))
		return err
	})
	var refused *history.Refused
	if len(e.findings) > 0 {
		all := slices.Clone(e.findings)
		if errors.As(err, &refused) {
			all = append(all, slices.DeleteFunc(slices.Clone(refused.Findings), func(f place.Finding) bool { return f.Field == "horaires" })...)
		} else if err != nil {
			return done, err
		}
		return done, &history.Refused{Findings: all}
	}
	if err != nil {
		return done, fmt.Errorf("rehearse the edit of %q: %w", w.target.id, err)
	}
	return done, s.stays(ctx, w, done.Place)
}

func (s *Server) storeEdit(ctx context.Context, create bool, e history.Edit) (history.Edited, error) {
	if create {
		return s.config.Edits.Create(ctx, e)
	}
	return s.config.Edits.Edit(ctx, e)
}

// stays asks whether a place is on the territory of the key once it is edited.
// The form is then shown again: nothing of it is lost.
func (s *Server) stays(ctx context.Context, w *written, p place.Place) error {
	if was := w.target.place; w.target.id != "" && p.CodeInsee == was.CodeInsee && p.CodePostal == was.CodePostal {
		return nil
	}
	var refused forbidden
	if err := s.inside(ctx, w, w.target.id, p); errors.As(err, &refused) {
		return &history.Refused{Findings: []place.Finding{{Severity: place.Blocking, Code: "territoire", Field: "commune", Found: p.Commune, Message: refused.detail}}}
	} else if err != nil {
		return err
	}
	return nil
}

// mayAdd refuses who keeps places that exist: they have no territory to add one
// in.
func (w *written) mayAdd() error {
	if w.key.Territory.Kind == access.Places {
		return forbidden{access.ErrForbidden, "Votre rôle vaut pour des lieux qui existent déjà : il n’en ajoute pas."}
	}
	return nil
}

// publishEdit writes what the form asks for, and ends the report that it answers.
func (s *Server) publishEdit(c echo.Context, w *written, e *editing, create bool, reason string, answers ticket.Number) (string, error) {
	cause := history.Correction
	if create {
		cause = history.Creation
	}
	return s.once(c, w, clickKept, func(ctx context.Context) (id string, err error) {
		author := history.By(w.key, cause, reason)
		author.Subject = subjectOf(answers)
		err = s.desk.within(history.With(ctx, author), previewTimeout, func(ctx context.Context) error {
			done, err := s.storeEdit(ctx, create, e.asEdit(w, s.today(), false))
			id = done.ID
			return err
		})
		if err != nil {
			return "", fmt.Errorf("publish the edit of %q: %w", w.target.id, err)
		}
		if answers == "" {
			return id, nil
		}
		m := ticket.Move{Act: ticket.Publish, Words: reason}
		if create {
			m.Place = id
		}
		err = s.desk.ask(ctx, func(ctx context.Context) error {
			_, err := s.config.Tickets.MoveTicket(ctx, answers, m, "", w.key, w.at)
			return err
		})
		if err != nil {
			// Somebody else answered it meanwhile: its page tells. The place is corrected.
			s.log.Warn("answer a report", "report", string(answers), "error", err)
		}
		return id, nil
	})
}

// editAgain shows the form again with what is wrong, what others changed
// meanwhile, or the places that a new one may be. Nothing that was written is
// lost.
func (s *Server) editAgain(c echo.Context, w *written, e *editing, err error) error {
	var refused *history.Refused
	var stale *history.Stale
	var alike *history.Alike
	switch {
	case errors.As(err, &refused):
		e.findings = nil
		for _, f := range refused.Findings {
			f.Severity = place.Blocking
			e.findings = append(e.findings, f)
		}
	case errors.As(err, &stale):
		if err := s.rebase(c.Request().Context(), w, e); err != nil {
			return err
		}
	case errors.As(err, &alike):
	case timedOut(err), errors.Is(err, errBusy):
		// A file that is being published holds every place for a while.
		e.findings = []place.Finding{{Severity: place.Blocking, Code: "occupe", Message: "Un fichier est en cours de publication : attendez une minute, puis envoyez de nouveau. Votre texte est gardé."}}
	default:
		return err
	}
	view := s.editView(c, w, e)
	view.Stale = stale
	if alike != nil {
		view.Twins = alike.Twins
	}
	return shownAgain{err, func(b *bytes.Buffer) error { return s.pages.Modification(b, view) }}
}

// rebase makes the form one of the place as it is now: what the editor changed
// stays theirs, the rest is what others made of it.
func (s *Server) rebase(ctx context.Context, w *written, e *editing) error {
	now, data, err := s.cellsOf(ctx, w.target.id)
	if err != nil {
		return err
	}
	mine, reason := e.changed(), e.form.Get(pages.EditReason)
	merged := maps.Clone(now)
	maps.Copy(merged, mine)
	form := editForm(merged, data)
	form.Set(pages.EditBefore, editForm(now, data).Get(pages.EditBefore))
	form.Set(pages.EditReason, reason)
	form.Set(pages.EditReport, e.form.Get(pages.EditReport))
	e.form, e.before, e.hours = form, now, merged["horaires"]
	return nil
}

// addSlot gives a day one more opening to fill in.
func (e *editing) addSlot(day string) {
	if !slices.Contains(pages.EditDays, day) {
		return
	}
	n := pages.SlotsOf(e.form, day)
	if least := 2; n < least && day != pages.HolidayDay {
		n = least
	}
	if n < hours.SlotsMaximum {
		e.form.Set(pages.EditSlot(day, n, "de"), "")
		e.form.Set(pages.EditSlot(day, n, "a"), "")
	}
	if e.form.Get(pages.EditDay(day, "etat")) != pages.DayOpen {
		e.form.Set(pages.EditDay(day, "etat"), pages.DayOpen)
	}
}

// copyMonday makes the other weekdays what Monday is.
func (e *editing) copyMonday() {
	for _, day := range pages.EditDays[1:5] {
		for name := range e.form {
			if strings.HasPrefix(name, "h."+day+".") {
				e.form.Del(name)
			}
		}
		for name, values := range maps.Clone(e.form) {
			if rest, ok := strings.CutPrefix(name, "h.0."); ok {
				e.form["h."+day+"."+rest] = slices.Clone(values)
			}
		}
	}
}

// locateForm puts the point where the address search says, or where the person
// chose among its answers, and gives the others.
func (s *Server) locateForm(ctx context.Context, e *editing, chosen string) (others []pages.Choice) {
	put := func(latitude, longitude float64) {
		e.form.Set("latitude", degrees(latitude))
		e.form.Set("longitude", degrees(longitude))
	}
	if chosen != "" {
		if n, ok := numbers(chosen); ok && len(n) == 2 {
			if p, err := place.NewPosition(n[0], n[1]); err == nil {
				put(p.Latitude(), p.Longitude())
			}
		}
		return nil
	}
	if s.config.Geocoder == nil {
		return nil
	}
	q := strings.Join(strings.Fields(e.form.Get("adresse")+" "+e.form.Get("code_postal")+" "+e.form.Get("commune")), " ")
	if q == "" {
		e.wrong("adresse", "", "Écrivez d’abord l’adresse.")
		return nil
	}
	asking, cancel := context.WithTimeout(ctx, geocoderPatience)
	defer cancel()
	found, err := s.config.Geocoder.Search(asking, shown(q), 5)
	switch {
	case err != nil:
		s.log.Warn("geocoder did not answer", "error", err)
		e.wrong("latitude", "", "La recherche d’adresses ne répond pas. Placez le point vous-même, ou réessayez plus tard.")
	case len(found) == 0:
		e.wrong("latitude", "", "Nous ne trouvons pas cette adresse. Vérifiez-la, ou placez le point vous-même.")
	default:
		put(found[0].Position.Latitude(), found[0].Position.Longitude())
		for _, f := range found[1:] {
			others = append(others, pages.Choice{Label: f.Label, Query: degrees(f.Position.Latitude()) + "," + degrees(f.Position.Longitude())})
		}
	}
	return others
}

func degrees(x float64) string { return strconv.FormatFloat(math.Round(x*1e7)/1e7, 'f', -1, 64) }

// pointOf reads the position of cells, as a file's is read.
func pointOf(latitude, longitude string) place.Position {
	r := place.ReadCells(map[string]string{"nom": "x", "latitude": latitude, "longitude": longitude}, place.Context{})
	return r.Position
}

// where says where the point of the form is, and how far it moved.
func (s *Server) where(ctx context.Context, e *editing) string {
	latitude, longitude := e.form.Get("latitude"), e.form.Get("longitude")
	now := pointOf(latitude, longitude)
	if !now.Known() {
		if normal(latitude+longitude) != "" {
			return "Ces coordonnées ne sont pas en France, ou ne se lisent pas."
		}
		return "Ce lieu n’a pas de point sur la carte."
	}
	var said []string
	if was := pointOf(e.before["latitude"], e.before["longitude"]); was.Known() {
		if m := geo.Distance(orb.Point{was.Longitude(), was.Latitude()}, orb.Point{now.Longitude(), now.Latitude()}); m >= 1 {
			said = append(said, "Le point bouge de "+pages.Distance(m)+".")
		}
	}
	if in, ok := s.communeAt(ctx, now); ok {
		sentence := "Il est à " + in.Nom
		if declared := normal(e.form.Get("commune")); declared != "" && place.Fold(declared) != place.Fold(in.Nom) {
			sentence += ", et l’adresse dit " + declared
		}
		said = append(said, sentence+".")
	} else if atlas, err := s.atlas(ctx); err == nil {
		if near, metres, ok := atlas.gazetteer.Nearest(now.Longitude(), now.Latitude()); ok {
			said = append(said, "Il est à "+pages.Distance(metres)+" du centre de "+near.Nom+".")
		}
	}
	return strings.Join(said, " ")
}

// communeAt gives the commune whose contour holds a point; false when none that
// is known does.
func (s *Server) communeAt(ctx context.Context, p place.Position) (found territory.Commune, ok bool) {
	x, y := p.Longitude(), p.Latitude()
	err := s.census.communes(ctx, place.Find{BBox: &place.BBox{West: x, South: y, East: x, North: y}, Limit: 50}, func(m territory.Commune) error {
		inside := false
		switch contour := m.Contour.(type) {
		case orb.Polygon:
			inside = planar.PolygonContains(contour, orb.Point{x, y})
		case orb.MultiPolygon:
			inside = planar.MultiPolygonContains(contour, orb.Point{x, y})
		}
		if inside && (!ok || m.Parent != "") {
			found, ok = m, true
		}
		return nil
	})
	return found, ok && err == nil
}

// confirmation is what a form would change, with what it does to the score.
func (s *Server) confirmation(ctx context.Context, w *written, e *editing, done history.Edited) *pages.Confirmation {
	v := &pages.Confirmation{}
	for _, f := range done.Changes {
		if f.Column == "date_maj" && len(done.Changes) > 1 || f.Column == "id" {
			continue // follows from the others
		}
		v.Changes = append(v.Changes, f)
	}
	if len(v.Changes) > 0 {
		v.Before, v.After, v.Level = s.effect(ctx, w, e, done.Place)
	}
	return v
}

// effect gives the score of a place before and after, in words; "" where it
// cannot be told.
func (s *Server) effect(ctx context.Context, w *written, e *editing, p place.Place) (before, after, level string) {
	if w.target.id == "" || s.config.Scores == nil {
		return "", "", ""
	}
	scored, err := s.scored(ctx, w.target.id)
	if err != nil {
		return "", "", "" // never scored, or the desk is busy: the edit does not wait for it
	}
	engine, err := quality.Load(scored.Document)
	if err != nil {
		s.log.Warn("version of a score does not load", "error", err)
		return "", "", ""
	}
	entree := scored.Entree
	gap := entree.Fiche.Faits.EcartCommune
	if was := w.target.place; p.Position != was.Position || p.CodeInsee != was.CodeInsee {
		gap = nil
		if in, ok := s.communeAt(ctx, p.Position); p.Position.Known() && ok && (in.Code == p.CodeInsee || in.Parent == p.CodeInsee) {
			gap = new(int)
		}
	}
	departement := territory.DepartementOf(p.CodeInsee)
	if departement == "" {
		departement = w.target.published.Departement
	}
	changed := e.changed()
	entree.Fiche = quality.Derive(&p, slices.DeleteFunc(slices.Clone(entree.Fiche.Absents), func(name string) bool { _, ok := changed[name]; return ok }), departement, gap)
	entree.Contexte.Constantes = slices.DeleteFunc(slices.Clone(entree.Contexte.Constantes), func(name string) bool { _, ok := changed[name]; return ok })
	t := s.today()
	entree.Date = quality.Jour{Date: t}
	was, is := scored.Resultat, engine.Evaluate(&entree)
	points := func(n quality.Nombre) string { return n.French(0) + "\u00a0points sur\u00a0100" }
	if is.Niveau != was.Niveau && is.Niveau != "" {
		level = "Le niveau devient " + is.Niveau + "."
	}
	return points(was.Score), points(is.Score), level
}

// tryWire is what a form would give, for who is still filling it in.
type tryWire struct {
	Findings []tryFinding      `json:"constats"`
	Changes  []string          `json:"changements"` // columns
	Phrase   string            `json:"phrase"`
	Hours    string            `json:"horaires"` // in OSM's words, or as written
	Read     []string          `json:"phrases_horaires"`
	Where    string            `json:"position"`
	Digests  map[string]string `json:"sections"`
}

type tryFinding struct {
	Field    string         `json:"champ"`
	Severity place.Severity `json:"gravite"`
	Message  string         `json:"message"`
}

// tried answers what would come of a form, field by field.
func (s *Server) tried(c echo.Context, w *written, e *editing, create bool) error {
	ctx := c.Request().Context()
	done, err := s.rehearse(ctx, w, e, create)
	view := s.editView(c, w, e)
	out := tryWire{Findings: []tryFinding{}, Changes: []string{}, Hours: e.hours, Read: listed(view.Hours), Where: view.Where, Digests: view.Digests()}
	var refused *history.Refused
	var stale *history.Stale
	var alike *history.Alike
	switch {
	case errors.As(err, &refused):
		for _, f := range refused.Findings {
			out.Findings = append(out.Findings, tryFinding{f.Field, place.Blocking, f.Message})
		}
		out.Phrase = french.Count(len(refused.Findings), "chose à corriger", "choses à corriger") + "."
	case errors.As(err, &stale):
		out.Phrase = "Quelqu’un d’autre vient de modifier ce lieu. Votre texte sera gardé."
	case errors.As(err, &alike):
		out.Phrase = "Ce lieu est peut-être déjà connu."
	case err != nil:
		return err
	default:
		for _, f := range s.notes(done) {
			out.Findings = append(out.Findings, tryFinding{f.Field, f.Severity, f.Message})
		}
		for name := range e.changed() {
			out.Changes = append(out.Changes, name)
		}
		slices.Sort(out.Changes)
		out.Phrase = "Rien n’est changé."
		if n := len(out.Changes); n > 0 {
			out.Phrase = french.Count(n, "champ change", "champs changent") + "."
		}
	}
	c.Response().Header().Set("Cache-Control", "private, no-store")
	return s.value(c, out)
}
