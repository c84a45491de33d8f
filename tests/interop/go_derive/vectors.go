//go:build !optimism_v116

package main

import (
	"compress/gzip"
	"context"
	"encoding/binary"
	"flag"
	"fmt"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	_ "unsafe"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/log"

	"github.com/ethereum-optimism/optimism/op-core/forks"
	optypes "github.com/ethereum-optimism/optimism/op-core/types"
	"github.com/ethereum-optimism/optimism/op-node/rollup"
	"github.com/ethereum-optimism/optimism/op-node/rollup/derive"
	"github.com/ethereum-optimism/optimism/op-service/eth"
)

//go:linkname checkSpanBatchPrefix github.com/ethereum-optimism/optimism/op-node/rollup/derive.checkSpanBatchPrefix
func checkSpanBatchPrefix(ctx context.Context, cfg *rollup.Config, log log.Logger, l1Blocks []eth.L1BlockRef, l2SafeHead eth.L2BlockRef,
	batch *derive.SpanBatch, l1InclusionBlock eth.L1BlockRef, l2Fetcher derive.SafeBlockFetcher,
) (derive.BatchValidity, eth.L2BlockRef)

type obj = map[string]any

type vectorFile struct {
	Meta  obj `json:"meta"`
	Cases any `json:"cases"`
}

func writeVectors(args []string) {
	fs := flag.NewFlagSet("vectors", flag.ExitOnError)
	seed := fs.Int64("seed", 1, "seed")
	out := fs.String("out", ".", "folder")
	fresh := fs.String("new", "", "folder for formats that no runner knows yet (default: out/new)")
	check(fs.Parse(args))
	if *fresh == "" {
		*fresh = filepath.Join(*out, "new")
	}
	check(os.MkdirAll(*out, 0o755))
	check(os.MkdirAll(*fresh, 0o755))
	put := func(dir, name, format string, cases any) {
		writeFile(filepath.Join(dir, name+".json.gz"), gzip.BestCompression, vectorFile{obj{"file": name, "format": format, "reference": referenceVersion, "seed": *seed}, cases})
	}
	g := newGen(*seed*7919, "happy", 11)
	single, newSingle, _ := apart(g.singularChecks(240))
	put(*out, "check_batch_singular", "As the file of the same name of the older set.", single)
	span, newSpan, gap := apart(g.spanChecks(280))
	put(*out, "check_batch_span", "As the file of the same name of the older set.", span)
	put(*fresh, "check_batch_newer", "As check_batch_singular and check_batch_span; cases that v1.16.7 decides otherwise (transactions of type 0x7d).", append(newSingle, newSpan...))
	put(*fresh, "check_batch_gap", "As check_batch_span; spans with transactions in an activation block of Jovian or later, for which the reference has no rule before Holocene.", gap)
	put(*out, "l1_info_deposit", "build as in the older set; parsed_new has the fields since Isthmus.", obj{"build": g.infoBuild(160)})
	put(*fresh, "l1_info_parse", "L1BlockInfoFromBytes at l2_timestamp under forks.", g.infoParse(160))
	put(*fresh, "system_config_v2", "As system_config, with all fields of the configuration.", obj{"events": g.configEvents(400), "receipts": g.configReceipts(80)})
	put(*fresh, "upgrade_txs_v2", "Upgrade deposits in order; calldata by its length and keccak-256.", upgradeCases())
	put(*fresh, "proposer", "See README.", g.proposerCases(120))
	put(*fresh, "batcher_v2", "See README.", g.managerCases(24))
}

// --- Batch checks

// collect is a slog handler that keeps messages.
type collect struct{ lines *[]string }

func (c collect) Enabled(context.Context, slog.Level) bool { return true }
func (c collect) Handle(_ context.Context, r slog.Record) error {
	*c.lines = append(*c.lines, r.Message)
	return nil
}
func (c collect) WithAttrs([]slog.Attr) slog.Handler { return c }
func (c collect) WithGroup(string) slog.Handler      { return c }

var validityNames = map[derive.BatchValidity]string{derive.BatchDrop: "drop", derive.BatchAccept: "accept", derive.BatchUndecided: "undecided", derive.BatchFuture: "future", derive.BatchPast: "past"}

type l2Blocks struct {
	refs     map[uint64]eth.L2BlockRef
	payloads map[uint64]*eth.ExecutionPayloadEnvelope
}

