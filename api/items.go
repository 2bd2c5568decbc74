package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"mednum/internal/access"
	"mednum/internal/french"
	"mednum/internal/history"
	"mednum/internal/place"
	"mednum/internal/territory"
)

// typePatch is the type of a body that says only what changes (RFC 7396).
const typePatch = "application/merge-patch+json"

// editDoors are the operations that write places: OGC API – Features, part 4,
// and what people do in one gesture.
func (s *Server) editDoors() []door {
	const lieux = "/collections/lieux/items"
	const lieu = lieux + "/:featureId"
	return []door{
		posts(lieux, s.createItem).to(access.Create).about(inHandler),
		puts(lieu, s.replaceItem).to(access.Amend).about(thisPlace),
		patches(lieu, s.updateItem).to(access.Amend).about(thisPlace),
		deletes(lieu, s.deleteItem).to(access.Amend).about(thisPlace),
		posts(lieu+"/confirmation", s.confirmItem).to(access.Amend).about(thisPlace),
		posts(lieu+"/fermeture", s.closeItem).to(access.Amend).about(inHandler), // a closed place is at no address
		posts(lieu+"/restauration", s.restoreItem).to(access.Amend).about(thisPlace),
	}
}

// feature is what a request says of a place: cells of the standard, by column.
type feature struct {
	cells  map[string]string
	reason string // why, shown in public
	faults faults
}

func (f *feature) fault(pointer, value, detail, suggestion string) {
	f.faults = append(f.faults, fault{pointer, shown(value), detail, suggestion})
}

// pointer names a column in a Feature, as a JSON pointer (RFC 6901).
func pointer(column string) string {
	switch column {
	case "":
		return ""
	case "latitude", "longitude":
		return "/geometry"
	}
	return "/properties/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(column)
}

// readFeature reads a body of GeoJSON, or of one of the other types said. now is
// the same place as GET gives it today, nil for a new one.
func (s *Server) readFeature(c echo.Context, w *written, now []byte, whole bool, types ...string) (*feature, error) {
	r := c.Request()
	text, err := io.ReadAll(r.Body)
	var long *http.MaxBytesError
	switch {
	case errors.As(err, &long):
		return nil, errTooLarge
	case err != nil:
		return nil, faults{{Detail: "Le corps de la demande n’est pas arrivé entier. Envoyez-le de nouveau."}}
	}
	if given, _, err := mime.ParseMediaType(r.Header.Get(echo.HeaderContentType)); err != nil || !slices.Contains(append(types, typeGeoJSON, typeJSON), given) {
		return nil, errMediaType
	}
	w.body = &message{text: text}
	if err := w.seal(c, sha256.Sum256(text)); err != nil {
		return nil, err
	}
	if !utf8.Valid(text) {
		return nil, faults{{Detail: "Le corps de la demande n’est pas de l’UTF-8. Enregistrez-le en UTF-8."}}
	}
	var members, known map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil || members == nil {
		return nil, faults{{Value: shown(string(text[:min(len(text), 200)])), Detail: notJSON(text, err)}}
	}
	if now != nil {
		if err := json.Unmarshal(now, &known); err != nil {
			return nil, fmt.Errorf("read the place as it is: %w", err)
		}
	}
	f := &feature{cells: map[string]string{}}
	if whole {
		for i := range place.Columns {
			f.cells[place.Columns[i].Name] = ""
		}
		if now == nil {
			clear(f.cells)
		}
	}
	f.read(members, known)
	return f, nil
}

// featureMembers are those of a Feature that GET gives.
var featureMembers = []string{"type", "id", "geometry", "properties", "links"}

// reasonMember says in a body why somebody writes.
const reasonMember = "raison"

