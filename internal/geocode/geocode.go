// Package geocode asks the national address search (the geocoding service of
// the Géoplateforme, or one that answers like it) where an address is.
//
// What people type is personal: it goes to the configured host only, is kept
// nowhere, and is in no error and no log.
package geocode

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"mednum/internal/place"
)

// DefaultBase is the public service of the Géoplateforme.
const DefaultBase = "https://data.geopf.fr/geocodage"

const (
	timeout    = 2 * time.Second  // beyond, a person would rather have our gazetteer's answer
	maxAnswer  = 1 << 20          // twenty addresses weigh 15 KB
	maxQuery   = 200              // the service refuses longer ones
	minQuery   = 3                // and shorter ones
	maxLimit   = 20               // its default maximum
	tolerated  = 3                // failures in a row before the service is left alone
	rest       = 30 * time.Second // for how long
	maxForward = 2                // redirections, on the same host
)

// ErrUnavailable: the service cannot be reached, is too slow, says that it
// fails, or failed so lately that it was not asked.
var ErrUnavailable = errors.New("address search unavailable")

// ErrAnswer: the service answered something that is not what it documents.
var ErrAnswer = errors.New("address search answered nonsense")

// ErrRefused: the service refused the question, as it does of ones that are
// not addresses. It works.
var ErrRefused = errors.New("address search refused the question")

// Address is a place found.
type Address struct {
	Label      string // "8 Boulevard du Port 80000 Amiens"
	Position   place.Position
	CodeInsee  string
	CodePostal string
	Type       string  // "housenumber", "street", "locality", "municipality"
	Score      float64 // from 0 to 1
}

// Client asks one service. It is safe for concurrent use.
type Client struct {
	search  *url.URL
	http    *http.Client
	patient *http.Client // for many addresses at once
	now     func() time.Time
	pause   time.Duration // before the second attempt at many addresses

	mu       sync.Mutex
	failures int
	until    time.Time // asked again from then on
}

// New makes a client of the service at base, such as DefaultBase.
func New(base string) (*Client, error) {
	u, err := url.Parse(strings.TrimRight(strings.TrimSpace(base), "/"))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("adresse du géocodeur « %s » : une adresse http:// ou https:// sans paramètres est attendue, comme %s", base, DefaultBase)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DialContext = (&net.Dialer{Timeout: timeout}).DialContext
	transport.TLSHandshakeTimeout = timeout
	transport.ResponseHeaderTimeout = timeout
	transport.MaxIdleConnsPerHost = 8
	slower := transport.Clone()
	slower.ResponseHeaderTimeout = patience
	c := &Client{search: u.JoinPath("search"), now: time.Now, pause: 2 * time.Second}
	c.http = &http.Client{
		Transport: transport,
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			// The question would follow: it goes nowhere but where the operator said.
			if len(via) > maxForward || r.URL.Host != via[0].URL.Host || r.URL.Scheme != via[0].URL.Scheme {
				return errForward
			}
			return nil
		},
	}
	c.patient = &http.Client{Transport: slower, CheckRedirect: c.http.CheckRedirect}
	return c, nil
}

var errForward = errors.New("redirected elsewhere")

// Search finds at most limit addresses, best first. What is too short or no
// address gives none, without an error.
func (c *Client) Search(ctx context.Context, q string, limit int) ([]Address, error) {
	return c.SearchAround(ctx, q, place.Position{}, limit)
}

// SearchAround is Search with addresses near a known position first.
func (c *Client) SearchAround(ctx context.Context, q string, around place.Position, limit int) ([]Address, error) {
	q = tidy(q)
	if len([]rune(q)) < minQuery || limit <= 0 {
		return nil, nil
	}
	if !c.allowed() {
		return nil, fmt.Errorf("%w: it failed %d times in a row", ErrUnavailable, tolerated)
	}
	u := *c.search
	v := url.Values{"q": {q}, "limit": {strconv.Itoa(min(limit, maxLimit))}}
	if around.Known() {
		// About 100 m, which is plenty to tell which Grande Rue is meant.
		v.Set("lat", strconv.FormatFloat(around.Latitude(), 'f', 3, 64))
		v.Set("lon", strconv.FormatFloat(around.Longitude(), 'f', 3, 64))
	}
	u.RawQuery = v.Encode()
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	found, err := c.ask(limited, u.String())
	switch {
	case err == nil, errors.Is(err, ErrRefused):
		c.succeeded()
	case ctx.Err() != nil:
		// Whoever asked went away: it says nothing of the service.
		c.interrupted()
		return nil, ctx.Err()
	default:
		c.failed()
	}
	if len(found) > limit {
		found = found[:limit]
	}
	return found, err
}