func (l l2Blocks) L2BlockRefByNumber(_ context.Context, n uint64) (eth.L2BlockRef, error) {
	if r, ok := l.refs[n]; ok {
		return r, nil
	}
	return eth.L2BlockRef{}, ethereum.NotFound
}
func (l l2Blocks) PayloadByNumber(_ context.Context, n uint64) (*eth.ExecutionPayloadEnvelope, error) {
	if p, ok := l.payloads[n]; ok {
		return p, nil
	}
	return nil, ethereum.NotFound
}

func refJSON(r eth.L1BlockRef) obj {
	return obj{"hash": r.Hash, "number": r.Number, "parentHash": r.ParentHash, "timestamp": r.Time}
}

type checkCase struct {
	cfg       *rollup.Config
	l1        []eth.L1BlockRef
	inclusion eth.L1BlockRef
	safe      eth.L2BlockRef
	l2        l2Blocks
	overlap   int // safe blocks that are known
}

func (c *checkCase) json() obj {
	forksAt := obj{}
	for _, f := range forks.From(forks.Regolith) {
		forksAt[string(f)+"_time"] = c.cfg.ActivationTime(f)
	}
	var l1 []obj
	for _, r := range c.l1 {
		l1 = append(l1, refJSON(r))
	}
	return obj{
		"config":    obj{"block_time": c.cfg.BlockTime, "forks": forksAt, "genesis_l2_time": c.cfg.Genesis.L2Time, "max_sequencer_drift": c.cfg.MaxSequencerDrift, "seq_window_size": c.cfg.SeqWindowSize},
		"l1_blocks": l1, "l1_inclusion_block": refJSON(c.inclusion), "l2_safe_head": c.safe,
	}
}

// newCheck is a random surrounding: L1 blocks, a safe head with some blocks before it, forks near them.
func (g *gen) newCheck() *checkCase {
	c := &checkCase{cfg: &rollup.Config{BlockTime: uint64(1 + g.n(4)), MaxSequencerDrift: uint64(4 + g.n(40)), SeqWindowSize: uint64(3 + g.n(12)), L1ChainID: big.NewInt(900), L2ChainID: big.NewInt(901)}}
	t := uint64(1_000_000)
	c.cfg.Genesis.L2Time = t - 1000*c.cfg.BlockTime
	top := 3 + g.n(9)
	last := uint64(0)
	for f := 1; f <= top; f++ {
		at := last
		if g.p(0.12) || f == top && g.p(0.5) {
			at = max(last, t-20+uint64(g.n(60)))
		}
		last = at
		if f >= 10 {
			setNewFork(c.cfg, f, &at)
		} else {
			*forkField(c.cfg, f) = &at
		}
	}
	n := 1 + g.n(7)
	at, parent := t-uint64(g.n(10)), g.hash()
	gap := uint64(1 + g.n(12))
	if g.p(0.15) {
		gap = 1700
	}
	base := uint64(900 + g.n(100))
	for i := 0; i < n+3; i++ {
		r := eth.L1BlockRef{Hash: g.hash(), Number: base + uint64(i), ParentHash: parent, Time: at}
		parent = r.Hash
		at += 1 + uint64(g.n(int(gap)*2))
		c.l1 = append(c.l1, r)
	}
	c.inclusion = c.l1[len(c.l1)-1]
	if g.p(0.1) {
		c.inclusion.Number += uint64(g.n(12))
	}
	c.l1 = c.l1[:max(1, len(c.l1)-g.n(3))]
	origin := c.l1[0]
	// The safe chain up to the safe head.
	c.l2 = l2Blocks{map[uint64]eth.L2BlockRef{}, map[uint64]*eth.ExecutionPayloadEnvelope{}}
	number := uint64(1000)
	headTime := origin.Time + uint64(g.n(int(c.cfg.BlockTime)*4))
	if g.p(0.15) {
		headTime = origin.Time + c.cfg.MaxSequencerDrift - uint64(g.n(8))
	}
	c.overlap = g.n(6)
	ph := g.hash()
	for i := c.overlap; i >= 0; i-- {
		o := origin
		if i > 2 {
			o = eth.L1BlockRef{Hash: g.hash(), Number: origin.Number - 1, Time: origin.Time - 3}
		}
		ts := headTime - uint64(i)*c.cfg.BlockTime
		sys := eth.SystemConfig{GasLimit: 30_000_000, Scalar: eth.Bytes32{0: 1}}
		seq := uint64(1 + g.n(3))
		block := &L1Block{Header: L1Header{BaseFee: (*hexutil.Big)(big.NewInt(7)), Hash: o.Hash, Number: hexutil.Uint64(o.Number), Time: hexutil.Uint64(o.Time)}, BlobBaseFee: (*hexutil.Big)(big.NewInt(1))}
		dep, err := derive.L1InfoDepositBytes(c.cfg, l1ChainConfig(c.cfg.L1ChainID), sys, seq, info{block}, ts)
		check(err)
		txs := []eth.Data{dep}
		for j := g.n(3); j > 0; j-- {
			txs = append(txs, append([]byte{2}, g.bytes(4)...))
		}
		p := &eth.ExecutionPayload{ParentHash: ph, BlockNumber: eth.Uint64Quantity(number - uint64(i)), Timestamp: eth.Uint64Quantity(ts), BlockHash: g.hash(), Transactions: txs, GasLimit: 30_000_000}
		ref := eth.L2BlockRef{Hash: p.BlockHash, Number: uint64(p.BlockNumber), ParentHash: ph, Time: ts, L1Origin: o.ID(), SequenceNumber: seq}
		ph = p.BlockHash
		c.l2.refs[ref.Number] = ref
		c.l2.payloads[ref.Number] = &eth.ExecutionPayloadEnvelope{ExecutionPayload: p}
		c.safe = ref
	}
	if g.p(0.07) { // the first L1 block in view may be the one after the safe head's origin
		c.l1 = c.l1[1:]
	}
	return c
}

