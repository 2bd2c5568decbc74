package mapping

import (
	"embed"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

//go:embed examples/*.yaml
var exampleFiles embed.FS

// Examples are the mappings of real files, by the file's name without its
// extension: to begin from, and to learn from.
var Examples = sync.OnceValue(func() map[string]*Mapping {
	all := map[string]*Mapping{}
	entries, err := exampleFiles.ReadDir("examples")
	if err != nil { // cannot be: they are in the program
		panic(err)
	}
	for _, e := range entries {
		text, err := exampleFiles.ReadFile("examples/" + e.Name())
		if err != nil {
			panic(err)
		}
		m, err := Parse(text)
		if err != nil {
			panic(fmt.Sprintf("mapping: example %s: %v", e.Name(), err))
		}
		all[strings.TrimSuffix(e.Name(), ".yaml")] = m
	}
	return all
})

// Example gives the text of an example, as people wrote it.
func Example(name string) ([]byte, bool) {
	text, err := exampleFiles.ReadFile("examples/" + name + ".yaml")
	return text, err == nil
}

// ExampleNames are the names of the examples, in order.
func ExampleNames() []string { return slices.Sorted(maps.Keys(Examples())) }