func (c *Client) ask(ctx context.Context, address string) ([]Address, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: request", ErrUnavailable)
	}
	r.Header.Set("Accept", "application/json")
	answer, err := c.send(c.http, r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if err := judgeStatus(answer.StatusCode); err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if len(text) > maxAnswer {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrAnswer, maxAnswer)
	}
	return parse(text)
}

// send sends one request; its error tells nothing of what was asked.
func (c *Client) send(by *http.Client, r *http.Request) (*http.Response, error) {
	r.Header.Set("User-Agent", "mednum")
	answer, err := by.Do(r)
	if err != nil {
		// A *url.Error spells the whole address, and so the question.
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err
		}
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return answer, nil
}

func judgeStatus(s int) error {
	switch {
	case s == http.StatusOK:
		return nil
	case s == http.StatusTooManyRequests, s == http.StatusUnauthorized, s == http.StatusForbidden, s == http.StatusNotFound:
		return fmt.Errorf("%w: status %d", ErrUnavailable, s)
	case s >= 400 && s < 500:
		return fmt.Errorf("%w: status %d", ErrRefused, s)
	}
	return fmt.Errorf("%w: status %d", ErrUnavailable, s)
}

// parse reads the FeatureCollection of an answer. A feature without a label or
// outside France is left out.
func parse(text []byte) ([]Address, error) {
	var answer struct {
		Type     string `json:"type"`
		Features *[]struct {
			Geometry struct {
				Type        string    `json:"type"`
				Coordinates []float64 `json:"coordinates"`
			} `json:"geometry"`
			Properties struct {
				Label    string  `json:"label"`
				Score    float64 `json:"score"`
				Citycode string  `json:"citycode"`
				Postcode string  `json:"postcode"`
				Type     string  `json:"type"`
			} `json:"properties"`
		} `json:"features"`
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return nil, fmt.Errorf("%w: not the JSON expected", ErrAnswer)
	}
	if answer.Type != "FeatureCollection" || answer.Features == nil {
		return nil, fmt.Errorf("%w: not a FeatureCollection", ErrAnswer)
	}
	out := make([]Address, 0, min(len(*answer.Features), maxLimit))
	for _, f := range *answer.Features {
		p := f.Properties
		label := tidy(p.Label)
		if label == "" || f.Geometry.Type != "Point" || len(f.Geometry.Coordinates) < 2 {
			continue
		}
		at, err := place.NewPosition(f.Geometry.Coordinates[1], f.Geometry.Coordinates[0])
		if err != nil {
			continue
		}
		out = append(out, Address{
			Label: label, Position: at, CodeInsee: p.Citycode, CodePostal: p.Postcode, Type: p.Type,
			Score: max(0, min(1, p.Score)),
		})
	}
	return out, nil
}

// tidy makes one line of a text, as short as the service takes it, beginning
// with a letter or a digit as the service wants it.
func tidy(s string) string {
	s = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, ""), func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	s = strings.TrimLeftFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if r := []rune(s); len(r) > maxQuery {
		s = strings.TrimSpace(string(r[:maxQuery]))
	}
	return s
}

// allowed reports whether the service may be asked. Once its rest is over one
// question goes out, and the others wait for what it learns.
func (c *Client) allowed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failures < tolerated {
		return true
	}
	now := c.now()
	if now.Before(c.until) {
		return false
	}
	c.until = now.Add(timeout)
	return true
}

func (c *Client) succeeded() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failures = 0
}

func (c *Client) failed() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failures++
	if c.failures >= tolerated {
		c.until = c.now().Add(rest)
	}
}

// interrupted lets another question be the trial that this one was to be.
func (c *Client) interrupted() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failures >= tolerated {
		c.until = c.now()
	}
}
