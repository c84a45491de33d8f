package main

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"crypto/ecdsa"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"math/big"
	"math/rand"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/rlp"
	"github.com/holiman/uint256"

	"github.com/ethereum-optimism/optimism/op-node/rollup"
	"github.com/ethereum-optimism/optimism/op-node/rollup/derive"
	"github.com/ethereum-optimism/optimism/op-service/eth"
)

// forkNames in order; index 0 is Bedrock. Karst is only there in references that know it.
var forkNames = []string{"bedrock", "regolith", "canyon", "delta", "ecotone", "fjord", "granite", "holocene", "isthmus", "jovian", "karst", "lagoon"}

func forkField(c *rollup.Config, f int) **uint64 {
	switch f {
	case 1:
		return &c.RegolithTime
	case 2:
		return &c.CanyonTime
	case 3:
		return &c.DeltaTime
	case 4:
		return &c.EcotoneTime
	case 5:
		return &c.FjordTime
	case 6:
		return &c.GraniteTime
	case 7:
		return &c.HoloceneTime
	case 8:
		return &c.IsthmusTime
	case 9:
		return &c.JovianTime
	}
	return nil
}

type knobs struct {
	Profile    string
	Batch      float64 // chance of a fault in a batch
	Channel    float64 // … in the bytes of a channel
	Frame      float64 // … in the frames of a channel
	Tx         float64 // … in an L1 transaction
	Order      float64 // … in the order of the transactions
	Overlap    float64 // chance that a span starts before what is safe
	Gap        float64 // chance that blocks are left out
	Silent     float64 // chance that the batcher says nothing for long
	SysCfg     float64
	Deposit    float64
	SlowL1     float64
	Lazy       float64 // chance that the sequencer stays on its L1 origin
	Rude       float64 // chance that the sequencer breaks a rule
	Span       float64
	Brotli     float64
	Blob       float64
	L2Txs      int
	BadDeposit float64
	Big        float64 // chance that a channel holds more than may be read of it
	Hold       float64 // chance that the last frames come about when the channel times out
}

type heldTx struct {
	due int
	tx  queuedTx
}

type queuedTx struct {
	data []byte
	blob bool
}

type gen struct {
	rng       *rand.Rand
	s         *Scenario
	cfg       *rollup.Config
	k         knobs
	l1        *L1
	db        *DB
	inc       *runner
	builder   *derive.FetchingAttributesBuilder
	blocks    []*L1Block
	chain     []eth.L2BlockRef // the sequencer's chain; index 0 is the genesis
	ptr       int              // next index of chain to submit
	outbox    []queuedTx
	old       []queuedTx // what was sent before
	keys      []*ecdsa.PrivateKey
	batcher   int
	stall     int
	silent    int
	held      []heldTx
	lastInc   uint64
	salt      byte
	gapTarget uint64
	bpoMode   bool
	ahead     bool // the sequencer's clock is ahead of L1's
	feats     map[string]int
}

func (g *gen) p(x float64) bool { return g.rng.Float64() < x }
func (g *gen) n(x int) int      { return g.rng.Intn(x) }
func (g *gen) bytes(n int) []byte {
	b := make([]byte, n)
	g.rng.Read(b)
	return b
}
func (g *gen) hash() (h common.Hash)    { g.rng.Read(h[:]); return }
func (g *gen) addr() (a common.Address) { g.rng.Read(a[:]); return }
func (g *gen) feat(name string)         { g.feats[name]++ }
func u64p(x uint64) *uint64             { return &x }

func pick[T any](g *gen, xs ...T) T { return xs[g.n(len(xs))] }

// bigValue is a number of random size up to bits.
func (g *gen) bigValue(bits int) *big.Int {
	n := g.n(bits + 1)
	x := new(big.Int).SetBytes(g.bytes(32))
	return x.Rsh(x, uint(256-n))
}

var profiles = []string{"happy", "frames", "batches", "mixed", "expiry", "sysconfig", "activation", "drift", "overlap", "timeout", "reorg", "reject", "bpo"} // and "spans", only when asked for

// aheadChance is the share of scenarios whose sequencer runs ahead of L1.
var aheadChance float64

func newGen(seed int64, profile string, maxFork int) *gen {
	g := &gen{rng: rand.New(rand.NewSource(seed)), feats: map[string]int{}, stall: 3}
	k := knobs{Profile: profile, Span: 0.5, Brotli: 0.4, Blob: 0.4, SysCfg: 0.08, Deposit: 0.25, L2Txs: 3, Lazy: 0.2}
	switch profile {
	case "frames":
		k.Frame, k.Tx, k.Order, k.Channel = 0.3, 0.15, 0.25, 0.1
	case "batches":
		k.Batch, k.Channel, k.Gap, k.Overlap, k.Big = 0.3, 0.1, 0.15, 0.2, 0.01
	case "mixed":
		k.Batch, k.Channel, k.Frame, k.Tx, k.Order, k.Overlap, k.Gap, k.Silent, k.Rude = 0.1, 0.07, 0.08, 0.08, 0.1, 0.1, 0.05, 0.03, 0.03
	case "expiry":
		k.Silent, k.Batch, k.Frame, k.Order = 0.12, 0.05, 0.05, 0.1
	case "sysconfig":
		k.SysCfg, k.Deposit, k.Tx, k.BadDeposit = 0.7, 0.5, 0.05, 0.0005
	case "activation":
		k.Batch, k.Frame, k.Order, k.Overlap, k.SysCfg = 0.05, 0.05, 0.1, 0.1, 0.2
	case "drift":
		k.SlowL1, k.Lazy, k.Rude = 0.15, 0.7, 0.05
	case "overlap":
		k.Overlap, k.Span, k.Gap, k.Batch = 0.6, 0.9, 0.1, 0.1
	case "spans":
		k.Batch, k.Overlap, k.Span, k.Order, k.Channel = 0.5, 0.3, 0.95, 0.05, 0.05
	case "timeout":
		k.Order, k.Frame, k.Silent, k.Hold = 0.1, 0.05, 0.03, 0.3
	case "reorg":
		k.Batch, k.Frame, k.Order, k.SysCfg = 0.05, 0.05, 0.1, 0.2
	case "reject":
		k.Batch, k.Order, k.Overlap = 0.05, 0.05, 0.1
	}
	g.k = k
	for i := 0; i < 4; i++ {
		d := crypto.Keccak256([]byte(fmt.Sprintf("derive batcher key %d", i)))
		key, err := crypto.ToECDSA(d)
		check(err)
		g.keys = append(g.keys, key)
	}
	g.config(maxFork)
	g.ahead = aheadChance > 0 && g.p(aheadChance)
	return g
}