func (g *gen) fakeTxs() []hexutil.Bytes {
	var txs []hexutil.Bytes
	for i := g.n(3); i > 0; i-- {
		txs = append(txs, append([]byte{byte(g.n(4))}, g.bytes(3)...))
	}
	if g.p(0.15) {
		txs = append(txs, pick(g, hexutil.Bytes{}, hexutil.Bytes{0x7e, 1}, hexutil.Bytes{4, 1}, hexutil.Bytes{0x7d, 1}, hexutil.Bytes{5, 1}, hexutil.Bytes{0xc0}, hexutil.Bytes{0x7f}))
	}
	return txs
}

func (g *gen) singularChecks(n int) []obj {
	seen := map[string]int{}
	var cases []obj
	for tries := 0; len(cases) < n && tries < 60*n; tries++ {
		c := g.newCheck()
		if len(c.l1) == 0 && g.p(0.9) {
			continue
		}
		b := &derive.SingularBatch{ParentHash: c.safe.Hash, EpochNum: rollup.Epoch(c.safe.L1Origin.Number), EpochHash: c.safe.L1Origin.Hash, Timestamp: c.safe.Time + c.cfg.BlockTime, Transactions: g.fakeTxs()}
		if g.p(0.4) && len(c.l1) > 1 {
			b.EpochNum, b.EpochHash = rollup.Epoch(c.l1[1].Number), c.l1[1].Hash
		}
		for _, at := range []*uint64{c.cfg.JovianTime, c.cfg.KarstTime, c.cfg.LagoonTime, c.cfg.IsthmusTime} {
			if at != nil && *at > 0 && g.p(0.3) { // right at an activation
				d := b.Timestamp - *at
				*at += d
			}
		}
		switch g.n(16) {
		case 0:
			b.Timestamp += uint64(g.n(5))
		case 1:
			b.Timestamp -= uint64(g.n(5))
		case 2:
			b.ParentHash = g.hash()
		case 3:
			b.EpochHash = g.hash()
		case 4:
			b.EpochNum += rollup.Epoch(g.n(4))
		case 5:
			b.EpochNum -= rollup.Epoch(g.n(3))
		case 6:
			c.l1 = c.l1[:min(1, len(c.l1))]
		}
		lines := []string{}
		v := derive.CheckBatch(context.Background(), c.cfg, log.NewLogger(collect{&lines}), c.l1, c.safe, &derive.BatchWithL1InclusionBlock{Batch: b, L1InclusionBlock: c.inclusion}, c.l2)
		key := validityNames[v] + fmt.Sprint(lines)
		if seen[key] >= n/10 {
			continue
		}
		seen[key]++
		o := c.json()
		o["type"], o["validity"], o["log"] = "singular", validityNames[v], lines
		o["batch"] = obj{"parent_hash": b.ParentHash, "epoch_num": b.EpochNum, "epoch_hash": b.EpochHash, "timestamp": b.Timestamp, "transactions": b.Transactions}
		cases = append(cases, o)
	}
	return cases
}