func (f *feature) read(members, known map[string]json.RawMessage) {
	var names []string
	for name := range members {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		value := members[name]
		switch name {
		case "type":
			if string(bytes.TrimSpace(value)) != `"Feature"` {
				f.fault("/type", string(value), "Le corps est un seul Feature de GeoJSON : \"type\": \"Feature\".", "Feature")
			}
		case "id":
			f.given("/id", value, known["id"], known != nil)
		case "geometry":
			f.geometry(value, known)
		case "properties":
			f.properties(value, known["properties"], known != nil)
		case "links", "remarques":
			// Of the document, not of the place.
		case reasonMember:
			b := &message{members: map[string]json.RawMessage{reasonMember: value}}
			f.reason = b.prose(reasonMember, publicReason, optional)
			for _, one := range b.faults {
				f.fault("/"+reasonMember, one.Value, one.Detail, "")
			}
		default:
			suggestion, _ := place.Nearest(name, featureMembers)
			detail := "Ce membre n’existe pas dans un Feature. Les membres sont : " + strings.Join(featureMembers, ", ") + "."
			if _, ok := place.ColumnNamed(name); ok {
				detail = "Cette colonne se met dans properties."
			}
			f.fault("/"+shown(name), "", detail, suggestion)
		}
	}
}

// given takes what the census gives by itself: the same as GET gave, or
// nothing.
func (f *feature) given(pointer string, value, now json.RawMessage, exists bool) {
	if string(bytes.TrimSpace(value)) == "null" || sameJSON(value, now) {
		return
	}
	if exists {
		f.fault(pointer, string(value), "Le recensement donne ce membre lui-même : l’envoyer tel qu’il est, ou l’ôter.", string(now))
		return
	}
	f.fault(pointer, string(value), "Le recensement donne ce membre lui-même : l’ôter.", "")
}

func sameJSON(a, b json.RawMessage) bool {
	var x, y any
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return false
	}
	return bytes.Equal(encode(x), encode(y))
}

// geometry is the position of the place; null, that it is unknown. The middle
// of a commune that GET showed for want of better is none.
func (f *feature) geometry(value json.RawMessage, known map[string]json.RawMessage) {
	f.cells["latitude"], f.cells["longitude"] = "", ""
	if string(bytes.TrimSpace(value)) == "null" {
		return
	}
	if known != nil && sameJSON(value, known["geometry"]) {
		var shown struct {
			Precision place.Precision `json:"position_precision"`
		}
		if err := json.Unmarshal(known["properties"], &shown); err == nil && shown.Precision == place.AtCommune {
			return
		}
	}
	var point struct {
		Type        string        `json:"type"`
		Coordinates []json.Number `json:"coordinates"`
	}
	const example = "Écrire un point, longitude puis latitude : {\"type\": \"Point\", \"coordinates\": [4.03187, 49.25779]} ; ou null quand la position est inconnue."
	if err := json.Unmarshal(value, &point); err != nil || point.Type != "Point" || len(point.Coordinates) != 2 {
		f.fault("/geometry", string(value), example, "")
		return
	}
	var degrees [2]float64
	for i, n := range point.Coordinates {
		x, ok := number(string(n))
		if !ok {
			f.fault("/geometry/coordinates", string(value), example, "")
			return
		}
		degrees[i] = x
	}
	p, err := place.NewPosition(degrees[1], degrees[0])
	if err != nil {
		// As a file's row would be read: the finding says what is wrong.
		f.cells["latitude"], f.cells["longitude"] = string(point.Coordinates[1]), string(point.Coordinates[0])
		return
	}
	at := place.Place{Position: p}
	for _, name := range []string{"latitude", "longitude"} {
		column, _ := place.ColumnNamed(name)
		f.cells[name] = column.Said(&at)
	}
}

// properties are the columns of the standard, and what the census adds to them.
func (f *feature) properties(value, now json.RawMessage, exists bool) {
	var properties, known map[string]json.RawMessage
	if string(bytes.TrimSpace(value)) == "null" {
		return
	}
	if err := json.Unmarshal(value, &properties); err != nil {
		f.fault("/properties", string(value), "Écrire un objet : les colonnes du standard, sous leur nom.", "")
		return
	}
	if exists {
		if err := json.Unmarshal(now, &known); err != nil {
			known = nil // a place always has some
		}
	}
	var names []string
	for name := range properties {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		column, ok := place.ColumnNamed(name)
		_, ours := known[name]
		switch {
		case ok && (column.Kind == place.Latitude || column.Kind == place.Longitude):
			f.fault(pointerIn(name), "", "La position se met dans geometry : longitude, puis latitude.", "")
		case ok:
			f.column(column, properties[name])
		case ours || slices.Contains(addedProperties, name):
			f.given(pointerIn(name), properties[name], known[name], exists)
		default:
			suggestion, _ := place.Nearest(name, columnNames)
			f.fault(pointerIn(name), "", "Le standard n’a pas cette colonne. La liste est dans /api.html.", suggestion)
		}
	}
}