func (g *gen) config(maxFork int) {
	k := &g.k
	cfg := &rollup.Config{
		BlockTime:              pick(g, uint64(1), 2, 2, 2, 2, 3, 5),
		MaxSequencerDrift:      pick(g, uint64(6), 12, 30, 60, 600),
		SeqWindowSize:          pick(g, uint64(3), 4, 6, 10, 16, 30),
		ChannelTimeoutBedrock:  pick(g, uint64(1), 2, 3, 5, 8, 20),
		L1ChainID:              big.NewInt(900),
		L2ChainID:              big.NewInt(901),
		BatchInboxAddress:      common.HexToAddress("0xff00000000000000000000000000000000000901"),
		DepositContractAddress: common.HexToAddress("0xde00000000000000000000000000000000000901"),
		L1SystemConfigAddress:  common.HexToAddress("0x5c00000000000000000000000000000000000901"),
	}
	if k.Profile == "timeout" {
		cfg.SeqWindowSize = pick(g, uint64(12), 30, 80)
	}
	t0 := uint64(1_000_000)
	if k.Profile == "bpo" {
		g.bpoMode = true
		switch g.n(4) {
		case 0:
			cfg.L1ChainID = big.NewInt(1)
			t0 = pick(g, uint64(1746612311), 1764798551, 1765290071, 1767747671)
		case 1:
			cfg.L1ChainID = big.NewInt(11155111)
			t0 = pick(g, uint64(1741159776), 1760427360, 1761017184, 1761607008)
		case 2:
			cfg.L1ChainID = big.NewInt(17000)
			t0 = pick(g, uint64(1740434112), 1759308480, 1759800000, 1760389824)
		case 3:
			cfg.L1ChainID = big.NewInt(560048)
			t0 = pick(g, uint64(1742999832), 1761677592, 1762365720, 1762955544)
		}
		edge := t0
		t0 -= uint64(60 + g.n(120))
		if g.p(0.5) {
			cfg.PectraBlobScheduleTime = u64p(edge + uint64(g.n(120)) - 30)
		}
	}
	if k.Profile == "drift" {
		cfg.BlockTime = pick(g, uint64(2), 4, 12, 40, 60)
	}
	genesisFork := g.n(maxFork + 1)
	if k.Profile == "bpo" && genesisFork < 4 {
		genesisFork = 4 + g.n(maxFork-3)
	}
	if (k.Profile == "overlap" || k.Profile == "spans") && genesisFork < 3 {
		genesisFork = 3 + g.n(maxFork-2)
	}
	if k.Profile == "activation" && genesisFork == maxFork {
		genesisFork--
	}
	span := 200 * cfg.BlockTime // about the length of a run
	if span > 400 {
		span = 400
	}
	last := t0
	together := g.p(0.4)
	for f := 1; f <= maxFork; f++ {
		var t *uint64
		if f <= genesisFork {
			t = u64p(pick(g, uint64(0), t0, t0-3))
			if g.p(0.9) {
				t = u64p(0)
			}
		} else {
			more := k.Profile == "activation" || g.p(0.35)
			if !more {
				break
			}
			if !(together && last > t0 && g.p(0.6)) {
				step := uint64(1 + g.n(int(span/3)))
				if g.p(0.3) {
					step = 1 + uint64(g.n(8))
				}
				last += step
			}
			t = u64p(last)
		}
		if f >= 10 {
			if !setNewFork(cfg, f, t) {
				break
			}
			continue
		}
		*forkField(cfg, f) = t
	}
	if *fieldOf(cfg, 10) != nil && g.p(0.15) {
		setKeepGas(cfg)
	}
	if g.p(0.3) {
		o := new(struct {
			A uint64 `json:"eip1559Elasticity"`
			B uint64 `json:"eip1559Denominator"`
			C uint64 `json:"eip1559DenominatorCanyon"`
		})
		o.A, o.B, o.C = uint64(2+g.n(10)), uint64(50+g.n(20)), uint64(200+g.n(100))
		raw, _ := json.Marshal(o)
		check(json.Unmarshal([]byte(`{"chain_op_config":`+string(raw)+`}`), &struct {
			*rollup.Config
		}{cfg}))
	}
	var scalar eth.Bytes32
	if g.p(0.5) {
		scalar[0] = 1
		copy(scalar[24:], g.bytes(8))
	} else {
		copy(scalar[28:], g.bytes(4))
	}
	sc := eth.SystemConfig{BatcherAddr: crypto.PubkeyToAddress(g.keys[0].PublicKey), Scalar: scalar, GasLimit: 30_000_000}
	if cfg.EcotoneTime == nil || *cfg.EcotoneTime > t0 {
		copy(sc.Overhead[28:], g.bytes(4))
	}
	if cfg.HoloceneTime != nil && g.p(0.6) {
		binary.BigEndian.PutUint32(sc.EIP1559Params[:4], uint32(1+g.n(400)))
		binary.BigEndian.PutUint32(sc.EIP1559Params[4:], uint32(1+g.n(20)))
	}
	if cfg.IsthmusTime != nil && g.p(0.5) {
		copy(sc.OperatorFeeParams[20:], g.bytes(12))
	}
	if cfg.JovianTime != nil && g.p(0.5) {
		sc.MinBaseFee = uint64(g.n(1_000_000))
		sc.DAFootprintGasScalar = uint16(g.n(1000))
	}
	genesisL1 := uint64(100)
	cfg.Genesis = rollup.Genesis{L1: eth.BlockID{Number: genesisL1}, L2: eth.BlockID{Hash: g.hash(), Number: pick(g, uint64(0), 0, 0, 7)}, L2Time: t0, SystemConfig: sc}
	g.cfg = cfg
	g.s = &Scenario{Config: cfg}
	if k.Profile == "reject" {
		g.s.RejectModulus = uint64(8 + g.n(40))
	}
	l1 := newL1(nil)
	g.l1 = l1
	g.addL1(t0)
	cfg.Genesis.L1 = g.blocks[0].ref().ID()
	g.db = newDB(cfg)
	g.inc = newRunner(g.s, l1, g.db, quiet())
	g.builder = newBuilder(cfg, l1, g.inc.view, l1ChainConfig(cfg.L1ChainID))
	g.chain = []eth.L2BlockRef{g.db.genesis()}
	g.ptr = 1
	g.gapTarget = uint64(3 + g.n(5))
}

func fieldOf(c *rollup.Config, f int) **uint64 {
	if f >= 10 {
		t := newForkTime(c, f)
		return &t
	}
	return forkField(c, f)
}

func (g *gen) tip() *L1Block { return g.blocks[len(g.blocks)-1] }

