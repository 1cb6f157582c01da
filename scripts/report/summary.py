"""What came out, first: how many claims of which document, and each of them in one row."""
from collections import Counter

from lab.style import several
from lab.table import FAIL, NOT, NOT_COMPARABLE, PARTLY, REPRODUCED, TOO_SMALL

from .page import BAD, Link, Piece, boxes, heading, link, paragraph, table, text, thumbnail
from .result import JUDGED
from .statements import NOT_YET

MARKS = {REPRODUCED: ("●", "reproduced"), PARTLY: ("◐", "partly"), NOT: ("○", "not"),
         NOT_COMPARABLE: ("–", "apart"), TOO_SMALL: ("·", "small")}    # sign, class of the page
DOCUMENTS = {"Chicchi, talk": "Input relevance by spectral learning (talk)",
             "Giambagli, abstract": "Spectral tools for neural networks (abstract)",
             "Giambagli, poster": "How a student becomes a teacher (poster)",
             "Petrini, talk": "Learning features in neural nets (talk)"}
OTHERS = "Papers that they cite"
MOST_ROWS = 3                           # of a claim, in the summary
LEAD = ("What four documents and the papers that they cite say, and what came out of it here. "
        "Each sign leads to its claim. The project's own checks are not among the claims.")
QUICK = ("Verdicts are those of the last standard runs, {date}. This run is small: its numbers "
         "stand beside them and judge nothing.")


def shown(result, mode, kept):
    """[(claim, its rows of this run if that is a quick one)]: a quick run shows kept verdicts."""
    if mode != "quick":
        return [(claim, []) for claim in result.claims]
    claims = {claim["name"]: claim for claim in kept.get(result.name, {}).get("claims", [])}
    small = {claim["name"]: claim for claim in result.claims}
    return [(claims.get(name, small.get(name)), small[name]["rows"] if name in small else [])
            for name in {**claims, **small}]


def summary(results, claims, mode, kept):
    """The pieces of the first screens; claims: name of a result -> what `shown` gives."""
    every = [(result, *pair) for result in results for pair in claims[result.name]]
    counts = Counter(claim["verdict"] for _, claim, _ in every)
    yield paragraph(LEAD)
    yield tiles(counts, len(every))
    dates = sorted(kept[result.name]["date"] for result in results if result.name in kept)
    if mode == "quick" and dates:
        yield paragraph(QUICK.format(date=" to ".join(dict.fromkeys((dates[0], dates[-1])))))
    yield by_document([claim for _, claim, _ in every])
    yield by_experiment(results, claims)
    yield heading(2, "Every claim", "claims")
    yield paragraph("Ours: median; in brackets range or 95 % interval, and over how many seeds, or "
                    "over what the line names.")
    yield every_claim(every)


def tiles(counts, total):
    """How many claims came out how, in large figures."""
    kinds = [*JUDGED, *[TOO_SMALL] * bool(counts[TOO_SMALL])]
    inner = [f'<div class="{MARKS[kind][1]}"><b>{counts[kind]}</b> {verdict(kind)}</div>'
             for kind in kinds]
    return (f"<p>{several(total, 'published claim', 'published claims')}:</p>\n"
            f'<div class="tiles">{"".join(inner)}</div>')


def sign(said):
    mark, kind = MARKS[said]
    return Piece(f'<span class="{kind}">{mark}</span>')


def by_document(claims):
    """How the claims of each document came out."""
    rows = []
    for document, count in counts_of(claims).items():
        signs = (f"{sign(kind)} {count[kind]}&ensp;" for kind in MARKS if count[kind])
        rows.append(("", (document, Piece(" ".join(signs)))))
    return table(("document", "claims"), rows, "bare")


def counts_of(claims):
    """Document -> verdict -> how many of its claims; only those that have any."""
    counts: dict = {name: Counter() for name in [*DOCUMENTS.values(), OTHERS]}
    for claim in claims:
        named = [name for start, name in DOCUMENTS.items() if claim["source"].startswith(start)]
        counts[(named or [OTHERS])[0]][claim["verdict"]] += 1
    return {document: count for document, count in counts.items() if count}


def by_experiment(results, claims):
    """Every experiment with a sign for each of its claims, which leads to it."""
    rows = []
    for result in results:
        signs = [link(anchor(result.name, claim), sign(claim["verdict"]), claim["words"])
                 for claim, _ in claims[result.name]]
        asked = [result.question] + [result.health] * (result.mood == BAD)
        rows.append((result.mood, (Link(result.name), boxes(asked), Piece(" ".join(signs)))))
    return table(("experiment", "question", "claims"), rows, "bare")


def anchor(name, claim):
    return f"{name}: {claim['name']}"


def every_claim(claims):
    rows = []
    for result, claim, small in claims:
        pictures = {path.stem: path for path in result.figures}
        figure = pictures.get(claim["figure"])
        rows.append((MARKS[claim["verdict"]][1], (
            Piece(f'<div id="{text(anchor(result.name, claim))}"><b>{text(claim["name"])}</b><br>'
                  f'{text(claim["words"])}<br><small>{text(claim["source"])}; '
                  f"{link(result.name, result.name)}</small></div>"),
            measured(claim, small),
            verdict(claim["verdict"]),
            link(f"{result.name}/{figure.stem}", thumbnail(figure)) if figure else "")))
    head = boxes((Piece("<small>quantity</small><i>published</i><b>ours</b>"),), "row")
    return table(("claim", head, "verdict", "figure"), rows, "bare claims")


def verdict(said):
    return Piece(f"{sign(said)} {NOT_YET if said == TOO_SMALL else said}")


def measured(claim, small):
    """Its judged rows, those that fail first, published beside ours; under them a small run's."""
    rows = [] if claim["rows"] is small else judged(claim["rows"])
    pairs = sorted(zip(names(rows), rows), key=lambda pair: pair[1]["verdict"] != FAIL)
    lines = [line(*pair) for pair in pairs]
    more = [Piece(f"<small>and {len(rows) - MOST_ROWS} more</small>")] * (len(rows) > MOST_ROWS)
    few = [Piece(f"<small>small: {text(name)} {text(row['ours'])}</small>")
           for name, row in list(zip(names(judged(small)), judged(small)))[:2]]
    return boxes(lines[:MOST_ROWS] + more + few, "row")


def judged(rows):
    """Those with bounds; all if none has."""
    return [row for row in rows if row["wanted"]] or rows


def names(rows):
    """What the rows of a claim measure; with the part of the experiment where parts differ."""
    parts = len({row["part"] for row in rows}) > 1
    return [f"{row['part']}: " * parts + row["quantity"] for row in rows]


def line(name, row):
    published = "" if row["published"] == "-" else text(row["published"])
    middle, *spread = row["ours"].partition(" (")
    kind = ' class="not"' * (row["verdict"] == FAIL)            # which part does not hold
    return Piece(f"<small>{text(name)}</small><i>{published}</i><span{kind}><b>{text(middle)}</b>"
                 f"<small>{text(''.join(spread))}</small></span>")