func pointerIn(name string) string {
	return "/properties/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(shown(name))
}

var (
	addedProperties = []string{"producteur", "departement", "position_doute", "modifie_le", "position_precision", "sources", "demonstration"}
	columnNames     = func() (names []string) {
		for i := range place.Columns {
			if c := &place.Columns[i]; c.Kind != place.Latitude && c.Kind != place.Longitude {
				names = append(names, c.Name)
			}
		}
		return names
	}()
)

func (f *feature) column(c *place.Column, value json.RawMessage) {
	at := pointer(c.Name)
	f.cells[c.Name] = ""
	if string(bytes.TrimSpace(value)) == "null" {
		return
	}
	if c.List == nil {
		var text string
		if err := json.Unmarshal(value, &text); err != nil {
			f.fault(at, string(value), "Écrire un texte entre guillemets, par exemple \""+c.Example+"\" ; ou null quand on ne sait pas.", "")
			return
		}
		f.cells[c.Name] = text
		return
	}
	var list []string
	if err := json.Unmarshal(value, &list); err != nil {
		f.fault(at, string(value), "Écrire une liste de textes, par exemple "+strings.TrimSpace(string(encode(strings.Split(c.Example, "|"))))+" ; ou null quand on ne sait pas.", "")
		return
	}
	for i, e := range list {
		switch {
		case strings.Contains(e, "|"):
			f.fault(at+"/"+strconv.Itoa(i), e, "Une valeur n’a pas de « | » : c’est lui qui sépare les valeurs dans un fichier.", "")
			return
		case strings.TrimSpace(e) == "":
			f.fault(at+"/"+strconv.Itoa(i), e, "Cette valeur est vide : l’ôter de la liste.", "")
			return
		}
	}
	f.cells[c.Name] = strings.Join(list, "|")
	if len(list) == 0 && c.Name == "publics_specifiquement_adresses" {
		f.cells[c.Name] = place.Everybody
	}
}

// base reads If-Match: the version of the data that the client had read, 0 for
// "*". Our tags begin with it.
func base(c echo.Context) (int64, error) {
	header := strings.TrimSpace(c.Request().Header.Get("If-Match"))
	switch header {
	case "":
		return 0, errNoIfMatch
	case "*":
		return 0, nil
	}
	best := int64(0)
	for tag := range strings.SplitSeq(header, ",") {
		tag = strings.Trim(strings.TrimPrefix(strings.TrimSpace(tag), "W/"), `"`)
		head, _, ok := strings.Cut(tag, "-")
		if n, err := strconv.ParseInt(head, 36, 64); ok && err == nil && n > best {
			best = n
		}
	}
	if best == 0 {
		return 0, stale{given: header}
	}
	return best, nil
}

// hitOf reads a place as GET gives it.
func (s *Server) hitOf(ctx context.Context, id string) ([]byte, error) {
	hit, err := s.census.place(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("find place: %w", err)
	}
	return appendHit(nil, hit, false)
}

// item answers a place as GET does, once it was written.
func (s *Server) item(c echo.Context, status int, id string, remarks ...remarkWire) error {
	ctx := c.Request().Context()
	data, _, err := s.version(ctx)
	if err != nil {
		return fmt.Errorf("read version: %w", err)
	}
	feature, err := s.hitOf(ctx, id)
	if err != nil {
		return err
	}
	base, path, h := s.base(c.Request()), "/collections/lieux/items/"+id, c.Response().Header()
	if status == http.StatusCreated {
		h.Set(echo.HeaderLocation, base+path)
	}
	h.Set("ETag", `W/"`+s.tag(data, formGeoJSON, false, id)+`"`)
	h.Set("Cache-Control", "no-store")
	h.Set(echo.HeaderContentType, typeGeoJSON)
	feature = withLinks(feature, s.lieuLinks(base, id, nil, formGeoJSON))
	if len(remarks) > 0 {
		feature = append(bytes.TrimSuffix(bytes.TrimSpace(feature), []byte("}")), `,"remarques":`...)
		feature = append(append(feature, bytes.TrimSpace(encode(remarks))...), "}\n"...)
	}
	return s.send(c, status, feature)
}