// addL1 appends an L1 block: header, user deposits, updates of the configuration, what the batcher sends.
func (g *gen) addL1(t uint64) *L1Block {
	b := &L1Block{Blobs: map[common.Hash]hexutil.Bytes{}, Receipts: []*Receipt{}, Txs: []hexutil.Bytes{}}
	h := &b.Header
	h.Number = 100
	if len(g.blocks) > 0 {
		h.Number = g.tip().Header.Number + 1
		h.ParentHash = g.tip().Header.Hash
	}
	h.Time = hexutil.Uint64(t)
	h.MixHash = g.hash()
	fee := g.bigValue(40)
	if g.p(0.02) {
		fee = g.bigValue(256)
	}
	h.BaseFee = (*hexutil.Big)(fee)
	h.Hash = crypto.Keccak256Hash([]byte("l1 block"), h.ParentHash[:], h.MixHash[:], []byte{g.salt}, binary.BigEndian.AppendUint64(nil, uint64(h.Number)))
	if g.bpoMode {
		x := hexutil.Uint64(g.n(200_000_000))
		h.ExcessBlob = &x
		if p := l1ChainConfig(g.cfg.L1ChainID).PragueTime; p != nil && t >= *p {
			h.RequestRoot = &types.EmptyRequestsHash
		}
	} else if g.cfg.EcotoneTime != nil && g.p(0.9) {
		b.BlobBaseFee = (*hexutil.Big)(g.bigValue(60))
		if b.BlobBaseFee.ToInt().Sign() == 0 {
			b.BlobBaseFee = (*hexutil.Big)(big.NewInt(1))
		}
	}
	if g.bpoMode || g.cfg.EcotoneTime != nil && g.p(0.8) {
		r := g.hash()
		h.BeaconRoot = &r
	}
	if len(g.blocks) > 0 {
		g.fillL1(b)
	}
	g.blocks = append(g.blocks, b)
	g.l1.add(b)
	return b
}

func (g *gen) fillL1(b *L1Block) {
	var logs []*Log
	put := func(status uint64) {
		for i, l := range logs {
			l.BlockHash = b.Header.Hash
			l.LogIndex = uint(i)
			for _, r := range b.Receipts {
				l.LogIndex += uint(len(r.Logs))
			}
		}
		if logs == nil {
			logs = []*Log{}
		}
		b.Receipts = append(b.Receipts, &Receipt{Logs: logs, Status: status})
		logs = nil
	}
	for g.p(g.k.Deposit) {
		for i := 1 + g.n(3); i > 0; i-- {
			logs = append(logs, g.depositLog())
		}
		put(pick(g, uint64(1), 1, 1, 1, 0))
	}
	for g.p(g.k.SysCfg) {
		g.feat("sysconfig")
		ok := uint64(1)
		if g.p(0.1) {
			ok = 0
		}
		for i := 1 + g.n(3); i > 0; i-- {
			logs = append(logs, g.configLog(ok == 1))
		}
		put(ok)
	}
	if g.p(0.2) {
		logs = append(logs, &Log{Address: pick(g, g.addr(), g.cfg.DepositContractAddress, g.cfg.L1SystemConfigAddress), Data: g.bytes(g.n(70)), Topics: []common.Hash{g.hash()}})
		if g.p(0.3) {
			logs[0].Topics = []common.Hash{}
		}
		put(1)
	}
	g.batcherTxs(b)
}

var depositTopic = crypto.Keccak256Hash([]byte("TransactionDeposited(address,address,uint256,bytes)"))

func (g *gen) depositLog() *Log {
	data := make([]byte, 0, 200)
	mint, value := make([]byte, 32), make([]byte, 32)
	g.bigValue(pick(g, 80, 128, 256)).FillBytes(mint)
	if g.p(0.4) {
		clear(mint)
	}
	g.bigValue(pick(g, 80, 256)).FillBytes(value)
	data = append(append(data, mint...), value...)
	data = binary.BigEndian.AppendUint64(data, g.rng.Uint64()>>uint(g.n(60)))
	data = append(data, byte(g.n(2)))
	data = append(data, g.bytes(g.n(80))...)
	abi := make([]byte, 64)
	abi[31] = 32
	binary.BigEndian.PutUint64(abi[56:], uint64(len(data)))
	abi = append(abi, data...)
	for len(abi)%32 != 0 {
		abi = append(abi, 0)
	}
	from, to := g.addr(), g.addr()
	if g.p(g.k.BadDeposit) {
		g.feat("bad-deposit")
		switch g.n(3) {
		case 0:
			abi = abi[:len(abi)-32]
		case 1:
			abi[31]++
		case 2:
			return &Log{Address: g.cfg.DepositContractAddress, Data: abi, Topics: []common.Hash{depositTopic, common.BytesToHash(from[:]), common.BytesToHash(to[:]), {31: 1}}}
		}
	}
	return &Log{Address: g.cfg.DepositContractAddress, Data: abi, Topics: []common.Hash{depositTopic, common.BytesToHash(from[:]), common.BytesToHash(to[:]), {}}}
}

func (g *gen) configLog(counts bool) *Log {
	word := make([]byte, 32)
	kind := g.n(9)
	body := [][]byte{word}
	switch kind {
	case 0:
		next := g.n(len(g.keys))
		a := crypto.PubkeyToAddress(g.keys[next].PublicKey)
		copy(word[12:], a[:])
		if counts {
			defer func(n int) { g.batcher = n }(next)
		}
	case 1:
		over := make([]byte, 32)
		copy(over[24:], g.bytes(8))
		switch g.n(4) {
		case 0:
			copy(word[24:], g.bytes(8))
		case 1:
			word[0] = 1
			copy(word[24:], g.bytes(8))
		case 2:
			copy(word, g.bytes(32))
		case 3:
			word[0] = byte(g.n(4))
			copy(word[28:], g.bytes(4))
		}
		body = [][]byte{over, word}
	case 2:
		binary.BigEndian.PutUint64(word[24:], pick(g, uint64(30_000_000), 60_000_000, g.rng.Uint64()>>uint(g.n(30)), 5000))
	case 4:
		den, ela := uint32(1+g.n(500)), uint32(1+g.n(20))
		switch g.n(8) {
		case 0:
			den, ela = 0, 0
		case 1:
			den = 0
		case 2:
			ela = 0
		case 3:
			copy(word, g.bytes(24))
		}
		binary.BigEndian.PutUint32(word[24:], den)
		binary.BigEndian.PutUint32(word[28:], ela)
	case 5:
		copy(word[20:], g.bytes(12))
		if g.p(0.2) {
			copy(word, g.bytes(20))
		}
	case 6:
		binary.BigEndian.PutUint64(word[24:], g.rng.Uint64()>>uint(g.n(60)))
	case 7:
		binary.BigEndian.PutUint16(word[30:], uint16(g.n(65536)))
		if g.p(0.2) {
			word[30], word[31] = 0, 0
		}
	default:
		copy(word, g.bytes(32))
	}
	abi := make([]byte, 64)
	abi[31] = 32
	abi[63] = byte(32 * len(body))
	for _, w := range body {
		abi = append(abi, w...)
	}
	l := &Log{Address: g.cfg.L1SystemConfigAddress, Topics: []common.Hash{derive.ConfigUpdateEventABIHash, {}, {31: byte(kind)}}}
	if g.p(0.12) { // malformed
		g.feat("sysconfig-malformed")
		old := g.batcher
		defer func() { g.batcher = old }()
		switch g.n(8) {
		case 0:
			abi = abi[:len(abi)-1-g.n(40)]
		case 1:
			abi = append(abi, g.bytes(1+g.n(33))...)
		case 2:
			abi[31] = 64
		case 3:
			abi[63] ^= 96
		case 4:
			l.Topics[1] = common.Hash{31: 1}
		case 5:
			l.Topics = append(l.Topics, g.hash())
		case 6:
			l.Topics = l.Topics[:2]
		case 7:
			abi[64+g.n(20)] ^= byte(1 + g.n(255))
		}
	}
	l.Data = abi
	return l
}

