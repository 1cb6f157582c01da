"""A formula in plain text as MathML: w_ij = (lambda_in_j - lambda_out_i) phi_ij.

    name            a letter, a Greek letter by its name, a word; zdot has a dot, dphi is d phi
    a_i^2           below and above, a_{i+1} and a^-1 too; lambda_in_j is lambda^in with j below
    a/b             a fraction of the factors left and right; (a + b)/c loses its parentheses
    sum_j, sqrt(a), |a|, a . b, a * b, >=, <=, !=, ->, ~, ...     as they look
"""
import re
from html import escape

GREEK = dict(zip(
    "alpha beta gamma delta epsilon eta theta lambda mu nu pi rho sigma tau phi psi omega "
    "Delta Theta Lambda Sigma Phi Omega inf partial".split(), "αβγδεηθλμνπρστφψωΔΘΛΣΦΩ∞∂"))
SIGNS = {"->": "→", "<->": "↔", ">=": "≥", "<=": "≤", "!=": "≠", "~": "∼", "-": "−", ".": "⋅",
         "*": "\u2062", "+-": "±", "==": "=", "...": "…", "'": "′"}
UPRIGHT = ("in", "out")                     # the two sets of eigenvalues: written above
TOKEN = re.compile(r"\s*(\.\.\.|<->|->|>=|<=|!=|==|\+-|\d+(?:\.\d+)?(?:e[+-]?\d+)?|[A-Za-z]+"
                   r"|[_^{}()\[\]|/]|[^\sA-Za-z])")


def mathml(text, block=False):
    """The formula as a <math> element, on a line of its own with block=True."""
    display = ' display="block"' if block else ""
    return f"<math{display}>{Formula(text).row()}</math>"


class Formula:
    """Reads tokens from left to right; every method takes what it writes."""

    def __init__(self, text):
        self.tokens = TOKEN.findall(text)

    def next(self):
        return self.tokens[0] if self.tokens else ""

    def take(self):
        return self.tokens.pop(0)

    def row(self, end=""):
        """Terms up to `end`, which is taken."""
        parts = []
        while self.tokens and self.next() != end:
            part = self.scripted()
            while self.next() == "/":
                self.take()
                part = f"<mfrac>{bare(part)}{bare(self.scripted())}</mfrac>"
            parts.append(part)
        if end and self.tokens:
            self.take()
        return "".join(parts)

    def scripted(self):
        """One factor with what stands below and above it."""
        base, below, above = self.atom(), "", ""
        while self.next() in ("_", "^"):
            sign, script = self.take(), self.script()
            if sign == "_" and script in UPRIGHT:
                above += f"<mtext>{script}</mtext>"
            elif sign == "_":
                below += letters(script)
            else:
                above += Formula(script).row() if script != "T" else "<mi>T</mi>"
        if not below and not above:
            return base
        kind = "under" if base == SUM else "sub"
        if above and below:
            both = "munderover" if base == SUM else "msubsup"
            return f"<{both}>{base}<mrow>{below}</mrow><mrow>{above}</mrow></{both}>"
        return (f"<m{kind}>{base}<mrow>{below}</mrow></m{kind}>" if below else
                f"<msup>{base}<mrow>{above}</mrow></msup>")

    def script(self):
        """The text below or above: a token, one with a sign, or what braces hold."""
        token = self.take()
        if token == "-":
            return token + self.take()
        if token != "{":
            return token
        held = []
        while self.tokens and self.next() != "}":
            held.append(self.take())
        self.tokens = self.tokens[1:]
        return "".join(held)

    def atom(self):
        token = self.take()
        if token in ("(", "["):
            closing = {"(": ")", "[": "]"}[token]
            return f"<mrow><mo>{token}</mo>{self.row(closing)}<mo>{closing}</mo></mrow>"
        if token == "|":
            return f"<mrow><mo>|</mo>{self.row('|')}<mo>|</mo></mrow>"
        if token == "sqrt" and self.next() == "(":
            self.take()
            return f"<msqrt>{self.row(')')}</msqrt>"
        if token[0].isdigit():
            return f"<mn>{token}</mn>"
        if token.isalpha():
            return name(token)
        return f"<mo>{escape(SIGNS.get(token, token))}</mo>"


SUM = '<mo movablelimits="false">∑</mo>'


def name(word):
    """A letter, a Greek letter, a dotted one (zdot), a differential (dphi), or an upright word."""
    if word == "sum":
        return SUM
    if word in GREEK or len(word) == 1:
        return f"<mi>{GREEK.get(word, word)}</mi>"
    if word.endswith("dot") and (word[:-3] in GREEK or len(word) == 4):
        return f'<mover accent="true">{name(word[:-3])}<mo>˙</mo></mover>'
    if word[0] == "d" and (word[1:] in GREEK or len(word) == 2):
        return f"<mrow><mi>d</mi>{name(word[1:])}</mrow>"
    return f"<mi mathvariant=\"normal\">{word}</mi>"


def letters(script):
    """Indices: `ij` is i and j, `max` a word."""
    return "".join(name(part) if part in GREEK or not part.isalpha() or len(part) > 2
                   else "".join(map(name, part)) if part.isalpha() else f"<mn>{part}</mn>"
                   for part in re.findall(r"[A-Za-z]+|\d+|[^A-Za-z\d]", script))


def bare(part):
    """A factor of a fraction without its parentheses."""
    inner = re.fullmatch(r"<mrow><mo>\(</mo>(.*)<mo>\)</mo></mrow>", part)
    return f"<mrow>{inner[1]}</mrow>" if inner else part