func (g *gen) spanChecks(n int) []obj {
	seen := map[string]int{}
	var cases []obj
	for tries := 0; len(cases) < n && tries < 80*n; tries++ {
		c := g.newCheck()
		if len(c.l1) == 0 {
			continue
		}
		back := 0
		if g.p(0.5) {
			back = g.n(c.overlap + 1)
		}
		first := c.safe.Number - uint64(back) + 1
		parent, ok := c.l2.refs[first-1]
		if !ok {
			continue
		}
		sb := &derive.SpanBatch{GenesisTimestamp: c.cfg.Genesis.L2Time, ChainID: c.cfg.L2ChainID}
		copy(sb.ParentCheck[:], parent.Hash[:20])
		epoch := parent.L1Origin.Number
		ts := parent.Time
		count := back + 1 + g.n(6)
		if g.p(0.05) {
			count = max(1, back)
		}
		for i := 0; i < count; i++ {
			ts += c.cfg.BlockTime
			e := &derive.SpanBatchElement{Timestamp: ts, Transactions: g.fakeTxs()}
			num := first + uint64(i)
			if i < back {
				ref := c.l2.refs[num]
				epoch = ref.L1Origin.Number
				e.Transactions = nil
				for _, tx := range c.l2.payloads[num].ExecutionPayload.Transactions[1:] {
					e.Transactions = append(e.Transactions, tx)
				}
				if g.p(0.06) {
					e.Transactions = g.fakeTxs()
				}
				if g.p(0.04) {
					epoch++
				}
			} else {
				for _, l := range c.l1 {
					if l.Number == epoch+1 && ts >= l.Time && g.p(0.7) {
						epoch++
						break
					}
				}
				if g.p(0.03) {
					epoch++
				}
			}
			e.EpochNum = rollup.Epoch(epoch)
			sb.Batches = append(sb.Batches, e)
		}
		last := epoch
		for _, l := range c.l1 {
			if l.Number == last {
				copy(sb.L1OriginCheck[:], l.Hash[:20])
			}
		}
		switch g.n(18) {
		case 0:
			copy(sb.ParentCheck[:], g.bytes(20))
		case 1:
			copy(sb.L1OriginCheck[:], g.bytes(20))
		case 2, 3: // all times shifted
			d := uint64(1 + g.n(6))
			for _, e := range sb.Batches {
				e.Timestamp += d
			}
		case 4:
			for _, e := range sb.Batches {
				e.Timestamp -= 1
			}
		case 5:
			for n := range c.l2.refs {
				if n != c.safe.Number {
					delete(c.l2.refs, n)
				}
			}
		case 6:
			delete(c.l2.payloads, c.safe.Number)
		}
		var known []obj
		for num := c.safe.Number - uint64(c.overlap); num <= c.safe.Number; num++ {
			o := obj{}
			if r, ok := c.l2.refs[num]; ok {
				o["ref"] = r
			}
			if p, ok := c.l2.payloads[num]; ok {
				e := p.ExecutionPayload
				o["payload"] = obj{"hash": e.BlockHash, "parentHash": e.ParentHash, "number": uint64(e.BlockNumber), "timestamp": uint64(e.Timestamp), "gasLimit": uint64(e.GasLimit), "transactions": e.Transactions}
			}
			if len(o) > 0 {
				known = append(known, o)
			}
		}
		lines := []string{}
		ctx := context.Background()
		lgr := log.NewLogger(collect{&lines})
		v := derive.CheckBatch(ctx, c.cfg, lgr, c.l1, c.safe, &derive.BatchWithL1InclusionBlock{Batch: sb, L1InclusionBlock: c.inclusion}, c.l2)
		pv, pp := checkSpanBatchPrefix(ctx, c.cfg, quiet(), c.l1, c.safe, sb, c.inclusion, c.l2)
		key := validityNames[v] + validityNames[pv] + fmt.Sprint(lines)
		if seen[key] >= n/10 {
			continue
		}
		seen[key]++
		o := c.json()
		o["type"], o["validity"], o["log"], o["prefix_validity"] = "span", validityNames[v], lines, validityNames[pv]
		o["prefix_parent"] = nil
		if pp != (eth.L2BlockRef{}) {
			o["prefix_parent"] = pp.Number
		}
		o["l2_blocks"] = known
		var blocks []obj
		for _, e := range sb.Batches {
			blocks = append(blocks, obj{"epoch_num": e.EpochNum, "timestamp": e.Timestamp, "transactions": e.Transactions})
		}
		for _, e := range sb.Batches {
			if t := e.Timestamp; len(e.Transactions) > 0 && t > c.safe.Time && (c.cfg.IsJovianActivationBlock(t) || c.cfg.IsKarstActivationBlock(t) || c.cfg.IsLagoonActivationBlock(t)) {
				o["gap"] = true
			}
		}
		o["batch"] = obj{"blocks": blocks, "parent_check": hexutil.Bytes(sb.ParentCheck[:]), "l1_origin_check": hexutil.Bytes(sb.L1OriginCheck[:])}
		cases = append(cases, o)
	}
	return cases
}

