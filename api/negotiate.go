package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"mednum/api/pages"
)

const (
	typeJSON    = "application/json"
	typeGeoJSON = "application/geo+json"
	typeHTML    = "text/html; charset=utf-8"
	typeOpenAPI = "application/vnd.oai.openapi+json;version=3.0"
	typeCSV     = "text/csv; charset=utf-8"
	typeText    = "text/plain; charset=utf-8"
	typeEvents  = "text/event-stream"
	typeYAML    = "application/yaml"
	typeZIP     = "application/zip"
	typeXLSX    = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
)

// form is a representation that a resource has: the name of f, and the media
// types of Accept that mean it, the first being what is sent.
type form struct {
	name  string
	types []string
}

var (
	formJSON    = form{"json", []string{typeJSON}}
	formGeoJSON = form{"json", []string{typeGeoJSON, typeJSON, "application/vnd.geo+json"}}
	formCSV     = form{"csv", []string{"text/csv"}}
	formXLSX    = form{"xlsx", []string{typeXLSX}}
	formHTML    = form{"html", []string{"text/html", "application/xhtml+xml"}}
	formOpenAPI = form{"json", []string{typeOpenAPI, "application/openapi+json", typeJSON}}
)

// negotiate chooses among the forms of a resource, the first being the default:
// f wins over Accept. f has been checked by the table of parameters.
func negotiate(f, accept string, forms []form) (form, error) {
	if f != "" {
		if f == "geojson" {
			f = "json"
		}
		for _, candidate := range forms {
			if candidate.name == f {
				return candidate, nil
			}
		}
	}
	if strings.TrimSpace(accept) == "" {
		return forms[0], nil
	}
	best, bestQ := -1, 0.0
	for i, candidate := range forms {
		for j, t := range candidate.types {
			q := acceptance(accept, t)
			if j == 0 && q == 0 && strings.Contains(accept, t) {
				break // what would be sent is refused by name
			}
			if q > bestQ {
				best, bestQ = i, q
			}
		}
	}
	if best < 0 {
		return form{}, errNotAcceptable
	}
	return forms[best], nil
}

// acceptance is what an Accept header gives to a media type: the most specific
// range that matches counts (RFC 9110, 12.5.1). A range that cannot be read
// matches nothing.
func acceptance(accept, mediaType string) float64 {
	bare, _, _ := strings.Cut(mediaType, ";")
	major, _, _ := strings.Cut(bare, "/")
	best, rank := 0.0, -1
	for part := range strings.SplitSeq(accept, ",") {
		fields := strings.Split(part, ";")
		name := strings.ToLower(strings.TrimSpace(fields[0]))
		q, parameters := 1.0, 0
		for _, p := range fields[1:] {
			key, value, _ := strings.Cut(strings.ToLower(strings.TrimSpace(p)), "=")
			if key == "q" {
				v, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
				if err != nil || !(v >= 0 && v <= 1) {
					v = 0
				}
				q = v
			} else {
				parameters++
			}
		}
		r := -1
		switch name {
		case "*/*":
			r = 0
		case major + "/*":
			r = 1
		case bare:
			r = 2
			if parameters > 0 {
				// version=3.0, charset=utf-8…: nearer still; we have one of each.
				r = 3
			}
		}
		if r > rank {
			best, rank = q, r
		}
	}
	return best
}

// choose negotiates and says in Vary what the answer depends on.
func (s *Server) choose(c echo.Context, f string, forms []form) (form, error) {
	chosen, err := negotiate(f, c.Request().Header.Get("Accept"), forms)
	if err != nil {
		return form{}, err
	}
	c.Set(keyForm, chosen.name)
	return chosen, nil
}

// asked is what every resource of the API begins with: the parameters, the form
// of the answer, and the version of the data that it will be made of.
func (s *Server) asked(c echo.Context, on operation, forms []form) (a *asked, chosen form, data int64, err error) {
	ctx := c.Request().Context()
	if a, err = s.understand(ctx, on, c.Request().URL.RawQuery); err != nil {
		return nil, form{}, 0, err
	}
	if chosen, err = s.choose(c, a.format, forms); err != nil {
		return nil, form{}, 0, err
	}
	if data, _, err = s.version(ctx); err != nil {
		return nil, form{}, 0, fmt.Errorf("read version: %w", err)
	}
	return a, chosen, data, nil
}

// wantsHTML says whether a person reads the error: what was chosen, or what f
// or Accept would choose.
func (s *Server) wantsHTML(c echo.Context) bool {
	if name, ok := c.Get(keyForm).(string); ok {
		return name == "html"
	}
	f := c.QueryParam("f")
	if f != "html" && f != "json" && f != "geojson" {
		f = ""
	}
	chosen, err := negotiate(f, c.Request().Header.Get("Accept"), []form{formJSON, formHTML})
	return err == nil && chosen.name == "html"
}

// link is a link of the API; href is absolute.
type link struct {
	Href  string `json:"href"`
	Rel   string `json:"rel"`
	Type  string `json:"type"`
	Title string `json:"title,omitempty"`
}

