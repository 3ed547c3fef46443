package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write data/ anew")

// What the public benchmark's data measures, in bytes and numbers.
var (
	nameLengths    = []int{14, 11, 13, 14, 11, 12}
	userLengths    = []int{5, 10, 12, 7, 10, 6}
	productLengths = []int{5, 5, 5, 5, 2, 4, 5, 6, 4}
	prices         = []int{749, 1150, 19, 385, 1420, 5200, 4100, 120000, 8800}
	weights        = []int{120, 900, 25, 110, 1400, 350, 2100, 5500, 700}
	bodyLengths    = []int{445, 289, 276, 141, 445, 289, 276, 141, 141, 141, 842}
	productOf      = []int{1, 1, 1, 1, 2, 2, 2, 2, 3, 4, 4}
)

// The operations: one call, two calls, and six calls in four stages.
var operations = map[string]string{
	"tiny":   `query Names { topProducts { upc name } }`,
	"medium": `query Shelf { topProducts { upc name price reviews { id body } } }`,
	"heavy": `query Everything {
  users { ...Person reviews { ...Text product { ...Goods reviews { ...Text author { ...Person reviews { ...Text product { ...Goods } } } } } } }
  topProducts { ...Goods reviews { ...Text author { ...Person reviews { ...Text product { ...Goods } } } } }
}
fragment Person on User { id username name }
fragment Text on Review { id body }
fragment Goods on Product { inStock name price shippingEstimate upc weight }`,
}

// words makes text of a length, the same in every run.
type words struct{ state uint32 }

func (w *words) next(n int) int {
	w.state = w.state*1664525 + 1013904223
	return int(w.state>>8) % n
}

func (w *words) text(length int) string {
	const consonants, vowels = "bdfgklmnprstvz", "aeiou"
	var b strings.Builder
	for b.Len() < length {
		for range 1 + w.next(3) {
			b.WriteByte(consonants[w.next(len(consonants))])
			b.WriteByte(vowels[w.next(len(vowels))])
		}
		b.WriteString([]string{" ", " ", " ", " ", ", ", ". "}[w.next(6)])
	}
	return strings.TrimSpace(b.String()[:length-1]) + strings.Repeat(".", length-len(strings.TrimSpace(b.String()[:length-1])))
}

func (w *words) name(length int) string {
	return strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(w.text(length), " ", "o"), ",", "e"), ".", "a")
}

func generateFacts() *facts {
	w := &words{state: 2026}
	f := &facts{Stock: map[string]bool{}}
	for i, length := range nameLengths {
		f.Users = append(f.Users, userFacts{
			ID: strconv.Itoa(i + 1), Name: w.name(length), Username: w.name(userLengths[i]), Birthday: "1234567890",
		})
	}
	for i, length := range productLengths {
		upc := strconv.Itoa(i + 1)
		f.Products = append(f.Products, productFacts{
			UPC: upc, Name: w.name(length), Price: json.Number(strconv.Itoa(prices[i])), Weight: json.Number(strconv.Itoa(weights[i])),
		})
		f.Stock[upc] = w.next(2) == 0
	}
	for i, length := range bodyLengths {
		f.Reviews = append(f.Reviews, reviewFacts{ID: strconv.Itoa(i + 1), Body: w.text(length), Product: strconv.Itoa(productOf[i])})
	}
	return f
}

// TestOwnData: what is in data/ is what this file makes.
func TestOwnData(t *testing.T) {
	t.Parallel()
	f := generateFacts()
	text, err := json.MarshalIndent(f, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	compare(t, "data.json", append(text, '\n'))
	for _, name := range workloadNames {
		compare(t, name+".graphql", []byte(operations[name]+"\n"))
		body, err := json.Marshal(map[string]string{"query": operations[name]})
		if err != nil {
			t.Fatal(err)
		}
		compare(t, name+".body.json", body)
		answer, err := newGraph(f).answer(body)
		if err != nil {
			t.Fatal(err)
		}
		compare(t, name+".expected.json", answer)
	}
}

func compare(t *testing.T, name string, want []byte) {
	t.Helper()
	path := filepath.Join("data", name)
	if *update {
		if err := os.WriteFile(path, want, 0o644); err != nil { //nolint:gosec // a golden file
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what dataset_test.go makes: run it with -update", path)
	}
}

// TestGraphAnswersTheSharedData: the graph has the semantics that the expected answers show.
func TestGraphAnswersEveryWorkload(t *testing.T) {
	t.Parallel()
	own, err := openOwn()
	if err != nil {
		t.Fatal(err)
	}
	sets := []*dataset{own}
	public, err := openShared(defaultShared)
	if err != nil {
		t.Fatal(err)
	}
	if public != nil {
		sets = append(sets, public)
	}
	for _, set := range sets {
		for _, w := range set.workloads {
			answer, err := set.graph.answer(w.body)
			if err != nil {
				t.Fatal(err)
			}
			if !sameJSON(answer, w.expected) {
				t.Errorf("%s %s: got %.300s", set.name, w.name, answer)
			}
		}
	}
}

func TestGraphAnswersSubgraphs(t *testing.T) {
	t.Parallel()
	own, err := openOwn()
	if err != nil {
		t.Fatal(err)
	}
	query := `query($r:[_Any!]!){_entities(representations:$r){...on Product{__typename stock:inStock}...on User{id}}}`
	body, err := json.Marshal(map[string]any{"query": query, "variables": map[string]any{"r": []any{
		map[string]any{"__typename": "Product", "upc": "2"}, map[string]any{"__typename": "User", "id": "3"},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := own.graph.answer(body)
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf(`{"data":{"_entities":[{"__typename":"Product","stock":%t},{"id":"3"}]}}`, generateFacts().Stock["2"])
	if string(answer) != want {
		t.Errorf("got %s, want %s", answer, want)
	}
	for _, bad := range []string{`{`, `{"query":"{"}`, `{"query":"{nothing}"}`, `{"query":"{users{nothing}}"}`} {
		if answer, err := own.graph.answer([]byte(bad)); err == nil {
			t.Errorf("%s was answered with %s", bad, answer)
		}
	}
}