// --- Sequencer

func (g *gen) sequence(now uint64) {
	ctx := context.Background()
	for {
		head := g.chain[len(g.chain)-1]
		t := head.Time + g.cfg.BlockTime
		if t > now || uint64(len(g.chain)) > g.inc.head.Number-g.cfg.Genesis.L2.Number+90 {
			return
		}
		origin := head.L1Origin
		cur := g.l1.byHash[origin.Hash]
		next := g.l1.canon[origin.Number+1]
		spec := rollup.NewChainSpec(g.cfg)
		drifted := t > uint64(cur.Header.Time)+spec.MaxSequencerDrift(uint64(cur.Header.Time))
		rude := g.p(g.k.Rude)
		can := next != nil && t >= uint64(next.Header.Time)
		if rude && g.p(0.3) && next != nil {
			can = true // even though its time has not come
			if t < uint64(next.Header.Time) {
				can = false
			}
		}
		if drifted && next == nil && !rude {
			return // it has to wait for the next L1 block
		}
		if can && (!g.p(g.k.Lazy) || drifted && !rude) {
			origin = next.ref().ID()
			drifted = t > uint64(next.Header.Time)+spec.MaxSequencerDrift(uint64(next.Header.Time))
		}
		attrs, err := g.builder.PreparePayloadAttributes(ctx, head, origin)
		if err != nil {
			return
		}
		empty := drifted && !rude
		if g.activates(t) && g.p(0.9) {
			empty = true
		}
		if !empty {
			for i := g.n(g.k.L2Txs + 1); i > 0; i-- {
				attrs.Transactions = append(attrs.Transactions, g.l2Tx(t))
			}
		}
		ref, err := g.db.seal(head, attrs)
		if err != nil {
			return
		}
		g.chain = append(g.chain, ref)
	}
}

// activates says whether t is the time of an activation block that must be empty.
func (g *gen) activates(t uint64) bool {
	for _, at := range []*uint64{g.cfg.JovianTime, newForkTime(g.cfg, 10), newForkTime(g.cfg, 11)} {
		if at != nil && t >= *at && t < *at+g.cfg.BlockTime {
			return true
		}
	}
	return false
}

func (g *gen) l2Tx(t uint64) eth.Data {
	key := g.keys[g.n(len(g.keys))]
	var to *common.Address
	if g.p(0.9) {
		a := g.addr()
		to = &a
	}
	id := g.cfg.L2ChainID
	nonce, gas, value := g.rng.Uint64()>>uint(g.n(63)), g.rng.Uint64()>>uint(20+g.n(40)), g.bigValue(pick(g, 64, 90, 256))
	price, data := g.bigValue(60), g.bytes(g.n(60))
	var inner types.TxData
	kinds := 4
	if g.cfg.IsIsthmus(t) {
		kinds = 5
	}
	var signer types.Signer = types.LatestSignerForChainID(id)
	switch g.n(kinds) {
	case 0:
		inner = &types.LegacyTx{Nonce: nonce, GasPrice: price, Gas: gas, To: to, Value: value, Data: data}
	case 1:
		inner = &types.LegacyTx{Nonce: nonce, GasPrice: price, Gas: gas, To: to, Value: value, Data: data}
		signer = types.HomesteadSigner{}
	case 2:
		inner = &types.AccessListTx{ChainID: id, Nonce: nonce, GasPrice: price, Gas: gas, To: to, Value: value, Data: data, AccessList: types.AccessList{{Address: g.addr(), StorageKeys: []common.Hash{g.hash()}}}}
	case 3:
		inner = &types.DynamicFeeTx{ChainID: id, Nonce: nonce, GasTipCap: price, GasFeeCap: g.bigValue(60), Gas: gas, To: to, Value: value, Data: data}
	case 4:
		auth := types.SetCodeAuthorization{ChainID: *uint256.MustFromBig(id), Address: g.addr(), Nonce: nonce}
		auth, _ = types.SignSetCode(key, auth)
		a := g.addr()
		inner = &types.SetCodeTx{ChainID: uint256.MustFromBig(id), Nonce: nonce, GasTipCap: uint256.MustFromBig(price), GasFeeCap: uint256.NewInt(7), Gas: gas, To: a, Value: uint256.MustFromBig(value), Data: data, AuthList: []types.SetCodeAuthorization{auth}}
	}
	raw, err := types.MustSignNewTx(key, signer, inner).MarshalBinary()
	check(err)
	return raw
}

// --- Batcher

func (g *gen) singular(ref eth.L2BlockRef) *derive.SingularBatch {
	p := g.db.payloads[ref.Hash].ExecutionPayload
	b := &derive.SingularBatch{ParentHash: p.ParentHash, EpochNum: rollup.Epoch(ref.L1Origin.Number), EpochHash: ref.L1Origin.Hash, Timestamp: ref.Time}
	for _, tx := range p.Transactions {
		if len(tx) == 0 || tx[0] != 0x7e {
			b.Transactions = append(b.Transactions, tx)
		}
	}
	return b
}

func (g *gen) badSingular(b *derive.SingularBatch) *derive.SingularBatch {
	c := *b
	c.Transactions = append([]hexutil.Bytes{}, b.Transactions...)
	switch g.n(15) {
	case 14:
		c.Transactions = append(c.Transactions, append([]byte{0x7d}, g.bytes(g.n(20))...))
	case 0:
		c.ParentHash = g.hash()
	case 1:
		c.EpochHash = g.hash()
	case 2:
		c.EpochNum += rollup.Epoch(1 + g.n(3))
	case 3:
		c.EpochNum -= rollup.Epoch(1 + g.n(3))
	case 4:
		c.Timestamp += g.cfg.BlockTime * uint64(1+g.n(3))
	case 5:
		c.Timestamp -= g.cfg.BlockTime * uint64(1+g.n(3))
	case 6:
		c.Timestamp++
	case 7:
		c.Transactions = append(c.Transactions, append([]byte{0x7e}, g.bytes(20)...))
	case 8:
		c.Transactions = append(c.Transactions, hexutil.Bytes{})
	case 9:
		c.Transactions = append(c.Transactions, append([]byte{0x04}, g.bytes(20)...))
	case 10:
		c.Transactions = append(c.Transactions, append([]byte{byte(g.n(256))}, g.bytes(g.n(20))...))
	case 11: // the next or the previous L1 block, with its right hash
		n := uint64(int64(c.EpochNum) + int64(pick(g, -2, -1, 1, 2)))
		if l := g.l1.canon[n]; l != nil {
			c.EpochNum, c.EpochHash = rollup.Epoch(n), l.Header.Hash
		}
	case 12: // an other, but valid block
		c.Transactions = append(c.Transactions, g.l2Tx(c.Timestamp))
	case 13:
		c.Transactions = nil
	}
	return &c
}

