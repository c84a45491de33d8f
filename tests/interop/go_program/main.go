// Package main: the reference's fault-proof program (it is in v1.16, gone in v1.19) on tiny chains with random contracts, with
// every pre-image and hint recorded. Arguments: seed, file to write.
package main

import (
	"bytes"
	"compress/zlib"
	"crypto/ecdsa"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"math/rand"
	"os"
	"sort"
	"strings"
	"sync"

	"github.com/ethereum-optimism/optimism/op-node/rollup"
	"github.com/ethereum-optimism/optimism/op-node/rollup/derive"
	preimage "github.com/ethereum-optimism/optimism/op-preimage"
	"github.com/ethereum-optimism/optimism/op-program/client"
	"github.com/ethereum-optimism/optimism/op-program/client/mpt"
	"github.com/ethereum-optimism/optimism/op-service/eth"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core"
	"github.com/ethereum/go-ethereum/core/rawdb"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/core/vm"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/log"
	"github.com/ethereum/go-ethereum/params"
	"github.com/ethereum/go-ethereum/rlp"
	"github.com/ethereum/go-ethereum/trie"
	"github.com/ethereum/go-ethereum/triedb"
	"github.com/ethereum/go-ethereum/triedb/hashdb"
)

func ptr[T any](v T) *T { return &v }

func key(seed string) *ecdsa.PrivateKey {
	k, err := crypto.ToECDSA(crypto.Keccak256([]byte(seed)))
	must(err)
	return k
}

var (
	portal  = common.HexToAddress("0x00000000000000000000000000000000000000d1")
	sysconf = common.HexToAddress("0x00000000000000000000000000000000000000d2")
	inbox   = common.HexToAddress("0xff00000000000000000000000000000000000901")
	counter = common.HexToAddress("0x0000000000000000000000000000000000001111")
	signer  = common.HexToAddress("0x0000000000000000000000000000000000002222")
)

type chain struct {
	store   map[[32]byte][]byte // keccak pre-images
	cfg     *rollup.Config
	l2cfg   *params.ChainConfig
	l1cfg   *params.ChainConfig
	l1      []*types.Header
	agreed  common.Hash
	summary obj
}

func (c *chain) add(data []byte) common.Hash {
	h := crypto.Keccak256Hash(data)
	c.store[preimage.Keccak256Key(h).PreimageKey()] = common.CopyBytes(data)
	return h
}

func (c *chain) addTrie(values []hexutil.Bytes) common.Hash {
	root, nodes := mpt.WriteTrie(values)
	for _, n := range nodes {
		c.add(n)
	}
	return root
}

func bytes32(n uint64) []byte { return common.LeftPadBytes(new(big.Int).SetUint64(n).Bytes(), 32) }

// depositLog is the portal's event for a deposit that mints and calls the counter.
func depositLog(from common.Address, block common.Hash) *types.Log {
	opaque := append(bytes32(5_000), bytes32(1_000)...) // mint, value
	opaque = binary.BigEndian.AppendUint64(opaque, 100_000)
	opaque = append(opaque, 0)
	opaque = append(opaque, 1, 2, 3)
	data := append(bytes32(32), bytes32(uint64(len(opaque)))...)
	data = append(data, common.RightPadBytes(opaque, (len(opaque)+31)/32*32)...)
	return &types.Log{Address: portal, Topics: []common.Hash{derive.DepositEventABIHash, common.BytesToHash(from[:]), common.BytesToHash(counter[:]), {}}, Data: data, BlockHash: block}
}

