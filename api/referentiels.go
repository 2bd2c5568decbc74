package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"mednum/api/pages"
	"mednum/internal/access"
	"mednum/internal/consultation"
	"mednum/internal/quality"
)

var (
	errNoneInForce = fmt.Errorf("none is in force: %w", consultation.ErrNoVersion)
	errNoIfMatch   = errors.New("If-Match is needed")
)

// versionWire is a version as the API gives it.
type versionWire struct {
	consultation.Version
	Approvals []consultation.Approval `json:"approbations"` // never null
	Effective quality.Jour            `json:"en_vigueur_le"`
	InForce   bool                    `json:"en_vigueur"`
	Links     []link                  `json:"links"`
}

func versionOf(v consultation.Version, inForce string, links []link) versionWire {
	return versionWire{v, listed(v.Approvals), quality.Jour{Date: v.Effective}, v.Version == inForce, links}
}

// versionNamed reads the version of an address.
func (s *Server) versionNamed(c echo.Context) (consultation.Version, error) {
	return s.versionCalled(c.Request().Context(), c.Param("version"))
}

func (s *Server) versionCalled(ctx context.Context, number string) (v consultation.Version, err error) {
	if !versionPattern.MatchString(number) {
		return v, fmt.Errorf("version %q: %w", shown(number), consultation.ErrNoVersion)
	}
	err = s.desk.ask(ctx, func(ctx context.Context) error {
		v, err = s.config.Consultations.ReferentielVersion(ctx, number)
		return err
	})
	if err != nil {
		return v, fmt.Errorf("read version %s: %w", number, err)
	}
	return v, nil
}

