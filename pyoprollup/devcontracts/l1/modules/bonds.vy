# pragma version 0.4.3
# pragma evm-version paris
"""
@title Bonds
@license MIT
@notice What a claim at a depth costs: 400,000 gas at the root, 300,000,000 at the maximum depth, by the same
        factor from depth to depth, for 200 gwei each.
        Specification: fault-proof/stage-one/bond-incentives.md.
        Numbers have 18 decimals, and 96 bits after the point inside of the polynomials.
"""

ONE: constant(int256) = 10**18
BASE_FEE: constant(uint256) = 200 * 10**9
BASE_GAS: constant(uint256) = 400_000
LN_750: constant(int256) = 6_620_073_206_530_356_124
# Of the quotient of the two amounts of gas.


@internal
@pure
def _required_bond(_depth: uint256, _maxDepth: uint256) -> uint256:
    factor: int256 = self._exp(LN_750 * (ONE // convert(_maxDepth, int256)) // ONE)
    power: int256 = self._exp(self._ln(factor) * (convert(_depth, int256) * ONE) // ONE)
    return BASE_FEE * (BASE_GAS * convert(power, uint256) // 10**18)


@internal
@pure
def _ln(_x: int256) -> int256:
    """
    @notice The natural logarithm of a number from 1 to 750.
    """
    x: uint256 = convert(_x, uint256)
    bits: uint256 = 0
    for step: uint256 in [64, 32, 16, 8, 4, 2, 1]:
        if x >> (bits + step) != 0:
            bits += step
    m: int256 = convert((x << (255 - bits)) >> 159, int256)
    p: int256 = m + 3273285459638523848632254066296
    for c: int256 in [
        24828157081833163892658089445524,
        43456485725739037958740375743393,
        -11111509109440967052023855526967,
        -45023709667254063763336534515857,
        -14706773417378608786704636184526,
    ]:
        p = ((p * m) >> 96) + c
    p = p * m - 795164235651350426258249787498 * 2**96
    q: int256 = m + 5573035233440673466300451813936
    for c: int256 in [
        71694874799317883764090561454958,
        283447036172924575727196451306956,
        401686690394027663651624208769553,
        204048457590392012362485061816622,
        31853899698501571402653359427138,
        909429971244387300277376558375,
    ]:
        q = ((q * m) >> 96) + c
    ln2: int256 = 16597577552685614221487285958193947469193820559219878177908093499208371
    unit: int256 = 600920179829731861736702779321621459595472258049074101567377883020018308
    r: int256 = 1677202110996718588342820967067443963516166 * (p // q)
    return (r + ln2 * (convert(bits, int256) - 96) + unit) >> 174


@internal
@pure
def _exp(_x: int256) -> int256:
    """
    @notice e to the power of a number from 0 to 7.
    """
    ln2: int256 = 54916777467707473351141471128
    x: int256 = (_x << 78) // 3814697265625
    doublings: int256 = ((x << 96) // ln2 + 2**95) >> 96
    x -= doublings * ln2
    y: int256 = x + 1346386616545796478920950773328
    y = ((y * x) >> 96) + 57155421227552351082224309758442
    p: int256 = y + x - 94201549194550492254356042504812
    p = ((p * y) >> 96) + 28719021644029726153956944680412240
    p = p * x + 4385272521454847904659076985693276 * 2**96
    q: int256 = x - 2855989394907223263936484059900
    for c: int256 in [
        50020603652535783019961831881945,
        -533845033583426703283633433725380,
        3604857256930695427073651918091429,
        -14423608567350463180887372962807573,
        26449188498355588339934803723976023,
    ]:
        q = ((q * x) >> 96) + c
    r: uint256 = convert(p // q, uint256) * 3822833074963236453042738258902158003155416615667
    return convert(r >> convert(195 - doublings, uint256), int256)
