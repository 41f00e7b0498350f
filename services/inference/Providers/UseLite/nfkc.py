# Writes nfkc.txt: python3 nfkc.py > nfkc.txt
import sys
import unicodedata

points = [point for point in range(sys.maxunicode + 1) if not 0xD800 <= point < 0xE000 and not 0xAC00 <= point <= 0xD7A3]


def hexes(points):
    return " ".join(f"{point:X}" for point in points)


def runs(values):
    """Neighbours in one line: with the same class, or with single characters that go up in step."""
    start = last = None
    for point, value in values:
        if start is not None and point == last[0] + 1 and follows(last[1], value):
            last = (point, value)
            continue
        if start is not None:
            yield start, last
        start = last = (point, value)
    yield start, last


def follows(before, after):
    return before == after if isinstance(after, int) else len(before) == len(after) == 1 and after[0] == before[0] + 1


print(f"# Unicode {unicodedata.unidata_version}, without Hangul syllables, which have an algorithm of their own.")
for name, values in (
    ("class", [(point, unicodedata.combining(chr(point))) for point in points if unicodedata.combining(chr(point))]),
    ("split", [(point, [ord(part) for part in unicodedata.normalize("NFKD", chr(point))]) for point in points
               if unicodedata.normalize("NFKD", chr(point)) != chr(point)]),
):
    print(f"# {name}")
    for (first, value), (last, _) in runs(values):
        print(f"{first:X}{'' if first == last else f'-{last:X}'};{value if isinstance(value, int) else hexes(value)}")
print("# join")
for point in points:
    parts = unicodedata.decomposition(chr(point)).split()
    if len(parts) == 2 and not parts[0].startswith("<") and unicodedata.normalize("NFC", chr(point)) == chr(point):
        print(f"{point:X};{parts[0]} {parts[1]}")
