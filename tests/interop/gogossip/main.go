// Command gogossip answers questions about block gossip with the functions of op-node, one JSON object a line.
//
// A configuration comes first and again whenever the memory of the validators is to be forgotten.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"os"
	"time"

	"github.com/ethereum-optimism/optimism/op-node/p2p"
	"github.com/ethereum-optimism/optimism/op-node/rollup"
	"github.com/ethereum-optimism/optimism/op-service/clock"
	"github.com/ethereum-optimism/optimism/op-service/eth"
	opsigner "github.com/ethereum-optimism/optimism/op-service/signer"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/log"
	"github.com/golang/snappy"
	pubsub "github.com/libp2p/go-libp2p-pubsub"
	pb "github.com/libp2p/go-libp2p-pubsub/pb"
)

const maxGossipSize = 10 << 20

type question struct {
	Op       string         `json:"op"`
	ChainID  uint64         `json:"chain_id"`
	Jovian   *uint64        `json:"jovian"`
	Signer   common.Address `json:"signer"`
	Previous common.Address `json:"previous"`
	Version  int            `json:"version"`
	Now      int64          `json:"now"`
	Topic    string         `json:"topic"`
	Key      hexutil.Bytes  `json:"key"`
	Data     hexutil.Bytes  `json:"data"`
}

type answer struct {
	Result string        `json:"result,omitempty"`
	Data   hexutil.Bytes `json:"data,omitempty"`
}

// runtimeConfig is what the validators ask about signers.
type runtimeConfig struct {
	current, previous common.Address
}

func (r *runtimeConfig) P2PSequencerAddress() common.Address         { return r.current }
func (r *runtimeConfig) PreviousP2PSequencerAddress() common.Address { return r.previous }
func (r *runtimeConfig) ConfirmCurrentSigner()                       { r.previous = common.Address{} }

type fixedClock struct {
	clock.Clock
	now int64
}

func (c *fixedClock) Now() time.Time { return time.Unix(c.now, 0) }

type state struct {
	cfg        *rollup.Config
	clock      *fixedClock
	validators map[int]pubsub.ValidatorEx
}

func configure(q *question) *state {
	s := &state{
		cfg:        &rollup.Config{L2ChainID: new(big.Int).SetUint64(q.ChainID), JovianTime: q.Jovian},
		clock:      &fixedClock{},
		validators: make(map[int]pubsub.ValidatorEx),
	}
	logger := log.NewLogger(log.DiscardHandler())
	if os.Getenv("GOGOSSIP_LOG") != "" {
		logger = log.NewLogger(log.LogfmtHandler(os.Stderr))
	}
	conf := &p2p.Config{GossipTimestampThreshold: 60 * time.Second}
	run := &runtimeConfig{q.Signer, q.Previous}
	for i, version := range []eth.BlockVersion{eth.BlockV1, eth.BlockV2, eth.BlockV3, eth.BlockV4} {
		s.validators[i+1] = p2p.BuildBlocksValidator(logger, s.cfg, run, version, conf, s.clock)
	}
	return s
}

func (s *state) answer(q *question) (answer, error) {
	switch q.Op {
	case "validate":
		s.clock.now = q.Now
		message := &pubsub.Message{Message: &pb.Message{Data: q.Data}}
		result := s.validators[q.Version](context.Background(), "peer", message)
		names := map[pubsub.ValidationResult]string{
			pubsub.ValidationAccept: "accept",
			pubsub.ValidationIgnore: "ignore",
			pubsub.ValidationReject: "reject",
		}
		return answer{Result: names[result]}, nil
	case "message_id":
		id := p2p.BuildMsgIdFn(s.cfg)(&pb.Message{Data: q.Data, Topic: &q.Topic})
		return answer{Data: []byte(id)}, nil
	case "sign":
		key, err := crypto.ToECDSA(q.Key)
		if err != nil {
			return answer{}, err
		}
		chain := eth.ChainIDFromBig(s.cfg.L2ChainID)
		signature, err := opsigner.NewLocalSigner(key).SignBlockV1(context.Background(), chain, opsigner.PayloadHash(q.Data))
		return answer{Data: signature[:]}, err
	case "read_framed":
		// As the client of the request-response protocol reads it.
		limited := io.LimitReader(snappy.NewReader(bytes.NewReader(q.Data)), maxGossipSize)
		data, err := io.ReadAll(limited)
		if err != nil {
			return answer{Result: "error"}, nil
		}
		return answer{Result: "ok", Data: data}, nil
	}
	return answer{}, fmt.Errorf("unknown question %q", q.Op)
}

func run() error {
	input, output := json.NewDecoder(bufio.NewReader(os.Stdin)), json.NewEncoder(os.Stdout)
	var s *state
	for {
		var q question
		if err := input.Decode(&q); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if q.Op == "config" {
			s = configure(&q)
			continue
		}
		a, err := s.answer(&q)
		if err != nil {
			return err
		}
		if err := output.Encode(a); err != nil {
			return err
		}
	}
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "gogossip:", err)
		os.Exit(1)
	}
}
