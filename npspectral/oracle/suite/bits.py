"""A binary64 as 16 hexadecimal digits, and back; out of the standard library."""
import struct
from fractions import Fraction


def bits(value):
    """The binary64 nearest to a Decimal, ties to even, as 16 hexadecimal digits, sign bit first."""
    nearest = float(Fraction(value)) if value else 0.0
    return struct.pack(">d", nearest).hex()


def from_bits(text):
    """The float behind 16 hexadecimal digits."""
    return struct.unpack(">d", bytes.fromhex(text))[0]