func encodeBatch(inner derive.InnerBatchData) []byte {
	raw, err := rlp.EncodeToBytes(derive.NewBatchData(inner))
	check(err)
	return raw
}

// span encodes chain[from:to] as one span batch, perhaps a faulty one.
func (g *gen) span(from, to int) []byte {
	sb := derive.NewSpanBatch(g.cfg.Genesis.L2Time, g.cfg.L2ChainID)
	bad := g.p(g.k.Batch)
	kind := g.n(15)
	at := from + g.n(to-from)
	for i := from; i < to; i++ {
		ref := g.chain[i]
		b := g.singular(ref)
		seq := ref.SequenceNumber
		if bad && i == at {
			switch kind {
			case 0:
				b.Transactions = append(b.Transactions, g.l2Tx(b.Timestamp))
			case 1:
				b.Transactions = nil
			case 2:
				b.EpochNum++
			case 3:
				if i > from {
					b.EpochNum--
				}
			case 4:
				if seq == 0 {
					seq = 1
				} else {
					seq = 0
				}
			case 5:
				b.EpochNum += 2
			}
		}
		if err := sb.AppendSingularBatch(b, seq); err != nil {
			return nil // a transaction that a span cannot hold
		}
	}
	if bad {
		g.feat("bad-span")
		switch kind {
		case 6:
			copy(sb.ParentCheck[:], g.bytes(20))
		case 7:
			copy(sb.L1OriginCheck[:], g.bytes(20))
		case 8:
			sb.Batches[0].Timestamp += g.cfg.BlockTime * uint64(1+g.n(2))
		case 9:
			if sb.Batches[0].Timestamp >= g.cfg.Genesis.L2Time+3*g.cfg.BlockTime {
				sb.Batches[0].Timestamp -= g.cfg.BlockTime * uint64(1+g.n(2))
			}
		case 10:
			sb.Batches[0].Timestamp++
		case 12: // back to the genesis block, and what is before it nobody knows
			sb.Batches[0].Timestamp = g.cfg.Genesis.L2Time
		case 13:
			sb.Batches[len(sb.Batches)-1].EpochNum -= rollup.Epoch(pick(g, 1, 1, 2))
		case 14: // further back, all of it
			if d := g.cfg.BlockTime * uint64(1+g.n(6)); sb.Batches[0].Timestamp >= g.cfg.Genesis.L2Time+d {
				sb.Batches[0].Timestamp -= d
				if p := max(1, from-int(d/g.cfg.BlockTime)); g.p(0.7) {
					copy(sb.ParentCheck[:], g.chain[p].ParentHash[:20])
				}
			}
		case 11:
			sb.Batches[len(sb.Batches)-1].EpochNum += rollup.Epoch(pick(g, 1, 1, 2, 50))
		}
	}
	raw, err := sb.ToRawSpanBatch()
	check(err)
	var buf bytes.Buffer
	func() {
		defer func() {
			if p := recover(); p != nil {
				buf.Reset()
			}
		}()
		enc, err := rlp.EncodeToBytes(derive.NewBatchData(raw))
		if err == nil {
			buf.Write(enc)
		}
	}()
	out := buf.Bytes()
	if bad && kind == 0 && g.p(0.3) && len(out) > 40 { // bytes of the span itself
		out[6+g.n(len(out)-6)] ^= byte(1 + g.n(255))
	}
	return out
}

// makeChannel takes some of the pending blocks and queues their frames.
func (g *gen) makeChannel() {
	tip := len(g.chain)
	if g.ptr >= tip {
		return
	}
	count := 1 + g.n(tip-g.ptr)
	if g.p(0.3) {
		count = tip - g.ptr
	}
	from, to := g.ptr, g.ptr+count
	if g.p(g.k.Gap) && from+2 < to {
		g.feat("gap")
		from += 1 + g.n(2) // those left out come back once derivation stalls, or right after
		if g.p(0.5) {
			defer func(a int) { g.ptr = a }(g.ptr)
		}
	}
	l1Time := uint64(g.tip().Header.Time)
	var content []byte
	useSpan := g.p(g.k.Span) && (g.cfg.IsDelta(l1Time) || g.p(0.03))
	if useSpan {
		for a := from; a < to; {
			b := min(to, a+1+g.n(to-a))
			start := a
			if g.p(g.k.Overlap) {
				g.feat("overlap")
				start = max(1, a-g.n(8))
			}
			if part := g.span(start, b); part != nil {
				content = append(content, part...)
			} else {
				for i := a; i < b; i++ {
					content = append(content, encodeBatch(g.singular(g.chain[i]))...)
				}
			}
			a = b
		}
	} else {
		for i := from; i < to; i++ {
			b := g.singular(g.chain[i])
			if g.p(g.k.Batch) {
				g.feat("bad-singular")
				switch g.n(4) {
				case 0:
					continue
				case 1:
					content = append(content, encodeBatch(b)...)
				case 2:
					content = append(content, encodeBatch(g.badSingular(b))...)
				case 3:
					b = g.badSingular(b)
				}
			}
			content = append(content, encodeBatch(b)...)
			if g.p(g.k.Overlap * 0.3) {
				content = append(content, encodeBatch(g.singular(g.chain[max(1, i-g.n(4))]))...)
			}
		}
	}
	g.ptr = to
	if g.p(g.k.Channel) {
		content = g.badContent(content)
	}
	if !g.cfg.IsFjord(l1Time) && g.p(g.k.Big) {
		g.feat("big")
		b := g.singular(g.chain[max(1, from-3)])
		b.ParentHash = g.hash()
		b.Transactions = []hexutil.Bytes{make([]byte, 10_000_000-len(content)-g.n(300)+g.n(300))}
		b.Transactions[0][0] = 2
		if g.p(0.5) {
			content = append(encodeBatch(b), content...)
		} else {
			content = append(content, encodeBatch(b)...)
		}
	}
	data := g.compress(content, l1Time)
	if g.p(g.k.Channel) {
		data = g.badChannel(data)
	}
	g.queueFrames(data, l1Time)
}

func (g *gen) badContent(c []byte) []byte {
	g.feat("bad-content")
	switch g.n(6) {
	case 0:
		return append(c, g.bytes(1+g.n(20))...)
	case 1:
		return append([]byte{0x82, byte(2 + g.n(200)), 0}, c...)
	case 2:
		return append(c, 0xc0)
	case 3:
		return append(c, 0x80)
	case 4:
		if len(c) > 2 {
			return c[:len(c)-1-g.n(len(c)/2+1)]
		}
	case 5:
		if len(c) > 0 {
			c[g.n(len(c))] ^= byte(1 + g.n(255))
		}
	}
	return c
}

func (g *gen) compress(content []byte, l1Time uint64) []byte {
	var buf bytes.Buffer
	useBrotli := g.cfg.IsFjord(l1Time) && g.p(g.k.Brotli) || g.p(0.01)
	if useBrotli {
		g.feat("brotli")
		buf.WriteByte(1)
		w := brotli.NewWriterLevel(&buf, g.n(12))
		_, _ = w.Write(content)
		_ = w.Close()
	} else {
		w, _ := zlib.NewWriterLevel(&buf, g.n(10))
		_, _ = w.Write(content)
		_ = w.Close()
	}
	return buf.Bytes()
}