// apart splits off the cases that only newer references decide so.
func apart(cases []obj) (both, newer, gap []obj) {
	for _, c := range cases {
		isNew := false
		for _, l := range c["log"].([]string) {
			isNew = isNew || l == "sequencers may not embed any PostExec transactions before SDM"
		}
		if c["gap"] == true {
			gap = append(gap, c)
		} else if isNew {
			newer = append(newer, c)
		} else {
			both = append(both, c)
		}
	}
	return
}

// --- L1 attributes

func (g *gen) someForks(t uint64) (*rollup.Config, obj) {
	cfg := &rollup.Config{BlockTime: pick(g, uint64(1), 2, 2, 6), L1ChainID: big.NewInt(900), L2ChainID: big.NewInt(901)}
	top := g.n(12)
	last := uint64(0)
	for f := 1; f <= top; f++ {
		at := last
		if f >= top-1 && g.p(0.6) {
			at = max(last, t-cfg.BlockTime+uint64(g.n(int(2*cfg.BlockTime+1))))
		}
		last = at
		if f >= 10 {
			setNewFork(cfg, f, &at)
		} else {
			*forkField(cfg, f) = &at
		}
	}
	o := obj{}
	for _, f := range forks.From(forks.Regolith) {
		o[string(f)+"_time"] = cfg.ActivationTime(f)
	}
	return cfg, o
}

func (g *gen) sysConfig() eth.SystemConfig {
	sc := eth.SystemConfig{BatcherAddr: g.addr(), GasLimit: g.rng.Uint64() >> uint(g.n(40)), MinBaseFee: g.rng.Uint64() >> uint(g.n(64)), DAFootprintGasScalar: uint16(g.n(65536))}
	g.rng.Read(sc.Overhead[:])
	switch g.n(3) {
	case 0:
		sc.Scalar[0] = 1
		g.rng.Read(sc.Scalar[24:])
	case 1:
		g.rng.Read(sc.Scalar[24:])
	case 2:
		g.rng.Read(sc.Scalar[:])
		sc.Scalar[0] = byte(g.n(4))
	}
	binary.BigEndian.PutUint32(sc.EIP1559Params[:4], uint32(1+g.n(500)))
	binary.BigEndian.PutUint32(sc.EIP1559Params[4:], uint32(1+g.n(20)))
	g.rng.Read(sc.OperatorFeeParams[20:])
	if g.p(0.2) {
		sc.DAFootprintGasScalar = 0
	}
	if g.p(0.2) {
		g.rng.Read(sc.OperatorFeeParams[:])
	}
	return sc
}

func infoJSON(i *derive.L1BlockInfo) (obj, obj) {
	old := obj{"base_fee": (*hexutil.Big)(i.BaseFee), "base_fee_scalar": i.BaseFeeScalar, "batcher_addr": i.BatcherAddr, "blob_base_fee": (*hexutil.Big)(i.BlobBaseFee), "blob_base_fee_scalar": i.BlobBaseFeeScalar, "block_hash": i.BlockHash, "l1_fee_overhead": i.L1FeeOverhead, "l1_fee_scalar": i.L1FeeScalar, "number": i.Number, "sequence_number": i.SequenceNumber, "time": i.Time}
	return old, obj{"operator_fee_scalar": i.OperatorFeeScalar, "operator_fee_constant": i.OperatorFeeConstant, "da_footprint_gas_scalar": i.DAFootprintGasScalar}
}