// remarkWire is what somebody should know of what they wrote, and that was taken.
type remarkWire struct {
	Pointer string `json:"parameter"`
	Detail  string `json:"detail"`
}

// remarks are the findings of an edit, and where its position lies when that is
// not the territory of the key.
func (s *Server) remarks(ctx context.Context, w *written, done history.Edited) []remarkWire {
	var out []remarkWire
	for _, f := range done.Findings {
		out = append(out, remarkWire{pointer(f.Field), f.Message})
	}
	moved := slices.ContainsFunc(done.Changes, func(f place.FieldChange) bool {
		return f.Column == "latitude" || f.Column == "longitude" || f.Column == "code_insee"
	})
	if w.key.Territory.Kind == "" || !moved || !done.Place.Position.Known() {
		return out
	}
	in, ok := s.communeAt(ctx, done.Place.Position)
	if ok && s.inside(ctx, w, done.ID, place.Place{CodeInsee: in.Code}) != nil {
		out = append(out, remarkWire{"/geometry", "La position est à " + in.Nom + ", hors de votre territoire. C’est la commune déclarée qui compte : vérifiez l’une et l’autre."})
	}
	return out
}

// signs says who writes, and why.
func signs(ctx context.Context, w *written, cause history.Cause, reason string) context.Context {
	return history.With(ctx, history.By(w.key, cause, reason))
}

// asks asks the store of corrections.
func (s *Server) asks(ctx context.Context, w *written, cause history.Cause, reason string, do func(context.Context, Edits) (history.Edited, error)) (done history.Edited, err error) {
	err = s.desk.ask(signs(ctx, w, cause, reason), func(ctx context.Context) error {
		done, err = do(ctx, s.config.Edits)
		return err
	})
	return done, err
}

// createItem writes a new place down.
func (s *Server) createItem(c echo.Context) error {
	if s.config.Edits == nil {
		return errNoEdits
	}
	w, err := s.enters(c)
	if err != nil {
		return err
	}
	a, err := s.understand(c.Request().Context(), entering, c.Request().URL.RawQuery)
	if err != nil {
		return err
	}
	if w.key.Territory.Kind == access.Places {
		return forbidden{access.ErrForbidden, "Votre rôle vaut pour des lieux qui existent déjà : il n’en ajoute pas."}
	}
	f, err := s.readFeature(c, w, nil, true)
	if err != nil {
		return err
	}
	w.mark += strconv.FormatBool(a.apart)
	var remarks []remarkWire
	id, err := s.once(c, w, repeatKept, func(ctx context.Context) (string, error) {
		e := history.Edit{Cells: f.cells, On: s.today(), Apart: a.apart, DryRun: true}
		do := func(ctx context.Context, edits Edits) (history.Edited, error) { return edits.Create(ctx, e) }
		done, err := s.asks(ctx, w, history.Creation, f.reason, do)
		if err := f.verdict(err); err != nil {
			return "", err
		}
		if err := s.inside(ctx, w, "", done.Place); err != nil {
			return "", err
		}
		e.DryRun = false
		if done, err = s.asks(ctx, w, history.Creation, f.reason, do); err == nil {
			remarks = s.remarks(ctx, w, done)
		}
		return done.ID, err
	})
	if err != nil {
		return err
	}
	return s.item(c, http.StatusCreated, id, remarks...)
}

// verdict joins what is wrong in a body with what the store found wrong in its
// cells.
func (f *feature) verdict(err error) error {
	var refused *history.Refused
	if len(f.faults) == 0 || err != nil && !errors.As(err, &refused) && !errors.As(err, new(*history.Stale)) && !errors.As(err, new(*history.Alike)) {
		return err
	}
	all := slices.Clone(f.faults)
	if refused != nil {
		all = append(all, findingFaults(refused.Findings)...)
	}
	return unprocessable{all}
}

