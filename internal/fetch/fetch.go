// Package fetch brings a file from the web: once, or again only when it
// changed. It follows the pages of an API and gives them as one file. What it
// asks is bounded in size, time and number; what it may reach is bounded too,
// since an address may come from anybody.
package fetch

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	redirections = 5
	attempts     = 3
	maxPause     = 30 * time.Second // that a site may ask between two attempts
)

// Options says what may be asked. The zero Options suits an address that a
// stranger gave.
type Options struct {
	// Private allows addresses of this machine and of its network, and the proxy
	// of the environment: for an operator's own addresses.
	Private bool
	Maximum int64         // bytes in all, uncompressed by the transport; 0: 200 MB
	Total   time.Duration // of a whole fetch; 0: ten minutes
	Silence time.Duration // without a byte; 0: one minute
	Pause   time.Duration // before a second attempt, then its double; 0: two seconds
	Agent   string
	Temp    string // folder of temporary files; "" the system's
}

// Client fetches. It is safe for concurrent use.
type Client struct {
	o    Options
	http *http.Client
}

// Conditions are what the last fetch learnt; the zero ones ask for the file
// whatever it is.
type Conditions struct{ ETag, LastModified string }

// File is what was fetched, in a temporary file. Close must be called.
type File struct {
	*os.File
	Conditions
	NotModified bool // as the last time: there is no file
	Name        string
	Size        int64
	Hash        [sha256.Size]byte
	Pages       int
	Notice      string // French: why it may not be the whole; "" nothing says so
}

// Close takes the temporary file away.
func (f *File) Close() error {
	if f.File == nil {
		return nil
	}
	err := f.File.Close()
	if gone := os.Remove(f.File.Name()); err == nil {
		err = gone
	}
	return err
}

// Fault says in French why nothing was fetched.
type Fault struct {
	Message   string
	Temporary bool // it may go well later
	pause     time.Duration
}

func (f *Fault) Error() string { return f.Message }

func refuse(format string, args ...any) error { return &Fault{Message: fmt.Sprintf(format, args...)} }
func later(format string, args ...any) error {
	return &Fault{Message: fmt.Sprintf(format, args...), Temporary: true}
}

// New makes a client.
func New(o Options) *Client {
	if o.Maximum <= 0 {
		o.Maximum = 200 << 20
	}
	if o.Total <= 0 {
		o.Total = 10 * time.Minute
	}
	if o.Silence <= 0 {
		o.Silence = time.Minute
	}
	if o.Pause <= 0 {
		o.Pause = 2 * time.Second
	}
	if o.Agent == "" {
		o.Agent = "mednum"
	}
	dialer := &net.Dialer{Timeout: 10 * time.Second}
	transport := &http.Transport{
		DialContext:           dialer.DialContext,
		TLSHandshakeTimeout:   10 * time.Second,
		ResponseHeaderTimeout: o.Silence,
		MaxIdleConnsPerHost:   2,
		IdleConnTimeout:       30 * time.Second,
	}
	if o.Private {
		transport.Proxy = http.ProxyFromEnvironment
	} else {
		// At the dial, after the name was resolved: a name that means something else
		// a second later gains nothing.
		dialer.Control = func(_, address string, _ syscall.RawConn) error {
			at, err := netip.ParseAddrPort(address)
			if err != nil || !public(at.Addr()) {
				return errPrivate
			}
			return nil
		}
	}
	return &Client{o: o, http: &http.Client{
		Transport: transport,
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if len(via) > redirections {
				return refuse("plus de %d redirections", redirections)
			}
			if via[0].URL.Scheme == "https" && r.URL.Scheme != "https" {
				return refuse("le site renvoie vers une adresse sans https")
			}
			_, err := check(r.URL)
			return err
		},
	}}
}

var errPrivate = &Fault{Message: "cette adresse est celle d’une machine privée ; donnez une adresse que tout le monde peut ouvrir"}

