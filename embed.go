// Package mednum holds what the binary carries inside itself: the API's
// definition, the database migrations and the built pages.
package mednum

import "embed"

// OpenAPI is openapi.yaml, the definition of the API, as written.
//
//go:embed openapi.yaml
var OpenAPI []byte

// Migrations holds migrations/NNNNNN_name.{up,down}.sql.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// WebMap holds web-map/dist, what Vite built. It is nearly empty until
// `npm run build` has run: pages then go without style and map, and say so in
// the log.
//
//go:embed all:web-map/dist
var WebMap embed.FS