// findingFaults are findings as programs read them.
func findingFaults(findings []place.Finding) (out faults) {
	for _, f := range findings {
		out = append(out, fault{Parameter: pointer(f.Field), Value: shown(f.Found), Detail: f.Message})
	}
	return out
}

// replaceItem makes a place what the body says, and nothing else.
func (s *Server) replaceItem(c echo.Context) error { return s.editItem(c, true) }

// updateItem changes what the body says in a place.
func (s *Server) updateItem(c echo.Context) error { return s.editItem(c, false, typePatch) }

func (s *Server) editItem(c echo.Context, whole bool, types ...string) error {
	if s.config.Edits == nil {
		return errNoEdits
	}
	w, err := s.enters(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	if _, err := s.understand(ctx, plain, c.Request().URL.RawQuery); err != nil {
		return err
	}
	read, err := base(c)
	if err != nil {
		return err
	}
	now, err := s.hitOf(ctx, w.target.id)
	if err != nil {
		return err
	}
	f, err := s.readFeature(c, w, now, whole, types...)
	if err != nil {
		return err
	}
	if whole && f.cells["date_maj"] == "" {
		delete(f.cells, "date_maj") // it follows by itself
	}
	w.mark += c.Request().Header.Get("If-Match")
	e := history.Edit{ID: w.target.id, Base: read, Cells: f.cells, On: s.today(), DryRun: true}
	var remarks []remarkWire
	_, err = s.once(c, w, clickKept, func(ctx context.Context) (string, error) {
		do := func(ctx context.Context, edits Edits) (history.Edited, error) { return edits.Edit(ctx, e) }
		done, err := s.asks(ctx, w, history.Correction, f.reason, do)
		if err := f.verdict(err); err != nil {
			return "", err
		}
		if len(done.Changes) == 0 {
			return "", nil
		}
		if err := s.inside(ctx, w, e.ID, done.Place); err != nil {
			return "", err
		}
		// What was judged is what is written: whoever comes between makes it stale.
		e.DryRun, e.Base = false, done.Data
		if done, err = s.asks(ctx, w, history.Correction, f.reason, do); err == nil {
			remarks = s.remarks(ctx, w, done)
		}
		return "", err
	})
	if err != nil {
		return err
	}
	return s.item(c, http.StatusOK, e.ID, remarks...)
}

// deleteItem closes a place: nothing is ever taken out of the census.
func (s *Server) deleteItem(c echo.Context) error {
	if s.config.Edits == nil {
		return errNoEdits
	}
	read, err := base(c)
	if err != nil {
		return err
	}
	w, err := s.writes(c)
	if err != nil {
		return err
	}
	if err := w.body.end(); err != nil {
		return err
	}
	w.mark += c.Request().Header.Get("If-Match")
	_, err = s.once(c, w, clickKept, func(ctx context.Context) (string, error) {
		_, err := s.asks(ctx, w, history.Closing, "", func(ctx context.Context, edits Edits) (history.Edited, error) {
			return edits.ClosePlace(ctx, w.target.id, read, history.Closure{Since: s.today()})
		})
		return "", err
	})
	if err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// confirmItem says that nothing changed in a place.
func (s *Server) confirmItem(c echo.Context) error {
	return s.gesture(c, func(w *written) (string, func(context.Context) error, error) {
		return "confirme", func(ctx context.Context) error {
			_, err := s.asks(ctx, w, history.Confirmation, "", func(ctx context.Context, edits Edits) (history.Edited, error) {
				return edits.Confirm(ctx, w.target.id, s.today())
			})
			return err
		}, w.body.end()
	})
}

// gesture runs what a button of a page, or a program, asks of a place in one
// go, and answers the place, or leads back to a page.
func (s *Server) gesture(c echo.Context, read func(*written) (fait string, do func(context.Context) error, err error)) error {
	if s.config.Edits == nil {
		return errNoEdits
	}
	w, err := s.writes(c)
	if err != nil {
		return err
	}
	back := w.body.line("retour", 500, optional)
	if back != "" && !ourPath(back) {
		w.body.fault("retour", back, "Écrire le chemin d’une page de ce site.", "")
	}
	fait, do, err := read(w)
	if err == nil {
		_, err = s.once(c, w, clickKept, func(ctx context.Context) (string, error) { return "", do(ctx) })
	}
	if err != nil {
		return err
	}
	id := c.Param("featureId")
	if !w.body.form {
		if fait == "ferme" {
			return c.NoContent(http.StatusNoContent)
		}
		return s.item(c, http.StatusOK, id)
	}
	if back == "" {
		back = "/collections/lieux/items/" + id + "/historique"
	}
	return s.seeOther(c, withFait(back, fait))
}

// withFait adds to a path of ours what was just done.
func withFait(path, fait string) string {
	path, query, _ := strings.Cut(path, "?")
	var kept []string
	for part := range strings.SplitSeq(query, "&") {
		if part != "" && !strings.HasPrefix(part, "fait=") {
			kept = append(kept, part)
		}
	}
	return path + "?" + strings.Join(append(kept, "fait="+fait), "&")
}

// reason reads why somebody does something, shown in public.
func reason(b *message) string { return b.prose("raison", reasonMaximum, optional) }

// readVersion reads the version of the data that a form was made of.
func readVersion(c echo.Context, b *message) (int64, error) {
	n := b.integer("version")
	if c.Request().Header.Get("If-Match") == "" {
		return n, nil
	}
	return base(c)
}

// closeItem says that a place closed, or opened again.
func (s *Server) closeItem(c echo.Context) error {
	return s.gesture(c, func(w *written) (string, func(context.Context) error, error) {
		id, ctx := c.Param("featureId"), c.Request().Context()
		b := w.body
		opens := b.choice("geste", []string{"fermer", "rouvrir"}, optional) == "rouvrir"
		since, why := b.day("depuis", optional), reason(b)
		future(b, "depuis", since, s.today())
		read, err := readVersion(c, b)
		if err = errors.Join(err, b.end()); err != nil {
			return "", nil, err
		}
		if !place.IsIdentifier(id) {
			return "", nil, fmt.Errorf("place %q: %w", shown(id), place.ErrNotFound)
		}
		if !opens {
			t, err := s.target(c)
			if err == nil {
				err = w.on(t)
			}
			if err != nil {
				return "", nil, err
			}
			if !since.Known() {
				since = s.today()
			}
			return "ferme", func(ctx context.Context) error {
				_, err := s.asks(ctx, w, history.Closing, why, func(ctx context.Context, edits Edits) (history.Edited, error) {
					return edits.ClosePlace(ctx, id, read, history.Closure{Since: since, Reason: why})
				})
				return err
			}, nil
		}
		var was place.Place
		err = s.desk.ask(ctx, func(ctx context.Context) error {
			was, _, err = s.config.Edits.Formerly(ctx, id)
			return err
		})
		if err != nil {
			return "", nil, fmt.Errorf("read closed place: %w", err)
		}
		if err := s.inside(ctx, w, id, was); err != nil {
			return "", nil, err
		}
		return "rouvre", func(ctx context.Context) error {
			_, err := s.asks(ctx, w, history.Reopening, why, func(ctx context.Context, edits Edits) (history.Edited, error) {
				return edits.Reopen(ctx, id, read)
			})
			return err
		}, nil
	})
}

// restoreItem makes a place what it was after a revision, or gives the sources
// the word again on some columns.
func (s *Server) restoreItem(c echo.Context) error {
	return s.gesture(c, func(w *written) (string, func(context.Context) error, error) {
		b, id := w.body, w.target.id
		revision, why := b.integer("revision"), reason(b)
		columns := b.lines("champs", len(place.Columns), 100)
		for _, name := range columns {
			if _, ok := place.ColumnNamed(name); !ok {
				suggestion, _ := place.Nearest(name, columnNames)
				b.fault("champs", name, "Le standard n’a pas cette colonne.", suggestion)
			}
		}
		if (revision == 0) == (len(columns) == 0) && len(b.faults) == 0 {
			b.fault("revision", "", "Dire quelle version reprendre, ou quels champs rendre à la source : l’un des deux.", "")
		}
		read, err := readVersion(c, b)
		if err = errors.Join(err, b.end()); err != nil {
			return "", nil, err
		}
		if len(columns) > 0 {
			return "repris", func(ctx context.Context) error {
				_, err := s.asks(ctx, w, history.Restoration, why, func(ctx context.Context, edits Edits) (history.Edited, error) {
					return edits.TakeBack(ctx, id, read, columns)
				})
				return err
			}, nil
		}
		return "restaure", func(ctx context.Context) error {
			_, err := s.asks(ctx, w, history.Restoration, why, func(ctx context.Context, edits Edits) (history.Edited, error) {
				return edits.Restore(ctx, id, revision, read, s.today())
			})
			return err
		}, nil
	})
}

// inside asks whether a place is on the territory of the key once it is written:
// nobody moves one out of theirs, nor in. Its declared commune says where it is.
func (s *Server) inside(ctx context.Context, w *written, id string, p place.Place) error {
	if w.key.Territory.Kind == "" {
		return nil
	}
	atlas, err := s.atlas(ctx)
	if err != nil {
		return fmt.Errorf("load territories: %w", err)
	}
	t := target{id: id, place: p}
	if t.published.Departement = territory.DepartementOf(p.CodeInsee); t.published.Departement == "" {
		t.published.Departement = territory.DepartementOfPostal(p.CodePostal)
	}
	if known, ok := atlas.gazetteer.Commune(p.CodeInsee); ok {
		t.commune = *known
	}
	if err := w.on(t); err != nil {
		where := strings.TrimSpace(p.CodePostal + " " + p.Commune)
		if where == "" {
			where = "un lieu sans commune"
		}
		return forbidden{err, french.Capital(where) + " est hors de votre territoire : " + s.pages.Territory(w.key.Territory) + ". Demandez à qui s’en occupe."}
	}
	return nil
}

// conflictWire is what two people made of one place.
type conflictWire struct {
	Base         int64        `json:"version_lue"`
	Now          int64        `json:"version_actuelle"`
	Theirs       []changeWire `json:"leurs_changements"` // since
	Yours        []changeWire `json:"vos_changements"`   // in what is there now
	Both         []string     `json:"en_conflit"`        // columns that both change
	Organisation string       `json:"organisation,omitempty"`
	At           string       `json:"le,omitempty"`
	Revision     int64        `json:"revision,omitempty"`
}

func conflictOf(err error) *conflictWire {
	var s *history.Stale
	if !errors.As(err, &s) {
		return nil
	}
	w := &conflictWire{Base: s.Base, Now: s.Now, Theirs: changesOf(s.Theirs), Yours: changesOf(s.Yours), Both: listed(s.Both),
		Organisation: s.By.Organisation, Revision: s.By.Number}
	if !s.By.At.IsZero() {
		w.At = s.By.At.UTC().Format("2006-01-02T15:04:05Z")
	}
	return w
}

// twinWire is a place that a new one may already be.
type twinWire struct {
	ID      string   `json:"lieu"`
	Nom     string   `json:"nom"`
	Commune string   `json:"commune"`
	Why     []string `json:"raisons"`
}

func twinsOf(err error) (out []twinWire) {
	var alike *history.Alike
	if errors.As(err, &alike) {
		for _, t := range alike.Twins {
			out = append(out, twinWire{t.ID, t.Nom, t.Commune, listed(t.Why)})
		}
	}
	return out
}

// closureWire says since when and why a place is closed.
type closureWire struct {
	Since  *string `json:"depuis"`
	Reason *string `json:"raison"`
}

func closureWireOf(x history.Closure) *closureWire {
	w := &closureWire{}
	if x.Since.Known() {
		day := jour(x.Since)
		w.Since = &day
	}
	if x.Reason != "" {
		w.Reason = &x.Reason
	}
	return w
}

// closedSentence says it to people.
func closedSentence(x history.Closure) string {
	said := "Ce lieu a fermé."
	if x.Since.Known() {
		said = "Ce lieu est fermé depuis le " + x.Since.Time().Format("02/01/2006") + "."
	}
	if x.Reason != "" {
		said += " Raison donnée : « " + strings.TrimRight(x.Reason, ".") + " »."
	}
	return said
}

func (a *asked) readAutreLieu(value string) {
	switch value {
	case "true":
		a.apart = true
	case "false":
	default:
		a.fault("autre_lieu", value, "Écrire true quand ce lieu n’est aucun de ceux qui lui ressemblent, sinon false.", "true")
	}
}
