package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"mednum/api/pages"
	"mednum/internal/access"
	"mednum/internal/intake"
	"mednum/internal/quality"
)

const (
	sourceMaximum  = 200             // letters of a source's name, of a file's
	addressMaximum = 2000            // letters of a web address
	fieldMaximum   = 10 << 10        // bytes of a field sent beside a file
	depositTimeout = 3 * time.Minute // to keep a file, or to fetch it from where it is
	previewTimeout = 30 * time.Second
	uploadGrace    = 30 * time.Second // before slowness is judged
	uploadRate     = 20 << 10         // bytes a second, on the whole
	followFor      = 10 * time.Minute // one connection; the page asks again
)

var (
	errNoIntake     = errors.New("files are not taken here")
	errFileTooLarge = errors.New("file too large")
)

// quay bounds what is slow to come and slow to go.
type quay struct{ uploads, followers chan struct{} }

// largest is how many bytes the body of a request may have, by its address.
func (s *Server) largest(route string) int64 {
	switch route {
	case "/depots":
		return s.config.UploadMaximum + 1<<20 // what surrounds the file in a form
	case "/depots/:numero/correspondance", "/depots/:numero/apercu":
		return 4 << 20 // a form of many columns holds their mapping twice
	}
	return bodyMaximum
}

// private begins the reading of what only some keys may read.
func (s *Server) private(c echo.Context, on operation, forms []form) (a *asked, chosen form, w *written, err error) {
	if s.config.Deposits == nil || s.config.Duplicates == nil {
		return nil, form{}, nil, errNoIntake
	}
	if a, err = s.understand(c.Request().Context(), on, c.Request().URL.RawQuery); err != nil {
		return nil, form{}, nil, err
	}
	if chosen, err = s.choose(c, a.format, forms); err != nil {
		return nil, form{}, nil, err
	}
	w, err = s.enters(c)
	return a, chosen, w, err
}

// dropping begins what changes a deposit or a source.
func (s *Server) dropping(c echo.Context) (*written, error) {
	if s.config.Deposits == nil || s.config.Duplicates == nil {
		return nil, errNoIntake
	}
	return s.writes(c)
}

// value answers what is never the same twice.
func (s *Server) value(c echo.Context, value any) error {
	c.Response().Header().Set(echo.HeaderContentType, typeJSON)
	return s.send(c, http.StatusOK, encode(value))
}

// depotWire is a deposit as the API gives it.
type depotWire struct {
	intake.Deposit
	Links []link `json:"links,omitempty"`
}

func depotPath(number int64) string { return "/depots/" + strconv.FormatInt(number, 10) }

func (s *Server) depotLinks(c echo.Context, d intake.Deposit, chosen form) []link {
	base, path := s.base(c.Request()), depotPath(d.Number)
	links := append(views(base, path, nil, chosen, documentForms),
		link{base + "/depots", "collection", typeJSON, "Vos dépôts"},
		link{base + path + "/correspondance", "related", typeJSON, "La correspondance"},
		link{base + path + "/suivi", "monitor", typeEvents, "L’avancement, au fil de l’eau"})
	if d.Report != nil {
		links = append(links, link{base + path + "/rapport", "related", typeJSON, "Le rapport"},
			link{base + path + "/rapport?f=xlsx", "related", typeXLSX, "Votre fichier, annoté"},
			link{base + path + "/changements", "related", typeJSON, "Ce qui changerait"})
	}
	return links
}

func (s *Server) depotNumbered(c echo.Context, key access.Key) (d intake.Deposit, err error) {
	n, err := numbered(c.Param("numero"), intake.ErrNoDeposit)
	if err != nil {
		return d, err
	}
	return s.depotOf(c.Request().Context(), n, key)
}

func (s *Server) depotOf(ctx context.Context, number int64, key access.Key) (d intake.Deposit, err error) {
	err = s.desk.ask(ctx, func(ctx context.Context) error {
		d, err = s.config.Deposits.GetDeposit(ctx, number, key)
		return err
	})
	if err != nil {
		return d, fmt.Errorf("read deposit: %w", err)
	}
	return d, nil
}

