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
	"golang.org/x/time/rate"
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
	Rate     float64        `json:"rate"`
	Burst    int            `json:"burst"`
	Steps    []step         `json:"steps"`
}

// step takes tokens of a rate limiter.
type step struct {
	Millis int64 `json:"millis"`
	Count  int   `json:"count"`
}

type answer struct {
	Result string        `json:"result,omitempty"`
	Data   hexutil.Bytes `json:"data,omitempty"`
	V1     any           `json:"v1,omitempty"`
	V2     any           `json:"v2,omitempty"`
	Delays []float64     `json:"delays,omitempty"`
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
	case "write_framed":
		// As the server of the request-response protocol writes it.
		var buffer bytes.Buffer
		w := snappy.NewBufferedWriter(&buffer)
		if _, err := w.Write(q.Data); err != nil {
			return answer{}, err
		}
		if err := w.Close(); err != nil {
			return answer{}, err
		}
		return answer{Data: buffer.Bytes()}, nil
	case "arguments":
		v1 := opsigner.NewBlockPayloadArgs(opsigner.SigningDomainBlocksV1, s.cfg.L2ChainID, q.Data, &q.Signer)
		v2 := opsigner.BlockPayloadArgsV2{
			Domain:        opsigner.SigningDomainBlocksV1,
			ChainID:       eth.ChainIDFromBig(s.cfg.L2ChainID),
			PayloadHash:   opsigner.PayloadHash(q.Data),
			SenderAddress: &q.Signer,
		}
		return answer{V1: v1, V2: v2}, nil
	case "delays":
		return answer{Delays: delays(q)}, nil
	}
	return answer{}, fmt.Errorf("unknown question %q", q.Op)
}

// delays in seconds, -1 for what is refused.
func delays(q *question) []float64 {
	limiter := rate.NewLimiter(rate.Limit(q.Rate), q.Burst)
	result := make([]float64, len(q.Steps))
	for i, step := range q.Steps {
		now := time.UnixMilli(step.Millis)
		if reservation := limiter.ReserveN(now, step.Count); reservation.OK() {
			result[i] = reservation.DelayFrom(now).Seconds()
		} else {
			result[i] = -1
		}
	}
	return result
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
