// Command opgeth is an execution client to compare with: op-geth as a library, its state in memory, its
// HTTP RPC and its authenticated Engine API on ports of the loopback interface that the system chooses.
//
// It reads one line from standard input, a JSON object {"genesis": ..., "jwt": "<hex>"}, prints one line
// {"http": ..., "engine": ..., "genesis": "<hash>"} when it is ready, and ends when standard input does.
// With "hashOnly": true it prints nothing but the hash of the genesis block, and ends at once.
//
// op-geth has Karst's gas and instructions (those of Osaka), but not its precompiled contracts: see karst.go.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/ethereum/go-ethereum/core"
	"github.com/ethereum/go-ethereum/eth"
	"github.com/ethereum/go-ethereum/eth/catalyst"
	"github.com/ethereum/go-ethereum/eth/ethconfig"
	"github.com/ethereum/go-ethereum/log"
	"github.com/ethereum/go-ethereum/node"
	"github.com/ethereum/go-ethereum/p2p"
)

type setup struct {
	Genesis *core.Genesis `json:"genesis"`
	JWT     string        `json:"jwt"`

	HashOnly bool `json:"hashOnly"`
}

type ready struct {
	HTTP    string `json:"http,omitempty"`
	Engine  string `json:"engine,omitempty"`
	Genesis string `json:"genesis"`
}

func main() {
	log.SetDefault(log.NewLogger(log.NewTerminalHandlerWithLevel(os.Stderr, level(), false)))
	if err := run(bufio.NewReader(os.Stdin)); err != nil {
		fmt.Fprintln(os.Stderr, "opgeth:", err)
		os.Exit(1)
	}
}

// Silent but for what is on fire, unless asked for more.
func level() slog.Level {
	if os.Getenv("OPGETH_LOG") != "" {
		return log.LevelInfo
	}
	return log.LevelCrit
}

func run(input *bufio.Reader) error {
	line, err := input.ReadBytes('\n')
	if err != nil {
		return err
	}
	var s setup
	if err := json.Unmarshal(line, &s); err != nil {
		return err
	}
	if s.HashOnly {
		return announce(ready{Genesis: s.Genesis.ToBlock().Hash().Hex()})
	}
	if s.Genesis.Config.IsKarst(s.Genesis.Timestamp) {
		installKarst()
	}
	secret, err := secretFile(s.JWT)
	if err != nil {
		return err
	}
	defer os.RemoveAll(filepath.Dir(secret))
	stack, backend, err := start(s.Genesis, secret)
	if err != nil {
		return err
	}
	defer stack.Close()
	hash := backend.BlockChain().Genesis().Hash()
	if err := announce(ready{stack.HTTPEndpoint(), stack.HTTPAuthEndpoint(), hash.Hex()}); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, input)
	return err
}

func announce(r ready) error {
	answer, err := json.Marshal(r)
	if err == nil {
		fmt.Println(string(answer))
	}
	return err
}

func secretFile(jwt string) (string, error) {
	dir, err := os.MkdirTemp("", "opgeth")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "jwt.hex")
	return path, os.WriteFile(path, []byte(jwt), 0o600)
}

func start(genesis *core.Genesis, secret string) (*node.Node, *eth.Ethereum, error) {
	stack, err := node.New(&node.Config{
		Name:             "opgeth",
		HTTPHost:         "127.0.0.1",
		HTTPModules:      []string{"eth", "debug"},
		AuthAddr:         "127.0.0.1",
		AuthVirtualHosts: []string{"*"},
		JWTSecret:        secret,
		P2P:              p2p.Config{NoDiscovery: true, NoDial: true},
	})
	if err != nil {
		return nil, nil, err
	}
	config := ethconfig.Defaults
	config.NetworkId = genesis.Config.ChainID.Uint64()
	config.Genesis = genesis
	config.SyncMode = ethconfig.FullSync
	config.NoPruning = true
	config.StateScheme = "hash"
	backend, err := eth.New(stack, &config)
	if err != nil {
		return nil, nil, err
	}
	if err := catalyst.Register(stack, backend); err != nil {
		return nil, nil, err
	}
	return stack, backend, stack.Start()
}