// depositsView is the page of an organisation's deposits.
func (s *Server) depositsView(c echo.Context, key access.Key, before int64, limit int) (view pages.Depots, more bool, err error) {
	view.Maximum, view.Now = s.config.UploadMaximum, s.config.Now()
	err = s.desk.ask(c.Request().Context(), func(ctx context.Context) error {
		if view.Depots, err = s.config.Deposits.ListDeposits(ctx, key, before, limit+1); err != nil {
			return err
		}
		view.Sources, err = s.config.Deposits.Sources(ctx, key)
		return err
	})
	if err != nil {
		return view, false, fmt.Errorf("list deposits: %w", err)
	}
	if more = len(view.Depots) > limit; more {
		view.Depots = view.Depots[:limit]
	}
	// One may give a file for one's own sources, and for those that nobody claimed.
	view.Sources = slices.DeleteFunc(view.Sources, func(one intake.Source) bool { return one.Siren != "" && one.Siren != key.Siren })
	return view, more, nil
}

func (s *Server) deposits(c echo.Context) error {
	a, chosen, w, err := s.private(c, filing, documentForms)
	if err != nil {
		return err
	}
	view, more, err := s.depositsView(c, w.key, a.after, a.find.Limit)
	if err != nil {
		return err
	}
	base := s.base(c.Request())
	links := views(base, "/depots", a.values, chosen, documentForms)
	if more {
		view.Next = address("", "/depots", a.values, "avant", strconv.FormatInt(view.Depots[len(view.Depots)-1].Number, 10))
		links = append(links, link{base + view.Next, "next", mediaType(chosen), "Les dépôts d’avant"})
	}
	if chosen.name == formHTML.name {
		view.Head, view.Asked = s.headFor(c, "", links...), url.Values{}
		return s.page(c, func(w *bytes.Buffer) error { return s.pages.Depots(w, view) })
	}
	all := []depotWire{}
	for _, d := range view.Depots {
		all = append(all, depotWire{d, nil})
	}
	return s.value(c, struct {
		Depots []depotWire `json:"depots"`
		Links  []link      `json:"links"`
	}{all, links})
}

// given is a file that somebody sends, or says where it is.
type given struct {
	source, url, name string
	part              bool
	content           *os.File // already removed from its folder; nil: none
	size              int64
	sum               hash.Hash // of all that was sent
	body              *message
}

func (g *given) close() {
	if g != nil && g.content != nil {
		_ = g.content.Close() // it is gone with it
	}
}

// deposit takes a file. It is received whole, on disk, before the database is
// asked for anything: a slow line holds no connection to it.
func (s *Server) deposit(c echo.Context) error {
	if s.config.Deposits == nil || s.config.Duplicates == nil {
		return errNoIntake
	}
	w, err := s.enters(c)
	if err != nil {
		return err
	}
	g, err := s.receive(c)
	defer g.close()
	if err == nil {
		var sum [32]byte
		g.sum.Sum(sum[:0])
		w.body = g.body
		err = w.seal(c, sum)
	}
	number := ""
	if err == nil {
		// Keeping it may take longer than an answer usually may.
		_ = http.NewResponseController(c.Response().Writer).SetWriteDeadline(time.Now().Add(depositTimeout + s.config.WriteTimeout))
		number, err = s.once(c, w, repeatKept, func(ctx context.Context) (number string, err error) {
			err = s.desk.within(ctx, depositTimeout, func(ctx context.Context) error {
				var content io.Reader
				if g.content != nil {
					content = g.content
				}
				made, err := s.config.Deposits.Deposit(ctx, intake.Deposit{Source: g.source, File: g.name, URL: g.url, Bytes: g.size, Partial: g.part}, content, w.key, w.at)
				number = strconv.FormatInt(made.Number, 10)
				return err
			})
			return number, err
		})
	}
	if err != nil {
		view, _, failed := s.depositsView(c, w.key, 0, filedDefault)
		if failed != nil {
			return err
		}
		if g != nil && g.body != nil {
			view.Asked = url.Values{"source": {g.source}, "adresse": {g.url}}
			if g.part {
				view.Asked.Set("partiel", "oui")
			}
		}
		view.Head, view.Faults = s.headFor(c, ""), saidOf(err)
		return shownAgain{err, func(b *bytes.Buffer) error { return s.pages.Depots(b, view) }}
	}
	return s.deposited(c, w, http.StatusCreated, number, "", "")
}