// chaosCode is a program that reads and writes storage, and looks at or calls others.
func chaosCode(r *rand.Rand, others []common.Address) (code []byte) {
	for i := 0; i < 14; i++ {
		a := others[r.Intn(len(others))]
		k := byte(r.Intn(24))
		addr := append([]byte{0x73}, a[:]...)
		switch r.Intn(11) {
		case 0, 1, 2:
			v := byte(r.Intn(200))
			if r.Intn(2) == 0 {
				v = 0
			}
			code = append(code, 0x60, v, 0x60, k, 0x55)
		case 3:
			code = append(code, 0x60, k, 0x54, 0x50)
		case 4:
			code = append(code, 0x60, byte(r.Intn(10)), 0x43, 0x03, 0x40, 0x50)
		case 5:
			code = append(append(code, addr...), 0x31, 0x50)
		case 6:
			code = append(append(code, addr...), 0x3f, 0x50)
		case 7:
			code = append(append(code, addr...), 0x3b, 0x50)
		case 8:
			v := byte(r.Intn(2))
			code = append(code, 0x60, 0, 0x60, 0, 0x60, byte(r.Intn(200)), 0x60, 0, 0x60, v)
			code = append(append(code, addr...), 0x62, 1, 0xff, 0xff, 0xf1, 0x50)
		case 9:
			code = append(code, 0x60, 0x20, 0x60, 0, 0x60, byte(192*r.Intn(2)), 0x60, 0, 0x60, 8, 0x62, 1, 0xff, 0xff, 0xfa, 0x50)
		case 10:
			switch r.Intn(6) {
			case 0:
				code = append(append(code, addr...), 0xff)
			case 1:
				// create: the code is one byte of zero
				code = append(code, 0x60, 1, 0x60, 0, 0x60, 0, 0xf0, 0x50)
			default:
				// copy code
				code = append(code, 0x60, 8, 0x60, 0, 0x60, 0)
				code = append(append(code, addr...), 0x3c)
			}
		}
	}
	return
}

