// Decompresses channels the way a Go rollup node reads them, and reports what an RLP stream gets to see.
//
// Protocol, big endian. Request on stdin: u32 length, u64 limit, the channel. Answer on stdout:
// u8 kind of end, u64 number of usable bytes, the first 16 bytes of their SHA-256.
// The program ends when stdin does.
package main

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/andybalholm/brotli"
)

// Kinds of end. The Python side has the same numbers.
const (
	refused   = iota // the channel could not be opened
	clean            // io.EOF
	truncated        // io.ErrUnexpectedEOF
	corrupt          // any other error of the decompressor
	clipped          // the limit was reached with more, or a fault, behind it
	crashed          // the decompressor panicked
)

func open(channel []byte) (io.Reader, error) {
	src := bufio.NewReader(bytes.NewBuffer(channel))
	head, err := src.Peek(1)
	if err != nil {
		return nil, err
	}
	switch {
	case head[0]&0x0f == 8 || head[0]&0x0f == 15:
		return zlib.NewReader(src)
	case head[0] == 1:
		if _, err := src.Discard(1); err != nil {
			return nil, err
		}
		return brotli.NewReader(src), nil
	}
	return nil, errors.New("unknown compression")
}

// recorder keeps what its reader may use: all bytes, except those that came together with an
// error in a read that went past the buffer (the RLP stream drops these).
type recorder struct {
	src    io.Reader
	buffer *byte // start of the buffer in front of us, known from the first read
	usable []byte
	err    error
}

func (r *recorder) Read(p []byte) (int, error) {
	if r.buffer == nil {
		r.buffer = &p[0]
	}
	n, err := r.src.Read(p)
	if err == nil || err == io.EOF || &p[0] == r.buffer {
		r.usable = append(r.usable, p[:n]...)
	}
	if err != nil && r.err == nil {
		r.err = err
	}
	return n, err
}

var errStop = errors.New("the RLP stream stops here")

const shortestBatch = 32 // decoding a shorter string as a batch fails, and reading stops with it

// item reads one RLP string as a size-checked RLP stream does.
func item(r *bufio.Reader, remaining *uint64) error {
	take := func(n uint64) error {
		if n > *remaining {
			return errStop
		}
		*remaining -= n
		return nil
	}
	if err := take(1); err != nil {
		return err
	}
	head, err := r.ReadByte()
	if err != nil {
		return err
	}
	size := uint64(0)
	switch {
	case head < 0x80:
		return errStop
	case head < 0xb8:
		size = uint64(head - 0x80)
	case head < 0xc0:
		width := uint64(head - 0xb7)
		if err := take(width); err != nil {
			return err
		}
		var raw [8]byte
		if err := full(r, raw[8-width:]); err != nil {
			return err
		}
		size = binary.BigEndian.Uint64(raw[:])
		if raw[8-width] == 0 || size < 56 {
			return errStop
		}
	default:
		return errStop
	}
	if err := take(size); err != nil {
		return err
	}
	if size < shortestBatch {
		return errStop
	}
	return full(r, make([]byte, size))
}

func full(r *bufio.Reader, p []byte) error {
	for n := 0; n < len(p); {
		m, err := r.Read(p[n:])
		n += m
		if err != nil {
			return err
		}
	}
	return nil
}

func read(channel []byte, limit uint64) (kind byte, usable []byte) {
	defer func() {
		if r := recover(); r != nil {
			fmt.Fprintln(os.Stderr, "panic:", r)
			kind, usable = crashed, nil
		}
	}()
	src, err := open(channel)
	if err != nil {
		return refused, nil
	}
	rec := &recorder{src: src}
	r := bufio.NewReader(rec)
	remaining := limit
	for err == nil {
		err = item(r, &remaining)
	}
	// What lies behind the first item that is no string is read too, through the buffer, up to the limit.
	for rec.err == nil && uint64(len(rec.usable)) <= limit {
		if _, err := r.Discard(r.Buffered()); err == nil {
			_, _ = r.ReadByte()
		}
	}
	fault := rec.err != io.EOF && rec.err != io.ErrUnexpectedEOF
	if n := uint64(len(rec.usable)); n > limit || n == limit && fault {
		return clipped, rec.usable[:limit]
	}
	switch rec.err {
	case io.EOF:
		return clean, rec.usable
	case io.ErrUnexpectedEOF:
		return truncated, rec.usable
	}
	return corrupt, rec.usable
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriterSize(os.Stdout, 1<<16)
	defer out.Flush()
	for {
		var head [12]byte
		if _, err := io.ReadFull(in, head[:]); err != nil {
			return
		}
		channel := make([]byte, binary.BigEndian.Uint32(head[:4]))
		if _, err := io.ReadFull(in, channel); err != nil {
			return
		}
		kind, usable := read(channel, binary.BigEndian.Uint64(head[4:]))
		digest := sha256.Sum256(usable)
		var answer [25]byte
		answer[0] = kind
		binary.BigEndian.PutUint64(answer[1:9], uint64(len(usable)))
		copy(answer[9:], digest[:16])
		if _, err := out.Write(answer[:]); err != nil {
			return
		}
		if in.Buffered() == 0 {
			out.Flush()
		}
	}
}
