"""The three distributions that reports need, in standard-library Python.

- The normal one: statistics.NormalDist.
- Student's t for any degrees of freedom, by the regularised incomplete beta function: NIST Digital
  Library of Mathematical Functions (DLMF) 8.17.22, the continued fraction evaluated as in Lentz,
  "Generating Bessel functions in Mie scattering calculations using continued fractions", Applied
  Optics 15 (1976); the distribution in terms of it: Abramowitz & Stegun 26.7.1.
- Chi-square for whole degrees of freedom: Abramowitz & Stegun 26.4.4 and 26.4.5.
"""

import math
from statistics import NormalDist

NORMAL = NormalDist()
TINY = 1e-300
CLOSE = 1e-15
MOST_TERMS = 10_000
ALMOST_NORMAL = 1e7  # degrees of freedom from which Student's t is the normal one to 7 digits


def normal_quantile(p: float) -> float:
    return NORMAL.inv_cdf(p)


def normal_cdf(x: float) -> float:
    return NORMAL.cdf(x)


def beta_cdf(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function I_x(a, b), 0 ≤ x ≤ 1."""
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    if x > (a + 1) / (a + b + 2):  # where the fraction converges fast: DLMF 8.17.4
        return 1 - beta_cdf(1 - x, b, a)
    logarithm = (
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    )
    return math.exp(logarithm) * fraction(x, a, b) / a


def fraction(x: float, a: float, b: float) -> float:
    """DLMF 8.17.22 without its first factor."""
    c, d = 1.0, 1 / nonzero(1 - (a + b) * x / (a + 1))
    found = d
    for m in range(1, MOST_TERMS):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d, c = 1 / nonzero(1 + term * d), nonzero(1 + term / c)
            found *= d * c
        if abs(d * c - 1) < CLOSE:
            break
    return found


def nonzero(value: float) -> float:
    return value if abs(value) > TINY else TINY


def student_cdf(t: float, df: float) -> float:
    """P(T ≤ t) with `df` degrees of freedom, which may be a fraction."""
    if df >= ALMOST_NORMAL:
        return normal_cdf(t)
    square = t * t
    if square < df:  # near the middle df / (df + t²) is all but 1, which keeps half of t's digits
        return 0.5 + math.copysign(beta_cdf(square / (df + square), 0.5, df / 2) / 2, t)
    tail = beta_cdf(df / (df + square), df / 2, 0.5) / 2
    return tail if t < 0 else 1 - tail


def student_quantile(p: float, df: float) -> float:
    """t with P(T ≤ t) = p, by halving; 0 < p < 1, df > 0."""
    if df >= ALMOST_NORMAL or p == 0.5:
        return normal_quantile(p)
    if p < 0.5:
        return -student_quantile(1 - p, df)
    low, high = 0.0, 2.0
    while student_cdf(high, df) < p:
        low, high = high, high * 2
    while high - low > 1e-12 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if student_cdf(middle, df) < p else (low, middle)
    return high


def chi_square_tail(value: float, df: int) -> float:
    """P(X² ≥ value) with `df` = 1, 2, 3 … degrees of freedom."""
    if value <= 0:
        return 1.0
    half, odd = value / 2, df % 2
    term = math.sqrt(2 * value / math.pi) * math.exp(-half) if odd else math.exp(-half)
    found = math.erfc(math.sqrt(half)) if odd else 0.0
    for step in range(df // 2):
        found += term
        term *= value / (2 * step + 3) if odd else half / (step + 1)
    return min(1.0, found)