// saidOf are the faults that a form shows; one with a single sentence has that.
func saidOf(err error) quality.Faults {
	if out := told(err); len(out) > 0 {
		return out
	}
	return quality.Faults{{Message: judge(err).Detail}}
}

// deposited answers what was done to a deposit.
func (s *Server) deposited(c echo.Context, w *written, status int, number, page, fait string) error {
	path := "/depots/" + number
	if w.body.form {
		return s.result(c, w, status, path+page, fait, nil)
	}
	n, err := numbered(number, intake.ErrNoDeposit)
	if err != nil {
		return err
	}
	d, err := s.depotOf(c.Request().Context(), n, w.key)
	if err != nil {
		return err
	}
	return s.result(c, w, status, path, "", depotWire{d, s.depotLinks(c, d, formJSON)})
}

// receive reads a file, or where it is, however it is sent.
func (s *Server) receive(c echo.Context) (*given, error) {
	r := c.Request()
	a, err := s.understand(r.Context(), giving, r.URL.RawQuery)
	if err != nil {
		return nil, err
	}
	if r.ContentLength > s.largest(c.Path()) {
		return nil, errFileTooLarge
	}
	mediaType, parameters, err := mime.ParseMediaType(r.Header.Get(echo.HeaderContentType))
	switch {
	case a.source == "" && err != nil && r.ContentLength != 0:
		return nil, faults{{Parameter: "source", Detail: "Dire de quelle source est ce fichier : ?source=Nom de la source."}}
	case a.source == "" && mediaType == "multipart/form-data":
		return s.receiveForm(c, parameters["boundary"])
	case a.source == "" && (mediaType == typeJSON || mediaType == typeForm || r.ContentLength == 0):
		return s.receiveAddress(c)
	case a.source == "":
		return nil, faults{{Parameter: "source", Detail: "Dire de quelle source est ce fichier : ?source=Nom de la source."}}
	}
	// The body is the file, whatever its type says.
	g := &given{source: a.source, name: a.name, part: a.part, sum: sha256.New(), body: &message{}}
	if g.name == "" {
		g.name = "fichier"
	}
	fmt.Fprintf(g.sum, "%q %q %v\n", g.source, g.name, g.part)
	if err := s.spool(c, g, r.Body); err != nil {
		return g, err
	}
	if g.size == 0 {
		return g, unprocessable{faults{{Parameter: "fichier", Detail: "Ce fichier est vide."}}}
	}
	return g, nil
}

func (s *Server) receiveAddress(c echo.Context) (*given, error) {
	c.Request().Body = http.MaxBytesReader(c.Response(), c.Request().Body, bodyMaximum)
	b, err := readBody(c)
	if err != nil {
		return nil, err
	}
	g := &given{source: b.line("source", sourceMaximum, necessary), url: b.line("adresse", addressMaximum, necessary), sum: sha256.New(), body: b}
	if part := b.yes("partiel"); part != nil {
		g.part = *part
	}
	checkAddress(b, "adresse", g.url)
	g.name = nameOf(g.url)
	g.sum.Write(b.text)
	return g, b.end()
}

// checkAddress notes a web address that is not one.
func checkAddress(b *message, name, text string) {
	if text == "" {
		return
	}
	if u, err := url.Parse(text); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		suggestion := ""
		if !strings.Contains(text, "://") && strings.Contains(text, ".") {
			suggestion = "https://" + text
		}
		b.fault(name, text, "Écrire une adresse web entière : https://exemple.fr/lieux.csv.", suggestion)
	}
}

