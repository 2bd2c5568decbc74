package quality

import (
	"os"
	"testing"
)

func TestShippedVersionLoads(t *testing.T) {
	text, err := os.ReadFile("versions/1.0.0.json")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Load(text); err != nil {
		for _, f := range err.(Faults) {
			t.Errorf("%s: %q: %s", f.Where, f.Found, f.Message)
		}
	}
}