func (s *Server) versionsOf(ctx context.Context) (all []consultation.Version, err error) {
	err = s.desk.ask(ctx, func(ctx context.Context) error {
		all, err = s.config.Consultations.ReferentielVersions(ctx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read versions: %w", err)
	}
	return all, nil
}

// inForce is the number of the version in force; "" when there is none.
func (s *Server) inForce(ctx context.Context) (string, error) {
	current, err := s.force(ctx)
	if err != nil || current == nil {
		return "", err
	}
	return current.version.Version, nil
}

// unpublished keeps drafts, which everybody may read, out of search engines.
func unpublished(c echo.Context, v consultation.Version) {
	if v.State != consultation.Publiee && v.State != consultation.Remplacee {
		c.Response().Header().Set("X-Robots-Tag", "noindex")
	}
}

func (s *Server) listView(ctx context.Context) (view pages.Referentiels, err error) {
	if view.Versions, err = s.versionsOf(ctx); err != nil {
		return view, err
	}
	view.InForce, err = s.inForce(ctx)
	return view, err
}

func (s *Server) referentiels(c echo.Context) error {
	a, chosen, done, err := s.resource(c, documents)
	if err != nil || done {
		return err
	}
	view, err := s.listView(c.Request().Context())
	if err != nil {
		return err
	}
	base := s.base(c.Request())
	links := append(views(base, "/referentiels", a.values, chosen, documentForms),
		link{base + "/referentiels/schema.json", "describedby", typeSchema, "Le schéma JSON d’une version"},
		link{base + "/journal", "related", typeJSON, "Le journal"})
	if chosen.name == formHTML.name {
		view.Head = s.headFor(c, "", links...)
		return s.page(c, func(w *bytes.Buffer) error { return s.pages.Referentiels(w, view) })
	}
	all := []versionWire{}
	for _, v := range view.Versions {
		v.Document = nil
		all = append(all, versionOf(v, view.InForce, []link{{base + "/referentiels/" + v.Version, "item", typeJSON, "La version " + v.Version}}))
	}
	return s.json(c, struct {
		Referentiels []versionWire `json:"referentiels"`
		Links        []link        `json:"links"`
	}{all, links})
}

const typeSchema = "application/schema+json"

func (s *Server) schema(c echo.Context) error {
	if _, err := s.understand(c.Request().Context(), plain, c.Request().URL.RawQuery); err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "public, max-age=3600")
	if done, err := s.fresh(c, s.config.Build+"-schema"); done {
		return err
	}
	c.Response().Header().Set(echo.HeaderContentType, typeSchema)
	return s.send(c, http.StatusOK, quality.Schema)
}

// versionLinks are the links of a version.
func (s *Server) versionLinks(c echo.Context, v consultation.Version, values url.Values, chosen form) []link {
	base, path := s.base(c.Request()), "/referentiels/"+v.Version
	links := append(views(base, path, values, chosen, documentForms),
		link{base + "/referentiels", "collection", typeJSON, "Les versions"},
		link{base + "/referentiels/schema.json", "describedby", typeSchema, "Le schéma JSON d’une version"},
		link{base + path + "/questionnaire", "related", typeJSON, "Le questionnaire"},
		link{base + path + "/remontees", "related", typeJSON, "Les remontées"},
		link{base + path + "/simulation", "related", typeJSON, "La simulation"},
		link{base + path + "/journal", "related", typeJSON, "Le journal de la version"})
	if v.Parent != "" {
		links = append(links, link{base + path + "/differences", "related", typeJSON, "Ce qui change depuis la version " + v.Parent},
			link{base + "/referentiels/" + v.Parent, "predecessor-version", typeJSON, "La version " + v.Parent})
	}
	return links
}

// validator is the strong ETag of a version's document: it begins with its
// hash, which is what If-Match is about.
func (s *Server) validator(v consultation.Version, data int64) string {
	return `"` + v.Hash + "-" + s.tag(data, formJSON, false) + `"`
}

func (s *Server) referentiel(c echo.Context) error {
	ctx := c.Request().Context()
	a, chosen, data, err := s.asked(c, answered, documentForms)
	if err != nil {
		return err
	}
	if s.config.Consultations == nil {
		return errClosed
	}
	v, err := s.versionNamed(c)
	if err != nil {
		return err
	}
	unpublished(c, v)
	links := s.versionLinks(c, v, a.values, chosen)
	if chosen.name == formHTML.name {
		more := []string{v.Version, jour(s.today())}
		if who := s.viewer(c); who != nil {
			more = append(more, who.Key.ID)
		}
		if done, err := s.fresh(c, s.tag(data, chosen, true, more...)); done {
			return err
		}
		view, err := s.versionView(c, v)
		if err != nil {
			return err
		}
		view.Head, view.Saved = s.headFor(c, "", links...), savedWords[a.fait]
		return s.page(c, func(w *bytes.Buffer) error { return s.pages.Referentiel(w, view) })
	}
	inForce, err := s.inForce(ctx)
	if err != nil {
		return err
	}
	h := c.Response().Header()
	if done, err := s.fresh(c, strings.Trim(s.validator(v, data), `"`)); done {
		return err
	}
	h.Set("ETag", s.validator(v, data))
	return s.json(c, versionOf(v, inForce, links))
}

// savedWords say what was just done to a version.
var savedWords = map[string]string{
	"brouillon": "Le brouillon est créé.",
	"etape":     "La version a changé d’état.",
	"vote":      "Votre vote est enregistré.",
}

// versionView is the page of a version.
func (s *Server) versionView(c echo.Context, v consultation.Version) (pages.Referentiel, error) {
	ctx := c.Request().Context()
	view := pages.Referentiel{Version: v, Now: s.config.Now()}
	document, err := readDocument(v.Document)
	if err != nil {
		return view, err
	}
	view.Document = *document
	if view.Versions, err = s.versionsOf(ctx); err != nil {
		return view, err
	}
	if view.InForce, err = s.inForce(ctx); err != nil {
		return view, err
	}
	if view.Remontees, err = s.remonteesOf(ctx, v.Version); err != nil {
		return view, err
	}
	view.Next, err = s.next(c, v, view)
	return view, err
}

// next is where a version may go, and what is missing before it can. What only
// the whole census tells (that a minor version changes no result) is told when
// it is tried.
func (s *Server) next(c echo.Context, v consultation.Version, view pages.Referentiel) (out []pages.Next, err error) {
	known := consultation.Known{Remontees: view.Remontees}
	if v.Editable() {
		found, err := s.checks(c.Request().Context(), v, &view.Document, view.Versions)
		if err != nil {
			return nil, err
		}
		for _, one := range found {
			if one.Gravite == quality.Bloquant {
				known.Blocking = append(known.Blocking, one.Phrase)
			}
		}
	}
	for _, other := range view.Versions {
		if other.State == consultation.Publiee {
			known.Published = append(known.Published, other.Hash)
		}
	}
	report, err := s.reportOf(c.Request().Context(), v.Version)
	if err != nil && !errors.Is(err, consultation.ErrNoSimulation) {
		return nil, err
	}
	if made, ok := consultation.ReadSimulation(report); ok {
		known.Simulation = &made
	}
	now, who := s.config.Now(), s.viewer(c)
	for _, to := range v.Next() {
		// As somebody would ask it: with what only a person writes.
		m := consultation.Move{To: to, Reason: strings.Repeat("x", 40), Effective: dayAfter(s.today())}
		one := pages.Next{To: to, Missing: v.Missing(m, now, known)}
		op := access.Advance
		if to == consultation.Publiee {
			op = access.Publish
		}
		one.May = who != nil && who.Key.Check(op, now) == nil
		out = append(out, one)
	}
	return out, nil
}

// checks are what is said of a draft beside those published before it.
func (s *Server) checks(ctx context.Context, v consultation.Version, draft *quality.Referentiel, all []consultation.Version) ([]quality.Constat, error) {
	mark := v.Hash
	var published []*quality.Referentiel
	for _, other := range all {
		if other.State == consultation.Publiee || other.State == consultation.Remplacee {
			mark += other.Hash
		}
	}
	if found, ok := s.rules.constats(mark, nil); ok {
		return found, nil
	}
	for _, other := range all {
		if other.State != consultation.Publiee && other.State != consultation.Remplacee {
			continue
		}
		whole, err := s.versionCalled(ctx, other.Version)
		if err != nil {
			return nil, err
		}
		document, err := readDocument(whole.Document)
		if err != nil {
			return nil, err
		}
		published = append(published, document)
	}
	found, _ := s.rules.constats(mark, listed(quality.Check(draft, published)))
	return found, nil
}

// fork begins a draft.
func (s *Server) fork(c echo.Context) error {
	w, err := s.writes(c)
	if err != nil {
		return err
	}
	b := w.body
	from, number := b.line("depuis", 40, necessary), b.line("version", 40, necessary)
	for name, v := range map[string]string{"depuis": from, "version": number} {
		if v != "" && !versionPattern.MatchString(v) {
			b.fault(name, v, "Écrire le numéro d’une version : trois nombres, comme 2.0.0.", "")
		}
	}
	if err = b.end(); err == nil {
		_, err = s.once(c, w, repeatKept, func(ctx context.Context) (string, error) {
			return "", s.desk.ask(ctx, func(ctx context.Context) error {
				_, err := s.config.Consultations.Fork(ctx, from, number, w.key, w.at)
				if errors.Is(err, consultation.ErrNoVersion) {
					return unprocessable{faults{{Parameter: "depuis", Value: shown(from), Detail: "Aucune version n’a ce numéro."}}}
				}
				return err
			})
		})
	}
	if err != nil {
		view, failed := s.listView(c.Request().Context())
		if failed != nil {
			return err
		}
		view.Asked, view.Faults, view.Head = b.values, told(err), s.headFor(c, "")
		return w.again(err, func(b *bytes.Buffer) error { return s.pages.Referentiels(b, view) })
	}
	return s.versioned(c, w, http.StatusCreated, number, "brouillon")
}

// versioned answers a version that was just written to.
func (s *Server) versioned(c echo.Context, w *written, status int, number, fait string) error {
	var value any
	if !w.body.form {
		v, err := s.versionCalled(c.Request().Context(), number)
		if err != nil {
			return err
		}
		data, _, err := s.version(c.Request().Context())
		if err != nil {
			return err
		}
		inForce, err := s.inForce(c.Request().Context())
		if err != nil {
			return err
		}
		c.Response().Header().Set("ETag", s.validator(v, data))
		value = versionOf(v, inForce, s.versionLinks(c, v, nil, formJSON))
	}
	return s.result(c, w, status, "/referentiels/"+number, fait, value)
}

// ifMatch gives the hash that the caller read: of an ETag of ours, or bare.
func ifMatch(header string) string {
	tag := strings.TrimPrefix(strings.TrimSpace(header), "W/")
	tag = strings.Trim(tag, `"`)
	hash, _, _ := strings.Cut(tag, "-")
	return strings.ToLower(hash)
}

// save stores a draft over the one whose hash is given.
func (s *Server) save(c echo.Context, w *written, number string, document []byte, given string) error {
	_, err := s.once(c, w, clickKept, func(ctx context.Context) (string, error) {
		err := s.desk.ask(ctx, func(ctx context.Context) error {
			_, err := s.config.Consultations.SaveDraft(ctx, number, document, given, w.key, w.at)
			return err
		})
		if errors.Is(err, consultation.ErrChanged) {
			current, again := s.versionCalled(ctx, number)
			if again != nil {
				return "", err
			}
			err = stale{given, current.Hash}
		}
		return "", err
	})
	return err
}

func (s *Server) saveDraft(c echo.Context) error {
	w, err := s.writes(c)
	if err != nil {
		return err
	}
	if w.body.form {
		return errMediaType
	}
	v, err := s.versionNamed(c)
	if err != nil {
		return err
	}
	header := c.Request().Header.Get("If-Match")
	if header == "" {
		return errNoIfMatch
	}
	// Two saves of one text over two others are not the same save.
	w.mark += header
	if err := s.save(c, w, v.Version, w.body.text, ifMatch(header)); err != nil {
		return err
	}
	return s.versioned(c, w, http.StatusOK, v.Version, "")
}

// advance asks a step of a version.
func (s *Server) advance(c echo.Context) error {
	w, err := s.writes(c)
	if err != nil {
		return err
	}
	v, err := s.versionNamed(c)
	if err != nil {
		return err
	}
	b := w.body
	states := []string{}
	for _, state := range []consultation.State{consultation.EnConsultation, consultation.Arbitrage, consultation.SimulationValidee, consultation.Publiee, consultation.Abandonnee, consultation.Brouillon, consultation.Remplacee} {
		states = append(states, string(state))
	}
	m := consultation.Move{To: consultation.State(b.choice("vers", states, necessary)), Reason: b.prose("motif", proseMaximum, optional)}
	if closes := b.day("cloture", optional); closes.Known() {
		m.Closes = consultation.EndOfDay(closes)
	}
	m.Effective = b.day("effet", optional)
	if err = b.end(); err == nil {
		s.patient(c) // publishing may look at the whole census
		_, err = s.once(c, w, clickKept, func(ctx context.Context) (string, error) {
			return "", s.longDesk().ask(ctx, func(ctx context.Context) error {
				_, err := s.config.Consultations.AdvanceVersion(ctx, v.Version, m, w.key, w.at)
				return err
			})
		})
	}
	if err != nil {
		return s.versionAgain(c, w, v, err)
	}
	return s.versioned(c, w, http.StatusOK, v.Version, "etape")
}

func (s *Server) versionAgain(c echo.Context, w *written, v consultation.Version, err error) error {
	if !w.body.form {
		return err
	}
	view, failed := s.versionView(c, v)
	if failed != nil {
		return err
	}
	view.Asked, view.Faults, view.Head = w.body.values, told(err), s.headFor(c, "")
	return w.again(err, func(b *bytes.Buffer) error { return s.pages.Referentiel(b, view) })
}

// approve votes on a version.
func (s *Server) approve(c echo.Context) error {
	w, err := s.writes(c)
	if err != nil {
		return err
	}
	v, err := s.versionNamed(c)
	if err != nil {
		return err
	}
	b := w.body
	vote, note := b.choice("vote", []string{consultation.Pour, consultation.Contre}, necessary), b.prose("motif", proseMaximum, optional)
	if err = b.end(); err == nil {
		_, err = s.once(c, w, clickKept, func(ctx context.Context) (string, error) {
			return "", s.desk.ask(ctx, func(ctx context.Context) error {
				_, err := s.config.Consultations.ApproveVersion(ctx, v.Version, vote, note, w.key, w.at)
				return err
			})
		})
	}
	if err != nil {
		return s.versionAgain(c, w, v, err)
	}
	return s.versioned(c, w, http.StatusOK, v.Version, "vote")
}

func (s *Server) differences(c echo.Context) error {
	ctx := c.Request().Context()
	a, chosen, done, err := s.resource(c, compared, c.Param("version"))
	if err != nil || done {
		return err
	}
	to, err := s.versionNamed(c)
	if err != nil {
		return err
	}
	unpublished(c, to)
	number := a.with
	if number == "" {
		number = to.Parent
	}
	if number == "" {
		return faults{{Parameter: "avec", Detail: "La version " + to.Version + " n’est issue d’aucune autre : dire à laquelle comparer, avec=1.0.0."}}
	}
	from, err := s.versionCalled(ctx, number)
	if errors.Is(err, consultation.ErrNoVersion) && a.with != "" {
		return faults{{Parameter: "avec", Value: shown(a.with), Detail: "Aucune version n’a ce numéro.", Suggestion: to.Parent}}
	} else if err != nil {
		return err
	}
	base := s.base(c.Request())
	links := append(views(base, "/referentiels/"+to.Version+"/differences", a.values, chosen, documentForms),
		link{base + "/referentiels/" + to.Version, "up", typeJSON, "La version " + to.Version},
		link{base + "/referentiels/" + from.Version, "related", typeJSON, "La version " + from.Version})
	before, err := readDocument(from.Document)
	if err != nil {
		return err
	}
	after, err := readDocument(to.Document)
	if err != nil {
		return err
	}
	changes := quality.Compare(before, after)
	if chosen.name == formHTML.name {
		view := pages.Differences{From: from, To: to, Changes: changes}
		if view.Versions, err = s.versionsOf(ctx); err != nil {
			return err
		}
		view.Head = s.headFor(c, "", links...)
		return s.page(c, func(w *bytes.Buffer) error { return s.pages.Differences(w, view) })
	}
	return s.json(c, struct {
		Version     string               `json:"version"`
		Avec        string               `json:"avec"`
		Differences []quality.Changement `json:"differences"`
		Links       []link               `json:"links"`
	}{to.Version, from.Version, listed(changes), links})
}

// asks is a question with the criteria that read its answer.
type asks struct {
	quality.Question
	Criteres []string `json:"criteres"`
}

func (s *Server) questionnaire(c echo.Context) error {
	a, chosen, done, err := s.resource(c, documents, c.Param("version"))
	if err != nil || done {
		return err
	}
	v, err := s.versionNamed(c)
	if err != nil {
		return err
	}
	unpublished(c, v)
	document, err := readDocument(v.Document)
	if err != nil {
		return err
	}
	questions := []asks{}
	for _, q := range document.Questions {
		one := asks{q, []string{}}
		for _, criterion := range document.Criteres {
			if slices.Contains(questionsRead(&criterion), q.Code) {
				one.Criteres = append(one.Criteres, criterion.Code)
			}
		}
		questions = append(questions, one)
	}
	base := s.base(c.Request())
	links := append(views(base, "/referentiels/"+v.Version+"/questionnaire", a.values, chosen, documentForms),
		link{base + "/referentiels/" + v.Version, "up", typeJSON, "La version " + v.Version})
	if chosen.name == formHTML.name {
		view := pages.Document{Intro: "Voici ce qui est demandé aux lieux. Chacun répond pour lui-même, depuis sa page."}
		view.Head = s.headFor(c, "Le questionnaire, version "+v.Version, links...)
		for _, q := range questions {
			section := pages.Section{Title: q.Texte}
			if q.Aide != "" {
				section.Rows = append(section.Rows, pages.Row{Name: q.Aide})
			}
			for _, r := range q.Reponses {
				section.Rows = append(section.Rows, pages.Row{Name: r.Libelle})
			}
			section.Rows = append(section.Rows, pages.Row{Name: fmt.Sprintf("Une réponse compte %d mois.", q.ValiditeMois), Detail: strings.Join(q.Criteres, ", ")})
			view.Sections = append(view.Sections, section)
		}
		return s.page(c, func(w *bytes.Buffer) error { return s.pages.Document(w, view) })
	}
	return s.json(c, struct {
		Version   string `json:"version"`
		Questions []asks `json:"questions"`
		Links     []link `json:"links"`
	}{v.Version, questions, links})
}

// questionsRead are the questions whose answers a criterion reads.
func questionsRead(c *quality.Critere) (out []string) {
	var predicate func(p *quality.Predicat)
	predicate = func(p *quality.Predicat) {
		if p == nil {
			return
		}
		if p.Question != "" {
			out = append(out, p.Question)
		}
		for i := range p.De {
			predicate(&p.De[i])
		}
	}
	var rule func(r *quality.Regle)
	rule = func(r *quality.Regle) {
		if r.Question != "" {
			out = append(out, r.Question)
		}
		for i := range r.Cas {
			predicate(&r.Cas[i].Si)
		}
		for i := range r.Parts {
			rule(&r.Parts[i].Regle)
		}
		for i := range r.Regles {
			rule(&r.Regles[i])
		}
	}
	predicate(c.ApplicableSi)
	rule(&c.Regle)
	return out
}

// patient lets an answer that takes long be written: the connection's own
// deadline is moved to after it.
func (s *Server) patient(c echo.Context) {
	// An error: the writer has no deadlines (a test's recorder).
	_ = http.NewResponseController(c.Response().Writer).SetWriteDeadline(time.Now().Add(s.config.SimulationTimeout + s.config.WriteTimeout))
}

// longDesk is the desk for what looks at the whole census.
func (s *Server) longDesk() *guard {
	long := *s.desk
	long.query = s.config.SimulationTimeout
	return &long
}
