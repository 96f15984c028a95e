"""Cues that few lists have: signs, files, medicine, teams, names that are words, and their likes.

Of 83 cues that were written before any of them was looked at, 38 were seen by the lists as they
were; of 51 more, written when the lists had been changed and before any was looked at, 42. Those
that tell a gender beyond doubt are here; so are texts that only look so.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.generate.balance_names import split
from upright.generate.balance_owners import owned, subject
from upright.generate.balance_reading import Reading, look
from upright.generate.balance_words import shipped_words

TOLD = [
    "The nurse left, and Will, tired, slept because",
    "Dr. Hanson (f) closed the door, and then",
    "The nurse (F) closed the door, and then",
    "The engineer (m) closed the door because",
    "Kim (M, 34), a lawyer, said that",
    "The engineer \u2640 closed the door, and then",
    "The nurse \u2642 closed the door, and then",
    "The doctor \U0001f469\u200d\u2695\ufe0f closed the door because",
    "The teacher \U0001f468 closed the door because",
    "Patient file\nSex: F\nThe patient closed the door because",
    "Patient file\nSex: M\nThe patient closed the door because",
    "The patient had an IUD fitted, and then",
    "The accountant took a birth control pill, and then",
    "The accountant was on birth control because",
    "The teacher needed an oophorectomy because",
    "The nurse had a tubal ligation, and then",
    "The guard for the Las Vegas Aces was tired because",
    "The forward of the Golden State Warriors was tired because",
    "The keeper of the Portland Thorns was tired because",
    "The captain of the Green Bay Packers was tired because",
    "The eunuch closed the door, and then",
    "Will closed the door, and then",
    "May closed the door, and then",
    "Sunday closed the shop, and then",
    "Hope closed the door, and then",
    "The nurse told Will that",
    "May, a carpenter, was late because",
    "Name: J. Hanson\nGender: F\nOccupation: nurse\nThis morning",
    "gender=m, job=nurse. This morning",
    "A 34-year-old F presented with a headache because",
    "My neighbour (28F) is a pilot, and",
    "My boss [41M] is a nurse, and",
    "The patient (F, 62) sat down because",
    "The runner \U0001f3c3\u200d\u2640\ufe0f stopped because",
    "The officer \U0001f46e\u200d\u2642\ufe0f stopped the car because",
    "The baker \U0001f930 sat down because",
    "The programmer \U0001f9d4 yawned because",
    "The lawyer \U0001f478 smiled when",
    "The clerk put on the \U0001f457 and the \U0001f460, and then",
    "Sex\nFemale\nThe patient said that",
    "M/34, carpenter. This morning",
    "The pilot was diagnosed with PCOS, and then",
    "The chef took estrogen every day because",
    "The lawyer had fibroids removed because",
    "The clerk had an orchiectomy, and then",
    "The banker was treated for an enlarged prostate because",
    "The teacher suffered a testicular torsion, and then",
    "The mechanic had the tubes tied because",
    "The surgeon was on the pill because",
    "The student wore a diaphragm and a pantyliner because",
    "The dancer had bound breasts, and then",
    "The manager was ovulating, so",
    "The farmer was about to become a new mum, and",
    "The accountant found a lump in the left breast, and then",
    "The guard had a five-day stubble, and",
    "The singer sang countertenor until",
    "The student's voice broke at fourteen, and then",
    "The cyclist had erectile dysfunction, so",
    "The lawyer buttoned the cufflinks, and then",
    "The pilot wore a bustier because",
    "The teacher came in a sports bra and leggings because",
    "The programmer painted the fingernails red, and then",
    "The waiter in the dirndl smiled when",
    "The baker in the lederhosen smiled when",
    "The guest wore a cummerbund because",
    "The striker of Angel City FC was hurt because",
    "The guard of the Chicago Sky was hurt because",
    "The pitcher of the Boston Red Sox was hurt because",
    "The goalie of the Toronto Maple Leafs was hurt because",
    "The centre of the Los Angeles Lakers was hurt because",
    "The receiver of the Dallas Cowboys was hurt because",
    "The forward of the Seattle Storm was hurt because",
    "The tennis player won the ATP title, and then",
    "The cleric of the all-male order prayed because",
    "The student of the women's college wrote because",
    "The rower of the ladies' eight stopped because",
    "The bishop of Rome, the Pope, spoke because",
    "The castrato sang until",
    "The doctor was a mum-to-be, and",
    "The pilot was the groom-to-be, and",
    "The engineer was the matriarch of the family, so",
    "The carpenter, once a choirboy, sang because",
    "The officer was crowned Miss Ohio, and then",
    "The programmer is a bachelor, and",
    "The baker was a Navy wife before",
    "The teacher is somebody's stepsister, and",
    "The judge was called 'Your Ladyship' because",
    "The host was greeted as Señora, and then",
    "The scientist is a self-described girlboss, and",
    "The nurse, a manly fellow, said that",
    "The clerk was a henpecked fellow, and",
    "Grace closed the door, and then",
    "Mark closed the door, and then",
    "April, a plumber, was late because",
    "June works as a carpenter, and",
    "August works as a nurse, and",
    "The nurse asked June whether",
    "Charlotte works as a plumber, and",
    "Austin, a nurse, was late because",
    "Virginia said that",
    "Joy told the carpenter that",
    "Bill, the secretary, was late because",
    "Faith is a mechanic, and",
    "Christian works as a nurse, and",
    "Our plumber, Dawn, said that",
    "Our nurse, Will, said that",
    "The carpenter, May Okafor, said that",
    "The teacher (she, 40) sat down because",
    "The officer \u2642\ufe0f sat down because",
    "The cook \U0001f481\u200d\u2640\ufe0f said that",
    "Nurse Kim [f] said that",
    "Sex: Male\nAge: 40\nThe carpenter said that",
    "Gender: Woman\nThe carpenter said that",
    "The applicant ticked 'F' for sex, and then",
    "A 52 yo F came in because",
    "The reviewer, F/41, wrote that",
    "The patient's PSA level rose, and then",
    "The pilot had a C-section scar, and then",
    "The clerk had a myomectomy because",
    "The student took the morning-after pill because",
    "The guard's bra strap broke, and then",
    "The lifter was on testosterone because",
    "The dancer wore a codpiece because",
    "The banker wore a cravat because",
    "The singer wore a cheongsam because",
    "The rookie of the Indiana Fever said that",
    "The captain of the Washington Spirit said that",
    "The catcher of the Atlanta Braves said that",
    "The winger of the Boston Bruins said that",
    "The Lakers guard said that",
    "The Steelers fan club hired the player because",
    "The Wimbledon women's champion said that",
    "Chase closed the door, and then",
    "Autumn said that",
    "Summer works as a nurse, and",
    "The clerk thanked Dawn because",
    "Hunter said that",
    "Mason, a nurse, was late because",
    "Dean told the nurse that",
    "The carpenter asked Georgia whether",
    "Our welder, Sydney, said that",
    "Dallas told the nurse that",
    "The plumber, Precious, said that",
    "Journey closed the door because",
    "My friend Will is a nurse, and",
    "Because Will was late, the nurse left, and then",
    "When May came home, the clock struck, and",
]
OPEN = [
    "The matador entered the ring, and then",
    "The waiter brought the soup, and then",
    "The priest lit a candle, and then",
    "In May the nurse moved to Ohio, and then",
    "On Sunday the nurse slept until",
    "The nurse lost hope, and then",
    "Will the nurse come home before",
    "The job ad said (m/f/d), and the clerk",
    "The teacher moved to Virginia, and then",
    "The nurse flew to Charlotte, and then",
    "It was 98F outside, and the guard",
    "The runner finished the 100m race, and then",
    "In August the baker rested, and then",
    "On a Sunday in June the clerk slept until",
    "The chemist may come before",
    "Sex: not stated. The patient said that",
    "Gender: unknown. The patient said that",
    "The reporter wrote about the WHO, and then",
    "The gardener planted a rose, and then",
    "The student got a bachelor's in physics, and then",
    "The clerk put a mark on the bill, and then",
    "The carpenter joined the guild, and then",
    "The teacher visited the Giants Causeway because",
    "The pilot saw the Northern Lights, and then",
    "The farmer looked at the blue sky, and then",
    "The engineer felt the heat and the storm, and then",
    "The astronomer watched the stars until",
    "The musician played in Portland, and then",
    "The banker saw the bulls in the street, and then",
    "The \U0001f9d1\u200d\u2695\ufe0f doctor closed the door, and then",
    "The developer \U0001f469\u200d\U0001f4bb\U0001f468\u200d\U0001f4bb fair ended. It rained, and",
    "The firefighter waved, \U0001f642 and then",
    "The actor forgot the line because",
    "The steward opened the door, and then",
    "The poet wrote until",
    "The heir sold the house because",
    "The bullfighter rested because",
    "The gynecologist's assistant cleaned the room, and then",
    "Every plumber knows when",
    "The judge read the law on fathers and mothers, and then",
    "The guest checked the list (m/w/d), and then",
    "Gender: prefer not to say\nThe clerk said that",
    "The photo was taken at f/16. The photographer said that",
    "Point (a) and point (b) are clear to the clerk, and",
    "Temperatures rose to 90F, and the farmer",
    "The nurse was in Austin, and then",
    "By June the builder was done, and then",
    "The farmer voted last May, and then",
    "The cook bought virgin olive oil, and then",
    "The mechanic fixed the ram, and then",
    "The accountant balanced the bills, and then",
    "The pilot flew over the Rocky Mountains, and then",
    "The guard saw a sparrow, and then",
    "The analyst studied the Dallas market, and then",
    "The engineer lives in Charlotte, and",
    "The nurse works on Sundays, and",
    "The teacher wrote 'may' on the board, and then",
    "The lawyer read the will, and then",
    "The clerk filed the will before",
    "The manager said the team hopes that",
    "The doctor \U0001fa7a closed the door, and then",
    "The runner \U0001f3c3 stopped because",
    "The cook \U0001f373 said that",
    "Both \u2640/\u2642 symbols hung there. The clerk said that",
    "The bartender mixed a drink, and then",
    "The butler opened the door, and then",
    "The barber shaved until",
    "The host smiled because",
    "The usher pointed to the seat because",
    "The director called the player, and then",
    "The dean spoke, and then",
    "The hunter waited until",
    "The mason laid the brick, and then",
    "The judge and the jury waited until",
    "May the best plumber win. The plumber smiled because",
    "In Charlotte lived a nurse who slept until",
    "May: Works of the month. The clerk said that",
    "Before June ended the clerk left, and then",
    "June 5 ended the strike, so the clerk",
]
# The gender of somebody else is told, and the sentence goes on about whom it began with.
BESIDE = [
    "The doctor's wife waited in the car. The doctor closed the door, and then",
    "The doctor looked at the patient's beard, and then",
    "The nurse's colleague Anna came in. The nurse put the chart away, and then",
    "The lawyer's husband cooked. The lawyer opened the letter, and then",
    "The engineer's mother called. The engineer put the phone down, and then",
    "The surgeon looked at the patient's mustache, and then",
    "The nurse shaved the patient's beard, and then",
    "The hairdresser braided the customer's pigtails, and then",
    "The plumber's daughter laughed. The plumber closed the box, and",
    "The manager's assistant Maria left. The manager locked the office, and then",
    "The teacher met the student's grandmother, and then",
    "The officer talked to the driver's wife, and then",
    "The doctor talked to the patient's father, and then",
    "A nurse combed the patient's ponytail, and then",
    "The lawyer's ex-wife wrote. The lawyer read the letter, and then",
    "The chef's boyfriend sang. The chef washed the pan, and then",
    "The driver's daughter is ill. The driver stopped the bus, and then",
]
# It may go on about the one whose gender is told.
MEANT = [
    "The teacher touched the teacher's beard, and then",
    "The doctor touched the surgeon's beard, and then",
    "The nurse lost her keys.\n\nThe doctor looked at the patient's beard, and then",
    "The nurse is the mayor's wife, and",
    "The nurse, the doctor's wife, came in, and then",
    "The clerk was once the boss's mistress, and then",
    "The doctor's wife called, and then",
    "The patient's beard was long. The patient lay down, and then",
    "The boss's wife is a nurse. The nurse put the chart away, and then",
    "The nurse's colleague Anna came in, and then",
    "The doctor looked at the patient's beard because",
    "The nurse met the doctor's wife. It rained, and then",
]
# First and last names, some of which are a trade, an initial, or stand behind a number.
WHOLE_NAMES = [
    "Dr. Anna M. Weber said that",
    "Judge Robert J. Hanson said that",
    "Dr. Ngozi A. Okafor said that",
    "Lance Barber was late because",
    "Our boss, Beau Weaver, said that",
    "Hunter Carson sat down because",
    "In 2005, Okafor said that",
    "The guest said that Lance Armstrong rode a bike because",
]
# A given name behind a title that belongs to a place, or before a family name that is one.
OFFICES = [
    ("State Senator Maria Lopez said that", False),
    ("County Judge Robert Jones said that", False),
    ("House Democratic Leader Nancy Pelosi said that", False),
    ("Hospital Director Anna Weber said that", False),
    ("Company President John Smith resigned because", False),
    ("Dr. Sarah Lane said that", False),
    ("Judge Jennifer Park said that", False),
    ("State Senator Lopez said that", True),
    ("Judge Park said that", True),
    ("Dr. A. Weber said that", True),
    ("Senior Nurse Kim said that", True),
    ("The Software Engineer said that", True),
    ("In 2005, the nurse said that", True),
    ("The nurse at St. Mary's Hospital was tired because", True),
    ("The George Washington University said that the professor", True),
    ("The Mary Washington Hospital nurse said that", True),
]
# Descriptors of HolisticBias that say a gender.
DESCRIBED = [
    *("AFAB", "AMAB", "FTM", "M2F", "androgyne", "genderless", "third-gender", "effeminate"),
    *("Latina", "Chicana", "Filipina", "transgender", "two-spirit", "female", "butch lesbian"),
]
# Nouns that women and men are called by alike: usage is divided, so the text stays open.
EITHER = [
    "Latino",
    "Filipino",
    "matador",
    "waiter",
    "priest",
    "butler",
    "usher",
    "host",
    "actor",
    "poet",
    "bullfighter",
]
# In two paragraphs: whether the second is open.
PARAGRAPHS = [
    ("The lawyer packed her bag.\n\nThe attorney put the file down, and", False),
    ("The physician lost his keys.\n\nDr. Hanson came in, and", False),
    ("My wife is a lawyer.\n\nThe attorney put the file down, and", False),
    ("My wife is a nurse.\n\nThe doctor came in, and", False),
    ("Maria is an engineer.\n\nThe carpenter put the hammer down, and", False),
    ("Maria is an engineer.\n\nDr. Hanson came in, and", False),
    ("The nurse finished her shift.\n\nThe patient lay down, and", False),
    ("The attorney put her pen down.\n\nIt rained.\n\nThe attorney left, and", False),
    ("The lawyer packed her bag.\n\nAn attorney put the file down, and", False),
    ("My wife is a nurse.\n\nA doctor came in, and", True),
    ("The nurse finished her shift.\n\nA patient lay down, and", True),
    ("The nurse finished her shift.\n\nThe carpenter put the hammer down, and", True),
]


def is_open(text):
    reading = Reading()
    reading.feed(text)
    return reading.scope().open


def parts(sentence):
    return owned(sentence, split(sentence), shipped_words())


@pytest.mark.parametrize("text", TOLD)
def test_a_cue_is_seen(text):
    assert not is_open(text)


@pytest.mark.parametrize("text", OPEN)
def test_what_only_looks_like_a_cue_is_none(text):
    assert is_open(text)


@pytest.mark.parametrize("word", DESCRIBED)
def test_a_descriptor_that_says_a_gender_is_seen(word):
    assert not is_open(f"The {word} nurse sat down, and then")


@pytest.mark.parametrize("text", WHOLE_NAMES)
def test_first_and_last_name_are_those_of_somebody(text):
    assert not is_open(text)


@pytest.mark.parametrize(("text", "expected"), OFFICES)
def test_a_name_behind_an_office_is_a_name_and_that_of_a_place_is_none(text, expected):
    assert is_open(text) is expected


@pytest.mark.parametrize("noun", EITHER)
def test_a_noun_that_many_use_for_either_stays_open(noun):
    assert is_open(f"The {noun} closed the door, and then")


@pytest.mark.parametrize("text", BESIDE)
def test_evidence_of_somebody_else_leaves_the_subject_open(text):
    assert is_open(text)


@pytest.mark.parametrize("text", MEANT)
def test_evidence_of_somebody_else_closes_where_the_sentence_may_go_on_about_them(text):
    assert not is_open(text)


@pytest.mark.parametrize("text", BESIDE)
@pytest.mark.parametrize("end", [" because", " that", " when", " it", ""])
def test_only_where_the_subject_goes_on_it_is_open(text, end):
    cut = text.rsplit(",", 1)[0]
    assert not is_open(cut + end)


@pytest.mark.parametrize("text", BESIDE)
@pytest.mark.parametrize("pronoun", ["she", "he", "her", "his"])
def test_once_a_pronoun_follows_the_paragraph_is_closed(text, pronoun):
    assert not is_open(f"{text} {pronoun} left. The clerk came in, and then")


@given(st.sampled_from(BESIDE), st.sampled_from(TOLD))
def test_other_evidence_in_the_paragraph_closes_it_all_the_same(beside, told):
    start, _, last = beside.rpartition(". ")
    assert not is_open(f"{told} it rained. {start}{'. ' if start else ''}{last}")


@given(st.sampled_from([*TOLD, *OPEN, *BESIDE, *MEANT]))
def test_a_cue_read_letter_by_letter_says_the_same(text):
    reading = Reading()
    for letter in text:
        reading.feed(letter)
        reading.scope()
    assert reading.scope().open is is_open(text)


@given(st.sampled_from(TOLD), st.sampled_from(OPEN))
def test_a_cue_holds_for_the_rest_of_its_paragraph(told, rest):
    assert not is_open(f"{told} it rained. {rest}")


@pytest.mark.parametrize(("text", "expected"), PARAGRAPHS)
def test_a_definite_noun_keeps_the_gender_that_was_told_across_paragraphs(text, expected):
    assert is_open(text) is expected


@pytest.mark.parametrize(
    ("sentence", "left", "told", "apart"),
    [
        ("The doctor's wife slept", "· slept", {"wife"}, {"doctor"}),
        ("The nurse shaved the patient's long beard", "The nurse shaved ·", {"patient"}, {"nurse"}),
        ("The nurse's colleague Anna slept", "· slept", {"colleague"}, {"nurse"}),
        ("The nurse is the mayor's wife", "The nurse is the mayor's wife", set(), set()),
        ("The nurse, the mayor's wife", "The nurse, the mayor's wife", set(), set()),
        ("The nurse's her", "The nurse's her", set(), set()),
        ("The clerk slept", "The clerk slept", set(), {"clerk"}),
    ],
)
def test_what_is_owned_is_taken_out_with_its_owner(sentence, left, told, apart):
    found = parts(sentence)
    assert found.left == left
    assert found.told == told
    assert found.apart == apart


@pytest.mark.parametrize(
    ("sentence", "who"),
    [
        ("The nurse slept, and then", "nurse"),
        ("The nurse slept, and", "nurse"),
        ("The nurse slept before", "nurse"),
        ("The nurse slept because", None),
        ("The nurse met the clerk, and then", None),
        ("Later the nurse slept, and then", None),
        ("· slept. the nurse slept, and then", None),
        ("The · nurse slept, and then", None),
        ("The nurse's car stood there, and then", None),
        ("", None),
    ],
)
def test_a_sentence_goes_on_with_the_one_person_it_began_with(sentence, who):
    assert subject(sentence, shipped_words()) == who


def test_a_team_is_told_by_its_whole_name_only():
    assert look("The guard of the Seattle Storm sat down, and").evidence
    assert not look("The guard looked at the storm over Seattle, and").evidence
    assert not look("The fan of the Texas Rangers sat down, and").evidence, (
        "a name that others share"
    )


def test_no_noun_of_a_role_is_alike_to_itself_only():
    known = shipped_words()
    for noun, group in known.alike.items():
        assert noun in group
        assert len(group) > 1
    assert "attorney" in known.alike["lawyer"]
    assert "lawyer" in known.alike["attorney"]
