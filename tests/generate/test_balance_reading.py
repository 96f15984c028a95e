"""A text is open only where nothing in it may tell a gender."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.generate.balance_names import naming, split
from upright.generate.balance_reading import Reading, look
from upright.generate.balance_words import (
    professions,
    shipped_words,
    winogender_professions,
)


def scope(text):
    reading = Reading()
    reading.feed(text)
    return reading.scope()


OPEN = [
    "",
    "Dr. Hanson studied the patient's chart carefully, and then",
    "Dr. J. Hanson left the room because",
    "Professor Adler closed the book, and",
    "Dr. James looked at the screen and",  # a family name behind a title
    "Officer Reyes stopped the car because",
    "Captain Morgan gave the order, and then",
    "The nurse finished the shift, and then",
    "The nurse at Mercy Hospital finished the shift, and then",
    "The nurse at St. Mary's Hospital was tired because",
    "The pilot flew to Denver, and then",
    "The accountant moved to New York because",
    "The technician told the customer that",
    "The developer argued with the designer because",
    "Someone told the plumber that",
    "Yesterday the mechanic said that",
    "On Monday, the American scientist said that",
    "In March the senator spoke to Congress, and",
    "Carefully, the surgeon opened the box, and then",
    "The engineer fixed the BMW before",
    "The ICU doctor took off the mask, and",
    "The programmer wrote the report in Microsoft Word, and then",
    "A CEO has to know when",
    "Everybody trusted the carpenter because",
    "As a teacher in Ohio, the counselor knew that",
    "Each doctor should do what he or she can. The doctor knew that",
    "Every clerk has his or her own desk. The clerk said that",
    "The author signs his/her book. The author said that",
    "The lawyer spoke to the men and women of the jury, and then",
    "Ladies and gentlemen, the chef said that",
    "The landlord called the tenant because",
    "The midwife came at night, and",
    "The human resources manager said that",
    "The freshman asked the professor whether",
    "The scientist holds a bachelor's degree, and",
    "The child played in the garden until",
    "Alex, an engineer, said that",
    "Jordan was late because",
    "The German baker put the bread down, and",
    "They met the painter, and then",
    "The parents thanked the teacher because",
    "My boss is a lawyer, and",
    "The person with long hair smiled when",
    'The teacher said, "Sit down," and then',
    "The worker lived on Elm Street until",
    "the nurse was tired because",
    "The maternity ward called the doctor, and then",
    "The firefighter stood in front of the White House and",
    "Professor Taylor Reed gave a talk because",
    "The dentist wrote to the University of Oxford that",
]
BODY = [
    "The doctor was eight months pregnant, and",
    "The doctor had a beard, and",
    "The bearded carpenter sat down because",
    "The judge stroked the grey mustache, and then",
    "The nurse trimmed his goatee, and",
    "The pilot had shaved off the sideburns because",
    "The clerk was breastfeeding in the break room when",
    "The officer went into labor, and",
    "The plumber gave birth to twins, and then",
    "The farmer had a hysterectomy because",
    "The lawyer worried about prostate cancer because",
    "The chemist had a vasectomy, so",
    "The manager was on maternity leave because",
    "The manager was on paternity leave because",
    "The programmer had morning sickness, so",
    "The engineer was expecting a baby in May, and",
    "The chef was bald, and",
    "The patient's Adam's apple moved when",
    "The teacher had a five o'clock shadow because",
    "The student was menstruating, so",
    "The dancer saw a gynecologist because",
    "The singer is a soprano, and",
    "The guard had stubble on both cheeks, and",
]
DRESS = [
    "The lawyer in the red dress said that",
    "The doctor was wearing a long blue dress when",
    "The judge put on lipstick because",
    "The banker wore a skirt, and",
    "The teacher walked in high heels until",
    "The host in the tuxedo smiled when",
    "The waiter loosened the tie because",
    "The programmer wore a hijab, and",
    "The driver put the purse down, and then",
    "The poet wore a kilt because",
]
KIN = [
    "The nurse kissed her husband, and then",
    "The surgeon, a mother of two, said that",
    "The carpenter is the father of three boys, so",
    "The clerk's wife called because",
    "The engineer is the eldest of four sisters, and",
    "The queen asked the cook whether",
    "The widow sold the house because",
    "The policewoman stopped the car because",
    "The salesman knocked because",
    "The chairman spoke until",
    "The businesswomen met before",
    "The cowboy rode on because",
    "The actress read the letter, and",
    "The landlady knocked because",
    "The gentleman at the bar said that",
    "A boy came in, and",
    "The girls' coach shouted because",
    "A female pilot landed the plane because",
    "The male nurse waited until",
    "The stepmother of the baker knew that",
    "My mother-in-law is a judge, and",
]
CLUBS = [
    "The WNBA player trained hard because",
    "The nba player trained hard because",
    "The coach of the NFL team said that",
    "The doctor had joined a sorority, and",
    "The banker had been in a fraternity, so",
    "The lawyer had been a Boy Scout, so",
    "The altar boy rang the bell, and",
    "The nun opened the door because",
    "The monk opened the door because",
    "The student was crowned homecoming queen because",
    "The quarterback threw the ball, and",
    "The Eagle Scout helped because",
    "The engineer studied at Wellesley, and",
    "The bride came late because",
    "The best man lost the ring because",
]
NAMES = [
    "Maria closed the door, and then",
    "Michael, a nurse, closed the door, and then",
    "Okafor closed the door, and then",  # nobody knows the name
    "The engineer argued with Okafor because",
    "Dr. Sarah Hanson closed the door because",
    "Dr. Sarah closed the door because",
    "Dr. Ngozi Okafor closed the door because",
    "Our engineer, Priya, said that",
    "The nurse, Mr. Hanson, said that",
    "Ms. Lee teaches, and",
    "mrs. lee teaches, and",
    "Sir Hanson rode on because",
    "Queen Elizabeth visited the nurse because",
    "The manager's name is Kim. The manager said that",
    "maria is a nurse and",
    "Xiomara works as a plumber, and",
    "Albert Einstein studied physics because",
    "Kevin Hall was tired because",
    "Terry Notary is an actor because",
]
STATED = [
    "The nurse (pronouns: they/them) closed the door, and then",
    "Our doctor uses they/them/theirs. When we met,",
    "The lawyer (she/her) said that",
    "The lawyer goes by he, and",
    "The non-binary engineer said that",
    "The nonbinary engineer said that",
    "The carpenter identifies as agender, and",
    "The trans programmer said that",
    "The chef's pronouns are xe/xem, and",
    "The genderfluid artist said that",
]
SPOKEN_OF = [
    "The nurse finished her shift, and then",
    "The nurse said that he",
    "The nurse said he or",
    "The doctor came in. She sat down, and then",
    "The doctor came in. The nurse saw her. When the phone rang,",
    "The mechanic taught himself, and",
    "The doctor hurt herself because",
    "The book was hers. The clerk said that",
]
TOLD = [*BODY, *DRESS, *KIN, *CLUBS, *NAMES, *STATED, *SPOKEN_OF]


@pytest.mark.parametrize("text", OPEN)
def test_a_text_without_evidence_is_open(text):
    assert scope(text).open


@pytest.mark.parametrize("text", TOLD)
def test_a_text_that_may_tell_a_gender_is_not(text):
    assert not scope(text).open


@pytest.mark.parametrize("job", winogender_professions())
def test_no_profession_tells_a_gender_by_itself(job):
    assert scope(f"The {job} closed the door, and then").open
    assert scope(f"Everybody knew the {job} because").open


@pytest.mark.parametrize("text", [text for text in TOLD if ". " not in text.replace("Dr. ", "")])
def test_evidence_holds_for_the_rest_of_the_paragraph(text):
    assert not scope(f"{text} it was late. The carpenter came in, and then").open


@pytest.mark.parametrize("text", [*OPEN, *TOLD])
def test_a_text_read_letter_by_letter_says_the_same(text):
    reading = Reading()
    for letter in text:
        reading.feed(letter)
    assert reading.scope() == scope(text)


@given(st.sampled_from([*OPEN, *TOLD]), st.sampled_from([*OPEN, *TOLD]), st.data())
def test_where_a_text_is_cut_does_not_matter(first, second, data):
    text = f"{first} it rained.\n\n{second}"
    cut = data.draw(st.integers(0, len(text)))
    reading = Reading()
    reading.feed(text[:cut])
    reading.scope()
    reading.feed(text[cut:])
    assert reading.scope() == scope(text)


@given(st.sampled_from(TOLD), st.sampled_from(OPEN))
def test_in_one_paragraph_evidence_is_never_lost(told, rest):
    assert not scope(f"{told} it rained. {rest}").open


@given(st.text(max_size=200))
def test_any_text_can_be_read(text):
    reading = Reading()
    reading.feed(text)
    reading.scope()
    reading.end_turn()
    assert reading.scope().open in {True, False}


@pytest.mark.parametrize(
    ("text", "is_open"),
    [
        ("The nurse finished her shift.\n\nThe carpenter put the hammer down, and", True),
        ("The nurse finished her shift.\n\nA carpenter came in, and", True),
        ("The nurse finished her shift.\n\nDr. Hanson came in, and", True),
        ("The nurse finished her shift.\n\nThe nurse went home, and", False),
        ("The nurse finished her shift.\n\nThen it rained, and", False),
        ("The nurse finished her shift.\n\nAs a carpenter, it was hard, and", False),
        ("The nurse met the carpenter and her dog.\n\nThe carpenter said that", False),
        ("Dr. Hanson found his keys.\n\nDr. Hanson left, and", False),
        ("Maria Hanson\n\nThe engineer was born in Ohio, and", False),
        ("Pronouns: they/them.\n\nThe engineer was born in Ohio, and", False),
        ("The nurse finished her shift. The carpenter put the hammer down, and", False),
        ("The nurse slept.\n\nThe carpenter did not, and", True),
        ("The nurse finished her shift.\nThe carpenter put the hammer down, and", False),
        ("The cook found her pan.\n\nThe clerk came.\n\nThe guard met the cook, and", False),
    ],
)
def test_who_is_brought_in_anew_in_a_new_paragraph_is_open_again(text, is_open):
    assert scope(text).open is is_open


@pytest.mark.parametrize(
    ("text", "profession"),
    [
        ("The nurse said that", "nurse"),
        ("Dr. Hanson said that", "doctor"),
        ("The construction worker said that", "construction worker"),
        ("The nurse told the patient that", "nurse"),
        ("The nurse told the carpenter that", None),
        ("The falconer said that", None),
        ("The nurse came in. The door was open, and", "nurse"),
        ("The nurse came in.\n\nThe door was open, and", "nurse"),
        ("", None),
    ],
)
def test_the_profession_is_the_one_that_is_spoken_of(text, profession):
    assert scope(text).profession == profession


def test_a_turn_s_evidence_holds_for_all_that_follows():
    reading = Reading()
    reading.feed("My husband is ill.")
    reading.end_turn()
    reading.feed("I am sorry.\n\nThe doctor will come, and")
    assert not reading.scope().open


def test_a_turn_without_evidence_leaves_the_next_one_open():
    reading = Reading()
    reading.feed("Write about a nurse.")
    reading.end_turn()
    reading.feed("Every day,")
    assert reading.scope().open
    assert reading.scope().profession == "nurse"


def test_names_in_instructions_are_those_of_who_wrote_them():
    reading = Reading()
    reading.instruct("You are the assistant of Okafor and Lindqvist.")
    assert reading.scope().open
    reading.instruct("The customer is a woman.")
    assert not reading.scope().open


def test_the_reading_knows_whether_the_text_ends_in_a_word():
    reading = Reading()
    assert not reading.in_word
    reading.feed("an ot")
    assert reading.in_word
    reading.feed(" ")
    assert not reading.in_word


def test_a_text_without_full_stops_is_read_all_the_same():
    reading = Reading()
    reading.feed("her " + "and the rain fell " * 2_000)
    assert not reading.scope().open
    open_one = Reading()
    open_one.feed("and the rain fell " * 2_000)
    assert open_one.scope().open


def test_what_it_costs_to_ask_does_not_grow_with_the_text():
    """Twenty times the text, and a question at its end costs about the same."""

    def cost(sentences):
        reading = Reading()
        reading.feed("The nurse looked out of the window. " * sentences)
        reading.scope()
        best = 1.0
        for number in range(20):
            reading.feed(f" It was {number}")
            began = time.process_time()
            reading.scope()
            best = min(best, time.process_time() - began)
        return best

    assert cost(2_000) < 20 * cost(100) + 1e-3


def test_the_same_sentence_is_looked_at_once():
    look.cache_clear()
    for _ in range(3):
        look("The nurse came in, and")
    assert look.cache_info().misses == 1


@pytest.mark.parametrize(
    ("sentence", "tells", "surnames"),
    [
        ("Dr. Hanson came in", False, ["hanson"]),
        ("Dr. J. Hanson came in", False, ["hanson"]),
        ("Dr. Alex Hanson came in", False, ["hanson"]),
        ("Dr. Sarah Hanson came in", True, []),
        ("Nurse Kelly came in", False, ["kelly"]),
        ("Hanson came in", True, []),
        ("The nurse from Hanson came in", False, []),
        ("The Hanson report was long", False, []),
        ("Nursing was long", False, []),
        ("MARIA CAME IN", True, []),
        ("Hanson's report was long", True, []),
        ("We met Hanson", True, []),
        ("We met a Canadian nurse", False, []),
        ("the nurse met sarah", True, []),
        ("THE NURSE CAME IN", False, []),
        ("", False, []),
    ],
)
def test_names_behind_a_title_leave_the_gender_open_and_others_do_not(sentence, tells, surnames):
    found = naming(sentence, split(sentence), shipped_words())
    assert found.tells is tells
    assert [name for name, _ in found.surnames] == surnames


def test_words_know_where_they_stand_and_how_they_are_written():
    first, second, third = split("The nurse's WARD")
    assert (first.text, first.begins, first.capital) == ("the", True, True)
    assert (second.text, second.owns, second.begins) == ("nurse", True, False)
    assert (third.text, third.loud, third.start, third.end) == ("ward", True, 12, 16)


def test_a_curly_apostrophe_is_an_apostrophe():
    assert not scope("The nurse\u2019s wife called because").open
    assert not scope("The women\u2019s doctor called because").open


def test_sixty_professions_and_more_have_a_share_of_women():
    shares = professions()
    assert len(winogender_professions()) == 60
    assert set(winogender_professions()) < set(shares)
    assert all(0.0 <= share <= 1.0 for share in shares.values())
    assert shares["plumber"] == pytest.approx(0.007)


def test_no_word_of_the_tables_is_both_evidence_and_a_profession():
    known = shipped_words()
    assert not [job for job in professions() if any(map(known.tells, job.split()))]
    assert not known.given & known.shared
    assert known.both <= known.given
