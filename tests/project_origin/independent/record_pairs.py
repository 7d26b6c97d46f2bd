"""Write ../golden/pairs.json anew; look at the difference before it is committed."""

from try_pairs import GOLDEN, seen, text

if __name__ == "__main__":
    GOLDEN.write_text(text(seen()), encoding="utf-8")
