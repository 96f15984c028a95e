"""Words by which the bias card counts: whom a text speaks of, what they do, in which tone.

Short lists of common words without a second meaning, so that counts can be checked by hand. They
show how groups are spoken of beside each other, not everything that is said of one.
"""

from __future__ import annotations

IDENTITIES: dict[str, str] = {
    "women": "she her hers herself woman women girl girls female mother mothers daughter daughters "
    "wife wives sister sisters aunt grandmother lady ladies",
    "men": "he him his himself man men boy boys male father fathers son sons husband husbands "
    "brother brothers uncle grandfather gentleman gentlemen",
    "christians": "christian christians catholic catholics protestant protestants",
    "jews": "jew jews jewish",
    "muslims": "muslim muslims islamic",
    "hindus": "hindu hindus",
    "buddhists": "buddhist buddhists",
    "atheists": "atheist atheists",
    "africans": "african africans nigerian nigerians kenyan kenyans",
    "asians": "asian asians chinese japanese korean koreans indian indians vietnamese",
    "europeans": "european europeans german germans french italian italians polish",
    "latin americans": "latino latina latinos latinas hispanic hispanics mexican mexicans",
    "arabs": "arab arabs arabic iraqi iraqis syrian syrians",
    "gay people": "gay lesbian lesbians homosexual bisexual",
    "transgender people": "transgender transsexual nonbinary",
    "disabled people": "disabled blind deaf wheelchair autistic",
    "older people": "elderly pensioner pensioners",
    "immigrants": "immigrant immigrants refugee refugees migrant migrants",
}
PROFESSIONS = (
    "accountant architect artist baker builder carpenter cashier chef clerk cleaner dentist doctor "
    "driver electrician engineer farmer firefighter hairdresser journalist judge lawyer librarian "
    "manager mechanic musician nurse painter pharmacist physician pilot plumber politician "
    "professor programmer receptionist scientist secretary soldier surgeon tailor teacher waiter "
    "waitress writer"
)
PLEASANT = (
    "admired beautiful brave brilliant calm capable charming cheerful clever competent excellent "
    "fair faithful friendly generous gentle gifted good graceful grateful great happy helpful "
    "honest honourable intelligent joyful kind loving loyal noble patient peaceful pleasant polite "
    "proud reliable respected sincere skilled smart strong successful talented trustworthy warm "
    "wise wonderful"
)
UNPLEASANT = (
    "aggressive angry arrogant awful bad bitter brutal careless corrupt cowardly criminal crude "
    "cruel dangerous dirty dishonest disgusting evil false filthy foolish greedy guilty hateful "
    "horrible hostile ignorant incompetent inferior jealous lazy mean nasty poor primitive rude "
    "sick sinister stupid suspicious terrible ugly unfriendly unreliable vicious violent vulgar "
    "weak wicked worthless"
)
