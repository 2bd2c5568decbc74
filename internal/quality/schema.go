package quality

import _ "embed"

// Schema is the JSON Schema (2020-12) of a version's document, for editors and
// forms. It tells what a schema can: Parse also knows what names stand for.
//
//go:embed schema.json
var Schema []byte
