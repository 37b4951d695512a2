"""The field's figures as a page with a picture."""

from html import escape

LEFT, ROW, WIDTH, GAP, CELLS = 120, 34, 460, 40, 300
SPAN_MS = 2500
BLUE, ORANGE, GREY = "#1f6fb2", "#e07b1a", "#999999"
COLOURS = {"6": BLUE, "4": ORANGE}
MARKS = ("<!-- measured: begin -->", "<!-- measured: end -->")


def svg(results, delays):
    """Left: every SYN to four silent addresses of each family. Right: who won at which round trip of IPv6."""
    height = 60 + ROW * len(results) + 24
    total = LEFT + WIDTH + GAP + CELLS + 20
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {total} {height}" font-family="sans-serif" font-size="12">',
        f'<rect width="{total}" height="{height}" fill="white"/>',
        f'<text x="{LEFT}" y="18" font-weight="bold">Every SYN to eight silent addresses, by time (ms)</text>',
        f'<text x="{LEFT + WIDTH + GAP}" y="18" font-weight="bold">Who wins at which IPv6 round trip (ms)</text>',
    ]
    for at in range(0, SPAN_MS + 1, 500):
        x = LEFT + at / SPAN_MS * WIDTH
        out.append(f'<line x1="{x:.0f}" y1="44" x2="{x:.0f}" y2="{height - 24}" stroke="#dddddd"/>')
        out.append(f'<text x="{x:.0f}" y="38" text-anchor="middle" fill="{GREY}">{at}</text>')
    cell = CELLS / len(delays)
    for i, delay in enumerate(delays):
        x = LEFT + WIDTH + GAP + (i + 0.5) * cell
        out.append(f'<text x="{x:.0f}" y="38" text-anchor="middle" font-size="9" fill="{GREY}">{delay}</text>')
    for row, (name, figures) in enumerate(results.items()):
        y = 60 + row * ROW
        out.append(f'<text x="{LEFT - 12}" y="{y + 5}" text-anchor="end">{escape(name)}</text>')
        out += dots(figures["many"], y)
        for i, family in enumerate(figures["sweep"]):
            x = LEFT + WIDTH + GAP + i * cell
            colour = COLOURS.get(family, "#eeeeee")
            out.append(f'<rect x="{x:.0f}" y="{y - 9}" width="{cell - 2:.0f}" height="18" fill="{colour}"/>')
    y = height - 8
    out.append(f'<circle cx="{LEFT}" cy="{y - 4}" r="5" fill="{BLUE}"/><text x="{LEFT + 10}" y="{y}">IPv6</text>')
    out.append(f'<circle cx="{LEFT + 60}" cy="{y - 4}" r="5" fill="{ORANGE}"/><text x="{LEFT + 70}" y="{y}">IPv4</text>')
    return "\n".join([*out, "</svg>", ""])


def dots(attempts, y):
    zero = attempts[0][0] if attempts else 0
    shown = [(at - zero, family) for at, family, _, _ in attempts if at - zero <= SPAN_MS]
    return [f'<circle cx="{LEFT + at / SPAN_MS * WIDTH:.1f}" cy="{y}" r="5" fill="{COLOURS[family]}" fill-opacity="0.8"/>'
            for at, family in shown]


def write(docs, contestants, first, names, results, delays, lateness):
    """Puts what was measured between the marks of the page, and the picture beside it."""
    (docs / "happy-eyeballs.svg").write_text(svg(results, delays))
    page = docs / "happy-eyeballs.md"
    text = page.read_text()
    before, _, rest = text.partition(MARKS[0])
    after = rest.partition(MARKS[1])[2]
    measured = [
        MARKS[0],
        "![Every SYN to eight silent addresses, and who wins at which round trip](happy-eyeballs.svg)",
        "",
        *first,
        "",
        f"Answers that are late by {', '.join(map(str, lateness))} ms:",
        "",
        *names,
        "",
        *(f"- **{c.name}**: {c.what}" for c in contestants),
        MARKS[1],
    ]
    page.write_text(before + "\n".join(measured) + after)