// nameOf is the last part of a web address, for people.
func nameOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "fichier"
	}
	parts := strings.Split(strings.Trim(u.Path, "/"), "/")
	if name := parts[len(parts)-1]; name != "" {
		return clip(name, sourceMaximum)
	}
	return u.Host
}

func clip(s string, letters int) string {
	if r := []rune(s); len(r) > letters {
		return string(r[:letters])
	}
	return s
}

// receiveForm reads the form of the page, its parts in any order.
func (s *Server) receiveForm(c echo.Context, boundary string) (*given, error) {
	prefers, err := negotiate("", c.Request().Header.Get("Accept"), documentForms)
	b := &message{values: url.Values{}}
	b.form = err == nil && prefers.name == formHTML.name
	g := &given{sum: sha256.New(), body: b}
	if boundary == "" {
		return g, errMediaType
	}
	parts := multipart.NewReader(s.paced(c, c.Request().Body), boundary)
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return g, unfinished(err)
		}
		name := part.FormName()
		if name == "fichier" {
			if part.FileName() == "" {
				continue // the field of a form that was left empty
			}
			if g.content != nil {
				b.fault("fichier", "", "Un seul fichier à la fois.", "")
				continue
			}
			g.name = clip(part.FileName(), sourceMaximum)
			if err := s.spool(c, g, part); err != nil {
				return g, err
			}
			continue
		}
		text, err := io.ReadAll(io.LimitReader(part, fieldMaximum+1))
		if err != nil {
			return g, unfinished(err)
		}
		if len(text) > fieldMaximum || !utf8.Valid(text) {
			b.fault(shown(name), "", "Ce champ est trop long, ou illisible.", "")
			continue
		}
		if len(b.values) > 100 {
			return g, errTooLarge
		}
		b.values.Add(name, string(text))
	}
	b.known = append(b.known, "fichier")
	g.source, g.url = b.line("source", sourceMaximum, necessary), b.line("adresse", addressMaximum, optional)
	if part := b.yes("partiel"); part != nil {
		g.part = *part
	}
	// Browsers send parts in the order of the page, programs in any.
	fmt.Fprintf(g.sum, "\n%q %q %q %v", g.name, g.source, g.url, g.part)
	checkAddress(b, "adresse", g.url)
	switch {
	case g.content == nil && g.url == "":
		b.fault("fichier", "", "Choisissez un fichier, ou donnez son adresse web.", "")
	case g.content != nil && g.url != "":
		b.fault("adresse", g.url, "Donnez un fichier ou une adresse web, pas les deux.", "")
	case g.content != nil && g.size == 0:
		b.fault("fichier", g.name, "Ce fichier est vide.", "")
	case g.content == nil:
		g.name = nameOf(g.url)
	}
	return g, b.end()
}

// spool receives a file on disk.
func (s *Server) spool(c echo.Context, g *given, r io.Reader) error {
	select {
	case s.quay.uploads <- struct{}{}:
		defer func() { <-s.quay.uploads }()
	default:
		s.metrics.refused.Inc()
		return errBusy
	}
	f, err := os.CreateTemp(s.config.TempDir, "mednum-*")
	if err != nil {
		return fmt.Errorf("receive a file: %w", err)
	}
	_ = os.Remove(f.Name()) // it lives as long as it is open, however we end
	g.content = f
	if _, ok := r.(*multipart.Part); !ok {
		r = s.paced(c, r)
	}
	g.size, err = io.Copy(io.MultiWriter(f, g.sum), io.LimitReader(r, s.config.UploadMaximum+1))
	switch {
	case err != nil:
		return unfinished(err)
	case g.size > s.config.UploadMaximum:
		return errFileTooLarge
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("receive a file: %w", err)
	}
	return nil
}

// unfinished says why a body could not be read to its end.
func unfinished(err error) error {
	var long *http.MaxBytesError
	if errors.As(err, &long) {
		return errFileTooLarge
	}
	return faults{{Parameter: "fichier", Detail: "Le fichier n’est pas arrivé entier, ou trop lentement. Envoyez-le de nouveau."}}
}