// build makes the chain; with clash, the deposit comes from the user whose later transaction then has a used nonce:
// before Holocene that makes the whole span batch fail, from Holocene on the block is built of deposits only.
func build(seed int64, fork string, clash bool) *chain {
	r := rand.New(rand.NewSource(seed))
	c := &chain{store: map[[32]byte][]byte{}, summary: obj{}}
	batcher, user := key("batcher"), key(fmt.Sprintf("user %d", seed))
	userAddr := crypto.PubkeyToAddress(user.PublicKey)
	depositor := userAddr
	if !clash {
		depositor = common.HexToAddress("0x00000000000000000000000000000000000d0d0d")
	}
	t0 := uint64(1_700_000_000)
	c.l1cfg = &params.ChainConfig{ChainID: big.NewInt(900), HomesteadBlock: common.Big0, EIP150Block: common.Big0, EIP155Block: common.Big0, EIP158Block: common.Big0, ByzantiumBlock: common.Big0, ConstantinopleBlock: common.Big0, PetersburgBlock: common.Big0, IstanbulBlock: common.Big0,
		BerlinBlock: common.Big0, LondonBlock: common.Big0, TerminalTotalDifficulty: common.Big0, ShanghaiTime: ptr(uint64(0)), CancunTime: ptr(uint64(0)), BlobScheduleConfig: &params.BlobScheduleConfig{Cancun: params.DefaultCancunBlobConfig}}
	c.l2cfg = &params.ChainConfig{ChainID: big.NewInt(901), HomesteadBlock: common.Big0, EIP150Block: common.Big0, EIP155Block: common.Big0, EIP158Block: common.Big0, ByzantiumBlock: common.Big0, ConstantinopleBlock: common.Big0, PetersburgBlock: common.Big0, IstanbulBlock: common.Big0,
		MuirGlacierBlock: common.Big0, ArrowGlacierBlock: common.Big0, GrayGlacierBlock: common.Big0, MergeNetsplitBlock: common.Big0, BerlinBlock: common.Big0, LondonBlock: common.Big0, BedrockBlock: common.Big0, TerminalTotalDifficulty: common.Big0, RegolithTime: ptr(uint64(0)), CanyonTime: ptr(uint64(0)), ShanghaiTime: ptr(uint64(0)),
		EcotoneTime: ptr(uint64(0)), CancunTime: ptr(uint64(0)), FjordTime: ptr(uint64(0)), GraniteTime: ptr(uint64(0)), Optimism: &params.OptimismConfig{EIP1559Elasticity: 6, EIP1559Denominator: 50, EIP1559DenominatorCanyon: ptr(uint64(250))}}
	var extra []byte
	if fork != "granite" {
		c.l2cfg.HoloceneTime = ptr(uint64(0))
		extra = []byte{0, 0, 0, 0, 250, 0, 0, 0, 6}
	}
	if fork == "isthmus" {
		c.l2cfg.IsthmusTime, c.l2cfg.PragueTime = ptr(uint64(0)), ptr(uint64(0))
	}
	gen := &core.Genesis{Config: c.l2cfg, Timestamp: t0, ExtraData: extra, GasLimit: 30_000_000, BaseFee: big.NewInt(1_000_000_000), Difficulty: common.Big0, Alloc: types.GenesisAlloc{
		userAddr: {Balance: new(big.Int).Mul(big.NewInt(100), big.NewInt(params.Ether))},
		// slot 0 += 1
		counter: {Code: common.FromHex("60005460010160005500"), Balance: common.Big0},
		// copies 128 bytes of call data to memory, asks the recovery precompile, stores the answer in slot 1
		signer:                       {Code: common.FromHex("608060006000376020600060806000600162030d40fa50600051600155" + "00"), Balance: common.Big0},
		params.HistoryStorageAddress: {Code: params.HistoryStorageCode, Nonce: 1, Balance: common.Big0},
		common.HexToAddress("0x4200000000000000000000000000000000000016"): {Code: []byte{0}, Balance: common.Big0, Storage: map[common.Hash]common.Hash{{1}: {2}}},
	}}
	var others []common.Address
	for i := 0; i < 24; i++ {
		var a common.Address
		r.Read(a[:])
		acc := types.Account{Balance: big.NewInt(int64(r.Intn(3)))}
		if r.Intn(3) == 0 {
			acc.Code = append([]byte{0x00}, a[:r.Intn(20)]...)
		}
		if r.Intn(3) == 0 {
			acc.Nonce = uint64(1 + r.Intn(3))
		}
		gen.Alloc[a] = acc
		others = append(others, a)
	}
	for i := 0; i < 4; i++ {
		var a common.Address
		r.Read(a[:])
		others = append(others, a)
	}
	for i := byte(1); i <= 20; i++ {
		others = append(others, common.Address{19: i})
	}
	var chaos []common.Address
	for i := 0; i < 4; i++ {
		var a common.Address
		r.Read(a[:])
		chaos = append(chaos, a)
		others = append(others, a)
	}
	for _, a := range chaos {
		storage := map[common.Hash]common.Hash{}
		for k := 0; k < r.Intn(30); k++ {
			storage[common.Hash{31: byte(r.Intn(24))}] = common.Hash{31: byte(1 + r.Intn(200))}
		}
		gen.Alloc[a] = types.Account{Balance: big.NewInt(int64(r.Intn(2))), Storage: storage, Code: chaosCode(r, others)}
	}
	db := rawdb.NewMemoryDatabase()
	l2gen, err := gen.Commit(db, triedb.NewDatabase(db, &triedb.Config{HashDB: hashdb.Defaults}), nil)
	must(err)
	it := db.NewIterator(nil, nil)
	for it.Next() {
		if len(it.Key()) == 32 || (len(it.Key()) == 33 && it.Key()[0] == 'c') {
			c.add(it.Value())
		}
	}
	hdr, err := rlp.EncodeToBytes(l2gen.Header())
	must(err)
	c.add(hdr)
	var passer common.Hash
	{
		// storage root of the message passer: read from its account in the committed state
		sdb := triedb.NewDatabase(db, &triedb.Config{HashDB: hashdb.Defaults})
		acc := readAccount(sdb, l2gen.Root(), common.HexToAddress("0x4200000000000000000000000000000000000016"))
		passer = acc.Root
	}
	out := &eth.OutputV0{StateRoot: eth.Bytes32(l2gen.Root()), MessagePasserStorageRoot: eth.Bytes32(passer), BlockHash: l2gen.Hash()}
	c.agreed = c.add(out.Marshal())
	// L1
	var batches [][]byte
	mk := func(num uint64, txs []*types.Transaction, receipts []*types.Receipt) {
		h := &types.Header{Number: new(big.Int).SetUint64(num), Time: t0 + 12*num, GasLimit: 30_000_000, BaseFee: big.NewInt(7 + int64(num)), Difficulty: common.Big0, Extra: []byte("l1"), UncleHash: types.EmptyUncleHash, MixDigest: crypto.Keccak256Hash([]byte{byte(num)}), WithdrawalsHash: &types.EmptyWithdrawalsHash, ExcessBlobGas: ptr(uint64(0)), BlobGasUsed: ptr(uint64(0)), ParentBeaconRoot: ptr(crypto.Keccak256Hash([]byte("beacon"), []byte{byte(num)}))}
		if num > 0 {
			h.ParentHash = c.l1[num-1].Hash()
		}
		ts, err := eth.EncodeTransactions(txs)
		must(err)
		rs, err := eth.EncodeReceipts(receipts)
		must(err)
		h.TxHash, h.ReceiptHash = types.EmptyTxsHash, types.EmptyReceiptsHash
		if len(ts) > 0 {
			h.TxHash, h.ReceiptHash = c.addTrie(ts), c.addTrie(rs)
		}
		b, err := rlp.EncodeToBytes(h)
		must(err)
		c.add(b)
		c.l1 = append(c.l1, h)
	}
	c.add([]byte{0x80}) // empty trie
	l1signer := types.LatestSignerForChainID(c.l1cfg.ChainID)
	mk(0, nil, nil)
	dep := types.MustSignNewTx(user, l1signer, &types.DynamicFeeTx{ChainID: c.l1cfg.ChainID, Gas: 100_000, GasFeeCap: big.NewInt(100), To: &portal})
	rc := &types.Receipt{Type: 2, Status: 1, CumulativeGasUsed: 50_000, Logs: []*types.Log{depositLog(depositor, common.Hash{})}}
	rc.Bloom = types.CreateBloom(rc)
	mk(1, []*types.Transaction{dep}, []*types.Receipt{rc})
	c.cfg = &rollup.Config{Genesis: rollup.Genesis{L1: eth.BlockID{Hash: c.l1[0].Hash()}, L2: eth.BlockID{Hash: l2gen.Hash()}, L2Time: t0, SystemConfig: eth.SystemConfig{BatcherAddr: crypto.PubkeyToAddress(batcher.PublicKey), GasLimit: 30_000_000, Scalar: eth.Bytes32{0: 1, 31: 100}}},
		BlockTime: 2, MaxSequencerDrift: 600, SeqWindowSize: 20, ChannelTimeoutBedrock: 30, L1ChainID: c.l1cfg.ChainID, L2ChainID: c.l2cfg.ChainID, RegolithTime: ptr(uint64(0)), CanyonTime: ptr(uint64(0)), DeltaTime: ptr(uint64(0)), EcotoneTime: ptr(uint64(0)), FjordTime: ptr(uint64(0)), GraniteTime: ptr(uint64(0)), HoloceneTime: c.l2cfg.HoloceneTime, IsthmusTime: c.l2cfg.IsthmusTime,
		BatchInboxAddress: inbox, DepositContractAddress: portal, L1SystemConfigAddress: sysconf, ChainOpConfig: c.l2cfg.Optimism}
	must(c.cfg.Check())
	// eight L2 blocks in one span batch
	l2signer := types.LatestSignerForChainID(c.l2cfg.ChainID)
	span := derive.NewSpanBatch(t0, c.l2cfg.ChainID)
	nonce := uint64(0)
	seq := uint64(0)
	tx := func(to *common.Address, data []byte, gas uint64) hexutil.Bytes {
		t := types.MustSignNewTx(user, l2signer, &types.DynamicFeeTx{ChainID: c.l2cfg.ChainID, Nonce: nonce, Gas: gas, GasTipCap: big.NewInt(1), GasFeeCap: big.NewInt(5_000_000_000), To: to, Value: big.NewInt(0), Data: data})
		nonce++
		b, err := t.MarshalBinary()
		must(err)
		return b
	}
	tx2 := func() hexutil.Bytes {
		a := chaos[r.Intn(len(chaos))]
		return tx(&a, nil, 1_500_000)
	}
	sig, err := crypto.Sign(crypto.Keccak256([]byte("message")), user)
	must(err)
	rec := append(crypto.Keccak256([]byte("message")), bytes32(uint64(sig[64])+27)...)
	rec = append(rec, sig[:64]...)
	// the genesis block stands in for the parent: the singular batches only carry what the span batch needs
	var last *derive.SingularBatch
	for n := uint64(1); n <= 8; n++ {
		epoch := uint64(0)
		if n >= 6 {
			epoch = 1
		}
		seq++
		if n == 6 {
			seq = 0
		}
		b := &derive.SingularBatch{ParentHash: l2gen.Hash(), EpochNum: rollup.Epoch(epoch), EpochHash: c.l1[epoch].Hash(), Timestamp: t0 + 2*n}
		switch n {
		case 2:
			b.Transactions = []hexutil.Bytes{tx(&counter, nil, 100_000)}
		case 4:
			b.Transactions = []hexutil.Bytes{tx(&signer, rec, 300_000), tx(&counter, nil, 100_000)}
		case 7:
			junk := make([]byte, 40)
			r.Read(junk)
			b.Transactions = []hexutil.Bytes{tx(nil, append(common.FromHex("600160005260206000f3"), junk...), 200_000), tx(&counter, nil, 100_000)}
		}
		for i := 0; i < r.Intn(3); i++ {
			b.Transactions = append(b.Transactions, tx2())
		}
		must(span.AppendSingularBatch(b, seq))
		last = b
	}
	_ = last
	raw, err := span.ToRawSpanBatch()
	must(err)
	var plain, packed bytes.Buffer
	must(rlp.Encode(&plain, derive.NewBatchData(raw)))
	z := zlib.NewWriter(&packed)
	_, err = z.Write(plain.Bytes())
	must(err)
	must(z.Close())
	var id derive.ChannelID
	r.Read(id[:])
	half := packed.Len() / 2
	for i, part := range [][]byte{packed.Bytes()[:half], packed.Bytes()[half:]} {
		var f bytes.Buffer
		f.WriteByte(0)
		must((&derive.Frame{ID: id, FrameNumber: uint16(i), Data: part, IsLast: i == 1}).MarshalBinary(&f))
		batches = append(batches, f.Bytes())
	}
	for num := uint64(2); num <= 5; num++ {
		var txs []*types.Transaction
		var rcs []*types.Receipt
		if num >= 3 && num <= 4 {
			t := types.MustSignNewTx(batcher, l1signer, &types.DynamicFeeTx{ChainID: c.l1cfg.ChainID, Nonce: num - 3, Gas: 100_000, GasFeeCap: big.NewInt(100), To: &inbox, Data: batches[num-3]})
			txs, rcs = append(txs, t), append(rcs, &types.Receipt{Type: 2, Status: 1, CumulativeGasUsed: 40_000})
		}
		mk(num, txs, rcs)
	}
	c.summary = obj{"l1_blocks": len(c.l1), "l2_blocks_in_batch": 8, "fork": fork}
	return c
}

