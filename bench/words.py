"""Made-up text with the frequencies of real text: words of a list by Zipf's law, in sentences of a small grammar."""

from __future__ import annotations

import itertools
import random

_NOUNS = """
code test error review request branch commit module function service table query index cache token secret schema field
message queue worker thread lock handler route template form component page button layout colour icon label style theme
config default limit timeout retry backoff budget metric trace span log event alert dashboard report audit policy role
permission grant owner member team project release version package registry manifest bundle archive folder file path
line column symbol type class method argument parameter result value object array string number flag option command
script pipeline job stage artifact image container cluster node pod volume network port address certificate key vault
database migration transaction constraint trigger view cursor replica backup snapshot model prompt context window agent
tool server client session connection stream socket protocol header payload response status cookie form input output
parser lexer grammar compiler linter formatter editor terminal shell plugin extension hook filter mapper reducer store
ticket issue comment document guide example tutorial glossary paragraph sentence word accessibility keyboard screen
invoice order payment customer account catalogue price currency calendar schedule reminder contract licence warranty
""".split()
_VERBS = """
write read check review explain prefer avoid keep name move split join test measure cache retry validate parse render
publish release deploy migrate index search filter sort count group merge compare restore archive rotate revoke grant
document translate format refactor simplify extract inline wrap mock record replay trace profile limit escape encode
""".split()
_ADJECTIVES = """
small clear explicit strict lazy eager nested flat public private internal stable fast slow safe hostile empty missing
stale fresh shared local remote idempotent atomic immutable readable typed generic narrow wide portable hidden visible
accessible responsive secure signed encrypted verified deprecated experimental optional required bounded incremental
""".split()
_AREAS = """
python typescript javascript rust golang java kotlin swift ruby php elixir scala haskell terraform kubernetes docker
ansible postgres mysql sqlite redis kafka rabbitmq graphql grpc react vue svelte angular django flask rails spring
android ios linux windows security privacy payments search analytics billing onboarding documentation localization
""".split()
_SYLLABLES = """
ba be bo da de do fa fe ka ke ki ko la le li lo ma me mi mo na ne ni no pa pe ra re ri ro sa se ta te ti to va vi za zo
""".split()
_SHAPES = (
    "{v} the {a} {n} before the {n2}, and say why the {n3} is {a2}.",
    "A {n} that is {a} does not {v} a {n2}; {v2} it where the {n3} is.",
    "When a {n} is {a}, {v} the {n2} and {v2} its {n3}.",
    "Never {v} a {n} from a {a} {n2} in {r}.",
    "For {r}, {v} each {n} with a {a} {n2} and one {n3}.",
    "Use {r} to {v} {n} and {n2}: {a} first, {a2} only where the {n3} asks for it.",
    "If the {n} of the {n2} is {a}, the {n3} has to {v} it twice.",
    "{n} and {n2} are {a}; {v} them together with the {n3}.",
)
SENTENCES = 30_000
RARE = 60_000


class Writer:
    """Writes names and texts. The same seed writes the same."""

    def __init__(self, seed: int = 4) -> None:
        self.random = random.Random(seed)
        self._weights: dict[int, list[float]] = {}
        self.rare = self._made_up(RARE)
        self.sentences = [self._sentence() for _ in range(SENTENCES)]

    def pick(self, words: list[str]) -> str:
        """A word, the first of the list most often: the second half as often, the third a third."""
        if len(words) not in self._weights:
            self._weights[len(words)] = list(itertools.accumulate(1 / rank for rank in range(1, len(words) + 1)))
        weights = self._weights[len(words)]
        return self.random.choices(words, cum_weights=weights)[0]

    def name(self) -> str:
        """A name of two or three words."""
        first, second = self.pick(_AREAS), self.random.choice(_NOUNS)
        middle = self.pick(_ADJECTIVES) if self.random.random() < 0.5 else self.pick(self.rare)
        return f"{first}-{middle}-{second}"

    def text(self, sentences: int) -> str:
        """Paragraphs, some with a word that few texts have."""
        chosen = self.random.choices(self.sentences, k=sentences)
        chosen.append(f"See also {self.pick(self.rare)}, {self.pick(self.rare)} and {self.random.choice(self.rare)}.")
        return "\n\n".join(" ".join(chosen[start : start + 4]) for start in range(0, len(chosen), 4))

    def tags(self) -> list[str]:
        """One to three tags."""
        return sorted({self.pick(_AREAS) for _ in range(self.random.randint(1, 3))})

    def _sentence(self) -> str:
        shape = self.random.choice(_SHAPES)
        words = {
            "v": _VERBS,
            "v2": _VERBS,
            "n": _NOUNS,
            "n2": _NOUNS,
            "n3": _NOUNS,
            "a": _ADJECTIVES,
            "a2": _ADJECTIVES,
        }
        filled = shape.format(r=self.pick(_AREAS), **{slot: self.pick(of) for slot, of in words.items()})
        return filled[0].upper() + filled[1:]

    def _made_up(self, count: int) -> list[str]:
        found: dict[str, None] = {}
        while len(found) < count:
            found["".join(self.random.choices(_SYLLABLES, k=self.random.randint(3, 5)))] = None
        return list(found)