func (g *gen) badChannel(d []byte) []byte {
	g.feat("bad-channel")
	switch g.n(5) {
	case 0:
		return d[:g.n(len(d)+1)]
	case 1:
		d[g.n(len(d))] ^= byte(1 << g.n(8))
	case 2:
		return append(d, g.bytes(1+g.n(30))...)
	case 3:
		return g.bytes(g.n(200))
	case 4:
		d[0] = byte(g.n(256))
	}
	return d
}

func (g *gen) queueFrames(data []byte, l1Time uint64) {
	var id derive.ChannelID
	copy(id[:], g.bytes(16))
	parts := 1
	if g.p(0.5) {
		parts = 1 + g.n(6)
	}
	var frames []derive.Frame
	for i := 0; i < parts; i++ {
		size := len(data) / (parts - i)
		if i == parts-1 {
			size = len(data)
		} else if g.p(0.5) && size > 0 {
			size = g.n(size + 1)
		}
		frames = append(frames, derive.Frame{ID: id, FrameNumber: uint16(i), Data: data[:size], IsLast: i == parts-1})
		data = data[size:]
	}
	if g.p(g.k.Frame) {
		frames = g.badFrames(frames)
	}
	var txs []queuedTx
	blob := g.cfg.IsEcotone(l1Time) && g.p(g.k.Blob)
	for len(frames) > 0 {
		n := 1 + g.n(len(frames))
		if g.p(0.4) {
			n = 1
		}
		var buf bytes.Buffer
		buf.WriteByte(0)
		for _, f := range frames[:n] {
			check(f.MarshalBinary(&buf))
		}
		frames = frames[n:]
		d := buf.Bytes()
		if g.p(g.k.Tx) {
			d = g.badTxData(d)
		}
		txs = append(txs, queuedTx{d, blob && len(d) < eth.MaxBlobDataSize})
	}
	if len(txs) > 1 && g.p(g.k.Hold) {
		g.feat("hold")
		spec := rollup.NewChainSpec(g.cfg)
		at := 1 + g.n(len(txs)-1)
		due := len(g.blocks) + int(spec.ChannelTimeout(l1Time)) + g.n(5) - 2
		for _, q := range txs[at:] {
			g.held = append(g.held, heldTx{due, q})
		}
		txs = txs[:at]
	}
	if g.p(g.k.Order) && len(g.outbox) > 0 { // interleave with what waits
		g.feat("interleave")
		var mixed []queuedTx
		a, b := g.outbox, txs
		for len(a)+len(b) > 0 {
			if len(b) == 0 || len(a) > 0 && g.p(0.5) {
				mixed, a = append(mixed, a[0]), a[1:]
			} else {
				mixed, b = append(mixed, b[0]), b[1:]
			}
		}
		g.outbox = mixed
	} else {
		g.outbox = append(g.outbox, txs...)
	}
	if g.p(g.k.Order) {
		g.feat("shuffle")
		g.rng.Shuffle(len(g.outbox), func(i, j int) { g.outbox[i], g.outbox[j] = g.outbox[j], g.outbox[i] })
	}
}

func (g *gen) badFrames(fs []derive.Frame) []derive.Frame {
	g.feat("bad-frames")
	i := g.n(len(fs))
	switch g.n(11) {
	case 0:
		return append(fs[:i:i], fs[i+1:]...)
	case 1:
		return append(append(append([]derive.Frame{}, fs[:i+1]...), fs[i]), fs[i+1:]...)
	case 2:
		g.rng.Shuffle(len(fs), func(a, b int) { fs[a], fs[b] = fs[b], fs[a] })
	case 3:
		fs[i].IsLast = !fs[i].IsLast
	case 4:
		fs[i].FrameNumber += uint16(1 + g.n(3))
	case 5:
		fs[i].FrameNumber = 65535
	case 6:
		f := fs[len(fs)-1]
		f.FrameNumber++
		f.IsLast = g.p(0.5)
		f.Data = g.bytes(g.n(50))
		return append(fs, f)
	case 7:
		fs[i].Data = append([]byte{}, fs[i].Data[:g.n(len(fs[i].Data)+1)]...)
	case 8:
		f := fs[i]
		f.Data = g.bytes(g.n(50))
		return append([]derive.Frame{f}, fs...)
	case 9:
		var f derive.Frame
		copy(f.ID[:], g.bytes(16))
		f.FrameNumber, f.IsLast, f.Data = uint16(g.n(2)), g.p(0.5), g.bytes(g.n(60))
		return append(append(append([]derive.Frame{}, fs[:i]...), f), fs[i:]...)
	case 10:
		return append(fs, fs...)
	}
	return fs
}

func (g *gen) badTxData(d []byte) []byte {
	g.feat("bad-tx-data")
	switch g.n(7) {
	case 0:
		d[0] = byte(1 + g.n(255))
	case 1:
		return d[:g.n(len(d)+1)]
	case 2:
		return append(d, g.bytes(1+g.n(30))...)
	case 3:
		return d[:1]
	case 4:
		return nil
	case 5:
		d[1+g.n(len(d)-1)] ^= byte(1 << g.n(8))
	case 6:
		d[len(d)-1] = byte(g.n(256))
	}
	return d
}

// batcherTxs moves part of the queue into an L1 block.
func (g *gen) batcherTxs(b *L1Block) {
	if g.silent > 0 {
		g.silent--
		return
	}
	if g.p(g.k.Silent) {
		g.silent = 1 + g.n(int(g.cfg.SeqWindowSize)+4)
		if g.silent > 45 {
			g.silent = 45
		}
		g.feat("silent")
		if g.p(0.5) {
			g.outbox = nil
		}
		return
	}
	n := len(g.outbox)
	if n > 0 && g.p(0.4) {
		n = g.n(n + 1)
	}
	if n > 12 {
		n = 12
	}
	send := g.outbox[:n]
	g.outbox = g.outbox[n:]
	var later []heldTx
	for _, h := range g.held {
		if h.due <= len(g.blocks) {
			send = append(append([]queuedTx{}, send...), h.tx)
		} else {
			later = append(later, h)
		}
	}
	g.held = later
	if g.p(g.k.Order) && len(g.old) > 0 {
		g.feat("resend")
		send = append(append([]queuedTx{}, send...), g.old[g.n(len(g.old))])
	}
	for i := 0; i < len(send); {
		q := send[i]
		if q.blob {
			j := i + 1
			for j < len(send) && send[j].blob && j-i < 3 && g.p(0.6) {
				j++
			}
			g.blobTx(b, send[i:j])
			i = j
		} else {
			g.callTx(b, q.data)
			i++
		}
		g.old = append(g.old, q)
	}
	if g.p(g.k.Tx * 0.5) {
		g.callTx(b, append([]byte{0}, g.bytes(g.n(100))...))
	}
}