func readAccount(tdb *triedb.Database, root common.Hash, a common.Address) types.StateAccount {
	t, err := trie.NewStateTrie(trie.StateTrieID(root), tdb)
	must(err)
	acc, err := t.GetAccount(a)
	must(err)
	return *acc
}

type host struct {
	io.Reader
	io.Writer
}

// run lets the program answer a claim; it returns what it touched.
func (c *chain) run(claim common.Hash, number uint64) (used map[string]string, hints []string, order []string, result string) {
	chainID := make([]byte, 8)
	binary.BigEndian.PutUint64(chainID, ^uint64(0))
	num := make([]byte, 8)
	binary.BigEndian.PutUint64(num, number)
	js := func(v any) []byte { b, err := json.Marshal(v); must(err); return b }
	local := map[uint64][]byte{1: c.l1[len(c.l1)-1].Hash().Bytes(), 2: c.agreed[:], 3: claim[:], 4: num, 5: chainID, 6: js(c.l2cfg), 7: js(c.cfg), 9: js(c.l1cfg)}
	extra := map[[32]byte][]byte{}
	for k, v := range local {
		extra[preimage.LocalIndexKey(k).PreimageKey()] = v
	}
	used = map[string]string{}
	var mu sync.Mutex
	pc, ph := pipes()
	hc, hh := pipes()
	server, reader := preimage.NewOracleServer(ph), preimage.NewHintReader(hh)
	go func() {
		for reader.NextHint(func(h string) error {
			mu.Lock()
			defer mu.Unlock()
			hints = append(hints, h)
			if strings.HasPrefix(h, "l1-precompile-v2 ") {
				d := common.FromHex(strings.TrimPrefix(h, "l1-precompile-v2 "))
				k := crypto.Keccak256Hash(d)
				extra[preimage.Keccak256Key(k).PreimageKey()] = d
				out, err := vm.PrecompiledContractsCancun[common.BytesToAddress(d[:20])].Run(d[28:])
				res := append([]byte{1}, out...)
				if err != nil {
					res = []byte{0}
				}
				extra[preimage.PrecompileKey(k).PreimageKey()] = res
			}
			return nil
		}) == nil {
		}
	}()
	missing := ""
	go func() {
		for {
			err := server.NextPreimageRequest(func(k [32]byte) ([]byte, error) {
				mu.Lock()
				defer mu.Unlock()
				d, ok := extra[k]
				if !ok {
					d, ok = c.store[k]
				}
				if !ok {
					missing = hx(k[:])
					return nil, fmt.Errorf("no pre-image %x", k)
				}
				if _, seen := used[hx(k[:])]; !seen {
					order = append(order, hx(k[:]))
				}
				used[hx(k[:])] = hx(d)
				return d, nil
			})
			if err != nil {
				ph.Writer.(*io.PipeWriter).Close()
				return
			}
		}
	}()
	handler := log.DiscardHandler()
	if os.Getenv("VERBOSE") != "" {
		handler = log.NewTerminalHandlerWithLevel(os.Stderr, log.LevelInfo, false)
	}
	result = try(func() error { return client.RunProgram(log.NewLogger(handler), pc, hc, client.Config{}) })
	if missing != "" {
		result += " (missing " + missing + ")"
	}
	if result == "" {
		result = "valid"
	}
	return
}

