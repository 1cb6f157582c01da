"""A formula in plain text as MathML: w_ij = (lambda_in_j - lambda_out_i) phi_ij.

    name            a letter, a Greek letter by its name, a word; zdot and xhat have an accent,
                    dphi is d phi
    a_i^2, a'       below and above, a_{i+1} and a^-1 too; lambda_in_j is lambda^in with j below
    a/b             a fraction; (a + b)/c loses its parentheses, f(x)/t keeps them
    sum_j, sqrt(a), |a|, a . b, a * b, >=, <=, !=, ->, ~, ...     as they look
"""
import re
from html import escape

GREEK = dict(zip(
    "alpha beta gamma delta epsilon eta theta lambda mu nu pi rho sigma tau phi psi omega "
    "Delta Theta Lambda Sigma Phi Omega inf partial".split(), "αβγδεηθλμνπρστφψωΔΘΛΣΦΩ∞∂"))
SIGNS = {"->": "→", "<->": "↔", ">=": "≥", "<=": "≤", "!=": "≠", "~": "∼", "-": "−", ".": "⋅",
         "*": "\u2062", "+-": "±", "==": "=", "...": "…"}
ACCENTS = {"dot": "˙", "hat": "^"}
UPRIGHT = ("in", "out")                     # the two sets of eigenvalues: written above
SUM = '<mo movablelimits="false">∑</mo>'
TOKEN = re.compile(r"(\s*)(\.\.\.|<->|->|>=|<=|!=|==|\+-|\d+(?:\.\d+)?(?:e[+-]?\d+)?|[A-Za-z]+"
                   r"|[^\sA-Za-z])")


def mathml(text, block=False):
    """The formula as a <math> element; with block=True on a line of its own, fractions upright."""
    display = ' display="block"' if block else ""
    return f"<math{display}>{Formula(text, block).row()}</math>"


class Formula:
    """Reads tokens (blanks before it, token) from left to right; methods take what they write."""

    def __init__(self, text, block=False):
        self.tokens, self.block = TOKEN.findall(text.strip()), block

    def next_is(self, *wanted):
        return bool(self.tokens) and self.tokens[0][1] in wanted

    def take(self):
        return self.tokens.pop(0)[1]

    def row(self, end=""):
        """Terms up to `end`, which is taken."""
        parts = []
        while self.tokens and not self.next_is(end):
            part = self.factor()
            while self.next_is("/"):
                self.take()
                part = self.fraction(part, self.factor())
            parts.append(part)
        self.tokens = self.tokens[1:]
        return "".join(parts)

    def fraction(self, above, below):
        if not self.block:
            return f"{above}<mo>/</mo>{below}"
        return f"<mfrac>{bare(above)}{bare(below)}</mfrac>"

    def factor(self):
        """What has its scripts, and an argument in parentheses that follows at once."""
        found, joined = self.scripted(), False
        while self.next_is("(") and not self.tokens[0][0] and "<mi" in found:
            found, joined = found + self.scripted(), True
        return f"<mrow>{found}</mrow>" if joined else found

    def scripted(self):
        base, below, above = self.atom(), "", ""
        while self.next_is("_", "^", "'"):
            sign = self.take()
            script = "'" if sign == "'" else self.script()
            if sign == "_" and script in UPRIGHT:
                above += f"<mtext>{script}</mtext>"
            elif sign == "^" and above:                             # the square of lambda_in_j
                return (f"<msup><mrow><mo>(</mo>{scripts(base, below, above)}<mo>)</mo></mrow>"
                        f"<mrow>{Formula(script).row()}</mrow></msup>")
            elif sign == "_":
                below += letters(script)
            else:
                above += {"'": "<mo>′</mo>", "*": "<mo>*</mo>"}.get(script) or Formula(script).row()
        return scripts(base, below, above)

    def script(self):
        """The text below or above: a token, one with a sign, or what braces hold."""
        token = self.take()
        if token == "-":
            return token + self.take()
        if token != "{":
            return token
        held = []
        while self.tokens and not self.next_is("}"):
            held.append(self.take())
        self.tokens = self.tokens[1:]
        return " ".join(held)

    def atom(self):
        token = self.take()
        if token in ("(", "["):
            closing = {"(": ")", "[": "]"}[token]
            return f"<mrow><mo>{token}</mo>{self.row(closing)}<mo>{closing}</mo></mrow>"
        if token == "|":
            return f"<mrow><mo>|</mo>{self.row('|')}<mo>|</mo></mrow>"
        if token == "sqrt" and self.next_is("("):
            self.take()
            block, self.block = self.block, False           # no upright fraction under a root
            inside, self.block = self.row(")"), block
            return f"<msqrt>{inside}</msqrt>"
        if token[0].isdigit():
            return f"<mn>{token}</mn>"
        if not token.isalpha():
            return f"<mo>{escape(SIGNS.get(token, token))}</mo>"
        said = name(token)
        return f"<mtext>&nbsp;{token}&nbsp;</mtext>" if "normal" in said \
            and not self.next_is("(", "_") else said


def name(word):
    """A letter, a Greek letter, one with an accent (zdot), a differential (dphi), or a word."""
    if word == "sum":
        return SUM
    if word in GREEK or len(word) == 1:
        return f"<mi>{GREEK.get(word, word)}</mi>"
    letter, accent = word[:-3], ACCENTS.get(word[-3:])
    if accent and (letter in GREEK or len(letter) == 1):
        return f'<mover>{name(letter)}<mo>{accent}</mo></mover>'
    if word[0] == "d" and (word[1:] in GREEK or len(word) == 2):
        return f"<mrow><mi>d</mi>{name(word[1:])}</mrow>"
    return f'<mi mathvariant="normal">{word}</mi>'


def scripts(base, below, above):
    kind = ("munder", "munderover") if base == SUM else ("msub", "msubsup")
    if below and above:
        return f"<{kind[1]}>{base}<mrow>{below}</mrow><mrow>{above}</mrow></{kind[1]}>"
    if above:
        return f"<msup>{base}<mrow>{above}</mrow></msup>"
    return f"<{kind[0]}>{base}<mrow>{below}</mrow></{kind[0]}>" if below else base


def letters(script):
    """Indices: `ij` is i and j, `max` a word."""
    def index(part):
        if not part.isalpha():
            return f"<mn>{part}</mn>" if part.isdigit() else f"<mo>{SIGNS.get(part, part)}</mo>"
        return name(part) if part in GREEK or len(part) > 2 else "".join(map(name, part))
    return "".join(map(index, re.findall(r"[A-Za-z]+|\d+|[^\sA-Za-z\d]", script)))


def bare(part):
    """What stands above or below a line, without its parentheses."""
    start, end = "<mrow><mo>(</mo>", "<mo>)</mo></mrow>"
    whole = part.startswith(start) and part.endswith(end)
    return f"<mrow>{part.removeprefix(start).removesuffix(end) if whole else part}</mrow>"
