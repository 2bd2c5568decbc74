package api

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"
	"go.yaml.in/yaml/v3"

	"mednum/api/pages"
	"mednum/internal/access"
)

// definitionRoutes serves openapi.yaml: as JSON, where programs look for it; as
// it is written; and as a page.
func (s *Server) definitionRoutes(get func(string, echo.HandlerFunc), source []byte) error {
	var tree map[string]any
	if err := yaml.Unmarshal(source, &tree); err != nil {
		return fmt.Errorf("read openapi.yaml: %w", err)
	}
	var read definitionView
	if err := yaml.Unmarshal(source, &read); err != nil {
		return fmt.Errorf("read openapi.yaml: %w", err)
	}
	encoded := encode(tree)
	digest := fnv.New32a()
	digest.Write(source)
	version := fmt.Sprintf("%s-%x", s.config.Build, digest.Sum32())
	forms := []form{formOpenAPI, formHTML}

	page := func(c echo.Context, links []link) error {
		view := read.document()
		view.Head = s.head(c, view.Title, links...)
		return s.page(c, func(w *bytes.Buffer) error { return s.pages.Document(w, view) })
	}
	get("/api", func(c echo.Context) error {
		a, err := s.understand(c.Request().Context(), documents, c.Request().URL.RawQuery)
		if err != nil {
			return err
		}
		chosen, err := s.choose(c, a.format, forms)
		if err != nil {
			return err
		}
		if done, err := s.fresh(c, version+"-"+chosen.name); done {
			return err
		}
		base := s.base(c.Request())
		if chosen.name == "html" {
			return page(c, views(base, "/api", a.values, chosen, forms))
		}
		// The server's address is that of the request: written in at the head.
		body := append([]byte(`{"servers":[{"url":`), bytes.TrimSpace(encode(base))...)
		body = append(append(body, `}],`...), encoded[1:]...)
		c.Response().Header().Set(echo.HeaderContentType, typeOpenAPI)
		return s.send(c, http.StatusOK, body)
	})
	get("/api.html", func(c echo.Context) error {
		if _, err := s.understand(c.Request().Context(), plain, c.Request().URL.RawQuery); err != nil {
			return err
		}
		c.Set(keyForm, "html")
		if done, err := s.fresh(c, version+"-html"); done {
			return err
		}
		base := s.base(c.Request())
		return page(c, []link{{base + "/api.html", "self", "text/html", "Ce document"}, {base + "/api", "alternate", typeOpenAPI, "La définition, pour les programmes"}})
	})
	get("/openapi.yaml", func(c echo.Context) error {
		if _, err := s.understand(c.Request().Context(), plain, c.Request().URL.RawQuery); err != nil {
			return err
		}
		if done, err := s.fresh(c, version+"-yaml"); done {
			return err
		}
		c.Response().Header().Set(echo.HeaderContentType, "application/yaml")
		return s.send(c, http.StatusOK, source)
	})
	return nil
}

// definitionView is what the page shows of openapi.yaml.
type definitionView struct {
	Info struct {
		Title       string `yaml:"title"`
		Version     string `yaml:"version"`
		Description string `yaml:"description"`
	} `yaml:"info"`
	Paths      yaml.Node `yaml:"paths"`
	Components struct {
		Parameters map[string]parameterView `yaml:"parameters"`
		Schemas    map[string]schemaView    `yaml:"schemas"`
	} `yaml:"components"`
}

type parameterView struct {
	Ref         string     `yaml:"$ref"`
	Name        string     `yaml:"name"`
	Required    bool       `yaml:"required"`
	Description string     `yaml:"description"`
	Schema      schemaView `yaml:"schema"`
}

type schemaView struct {
	Ref     string      `yaml:"$ref"`
	Type    string      `yaml:"type"`
	Enum    []string    `yaml:"enum"`
	Items   *schemaView `yaml:"items"`
	Default string      `yaml:"default"`
}

type operationView struct {
	Summary     string          `yaml:"summary"`
	Description string          `yaml:"description"`
	Parameters  []parameterView `yaml:"parameters"`
	Operations  []string        `yaml:"x-operation"`
}

// document is the definition for people: an address a section, a parameter a
// line.
func (d *definitionView) document() pages.Document {
	view := pages.Document{Intro: strings.TrimSpace(d.Info.Description)}
	view.Title = d.Info.Title + ", version " + d.Info.Version
	view.Sections = []pages.Section{{Title: "Pour les programmes", Rows: []pages.Row{
		{Href: "/api?f=json", Name: "La définition OpenAPI 3.0, en JSON"},
		{Href: "/openapi.yaml", Name: "La même, en YAML"},
	}}}
	for i := 0; i+1 < len(d.Paths.Content); i += 2 {
		path := d.Paths.Content[i].Value
		var methods struct {
			Get, Post, Put *operationView
		}
		if err := d.Paths.Content[i+1].Decode(&methods); err != nil {
			continue // a test reads the whole definition
		}
		for _, m := range []struct {
			name string
			op   *operationView
		}{{"GET", methods.Get}, {"POST", methods.Post}, {"PUT", methods.Put}} {
			if m.op != nil {
				view.Sections = append(view.Sections, d.section(m.name, path, m.op))
			}
		}
	}
	return view
}

// section is one operation.
func (d *definitionView) section(method, path string, op *operationView) pages.Section {
	row := pages.Row{Name: method + " " + path, Detail: strings.TrimSpace(op.Description)}
	if method == http.MethodGet && !strings.Contains(path, "{") {
		row.Href = path
	}
	section := pages.Section{Title: op.Summary, Rows: []pages.Row{row}}
	var roles []string
	for _, role := range access.Roles() {
		if slices.ContainsFunc(op.Operations, func(o string) bool { return access.Allows(role, access.Operation(o)) }) {
			roles = append(roles, role.Label())
		}
	}
	if len(roles) > 0 {
		section.Rows = append(section.Rows, pages.Row{Name: "Qui peut", Detail: strings.Join(roles, ", ") + "."})
	}
	for _, p := range op.Parameters {
		if p.Ref != "" {
			p = d.Components.Parameters[p.Ref[strings.LastIndex(p.Ref, "/")+1:]]
		}
		section.Rows = append(section.Rows, pages.Row{Name: p.Name, Detail: d.explain(p)})
	}
	return section
}

// explain says a parameter in a sentence, with its values when they are few.
func (d *definitionView) explain(p parameterView) string {
	text := strings.TrimSpace(p.Description)
	schema := p.Schema
	if schema.Items != nil {
		schema = *schema.Items
	}
	if schema.Ref != "" {
		schema = d.Components.Schemas[schema.Ref[strings.LastIndex(schema.Ref, "/")+1:]]
	}
	if len(schema.Enum) > 0 {
		text += " Valeurs : " + strings.Join(schema.Enum, " ; ") + "."
	}
	if p.Schema.Default != "" {
		text += " Par défaut : " + p.Schema.Default + "."
	}
	return text
}