func (g *gen) l1Key() *ecdsa.PrivateKey {
	if g.p(g.k.Tx * 0.3) {
		return g.keys[g.n(len(g.keys))]
	}
	return g.keys[g.batcher]
}

func (g *gen) push(b *L1Block, inner types.TxData) {
	signer := types.LatestSignerForChainID(g.cfg.L1ChainID)
	key := g.l1Key()
	tx := types.MustSignNewTx(key, signer, inner)
	if g.p(g.k.Tx * 0.4) {
		g.feat("odd-signature")
		_, isBlob := inner.(*types.BlobTx)
		legacy, isLegacy := inner.(*types.LegacyTx)
		switch k := g.n(4); {
		case k == 0: // the other s
			v, r, s := tx.RawSignatureValues()
			sig := make([]byte, 65)
			r.FillBytes(sig[:32])
			new(big.Int).Sub(crypto.S256().Params().N, s).FillBytes(sig[32:64])
			sig[64] = byte(v.Uint64()&1) ^ 1
			if isLegacy {
				sig[64] = byte(v.Uint64() & 1)
			}
			var err error
			tx, err = tx.WithSignature(signer, sig)
			check(err)
		case k == 1 && isLegacy: // before EIP-155
			tx = types.MustSignNewTx(key, types.HomesteadSigner{}, legacy)
		case k == 2 && !isBlob && !isLegacy: // of another chain
			if d, ok := inner.(*types.DynamicFeeTx); ok {
				d.ChainID = big.NewInt(77)
				tx = types.MustSignNewTx(key, types.LatestSignerForChainID(d.ChainID), d)
			}
		case k == 3 && isLegacy:
			tx = types.MustSignNewTx(key, types.LatestSignerForChainID(big.NewInt(77)), legacy)
		}
	}
	raw, err := tx.MarshalBinary()
	check(err)
	b.Txs = append(b.Txs, raw)
	b.Receipts = append(b.Receipts, &Receipt{Logs: []*Log{}, Status: pick(g, uint64(1), 1, 1, 0)})
}

func (g *gen) callTx(b *L1Block, data []byte) {
	to := g.cfg.BatchInboxAddress
	if g.p(g.k.Tx * 0.2) {
		to = g.addr()
	}
	id := g.cfg.L1ChainID
	nonce := uint64(g.n(1000))
	switch k := g.n(12); {
	case k < 2:
		g.push(b, &types.LegacyTx{Nonce: nonce, GasPrice: big.NewInt(1e9), Gas: 100000, To: &to, Value: big.NewInt(0), Data: data})
	case k < 4:
		g.push(b, &types.AccessListTx{ChainID: id, Nonce: nonce, GasPrice: big.NewInt(1e9), Gas: 100000, To: &to, Value: big.NewInt(0), Data: data})
	case k < 5 && g.p(g.k.Tx):
		g.feat("l1-setcode")
		auth, _ := types.SignSetCode(g.keys[0], types.SetCodeAuthorization{Address: g.addr()})
		g.push(b, &types.SetCodeTx{ChainID: uint256.MustFromBig(id), Nonce: nonce, GasTipCap: uint256.NewInt(1), GasFeeCap: uint256.NewInt(7), Gas: 100000, To: to, Value: uint256.NewInt(0), Data: data, AuthList: []types.SetCodeAuthorization{auth}})
	case k < 7 && g.p(g.k.Tx):
		g.feat("l1-deposit")
		g.pushDeposit(b, to, data)
	case k < 8 && g.p(g.k.Tx):
		g.push(b, &types.DynamicFeeTx{ChainID: id, Nonce: nonce, GasTipCap: big.NewInt(1), GasFeeCap: big.NewInt(1e9), Gas: 100000, To: nil, Value: big.NewInt(0), Data: data})
	default:
		g.push(b, &types.DynamicFeeTx{ChainID: id, Nonce: nonce, GasTipCap: big.NewInt(1), GasFeeCap: big.NewInt(1e9), Gas: 100000, To: &to, Value: big.NewInt(0), Data: data})
	}
}

// pushDeposit adds an L1 transaction of the deposit type, as an L1 that is a rollup itself has them.
func (g *gen) pushDeposit(b *L1Block, to common.Address, data []byte) {
	raw, err := rlp.EncodeToBytes([]any{g.hash(), crypto.PubkeyToAddress(g.l1Key().PublicKey), to, []byte{}, []byte{}, uint64(100000), false, data})
	check(err)
	b.Txs = append(b.Txs, append([]byte{0x7e}, raw...))
	b.Receipts = append(b.Receipts, &Receipt{Logs: []*Log{}, Status: 1})
}

func (g *gen) blobTx(b *L1Block, qs []queuedTx) {
	to := g.cfg.BatchInboxAddress
	tx := &types.BlobTx{ChainID: uint256.MustFromBig(g.cfg.L1ChainID), Nonce: uint64(g.n(1000)), GasTipCap: uint256.NewInt(1), GasFeeCap: uint256.NewInt(1e9), Gas: 21000, To: to, Value: uint256.NewInt(0), BlobFeeCap: uint256.NewInt(1e9)}
	for _, q := range qs {
		var blob eth.Blob
		check(blob.FromData(q.data))
		if g.p(g.k.Tx) {
			g.feat("bad-blob")
			switch g.n(5) {
			case 0:
				blob[1] = byte(1 + g.n(255))
			case 1:
				copy(blob[2:5], g.bytes(3))
			case 2:
				blob[32*g.n(200)] |= byte(64 << g.n(2))
			case 3:
				blob[len(blob)-1-g.n(20000)] |= 1
			case 4:
				blob[4]++
			}
		}
		h := crypto.Keccak256Hash(blob[:])
		h[0] = 1
		tx.BlobHashes = append(tx.BlobHashes, h)
		b.Blobs[h] = bytes.TrimRight(blob[:], "\x00")
	}
	if g.p(g.k.Tx * 0.5) {
		tx.Data = g.bytes(20)
	}
	g.push(b, tx)
}

// follow makes the sequencer and the batcher accept what derivation says.
func (g *gen) follow() {
	r := g.inc
	base := g.cfg.Genesis.L2.Number
	i := int(r.head.Number - base)
	if i >= len(g.chain) || g.chain[i].Hash != r.head.Hash {
		g.feat("sequencer-reorg")
		chain := []eth.L2BlockRef{}
		for n := base; n <= r.head.Number; n++ {
			chain = append(chain, g.db.refs[r.view.canon[n]])
		}
		g.chain = chain
		g.ptr = len(chain)
		if g.p(0.6) {
			g.outbox = nil
		}
	}
	if r.head.Number == g.lastInc {
		g.stall++
	} else {
		g.stall = 0
	}
	g.lastInc = r.head.Number
	if g.stall > 2+g.n(5) && g.ptr > i+1 && g.silent == 0 {
		g.stall = 0
		g.ptr = i + 1
		if g.p(0.6) {
			g.outbox = nil
		}
	}
}

