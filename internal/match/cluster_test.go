package match

import (
	"reflect"
	"testing"
)

func TestCluster(t *testing.T) {
	for name, c := range map[string]struct {
		edges []Edge
		want  [][]int64
	}{
		"nothing":                                {nil, nil},
		"undecided joins nobody":                 {[]Edge{{A: 1, B: 2, Outcome: Undecided, Score: 300}}, nil},
		"a chain":                                {[]Edge{{A: 2, B: 3, Outcome: Same}, {A: 2, B: 1, Outcome: Same}}, [][]int64{{1, 2, 3}}},
		"a guard cuts the weakest":               {[]Edge{{A: 1, B: 2, Outcome: Same, Score: 500}, {A: 2, B: 3, Outcome: Same, Score: 600}, {A: 1, B: 3, Outcome: Different, Guard: true}}, [][]int64{{2, 3}}},
		"a low score alone cuts nothing":         {[]Edge{{A: 1, B: 2, Outcome: Same, Score: 500}, {A: 2, B: 3, Outcome: Same, Score: 600}, {A: 1, B: 3, Outcome: Different}}, [][]int64{{1, 2, 3}}},
		"a person wins over the score":           {[]Edge{{A: 1, B: 2, Outcome: Same, Score: 900}, {A: 2, B: 1, Outcome: Different, Human: true}}, nil},
		"a person wins over a guard":             {[]Edge{{A: 1, B: 2, Outcome: Different, Guard: true}, {A: 2, B: 1, Outcome: Same, Human: true}}, [][]int64{{1, 2}}},
		"a person cuts a computed chain":         {[]Edge{{A: 1, B: 2, Outcome: Same, Score: 800}, {A: 2, B: 3, Outcome: Same, Score: 700}, {A: 1, B: 3, Outcome: Different, Human: true}}, [][]int64{{1, 2}}},
		"two people, one guard between":          {[]Edge{{A: 1, B: 2, Outcome: Same, Human: true}, {A: 2, B: 3, Outcome: Same, Human: true}, {A: 1, B: 3, Outcome: Different, Guard: true}}, [][]int64{{1, 2, 3}}},
		"people who contradict themselves":       {[]Edge{{A: 1, B: 2, Outcome: Same, Human: true}, {A: 1, B: 2, Outcome: Different, Human: true}}, nil},
		"an answer taken back by « à décider »":  {[]Edge{{A: 1, B: 2, Outcome: Same, Score: 800}, {A: 1, B: 2, Outcome: Undecided, Human: true}}, nil},
		"groups come in the order of their lead": {[]Edge{{A: 9, B: 4, Outcome: Same}, {A: 8, B: 3, Outcome: Same}}, [][]int64{{3, 8}, {4, 9}}},
	} {
		if got := Cluster(c.edges); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
