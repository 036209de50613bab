import math

from campaigns.coupons import codes


def test_a_code_has_at_least_sixty_random_bits():
    code = codes.new()

    assert len(code) * math.log2(len(codes.ALPHABET)) >= 60
    assert set(code) <= set(codes.ALPHABET)


def test_a_thousand_codes_are_a_thousand_codes():
    assert len({codes.new() for _n in range(1000)}) == 1000


def test_a_code_is_found_however_it_was_typed():
    typed = [
        "0123ABCDEF10",
        "o123abcdefio",
        "O123-ABCD-EFL0",
        " 0123 ABCD EF10 ",
        "０１２３ＡＢＣＤＥＦ１０",
        "0123–abcd–ef10",
    ]

    assert {codes.normal(code) for code in typed} == {"0123ABCDEF10"}
    assert len({codes.digest(code) for code in typed}) == 1


def test_another_code_has_another_digest():
    assert codes.digest("0123ABCDEF10") != codes.digest("0123ABCDEF11")
