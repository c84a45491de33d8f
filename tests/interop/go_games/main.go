// The reference's honest player on claim trees: op-challenger's solver over its alphabet trace.
//
//	games            trees from standard input, a JSON object a line; the actions of each to standard output
//	bench FILE SECS  claims per CPU second on the tree of a file
//
// A tree with a split depth is of two parts. The alphabet of a lower game begins with the number in the first
// four bytes of its local context, so that each has a trace of its own.
package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/big"
	"os"
	"strconv"
	"syscall"

	"github.com/ethereum-optimism/optimism/op-challenger/game/fault/solver"
	"github.com/ethereum-optimism/optimism/op-challenger/game/fault/trace"
	"github.com/ethereum-optimism/optimism/op-challenger/game/fault/trace/alphabet"
	"github.com/ethereum-optimism/optimism/op-challenger/game/fault/trace/split"
	"github.com/ethereum-optimism/optimism/op-challenger/game/fault/types"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
)

type claim struct {
	Gindex      *hexutil.Big   `json:"gindex"`
	Value       common.Hash    `json:"value"`
	Parent      *int           `json:"parent"`
	CounteredBy common.Address `json:"countered_by"`
}

type tree struct {
	Depth  uint64       `json:"max_depth"`
	Split  *uint64      `json:"split_depth"`
	Start  *hexutil.Big `json:"start_block"`
	Claims []claim      `json:"claims"`
}

type preimage struct {
	Key    hexutil.Bytes `json:"key"`
	Data   hexutil.Bytes `json:"data"`
	Offset uint32        `json:"offset"`
}

type action struct {
	Type     string        `json:"type"`
	Attack   bool          `json:"is_attack"`
	Parent   int           `json:"parent"`
	Value    *common.Hash  `json:"value,omitempty"`
	Prestate hexutil.Bytes `json:"prestate,omitempty"`
	Proof    hexutil.Bytes `json:"proof,omitempty"`
	Preimage *preimage     `json:"preimage,omitempty"`
}

type answer struct {
	Actions []action `json:"actions"`
	Error   string   `json:"error,omitempty"`
}

func (t *tree) game() types.Game {
	claims := make([]types.Claim, len(t.Claims))
	for i, c := range t.Claims {
		claims[i] = types.Claim{
			ClaimData:           types.ClaimData{Value: c.Value, Position: types.NewPositionFromGIndex(c.Gindex.ToInt())},
			CounteredBy:         c.CounteredBy,
			ContractIndex:       i,
			ParentContractIndex: 1<<32 - 1,
		}
		if c.Parent != nil {
			claims[i].ParentContractIndex = *c.Parent
		}
	}
	return types.NewGameState(claims, types.Depth(t.Depth))
}

func (t *tree) accessor() types.TraceAccessor {
	if t.Split == nil {
		return trace.NewSimpleTraceAccessor(alphabet.NewTraceProvider(t.Start.ToInt(), types.Depth(t.Depth)))
	}
	top := alphabet.NewTraceProvider(t.Start.ToInt(), types.Depth(*t.Split))
	bottom := func(_ context.Context, depth types.Depth, pre, post types.Claim) (types.TraceProvider, error) {
		local := split.CreateLocalContext(pre, post)
		start := new(big.Int).SetUint64(uint64(binary.BigEndian.Uint32(local[:4])))
		return alphabet.NewTraceProvider(start, depth), nil
	}
	return trace.NewAccessor(split.NewSplitProviderSelector(top, types.Depth(*t.Split), bottom))
}

func (t *tree) solver() *solver.GameSolver {
	return solver.NewGameSolver(types.Depth(t.Depth), t.accessor())
}

func (t *tree) actions() answer {
	found, err := t.solver().CalculateNextActions(context.Background(), t.game())
	shown := make([]action, len(found))
	for i, a := range found {
		shown[i] = action{Type: string(a.Type), Attack: a.IsAttack, Parent: a.ParentClaim.ContractIndex}
		if a.Type == types.ActionTypeMove {
			value := a.Value
			shown[i].Value = &value
		} else {
			shown[i].Prestate, shown[i].Proof = a.PreState, a.ProofData
			if data := a.OracleData; data != nil {
				shown[i].Preimage = &preimage{data.OracleKey, data.GetPreimageWithSize(), data.OracleOffset}
			}
		}
	}
	made := answer{Actions: shown}
	if err != nil {
		made.Error = err.Error()
	}
	return made
}

func games() error {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(make([]byte, 1<<20), 1<<24)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for in.Scan() {
		var t tree
		if err := json.Unmarshal(in.Bytes(), &t); err != nil {
			return err
		}
		line, err := json.Marshal(t.actions())
		if err != nil {
			return err
		}
		fmt.Fprintln(out, string(line))
	}
	return in.Err()
}

func cpuSeconds() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return float64(usage.Utime.Sec+usage.Stime.Sec) + float64(usage.Utime.Usec+usage.Stime.Usec)/1e6
}

func bench(path string, seconds float64) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var t tree
	if err := json.Unmarshal(data, &t); err != nil {
		return err
	}
	s := t.solver()
	rounds, actions, begin := 0, 0, cpuSeconds()
	for cpuSeconds()-begin < seconds {
		found, err := s.CalculateNextActions(context.Background(), t.game())
		if err != nil {
			return err
		}
		actions = len(found)
		rounds++
	}
	rate := float64(rounds*len(t.Claims)) / (cpuSeconds() - begin)
	return json.NewEncoder(os.Stdout).Encode(map[string]any{"claims_per_second": rate, "actions": actions})
}

func main() {
	err := fmt.Errorf("usage: games | bench FILE SECONDS")
	if len(os.Args) == 2 && os.Args[1] == "games" {
		err = games()
	} else if len(os.Args) == 4 && os.Args[1] == "bench" {
		var seconds float64
		if seconds, err = strconv.ParseFloat(os.Args[3], 64); err == nil {
			err = bench(os.Args[2], seconds)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
