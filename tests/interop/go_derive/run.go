package main

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/log"
	"github.com/ethereum/go-ethereum/params"

	"github.com/ethereum-optimism/optimism/op-node/rollup"
	"github.com/ethereum-optimism/optimism/op-node/rollup/derive"
	"github.com/ethereum-optimism/optimism/op-service/eth"
)

const maxResetsInARow = 8

// l1ChainConfig is that of a known L1, else one without blob schedule (scenarios then give blob_base_fee).
func l1ChainConfig(id *big.Int) *params.ChainConfig {
	for _, c := range []*params.ChainConfig{params.MainnetChainConfig, params.SepoliaChainConfig, params.HoleskyChainConfig, params.HoodiChainConfig} {
		if c.ChainID.Cmp(id) == 0 {
			return c
		}
	}
	return &params.ChainConfig{ChainID: id}
}

type runner struct {
	s        *Scenario
	l1       *L1
	view     *View
	pipe     *derive.DerivationPipeline
	head     eth.L2BlockRef // where the next block goes
	safe     eth.L2BlockRef // last block that concluded its batch
	derived  []*Derived
	events   []*Event
	resets   int
	started  bool
	dead     bool
	logLines func(string)
}

// silence is a log that costs nothing: the reference adds to its loggers for every batch.
type silence struct{}

func (silence) Enabled(context.Context, slog.Level) bool  { return false }
func (silence) Handle(context.Context, slog.Record) error { return nil }
func (s silence) WithAttrs([]slog.Attr) slog.Handler      { return s }
func (s silence) WithGroup(string) slog.Handler           { return s }

func quiet() log.Logger { return log.NewLogger(silence{}) }

func newRunner(s *Scenario, l1 *L1, db *DB, lgr log.Logger) *runner {
	v := newView(db)
	r := &runner{s: s, l1: l1, view: v, head: db.genesis()}
	r.safe = r.head
	r.pipe = newPipeline(lgr, s.Config, l1, v, l1ChainConfig(s.Config.L1ChainID))
	return r
}

func (r *runner) setHead(ref eth.L2BlockRef) {
	for n := ref.Number + 1; n <= r.head.Number; n++ {
		delete(r.view.canon, n)
	}
	r.head = ref
	r.view.canon[ref.Number] = ref.Hash
}

func (r *runner) event(kind string, err error, head *eth.L2BlockRef) {
	text := fmt.Sprint(err)
	if len(text) > 240 {
		text = text[:240]
	}
	r.events = append(r.events, &Event{After: len(r.derived), Error: text, Event: kind, SafeHead: head})
}

// drain steps until L1 is exhausted or the pipeline is beyond help.
func (r *runner) drain() {
	if r.dead {
		return
	}
	defer func() {
		if p := recover(); p != nil {
			r.event("panic", fmt.Errorf("PANIC: %v", p), nil)
			r.dead = true
		}
	}()
	ctx := context.Background()
	if !r.started {
		r.started = true
		r.pipe.Reset()
		r.pipe.ConfirmEngineReset()
	}
	temporary := 0
	for {
		attrs, err := r.pipe.Step(ctx, r.head)
		switch {
		case err == nil:
			temporary = 0
			if attrs != nil {
				r.apply(attrs)
				if r.dead {
					return
				}
			}
		case err == io.EOF:
			return
		case errors.Is(err, derive.NotEnoughData):
			temporary = 0
		case errors.Is(err, derive.ErrReset):
			r.resets++
			if r.resets > maxResetsInARow {
				r.event("reset_loop", err, nil)
				r.dead = true
				return
			}
			if !r.rewind() {
				r.event("critical", fmt.Errorf("genesis L1 origin is gone: %w", err), nil)
				r.dead = true
				return
			}
			head := r.head
			r.event("reset", err, &head)
			r.pipe.Reset()
			r.pipe.ConfirmEngineReset()
		case errors.Is(err, derive.ErrCritical):
			r.event("critical", err, nil)
			r.dead = true
			return
		default: // temporary, and errors without a kind, which op-node treats alike
			temporary++
			if temporary > 20 {
				r.event("temporary_loop", err, nil)
				r.dead = true
				return
			}
		}
	}
}

func (r *runner) rewind() bool {
	head := r.head
	for !r.l1.isCanonical(head.L1Origin) {
		parent, ok := r.view.refs[head.ParentHash]
		if !ok {
			return false
		}
		head = parent
	}
	r.setHead(head)
	r.safe = head
	return true
}

// refuses says whether the fake engine finds a block invalid.
func (s *Scenario) refuses(a *eth.PayloadAttributes) bool {
	if s.RejectModulus == 0 {
		return false
	}
	for _, tx := range a.Transactions {
		if len(tx) > 0 && tx[0] == 0x7e {
			continue
		}
		h := crypto.Keccak256(append([]byte("reject"), tx...))
		if binary.BigEndian.Uint64(h[:8])%s.RejectModulus == 0 {
			return true
		}
	}
	return false
}

func (r *runner) apply(a *derive.AttributesWithParent) {
	r.resets = 0
	d := &Derived{Attributes: a.Attributes, DerivedFrom: a.DerivedFrom.Number, FromHash: a.DerivedFrom.Hash, LastInSpan: a.Concluding, Parent: a.Parent.Hash}
	if r.s.refuses(a.Attributes) {
		if !r.s.Config.IsHolocene(uint64(a.Attributes.Timestamp)) {
			d.Invalid = "dropped"
			r.derived = append(r.derived, d)
			r.setHead(r.safe)
			return
		}
		repl, err := r.pipe.DepositsOnlyAttributes(a.Parent.ID(), a.DerivedFrom)
		if err != nil {
			r.event("critical", err, nil)
			r.dead = true
			return
		}
		d.Invalid, d.Attributes = "replaced", repl.Attributes
		a = repl
	}
	ref, err := r.view.seal(a.Parent, a.Attributes)
	if err != nil {
		r.event("seal_error", err, nil)
		r.dead = true
		return
	}
	d.BlockHash, d.L1Origin, d.Number, d.SeqNumber = ref.Hash, ref.L1Origin.Number, ref.Number, ref.SequenceNumber
	r.derived = append(r.derived, d)
	r.setHead(ref)
	if a.Concluding {
		r.safe = ref
	}
}

// grown is set to have L1 come one block at a time, and be asked twice at each.
var grown bool

// derive runs a whole scenario, its reorg included.
func (s *Scenario) derive(lgr log.Logger) ([]*Derived, []*Event) {
	if grown && s.BlocksA == nil {
		l1 := newL1(s.Blocks[:1])
		r := newRunner(s, l1, newDB(s.Config), lgr)
		r.drain()
		for _, b := range s.Blocks[1:] {
			l1.add(b)
			r.drain()
			r.drain()
		}
		return r.derived, r.events
	}
	blocks := s.Blocks
	if s.BlocksA != nil {
		blocks = s.BlocksA
	}
	l1 := newL1(blocks)
	r := newRunner(s, l1, newDB(s.Config), lgr)
	r.drain()
	if s.BlocksB != nil {
		l1.reorg(uint64(s.BlocksB[0].Header.Number), s.BlocksB)
		r.drain()
	}
	return r.derived, r.events
}

func (s *Scenario) load() error {
	cfg := new(rollup.Config)
	if err := json.Unmarshal(s.RawCfg, cfg); err != nil {
		return err
	}
	s.Config = cfg
	return nil
}

func short(h common.Hash) string { return h.Hex()[:10] }
