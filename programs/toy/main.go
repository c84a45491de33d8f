// toy: a fault-proof program for a rollup that is a toy. It decides whether a claimed output root is right.
//
// The toy's state is a number of 64 bits. Its block n, from 1 on, is derived from L1 block n and nothing else:
// the first 8 bytes of that block's hash are a, the next 8 are b, and the state becomes state*a + b. So all
// blocks up to the number of the game's L1 head can be derived, and no later one.
//
// Its outputs and headers have Ethereum's forms, so that a dispute game on L1 can be about them. Unlike a real
// chain it keeps its state in the header's extra data, beside the state root, which is its hash.
//
// Local keys: 1 the L1 head, 2 the agreed output root, 3 the claimed one, 4 the claimed block's number.
// Hints: "output HASH", "toy-header HASH", "l1-header HASH" before each keccak256 pre-image.
//
// Exit code 0: the claim is right. 1: it is wrong. 2: that cannot be told.
package main

import (
	"bytes"
	"encoding/binary"
	"syscall"
)

// An output is version, state root, storage root of the message passer, block hash.
const outputSize = 4 * 32

func fail(text string) {
	write(stderr, []byte(text+"\n"))
	syscall.Exit(2)
}

func main() {
	l1Head, agreed := hash(local(1)), hash(local(2))
	claim, number := hash(local(3)), local(4)
	if len(number) != 8 {
		fail("the number of the claimed block has not 8 bytes")
	}
	root := derive(l1Head, agreed, binary.BigEndian.Uint64(number))
	if root != claim {
		told := "the claim is " + hexed(claim) + ", and right is " + hexed(root)
		write(stdout, []byte(told+"\n"))
		syscall.Exit(1)
	}
}

// derive gives the output root at a block, or at the last one before it that L1 has the data of.
func derive(l1Head, agreed [32]byte, number uint64) [32]byte {
	block := agreedBlock(agreed)
	hashes := l1Hashes(l1Head, block.number)
	for _, l1 := range hashes {
		if block.number >= number {
			break
		}
		block = block.next(l1)
	}
	return block.outputRoot()
}

// agreedBlock is the block of the agreed output.
func agreedBlock(root [32]byte) block {
	output := keccakPreimage("output", root)
	if len(output) != outputSize {
		fail("the agreed output has another version")
	}
	headerHash := hash(output[3*32:])
	return parseBlock(headerHash, keccakPreimage("toy-header", headerHash))
}

// l1Hashes are the hashes of all L1 blocks after a number, up to the head, oldest first.
func l1Hashes(head [32]byte, after uint64) [][32]byte {
	var newestFirst [][32]byte
	for at := head; ; {
		header := keccakPreimage("l1-header", at)
		number := headerNumber(header)
		if number <= after {
			break
		}
		newestFirst = append(newestFirst, at)
		at = headerParent(header)
	}
	oldestFirst := make([][32]byte, 0, len(newestFirst))
	for i := len(newestFirst) - 1; i >= 0; i-- {
		oldestFirst = append(oldestFirst, newestFirst[i])
	}
	return oldestFirst
}

// block is a block of the toy. Its time is its number.
type block struct {
	hash   [32]byte
	number uint64
	state  uint64
}

func (b block) next(l1 [32]byte) block {
	a, c := binary.BigEndian.Uint64(l1[:8]), binary.BigEndian.Uint64(l1[8:16])
	after := block{number: b.number + 1, state: b.state*a + c}
	after.hash = keccak256(after.header(b.hash))
	return after
}

func (b block) stateRoot() [32]byte {
	return keccak256(binary.BigEndian.AppendUint64(nil, b.state))
}

// header is the block's header in RLP, with the 15 fields that all headers have.
func (b block) header(parent [32]byte) []byte {
	stateRoot, none := b.stateRoot(), make([]byte, 32)
	return rlpList(
		parent[:], none, make([]byte, 20), stateRoot[:], none, none, make([]byte, 256),
		nil, rlpUint(b.number), nil, nil, rlpUint(b.number), binary.BigEndian.AppendUint64(nil, b.state),
		none, make([]byte, 8),
	)
}

func (b block) outputRoot() [32]byte {
	stateRoot := b.stateRoot()
	return keccak256(make([]byte, 32), stateRoot[:], make([]byte, 32), b.hash[:])
}

// parseBlock reads a header of the toy, and nothing else: whatever it is read from must be written the same.
func parseBlock(of [32]byte, header []byte) block {
	fields := rlpFields(header)
	if len(fields) != 15 || len(fields[12]) != 8 {
		fail("the agreed block is none of the toy's")
	}
	found := block{of, rlpNumber(fields[8]), binary.BigEndian.Uint64(fields[12])}
	if !bytes.Equal(found.header(hash(fields[0])), header) {
		fail("the agreed block is none of the toy's")
	}
	return found
}

func headerParent(header []byte) [32]byte { return hash(rlpFields(header)[0]) }

func headerNumber(header []byte) uint64 {
	fields := rlpFields(header)
	if len(fields) < 15 {
		fail("an L1 header has too few fields")
	}
	return rlpNumber(fields[8])
}

func hash(data []byte) (found [32]byte) {
	if len(data) != 32 {
		fail("a hash has not 32 bytes")
	}
	copy(found[:], data)
	return found
}
