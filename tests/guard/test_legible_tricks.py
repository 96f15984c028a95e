# ruff: noqa: RUF001 (letters that look alike are what is tested)
"""Of 200 toxic words in each of ten disguises, nearly all are read as what they are."""

from __future__ import annotations

import itertools
import random

import pytest

from upright.guard.legible import legible

# Filters must know these words; they are quoted nowhere else. A part of them stands in no table.
LISTED = """
idiot idiots moron morons imbecile imbeciles dumbass retard retards retarded loser losers scumbag
dipshit dickhead asshole assholes arsehole bitch bitches bitching whore whores slut sluts slutty
cunt cunts bastard bastards prick pricks twat twats wanker wankers douchebag douche jackass
shithead fuckface motherfucker motherfuckers cocksucker fucktard skank pussy tosser bellend
simpleton halfwit dimwit nitwit dunce cretin lowlife degenerate scum stupid stupidity dumb ugly
fuck fucked fucker fucking fuckers bullshit horseshit shit shits shitty crap crappy goddamn damn
piss pissed bollocks porn porno nude naked sexual penis vagina orgasm incest molester pervert
perverts pedophile rapist rapists raped rape murder murderer murdered kill killer killing kills
strangle strangled slaughter butcher behead beheaded lynch lynched torture tortured massacre
genocide exterminate terrorist terrorists bomber bombing explosives shooting stabbing stabbed
hanged poisoned drowned suicide suicidal overdose nigger niggers nigga faggot faggots tranny
trannies kike kikes spic spics chink chinks gook gooks wetback wetbacks raghead ragheads
towelhead beaner beaners dyke dykes coon coons jigaboo shemale gypsy gypsies infidel infidels
heathen savages savage subhuman subhumans vermin cockroach cockroaches parasite parasites rodents
maggot maggots filth filthy disgusting pathetic worthless garbage inferior abomination plague
trash monkey monkeys gorilla animals despicable repulsive vile hateful hated hatred racist
fascist nazi nazis supremacist hideous freak freaks creep creepy psycho lunatic cripple crippled
spastic mongoloid brainless braindead spineless coward cowards liar liars traitor traitors thief
"""
WORDS = LISTED.split()
FRAME = ("so they are all ", " to me and to them")

WIDE = {chr(97 + at): chr(0xFF41 + at) for at in range(26)}
BOLD = {chr(97 + at): chr(0x1D41A + at) for at in range(26)}
ALIKE = dict(zip("aceiopxyjs", "асеіорхујѕ", strict=True))
LEET = dict(zip("aeiost", "431057", strict=True))
SIGNS = dict(zip("ais", "@!$", strict=True))
MARKS = "\u0300\u0301\u0316\u0323\u0334\u0336\u0338\u0345\u0351\u035c\u0363"


def styled(word, random):
    table = random.choice((WIDE, BOLD))
    return "".join(table[letter] for letter in word)


def alike(word, random):
    return "".join(ALIKE.get(letter, letter) for letter in word)


def hidden(word, random):
    return "".join(letter + random.choice("\u200b\u200c\u200d\u2060\u00ad") for letter in word)


def stacked(word, random):
    return "".join(
        letter + "".join(random.choices(MARKS, k=random.randint(1, 4))) for letter in word
    )


def leet(word, random):
    return "".join(LEET.get(letter, letter) for letter in word)


def signs(word, random):
    places = [at for at, letter in enumerate(word) if letter in LEET]
    if not places:
        return styled(word, random)
    place = random.choice(places)
    table = LEET | SIGNS if 0 < place < len(word) - 1 else LEET
    return word[:place] + table[word[place]] + word[place + 1 :]


def spaced(word, random):
    return " ".join(word)


def dotted(word, random):
    return random.choice(".-_").join(word)


def drawn(word, random):
    places = random.sample(range(len(word)), k=random.randint(1, 2))
    return "".join(
        letter * random.randint(3, 7) if at in places else letter for at, letter in enumerate(word)
    )


def masked(word, random):
    vowels = [at for at, letter in enumerate(word) if at and letter in "aeiouy"] or [1]
    chosen = set(random.sample(vowels, k=min(len(vowels), random.randint(1, 2))))
    return "".join("*" if at in chosen else letter for at, letter in enumerate(word))


def mixed(word, random):
    return "".join(letter.upper() if at % 2 else letter for at, letter in enumerate(word))


TRICKS = (styled, alike, hidden, stacked, leet, signs, spaced, dotted, drawn, masked, mixed)


def restored(trick):
    """The words that are read as they are meant, each in the middle of a text."""
    chance = random.Random(7)
    read = {word: legible(trick(word, chance).join(FRAME)).text for word in WORDS}
    return [word for word, text in read.items() if text == word.join(FRAME)]


def test_the_words_are_two_hundred():
    assert len(WORDS) == len(set(WORDS)) >= 200


@pytest.mark.parametrize("trick", TRICKS, ids=lambda trick: trick.__name__)
def test_disguised_words_are_restored(trick):
    # Behind a mask a word can only be known, not read.
    assert len(restored(trick)) >= (0.85 if trick is masked else 0.95) * len(WORDS)


def test_of_all_disguises_nearly_all_are_seen_through():
    assert sum(len(restored(trick)) for trick in TRICKS) >= 0.95 * len(WORDS) * len(TRICKS)


def test_the_words_themselves_are_left_alone():
    assert restored(lambda word, _: word) == WORDS


@pytest.mark.parametrize(
    ("first", "second"),
    [
        *itertools.product((leet, signs, spaced, dotted, drawn, mixed), (alike, hidden, stacked)),
        *itertools.product((leet, signs, mixed), (spaced, dotted)),
    ],
    ids=lambda trick: trick.__name__,
)
def test_two_disguises_on_one_another_are_seen_through(first, second):
    def both(word, random):
        return second(first(word, random), random)

    assert len(restored(both)) >= 0.9 * len(WORDS)
