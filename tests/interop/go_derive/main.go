// Command derive runs the Go reference's derivation pipeline on scenarios, and makes them.
//
//	derive gen -seed S -n N -per M -out DIR [-profile P] [-max-fork F] [-ahead 0.5]
//	derive run [-case NAME] [-v] [-grow] FILE…
//	derive vectors -seed S -out DIR
//	derive bundle DIR
//
// gen makes N scenarios, each of its own seed S, S+1, …, with their outcome. run derives scenarios and compares
// with the outcome that is in the file, or writes the outcome with -out. vectors makes vectors of smaller pieces;
// bundle writes Jovian's upgrade transactions.
//
// Built as it is, the reference is v1.19.6; with "-modfile=go116.mod -tags optimism_v116" it is v1.16.7.
package main

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/log"
)

type file struct {
	Meta  map[string]any `json:"meta"`
	Cases []*Scenario    `json:"cases"`
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func readFile(path string) []byte {
	f, err := os.Open(path)
	check(err)
	defer f.Close()
	var r io.Reader = bufio.NewReader(f)
	if strings.HasSuffix(path, ".gz") {
		r, err = gzip.NewReader(r)
		check(err)
	}
	data, err := io.ReadAll(r)
	check(err)
	return data
}

func writeFile(path string, level int, v any) {
	f, err := os.Create(path)
	check(err)
	var w io.WriteCloser = f
	if strings.HasSuffix(path, ".gz") {
		w, _ = gzip.NewWriterLevel(f, level)
	}
	b, err := json.Marshal(v)
	check(err)
	_, err = w.Write(b)
	check(err)
	check(w.Close())
	if strings.HasSuffix(path, ".gz") {
		check(f.Close())
	}
}

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: derive run|gen|bundle|vectors …")
		os.Exit(2)
	}
	cmd, args := os.Args[1], os.Args[2:]
	switch cmd {
	case "run":
		runFiles(args)
	case "gen":
		genFiles(args)
	case "bundle":
		writeBundles(args)
	case "vectors":
		writeVectors(args)
	default:
		check(fmt.Errorf("unknown command %q", cmd))
	}
}

// runFiles derives every case of the files. With -out it writes the one file with its outcome, else it compares the
// outcome with what the files expect.
func runFiles(args []string) {
	fs := flag.NewFlagSet("run", flag.ExitOnError)
	out := fs.String("out", "", "write the file with the outcome here (one input file)")
	only := fs.String("case", "", "only the case of this name")
	verbose := fs.Bool("v", false, "the reference's log to stderr")
	fs.BoolVar(&grown, "grow", false, "L1 comes one block at a time, and is asked twice at each")
	check(fs.Parse(args))
	lgr := quiet()
	if *verbose {
		lgr = log.NewLogger(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.Level(-8)}))
	}
	bad := 0
	for _, path := range fs.Args() {
		var f file
		check(json.Unmarshal(readFile(path), &f))
		start := time.Now()
		n, ok := 0, 0
		for _, s := range f.Cases {
			if *only != "" && s.Name != *only {
				continue
			}
			check(s.load())
			derived, events := s.derive(lgr)
			n++
			if *out != "" {
				// Empty lists rather than null, as gen writes them.
				s.Derived, s.Events = append([]*Derived{}, derived...), append([]*Event{}, events...)
				continue
			}
			if diff := differ(s, derived, events); diff != "" {
				bad++
				fmt.Printf("%s: %s: %s\n", path, s.Name, diff)
			} else {
				ok++
			}
		}
		fmt.Printf("%s: %d of %d equal (%s) in %s\n", path, ok, n, referenceVersion, time.Since(start).Round(time.Millisecond))
		if *out != "" {
			f.Meta["reference"] = referenceVersion
			writeFile(*out, gzip.BestCompression, f)
		}
	}
	if bad > 0 {
		os.Exit(1)
	}
}

func differ(s *Scenario, derived []*Derived, events []*Event) string {
	for i, d := range derived {
		if i >= len(s.Derived) {
			return fmt.Sprintf("%d blocks, expected %d", len(derived), len(s.Derived))
		}
		a, _ := json.Marshal(d)
		e := *s.Derived[i]
		if s.Config.IsHolocene(s.Config.Genesis.L2Time) || s.Config.HoloceneTime != nil {
			e.LastInSpan = d.LastInSpan
		}
		b, _ := json.Marshal(&e)
		if string(a) != string(b) {
			return fmt.Sprintf("block %d:\n  have %s\n  want %s", i, a, b)
		}
	}
	if len(derived) != len(s.Derived) {
		return fmt.Sprintf("%d blocks, expected %d", len(derived), len(s.Derived))
	}
	if len(events) != len(s.Events) {
		return fmt.Sprintf("%d events, expected %d", len(events), len(s.Events))
	}
	for i, e := range events {
		if e.Event != s.Events[i].Event || e.After != s.Events[i].After {
			return fmt.Sprintf("event %d: %v, expected %v", i, *e, *s.Events[i])
		}
	}
	return ""
}
