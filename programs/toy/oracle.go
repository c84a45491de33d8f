package main

import (
	"encoding/binary"
	"syscall"
)

// Descriptors of the program: its output, and hints and pre-images, each to read and to write.
const (
	stdout = iota + 1
	stderr
	hintIn
	hintOut
	preimageIn
	preimageOut
)

const maxPreimage = 1 << 20

// write writes all of it. Whatever has gone wrong there is nobody to tell it to.
func write(descriptor int, data []byte) {
	for len(data) > 0 {
		n, err := syscall.Write(descriptor, data)
		if err != nil || n <= 0 {
			syscall.Exit(2)
		}
		data = data[n:]
	}
}

// read reads so many bytes.
func read(descriptor int, size uint64) []byte {
	data := make([]byte, size)
	for rest := data; len(rest) > 0; {
		n, err := syscall.Read(descriptor, rest)
		if err != nil || n <= 0 {
			fail("there is no more to be read")
		}
		rest = rest[n:]
	}
	return data
}

// hint tells the host what will be asked for, and waits until it has taken note.
func hint(text string) {
	message := binary.BigEndian.AppendUint32(nil, uint32(len(text)))
	write(hintOut, append(message, text...))
	read(hintIn, 1)
}

func preimage(key [32]byte) []byte {
	write(preimageOut, key[:])
	length := binary.BigEndian.Uint64(read(preimageIn, 8))
	if length > maxPreimage {
		fail("a pre-image is too long")
	}
	return read(preimageIn, length)
}

func local(number uint64) []byte {
	var key [32]byte
	key[0] = 1
	binary.BigEndian.PutUint64(key[24:], number)
	return preimage(key)
}

func keccakPreimage(kind string, digest [32]byte) []byte {
	hint(kind + " 0x" + hexed(digest))
	key := digest
	key[0] = 2
	return preimage(key)
}

func hexed(data [32]byte) string {
	const digits = "0123456789abcdef"
	text := make([]byte, 0, 64)
	for _, each := range data {
		text = append(text, digits[each>>4], digits[each&15])
	}
	return string(text)
}