var hostPattern = regexp.MustCompile(`^([A-Za-z0-9]([A-Za-z0-9._-]{0,252}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?$`)

// base is where this server is for the one who asks, without trailing slash:
// the configured address; else what a trusted proxy forwards; else the request's
// own Host. A host that is not one never reaches a link.
func (s *Server) base(r *http.Request) string {
	if s.config.PublicURL != "" {
		return s.config.PublicURL
	}
	scheme, host := "http", r.Host
	if r.TLS != nil {
		scheme = "https"
	}
	if s.trusts(r.RemoteAddr) {
		first := func(name string) string {
			v, _, _ := strings.Cut(r.Header.Get(name), ",")
			return strings.TrimSpace(v)
		}
		if v := first("X-Forwarded-Host"); hostPattern.MatchString(v) {
			host = v
		}
		if v := strings.ToLower(first("X-Forwarded-Proto")); v == "http" || v == "https" {
			scheme = v
		}
		element, _, _ := strings.Cut(r.Header.Get("Forwarded"), ",")
		for pair := range strings.SplitSeq(element, ";") {
			key, value, _ := strings.Cut(strings.TrimSpace(pair), "=")
			value = strings.Trim(value, `"`)
			switch strings.ToLower(key) {
			case "host":
				if hostPattern.MatchString(value) {
					host = value
				}
			case "proto":
				if v := strings.ToLower(value); v == "http" || v == "https" {
					scheme = v
				}
			}
		}
	}
	if !hostPattern.MatchString(host) {
		host = "localhost"
	}
	return scheme + "://" + host
}

// trusts says whether the peer is a configured proxy.
func (s *Server) trusts(remote string) bool {
	if len(s.config.TrustedProxies) == 0 {
		return false
	}
	peer, err := netip.ParseAddrPort(remote)
	if err != nil {
		return false
	}
	for _, p := range s.config.TrustedProxies {
		if p.Contains(peer.Addr().Unmap()) {
			return true
		}
	}
	return false
}

// address is an absolute URL of ours with the query of values, one key replaced
// when key is not "".
func address(base, path string, values url.Values, key, value string) string {
	query := values
	if key != "" {
		query = make(url.Values, len(values)+1)
		for k, v := range values {
			query[k] = v
		}
		query.Set(key, value)
	}
	if len(query) == 0 {
		return base + path
	}
	return base + path + "?" + query.Encode()
}

// views are the links self and alternate of a resource in its forms.
func views(base, path string, values url.Values, chosen form, forms []form) []link {
	links := []link{{address(base, path, values, "", ""), "self", mediaType(chosen), "Ce document"}}
	for _, other := range forms {
		if other.name != chosen.name {
			links = append(links, link{address(base, path, values, "f", other.name), "alternate", mediaType(other), "Ce document en " + strings.ToUpper(other.name)})
		}
	}
	return links
}

// mediaType is the type of a form as links say it, without charset.
func mediaType(f form) string { return f.types[0] }

// head is what every page has.
func (s *Server) head(c echo.Context, title string, links ...link) pages.Head {
	h := pages.Head{Path: c.Request().URL.RequestURI(), Title: title}
	for _, l := range links {
		h.Links = append(h.Links, pages.Link{Href: l.Href, Rel: l.Rel, Type: l.Type, Title: l.Title})
	}
	return h
}

// encode writes JSON as we send it: "&" stays "&" in links. The values are our
// own types, which cannot fail to encode.
func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// send writes a whole answer. Echo's own writers are not used: Content-Length
// and the absence of a body for HEAD are the same everywhere.
func (s *Server) send(c echo.Context, status int, body []byte) error {
	if c.Request().Method == http.MethodHead {
		c.Response().WriteHeader(status)
		return nil
	}
	c.Response().Header().Set("Content-Length", strconv.Itoa(len(body)))
	c.Response().WriteHeader(status)
	_, err := c.Response().Write(body)
	return err
}

// fresh sets the validators of an answer made of the data version and parts,
// and reports whether the client has it already: 304 has then been sent. Shared
// caches keep nothing that tells where somebody is.
func (s *Server) fresh(c echo.Context, version string) (bool, error) {
	tag := `W/"` + version + `"`
	h := c.Response().Header()
	h.Set("ETag", tag)
	if h.Get("Cache-Control") == "" {
		scope := "public"
		if q := c.QueryParams(); q.Has("near") || q.Has("q") || q.Has("ou") || q.Has("pres") {
			scope = "private"
		}
		h.Set("Cache-Control", scope+", max-age=0, must-revalidate")
	}
	for _, header := range c.Request().Header.Values("If-None-Match") {
		for one := range strings.SplitSeq(header, ",") {
			one = strings.TrimSpace(one)
			if one == "*" || strings.TrimPrefix(one, "W/") == tag[2:] {
				c.Response().WriteHeader(http.StatusNotModified)
				return true, nil
			}
		}
	}
	return false, nil
}