// paced reads a body that may take minutes, and cuts one that only holds a
// connection.
func (s *Server) paced(c echo.Context, r io.Reader) io.Reader {
	return &pace{r: r, control: http.NewResponseController(c.Response().Writer), begun: time.Now(), most: s.config.UploadTimeout, answer: s.config.WriteTimeout}
}

type pace struct {
	r            io.Reader
	control      *http.ResponseController
	begun        time.Time
	received     int64
	most, answer time.Duration
}

func (p *pace) Read(b []byte) (int, error) {
	end := p.begun.Add(min(p.most, uploadGrace+time.Duration(p.received)*time.Second/uploadRate))
	// Errors: a test's recorder has no deadlines.
	_ = p.control.SetReadDeadline(end)
	_ = p.control.SetWriteDeadline(end.Add(p.answer))
	n, err := p.r.Read(b)
	p.received += int64(n)
	return n, err
}

// depot is one deposit: where it is, and what to do next.
func (s *Server) depot(c echo.Context) error {
	a, chosen, w, err := s.private(c, answered, documentForms)
	if err != nil {
		return err
	}
	d, err := s.depotNumbered(c, w.key)
	if err != nil {
		return err
	}
	links := s.depotLinks(c, d, chosen)
	if chosen.name == formHTML.name {
		view := pages.Depot{Head: s.headFor(c, "", links...), Depot: d, Now: a.now, Saved: a.fait}
		return s.page(c, func(w *bytes.Buffer) error { return s.pages.Depot(w, view) })
	}
	return s.value(c, depotWire{d, links})
}

// follow tells how far a deposit is, as it goes on.
func (s *Server) follow(c echo.Context) error {
	_, _, w, err := s.private(c, plain, []form{{"events", []string{typeEvents}}})
	if err != nil {
		return err
	}
	d, err := s.depotNumbered(c, w.key)
	if err != nil {
		return err
	}
	select {
	case s.quay.followers <- struct{}{}:
		defer func() { <-s.quay.followers }()
	default:
		s.metrics.refused.Inc()
		return errBusy
	}
	out := s.open(c, typeEvents)
	defer out.close()
	_ = out.control.SetReadDeadline(time.Time{}) // nothing more is read: this lasts
	c.Response().Header().Set("X-Accel-Buffering", "no")
	if c.Request().Method == http.MethodHead {
		return s.send(c, http.StatusOK, nil)
	}
	ctx, said := c.Request().Context(), ""
	tick := time.NewTicker(s.config.FollowEvery)
	defer tick.Stop()
	until := time.Now().Add(followFor)
	for quiet := 0; ; quiet++ {
		event := bytes.TrimSpace(encode(struct {
			Etat       intake.State    `json:"etat"`
			Avancement intake.Progress `json:"avancement"`
			Phrase     string          `json:"phrase"` // French, whole
		}{d.State, d.Progress, pages.ProgressSentence(d)}))
		if string(event) != said {
			said, quiet = string(event), 0
			out.buf = append(append(append(out.buf, "event: avancement\ndata: "...), event...), "\n\n"...)
		} else if quiet%15 == 14 {
			out.buf = append(out.buf, ": toujours là\n\n"...)
		}
		over := !pages.UnderWay(d)
		if over || s.stopping.Load() || time.Now().After(until) {
			if over {
				out.buf = append(append(append(out.buf, "event: fin\ndata: "...), event...), "\n\n"...)
			}
			return out.flush(true)
		}
		if len(out.buf) > 0 || !c.Response().Committed {
			if err := out.flush(true); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		if d, err = s.depotOf(ctx, d.Number, w.key); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return nil // the browser asks again, and is told why
		}
	}
}

var depotSteps = []string{"lire", "publier", "abandonner"}