// private are the networks that the methods of netip.Addr leave out.
var private = func() (all []netip.Prefix) {
	for _, s := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
		"64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "fec0::/10",
	} {
		all = append(all, netip.MustParsePrefix(s))
	}
	return all
}()

// public reports whether an address is of the public Internet. Those that hold
// another address inside (NAT64, 6to4) are not.
func public(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if !a.IsValid() || !a.IsGlobalUnicast() || a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() {
		return false
	}
	for _, p := range private {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// Check reads an address as people give it, and says in French what is wrong
// with it.
func Check(address string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil {
		return nil, refuse("« %s » n’est pas une adresse complète ; écrivez https://…", address)
	}
	return check(u)
}

func check(u *url.URL) (*url.URL, error) {
	switch {
	case u.Scheme != "http" && u.Scheme != "https", u.Hostname() == "":
		return nil, refuse("« %s » n’est pas une adresse complète ; écrivez https://…", u.Redacted())
	case u.User != nil:
		return nil, refuse("« %s » contient un identifiant ; donnez une adresse sans mot de passe", u.Redacted())
	}
	return u, nil
}

// Get fetches an address, and the pages that follow it. Progress, when not nil,
// is told the bytes received so far. The error is a *Fault, or the context's.
func (c *Client) Get(ctx context.Context, address string, known Conditions, progress func(bytes int64)) (*File, error) {
	u, err := Check(address)
	if err != nil {
		return nil, err
	}
	whole, cancel := context.WithTimeout(ctx, c.o.Total)
	defer cancel()
	g := &getting{client: c, left: c.o.Maximum, progress: progress}
	f, err := g.file(whole, u, known)
	switch {
	case err == nil:
		return f, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case whole.Err() != nil:
		return nil, later("le téléchargement dure plus de %s", duration(c.o.Total))
	}
	return nil, err
}

func duration(d time.Duration) string {
	if d < time.Minute {
		return strconv.Itoa(int(d.Seconds())) + " s"
	}
	return strconv.Itoa(int(d.Minutes())) + " min"
}

// getting is one fetch.
type getting struct {
	client   *Client
	left     int64 // bytes that may still come
	read     int64
	progress func(int64)
}

// page is an answer laid down in a temporary file.
type page struct {
	*os.File
	size   int64
	answer *http.Response // its body is closed
}

func (p *page) drop() {
	p.File.Close()
	os.Remove(p.File.Name())
}

func (g *getting) file(ctx context.Context, u *url.URL, known Conditions) (*File, error) {
	first, err := g.try(ctx, u, known)
	if err != nil {
		return nil, err
	}
	if first == nil {
		return &File{NotModified: true, Conditions: known}, nil
	}
	f := &File{File: first.File, Name: name(first.answer), Size: first.size, Pages: 1, Conditions: Conditions{
		ETag: first.answer.Header.Get("ETag"), LastModified: first.answer.Header.Get("Last-Modified"),
	}}
	if err := g.follow(ctx, f, first); err != nil {
		f.Close()
		return nil, err
	}
	h := sha256.New()
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		f.Close()
		return nil, fmt.Errorf("fetch: %w", err)
	}
	if f.Size, err = io.Copy(h, f.File); err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("fetch: %w", err)
	}
	h.Sum(f.Hash[:0])
	return f, nil
}