func pipes() (a, b *host) {
	ar, aw := io.Pipe()
	br, bw := io.Pipe()
	return &host{br, aw}, &host{ar, bw}
}

func main() {
	seed, out := int64(1), "program.json.gz"
	if len(os.Args) > 1 {
		fmt.Sscan(os.Args[1], &seed)
	}
	if len(os.Args) > 2 {
		out = os.Args[2]
	}
	cases := []obj{}
	for _, kind := range []string{"granite", "holocene", "isthmus", "granite clash", "holocene clash", "isthmus clash"} {
		fork, more, _ := strings.Cut(kind, " ")
		c := build(seed, fork, more != "")
		_, _, _, first := c.run(common.Hash{1}, 8)
		i := strings.Index(first, "actual: ")
		if i < 0 {
			fmt.Println(fork, "no result:", first)
			continue
		}
		root := common.HexToHash(strings.TrimSpace(first[i+8:]))
		type q struct {
			name  string
			claim common.Hash
			n     uint64
		}
		wrong := root
		wrong[31] ^= 1
		for _, x := range []q{{"valid", root, 8}, {"wrong claim", wrong, 8}, {"past the data, last root claimed", root, 30}, {"agreed block claimed again", c.agreed, 0}, {"earlier block, wrong", root, 5}} {
			used, hints, order, result := c.run(x.claim, x.n)
			o := obj{"fork": fork, "clash": more != "", "name": x.name, "claim": x.claim.Hex(), "claim_block": x.n, "agreed_output_root": c.agreed.Hex(), "l1_head": c.l1[len(c.l1)-1].Hash().Hex(), "result": result, "hints": hints, "order": order, "chain": c.summary}
			if x.name == "valid" {
				o["preimages"] = used
			} else {
				o["preimage_keys"] = sortedKeys(used)
				loc := obj{}
				for k, v := range used {
					if strings.HasPrefix(k, "0x01") {
						loc[k] = v
					}
				}
				o["local"] = loc
			}
			cases = append(cases, o)
			fmt.Println(kind, x.name, len(used), "pre-images", len(hints), "hints:", result)
		}
	}
	writeJSON(out, obj{"meta": obj{"file": "program_range", "seed": seed, "reference": refVersion(),
		"format": "the reference's client over pipes: local keys 1..9 and all other pre-images it asked for (order of first request), hints in order, result (valid, or the error). All cases of a fork share the chain: the pre-images of its 'valid' case; the others list keys and their own local values"},
		"cases": cases})
}

func sortedKeys(m map[string]string) []string {
	out := []string{}
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}