func depositJSON(d *optypes.DepositTx) obj {
	raw, err := d.MarshalBinary()
	check(err)
	return obj{"data": hexutil.Bytes(d.Data), "encoded": hexutil.Bytes(raw), "from": d.From, "gas": d.Gas, "is_system": d.IsSystemTransaction, "mint": (*hexutil.Big)(d.Mint), "source_hash": d.SourceHash, "to": d.To, "tx_hash": d.Hash(), "value": (*hexutil.Big)(d.Value)}
}

func (g *gen) infoBuild(n int) []obj {
	var cases []obj
	for i := 0; i < n; i++ {
		t := uint64(1000)
		cfg, at := g.someForks(t)
		sc := g.sysConfig()
		seq := g.rng.Uint64() >> uint(g.n(64))
		b := &L1Block{Header: L1Header{BaseFee: (*hexutil.Big)(g.bigValue(256)), Hash: g.hash(), Number: hexutil.Uint64(g.rng.Uint64() >> uint(g.n(64))), Time: hexutil.Uint64(g.rng.Uint64() >> uint(g.n(64)))}}
		if g.p(0.8) {
			b.BlobBaseFee = (*hexutil.Big)(g.bigValue(256))
		}
		c := obj{"in": obj{"block_time": cfg.BlockTime, "forks": at, "l1": obj{"base_fee": b.Header.BaseFee, "blob_base_fee": b.BlobBaseFee, "hash": b.Header.Hash, "number": uint64(b.Header.Number), "time": uint64(b.Header.Time)}, "l2_timestamp": t, "seq_number": seq, "sys_config": sc}, "error": nil}
		d, err := derive.L1InfoDeposit(cfg, l1ChainConfig(cfg.L1ChainID), sc, seq, info{b}, t)
		if err != nil {
			c["error"] = err.Error()
		} else {
			c["deposit"] = depositJSON(d)
			p, err := derive.L1BlockInfoFromBytes(cfg, t, d.Data)
			check(err)
			c["parsed"], c["parsed_new"] = infoJSON(p)
		}
		cases = append(cases, c)
	}
	return cases
}

func (g *gen) infoParse(n int) []obj {
	var cases []obj
	for i := 0; i < n; i++ {
		t := uint64(1000)
		cfg, at := g.someForks(t)
		b := &L1Block{Header: L1Header{BaseFee: (*hexutil.Big)(g.bigValue(256)), Hash: g.hash(), Number: 7, Time: 9}, BlobBaseFee: (*hexutil.Big)(g.bigValue(90))}
		sc := g.sysConfig()
		sc.Scalar = eth.Bytes32{0: 1, 31: 5}
		make := cfg
		if g.p(0.3) { // the layout of other forks
			make, _ = g.someForks(t)
		}
		d, err := derive.L1InfoDeposit(make, l1ChainConfig(cfg.L1ChainID), sc, 3, info{b}, t)
		check(err)
		data := d.Data
		switch g.n(6) {
		case 0:
			data = data[:g.n(len(data)+1)]
		case 1:
			data = append(data, g.bytes(1+g.n(3))...)
		case 2:
			data[g.n(4)] ^= 1
		case 3:
			data[g.n(len(data))] ^= byte(1 + g.n(255))
		}
		c := obj{"block_time": cfg.BlockTime, "forks": at, "l2_timestamp": t, "data": hexutil.Bytes(data), "ok": false}
		if p, err := derive.L1BlockInfoFromBytes(cfg, t, data); err != nil {
			c["error"] = err.Error()
		} else {
			c["ok"] = true
			c["info"], c["info_new"] = infoJSON(p)
		}
		cases = append(cases, c)
	}
	return cases
}

// --- System configuration

func (g *gen) logJSON(l *Log) obj {
	return obj{"address": l.Address, "blockHash": l.BlockHash, "data": l.Data, "logIndex": l.LogIndex, "topics": l.Topics}
}

func gethLog(l *Log) *types.Log {
	return &types.Log{Address: l.Address, Topics: l.Topics, Data: l.Data, BlockHash: l.BlockHash, Index: l.LogIndex}
}

