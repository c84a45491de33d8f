package main

import (
	"compress/gzip"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"runtime/debug"
)

type obj = map[string]any

func hx(b []byte) string { return "0x" + hex.EncodeToString(b) }

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// refVersion is the version of the reference this binary was linked with.
func refVersion() string {
	bi, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, d := range bi.Deps {
		if d.Path == "github.com/ethereum-optimism/optimism" {
			return "ethereum-optimism/optimism " + d.Version
		}
	}
	return "unknown"
}

func writeJSON(path string, v any) {
	f, err := os.Create(path)
	must(err)
	defer f.Close()
	z := gzip.NewWriter(f)
	must(json.NewEncoder(z).Encode(v))
	must(z.Close())
}

// try is what goes wrong in fn; a program that panics has failed.
func try(fn func() error) (msg string) {
	defer func() {
		if e := recover(); e != nil {
			msg = fmt.Sprintf("PANIC: %v", e)
		}
	}()
	if err := fn(); err != nil {
		msg = err.Error()
	}
	return
}
