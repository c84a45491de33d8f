# pragma version 0.4.3
# pragma evm-version paris
"""
@title Arithmetic of the machine
@license MIT
@notice What instructions make of the values that they are given, and what they keep in HI and LO. Nothing is
        done on overflow. The operands are called as in the instruction set: rs, rt (or the immediate value).
        Specification: fault-proof/cannon-fault-proof-vm.md, "Exceptions", "Compiler Assumptions"; the MIPS64
        instruction set for the rest.
"""

from modules import mips_words

M64: constant(uint256) = 2**64 - 1
M32: constant(uint256) = 2**32 - 1
TOP: constant(uint256) = 2**63


@internal
@pure
def _function(_opcode: uint256) -> uint256:
    """
    @notice The function of opcode 0 that is the same as an instruction with an immediate value.
    """
    if 8 <= _opcode and _opcode < 15:  # addi, addiu, slti, sltiu, andi, ori, xori
        return (convert(0x20212A2B242526, uint256) >> (unsafe_sub(14, _opcode) << 3)) & 255
    if _opcode != 24 and _opcode != 25:
        self._invalid()
    return unsafe_add(_opcode, 20)  # daddi, daddiu


@internal
@pure
def _result(_function: uint256, _amount: uint256, _rs: uint256, _rt: uint256) -> uint256:
    """
    @notice What a function of opcode 0 computes. Those that have no result of this kind give rs.
    """
    amount: uint256 = _amount
    if _function < 8:
        if _function > 3:
            amount = _rs & 31
        if _function & 3 == 0:  # sll, sllv
            return mips_words._extended(_rt << amount, 32)
        if _function & 3 == 2:  # srl, srlv
            return mips_words._extended((_rt & M32) >> amount, 32)
        if _function & 3 == 3:  # sra, srav
            return mips_words._extended((_rt & M32) >> amount, unsafe_sub(32, amount))
        self._invalid()
    elif _function < 32:
        # What movz, movn and sync write is rs. Jumps and what is about HI and LO have their own functions.
        if (1 << _function) & (2**13 | 2**14 | 2**21) != 0:
            self._invalid()
    elif _function < 34:  # add, addu
        return mips_words._extended(unsafe_add(_rs, _rt), 32)
    elif _function < 36:  # sub, subu
        return mips_words._extended(unsafe_sub(_rs, _rt), 32)
    elif _function == 36:  # and
        return _rs & _rt
    elif _function == 37:  # or
        return _rs | _rt
    elif _function == 38:  # xor
        return _rs ^ _rt
    elif _function == 39:  # nor
        return ~(_rs | _rt) & M64
    elif _function == 42:  # slt
        return convert((_rs ^ TOP) < (_rt ^ TOP), uint256)
    elif _function == 43:  # sltu
        return convert(_rs < _rt, uint256)
    elif _function == 44 or _function == 45:  # dadd, daddu
        return unsafe_add(_rs, _rt) & M64
    elif _function == 46 or _function == 47:  # dsub, dsubu
        return unsafe_sub(_rs, _rt) & M64
    else:
        if _function & 4 != 0:
            amount = unsafe_add(amount, 32)
        if _function & 59 == 56:  # dsll, dsll32
            return (_rt << amount) & M64
        if _function & 59 == 58:  # dsrl, dsrl32
            return _rt >> amount
        if _function & 59 == 59:  # dsra, dsra32
            return mips_words._extended(_rt >> amount, unsafe_sub(64, amount))
        self._invalid()
    return _rs


@internal
@pure
def _result2(_insn: uint256, _rs: uint256, _rt: uint256) -> uint256:
    """
    @notice What a function of opcode 28 computes: a product, or how many zeros or ones lead.
    """
    function: uint256 = _insn & 63
    if function == 2:  # mul
        return mips_words._extended(unsafe_mul(_rs, _rt), 32)
    if function & 59 != 32 and function & 59 != 33:
        self._invalid()
    # clz, clo, dclz, dclo
    word: uint256 = _rs
    if function & 1 == 0:
        word = ~word
    bit: uint256 = 2**31
    if function & 4 != 0:
        bit = TOP
    count: uint256 = 0
    for i: uint256 in range(64):
        if word & bit == 0:
            break
        bit = bit >> 1
        count = unsafe_add(count, 1)
    return count


