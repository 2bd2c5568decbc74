package fetch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func site(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func client(t *testing.T, change ...func(*Options)) *Client {
	o := Options{Private: true, Pause: time.Millisecond, Temp: t.TempDir()}
	for _, c := range change {
		c(&o)
	}
	t.Cleanup(func() { // whatever happened, nothing is left behind
		left, err := os.ReadDir(o.Temp)
		if err != nil || len(left) > 0 {
			t.Errorf("temporary files left: %v %v", left, err)
		}
	})
	return New(o)
}

func get(t *testing.T, c *Client, address string, known Conditions) (f *File, text string) {
	t.Helper()
	f, err := c.Get(t.Context(), address, known, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if f.NotModified {
		return f, ""
	}
	b, err := io.ReadAll(f)
	if err != nil || int64(len(b)) != f.Size {
		t.Fatalf("%d bytes of %d: %v", len(b), f.Size, err)
	}
	return f, string(b)
}

func TestAFileIsFetchedAgainOnlyWhenItChanged(t *testing.T) {
	asked := 0
	address := site(t, func(w http.ResponseWriter, r *http.Request) {
		asked++
		if r.Header.Get("If-None-Match") == `"un"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("ETag", `"un"`)
		w.Header().Set("Content-Disposition", `attachment; filename="..\\lieux du 51.csv"`)
		io.WriteString(w, "nom;commune\nMairie;Reims\n")
	})
	c := client(t)
	f, text := get(t, c, address+"/export?x=1", Conditions{})
	if text != "nom;commune\nMairie;Reims\n" || f.ETag != `"un"` || f.Name != "lieux du 51.csv" || f.Pages != 1 {
		t.Errorf("%+v %q", f, text)
	}
	if f, _ := get(t, c, address+"/export?x=1", f.Conditions); !f.NotModified || asked != 2 {
		t.Errorf("asked %d times: %+v", asked, f)
	}
}

func TestWhatGoesWrongIsSaidInFrench(t *testing.T) {
	var stop context.CancelFunc
	var tries atomic.Int32
	address := site(t, func(w http.ResponseWriter, r *http.Request) {
		tries.Add(1)
		switch r.URL.Path {
		case "/boucle":
			http.Redirect(w, r, "/boucle", http.StatusFound)
		case "/coupe":
			w.Header().Set("Content-Length", "1000000")
			io.WriteString(w, "a,b\n")
		case "/panne":
			http.Error(w, "", http.StatusBadGateway)
		case "/grand":
			for range 100 {
				io.WriteString(w, strings.Repeat("a", 1<<10))
			}
		case "/annonce":
			w.Header().Set("Content-Length", "1000000")
		case "/muet":
			io.WriteString(w, "a")
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		case "/ailleurs":
			http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
		case "/parti":
			stop()
			<-r.Context().Done()
		default:
			http.NotFound(w, r)
		}
	})
	c := client(t, func(o *Options) { o.Maximum, o.Silence = 50<<10, 200*time.Millisecond })
	for _, one := range []struct {
		address, want string
		tries         int32
		temporary     bool
	}{
		{"/rien", "404", 1, false},
		{"/boucle", "redirections", 6, false},
		{"/annonce", "dépasse", 1, false},
		{"/grand", "dépasse", 1, false},
		{"/muet", "n’envoie plus rien", 3, true},
		{"/panne", "502", 3, true},
		{"/ailleurs", "n’est pas une adresse complète", 1, false},
		{"ftp://exemple.fr/a", "n’est pas une adresse complète", 0, false},
		{"lieux.csv", "n’est pas une adresse complète", 0, false},
		{"http://moi:secret@exemple.fr/", "sans mot de passe", 0, false},
	} {
		tries.Store(0)
		if strings.HasPrefix(one.address, "/") {
			one.address = address + one.address
		}
		_, err := c.Get(t.Context(), one.address, Conditions{}, nil)
		var fault *Fault
		if !errors.As(err, &fault) || !strings.Contains(fault.Message, one.want) || fault.Temporary != one.temporary || tries.Load() != one.tries || strings.Contains(fault.Message, "secret") {
			t.Errorf("%s: %v after %d tries", one.address, err, tries.Load())
		}
	}
	cut := client(t)
	if _, err := cut.Get(t.Context(), address+"/coupe", Conditions{}, nil); err == nil || !strings.Contains(err.Error(), "coupé") {
		t.Errorf("cut: %v", err)
	}
	var ctx context.Context
	ctx, stop = context.WithCancel(t.Context())
	defer stop()
	if _, err := c.Get(ctx, address+"/parti", Conditions{}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("who leaves is told %v", err)
	}
}

func TestAFailureThatPassesIsTriedAgain(t *testing.T) {
	tries := 0
	address := site(t, func(w http.ResponseWriter, r *http.Request) {
		if tries++; tries < 3 {
			http.Error(w, "", http.StatusServiceUnavailable)
			return
		}
		io.WriteString(w, "a,b\n")
	})
	if _, text := get(t, client(t), address, Conditions{}); text != "a,b\n" || tries != 3 {
		t.Errorf("%q after %d tries", text, tries)
	}
}

func TestAStrangersAddressReachesNothingPrivate(t *testing.T) {
	reached := false
	address := site(t, func(w http.ResponseWriter, r *http.Request) { reached = true })
	_, port, _ := strings.Cut(strings.TrimPrefix(address, "http://"), ":")
	c := client(t, func(o *Options) { o.Private = false })
	t.Setenv("HTTP_PROXY", address)
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "2130706433", "127.1"} {
		if _, err := c.Get(t.Context(), "http://"+host+":"+port+"/", Conditions{}, nil); err == nil || reached {
			t.Errorf("%s was reached: %v", host, err)
		}
	}
	if _, err := c.Get(t.Context(), "http://localhost:"+port, Conditions{}, nil); !strings.Contains(fmt.Sprint(err), "machine privée") {
		t.Errorf("said as %v", err)
	}
	for address, want := range map[string]bool{
		"8.8.8.8": true, "2a00:1450:4007::1": true, "185.199.108.153": true,
		"10.0.0.1": false, "172.16.3.4": false, "172.31.255.255": false, "192.168.1.1": false, "127.0.0.2": false, "169.254.169.254": false,
		"100.64.0.1": false, "0.0.0.0": false, "255.255.255.255": false, "224.0.0.1": false, "198.18.0.1": false, "::": false, "::1": false,
		"fe80::1": false, "fc00::1": false, "fd00:ec2::254": false, "::ffff:10.0.0.1": false, "64:ff9b::a00:1": false, "2002:a00:1::": false, "ff02::1": false,
	} {
		if got := public(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s public: %v", address, got)
		}
	}
}

// portal answers n items as one kind of API does, ten a page.
func portal(t *testing.T, kind string, n int) string {
	item := func(i int) string { return fmt.Sprintf(`{"id": %d, "tags": [{"name": "a"}]}`, i) }
	items := func(from, to int) string {
		var all []string
		for i := max(from, 0); i < min(to, n); i++ {
			all = append(all, item(i))
		}
		return "[" + strings.Join(all, ", ") + "]"
	}
	var address string
	address = site(t, func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		number := func(name string, otherwise int) int {
			if v, err := strconv.Atoi(q.Get(name)); err == nil {
				return v
			}
			return otherwise
		}
		from, limit := number("offset", 0), min(number("limit", 10), 100)
		page := number("page", 1)
		at := (page - 1) * 10
		switch kind {
		case "opendatasoft 2":
			if from+limit > 10000 {
				http.Error(w, "", http.StatusBadRequest)
				return
			}
			fmt.Fprintf(w, `{"total_count": %d, "results": %s}`, n, items(from, from+limit))
		case "opendatasoft 1":
			from, limit = number("start", 0), number("rows", 10)
			fmt.Fprintf(w, `{"nhits": %d, "parameters": {"rows": %d, "start": %d}, "records": %s, "facet_groups": [{"name": "x"}]}`, n, limit, from, items(from, from+limit))
		case "ckan":
			fmt.Fprintf(w, `{"help": "…", "success": true, "result": {"fields": [{"id": "a"}], "records": %s, "_links": {"start": "/", "next": "/?offset=%d"}, "total": %d}}`, items(from, from+limit), from+limit, n)
		case "django":
			next := "null"
			if at+10 < n {
				next = fmt.Sprintf(`"%s/?page=%d"`, address, page+1)
			}
			fmt.Fprintf(w, `{"count": %d, "next": %s, "previous": null, "results": %s}`, n, next, items(at, at+10))
		case "laravel":
			next := "null"
			if at+10 < n {
				next = fmt.Sprintf(`"/?page=%d"`, page+1)
			}
			fmt.Fprintf(w, `{"data": %s, "links": {"first": "/?page=1", "next": %s}, "meta": {"current_page": %d, "total": %d}}`, items(at, at+10), next, page, n)
		case "tabular":
			fmt.Fprintf(w, `{"data": %s, "links": {}, "meta": {"page": %d, "page_size": 10, "total": %d}}`, items(at, at+10), page, n)
		case "link header":
			if at+10 < n {
				w.Header().Set("Link", fmt.Sprintf(`</?page=1>; rel="prev", <?page=%d>; rel="next"`, page+1))
			}
			io.WriteString(w, items(at, at+10))
		case "ogc":
			next := ""
			if from+10 < n {
				next = fmt.Sprintf(`, {"rel": "next", "href": "%s/?offset=%d"}`, address, from+10)
			}
			fmt.Fprintf(w, `{"type": "FeatureCollection", "links": [{"rel": "self", "href": "/"}%s], "numberMatched": %d, "features": %s}`, next, n, items(from, from+10))
		case "hydra":
			next := ""
			if at+10 < n {
				next = fmt.Sprintf(`, "hydra:next": "/?page=%d"`, page+1)
			}
			fmt.Fprintf(w, `{"hydra:member": %s, "hydra:totalItems": %d, "hydra:view": {"@id": "/"%s}}`, items(at, at+10), n, next)
		case "page asked":
			fmt.Fprintf(w, `{"total": %d, "lieux": %s}`, n, items(at, at+10))
		case "spring":
			page = number("page", 0)
			fmt.Fprintf(w, `{"content": %s, "totalElements": %d, "totalPages": %d, "number": %d}`, items(page*10, page*10+10), n, (n+9)/10, page)
		case "deaf":
			fmt.Fprintf(w, `{"total_count": %d, "results": %s}`, n, items(0, 10))
		case "mute":
			fmt.Fprintf(w, `{"total": %d, "lieux": %s}`, n, items(0, 10))
		case "loop":
			fmt.Fprintf(w, `{"next": "/?page=%d", "results": %s}`, page%3+1, items(at, at+10))
		case "whole":
			io.WriteString(w, `{"themes": [{"a": 1}], "lieux": `+items(0, n)+`}`)
		}
	})
	if kind == "page asked" {
		return address + "/?page=1"
	}
	return address + "/lieux.json"
}

func TestThePagesOfAnAPIAreOneFile(t *testing.T) {
	for _, c := range []struct {
		kind   string
		n      int
		items  int // that come
		notice bool
	}{
		{"opendatasoft 2", 347, 347, false}, {"opendatasoft 1", 41, 41, false}, {"ckan", 30, 30, false}, {"django", 33, 33, false},
		{"laravel", 25, 25, false}, {"tabular", 61, 61, false}, {"link header", 25, 25, false}, {"ogc", 35, 35, false}, {"hydra", 12, 12, false},
		{"page asked", 33, 33, false}, {"spring", 33, 33, false}, {"loop", 30, 30, false},
		{"deaf", 33, 10, true}, {"mute", 33, 10, true},
		{"opendatasoft 2", 7, 7, false}, {"django", 10, 10, false}, {"whole", 25, 25, false},
	} {
		t.Run(fmt.Sprint(c.kind, c.n), func(t *testing.T) {
			f, text := get(t, client(t), portal(t, c.kind, c.n), Conditions{})
			if (f.Notice != "") != c.notice {
				t.Errorf("notice %q", f.Notice)
			}
			ids := map[int]int{}
			read := func(text string) {
				var one struct{ ID *int }
				if err := json.Unmarshal([]byte(text), &one); err != nil {
					t.Fatalf("%v in %s", err, text)
				}
				if one.ID != nil {
					ids[*one.ID]++
				}
			}
			switch {
			case c.kind == "ogc":
				var all struct {
					Type     string
					Features []json.RawMessage
				}
				if err := json.Unmarshal([]byte(text), &all); err != nil || all.Type != "FeatureCollection" {
					t.Fatalf("%v in %s", err, text)
				}
				for _, one := range all.Features {
					read(string(one))
				}
			case strings.HasSuffix(f.Name, ".jsonl"):
				for line := range strings.Lines(text) {
					read(line)
				}
			default: // as it came
				c.items -= strings.Count(text, `"id"`)
			}
			for id, times := range ids {
				if times != 1 || id >= c.n {
					t.Errorf("item %d came %d times", id, times)
				}
				c.items--
			}
			if c.items != 0 {
				t.Errorf("%d items missing in %d pages (%s)", c.items, f.Pages, f.Name)
			}
		})
	}
}

func TestAPageThatFailsGivesNothing(t *testing.T) {
	address := site(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("page") == "2" {
			http.Error(w, "", http.StatusForbidden)
			return
		}
		io.WriteString(w, `{"count": 20, "next": "/?page=2", "results": [{"id": 1}]}`)
	})
	_, err := client(t).Get(t.Context(), address, Conditions{}, nil)
	if err == nil || !strings.Contains(err.Error(), "à la page 2 : le site répond 403") {
		t.Errorf("%v", err)
	}
}

func FuzzPages(f *testing.F) {
	f.Add([]byte(`{"total_count": 3, "results": [{"a": 1}]}`))
	f.Add([]byte(`[{"a": [1, {"b": "c"}]}, 3]`))
	f.Add([]byte(`{"links": [{"rel": "next", "href": "/?a"}], "features": [{}], "type": "FeatureCollection"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		e, err := examine(strings.NewReader(string(text)))
		if err != nil {
			return
		}
		n := 0
		if _, err := readPage(strings.NewReader(string(text)), e.list, func(item json.RawMessage) error {
			n++
			if !json.Valid(item) || item[0] != '{' {
				t.Errorf("%s is not an object", item)
			}
			return nil
		}); err != nil || n < e.items {
			t.Errorf("%d of %d items: %v", n, e.items, err)
		}
	})
}
