package main

import "encoding/binary"

// rlpList encodes a list of byte strings of at most 255 bytes, itself of at most 64 KiB.
func rlpList(fields ...[]byte) []byte {
	var body []byte
	for _, field := range fields {
		switch {
		case len(field) == 1 && field[0] < 0x80:
		case len(field) < 56:
			body = append(body, 0x80+byte(len(field)))
		case len(field) < 256:
			body = append(body, 0xb8, byte(len(field)))
		default:
			body = append(body, 0xb9, byte(len(field)>>8), byte(len(field)))
		}
		body = append(body, field...)
	}
	return append([]byte{0xf9, byte(len(body) >> 8), byte(len(body))}, body...)
}

// rlpUint is a number as RLP has it: without leading zeros.
func rlpUint(number uint64) []byte {
	data := binary.BigEndian.AppendUint64(nil, number)
	for len(data) > 0 && data[0] == 0 {
		data = data[1:]
	}
	return data
}

func rlpNumber(data []byte) uint64 {
	if len(data) > 8 {
		fail("a number has more than 64 bits")
	}
	var number uint64
	for _, digit := range data {
		number = number<<8 | uint64(digit)
	}
	return number
}

// rlpFields are the byte strings of a list; lists within it are left as they are encoded.
func rlpFields(data []byte) [][]byte {
	body, rest, isList := rlpItem(data)
	if !isList || len(rest) != 0 {
		fail("a header is no list")
	}
	var fields [][]byte
	for len(body) > 0 {
		var field []byte
		field, body, _ = rlpItem(body)
		fields = append(fields, field)
	}
	return fields
}

// rlpItem is the payload of the first item, what comes after it, and whether it is a list.
func rlpItem(data []byte) (payload, rest []byte, isList bool) {
	if len(data) == 0 {
		fail("an RLP item is missing")
	}
	kind := data[0]
	if kind < 0x80 {
		return data[:1], data[1:], false
	}
	isList = kind >= 0xc0
	size := int(kind & 0x3f)
	data = data[1:]
	if size > 55 {
		digits := size - 55
		if digits > 3 || len(data) < digits {
			fail("an RLP item is too long")
		}
		size = 0
		for _, digit := range data[:digits] {
			size = size<<8 | int(digit)
		}
		data = data[digits:]
	}
	if size > len(data) {
		fail("an RLP item is cut off")
	}
	return data[:size], data[size:], isList
}