func (s *Server) stepDepot(c echo.Context) error {
	w, err := s.dropping(c)
	if err != nil {
		return err
	}
	d, err := s.depotNumbered(c, w.key)
	if err != nil {
		return err
	}
	b := w.body
	step := b.choice("etape", depotSteps, necessary)
	options := intake.StepOptions{Partial: d.Partial, AllowRemoval: d.AllowRemoval}
	if v := b.yes("partiel"); v != nil {
		options.Partial = *v
	}
	if v := b.yes("retraits"); v != nil {
		options.AllowRemoval = *v
	}
	if err = b.end(); err == nil {
		err = s.step(c, w, d.Number, step, options)
	}
	if err != nil {
		if step == "publier" && d.Report != nil {
			view, failed := s.reportView(c, d, w.key)
			if failed != nil {
				return err
			}
			view.Head, view.Faults = s.headFor(c, ""), saidOf(err)
			return w.again(err, func(b *bytes.Buffer) error { return s.pages.Rapport(b, view) })
		}
		view := pages.Depot{Head: s.headFor(c, ""), Depot: d, Now: w.at, Faults: saidOf(err)}
		return w.again(err, func(b *bytes.Buffer) error { return s.pages.Depot(b, view) })
	}
	return s.deposited(c, w, http.StatusOK, strconv.FormatInt(d.Number, 10), "", step)
}

func (s *Server) step(c echo.Context, w *written, number int64, step string, options intake.StepOptions) error {
	_, err := s.once(c, w, clickKept, func(ctx context.Context) (string, error) {
		return "", s.desk.within(ctx, previewTimeout, func(ctx context.Context) error {
			_, err := s.config.Deposits.StepDeposit(ctx, number, step, options, w.key, w.at)
			return err
		})
	})
	return err
}

var reportForms = []form{formJSON, formHTML, formXLSX}

// changesShown is how many changes of each kind the report shows; the page of
// that kind has them all.
const changesShown = 5

// reportView is the page of a report.
func (s *Server) reportView(c echo.Context, d intake.Deposit, key access.Key) (pages.Rapport, error) {
	view := pages.Rapport{Depot: d, Now: s.config.Now()}
	for _, kind := range changeKinds {
		some, total, err := s.changesOf(c.Request().Context(), d.Number, kind, 0, changesShown, key)
		if errors.Is(err, intake.ErrState) {
			break // its changes are no longer kept: the figures still are
		}
		if err != nil {
			return view, err
		}
		if total > 0 {
			view.Kinds = append(view.Kinds, pages.ChangeKind{Kind: kind, Total: total, Changes: some})
		}
	}
	return view, nil
}