func (g *gen) configEvents(n int) []obj {
	var cases []obj
	for i := 0; i < n; i++ {
		t := uint64(1000)
		cfg, at := g.someForks(t)
		if cfg.BlockTime > 0 && g.p(0.8) { // mostly chains that have them all scheduled
			for f := 1; f <= 9; f++ {
				p := forkField(cfg, f)
				if *p == nil {
					late := t + 5
					*p = &late
					at[forkNames[f]+"_time"] = late
				}
			}
		}
		before := g.sysConfig()
		l := g.configLog(true)
		after := before
		err := derive.ProcessSystemConfigUpdateLogEvent(&after, gethLog(l), cfg, t)
		c := obj{"before": before, "after": after, "forks": at, "l1_time": t, "log": g.logJSON(l), "ok": err == nil, "error": nil}
		if err != nil {
			c["error"] = err.Error()
			c["after"] = before
		}
		cases = append(cases, c)
	}
	return cases
}

func (g *gen) configReceipts(n int) []obj {
	var cases []obj
	for i := 0; i < n; i++ {
		t := uint64(1000)
		cfg, at := g.someForks(t)
		for f := 1; f <= 9; f++ {
			p := forkField(cfg, f)
			if *p == nil {
				late := t + 5
				*p = &late
				at[forkNames[f]+"_time"] = late
			}
		}
		cfg.L1SystemConfigAddress = g.cfg.L1SystemConfigAddress
		before := g.sysConfig()
		after := before
		var rs []*types.Receipt
		var out []obj
		for j := 1 + g.n(4); j > 0; j-- {
			r := &types.Receipt{Status: pick(g, uint64(1), 1, 1, 0)}
			logs := []obj{}
			for k := g.n(4); k > 0; k-- {
				l := g.configLog(true)
				if g.p(0.1) {
					l.Address = g.addr()
				}
				r.Logs = append(r.Logs, gethLog(l))
				logs = append(logs, g.logJSON(l))
			}
			rs = append(rs, r)
			out = append(out, obj{"logs": logs, "status": r.Status})
		}
		err := derive.UpdateSystemConfigWithL1Receipts(&after, rs, cfg, t)
		c := obj{"before": before, "after": after, "forks": at, "l1_time": t, "l1_system_config_address": cfg.L1SystemConfigAddress, "receipts": out, "ok": err == nil, "error": nil}
		if err != nil {
			c["error"] = err.Error()
		}
		cases = append(cases, c)
	}
	return cases
}

// --- Upgrades

func upgradeCases() obj {
	list := func(txs []hexutil.Bytes, err error) []obj {
		check(err)
		var out []obj
		for _, raw := range txs {
			d, err := optypes.UnmarshalDepositTx(raw)
			check(err)
			o := depositJSON(d)
			delete(o, "data")
			delete(o, "encoded")
			o["data_hash"], o["data_length"], o["encoded_hash"] = crypto.Keccak256Hash(d.Data), len(d.Data), crypto.Keccak256Hash(raw)
			out = append(out, o)
		}
		return out
	}
	cases := obj{"ecotone": list(derive.EcotoneNetworkUpgradeTransactions()), "fjord": list(derive.FjordNetworkUpgradeTransactions()), "isthmus": list(derive.IsthmusNetworkUpgradeTransactions()), "jovian": list(derive.JovianNetworkUpgradeTransactions())}
	gas := obj{}
	for _, f := range []forks.Name{forks.Karst, forks.Lagoon} {
		txs, n, err := derive.UpgradeTransactions(f)
		cases[string(f)] = list(txs, err)
		gas[string(f)] = n
	}
	many, n, err := derive.LagoonActivationUpgradeTransactions(true)
	cases["lagoon_many_chains"] = list(many, err)
	gas["lagoon_many_chains"] = n
	cases["gas"] = []obj{gas}
	return cases
}

// writeBundles dumps Jovian's upgrade transactions (raw deposits, in order), to make a bundle file of.
func writeBundles(args []string) {
	txs, err := derive.JovianNetworkUpgradeTransactions()
	check(err)
	check(os.MkdirAll(args[0], 0o755))
	writeFile(filepath.Join(args[0], "jovian_raw.json"), 0, struct {
		Txs []hexutil.Bytes `json:"transactions"`
	}{txs})
}

var _ = common.Hash{}