func (g *gen) grow(n int, target int) {
	for i := 0; i < n && !g.inc.dead; i++ {
		step := g.cfg.BlockTime * uint64(1+g.n(int(g.gapTarget)))
		if g.p(0.2) {
			step = uint64(1 + g.n(24))
		}
		if g.p(g.k.SlowL1) {
			step = pick(g, 20, 60, g.cfg.MaxSequencerDrift+uint64(g.n(40)), 1800+uint64(g.n(100)))
			if step > g.cfg.BlockTime*60 {
				step = g.cfg.BlockTime * 60
			}
		}
		t := uint64(g.tip().Header.Time) + step
		now := t - uint64(g.n(int(step)))
		if g.ahead {
			now = t + uint64(g.n(40))
		}
		g.sequence(now)
		for j := g.n(3); j > 0; j-- {
			g.makeChannel()
		}
		g.addL1(t)
		g.inc.drain()
		g.follow()
		if i > 12 && int(g.inc.head.Number-g.cfg.Genesis.L2.Number) >= target && g.p(0.2) {
			return
		}
	}
}

// flush lets the batcher bring everything to L1.
func (g *gen) flush() {
	for i := 0; i < 4 && !g.inc.dead; i++ {
		g.silent = 0
		g.ptr = min(g.ptr, len(g.chain))
		g.makeChannel()
		g.addL1(uint64(g.tip().Header.Time) + 12)
		g.inc.drain()
		g.follow()
	}
}

func (g *gen) run() *Scenario {
	target := 55 + g.n(40)
	length := 90
	if g.k.Profile == "timeout" {
		length = 140
	}
	if g.k.Profile == "reorg" {
		g.grow(12+g.n(30), target/2)
		a := append([]*L1Block{}, g.blocks...)
		depth := 1 + g.n(min(len(a)-2, 14))
		fork := len(a) - depth
		g.s.BlocksA, g.s.ForkAt = a, &fork
		// Start afresh on the common part.
		g.blocks = append([]*L1Block{}, a[:fork]...)
		g.salt++
		l1 := newL1(g.blocks)
		for h, b := range g.l1.byHash {
			l1.byHash[h] = b
		}
		g.l1 = l1
		g.inc = newRunner(g.s, l1, g.db, quiet())
		g.builder = newBuilder(g.cfg, l1, g.inc.view, l1ChainConfig(g.cfg.L1ChainID))
		g.inc.drain()
		keep := len(g.chain)
		for keep > 1 && !l1.isCanonical(g.chain[keep-1].L1Origin) {
			keep--
		}
		g.chain = g.chain[:keep]
		g.ptr = min(g.ptr, keep)
		g.outbox, g.old = nil, nil
		// The batcher's key as of the fork: that of the safe head is good enough, faults are welcome.
		g.follow()
		if sc, err := g.inc.view.SystemConfigByL2Hash(context.Background(), g.chain[len(g.chain)-1].Hash); err == nil {
			for i, k := range g.keys {
				if crypto.PubkeyToAddress(k.PublicKey) == sc.BatcherAddr {
					g.batcher = i
				}
			}
		}
		g.ptr = int(g.inc.head.Number-g.cfg.Genesis.L2.Number) + 1
		g.grow(depth+20+g.n(30), target)
		for len(g.blocks) <= len(a) {
			g.addL1(uint64(g.tip().Header.Time) + 12)
		}
		g.flush()
		g.s.BlocksB = g.blocks[fork:]
	} else {
		g.grow(length, target)
		g.flush()
		g.s.Blocks = g.blocks
	}
	g.finish()
	return g.s
}

func (g *gen) finish() {
	s := g.s
	raw, err := json.Marshal(g.cfg)
	check(err)
	s.RawCfg = raw
	check(s.load()) // what is derived is what the file says
	s.Genesis = map[string]any{"blockHash": g.cfg.Genesis.L2.Hash, "blockNumber": hexutil.Uint64(g.cfg.Genesis.L2.Number), "timestamp": hexutil.Uint64(g.cfg.Genesis.L2Time), "gasLimit": hexutil.Uint64(g.cfg.Genesis.SystemConfig.GasLimit)}
	s.Notes = g.feats
	s.Derived, s.Events = s.derive(quiet())
	if s.Derived == nil {
		s.Derived = []*Derived{}
	}
	if s.Events == nil {
		s.Events = []*Event{}
	}
}

func (g *gen) schedule() string {
	var at []string
	t0 := g.cfg.Genesis.L2Time
	first := "bedrock"
	for f := 1; f <= 11; f++ {
		t := *fieldOf(g.cfg, f)
		if t == nil {
			continue
		}
		if *t <= t0 {
			first = forkNames[f]
		} else {
			at = append(at, fmt.Sprintf("%s+%d", forkNames[f], *t-t0))
		}
	}
	return strings.Join(append([]string{first}, at...), ",")
}

// genFiles writes scenarios, a file of many cases at a time.
func genFiles(args []string) {
	fs := flag.NewFlagSet("gen", flag.ExitOnError)
	seed := fs.Int64("seed", 1, "seed of the first scenario")
	count := fs.Int("n", 20, "scenarios")
	per := fs.Int("per", 20, "scenarios a file")
	out := fs.String("out", ".", "folder")
	prefix := fs.String("prefix", "pipeline_gen", "file name prefix")
	profile := fs.String("profile", "", "only this profile")
	maxFork := fs.String("max-fork", "karst", "newest fork")
	minFork := fs.Int("min-blocks", 0, "leave out scenarios with fewer L2 blocks")
	fs.Float64Var(&aheadChance, "ahead", 0, "share of scenarios whose sequencer's clock is ahead of L1's")
	check(fs.Parse(args))
	check(os.MkdirAll(*out, 0o755))
	debug.SetGCPercent(200)
	top := 0
	for i, n := range forkNames {
		if n == *maxFork {
			top = i
		}
	}
	var f *file
	index, blocks, cases := 0, 0, 0
	flush := func() {
		if f != nil && len(f.Cases) > 0 {
			name := fmt.Sprintf("%s_%04d", *prefix, index)
			f.Meta["file"] = name
			writeFile(filepath.Join(*out, name+".json.gz"), gzip.BestSpeed, f)
			index++
		}
		f = nil
	}
	for i := 0; i < *count; i++ {
		s := *seed + int64(i)
		prof := *profile
		if prof == "" {
			prof = profiles[int(s)%len(profiles)]
		}
		g := newGen(s, prof, top)
		sc := g.run()
		sc.Name = fmt.Sprintf("%d-%s-%s", s, prof, g.schedule())
		if len(sc.Derived) < *minFork {
			continue
		}
		if f == nil {
			f = &file{Meta: map[string]any{"reference": referenceVersion, "seed": *seed, "format": "README.md no. 5 (pipeline)"}}
		}
		f.Cases = append(f.Cases, sc)
		blocks += len(sc.Derived)
		cases++
		if len(f.Cases) >= *per {
			flush()
		}
	}
	flush()
	fmt.Fprintf(os.Stderr, "%d scenarios, %d blocks, %d files\n", cases, blocks, index)
}
