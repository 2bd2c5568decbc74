package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// Limits of a download. A census is some tens of megabytes: these stop what
// never ends, not what is large.
const (
	downloadMaximum = 2 << 30 // bytes, as sent
	downloadSilence = 60 * time.Second
	redirections    = 5
)

// input is a file, an address or the standard input, opened.
type input struct {
	io.Reader
	size  int64 // -1 unknown
	close func()
}

func open(ctx context.Context, name string, stdin io.Reader) (*input, error) {
	switch {
	case name == "-":
		return &input{stdin, -1, func() {}}, nil
	case strings.HasPrefix(name, "http://"), strings.HasPrefix(name, "https://"):
		return download(ctx, name)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, refused(fileFault(name, err))
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = errors.New("c’est un dossier, pas un fichier")
	}
	if err != nil {
		f.Close()
		return nil, refused(fmt.Errorf("« %s » : %w", name, err))
	}
	size := info.Size()
	if !info.Mode().IsRegular() {
		size = -1 // a pipe
	}
	return &input{f, size, func() { f.Close() }}, nil
}

// fileFault says in French what the system says in English.
func fileFault(name string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("le fichier « %s » n’existe pas", name)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("le fichier « %s » ne vous est pas permis", name)
	}
	return fmt.Errorf("le fichier « %s » ne peut pas être ouvert : %w", name, err)
}

func download(ctx context.Context, address string) (*input, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return nil, usageError("« %s » n’est pas une adresse complète ; écrivez https://…", address)
	}
	ctx, cancel := context.WithCancel(ctx)
	client := &http.Client{
		Transport: &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
			TLSHandshakeTimeout:   10 * time.Second,
			ResponseHeaderTimeout: downloadSilence,
		},
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if len(via) > redirections {
				return fmt.Errorf("plus de %d redirections", redirections)
			}
			if via[0].URL.Scheme == "https" && r.URL.Scheme != "https" {
				return errors.New("le site renvoie vers une adresse sans https")
			}
			return nil
		},
	}
	fail := func(err error) (*input, error) {
		cancel()
		if ctx.Err() != nil && errors.Is(err, context.Canceled) {
			return nil, err
		}
		return nil, refused(fmt.Errorf("« %s » ne peut pas être téléchargé : %w", u.Redacted(), err))
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return fail(err)
	}
	request.Header.Set("User-Agent", "mednum/"+version)
	response, err := client.Do(request)
	if err != nil {
		var wrapped *url.Error
		if errors.As(err, &wrapped) {
			err = wrapped.Err // without the address, told once
		}
		return fail(err)
	}
	stop := func() { response.Body.Close(); cancel() }
	if response.StatusCode != http.StatusOK {
		stop()
		return fail(fmt.Errorf("le site répond %s", response.Status))
	}
	if response.ContentLength > downloadMaximum {
		stop()
		return fail(fmt.Errorf("%d Mo, plus que les %d acceptés", response.ContentLength>>20, downloadMaximum>>20))
	}
	body := &patient{r: response.Body, cancel: cancel, left: downloadMaximum}
	return &input{body, response.ContentLength, stop}, nil
}

// patient reads a body that may be slow but not silent, nor endless.
type patient struct {
	r      io.Reader
	cancel context.CancelFunc
	left   int64
}

func (p *patient) Read(b []byte) (int, error) {
	silence := time.AfterFunc(downloadSilence, p.cancel)
	n, err := p.r.Read(b)
	if !silence.Stop() && err != nil && err != io.EOF {
		return n, refused(fmt.Errorf("le site n’envoie plus rien depuis %s", downloadSilence))
	}
	if p.left -= int64(n); p.left < 0 {
		return n, refused(fmt.Errorf("le fichier dépasse %d Mo", downloadMaximum>>20))
	}
	if err != nil && err != io.EOF && !errors.Is(err, context.Canceled) {
		// Not wrapped: a reader of compressed files takes io.ErrUnexpectedEOF for
		// a damaged file.
		err = refused(fmt.Errorf("le téléchargement a été coupé : %v", err))
	}
	return n, err
}