// name is what the site calls the file, or what its address ends with.
func name(answer *http.Response) string {
	if _, words, err := mime.ParseMediaType(answer.Header.Get("Content-Disposition")); err == nil {
		if n := path.Base(strings.ReplaceAll(words["filename"], `\`, "/")); n != "." && n != "/" {
			return n
		}
	}
	if n := path.Base(answer.Request.URL.Path); n != "." && n != "/" {
		return n
	}
	return answer.Request.URL.Hostname()
}

// try asks until the site answers, with a pause that doubles. Nil without an
// error: not modified.
func (g *getting) try(ctx context.Context, u *url.URL, known Conditions) (*page, error) {
	pause := g.client.o.Pause
	for attempt := 1; ; attempt++ {
		had := g.left
		p, err := g.once(ctx, u, known)
		var fault *Fault
		if err == nil || ctx.Err() != nil || attempt == attempts || !errors.As(err, &fault) || !fault.Temporary {
			return p, err
		}
		g.left = had
		wait := max(pause+time.Duration(rand.Int64N(int64(pause)/4+1)), min(fault.pause, maxPause))
		pause *= 2
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(wait):
		}
	}
}

func (g *getting) once(ctx context.Context, u *url.URL, known Conditions) (*page, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, refuse("« %s » n’est pas une adresse que l’on sait ouvrir", u.Redacted())
	}
	request.Header.Set("User-Agent", g.client.o.Agent)
	request.Header.Set("Accept", "*/*")
	if known.ETag != "" {
		request.Header.Set("If-None-Match", known.ETag)
	}
	if known.LastModified != "" {
		request.Header.Set("If-Modified-Since", known.LastModified)
	}
	answer, err := g.client.http.Do(request)
	if err != nil {
		return nil, connection(err)
	}
	defer answer.Body.Close()
	switch s := answer.StatusCode; {
	case s == http.StatusNotModified && known != Conditions{}:
		return nil, nil
	case s == http.StatusTooManyRequests, s == http.StatusRequestTimeout, s >= 500:
		fault := &Fault{Message: "le site répond " + answer.Status, Temporary: true}
		if seconds, err := strconv.Atoi(answer.Header.Get("Retry-After")); err == nil && seconds > 0 {
			fault.pause = time.Duration(min(seconds, 3600)) * time.Second
		}
		return nil, fault
	case s != http.StatusOK:
		return nil, refuse("le site répond %s", answer.Status)
	case answer.ContentLength > g.left:
		return nil, g.tooMuch()
	}
	spool, err := os.CreateTemp(g.client.o.Temp, "mednum-fetch-*")
	if err != nil {
		return nil, fmt.Errorf("fetch: %w", err)
	}
	p := &page{File: spool, answer: answer}
	var silent atomic.Bool
	silence := time.AfterFunc(g.client.o.Silence, func() { silent.Store(true); cancel() })
	defer silence.Stop()
	body := &metered{r: answer.Body, g: g, silence: silence}
	if p.size, err = io.Copy(spool, body); err != nil {
		p.drop()
		var fault *Fault
		switch {
		case errors.As(err, &fault):
			return nil, fault
		case errors.As(err, new(*os.PathError)):
			return nil, fmt.Errorf("fetch: %w", err)
		case silent.Load():
			return nil, later("le site n’envoie plus rien depuis %s", duration(g.client.o.Silence))
		}
		return nil, later("le téléchargement a été coupé : %v", err)
	}
	if _, err := spool.Seek(0, io.SeekStart); err != nil {
		p.drop()
		return nil, fmt.Errorf("fetch: %w", err)
	}
	return p, nil
}

func (g *getting) tooMuch() error {
	return refuse("le fichier dépasse %d Mo", g.client.o.Maximum>>20)
}

// connection says why a site was not reached.
func connection(err error) error {
	var fault *Fault
	if errors.As(err, &fault) {
		return fault
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err // without the address, told once
	}
	var dns *net.DNSError
	var wait net.Error
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return refuse("aucun site ne s’appelle « %s »", dns.Name)
	case errors.As(err, &wait) && wait.Timeout():
		return later("le site ne répond pas à temps")
	}
	return later("le site ne peut pas être joint : %v", err)
}

// metered reads a body that may be slow but not silent, nor endless.
type metered struct {
	r       io.Reader
	g       *getting
	silence *time.Timer
}

func (m *metered) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	m.silence.Reset(m.g.client.o.Silence)
	m.g.left -= int64(n)
	m.g.read += int64(n)
	if m.g.left < 0 {
		return n, m.g.tooMuch()
	}
	if m.g.progress != nil && n > 0 {
		m.g.progress(m.g.read)
	}
	return n, err
}