@internal
@pure
def _high_low(
    _function: uint256, _rs: uint256, _rt: uint256, _hi: uint256, _lo: uint256
) -> (uint256, uint256, uint256):
    """
    @notice For the functions 16 to 31 of opcode 0: a result, which is 0 for those that have none; HI; LO.
    """
    if _function == 16:  # mfhi
        return _hi, _hi, _lo
    if _function == 17:  # mthi
        return 0, _rs, _lo
    if _function == 18:  # mflo
        return _lo, _hi, _lo
    if _function == 19:  # mtlo
        return 0, _hi, _rs
    amount: uint256 = _rs & 63
    if _function == 20:  # dsllv
        return (_rt << amount) & M64, _hi, _lo
    if _function == 22:  # dsrlv
        return _rt >> amount, _hi, _lo
    if _function == 23:  # dsrav
        return mips_words._extended(_rt >> amount, unsafe_sub(64, amount)), _hi, _lo
    # Products and quotients: of 32 bits up to 27, of 64 from there; signed ones have even numbers.
    rs: uint256 = _rs
    rt: uint256 = _rt
    if _function < 28:
        rs = rs & M32
        rt = rt & M32
        if _function & 1 == 0:
            rs = mips_words._extended(rs, 32)
            rt = mips_words._extended(rt, 32)
    signed_rs: int256 = convert(rs, int256)
    signed_rt: int256 = convert(rt, int256)
    if _function & 1 == 0:
        signed_rs = mips_words._signed(rs)
        signed_rt = mips_words._signed(rt)
    hi: uint256 = 0
    lo: uint256 = 0
    if _function & 2 == 0:  # mult, multu, dmult, dmultu
        lo = mips_words._unsigned(unsafe_mul(signed_rs, signed_rt))
        if _function < 28:
            hi = lo >> 32
        else:
            hi = lo >> 64
    else:  # div, divu, ddiv, ddivu
        assert rt != 0, "MIPS64: division by zero"
        hi = mips_words._unsigned(signed_rs % signed_rt)
        lo = mips_words._unsigned(unsafe_div(signed_rs, signed_rt))
    if _function < 28:
        return 0, mips_words._extended(hi, 32), mips_words._extended(lo, 32)
    return 0, hi & M64, lo & M64


@internal
@pure
def _loaded(_opcode: uint256, _address: uint256, _word: uint256, _rt: uint256) -> uint256:
    """
    @notice What is loaded by an instruction from the word of memory at an address.
    """
    if _opcode == 32:  # lb
        return mips_words._extended(mips_words._part(_word, _address, 1), 8)
    if _opcode == 33:  # lh
        return mips_words._extended(mips_words._part(_word, _address, 2), 16)
    if _opcode == 35:  # lw
        return mips_words._extended(mips_words._part(_word, _address, 4), 32)
    if _opcode == 36:  # lbu
        return mips_words._part(_word, _address, 1)
    if _opcode == 37:  # lhu
        return mips_words._part(_word, _address, 2)
    if _opcode == 39:  # lwu
        return mips_words._part(_word, _address, 4)
    if _opcode == 55:  # ld
        return _word
    # The rest of a register stays. That from the address on goes to its upper end, that up to it to the lower.
    if _opcode == 34:  # lwl
        bits: uint256 = (_address & 3) << 3
        kept: uint256 = mips_words._ones(bits)
        return mips_words._extended((mips_words._part(_word, _address, 4) << bits) | (_rt & kept), 32)
    if _opcode == 38:  # lwr
        part: uint256 = mips_words._part(_word, _address, 4) >> ((~_address & 3) << 3)
        if _address & 3 == 3:
            return mips_words._extended(part, 32)
        return (_rt & ~mips_words._ones(unsafe_add((_address & 3) << 3, 8))) | part
    if _opcode == 26:  # ldl
        bits: uint256 = (_address & 7) << 3
        return ((_word << bits) & M64) | (_rt & mips_words._ones(bits))
    # ldr
    return (_rt & ~mips_words._ones(unsafe_add((_address & 7) << 3, 8))) | (_word >> ((~_address & 7) << 3))


@internal
@pure
def _stored(_opcode: uint256, _address: uint256, _word: uint256, _rt: uint256) -> uint256:
    """
    @notice What the word of memory at an address becomes.
    """
    if _opcode == 40:  # sb
        return mips_words._with_part(_word, _address, 1, _rt)
    if _opcode == 41:  # sh
        return mips_words._with_part(_word, _address, 2, _rt)
    if _opcode == 43:  # sw
        return mips_words._with_part(_word, _address, 4, _rt)
    if _opcode == 63:  # sd
        return _rt
    # Only from the address on, from the upper end of the register, or only up to it, from its lower end.
    part: uint256 = mips_words._part(_word, _address, 4)
    if _opcode == 42:  # swl
        bits: uint256 = (_address & 3) << 3
        kept: uint256 = part & ~(M32 >> bits)
        return mips_words._with_part(_word, _address, 4, kept | ((_rt & M32) >> bits))
    if _opcode == 46:  # swr
        bits: uint256 = (~_address & 3) << 3
        kept: uint256 = part & mips_words._ones(bits)
        return mips_words._with_part(_word, _address, 4, kept | (_rt << bits))
    if _opcode == 44:  # sdl
        bits: uint256 = (_address & 7) << 3
        return (_word & ~(M64 >> bits)) | (_rt >> bits)
    if _opcode == 45:  # sdr
        bits: uint256 = (~_address & 7) << 3
        return (_word & mips_words._ones(bits)) | ((_rt << bits) & M64)
    self._invalid()
    return 0


@internal
@pure
def _invalid():
    raise "MIPS64: invalid instruction"
