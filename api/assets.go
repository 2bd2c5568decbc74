package api

import (
	"bytes"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/labstack/echo/v4"
)

// asset is a built file, read and compressed once.
type asset struct {
	contentType string
	body, small []byte // small: gzip, nil when it gains nothing
	tag         string
}

// assetRoutes serves what Vite built. Files under /assets have a hash of their
// content in their name: browsers keep them for ever.
func (s *Server) assetRoutes(get func(string, echo.HandlerFunc), files fs.FS) error {
	const dist = "web-map/dist"
	assets := map[string]*asset{}
	err := fs.WalkDir(files, dist, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		assets[strings.TrimPrefix(name, dist)], err = newAsset(name, body)
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read built pages: %w", err)
	}
	serve := func(c echo.Context, name, cache string) error {
		if _, err := s.understand(c.Request().Context(), plain, c.Request().URL.RawQuery); err != nil {
			return err
		}
		a, ok := assets[name] // exactly: no path is ever built from a request
		if !ok {
			return fmt.Errorf("asset %q: %w", shown(name), errNoFile)
		}
		h := c.Response().Header()
		h.Set("Cache-Control", cache)
		if done, err := s.fresh(c, a.tag); done {
			return err
		}
		h.Set(echo.HeaderContentType, a.contentType)
		if a.small != nil && acceptance(c.Request().Header.Get("Accept-Encoding"), "gzip") > 0 {
			h.Set("Content-Encoding", "gzip")
			return s.send(c, http.StatusOK, a.small)
		}
		return s.send(c, http.StatusOK, a.body)
	}
	get("/assets/:file", func(c echo.Context) error {
		return serve(c, "/assets/"+c.Param("file"), "public, max-age=31536000, immutable")
	})
	get("/favicon.ico", func(c echo.Context) error {
		for _, name := range []string{"/favicon.ico", "/favicon.svg", "/icon.svg"} {
			if assets[name] != nil {
				return serve(c, name, "public, max-age=86400")
			}
		}
		for name := range assets {
			if strings.HasPrefix(name, "/assets/icon") {
				return serve(c, name, "public, max-age=86400")
			}
		}
		return fmt.Errorf("favicon: %w", errNoFile)
	})
	robots := []byte("User-agent: *\nDisallow: /exports/\nDisallow: /metrics\nDisallow: /connexion\n")
	get("/robots.txt", func(c echo.Context) error {
		if _, err := s.understand(c.Request().Context(), plain, c.Request().URL.RawQuery); err != nil {
			return err
		}
		c.Response().Header().Set("Cache-Control", "public, max-age=86400")
		if done, err := s.fresh(c, s.config.Build+"-robots"); done {
			return err
		}
		c.Response().Header().Set(echo.HeaderContentType, typeText)
		return s.send(c, http.StatusOK, robots)
	})
	return nil
}

// alreadySmall are the extensions whose formats are compressed.
var alreadySmall = []string{".woff2", ".png", ".jpg", ".webp", ".avif", ".gz"}

func newAsset(name string, body []byte) (*asset, error) {
	extension := path.Ext(name)
	a := &asset{contentType: mime.TypeByExtension(extension), body: body}
	switch extension { // the machine's own table may lack them
	case ".js":
		a.contentType = "text/javascript; charset=utf-8"
	case ".css":
		a.contentType = "text/css; charset=utf-8"
	case ".svg":
		a.contentType = "image/svg+xml"
	case ".woff2":
		a.contentType = "font/woff2"
	case ".json", ".map":
		a.contentType = typeJSON
	case ".ico":
		a.contentType = "image/x-icon"
	case ".webmanifest":
		a.contentType = "application/manifest+json"
	}
	if a.contentType == "" {
		a.contentType = "application/octet-stream"
	}
	digest := fnv.New64a()
	digest.Write(body)
	a.tag = fmt.Sprintf("%x", digest.Sum64())
	if slices.Contains(alreadySmall, extension) {
		return a, nil
	}
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(body); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	if b.Len() < len(body)*9/10 {
		a.small = b.Bytes()
	}
	return a, nil
}