func (s *Server) changesOf(ctx context.Context, number int64, kind string, after, limit int, key access.Key) (out []intake.Change, total int, err error) {
	err = s.desk.ask(ctx, func(ctx context.Context) error {
		out, total, err = s.config.Deposits.DepositChanges(ctx, number, kind, after, limit, key)
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("read changes: %w", err)
	}
	return out, total, nil
}

func (s *Server) report(c echo.Context) error {
	a, chosen, w, err := s.private(c, telling, reportForms)
	if err != nil {
		return err
	}
	d, err := s.depotNumbered(c, w.key)
	if err != nil {
		return err
	}
	if d.Report == nil {
		if chosen.name == formHTML.name {
			return s.seeOther(c, depotPath(d.Number)) // that page says what to wait for
		}
		return fmt.Errorf("report of deposit %d: %w", d.Number, intake.ErrState)
	}
	links := append(views(s.base(c.Request()), depotPath(d.Number)+"/rapport", a.values, chosen, reportForms),
		link{s.base(c.Request()) + depotPath(d.Number), "up", typeJSON, "Le dépôt"})
	switch chosen.name {
	case formXLSX.name:
		return s.annotated(c, d, w.key)
	case formHTML.name:
		view, err := s.reportView(c, d, w.key)
		if err != nil {
			return err
		}
		view.Head, view.Saved = s.headFor(c, "", links...), a.fait
		return s.page(c, func(w *bytes.Buffer) error { return s.pages.Rapport(w, view) })
	}
	c.Response().Header().Set(echo.HeaderContentDisposition, fmt.Sprintf(`inline; filename="rapport-%d.json"`, d.Number))
	return s.value(c, struct {
		Numero          int64        `json:"numero"`
		Etat            intake.State `json:"etat"`
		Rapport         any          `json:"rapport"`
		Changements     any          `json:"changements"`
		HorsTerritoire  int          `json:"hors_territoire"`
		DoublonsDouteux int          `json:"doublons_douteux"`
		DoublonsSurs    int          `json:"doublons_certains"`
		Motifs          []string     `json:"motifs"`
		Links           []link       `json:"links"`
	}{d.Number, d.State, d.Report, d.Changes, d.Outside, d.Doubtful, d.Merged, listed(d.Reasons), links})
}

// annotated sends their file with what was said of each row: made whole on disk
// first, so that a slow reader holds no connection to the database.
func (s *Server) annotated(c echo.Context, d intake.Deposit, key access.Key) error {
	f, err := os.CreateTemp(s.config.TempDir, "mednum-*")
	if err != nil {
		return fmt.Errorf("annotate: %w", err)
	}
	defer f.Close()
	_ = os.Remove(f.Name())
	control := http.NewResponseController(c.Response().Writer)
	_ = control.SetWriteDeadline(time.Now().Add(depositTimeout + s.config.WriteTimeout))
	_ = control.SetReadDeadline(time.Time{})
	err = s.desk.within(c.Request().Context(), depositTimeout, func(ctx context.Context) error {
		return s.config.Deposits.Annotated(ctx, d.Number, f, key)
	})
	if err != nil {
		return fmt.Errorf("annotate: %w", err)
	}
	size, err := f.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return fmt.Errorf("annotate: %w", err)
	}
	h := c.Response().Header()
	h.Set(echo.HeaderContentType, typeXLSX)
	h.Set(echo.HeaderContentDisposition, fmt.Sprintf(`attachment; filename="depot-%d-annote.xlsx"`, d.Number))
	h.Set("Content-Length", strconv.FormatInt(size, 10))
	c.Response().WriteHeader(http.StatusOK)
	if c.Request().Method == http.MethodHead {
		return nil
	}
	for {
		_ = control.SetWriteDeadline(time.Now().Add(s.config.WriteTimeout))
		if _, err := io.CopyN(c.Response(), f, 256<<10); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("write answer: %w: %w", context.Canceled, err)
		}
	}
}

// changes are what a deposit would change, all of it, a page at a time.
func (s *Server) changes(c echo.Context) error {
	a, chosen, w, err := s.private(c, changing, documentForms)
	if err != nil {
		return err
	}
	d, err := s.depotNumbered(c, w.key)
	if err != nil {
		return err
	}
	some, total, err := s.changesOf(c.Request().Context(), d.Number, a.kind, int(min(a.after, 1<<31-1)), a.find.Limit, w.key)
	if err != nil {
		return err
	}
	base, path := s.base(c.Request()), depotPath(d.Number)+"/changements"
	links := append(views(base, path, a.values, chosen, documentForms), link{base + depotPath(d.Number) + "/rapport", "up", typeJSON, "Le rapport"})
	next := ""
	if end := int(a.after) + len(some); len(some) > 0 && end < total {
		next = address("", path, a.values, "apres", strconv.Itoa(end))
		links = append(links, link{base + next, "next", mediaType(chosen), "La suite"})
	}
	if chosen.name == formHTML.name {
		view := pages.Changements{Head: s.headFor(c, "", links...), Depot: d, ChangeKind: pages.ChangeKind{Kind: a.kind, Total: total, Changes: some}, After: int(a.after), Next: next}
		return s.page(c, func(w *bytes.Buffer) error { return s.pages.Changements(w, view) })
	}
	return s.value(c, struct {
		Numero      int64           `json:"numero"`
		Total       int             `json:"total"`
		Changements []intake.Change `json:"changements"`
		Links       []link          `json:"links"`
	}{d.Number, total, listed(some), links})
}

// orNull is a JSON value, null when there is none.
func orNull(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return json.RawMessage("null")
	}
	return raw
}
