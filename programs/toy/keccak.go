package main

import (
	"encoding/binary"
	"math/bits"
)

const blockSize = 136

var (
	roundConstants [24]uint64
	rotations      [24]int
	lanes          [24]int
)

// The constants are computed, as they are defined: by a shift register, and by a walk through the state.
func init() {
	register := uint16(1)
	for round := range roundConstants {
		for power := 0; power < 7; power++ {
			if register&1 != 0 {
				roundConstants[round] |= 1 << (1<<power - 1)
			}
			register <<= 1
			if register&0x100 != 0 {
				register ^= 0x171
			}
		}
	}
	x, y, rotation := 1, 0, 0
	for step := range lanes {
		rotation += step + 1
		x, y = y, (2*x+3*y)%5
		lanes[step], rotations[step] = x+5*y, rotation%64
	}
}

func permute(state *[25]uint64) {
	for _, constant := range roundConstants {
		var columns [5]uint64
		for i, lane := range state {
			columns[i%5] ^= lane
		}
		for i := range state {
			state[i] ^= columns[(i+4)%5] ^ bits.RotateLeft64(columns[(i+1)%5], 1)
		}
		carried := state[1]
		for step, lane := range lanes {
			state[lane], carried = bits.RotateLeft64(carried, rotations[step]), state[lane]
		}
		for row := 0; row < 25; row += 5 {
			var before [5]uint64
			copy(before[:], state[row:row+5])
			for i := range before {
				state[row+i] = before[i] ^ ^before[(i+1)%5]&before[(i+2)%5]
			}
		}
		state[0] ^= constant
	}
}

// keccak256 is the hash of all parts, one after the other.
func keccak256(parts ...[]byte) (digest [32]byte) {
	var data []byte
	for _, part := range parts {
		data = append(data, part...)
	}
	padding := make([]byte, blockSize-len(data)%blockSize)
	padding[0] |= 0x01
	padding[len(padding)-1] |= 0x80
	data = append(data, padding...)
	var state [25]uint64
	for ; len(data) > 0; data = data[blockSize:] {
		for i := 0; i < blockSize/8; i++ {
			state[i] ^= binary.LittleEndian.Uint64(data[8*i:])
		}
		permute(&state)
	}
	for i := 0; i < 4; i++ {
		binary.LittleEndian.PutUint64(digest[8*i:], state[i])
	}
	return digest
}
